// expect: millrace\[AGGREGATE-15\]: basic_aggregate's first argument is what to do with NaN
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using latency = mr::basic_aggregate<mr::mean, mr::stddev>;
#else
using latency = mr::basic_aggregate<mr::propagate_nan, mr::mean, mr::stddev>;
#endif

void update(latency& seen) { seen.update(1.5); }
