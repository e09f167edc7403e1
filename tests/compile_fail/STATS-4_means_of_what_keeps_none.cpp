// expect: millrace\[STATS-4\]: moments_of: this aggregate does not keep a mean and a variance
#include <millrace/aggregate.hpp>
#include <millrace/stats/tests/aggregate_tests.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using kept = mr::aggregate<mr::count, mr::mean>;
#else
using kept = mr::aggregate<mr::count, mr::mean, mr::variance>;
#endif

bool differ(const kept& a, const kept& b) { return mr::stats::welch_t_test(a, b)->significant(); }
