#ifndef MILLRACE_STATS_POWER_PLANNING_HPP
#define MILLRACE_STATS_POWER_PLANNING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/chi_squared.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/detail/noncentral.hpp>
#include <millrace/stats/distributions/fisher_f.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace stats {

// Designs, each the plan of a test:
//   two_means (Student's test), two_unequal_means (Welch's), one_mean (the one-sample and the paired t test)
//   two_proportions (z and score test), two_proportions_exact (Fisher's; fisher_power.hpp)
//   two_estimates (ratios, CUPED, any estimates whose variances are known), group_means (ANOVA)
//   counts (chi-squared, G, sample ratio), two_rankings (Mann-Whitney)
//   two_distributions, one_distribution (Kolmogorov-Smirnov), two_quantiles (rank_power.hpp)
// For other tests simulated_power.hpp finds the power by simulation.
//
// A design is a struct with
//
//   static constexpr bool two_arms;             // false: n2 is 0 and ratio is not used
//   static constexpr double least_n;            // the least n1, or a member function least()
//   double power(double effect, double n1, double n2, const power_options&) const;
//   static constexpr std::string_view effect_unit;  // optional: for summaries, where it is not that of the
//   observations result<void> validate(double effect) const; // optional: refuses parameters or an effect that are
//   impossible

/// What a plan may be given besides the design and the effect.
struct power_options {
  double alpha = 0.05;
  double power = 0.8;
  alternative side = alternative::two_sided;
  /// How many units the second arm has for each unit of the first.
  double ratio = 1;
};

/// A plan for a test: sizes, power and effect, one of which was computed from the others.
struct power_plan {
  /// Units in the first and in the second arm, whole numbers; n2 is 0 where there is one sample.
  double n1 = 0;
  double n2 = 0;
  /// The power with these sizes. As they are whole numbers it may be larger than the one asked for.
  double power = 0;
  /// The effect, in the unit that the design's comment gives, and that unit's name where it is not the observations'.
  double effect = 0;
  std::string_view effect_unit = {};

  std::string summary() const {
    std::string text = "To find an effect of ";
    detail::append_figure(text, effect);
    if (!effect_unit.empty()) text.append(" ").append(effect_unit);
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

/// Refuses a parameter of a design that makes no sense. The error names it.
inline result<void> above_zero(const char* name, double value) {
  if (value > 0 && value < infinity) return {};
  return error(errc::out_of_range, std::string(name) + " must be above 0 and finite, and is " + figure(value));
}
inline result<void> whole_from(const char* name, double value, double least) {
  if (value >= least && value < 1e15 && value == math::floor(value)) return {};
  return error(errc::out_of_range, std::string(name) + " must be a whole number of at least " + figure(least) +
                                       ", and is " + figure(value));
}
inline result<void> a_rate(const char* name, double value) {
  if (value >= 0 && value <= 1) return {};
  return error(errc::out_of_range, std::string(name) + " must lie in [0, 1], and is " + figure(value));
}
/// The same for both arms' rates: the second arm's is `base`, the first arm's `base + effect`.
inline result<void> rates(double base, double effect) {
  if (auto ok = a_rate("base", base); !ok) return ok;
  return a_rate("base + effect, the first arm's rate,", base + effect);
}

}  // namespace detail

/// Student's test of two means with the same standard deviation; `effect` is Cohen's d, the difference divided by that
/// deviation: 0.5 / 12 for a difference of 0.5 where observations have the deviation 12. (`two_unequal_means` takes the
/// deviations, and the difference itself.) Exact, by the noncentral t distribution.
struct two_means {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 2;
  static constexpr std::string_view effect_unit = "standard deviations";
  static double power(double effect, double n1, double n2, const power_options& o) noexcept {
    return detail::t_power(effect * detail::math::sqrt(n1 / (n1 + n2) * n2), n1 + n2 - 2, o.alpha, o.side);
  }
};

/// The t test of one mean against a fixed value, or of paired differences; `effect` is the difference divided by the
/// standard deviation of an observation (or of a pair's difference). Exact, by the noncentral t distribution.
struct one_mean {
  static constexpr bool two_arms = false;
  static constexpr double least_n = 2;
  static constexpr std::string_view effect_unit = "standard deviations";
  static double power(double effect, double n1, double, const power_options& o) noexcept {
    return detail::t_power(effect * detail::math::sqrt(n1), n1 - 1, o.alpha, o.side);
  }
};

/// Welch's test of two means whose standard deviations differ; `effect` is the difference, in the observations' unit.
/// Approximate, by the noncentral t distribution with the degrees of freedom that Satterthwaite's formula gives for the
/// true deviations.
/// Source: B. Moser, G. Stevens, C. Watts, Communications in Statistics 18, 1989.
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
    return detail::t_power(effect / detail::math::sqrt(v1 + v2), df, o.alpha, o.side);
  }
};

/// The z test of two proportions. `base` is the second arm's rate, which has no default; `effect` is the first arm's
/// rate less that. Approximate, by the normal law: the test's limit follows from the standard error under the null
/// hypothesis, the power from the one under the effect.
/// Source: J. Fleiss, "Statistical methods for rates and proportions", 3.
struct two_proportions {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 1;
  double base = detail::nan;
  /// Whether the test pools the arms for its standard error: z_variance::pooled.
  bool pooled = true;
  result<void> validate(double effect) const { return detail::rates(base, effect); }
  double power(double effect, double n1, double n2, const power_options& o) const noexcept {
    const double p1 = base + effect;
    if (!(base >= 0 && base <= 1 && p1 >= 0 && p1 <= 1)) return detail::nan;
    const double both = (p1 * n1 + base * n2) / (n1 + n2);
    const double null = detail::math::sqrt(both * (1 - both) * (1 / n1 + 1 / n2));
    const double real = detail::math::sqrt(p1 * (1 - p1) / n1 + base * (1 - base) / n2);
    return detail::z_power(effect, pooled ? null : real, real, o.alpha, o.side);
  }
};

/// Two means or ratio metrics whose variances are known from past data: `variance1` and `variance2` are those of one
/// unit of each arm, such as `ratio_estimate::variance`; for CUPED, what is left of it after the covariate. `effect` is
/// the difference, in the metric's unit. Approximate, by the normal law.
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
    const double error = detail::math::sqrt(variance1 / n1 + variance2 / n2);
    return detail::z_power(effect, error, error, o.alpha, o.side);
  }
};

/// One-way ANOVA of `groups` groups of the same size; n1 counts the units of all groups. `effect` is Cohen's f, the
/// standard deviation of the group means divided by the one within groups. Exact, by the noncentral F distribution.
struct group_means {
  static constexpr bool two_arms = false;
  static constexpr std::string_view effect_unit = "(Cohen's f)";
  double groups = 3;
  result<void> validate(double effect) const {
    if (auto ok = detail::whole_from("groups", groups, 2); !ok) return ok;
    return detail::above_zero("the effect, Cohen's f,", effect);
  }
  double least() const noexcept { return groups + 1; }
  double power(double effect, double n1, double, const power_options& o) const noexcept {
    const double critical = fisher_f{groups - 1, n1 - groups}.isf(o.alpha);
    return detail::noncentral_f_sf(groups - 1, n1 - groups, effect * effect * n1, critical);
  }
};

/// Chi-squared tests of fit or independence with `df` degrees of freedom. `effect` is Cohen's w, the square root of the
/// sum over cells of (p - q)^2 / q, with p a cell's probability under the effect and q the one under the null
/// hypothesis. Approximate, by the noncentral chi-squared distribution.
struct counts {
  static constexpr bool two_arms = false;
  static constexpr double least_n = 1;
  static constexpr std::string_view effect_unit = "(Cohen's w)";
  double df = 1;
  result<void> validate(double effect) const {
    if (auto ok = detail::whole_from("df", df, 1); !ok) return ok;
    return detail::above_zero("the effect, Cohen's w,", effect);
  }
  double power(double effect, double n1, double, const power_options& o) const noexcept {
    return detail::noncentral_chi_squared_sf(df, effect * effect * n1, chi_squared{df}.isf(o.alpha));
  }
};

/// The Mann-Whitney test. `effect` is P(a > b) - 1/2 for observations a and b of either arm, in [-1/2, 1/2].
/// Approximate, by the normal law with the variance under the null hypothesis. Source: G. Noether, JASA 82, 1987.
struct two_rankings {
  static constexpr bool two_arms = true;
  static constexpr double least_n = 1;
  static result<void> validate(double effect) {
    if (effect >= -0.5 && effect <= 0.5) return {};
    return error(errc::out_of_range,
                 "the effect, P(a > b) - 1/2, must lie in [-1/2, 1/2], and is " + detail::figure(effect));
  }
  static double power(double effect, double n1, double n2, const power_options& o) noexcept {
    const double error = detail::math::sqrt((1 / n1 + 1 / n2) / 12);
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

/// Refuses an effect that is not finite, and what the design's own `validate(effect)` refuses, where it has one.
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
  const double n2 = Design::two_arms ? math::fmax(least_of(design), math::ceil(n1 * o.ratio - 1e-9)) : 0;
  std::string_view unit;
  if constexpr (requires { std::string_view(Design::effect_unit); }) unit = Design::effect_unit;
  return {n1, n2, design.power(effect, n1, n2, o), effect, unit};
}

}  // namespace detail

/// The power of a test with n1 units in the first arm, and options.ratio times n1 in the second.
/// Errors: out_of_range: alpha or power outside (0, 1), a ratio, effect or parameter of the design that is impossible
/// (a rate outside [0, 1], a deviation that is not above 0), n1 too small for the test; not_finite: the effect. Each
/// names the argument.
template <class Design>
result<power_plan> power_of(const Design& design, double effect, double n1, const power_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  if (auto ok = detail::checked(design, effect); !ok) return std::move(ok).error();
  if (auto ok = detail::checked_units(design, n1); !ok) return std::move(ok).error();
  const power_plan plan = detail::plan(design, effect, detail::math::floor(n1), options);
  if (plan.power != plan.power) return detail::without_power(effect);
  return plan;
}

/// The fewest units with which a test finds `effect`, in the unit that the design says, with the power options.power.
/// For a rate of .12 against one of .1: `sample_size(two_proportions{.1}, .02)`.
///
/// Guarantee: the least whole n1, found by bisection on the design's power function. For an exact test of counts, whose
/// power rises in a saw-tooth, an n1 that reaches the power while n1 - 1 does not.
/// Complexity: O(log n1) powers.
/// Errors: as `power_of`, and out_of_range for an effect that no sample below 1e15 finds, such as 0.
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
    const double middle = detail::math::floor(low + (high - low) / 2);
    (detail::plan(design, effect, middle, options).power >= options.power ? high : low) = middle;
  }
  return detail::plan(design, effect, high, options);
}

/// The minimum detectable effect of n1 units: the smallest positive effect that the test finds with the power
/// options.power. With alternative::less that effect is meant with the opposite sign.
/// Errors: as `power_of`, and out_of_range for a power that no effect reaches.
template <class Design>
result<power_plan> minimum_detectable_effect(const Design& design, double n1, const power_options& options = {}) {
  if (auto ok = detail::checked(options); !ok) return std::move(ok).error();
  // The effect is not known yet: with a tiny one only the design's own parameters can be refused.
  if (auto ok = detail::checked(design, 1e-300); !ok) return std::move(ok).error();
  if (auto ok = detail::checked_units(design, n1); !ok) return std::move(ok).error();
  power_options upward = options;
  if (options.side == alternative::less) upward.side = alternative::greater;
  n1 = detail::math::floor(n1);
  const auto enough = [&](double effect) { return detail::plan(design, effect, n1, upward).power >= options.power; };
  // The effect is doubled until the test finds it. If that makes it impossible (a rate above 1, where the power is
  // NaN), it is set halfway to the least impossible one.
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
