// expect: millrace\[AGGREGATE-6\]: an argument of the constructor is no member of this aggregate
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/sums.hpp>

namespace mr = millrace;

using inner = mr::aggregate<mr::sum>;

#ifdef MILLRACE_MISUSE
using latency = mr::aggregate<mr::mean>;
#else
using latency = mr::aggregate<mr::mean, inner>;
#endif

latency made() { return latency{inner()}; }
