#ifndef MILLRACE_DELIVER_EXPERIMENT_DESIGN_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DESIGN_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/core/real.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/split/layer.hpp>
#include <millrace/deliver/split/weights.hpp>
#include <millrace/stats/experiment/decision.hpp>
#include <millrace/stats/experiment/metrics.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

// What the type of an experiment says: its layer, its variants, what is measured of a unit, and what must not get
// worse.

/// Names a layer of traffic. Experiments of one layer share its salt, so that those with slots apart
/// (`experiment_definition::from`, `to`) have no unit in common; experiments of different layers are independent.
/// A `layer` of split is one, too, which its salt names: an experiment whose id is a slice's gives units the variants
/// that the slice does.
template <fixed_string Name>
struct experiment_layer {
  static constexpr std::string_view name = Name;
};

/// One way that requests are treated, and its weight: `variant<"control", 80>`.
template <fixed_string Name, real Weight>
struct variant {
  static_assert(
      Weight.value > 0 && Weight.value < 1e9,
      "millrace[TRIAL-1]: variant<Name, Weight> needs a weight above 0; leave out a variant that gets nobody");
  static_assert(sizeof(Name.text) > 1, "millrace[TRIAL-1]: variant<Name, Weight> needs a name");
  static constexpr std::string_view name = Name;
  static constexpr double weight = Weight.value;
};

/// The variants of an experiment. The first is the control, which the others are compared with. Units are placed as by
/// `weights<...>` of the same numbers.
template <class... Each>
struct variants {
  static_assert(sizeof...(Each) >= 2,
                "millrace[TRIAL-2]: variants<...> needs two at least: the control, and what is compared with it");
  static_assert(sizeof...(Each) <= max_variants, "millrace[TRIAL-2]: variants<...> takes 32 at most");
  static_assert((sizeof(Each) + ... + 0) != 0);  // what is wrong with one of them is said first
  static constexpr std::size_t size = sizeof...(Each);
  static constexpr std::array<std::string_view, size> names{Each::name...};
  static constexpr std::array<double, size> weights{Each::weight...};
  static constexpr bool names_differ = [] {
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (names[i] == names[k]) return false;
    return true;
  }();
  static_assert(names_differ, "millrace[TRIAL-2]: two variants have one name");

  /// A variant's weight divided by the sum of all.
  static constexpr double share(std::size_t which) noexcept {
    double all = 0;
    for (const double each : weights) all += each;
    return weights[which] / all;
  }
  /// The variant of a unit's hash, as `weights<...>` of the same numbers have it.
  static constexpr std::size_t variant(std::uint64_t hash) noexcept {
    return detail::variant_of(bounds.data(), size, hash);
  }
  /// The number of a variant, or `size` if there is none of that name.
  static constexpr std::size_t find(std::string_view name) noexcept {
    std::size_t at = 0;
    while (at < size && names[at] != name) ++at;
    return at;
  }

 private:
  static constexpr std::array<double, size> bounds = [] {
    std::array<double, size> made{};
    detail::fill_bounds(weights.data(), made.data(), 0, size);
    return made;
  }();
};

/// What becomes of the outcomes of one unit, such as a user with many requests, before units are tested:
enum class unit_rule : std::uint8_t {
  sum,   // of each input; 0 for a unit without outcomes. Means, ratios and their like
  mean,  // of each input; a unit without outcomes is left out of the metric. Quantiles
  any,   // 1 if an input was not 0, else 0. Conversions
  max,   // of each input; a unit without outcomes is left out of the metric
};
constexpr std::string_view to_string(unit_rule which) noexcept {
  switch (which) {
    case unit_rule::sum: return "sum";
    case unit_rule::mean: return "mean";
    case unit_rule::any: return "any";
    case unit_rule::max: return "max";
  }
  return "unknown";
}

/// A metric with another rule than its kind has: `per_unit<mean_of<"rating">, unit_rule::mean>`.
template <class Metric, unit_rule Rule>
struct per_unit : Metric {
  static constexpr unit_rule rule = Rule;
};

namespace detail {

template <class Layer>
struct named_layer {
  static constexpr std::string_view name() noexcept {
    if constexpr (requires { std::string_view(Layer::name); })
      return Layer::name;
    else
      return {};
  }
};
template <fixed_string Salt, class... Slices>
struct named_layer<layer<Salt, Slices...>> {
  static constexpr std::string_view name() noexcept { return Salt; }
};
template <class Layer>
constexpr std::string_view layer_name() noexcept {
  return named_layer<Layer>::name();
}

template <class Metric>
constexpr std::string_view metric_kind() noexcept {
  if constexpr (requires { Metric::kind; })
    return Metric::kind;
  else
    return "metric";
}
template <class Metric>
constexpr unit_rule unit_rule_of() noexcept {
  if constexpr (requires { Metric::rule; })
    return Metric::rule;
  else if constexpr (metric_kind<Metric>() == "conversion")
    return unit_rule::any;
  else if constexpr (metric_kind<Metric>() == "quantile")
    return unit_rule::mean;
  else
    return unit_rule::sum;
}
/// How many of a metric's inputs, the last ones, are from before the experiment and given with the exposure.
template <class Metric>
constexpr std::size_t covariates_of() noexcept {
  return metric_kind<Metric>() == "cuped mean" ? 1 : 0;
}

}  // namespace detail

/// In which direction a guardrail's metric gets worse.
enum class harm : std::uint8_t { above, below };
constexpr std::string_view to_string(harm which) noexcept { return which == harm::above ? "above" : "below"; }

/// A metric that must not get worse than the control's by more than `Margin`, in the metric's unit. Its test is
/// one-sided and has an alpha of its own, which all variants share:
///
///     guardrail<mean_of<"latency">, harm::above, .01, 5>      // 5 ms slower is harm
///
/// Guarantee: in the limit of large samples, if no variant is worse by more than the margin, the probability that this
/// guardrail ever says so is at most alpha, however often it is asked.
template <class Metric, harm Worse, real Alpha = .01, real Margin = 0>
struct guardrail {
  static_assert(Alpha.value > 0 && Alpha.value < 1,
                "millrace[TRIAL-3]: guardrail<Metric, Worse, Alpha, Margin> needs 0 < Alpha < 1, such as .01");
  static_assert(Margin.value >= 0, "millrace[TRIAL-3]: guardrail<Metric, Worse, Alpha, Margin> needs a Margin >= 0");
  using metric = Metric;
  static constexpr harm worse = Worse;
  static constexpr double alpha = Alpha.value;
  static constexpr double margin = Margin.value;
};

/// The guardrails of an experiment.
template <class... Each>
struct guardrails {
  static constexpr std::size_t size = sizeof...(Each);
};

namespace detail {

/// A list of metrics, with where each one's words lie in a unit's state: its inputs, and behind them how many outcomes
/// it has.
template <class... Metrics>
class unit_metrics {
 public:
  static constexpr std::size_t size = sizeof...(Metrics);
  static constexpr std::array<std::string_view, size> names{Metrics::name...};
  static constexpr std::array<std::string_view, size> kinds{metric_kind<Metrics>()...};
  static constexpr std::array<unit_rule, size> rules{unit_rule_of<Metrics>()...};
  static constexpr std::array<std::size_t, size> covariates{covariates_of<Metrics>()...};
  /// How many numbers an outcome has.
  static constexpr std::array<std::size_t, size> told{(Metrics::inputs - covariates_of<Metrics>())...};
  static constexpr std::size_t all_told = ((Metrics::inputs - covariates_of<Metrics>()) + ... + 0);
  static constexpr std::size_t all_covariates = (covariates_of<Metrics>() + ... + 0);
  static constexpr std::size_t words = all_told + size + all_covariates;
  static constexpr std::size_t most_told = [] {
    std::size_t most = 1;
    for (const std::size_t each : told) most = each > most ? each : most;
    return most;
  }();
  /// The first word of a metric, and of its covariate, which all stand behind the outcomes.
  static constexpr std::array<std::size_t, size> first = [] {
    std::array<std::size_t, size> made{};
    std::size_t at = 0;
    for (std::size_t i = 0; i < size; ++i) {
      made[i] = at;
      at += told[i] + 1;
    }
    return made;
  }();
  static constexpr std::array<std::size_t, size> covariate = [] {
    std::array<std::size_t, size> made{};
    std::size_t at = all_told + size;
    for (std::size_t i = 0; i < size; ++i) {
      made[i] = at;
      at += covariates[i];
    }
    return made;
  }();
  static constexpr std::size_t find(std::string_view name) noexcept {
    std::size_t at = 0;
    while (at < size && names[at] != name) ++at;
    return at;
  }
  static constexpr bool names_differ = [] {
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (names[i] == names[k]) return false;
    return true;
  }();
  /// Whether a metric can use the numbers of an outcome, which are finite. One with a covariate has no say.
  static bool takes(std::size_t which, const double* in) noexcept {
    static constexpr bool (*each[])(const double*) noexcept = {&can_use<Metrics>..., nullptr};
    return each[which](in);
  }

 private:
  template <class Metric>
  static bool can_use(const double* in) noexcept {
    if constexpr (covariates_of<Metric>() == 0 && requires { Metric::takes(in); })
      return Metric::takes(in);
    else
      return true;
  }
};

/// The metric at a place of a list.
template <std::size_t At, class List>
struct metric_at;
template <std::size_t At, class First, class... Rest>
struct metric_at<At, unit_metrics<First, Rest...>> : metric_at<At - 1, unit_metrics<Rest...>> {};
template <class First, class... Rest>
struct metric_at<0, unit_metrics<First, Rest...>> {
  using type = First;
};

template <class Part>
struct listed_outcomes {
  static_assert(sizeof(Part) == 0,
                "millrace[TRIAL-7]: the third part of an experiment is stats::outcomes<...>, and the fifth, if any, is "
                "guardrails<...>");
  using list = unit_metrics<>;
};
template <class... Metrics>
struct listed_outcomes<stats::outcomes<Metrics...>> {
  using list = unit_metrics<Metrics...>;
};
template <class... Guards>
struct listed_outcomes<guardrails<Guards...>> {
  using list = unit_metrics<typename Guards::metric...>;
};
template <class First, class Second>
struct all_metrics;
template <class... First, class... Second>
struct all_metrics<unit_metrics<First...>, unit_metrics<Second...>> {
  using list = unit_metrics<First..., Second...>;
};
template <std::size_t At, class Guards>
struct guard_at;
template <std::size_t At, class First, class... Rest>
struct guard_at<At, guardrails<First, Rest...>> : guard_at<At - 1, guardrails<Rest...>> {};
template <class First, class... Rest>
struct guard_at<0, guardrails<First, Rest...>> {
  using type = First;
};

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DESIGN_HPP
