#ifndef MILLRACE_STATS_DISTRIBUTIONS_STUDENT_T_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_STUDENT_T_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/incomplete_beta.hpp>
#include <millrace/stats/distributions/detail/invert.hpp>
#include <millrace/stats/distributions/normal.hpp>

namespace millrace {
inline namespace v0 {
namespace stats {

/// Student's t distribution with `df` > 0 degrees of freedom, whole or not; with an infinite `df` it is the standard
/// normal distribution. See `normal` for what the functions promise.
struct student_t {
  double df;

  double pdf(double t) const noexcept {
    if (!(df > 0) || t != t) return detail::nan;
    if (as_normal()) return normal{}.pdf(t);
    // The density at 0 is Gamma((df + 1) / 2) / (Gamma(df / 2) sqrt(pi df)).
    const double ratio = t / detail::math::sqrt(df);
    const double a = df / 2;
    const double at_zero = detail::math::exp(detail::log_gamma_ratio(0.5, a)) / detail::math::sqrt(detail::pi * df);
    const double log_fall = is_distant(t) ? 2 * log_ratio(t) : detail::math::log1p(ratio * ratio);
    return at_zero * detail::math::exp(-(a + 0.5) * log_fall);
  }
  double cdf(double t) const noexcept { return sf(-t); }
  double sf(double t) const noexcept {
    if (!(df > 0)) return detail::nan;
    if (as_normal()) return normal{}.sf(t);
    const detail::tails two_sided = beyond(detail::math::absolute(t)).at;
    return t >= 0 ? 0.5 * two_sided.upper : 0.5 + 0.5 * two_sided.lower;
  }
  double quantile(double p) const noexcept { return p <= 0.5 ? -solve(p) : solve(1 - p); }
  double isf(double q) const noexcept { return q <= 0.5 ? solve(q) : -solve(1 - q); }

 private:
  /// Whether df is so large that no double can tell the distribution from the normal one; df + t^2 might overflow.
  bool as_normal() const noexcept { return df > 1e60; }
  /// Whether t^2 is so much larger than df that df + t^2 is t^2 to a double. t^2 might overflow.
  bool is_distant(double t) const noexcept { return detail::math::absolute(t) / detail::math::sqrt(df) > 1e16; }
  /// log(|t| / sqrt(df)); the ratio itself might overflow.
  double log_ratio(double t) const noexcept {
    return detail::math::log(detail::math::absolute(t)) - 0.5 * detail::math::log(df);
  }
  /// For t >= 0 the probabilities that the absolute value is less than t and more than t, and t times its density.
  detail::tail_slope beyond(double t) const noexcept {
    if (t == detail::infinity) return {{1, 0}, 0};
    const double a = df / 2;
    if (is_distant(t)) {
      // This far out the tail is a power of t.
      const double upper = detail::math::exp(detail::log_gamma_ratio(0.5, a) - 0.5 * detail::math::log(detail::pi) -
                                             detail::math::log(a) - df * log_ratio(t));
      return {{1 - upper, upper}, df * upper};
    }
    const double sum = df + t * t;
    const detail::beta_point at{t * t / sum, df / sum, a * ((t - 1) / sum) * (t + 1)};
    return {detail::incomplete_beta(0.5, a, at), 2 * detail::beta_prefix(0.5, a, at)};
  }
  /// The t >= 0 that is exceeded with probability q <= 1/2.
  double solve(double q) const noexcept {
    if (!(df > 0 && q >= 0 && q <= 0.5)) return detail::nan;
    if (as_normal()) return normal{}.isf(q);
    if (q == 0.5) return 0;
    const double z = normal{}.isf(q);
    // Far out the tail is a power of t.
    const double a = df / 2;
    const double power = detail::math::sqrt(df) *
                         detail::math::exp(-(detail::math::log(2 * q * df) + 0.5 * detail::math::log(detail::pi) -
                                             detail::math::log(2.0) - detail::log_gamma_ratio(0.5, a)) /
                                           df);
    const double guess = df > 4 && z < df ? z + z * (z * z + 1) / (4 * df) : detail::math::fmax(z, power);
    return detail::invert_positive({1 - 2 * q, 2 * q}, guess, [&](double t) { return beyond(t); });
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DISTRIBUTIONS_STUDENT_T_HPP
