#ifndef MILLRACE_TRACK_COMPARISON_HPP
#define MILLRACE_TRACK_COMPARISON_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/track/detail/comparison_text.hpp>
#include <millrace/track/records.hpp>
#include <millrace/track/tracker.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

/// Runs side by side: what each has of all metrics and parameters that one of them has.
///
///     auto table = mr::track::comparison::make(tracker, {first.id(), second.id()});
///     std::puts(table->report().c_str());
///     mr::store::write_file("runs.html", to_html(*table));
///
/// Also text for spreadsheets (`to_csv`) and machines (`to_json`), and a page with a picture of each metric
/// (`to_html`).
class comparison {
 public:
  /// A metric's curve in a run, thinned to at most `max_curve` points.
  struct curve {
    std::size_t run = 0;  // its number in `runs`
    std::vector<metric_point> points;
  };
  static constexpr std::size_t max_curve = 512;

  /// Reads runs and the curves of their metrics. Errors: those of `tracker::get_run` and `history`.
  template <class Storage, class Contents>
  static result<comparison> make(const tracker<Storage, Contents>& of, std::span<const std::string> ids) {
    comparison made;
    for (const std::string& id : ids) {
      auto found = of.get_run(id);
      if (!found) return std::move(found).error();
      made.append(std::move(*found));
    }
    made.curves_.resize(made.metrics_.size());
    for (std::size_t m = 0; m < made.metrics_.size(); ++m)
      for (std::size_t r = 0; r < made.runs_.size(); ++r) {
        if (made.runs_[r].metric(made.metrics_[m]) == nullptr) continue;
        auto points = of.history(made.runs_[r].info.id, made.metrics_[m]);
        if (!points) return std::move(points).error();
        made.curves_[m].push_back({r, detail::thinned(*points, max_curve)});
      }
    return made;
  }
  template <class Storage, class Contents>
  static result<comparison> make(const tracker<Storage, Contents>& of, const std::vector<std::string>& ids) {
    return make(of, std::span<const std::string>(ids));
  }
  /// Of runs that have been read, without curves.
  explicit comparison(std::vector<run_record> runs) {
    for (run_record& each : runs) append(std::move(each));
    curves_.resize(metrics_.size());
  }

  const std::vector<run_record>& runs() const noexcept { return runs_; }
  /// The names of metrics and of parameters that one of the runs has, in order.
  const std::vector<std::string>& metrics() const noexcept { return metrics_; }
  const std::vector<std::string>& parameters() const noexcept { return parameters_; }
  /// The curves of a metric, by its number in `metrics`.
  const std::vector<curve>& curves(std::size_t metric) const noexcept { return curves_[metric]; }
  /// Whether the runs differ in a parameter: in its value, or in having it.
  bool differs(std::string_view parameter) const noexcept {
    for (const run_record& each : runs_) {
      const std::string* const first = runs_.front().parameter(parameter);
      const std::string* const value = each.parameter(parameter);
      if ((first == nullptr) != (value == nullptr) || (first != nullptr && *first != *value)) return true;
    }
    return false;
  }

  /// A table for people: a column for each run, a line for each metric (its last value) and each parameter; a star
  /// stands before parameters in which the runs differ.
  std::string report() const {
    std::vector<std::vector<std::string>> rows = cells();
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (differs(parameters_[p])) rows[rows.size() - parameters_.size() + p][0].insert(0, "* ");
    return detail::aligned(rows);
  }
  /// The table's rows, the first with the runs' names: status, start, duration, then metrics and parameters.
  std::vector<std::vector<std::string>> cells() const {
    std::vector<std::vector<std::string>> rows;
    const auto row = [&](std::string_view title, const auto& cell) {
      std::vector<std::string>& made = rows.emplace_back(1, std::string(title));
      for (const run_record& each : runs_) made.push_back(cell(each));
    };
    row("run", [](const run_record& of) { return of.info.name; });
    row("id", [](const run_record& of) { return of.info.id; });
    row("status", [](const run_record& of) { return std::string(to_string(of.info.status)); });
    row("start", [](const run_record& of) { return detail::time_text(of.info.start); });
    row("seconds", [](const run_record& of) {
      return of.info.end == 0 ? std::string()
                              : detail::number_text(static_cast<double>(of.info.end - of.info.start) / 1e3);
    });
    for (const std::string& key : metrics_)
      row(key, [&](const run_record& of) {
        const metric_summary* const found = of.metric(key);
        return found == nullptr ? std::string() : detail::number_text(found->last.value);
      });
    for (const std::string& key : parameters_)
      row(key, [&](const run_record& of) {
        const std::string* const found = of.parameter(key);
        return found == nullptr ? std::string() : *found;
      });
    return rows;
  }

 private:
  comparison() = default;

  void append(run_record one) {
    for (const metric_summary& each : one.metrics) detail::insert_name(metrics_, each.key);
    for (const key_value& each : one.info.parameters) detail::insert_name(parameters_, each.key);
    runs_.push_back(std::move(one));
  }

  std::vector<run_record> runs_;
  std::vector<std::string> metrics_;
  std::vector<std::string> parameters_;
  std::vector<std::vector<curve>> curves_;  // by metric
};

/// The table as CSV (RFC 4180), a line for each row. A cell that a spreadsheet would take for a formula has an
/// apostrophe before it.
inline std::string to_csv(const comparison& table) {
  std::string text;
  for (const std::vector<std::string>& row : table.cells()) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i != 0) text += ',';
      detail::append_csv_cell(text, row[i]);
    }
    text += "\r\n";
  }
  return text;
}

/// The runs as JSON: `{"runs": [{"id", "name", "status", "start_time", "end_time", "metrics": {KEY: {"last", "min",
/// "max", "mean", "count", "step"}}, "parameters": {...}, "tags": {...}}]}`, times in milliseconds since 1970.
inline std::string to_json(const comparison& table) {
  std::string text;
  json_writer json(text);
  json.begin_object().key("runs").begin_array();
  for (const run_record& each : table.runs()) {
    json.begin_object().member("id", each.info.id).member("name", each.info.name);
    json.member("experiment_id", each.info.experiment_id).member("status", to_string(each.info.status));
    json.member("start_time", each.info.start).member("end_time", each.info.end).key("metrics").begin_object();
    for (const metric_summary& metric : each.metrics) {
      json.key(metric.key).begin_object().member("last", metric.last.value).member("min", metric.min);
      json.member("max", metric.max).member("mean", metric.mean).member("count", metric.count);
      json.member("step", metric.last.step).end_object();
    }
    json.end_object().key("parameters").begin_object();
    for (const key_value& one : each.info.parameters) json.member(one.key, one.value);
    json.end_object().key("tags").begin_object();
    for (const key_value& one : each.info.tags) json.member(one.key, one.value);
    json.end_object().end_object();
  }
  json.end_array().end_object();
  return text;
}

/// A page that needs nothing else: the table, and for each metric a picture of its curves over the steps, as SVG. Texts
/// of users are escaped, and a page has no script.
inline std::string to_html(const comparison& table) {
  std::string text(detail::page_begin);
  const auto rows = table.cells();
  text += "<table>\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += "<tr>";
    for (std::size_t j = 0; j < rows[i].size(); ++j) {
      text += i == 0 || j == 0 ? "<th>" : "<td>";
      if (i == 0 && j != 0) detail::append_swatch(text, j - 1);
      detail::append_escaped(text, rows[i][j]);
      text += i == 0 || j == 0 ? "</th>" : "</td>";
    }
    text += "</tr>\n";
  }
  text += "</table>\n";
  for (std::size_t m = 0; m < table.metrics().size(); ++m) {
    detail::curve_picture picture(table.metrics()[m]);
    for (const comparison::curve& each : table.curves(m)) picture.extend(each.points);
    picture.begin(text);
    for (const comparison::curve& each : table.curves(m)) picture.append(text, each.points, each.run);
    picture.end(text);
  }
  return text += "</body>\n</html>\n";
}

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_COMPARISON_HPP
