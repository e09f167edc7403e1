// expect: millrace\[STATS-6\]: proportion_of: this aggregate does not keep a mean
#include <millrace/aggregate.hpp>
#include <millrace/stats/tests/aggregate_tests.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using kept = mr::aggregate<mr::count, mr::max>;
#else
using kept = mr::aggregate<mr::count, mr::mean>;
#endif

bool differ(const kept& a, const kept& b) { return mr::stats::two_proportion_z_test(a, b)->significant(); }
