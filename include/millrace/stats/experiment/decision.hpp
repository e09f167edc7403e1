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

// How an experiment_test decides, and the report that it returns.

/// The metrics of an experiment. A correction covers all of them together.
template <class... Metrics>
struct outcomes {};

/// The experiment may be peeked at at any time, from the first unit on. It bets on single units (two_arm_e_process), so
/// it cannot be fed from aggregates.
struct always_valid {
  static constexpr bool any_time = true;
};
/// The experiment may be peeked at at any time, with a guarantee in the limit of large samples. It needs moments alone,
/// so it can be fed from aggregates as well.
struct always_valid_asymptotic {
  static constexpr bool any_time = true;
};
/// One look, when the planned number of units has come.
struct fixed_horizon {
  static constexpr bool any_time = false;
};
/// The shares of the planned number of units at which a group sequential test looks, ascending in (0, 1].
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
/// A few looks at the planned shares. `How` says how much of alpha may be spent by each look; with spending::power that
/// is alpha t^Rho at the share t.
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

/// Names the second argument of a decision: `decision<always_valid, alpha<.05>>` is `decision<always_valid, .05>`.
/// Alpha bounds the chance of any false finding among the metrics or, with a correction for the false discovery rate,
/// the expected share of false findings.
template <real A>
inline constexpr real alpha = A;

/// When an experiment decides, at which alpha, and how that is corrected for several metrics: by holm unless said
/// otherwise, and always by bonferroni with group_looks.
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

/// The evidence on one metric.
struct metric_evidence {
  std::string_view metric;
  /// The effect (treatment less control), its interval, and p, all for this metric alone:
  /// - always_valid, always_valid_asymptotic: p is valid at any time, the interval covers at all times at once, and
  ///   `statistic` is the logarithm of the e-value
  /// - fixed_horizon: the metric's test for a fixed sample
  /// - group_looks: p and the interval hold over all looks; the interval's alpha is shared among the metrics
  /// The interval's level is 1 - alpha.
  test_result test;
  /// p corrected for all metrics. It is at most alpha if and only if the metric is significant, and 1 while the arms
  /// are not filled as configured.
  double adjusted_p = 1;
  /// False while the arms are not filled as configured (experiment_report::sample_ratio).
  bool significant = false;
};

/// The evidence on all metrics of an experiment, and the state of its arms.
template <std::size_t Size>
struct experiment_report {
  std::array<metric_evidence, Size> metrics;
  /// Whether the arms are filled as configured. While they are not, no metric is significant.
  sample_ratio_evidence sample_ratio;
  double units = 0;
  /// How many of the units are the treatment's, and the share of units that it was configured to get.
  double treated = 0;
  double share = 0.5;
  /// How many units were left out: experiment_test::refused().
  std::uint64_t refused = 0;

  bool any_significant() const noexcept {
    for (const auto& m : metrics)
      if (m.significant) return true;
    return false;
  }
  /// One line for each metric. If the arms are not filled as configured, a line that says so stands first; if units
  /// were left out, a line that says so stands last.
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
