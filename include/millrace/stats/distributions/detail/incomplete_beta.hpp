#ifndef MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_BETA_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_BETA_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_gamma.hpp>
#include <millrace/stats/distributions/detail/log_gamma.hpp>
#include <millrace/stats/distributions/detail/tail_expansion.hpp>
#include <millrace/stats/fwd.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// Where an incomplete beta function of shapes a, b is asked for: x, y = 1 - x and d = x b - y a, the distance from
/// the mean, each to full relative accuracy. Shapes of 1e9 multiply the error of any of them by as much, so each
/// distribution computes them from its own argument.
struct beta_point {
  double x;
  double y;
  double d;
};

/// The point at a given x in [0, 1]. d = x a + x b - a, as 1 - x may be rounded.
inline beta_point at_probability(double a, double b, double x) noexcept {
  return {x, 1 - x, sum_of_products(x, a, x, b, a)};
}

/// a / b f, even if a / b over- or underflows.
inline double scaled_ratio(double a, double b, double f) noexcept {
  const double ratio = a / b;
  if (ratio > 1e-300 && ratio < 1e300) return ratio * f;
  int up = 0;
  int down = 0;
  int over = 0;
  const double mantissa = math::frexp(a, &up) / math::frexp(b, &down) * math::frexp(f, &over);
  return math::ldexp(mantissa, up - down + over);
}

/// The point at the odds x / y = f a / b, f > 0. The distance from the mean follows from f - 1 alone, so that shapes of
/// 1e9 cost no digits.
inline beta_point at_odds(double a, double b, double f) noexcept {
  const double odds = scaled_ratio(a, b, f);
  const double x = odds / (1 + odds);
  const double y = 1 / (1 + odds);
  return {x, y, f > 1 ? b * ((f - 1) / f) * x : a * (f - 1) * y};
}

/// The deviance of a point from the mean: -log of x^a y^b relative to its maximum.
inline double beta_exponent(double a, double b, const beta_point& at) noexcept {
  const double n = a + b;
  return a * deviance(at.x / a * n, at.d / a) + b * deviance(at.y / b * n, -at.d / b);
}

/// exp(stirling_error(a + b) - stirling_error(a) - stirling_error(b)), as its logarithm.
inline double beta_correction(double a, double b) noexcept {
  return stirling_error(a + b) - stirling_error(a) - stirling_error(b);
}

/// a b / (a + b), without overflow.
inline double beta_width(double a, double b) noexcept { return a < b ? a / (1 + a / b) : b / (1 + b / a); }

/// x^a y^b / B(a, b): the density times x y.
inline double beta_prefix(double a, double b, const beta_point& at) noexcept {
  if (at.x == 0 || at.y == 0) return 0;
  return math::sqrt(beta_width(a, b) / (2 * pi)) * math::exp(beta_correction(a, b) - beta_exponent(a, b, at));
}

/// Shapes of which one is below 1, x <= 1/2 and b x <= 0.7: the power series of y^(b - 1).
inline tails beta_by_power_series(double a, double b, double x) noexcept {
  // x^a / (a B(a, b)), with every difference of log Gammas taken where it cannot cancel.
  const double e = a <= b ? a * math::log(x) + log_gamma_ratio(a, b) - log_gamma_ratio(a, 1)
                          : a * math::log(x) + log_gamma_ratio(b, a) - log_gamma_ratio(b, 1) + math::log(b / a);
  double term = 1;
  double series = 0;
  for (int j = 1; j < 1100; ++j) {
    term *= (j - b) / j * x;
    const double next = series + term / (a + j);
    if (next == series) break;
    series = next;
  }
  return tails_of_power_series(a, e, series);
}

/// I_x(a, b) / beta_prefix below the mean. Source: A. Didonato, A. Morris, "Algorithm 708", TOMS 18(3), 1992, eq. 9.
inline double beta_by_fraction(double a, double b, const beta_point& at) noexcept {
  double f = a * (1 - at.d) / (a + 1);
  double up = f;
  double down = 0;
  for (int m = 1; m < 100'000; ++m) {
    const double k = a + 2.0 * m;
    const double w = m * (b - m) * at.x;
    const double numerator = (a + m - 1) / (k - 1) * ((a + b + m - 1) / (k - 1)) * w * at.x;
    const double denominator = m + w / (k - 1) + (a + m) * (1 - at.d + m * (1 + at.y)) / (k + 1);
    down = 1 / (denominator + numerator * down);
    up = denominator + numerator / up;
    const double change = up * down;
    f *= change;
    if (math::absolute(change - 1) <= epsilon) break;
  }
  return 1 / f;
}

/// The regularised incomplete beta function I_x(a, b) and its complement, each to about 1e-13 relative down to
/// 1e-300; a, b > 0. Allocates: never.
inline tails incomplete_beta(double a, double b, beta_point at) noexcept {
  if (!(a > 0) || !(b > 0) || !(at.x >= 0) || !(at.y >= 0)) return {nan, nan};
  if (at.x == 0) return {0, 1};
  if (at.y == 0) return {1, 0};
  const auto other = [](const beta_point& p) { return beta_point{p.y, p.x, -p.d}; };
  if (a < 1 || b < 1) {
    if (at.x > 0.5) return swapped(incomplete_beta(b, a, other(at)));
    if (b * at.x <= 0.7) return beta_by_power_series(a, b, at.x);
    const double prefix = beta_prefix(a, b, at);
    const double upper = prefix > 0 ? prefix * beta_by_fraction(b, a, other(at)) : 0;
    return within_unit({1 - upper, upper});
  }
  if (at.d > 0) return swapped(incomplete_beta(b, a, other(at)));
  const double width = beta_width(a, b);
  const double exponent = beta_exponent(a, b, at);
  double tail;
  if (width >= 20 && exponent <= 0.5 * width) {
    const double mean = 1 / (1 + b / a);
    const double rest = 1 / (1 + a / b);
    tail = tail_expansion(width, (b - a) / (a + b), mean * rest, exponent, -1) * math::exp(beta_correction(a, b));
  } else {
    const double prefix = math::sqrt(width / (2 * pi)) * math::exp(beta_correction(a, b) - exponent);
    tail = prefix > 0 ? prefix * beta_by_fraction(a, b, at) : 0;
  }
  return within_unit({tail, 1 - tail});
}

/// Both tails at given odds x / y, and the density of the logarithm of the odds there, which is `beta_prefix`.
struct odds_tails {
  tails at;
  double prefix;
};

/// Tails and density where x is so small that it may underflow. Then x equals the odds, y is 1, and
///   I_x(a, b) = x^a / (a B(a, b))
/// if b x is tiny. If not, b is above 1e250; then y^b is exp(-b x), and I_x(a, b) is the incomplete gamma function at
/// b x.
inline odds_tails beta_far_out(double a, double b, double log_odds, double b_x) noexcept {
  if (b_x > 1e-18) return {incomplete_gamma(a, b_x), b_x < infinity ? gamma_prefix(a, b_x) : 0};
  const double e = a * log_odds + (a <= b ? log_gamma_ratio(a, b) - log_gamma_ratio(a, 1)
                                          : log_gamma_ratio(b, a) - log_gamma_ratio(b, 1) + math::log(b / a));
  const double lower = math::fmin(1.0, math::exp(e));
  return {{lower, math::fmax(0.0, -math::expm1(e))}, a * lower};
}

/// Tails and density at the odds f a / b, 0 < f < infinity. Shapes above 1e290 count as 1e290, which gives the same
/// doubles.
inline odds_tails incomplete_beta_at_odds(double a, double b, double f) noexcept {
  a = math::fmin(a, 1e290);
  b = math::fmin(b, 1e290);
  const double log_odds = math::log(a) - math::log(b) + math::log(f);
  if (log_odds < -650) return beta_far_out(a, b, log_odds, a * f);
  if (log_odds > 650) {
    const odds_tails other = beta_far_out(b, a, -log_odds, b / f);
    return {swapped(other.at), other.prefix};
  }
  const beta_point at = at_odds(a, b, f);
  return {incomplete_beta(a, b, at), beta_prefix(a, b, at)};
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_DETAIL_INCOMPLETE_BETA_HPP
