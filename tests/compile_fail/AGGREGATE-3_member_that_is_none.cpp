// expect: millrace\[AGGREGATE-3\]: a member must be an empty type with `needs`, `state` or `value`, or an aggregator
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using latency = mr::aggregate<mr::mean, double>;
#else
using latency = mr::aggregate<mr::mean>;
#endif

void update(latency& seen) { seen.update(1.5); }
