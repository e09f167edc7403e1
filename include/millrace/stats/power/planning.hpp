#ifndef MILLRACE_STATS_POWER_PLANNING_HPP
#define MILLRACE_STATS_POWER_PLANNING_HPP

#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/chi_squared.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/noncentral.hpp>
#include <millrace/stats/distributions/fisher_f.hpp>
#include <millrace/stats/evidence.hpp>

#include <cmath>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

// Designs, and the tests that they plan: two_means (Student's), two_unequal_means (Welch's), one_mean (paired too),
// two_proportions (z and score), two_estimates (ratios, CUPED, anything with a known variance), group_means (ANOVA),
// counts (chi-squared, G, sample ratio), two_rankings (Mann-Whitney); two_proportions_exact (Fisher's) in
// fisher_power.hpp; two_distributions, one_distribution (Kolmogorov-Smirnov) and two_quantiles in rank_power.hpp. What
// no formula plans, simulated_power.hpp does.

/// What planning is asked for besides the effect.
struct power_options {
  double alpha = 0.05;
  double power = 0.8;
  alternative side = alternative::two_sided;
  /// Units of the second arm for each of the first.
  double ratio = 1;
};

/// A plan for a test: whichever of n, power and effect was asked for, and the other two.
struct power_plan {
  /// Units in the first and in the second arm, whole numbers; 0 in the second where there is one sample.
  double n1 = 0;
  double n2 = 0;
  /// The power that these have, at least the one asked for where a size was asked for.
  double power = 0;
  /// The effect planned for, in the test's own terms.
  double effect = 0;

  std::string summary() const {
    std::string text = "To find an effect of ";
    detail::append_figure(text, effect);
    text += " with power ";
    detail::append_figure(text, power);
    text += ": n = ";
    detail::append_figure(text, n1);
    if (n2 > 0) {
      text += " and ";
      detail::append_figure(text, n2);
    }
    text += '.';
    return text;
  }
};

namespace detail {

/// Whether a parameter of a design makes sense; the error names it.
inline result<void> above_zero(const char* name, double value) {
  if (value > 0 && value < infinity) return {};
  return error(errc::out_of_range, std::string(name) + " must be above 0 and finite, and is " + figure(value));
}
inline result<void> a_rate(const char* name, double value) {
  if (value >= 0 && value <= 1) return {};
  return error(errc::out_of_range, std::string(name) + " must lie in [0, 1], and is " + figure(value));
}
/// The rate that the first arm has under the effect.
inline result<void> rates(double base, double effect) {
  if (auto ok = a_rate("base", base); !ok) return ok;
  return a_rate("base + effect, the first arm's rate,", base + effect);
}

}  // namespace detail

/// Two means with the same deviation; `effect` is Cohen's d, the difference over the deviation. Exact: noncentral t.
struct two_means {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 2;
  static double power(double effect, double n1, double n2, const power_options& o) noexcept {
    return detail::t_power(effect * std::sqrt(n1 / (n1 + n2) * n2), n1 + n2 - 2, o.alpha, o.side);
  }
};

/// One mean against a fixed one, or paired differences; `effect` is the difference over the deviation. Exact.
struct one_mean {
  static constexpr bool two_arms = false;
  static constexpr double least_n = 2;
  static double power(double effect, double n1, double, const power_options& o) noexcept {
    return detail::t_power(effect * std::sqrt(n1), n1 - 1, o.alpha, o.side);
  }
};

/// Two means whose deviations differ, by Welch's test; `effect` is the difference itself. Noncentral t with the degrees
/// of freedom that Satterthwaite's formula gives for the true deviations. Source: B. Moser, G. Stevens, C. Watts,
/// Communications in Statistics 18, 1989.
struct two_unequal_means {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 2;
  double deviation1 = 1;
  double deviation2 = 1;
  result<void> validate(double) const {
    if (auto ok = detail::above_zero("deviation1", deviation1); !ok) return ok;
    return detail::above_zero("deviation2", deviation2);
  }
  double power(double effect, double n1, double n2, const power_options& o) const noexcept {
    const double v1 = deviation1 * deviation1 / n1;
    const double v2 = deviation2 * deviation2 / n2;
    const double df = (v1 + v2) * (v1 + v2) / (v1 * v1 / (n1 - 1) + v2 * v2 / (n2 - 1));
    return detail::t_power(effect / std::sqrt(v1 + v2), df, o.alpha, o.side);
  }
};

/// Two proportions by the z test: `base` is the second arm's rate, to be given, `effect` the difference a - b. The
/// normal law with each hypothesis' own variance. Source: J. Fleiss, "Statistical methods for rates and
/// proportions", 3.
struct two_proportions {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 1;
  double base = detail::nan;
  /// As the test's `z_variance`.
  bool pooled = true;
  result<void> validate(double effect) const { return detail::rates(base, effect); }
  double power(double effect, double n1, double n2, const power_options& o) const noexcept {
    const double p1 = base + effect;
    if (!(base >= 0 && base <= 1 && p1 >= 0 && p1 <= 1)) return detail::nan;
    const double both = (p1 * n1 + base * n2) / (n1 + n2);
    const double null = std::sqrt(both * (1 - both) * (1 / n1 + 1 / n2));
    const double real = std::sqrt(p1 * (1 - p1) / n1 + base * (1 - base) / n2);
    return detail::z_power(effect, pooled ? null : real, real, o.alpha, o.side);
  }
};

/// Two means or ratio metrics whose standard errors are known from the past: `variance` of one unit of each arm, such
/// as `ratio_estimate::variance`; `effect` is the difference. The normal law. With CUPED, hand over the variance left.
struct two_estimates {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 2;
  double variance1 = 1;
  double variance2 = 1;
  result<void> validate(double) const {
    if (auto ok = detail::above_zero("variance1", variance1); !ok) return ok;
    return detail::above_zero("variance2", variance2);
  }
  double power(double effect, double n1, double n2, const power_options& o) const noexcept {
    const double error = std::sqrt(variance1 / n1 + variance2 / n2);
    return detail::z_power(effect, error, error, o.alpha, o.side);
  }
};

/// One-way ANOVA of `groups` groups of the same size; n1 counts all units, `effect` is Cohen's f, the deviation of the
/// group means over that within. Exact: noncentral F.
struct group_means {
  static constexpr bool two_arms = false;
  double groups = 3;
  result<void> validate(double effect) const {
    if (!(groups >= 2 && groups < 1e15 && groups == std::floor(groups)))
      return error(errc::out_of_range, "groups must be a whole number of at least 2, and is " + detail::figure(groups));
    return detail::above_zero("the effect, Cohen's f,", effect);
  }
  double least() const noexcept { return groups + 1; }
  double power(double effect, double n1, double, const power_options& o) const noexcept {
    const double critical = fisher_f{groups - 1, n1 - groups}.isf(o.alpha);
    return detail::noncentral_f_sf(groups - 1, n1 - groups, effect * effect * n1, critical);
  }
};

/// Chi-squared tests with `df` degrees of freedom, of fit or independence; `effect` is Cohen's w. Noncentral
/// chi-squared.
struct counts {
  static constexpr bool two_arms = false;
  static constexpr double least_n = 1;
  double df = 1;
  result<void> validate(double effect) const {
    if (auto ok = detail::above_zero("df", df); !ok) return ok;
    return detail::above_zero("the effect, Cohen's w,", effect);
  }
  double power(double effect, double n1, double, const power_options& o) const noexcept {
    return detail::noncentral_chi_squared_sf(df, effect * effect * n1, chi_squared{df}.isf(o.alpha));
  }
};

/// The Mann-Whitney test; `effect` is P(a > b) - 1/2, in [-1/2, 1/2]. The normal law. Source: G. Noether, JASA 82,
/// 1987.
struct two_rankings {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 1;
  static result<void> validate(double effect) {
    if (effect >= -0.5 && effect <= 0.5) return {};
    return error(errc::out_of_range,
                 "the effect, P(a > b) - 1/2, must lie in [-1/2, 1/2], and is " + detail::figure(effect));
  }
  static double power(double effect, double n1, double n2, const power_options& o) noexcept {
    const double error = std::sqrt((1 / n1 + 1 / n2) / 12);
    return detail::z_power(effect, error, error, o.alpha, o.side);
  }
};

namespace detail {

template <class Design>
double least_of(const Design& design) noexcept {
  if constexpr (requires { design.least(); })
    return design.least();
  else
    return Design::least_n;
}

/// What the design and the effect must be: the design's own `validate(effect)`, where it has one. A tiny effect is
/// handed over where it is still to be found.
template <class Design>
result<void> checked(const Design& design, double effect) {
  if (!(effect > -infinity && effect < infinity))
    return error(errc::not_finite, "the effect must be a finite number, and is " + figure(effect));
  if constexpr (requires { design.validate(effect); }) return design.validate(effect);
  return {};
}

inline error without_power(double effect) {
  return error(errc::invalid_argument, "the design gives no power for an effect of " + figure(effect));
}

template <class Design>
result<void> checked_units(const Design& design, double n1) {
  const double least = least_of(design);
  if (n1 >= least && n1 < infinity) return {};
  return error(errc::out_of_range,
               "n1 must be at least " + figure(least) + " and finite for this test, and is " + figure(n1));
}

inline result<void> checked(const power_options& o) {
  if (!(o.alpha > 0 && o.alpha < 1))
    return error(errc::out_of_range, "alpha must lie between 0 and 1, and is " + figure(o.alpha));
  if (!(o.power > 0 && o.power < 1))
    return error(errc::out_of_range, "the power must lie between 0 and 1, and is " + figure(o.power));
  return above_zero("ratio, the second arm's units for each of the first,", o.ratio);
}

template <class Design>
power_plan plan(const Design& design, double effect, double n1, const power_options& o) {
  const double n2 = Design::two_arms ? std::fmax(least_of(design), std::ceil(n1 * o.ratio - 1e-9)) : 0;
  return {n1, n2, design.power(effect, n1, n2, o), effect};
}

}  // namespace detail

/// The power of a test with n1 units in the first arm, and ratio n1 in the second.
/// Errors: alpha or power outside (0, 1); a ratio, a parameter of the design or an effect that is impossible (NaN, a
/// rate outside [0, 1], a deviation that is not above 0); n1 too small for the test. Each names the argument.
template <class Design>
result<power_plan> power_of(const Design& design, double effect, double n1, const power_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(design, effect); !ok) return std::move(ok).error();
  if (auto ok = detail::checked_units(design, n1); !ok) return std::move(ok).error();
  const power_plan plan = detail::plan(design, effect, std::floor(n1), options);
  if (plan.power != plan.power) return detail::without_power(effect);
  return plan;
}

/// The fewest units with which a test finds `effect` with the power asked for: `sample_size(two_proportions{.1}, .02)`.
///
/// The least whole n1, by bisection on the test's own power function; not a formula that is off for small n. (Of an
/// exact test of counts, whose power rises in a saw-tooth: one that reaches the power where n1 - 1 does not.) Errors:
/// as `power_of`, and an effect that no sample below 1e15 finds, such as 0.
template <class Design>
result<power_plan> sample_size(const Design& design, double effect, const power_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(design, effect); !ok) return std::move(ok).error();
  if (effect == 0) return error(errc::out_of_range, "the effect is 0, which no sample finds");
  double low = detail::least_of(design);
  power_plan plan = detail::plan(design, effect, low, options);
  if (plan.power != plan.power) return detail::without_power(effect);
  if (plan.power >= options.power) return plan;
  double high = low;
  while (!(plan.power >= options.power)) {
    low = high;
    high *= 2;
    if (high > 1e15) return error(errc::out_of_range, "no sample of a sensible size finds an effect this small");
    plan = detail::plan(design, effect, high, options);
  }
  while (high - low > 1) {
    const double middle = std::floor(low + (high - low) / 2);
    (detail::plan(design, effect, middle, options).power >= options.power ? high : low) = middle;
  }
  return detail::plan(design, effect, high, options);
}

/// The minimum detectable effect of n1 units: the smallest positive effect found with the power asked for.
/// Errors: as `power_of`, and a power that no effect reaches.
template <class Design>
result<power_plan> minimum_detectable_effect(const Design& design, double n1, const power_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  // The least that any effect may be: only the design's own parameters can fail.
  if (auto ok = detail::checked(design, 1e-300); !ok) return std::move(ok).error();
  if (auto ok = detail::checked_units(design, n1); !ok) return std::move(ok).error();
  power_options upward = options;
  if (options.side == alternative::less) upward.side = alternative::greater;
  n1 = std::floor(n1);
  const auto enough = [&](double effect) { return detail::plan(design, effect, n1, upward).power >= options.power; };
  // Doubled until it is found; where that is impossible (a rate above 1), halfway to the least impossible one.
  double low = 0;
  double high = 1e-6;
  double impossible = detail::infinity;
  for (;;) {
    const double power = detail::plan(design, high, n1, upward).power;
    if (power >= options.power) break;
    (power != power ? impossible : low) = high;
    high = impossible < detail::infinity ? low + (impossible - low) / 2 : 2 * high;
    if (high > 1e12 || high <= low * (1 + 1e-12))
      return error(errc::out_of_range, "no possible effect is found with this power by so few units");
  }
  for (int i = 0; i < 60 && high - low > 1e-12 * high; ++i) {
    const double middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return detail::plan(design, high, n1, upward);
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_POWER_PLANNING_HPP
