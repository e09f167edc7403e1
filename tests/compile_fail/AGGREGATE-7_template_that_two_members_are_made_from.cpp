// expect: millrace\[AGGREGATE-7\]: get<...>: not exactly one member of the aggregate is made from that template
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/pairs.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using fit = mr::aggregate<mr::of_y<mr::mean>, mr::of_y<mr::stddev>>;
#else
using fit = mr::aggregate<mr::of_y<mr::stddev>>;
#endif

double spread(const fit& seen) { return seen.get<mr::of_y>(); }
