#ifndef MILLRACE_STATS_EXPERIMENT_DECISION_HPP
#define MILLRACE_STATS_EXPERIMENT_DECISION_HPP

#include <millrace/stats/evidence.hpp>
#include <millrace/stats/experiment/metrics.hpp>
#include <millrace/stats/family.hpp>
#include <millrace/stats/sequential/group_sequential.hpp>
#include <millrace/stats/sequential/sequential_sample_ratio.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace stats {

// How an experiment_test decides, and what it then says.

/// The metrics of an experiment: together they are the family that a correction covers.
template <class... Metrics>
struct outcomes {};

/// Peek whenever you like, from the first unit on: bets on single units (two_arm_e_process).
struct always_valid {
  static constexpr bool any_time = true;
};
/// Peek whenever you like, in the limit of large samples: from moments alone, so from merged aggregates too.
struct always_valid_asymptotic {
  static constexpr bool any_time = true;
};
/// One look, when the planned number of units is there.
struct fixed_horizon {
  static constexpr bool any_time = false;
};
/// The shares of the planned units at which a group sequential test looks.
template <real... Shares>
struct looks {
 private:
  static constexpr bool increase() {
    double before = 0;
    bool good = sizeof...(Shares) > 0;
    for (const double s : {Shares.value..., 1.0}) {
      good = good && (s > before || (s == 1 && before == 1));
      before = s;
    }
    return good;
  }

 public:
  static_assert(increase(), "millrace[EXPERIMENT-3]: looks<...> must increase, from above 0 to 1 at most");
  static constexpr std::size_t count = sizeof...(Shares);
  static constexpr std::array<double, sizeof...(Shares)> at{Shares.value...};
};
/// A few looks at the planned shares, with alpha spent by `How`; `Rho` is for spending::power, alpha t^Rho.
template <spending How, class Looks, real Rho = 2.0>
struct group_looks {
  static_assert(Rho.value >= 0.1 && Rho.value <= 20,
                "millrace[EXPERIMENT-13]: group_looks<How, Looks, Rho> needs 0.1 <= Rho <= 20");
  static constexpr bool any_time = false;
  static constexpr spending how = How;
  static constexpr double rho = Rho.value;
  using planned = Looks;
};

namespace detail {

template <class When>
inline constexpr bool is_group = false;
template <spending How, class Looks, real Rho>
inline constexpr bool is_group<group_looks<How, Looks, Rho>> = true;

}  // namespace detail

/// The chance of any false finding in the family (or, by the correction, their share), spelt out where a decision is
/// named: `decision<always_valid, alpha<.05>>` is `decision<always_valid, .05>`.
template <real A>
inline constexpr real alpha = A;

/// When and how an experiment decides. group_looks share alpha among the metrics by bonferroni; else it is holm.
template <class When, real Alpha, class Correction = std::conditional_t<detail::is_group<When>, bonferroni, holm>>
struct decision {
  static_assert(Alpha.value > 0 && Alpha.value < 1,
                "millrace[EXPERIMENT-4]: decision<When, Alpha> needs 0 < Alpha < 1, such as .05");
  static constexpr bool corrects = correction<Correction>;  // a name of its own keeps the message short
  static_assert(
      corrects,
      "millrace[EXPERIMENT-2]: the third part of a decision is a correction for the family: bonferroni, holm, "
      "hochberg, benjamini_hochberg, benjamini_yekutieli, or uncorrected for a single metric");
  using when = When;
  using family_correction = Correction;
  static constexpr double alpha = Alpha.value;
};

namespace detail {

/// "No verdict: sample ratio mismatch, p 1e-30. The treatment has 901 of 1000 units, 90.1 %, ..."
inline void append_mismatch(std::string& text, double units, double treated, double share, double p) {
  text += "No verdict: sample ratio mismatch, p " + figure(p) + ". The treatment has " + figure(treated) + " of " +
          figure(units) + " units, " + figure(100 * treated / units) + " %, and was configured to get " +
          figure(100 * share) + " %. Find what loses or adds units, or configure the share: make({.share = ...}).\n";
}

}  // namespace detail

/// What an experiment says of one metric.
struct metric_evidence {
  std::string_view metric;
  /// Effect (treatment less control) and its interval at level 1 - alpha, for this metric alone; of group_looks for all
  /// looks and metrics together. p as the decision has it: valid at any time where that is any_time, over all looks
  /// where there are looks. `statistic` is the logarithm of the e-value where any_time, else the test's.
  test_result test;
  /// For the whole family and, of group_looks, over all looks so far: at most alpha exactly where `significant`. 1
  /// while the arms are not filled as configured.
  double adjusted_p = 1;
  /// Never while the arms are not filled as configured: experiment_report::sample_ratio.
  bool significant = false;
};

/// What an experiment says.
template <std::size_t Size>
struct experiment_report {
  std::array<metric_evidence, Size> metrics;
  /// Whether the arms are filled as configured. While they are not, there is no verdict: no metric is significant.
  sample_ratio_evidence sample_ratio;
  double units = 0;
  /// The treatment's units among them, and the share of units that it was configured to get.
  double treated = 0;
  double share = 0.5;
  /// Units left out, as experiment_test::refused().
  std::uint64_t refused = 0;

  bool any_significant() const noexcept {
    for (const auto& m : metrics)
      if (m.significant) return true;
    return false;
  }
  /// A line a metric, after one on the arms if they are not filled as configured.
  std::string summary() const {
    std::string text;
    if (sample_ratio.mismatch) detail::append_mismatch(text, units, treated, share, sample_ratio.p);
    for (const metric_evidence& m : metrics) {
      text += m.metric;
      text += sample_ratio.mismatch ? ": no verdict"
              : m.significant       ? ": significant (adjusted p "
                                    : ": not significant (adjusted p ";
      if (!sample_ratio.mismatch) {
        detail::append_figure(text, m.adjusted_p);
        text += ')';
      }
      text += ". ";
      text += m.test.summary();
      text += '\n';
    }
    if (refused != 0)
      text += "Left out: " + std::to_string(refused) +
              " units with an input that is not finite, beyond 1e140, or no number for its metric.\n";
    return text;
  }
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_EXPERIMENT_DECISION_HPP
