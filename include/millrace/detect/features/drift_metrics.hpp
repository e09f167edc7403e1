#ifndef MILLRACE_DETECT_FEATURES_DRIFT_METRICS_HPP
#define MILLRACE_DETECT_FEATURES_DRIFT_METRICS_HPP

#include <millrace/core/result.hpp>
#include <millrace/detect/features/drift_reference.hpp>
#include <millrace/detect/features/table_drift.hpp>
#include <millrace/detect/fwd.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detect {

/// How far a feature is from its reference: `drift_measures::score`, from 0 to 1.
inline constexpr observe::metric_info feature_drift_info{"millrace_ml_feature_drift_score",
                                                         "How far a feature is from its reference, from 0 to 1."};
/// The greatest of them at the last comparison of a table.
inline constexpr observe::metric_info table_drift_info{"millrace_ml_table_drift_score",
                                                       "The greatest drift score of a table's features."};
/// How many features have drifted, by the test that `table_drift` makes.
inline constexpr observe::metric_info features_drifted_info{"millrace_ml_features_drifted",
                                                            "How many features have drifted."};
/// A detector's statistic over its threshold: above 1 is a drift.
inline constexpr observe::metric_info detector_score_info{"millrace_ml_detector_score",
                                                          "A detector's statistic over its threshold."};
/// The labels that name the feature, and the detector.
inline constexpr std::string_view feature_label = "feature";
inline constexpr std::string_view detector_label = "detector";

/// A detector that says how near it is to a drift: `adwin`, `cusum`, `page_hinkley` and the others.
template <class D>
concept scored_detector = requires(const D& detector) {
  { detector.statistic() } -> std::convertible_to<double>;
  { detector.threshold() } -> std::convertible_to<double>;
};

/// Shows in a metrics registry what drifts, as gauges that stay until the next comparison.
///
///     mr::detect::drift_metrics shown(registry, {{"model", "fraud"}});
///     if (auto report = reference.compare(windows)) (void)shown.update(*report);
///     (void)shown.update("latency", detector);
///
/// Complexity: of an update a search among the names seen so far.
/// Allocates: when a feature or a detector is first seen.
/// Threads: one at a time. The registry outlives it.
/// Errors: those of `metrics_registry`, such as too many series.
class drift_metrics {
 public:
  explicit drift_metrics(observe::metrics_registry& registry, observe::label_set labels = {})
      : registry_(&registry), labels_(std::move(labels)) {}

  /// A table's comparison: each feature's score, the greatest of them, and how many have drifted.
  template <class = void>
  result<void> update(const table_drift_report& report) {
    for (const feature_drift& each : report.features)
      if (auto shown = set(feature_drift_info, feature_label, each.feature, each.measures.score); !shown) return shown;
    if (auto shown = set(table_drift_info, {}, {}, report.score); !shown) return shown;
    return set(features_drifted_info, {}, {}, static_cast<double>(report.drifted));
  }
  /// One feature's comparison with its `drift_reference`.
  template <class = void>
  result<void> update(std::string_view feature, const drift_measures& measures) {
    return set(feature_drift_info, feature_label, feature, measures.score);
  }
  /// A detector, after it was updated.
  template <scored_detector Detector>
  result<void> update(std::string_view name, const Detector& detector) {
    return set(detector_score_info, detector_label, name, detector.statistic() / detector.threshold());
  }

 private:
  struct shown_gauge {
    std::string_view metric;
    std::string of;
    observe::gauge gauge;
  };

  template <class = void>
  result<void> set(const observe::metric_info& info, std::string_view label, std::string_view of, double value) {
    for (const shown_gauge& each : gauges_)
      if (each.metric == info.name && each.of == of) {
        each.gauge.set(value);
        return {};
      }
    observe::label_set labels = labels_;
    if (!label.empty()) labels.add(label, of);
    const auto made = registry_->gauge(info, labels);
    if (!made) return made.error();
    made->set(value);
    gauges_.push_back({info.name, std::string(of), *made});
    return {};
  }

  observe::metrics_registry* registry_;
  observe::label_set labels_;
  std::vector<shown_gauge> gauges_;
};

}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_FEATURES_DRIFT_METRICS_HPP
