#ifndef MILLRACE_OBSERVE_DASHBOARDS_ALERT_RULES_HPP
#define MILLRACE_OBSERVE_DASHBOARDS_ALERT_RULES_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/dashboards/metric_table.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// An alert that there is no rule for, or one less, because the program does not have the metric.
struct left_out_alert {
  std::string alert;
  std::string metric;  // with the program's prefix, where it has others of the condition's
};

/// The rules, and which of the rows got none.
struct alert_rules {
  std::string yaml;
  std::vector<left_out_alert> left_out;
};

/// How alert rules are written.
struct alert_options {
  std::string_view group = "millrace";
  /// Which names there are besides the snapshot's. An alert on a metric of these rows that the snapshot does not have
  /// is left out, since another program may have it; a name that neither knows is an error.
  std::span<const metric_row> metrics = standard_metrics;
};

namespace detail {

constexpr bool is_metric_name(std::string_view text) noexcept {
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    if (!is_letter && (c < '0' || c > '9' || &c == text.data())) return false;
  }
  return !text.empty();
}
/// Calls f(text, metric) for each piece of a condition, where `metric` is the name that stands between braces behind
/// the text; empty at the end, and behind the braces of anything else, such as PromQL's `{model="a"}`, which are text.
/// False if a brace is not closed.
template <class F>
bool for_each_piece(std::string_view condition, F&& f) {
  while (!condition.empty()) {
    const std::size_t open = condition.find('{');
    const std::size_t close = condition.find('}', open);
    if (close == condition.npos) {
      f(condition, std::string_view());
      return open == condition.npos;
    }
    const std::string_view inside = condition.substr(open + 1, close - open - 1);
    if (is_metric_name(inside))
      f(condition.substr(0, open), inside);
    else
      f(condition.substr(0, close + 1), std::string_view());
    condition.remove_prefix(close + 1);
  }
  return true;
}
/// Whether a condition can be written for some program: each name is the snapshot's or a row's.
inline result<void> check_condition(const alert_row& row, const metrics_snapshot& snapshot,
                                    std::span<const metric_row> metrics) {
  std::string_view unknown;
  const bool is_whole = for_each_piece(row.condition, [&](std::string_view, std::string_view metric) {
    bool is_known = metric.empty() || is_meant_by(snapshot, metric);
    for (const metric_row& each : metrics) is_known = is_known || each.metric == metric;
    if (!is_known && unknown.empty()) unknown = metric;
  });
  const auto refused = [&](const std::string& why) {
    return error(errc::invalid_argument, "alert \"" + std::string(row.name) + "\": " + why);
  };
  if (!is_whole) return refused("its condition has a { without a }");
  if (!unknown.empty())
    return refused("neither the snapshot nor the table has a metric {" + std::string(unknown) + "}");
  return {};
}
/// A condition with the names of the snapshot's metrics with this prefix; `missing` is the first that it does not have.
inline std::string with_names(std::string_view condition, const metrics_snapshot& snapshot, std::string_view prefix,
                              std::string& missing) {
  std::string made;
  for_each_piece(condition, [&](std::string_view text, std::string_view metric) {
    made += text;
    if (metric.empty()) return;
    const std::string name = std::string(prefix).append(metric);
    const metric_family_samples* const found = snapshot.find(name);
    if (found != nullptr) made += query_name(*found->family);
    if (found == nullptr && missing.empty()) missing = name;
  });
  return made;
}
/// Calls use(condition) for each program, by the prefix of its metrics, that has all metrics of the condition, and
/// lacks(metric) for each that has the first but not all, or if there is none. Without a metric, one program.
template <class Use, class Lacks>
void for_each_condition(std::string_view condition, const metrics_snapshot& snapshot, Use&& use, Lacks&& lacks) {
  std::string_view first;
  for_each_piece(condition, [&](std::string_view, std::string_view metric) { first = first.empty() ? metric : first; });
  if (first.empty()) return use(std::string(condition));
  bool any = false;
  for_each_meant(snapshot, first, [&](std::string_view prefix, const metric_family_samples&) {
    any = true;
    std::string missing;
    const std::string made = with_names(condition, snapshot, prefix, missing);
    missing.empty() ? use(made) : lacks(missing);
  });
  if (!any) lacks(std::string(first));
}

}  // namespace detail

/// Returns alert rules for a Prometheus server, as YAML with one group, of those rows whose metrics the snapshot has,
/// and which rows got no rule for want of a metric. A condition that names no metric between braces stands as it is.
/// Texts are written as JSON writes them, which YAML reads.
/// Errors: invalid_argument: a row names a metric that neither the snapshot nor `options.metrics` has, or its braces
/// are not closed. Source: Prometheus documentation, "Alerting rules".
template <class = void>
result<alert_rules> prometheus_alerts(const metrics_snapshot& snapshot, const alert_options& options = {},
                                      std::span<const alert_row> rows = standard_alerts) {
  alert_rules made;
  std::string rules;
  const auto line = [&](std::string_view key, std::string_view value) {
    rules.append(key);
    append_json(rules, value);
  };
  for (const alert_row& row : rows) {
    if (auto fine = detail::check_condition(row, snapshot, options.metrics); !fine) return std::move(fine).error();
    detail::for_each_condition(
        row.condition, snapshot,
        [&](const std::string& condition) {
          line("\n      - alert: ", row.name);
          line("\n        expr: ", condition);
          line("\n        for: ", row.lasts);
          rules += "\n        labels:";
          line("\n          severity: ", row.severity);
          rules += "\n        annotations:";
          line("\n          summary: ", row.summary);
          line("\n          description: ", row.means);
        },
        [&](std::string metric) { made.left_out.push_back({std::string(row.name), std::move(metric)}); });
  }
  made.yaml = "groups:\n  - name: ";
  append_json(made.yaml, options.group);
  made.yaml += "\n    rules:";
  made.yaml += (rules.empty() ? " []" : rules) + "\n";
  return made;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DASHBOARDS_ALERT_RULES_HPP
