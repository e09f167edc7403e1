// expect: millrace\[STATS-5\]: pair_moments_of: this aggregate does not keep what a covariance needs
#include <millrace/aggregate.hpp>
#include <millrace/stats/tests/aggregate_tests.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
using kept = mr::aggregate<mr::of_x<mr::mean>, mr::of_y<mr::mean>>;
#else
using kept = mr::aggregate<mr::of_x<mr::mean>, mr::of_y<mr::mean>, mr::correlation>;
#endif

bool differ(const kept& a, const kept& b) { return mr::stats::ratio_test(a, b)->significant(); }
