#ifndef MILLRACE_TESTS_SUPPORT_PROBABILITIES_HPP
#define MILLRACE_TESTS_SUPPORT_PROBABILITIES_HPP

// A law of every distribution: both tails are probabilities, whatever the parameters and the argument.

#include <support/catch.hpp>

#include <cmath>

namespace support {

/// Degrees of freedom or shapes, and arguments, over the range of doubles. The largest parameters and arguments are
/// below the largest double, so that sums of a few of them do not overflow.
inline constexpr double any_shape[] = {1e-10, 0.01, 0.3, 0.5,  1,    2,     2.5,   7,    30.5,
                                       1e3,   1e5,  1e9, 1e15, 1e30, 1e100, 1e200, 1e300};
inline constexpr double any_argument[] = {0,    4.9e-324, 1e-310, 1e-300, 1e-200,   1e-100, 1e-30,    1e-9,
                                          1e-3, 0.1,      0.5,    0.9,    0.999999, 1,      1.000001, 1.5,
                                          2,    5,        10,     20,     36,       40,     100,      1e4,
                                          1e8,  1e16,     1e30,   1e100,  1e160,    1e200,  1e300,    1.7e308};

/// cdf and sf lie in [0, 1] at x and at -x, and add up to 1.
template <class Distribution>
void has_probabilities(const Distribution& distribution, double x) {
  for (const double at : {x, -x}) {
    const double lower = distribution.cdf(at);
    const double upper = distribution.sf(at);
    if (lower >= 0 && lower <= 1 && upper >= 0 && upper <= 1 && std::fabs(lower + upper - 1) <= 1e-11) continue;
    CAPTURE(at, lower, upper);
    FAIL_CHECK("not two probabilities that add up to 1");
  }
}
template <class Distribution>
void has_probabilities(const Distribution& distribution) {
  for (const double x : any_argument) has_probabilities(distribution, x);
}

/// quantile and isf return numbers for all probabilities, and the larger the less is exceeded.
template <class Distribution>
void has_ordered_quantiles(const Distribution& distribution) {
  double before = distribution.isf(0);
  for (const double q : {1e-320, 1e-300, 1e-100, 1e-10, 0.01, 0.3, 0.5, 0.7, 0.999, 1.0}) {
    const double x = distribution.isf(q);
    CAPTURE(q, x, before);
    CHECK(x <= before);
    before = x;
  }
  CHECK(distribution.quantile(1e-300) <= distribution.quantile(1e-3));
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_PROBABILITIES_HPP
