// expect: millrace\[AGGREGATE-3\]: a member must be .* A NaN policy comes first in mr::basic_aggregate<mr::reject_nan,
// ...>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using latency = mr::aggregate<mr::mean, mr::reject_nan>;
#else
using latency = mr::basic_aggregate<mr::reject_nan, mr::mean>;
#endif

void update(latency& seen) { (void)seen.update(1.5); }
