#ifndef MILLRACE_STATS_POWER_RANK_POWER_HPP
#define MILLRACE_STATS_POWER_RANK_POWER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/noncentral.hpp>
#include <millrace/stats/distributions/kolmogorov.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/power/planning.hpp>

#include <string>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

inline result<void> a_distance(double effect) {
  if (effect >= -1 && effect <= 1) return {};
  return error(errc::out_of_range,
               "the effect, a distance of distribution functions, must lie in [-1, 1], and is " + figure(effect));
}

/// The probability that a Kolmogorov-Smirnov test rejects because of one place alone: the one where the true
/// distribution functions lie `effect` apart and the observed distance has the standard deviation `real`. The test
/// rejects where the largest distance exceeds its limit, so this bounds its power from below. `n` is the size of one
/// sample, or m n / (m + n) of two.
///
/// Where the effect lies beyond the limit, a larger `real` makes the result smaller. So the largest deviation that the
/// effect allows gives a bound for all distributions.
inline double ks_power(double effect, double n, double real, const power_options& o) noexcept {
  if (!(effect >= -1 && effect <= 1)) return nan;
  const double limit =
      o.side == alternative::two_sided ? kolmogorov{}.isf(o.alpha) : math::sqrt(-math::log(o.alpha) / 2);
  const double reach = limit / math::sqrt(n);
  const auto beyond = [&](double by) {
    if (real > 0) return normal{}.sf((reach - by) / real);
    return by >= reach ? 1.0 : 0.0;
  };
  if (o.side == alternative::greater) return beyond(effect);
  if (o.side == alternative::less) return beyond(-effect);
  return math::fmin(1.0, beyond(effect) + beyond(-effect));
}

}  // namespace detail

/// The two-sample Kolmogorov-Smirnov test. `effect` is the difference of the distribution functions, a's less b's,
/// where they are furthest apart; in [-1, 1].
///
/// Guarantee: where the effect lies beyond the test's limit, which is where the power is above about 1/2, the power
/// returned is a lower bound (in the limit of large samples), whatever the distributions are: a size planned for 0.8
/// suffices. Where the distributions differ all along their range the power is higher. A power below 1/2 is that of
/// distributions which vary most where they are furthest apart, and no bound for others.
/// Source: F. Massey, "A note on the power of a non-parametric test", Annals of Mathematical Statistics 21, 1950.
struct two_distributions {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 1;
  static result<void> validate(double effect) { return detail::a_distance(effect); }
  static double power(double effect, double n1, double n2, const power_options& o) noexcept {
    // Below that place lie the shares p and q = p - effect. The variance p (1 - p) / n1 + q (1 - q) / n2 is taken where
    // it is largest. Its derivative by p, (1 - 2 p) / n1 + (1 - 2 q) / n2, is 0 at p = 1/2 + effect n1 / (n1 + n2),
    // where q = 1/2 - effect n2 / (n1 + n2); if either lies outside [0, 1], at the nearest p for which both are inside.
    const double flat = 0.5 + effect * (n1 / (n1 + n2));
    const double p = detail::math::fmin(detail::math::fmax(flat, detail::math::fmax(0.0, effect)),
                                        detail::math::fmin(1.0, 1 + effect));
    const double q = p - effect;
    const double variance = p * (1 - p) / n1 + q * (1 - q) / n2;
    return detail::ks_power(effect, n1 / (n1 + n2) * n2, detail::math::sqrt(variance), o);
  }
};

/// The one-sample Kolmogorov-Smirnov test against a given distribution, with the effect and the guarantee of
/// `two_distributions`.
struct one_distribution {
  static constexpr bool two_arms = false;
  static constexpr double least_n = 1;
  static result<void> validate(double effect) { return detail::a_distance(effect); }
  static double power(double effect, double n1, double, const power_options& o) noexcept {
    const double rate = detail::math::fmax(0.5, detail::math::absolute(effect));
    return detail::ks_power(effect, n1, detail::math::sqrt(rate * (1 - rate) / n1), o);
  }
};

/// The quantile difference test at `probability`. `effect` is the difference of the two quantiles, in the observations'
/// unit. `density1` and `density2` are the arms' densities at their quantiles, which past data give: the share of the
/// observations within a short interval about the quantile, divided by the interval's length. Approximate, by the
/// normal law: a quantile has the variance probability (1 - probability) / (n density^2).
/// Source: F. Mosteller, "On some useful 'inefficient' statistics", Annals of Mathematical Statistics 17, 1946.
struct two_quantiles {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 1;
  double probability = 0.5;
  double density1 = 1;
  double density2 = 1;
  result<void> validate(double) const {
    if (!(probability > 0 && probability < 1))
      return error(errc::out_of_range, "probability must lie between 0 and 1, and is " + detail::figure(probability));
    if (auto ok = detail::above_zero("density1", density1); !ok) return ok;
    return detail::above_zero("density2", density2);
  }
  double power(double effect, double n1, double n2, const power_options& o) const noexcept {
    const double spread = probability * (1 - probability);
    const double error = detail::math::sqrt(spread / n1 / density1 / density1 + spread / n2 / density2 / density2);
    return detail::z_power(effect, error, error, o.alpha, o.side);
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_POWER_RANK_POWER_HPP
