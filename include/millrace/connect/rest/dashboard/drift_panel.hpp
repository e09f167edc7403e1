#ifndef MILLRACE_CONNECT_REST_DASHBOARD_DRIFT_PANEL_HPP
#define MILLRACE_CONNECT_REST_DASHBOARD_DRIFT_PANEL_HPP

#include <millrace/connect/rest/dashboard/panel.hpp>
#include <millrace/connect/rest/detail/metric_window.hpp>
#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// Which gauges a drift_panel shows: what their names end in. The defaults are those of `detect::drift_metrics` and of
/// an online learner.
struct drift_names {
  std::string feature = "feature_drift_score";  // by feature, from 0 to 1
  std::string table = "table_drift_score";      // the greatest of a table
  std::string drifted = "features_drifted";     // how many
  std::string detector = "detector_score";      // by detector; above 1 is a drift
  std::string model = "model_drift_score";      // of the loss, over its threshold; above 1 is a drift
};

/// The panel of what drifts: how many features have, which detectors have gone over their threshold, and all scores.
/// They are the last that were compared, by whom the registry was told of them. The registry outlives it.
class drift_panel {
 public:
  explicit drift_panel(const observe::metrics_registry& metrics, drift_names names = {})
      : metrics_(&metrics), names_(std::move(names)) {}
  explicit drift_panel(const observe::metrics_registry&&, drift_names = {}) = delete;

  std::string_view title() const noexcept { return "Drift"; }
  result<void> show(panel_writer& to) {
    metrics_->snapshot(now_);
    if (const family* const of = find(names_.drifted); of != nullptr) {
      double count = 0;
      for (const observe::metric_sample& each : of->samples) count += each.value;
      std::string text;
      detail::append_rounded(text, count);
      to.state("Features that have drifted", text, count > 0 ? panel_level::bad : panel_level::good);
    }
    show_scores(to, "Detectors over their threshold", names_.detector);
    show_scores(to, "Models whose loss has drifted", names_.model);
    if (const family* const of = find(names_.table); of != nullptr) {
      double most = 0;
      for (const observe::metric_sample& each : of->samples) most = each.value > most ? each.value : most;
      to.figure("Greatest drift of a feature", most);
    }
    to.table("Scores", {"What", "Of", "Score"});
    show_rows(to, "feature", names_.feature);
    show_rows(to, "detector", names_.detector);
    show_rows(to, "model", names_.model);
    return {};
  }

 private:
  using family = observe::metric_family_samples;

  const family* find(const std::string& name) const {
    return detail::family_like(now_, name, observe::metric_type::gauge);
  }
  /// The labels of a series, as a text.
  static std::string named(const observe::metric_sample& of) {
    std::string made;
    for (const auto& each : of.labels()) ((made += made.empty() ? "" : ", ") += each.name + " ") += each.value;
    return made;
  }
  void show_scores(panel_writer& to, std::string_view title, const std::string& metric) const {
    const family* const of = find(metric);
    if (of == nullptr) return;
    std::string over;
    for (const observe::metric_sample& each : of->samples)
      if (each.value > 1) (over += over.empty() ? "" : "; ") += named(each);
    to.state(title, over.empty() ? "none" : over, over.empty() ? panel_level::good : panel_level::bad);
  }
  void show_rows(panel_writer& to, std::string_view what, const std::string& metric) const {
    if (const family* const of = find(metric); of != nullptr)
      for (const observe::metric_sample& each : of->samples) to.row({what, named(each), each.value});
  }

  const observe::metrics_registry* metrics_;
  drift_names names_;
  observe::metrics_snapshot now_;
};

}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DASHBOARD_DRIFT_PANEL_HPP
