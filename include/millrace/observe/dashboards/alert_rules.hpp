#ifndef MILLRACE_OBSERVE_DASHBOARDS_ALERT_RULES_HPP
#define MILLRACE_OBSERVE_DASHBOARDS_ALERT_RULES_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/observe/dashboards/metric_table.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// The metrics that a condition names, one after the other: calls f(text, metric) for each piece of it, where `metric`
/// is what stands between braces behind the text; empty at the end.
template <class F>
void for_each_piece(std::string_view condition, F&& f) {
  while (!condition.empty()) {
    const std::size_t open = condition.find('{');
    const std::size_t close = condition.find('}', open);
    if (close == condition.npos) {
      f(condition, std::string_view());
      return;
    }
    f(condition.substr(0, open), condition.substr(open + 1, close - open - 1));
    condition.remove_prefix(close + 1);
  }
}
/// A condition with the names of the snapshot's metrics with this prefix; empty if it has none of one.
inline std::string with_names(std::string_view condition, const metrics_snapshot& snapshot, std::string_view prefix) {
  std::string made;
  bool is_whole = true;
  for_each_piece(condition, [&](std::string_view text, std::string_view metric) {
    made += text;
    if (metric.empty()) return;
    const metric_family_samples* const found = snapshot.find(std::string(prefix).append(metric));
    is_whole = is_whole && found != nullptr;
    if (found != nullptr) made += query_name(*found->family);
  });
  return is_whole ? made : std::string();
}
/// Calls f(condition) for each program, by the prefix of its metrics, that has all metrics of the condition.
template <class F>
void for_each_condition(std::string_view condition, const metrics_snapshot& snapshot, F&& f) {
  std::string_view first;
  for_each_piece(condition, [&](std::string_view, std::string_view metric) { first = first.empty() ? metric : first; });
  for_each_meant(snapshot, first, [&](std::string_view prefix, const metric_family_samples&) {
    if (const std::string made = with_names(condition, snapshot, prefix); !made.empty()) f(made);
  });
}

}  // namespace detail

/// Returns alert rules for a Prometheus server, as YAML with one group: those rows whose metrics the snapshot has.
/// Texts are written as JSON writes them, which YAML reads. Source: Prometheus documentation, "Alerting rules".
template <class = void>
std::string prometheus_alerts(const metrics_snapshot& snapshot, std::span<const alert_row> rows = standard_alerts,
                              std::string_view group = "millrace") {
  std::string text = "groups:\n  - name: ";
  append_json(text, group);
  text += "\n    rules:";
  std::string rules;
  const auto line = [&](std::string_view key, std::string_view value) {
    rules.append(key);
    append_json(rules, value);
  };
  for (const alert_row& row : rows) {
    detail::for_each_condition(row.condition, snapshot, [&](const std::string& condition) {
      line("\n      - alert: ", row.name);
      line("\n        expr: ", condition);
      line("\n        for: ", row.lasts);
      rules += "\n        labels:";
      line("\n          severity: ", row.severity);
      rules += "\n        annotations:";
      line("\n          summary: ", row.summary);
      line("\n          description: ", row.means);
    });
  }
  return text + (rules.empty() ? " []" : rules) + "\n";
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DASHBOARDS_ALERT_RULES_HPP
