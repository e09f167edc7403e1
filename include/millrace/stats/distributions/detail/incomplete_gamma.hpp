#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_GAMMA_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_GAMMA_HPP

#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/distributions/detail/tail_expansion.hpp>

#include <cmath>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// x^a exp(-x) / Gamma(a): the gamma density times x; a, x > 0.
/// The exponent is taken as the deviance of x from a, so that it loses nothing where both are large.
inline double gamma_prefix(double a, double x) noexcept {
  if (x / a == infinity) return 0;
  const double exponent = a * deviance(x / a, (x - a) / a);
  return std::sqrt(a / (2 * pi)) * std::exp(-exponent - stirling_error(a));
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x), each to a few 1e-14 relative; a > 0, x >= 0.
/// Allocates: never. Source: NIST DLMF, 8.7.1, 8.7.3 (the series), 8.9.2 (Legendre's fraction).
inline tails incomplete_gamma(double a, double x) noexcept {
  if (!(a > 0) || !(x >= 0)) return {nan, nan};
  if (x == 0) return {0, 1};
  if (x / a == infinity) return {1, 0};
  if (a < 1 && x <= 1) {
    // P = x^a / Gamma(a + 1) (1 + a series); Q without subtraction where P is nearly 1.
    const double e = a * std::log(x) - log_gamma_ratio(a, 1);
    double term = 1;
    double series = 0;
    for (int j = 1; j < 40; ++j) {
      term *= -x / j;
      const double next = series + term / (a + j);
      if (next == series) break;
      series = next;
    }
    const double lower = std::exp(e) * (1 + a * series);
    return within_unit({lower, e > -1 ? -std::expm1(e) - a * std::exp(e) * series : 1 - lower});
  }
  const double d = x - a;
  const double exponent = a * deviance(x / a, d / a);
  if (a >= 20 && exponent <= 0.5 * a) {
    const double side = d < 0 ? -1 : 1;
    const double tail = tail_expansion(a, 1, 0, exponent, side) * std::exp(-stirling_error(a));
    return within_unit(d < 0 ? tails{tail, 1 - tail} : tails{1 - tail, tail});
  }
  const double prefix = std::sqrt(a / (2 * pi)) * std::exp(-exponent - stirling_error(a));
  if (prefix == 0) return d < 0 ? tails{0, 1} : tails{1, 0};
  if (d < 0) {
    double term = 1;
    double sum = 1;
    for (double j = a + 1; term > 0.1 * epsilon * sum; j += 1) {
      term *= x / j;
      sum += term;
    }
    const double lower = prefix / a * sum;
    return within_unit({lower, 1 - lower});
  }
  // Legendre's continued fraction, by the modified Lentz method.
  double b = d + 1;
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
    if (std::fabs(change - 1) <= epsilon) break;
  }
  const double upper = prefix / f;
  return within_unit({1 - upper, upper});
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_GAMMA_HPP
