#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_GAMMA_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_GAMMA_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/distributions/detail/tail_expansion.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// The deviance of x from the mean a: -log of x^a exp(-x) divided by its maximum. It keeps its digits where both are
/// large.
inline double gamma_exponent(double a, double x) noexcept { return a * deviance(x / a, (x - a) / a); }

/// x^a exp(-x) / Gamma(a) at a point of this `gamma_exponent`.
inline double gamma_prefix_at(double a, double exponent) noexcept {
  return math::sqrt(a / (2 * pi)) * math::exp(-exponent - stirling_error(a));
}

/// x^a exp(-x) / Gamma(a): the gamma density times x; a, x > 0.
inline double gamma_prefix(double a, double x) noexcept {
  if (x / a == infinity) return 0;
  return gamma_prefix_at(a, gamma_exponent(a, x));
}

/// Both tails, from the lower one exp(e) (1 + a series). Where that is nearly 1, the upper one is computed without
/// subtracting it.
inline tails tails_of_power_series(double a, double e, double series) noexcept {
  const double lower = math::exp(e) * (1 + a * series);
  return within_unit({lower, e > -1 ? -math::expm1(e) - a * math::exp(e) * series : 1 - lower});
}

/// Both tails for a < 1 and x <= 1: P = x^a / Gamma(a + 1) (1 + a series).
inline tails gamma_by_power_series(double a, double x) noexcept {
  double term = 1;
  double series = 0;
  for (int j = 1; j < 40; ++j) {
    term *= -x / j;
    const double next = series + term / (a + j);
    if (next == series) break;
    series = next;
  }
  return tails_of_power_series(a, a * math::log(x) - log_gamma_ratio(a, 1), series);
}

/// a P / gamma_prefix below the mean: a series of positive terms.
inline double gamma_by_rising_series(double a, double x) noexcept {
  double term = 1;
  double sum = 1;
  for (double j = a + 1; term > 0.1 * epsilon * sum; j += 1) {
    term *= x / j;
    sum += term;
  }
  return sum;
}

/// gamma_prefix / Q above the mean: Legendre's continued fraction, by the modified Lentz method.
inline double gamma_fraction(double a, double x) noexcept {
  double b = x - a + 1;
  double f = b;
  double up = b;
  double down = 0;
  for (int m = 1; m < 100'000; ++m) {
    const double n = m * (a - m);
    b += 2;
    down = 1 / (b + n * down);
    up = b + n / up;
    const double change = up * down;
    f *= change;
    if (math::absolute(change - 1) <= epsilon) break;
  }
  return f;
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x), each to a few 1e-14 relative; a > 0, x >= 0.
/// Allocates: never. Source: NIST DLMF, 8.7.1, 8.7.3 (the series), 8.9.2 (Legendre's fraction).
inline tails incomplete_gamma(double a, double x) noexcept {
  if (!(a > 0) || !(x >= 0)) return {nan, nan};
  if (x == 0) return {0, 1};
  if (x / a == infinity) return {1, 0};
  if (a < 1 && x <= 1) return gamma_by_power_series(a, x);
  const bool below_mean = x < a;
  const double exponent = gamma_exponent(a, x);
  if (a >= 20 && exponent <= 0.5 * a) {
    const double tail = tail_expansion(a, 1, 0, exponent, below_mean ? -1 : 1) * math::exp(-stirling_error(a));
    return within_unit(below_mean ? tails{tail, 1 - tail} : tails{1 - tail, tail});
  }
  const double prefix = gamma_prefix_at(a, exponent);
  if (prefix == 0) return below_mean ? tails{0, 1} : tails{1, 0};
  if (below_mean) {
    const double lower = prefix / a * gamma_by_rising_series(a, x);
    return within_unit({lower, 1 - lower});
  }
  const double upper = prefix / gamma_fraction(a, x);
  return within_unit({1 - upper, upper});
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_GAMMA_HPP
