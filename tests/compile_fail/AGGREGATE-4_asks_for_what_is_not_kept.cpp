// expect: millrace\[AGGREGATE-4\]: get<...>: this aggregate does not keep what that member needs
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>

namespace mr = millrace;

using latency = mr::aggregate<mr::variance>;

#ifdef MILLRACE_MISUSE
double asked(const latency& seen) { return seen.get<mr::skewness>(); }
#else
double asked(const latency& seen) { return seen.get<mr::mean>(); }
#endif
