#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LOG_GAMMA_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LOG_GAMMA_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The coefficients of Stirling's series, B(2k) / (2k (2k - 1)). Source: NIST DLMF, 5.11.1.
inline constexpr double stirling_series[] = {1.0 / 12,        -1.0 / 360, 1.0 / 1260,       -1.0 / 1680,     1.0 / 1188,
                                             -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400, 43867.0 / 244188};

/// stirling_error(k / 2), computed with mpmath 1.3.0: shapes are halves of whole numbers more often than not.
inline constexpr double stirling_error_of_halves[] = {0,
                                                      0.15342640972002736,
                                                      0.08106146679532726,
                                                      0.05481412105191765,
                                                      0.0413406959554093,
                                                      0.03316287351993629,
                                                      0.02767792568499834,
                                                      0.023746163656297496,
                                                      0.020790672103765093,
                                                      0.018488450532673187,
                                                      0.016644691189821193,
                                                      0.015134973221917378,
                                                      0.013876128823070748,
                                                      0.012810465242920227,
                                                      0.01189670994589177,
                                                      0.011104559758206917,
                                                      0.010411265261972096,
                                                      0.009799416126158804,
                                                      0.009255462182712733,
                                                      0.008768700134139386,
                                                      0.00833056343336287,
                                                      0.00793411456431402,
                                                      0.007573675487951841,
                                                      0.007244554301320383,
                                                      0.00694284010720953,
                                                      0.006665247032707682,
                                                      0.006408994188004207,
                                                      0.006171712263039458,
                                                      0.0059513701127588475,
                                                      0.0057462165130101155,
                                                      0.005554733551962801};

/// log Gamma(z) less Stirling's formula, (z - 1/2) log z - z + log(2 pi) / 2; z > 0. Absolute error about 1e-15.
inline double stirling_error(double z) noexcept {
  if (z <= 15) {
    const double twice = z + z;
    const auto whole = static_cast<std::size_t>(twice);
    if (twice >= 1 && static_cast<double>(whole) == twice) return stirling_error_of_halves[whole];
  }
  double shift = 0;
  for (; z < 10; z += 1) shift += (z + 0.5) * math::log1p(1 / z) - 1;
  const double inverse = 1 / z;
  const double square = inverse * inverse;
  double sum = 0;
  for (int k = 8; k >= 0; --k) sum = sum * square + stirling_series[k];
  return shift + sum * inverse;
}

/// log Gamma(a + b) - log Gamma(b) for a, b > 0, to full relative accuracy also where a is tiny.
inline double log_gamma_ratio(double a, double b) noexcept {
  double shift = 0;
  for (; b < 10; b += 1) shift += math::log1p(a / b);
  const double l = math::log1p(a / b);
  // The difference of the two Stirling series, term by term, for the same reason.
  double series = 0;
  const double inverse = 1 / b;
  double power = inverse;
  for (int k = 0; k < 9; ++k) {
    series += stirling_series[k] * power * math::expm1(-(2 * k + 1) * l);
    power *= inverse * inverse;
  }
  return b * log1pmx(a / b) - 0.5 * l + a * math::log(a + b) + series - shift;
}

/// log Gamma(z), z > 0; the absolute error is a few ulp of max(1, |log Gamma(z)|).
inline double log_gamma(double z) noexcept {
  return (z - 0.5) * math::log(z) - z + half_log_two_pi + stirling_error(z);
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_LOG_GAMMA_HPP
