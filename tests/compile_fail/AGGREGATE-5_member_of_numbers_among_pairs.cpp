// expect: millrace\[AGGREGATE-5\]: a member cannot be updated with the aggregate's items.*mr::of_x
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/pairs.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using fit = mr::aggregate<mr::linear_trend, mr::stddev>;
#else
using fit = mr::aggregate<mr::linear_trend, mr::of_y<mr::stddev>>;
#endif

void update(fit& seen) { seen.update({1, 2}); }
