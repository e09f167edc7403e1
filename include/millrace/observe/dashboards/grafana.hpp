#ifndef MILLRACE_OBSERVE_DASHBOARDS_GRAFANA_HPP
#define MILLRACE_OBSERVE_DASHBOARDS_GRAFANA_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/observe/dashboards/metric_table.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// How a dashboard is called. `uid` names it in links and when it is imported again; Grafana takes up to 40 letters,
/// digits, `-` and `_`.
struct dashboard_options {
  std::string_view title = "millrace";
  std::string_view uid = "millrace";
};

namespace detail {

/// A query of a panel, and how its lines are called.
struct panel_query {
  std::string expression;
  std::string legend;
};

/// A panel before it is written.
struct panel {
  std::string section;
  std::string title;
  std::string description;
  std::string_view unit;
  std::vector<panel_query> queries;
};

/// `{{model}} {{version}}` of `model, version`.
inline std::string legend_of(std::string_view labels) {
  std::string made;
  while (!labels.empty()) {
    const std::size_t comma = labels.find(", ");
    if (!made.empty()) made += ' ';
    made.append("{{").append(labels.substr(0, comma)).append("}}");
    labels.remove_prefix(comma == labels.npos ? labels.size() : comma + 2);
  }
  return made;
}

inline std::string rate_of(const metric_family& family, std::string_view ending = {}) {
  return "rate(" + query_name(family).append(ending) + "[$__rate_interval])";
}
inline std::string sum_by(std::string_view labels, const std::string& of) {
  return labels.empty() ? "sum(" + of + ")" : "sum by (" + std::string(labels) + ") (" + of + ")";
}

/// The queries of a panel. What counts more than one label is summed over the others, and over the program's instances.
inline std::vector<panel_query> queries_of(const metric_family_samples& each, panel_kind kind,
                                           const metric_family_samples* of) {
  const metric_family& family = *each.family;
  const std::string labels = label_names(each);
  switch (kind) {
    case panel_kind::rate: return {{sum_by(labels, rate_of(family)), legend_of(labels)}};
    case panel_kind::share: {
      // Those labels that both have, since a sum is divided by another one with the same labels.
      const std::string shared = label_names(each).empty() || of == nullptr ? std::string() : [&] {
        std::string made;
        const std::string theirs = ", " + label_names(*of) + ",";
        for (const auto& label : each.samples[0].labels())
          if (theirs.find(", " + label.name + ",") != theirs.npos) made += (made.empty() ? "" : ", ") + label.name;
        return made;
      }();
      return {{sum_by(shared, rate_of(family)) + " / " + sum_by(shared, rate_of(*of->family)), legend_of(shared)}};
    }
    case panel_kind::value: return {{query_name(family), legend_of(labels)}};
    case panel_kind::mean:
      return {{sum_by(labels, rate_of(family, "_sum")) + " / " + sum_by(labels, rate_of(family, "_count")),
               legend_of(labels)}};
    case panel_kind::quantiles: {
      std::vector<panel_query> made;
      for (const std::string_view quantile : {"0.5", "0.95", "0.99"}) {
        // A native histogram has no buckets of its own name, and its quantile asks for none.
        const std::string buckets = family.native
                                        ? sum_by(labels, rate_of(family))
                                        : sum_by(labels.empty() ? "le" : labels + ", le", rate_of(family, "_bucket"));
        made.push_back({"histogram_quantile(" + std::string(quantile) + ", " + buckets + ")",
                        "p" + std::string(quantile.substr(2)) + (quantile == "0.5" ? "0 " : " ") + legend_of(labels)});
      }
      return made;
    }
    case panel_kind::automatic: break;
  }
  if (family.type == metric_type::gauge) return queries_of(each, panel_kind::value, nullptr);
  return queries_of(each, family.type == metric_type::counter ? panel_kind::rate : panel_kind::quantiles, nullptr);
}

/// The unit as Grafana calls it.
inline std::string_view panel_unit(const metric_family& family, panel_kind kind) noexcept {
  if (kind == panel_kind::share) return "percentunit";
  if (kind == panel_kind::rate || (kind == panel_kind::automatic && family.type == metric_type::counter))
    return family.unit == "bytes" ? "Bps" : family.unit == "seconds" ? "short" : "ops";
  if (family.unit == "seconds") return "s";
  return family.unit == "bytes" ? "bytes" : "short";
}

/// Every panel: those of the table in its order, and then those of metrics that the table does not know.
inline std::vector<panel> panels_of(const metrics_snapshot& snapshot, std::span<const metric_row> rows) {
  std::vector<panel> made;
  std::vector<const metric_family*> shown;
  const auto add = [&](std::string_view prefix, const metric_family_samples& each, const metric_row& row) {
    if (each.samples.empty()) return;
    const metric_family_samples* const of =
        row.panel == panel_kind::share ? snapshot.find(std::string(prefix).append(row.part_of)) : nullptr;
    const bool is_share = of != nullptr && !of->samples.empty();
    const panel_kind kind = row.panel == panel_kind::share && !is_share ? panel_kind::automatic : row.panel;
    made.push_back({std::string(row.section), std::string(row.title), each.family->help, panel_unit(*each.family, kind),
                    queries_of(each, kind, of)});
    shown.push_back(each.family);
  };
  for (const metric_row& row : rows)
    detail::for_each_meant(snapshot, row.metric,
                           [&](std::string_view prefix, const metric_family_samples& each) { add(prefix, each, row); });
  for (const metric_family_samples& each : snapshot.families()) {
    bool is_shown = false;
    for (const metric_family* one : shown) is_shown = is_shown || one == each.family;
    if (!is_shown) add({}, each, {each.family->name, "Others", each.family->name});
  }
  return made;
}

inline void put_datasource(json_writer& json) {
  json.key("datasource").begin_object().member("type", "prometheus").member("uid", "${datasource}").end_object();
}
inline void put_place(json_writer& json, std::size_t x, std::size_t y, std::size_t wide, std::size_t high) {
  json.key("gridPos").begin_object().member("x", x).member("y", y).member("w", wide).member("h", high).end_object();
}

inline void put_panel(json_writer& json, const panel& one, std::size_t id, std::size_t x, std::size_t y) {
  json.begin_object().member("id", id).member("type", "timeseries").member("title", std::string_view(one.title));
  json.member("description", std::string_view(one.description));
  put_datasource(json);
  put_place(json, x, y, 12, 8);
  json.key("fieldConfig").begin_object().key("defaults").begin_object().member("unit", one.unit).end_object();
  json.key("overrides").begin_array().end_array().end_object();
  json.key("targets").begin_array();
  char letter = 'A';
  for (const panel_query& query : one.queries) {
    json.begin_object().member("refId", std::string_view(&letter, 1));
    ++letter;
    put_datasource(json);
    json.member("expr", std::string_view(query.expression)).member("legendFormat", std::string_view(query.legend));
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace detail

/// Returns a dashboard for Grafana, as the JSON that it imports: a section of panels for each one of the table, two
/// panels side by side, and one for every metric that the table does not name. All is from the snapshot: a row of a
/// metric that the program does not have shows nothing. The dashboard asks which Prometheus to read.
/// Source: Grafana documentation, "JSON model" (schema version 39).
template <class = void>
std::string grafana_dashboard(const metrics_snapshot& snapshot, const dashboard_options& options = {},
                              std::span<const metric_row> rows = standard_metrics) {
  std::string text;
  json_writer json(text);
  json.begin_object().member("title", options.title).member("uid", options.uid).member("schemaVersion", 39);
  json.member("editable", true).member("refresh", "30s").key("tags").begin_array().value("millrace").end_array();
  json.key("time").begin_object().member("from", "now-1h").member("to", "now").end_object();
  json.key("templating").begin_object().key("list").begin_array().begin_object();
  json.member("name", "datasource").member("type", "datasource").member("query", "prometheus");
  json.end_object().end_array().end_object();
  json.key("panels").begin_array();
  std::size_t id = 0;
  std::size_t x = 0;
  std::size_t y = 0;
  std::string section;
  for (const detail::panel& each : detail::panels_of(snapshot, rows)) {
    if (each.section != section || id == 0) {
      y += x != 0 ? 8 : 0;
      x = 0;
      section = each.section;
      json.begin_object().member("id", ++id).member("type", "row").member("title", std::string_view(section));
      json.member("collapsed", false).key("panels").begin_array().end_array();
      detail::put_place(json, 0, y++, 24, 1);
      json.end_object();
    }
    detail::put_panel(json, each, ++id, x, y);
    y += x != 0 ? 8 : 0;
    x = x != 0 ? 0 : 12;
  }
  json.end_array().end_object();
  return text;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DASHBOARDS_GRAFANA_HPP
