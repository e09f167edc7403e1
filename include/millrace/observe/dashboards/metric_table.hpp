#ifndef MILLRACE_OBSERVE_DASHBOARDS_METRIC_TABLE_HPP
#define MILLRACE_OBSERVE_DASHBOARDS_METRIC_TABLE_HPP

#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What a panel shows of a metric.
enum class panel_kind : std::uint8_t {
  automatic,  // by its type: a counter's rate, a gauge's value, a histogram's quantiles
  rate,       // how much it grows a second
  share,      // its rate as a part of the rate of the metric `part_of`
  value,      // a gauge as it is
  quantiles,  // a histogram's median, 95th and 99th percentile
  mean,       // a histogram's mean
};

/// A line of the table: how a metric is shown.
struct metric_row {
  /// What the metric's name ends in, without `_total`: `inference_errors` is also that of a program with a prefix of
  /// its own.
  std::string_view metric;
  std::string_view section;  // of the dashboard
  std::string_view title;
  panel_kind panel = panel_kind::automatic;
  std::string_view part_of = {};  // what `share` divides by
};

/// A line of the table: when an alert is due.
struct alert_row {
  std::string_view name;
  /// A condition in PromQL, in which `{inference_errors}` stands for the metric with a name that ends so, as Prometheus
  /// has it: of a counter with `_total`, of a histogram with `_bucket` if that is written behind. Where the program has
  /// no such metric, the alert is left out, and `prometheus_alerts` says so. Other braces, as in
  /// `{queue_depth}{model="a"}`, are PromQL's.
  std::string_view condition;
  std::string_view severity;  // `critical` wakes somebody, `warning` does not
  std::string_view lasts;     // how long the condition must hold: `5m`
  std::string_view summary;
  std::string_view means;  // what is wrong then, and what to look at
};

/// How this library's own metrics are shown.
inline constexpr metric_row standard_metrics[] = {
    {"predictions", "Serving", "Throughput, rows a second", panel_kind::rate},
    {"inference_latency_seconds", "Serving", "Latency of requests", panel_kind::quantiles},
    {"batch_size", "Serving", "Rows in a batch", panel_kind::quantiles},
    {"inference_errors", "Serving", "Share of rows without outputs", panel_kind::share, "predictions"},
    {"fallbacks", "Serving", "Share of rows that a fallback answered", panel_kind::share, "predictions"},
    {"queue_depth", "Serving", "Rows that wait", panel_kind::value},
    {"active_predictions", "Serving", "Rows that a model is given", panel_kind::value},
    {"circuit_breaker_state", "Serving", "Circuit breakers: 0 closed, 1 half open, 2 open", panel_kind::value},
    {"call_events", "Serving", "What happens to calls", panel_kind::rate},
    {"model_score", "Model", "Faded mean loss", panel_kind::value},
    {"model_drift_score", "Model", "Drift of the loss, over its threshold", panel_kind::value},
    {"feature_drift_score", "Model", "Drift of each feature", panel_kind::value},
    {"table_drift_score", "Model", "Greatest drift of a feature", panel_kind::value},
    {"features_drifted", "Model", "Features that have drifted", panel_kind::value},
    {"detector_score", "Model", "Detectors, over their thresholds", panel_kind::value},
    {"online_updates_processed", "Model", "Batches learnt", panel_kind::rate},
    {"checkpoint_duration_seconds", "Model", "Checkpoints", panel_kind::quantiles},
    {"event_count", "Chain", "Events", panel_kind::rate},
    {"event_failures", "Chain", "Share of events that failed", panel_kind::share, "event_count"},
    {"event_duration_seconds", "Chain", "How long events take", panel_kind::quantiles},
    {"ml_metric", "Chain", "Fields", panel_kind::value},
    {"validation_issues", "Chain", "What validation found", panel_kind::rate},
    {"feature_extraction_time_seconds", "Features", "How long features take", panel_kind::quantiles},
    {"features_extracted", "Features", "Features made", panel_kind::rate},
    {"health_status", "Health", "Checks: 1 healthy, 0.5 degraded, 0 unhealthy", panel_kind::value},
    {"health_check_seconds", "Health", "How long checks take", panel_kind::value},
    {"health_late", "Health", "Checks that were late", panel_kind::rate},
    {"process_cpu_seconds", "Process", "Processors in use", panel_kind::rate},
    {"process_resident_memory_bytes", "Process", "Memory in RAM", panel_kind::value},
    {"process_open_fds", "Process", "Open files", panel_kind::value},
    {"process_threads", "Process", "Threads", panel_kind::value},
};

/// When somebody should look at them.
inline constexpr alert_row standard_alerts[] = {
    {"ModelErrors", "sum by (model) (rate({inference_errors}[5m])) / sum by (model) (rate({predictions}[5m])) > 0.01",
     "critical", "5m", "More than 1 % of the rows of model {{ $labels.model }} get no outputs",
     "Requests are refused, late or invalid: the panel of predictions by status says which."},
    {"ModelSlow", "histogram_quantile(0.99, sum by (model, le) (rate({inference_latency_seconds}_bucket[5m]))) > 0.1",
     "warning", "5m", "The 99th percentile of model {{ $labels.model }} is above 100 ms",
     "The model is slower than usual, or too many rows wait for it: see the batch size and the queue."},
    {"ModelFallbacks", "sum by (model) (rate({fallbacks}[5m])) / sum by (model) (rate({predictions}[5m])) > 0.05",
     "warning", "5m", "More than 5 % of the rows of model {{ $labels.model }} are answered by a fallback",
     "The model fails, or its breaker is open; users get the stand-in's values meanwhile."},
    {"ModelWithoutTraffic", "sum by (model) (rate({predictions}[10m])) == 0", "warning", "10m",
     "Model {{ $labels.model }} gets no requests", "Its callers are down, or send elsewhere."},
    {"ModelQueueFull", "{queue_depth} > 1000", "warning", "2m", "{{ $value }} rows wait for a model",
     "More comes than the models serve; soon requests will be refused."},
    {"BreakerOpen", "{circuit_breaker_state} == 2", "critical", "1m",
     "The circuit breaker of {{ $labels.call }} is open", "What it guards fails, and is not called for now."},
    {"Unhealthy", "{health_status} == 0", "critical", "2m", "The health check {{ $labels.check }} fails",
     "The health report says why."},
    {"LossDrift", "{model_drift_score} > 1", "warning", "5m", "The loss of model {{ $labels.model }} has drifted",
     "The model predicts worse than it did: look at its features' drift, and at its labels."},
    {"FeatureDrift", "{feature_drift_score} > 0.2", "warning", "15m", "Feature {{ $labels.feature }} has drifted",
     "The feature is not distributed as in the reference: its source has changed, or the world has."},
    {"DetectorDrift", "{detector_score} > 1", "warning", "5m", "The detector {{ $labels.detector }} sees a change",
     "What it watches is not as before."},
    {"EventsFail", "sum by (event) (rate({event_failures}[5m])) / sum by (event) (rate({event_count}[5m])) > 0.01",
     "warning", "5m", "More than 1 % of the runs of event {{ $labels.event }} fail",
     "The chain's audit log has the errors."},
};

namespace detail {

/// What is in front of a row's metric in a family's name; `is_found` says whether the family is what the row means: its
/// name is the row's, or ends in it behind a `_`.
inline std::string_view prefix_of(const metric_family& family, std::string_view row, bool& is_found) noexcept {
  const std::string_view name = family.name;
  is_found =
      name == row || (name.size() > row.size() && name.ends_with(row) && name[name.size() - row.size() - 1] == '_');
  return is_found ? name.substr(0, name.size() - row.size()) : std::string_view();
}
/// Calls f(prefix, family) for each family that a row means. `active_predictions` ends as the row `predictions` does;
/// it is not meant where there is a `predictions` of the same program, whose prefix is a part of its own.
template <class F>
void for_each_meant(const metrics_snapshot& snapshot, std::string_view row, F&& f) {
  for (const metric_family_samples& each : snapshot.families()) {
    bool is_meant = false;
    const std::string_view prefix = prefix_of(*each.family, row, is_meant);
    for (const metric_family_samples& other : snapshot.families()) {
      bool is_other = false;
      const std::string_view theirs = prefix_of(*other.family, row, is_other);
      if (is_meant && is_other && theirs.size() < prefix.size() && prefix.starts_with(theirs)) is_meant = false;
    }
    if (is_meant) f(prefix, each);
  }
}
inline bool is_meant_by(const metrics_snapshot& snapshot, std::string_view row) {
  bool any = false;
  for_each_meant(snapshot, row, [&](std::string_view, const metric_family_samples&) { any = true; });
  return any;
}
/// A family's name in a query.
inline std::string query_name(const metric_family& family) {
  return family.type == metric_type::counter ? family.name + "_total" : family.name;
}
/// The names of a family's labels, in their order, between commas. They are those of its first series.
inline std::string label_names(const metric_family_samples& each) {
  std::string made;
  if (each.samples.empty()) return made;
  for (const auto& label : each.samples[0].labels()) {
    if (!made.empty()) made += ", ";
    made += label.name;
  }
  return made;
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DASHBOARDS_METRIC_TABLE_HPP
