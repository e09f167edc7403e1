#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_TABLES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_TABLES_HPP

#include "../data/describe.hpp"
#include "../data/table.hpp"
#include "../format.hpp"
#include "../model/decisions.hpp"
#include "../model/findings.hpp"
#include "../work/compare.hpp"
#include "../work/run_history.hpp"
#include "../work/stream.hpp"
#include "html.hpp"
#include "pictures.hpp"

#include <millrace/detect/features/table_drift.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

/// The report's tables, each a function from what was found to HTML.
namespace lifecycle {

inline std::string columns_table(const table& of) {
  std::string rows;
  for (const column& one : of.columns) {
    rows += one.dropped.empty() ? "<tr>" : "<tr class=\"out\">";
    rows +=
        html::name(clipped(one.name, 60)) + "<td><span class=\"kind\">" + std::string(kind_of(one)) + "</span></td>";
    rows += html::number(missing_share(one, of.rows())) + html::number(grouped(one.distinct));
    rows += "<td>" + sparkline(one) + "</td>";
    rows += html::cell(one.dropped.empty() ? contents(one, of.rows()) : "left out: " + one.dropped) + "</tr>";
  }
  return html::table(
      {"column", "type", "#missing", "#distinct", "values", "lowest … median … highest, or most frequent"}, rows);
}

inline std::string times_table(const event_profiles& events) {
  std::string rows;
  for (const mr::event_profile* one : events) {
    const mr::log_histogram& took = one->durations;
    rows += "<tr>" + html::name(one->event) + html::number(grouped(took.count())) +
            html::number(grouped(one->failures)) + html::number(duration(static_cast<double>(took.sum()))) +
            html::number(duration(took.mean()));
    for (const double share : {0.5, 0.95, 0.99})
      rows += html::number(duration(static_cast<double>(took.quantile(share))));
    rows += html::number(duration(static_cast<double>(took.max()))) + "</tr>";
  }
  return html::table({"event", "#calls", "#failed", "#total", "#mean", "#p50", "#p95", "#p99", "#slowest"}, rows);
}

/// Of two classes also the share that was answered positive.
inline std::string windows_table(const stream_times& of, task_kind task) {
  std::string rows;
  for (const stream_window& one : of.windows)
    rows += "<tr>" + html::number(grouped(one.first)) + html::number(grouped(one.rows)) +
            html::number(grouped(static_cast<std::uint64_t>(one.rows_per_second))) + html::number(duration(one.p50)) +
            html::number(duration(one.p99)) + html::number(duration(one.longest)) +
            (task == task_kind::binary ? html::number(percent(one.positive_share)) : std::string()) +
            html::number(std::isnan(one.mean_answer) ? "–"
                         : task == task_kind::number ? brief(one.mean_answer)
                                                     : fixed(one.mean_answer, 4)) +
            "</tr>";
  if (task == task_kind::binary)
    return html::table({"#from row", "#rows", "#rows/s", "#p50", "#p99", "#slowest", "#positive", "#mean probability"},
                       rows);
  return html::table({"#from row", "#rows", "#rows/s", "#p50", "#p99", "#slowest",
                      task == task_kind::number ? "#mean answer" : "#mean probability of the answer"},
                     rows);
}

/// What thresholds make of the holdout; the one in use is marked.
inline std::string thresholds_table(const judgement& of) {
  std::string rows;
  const auto add = [&](const decision& one, bool in_use) {
    rows += (in_use ? "<tr class=\"used\">" : "<tr>") + html::number(fixed(one.threshold, 2)) +
            html::number(grouped(one.named())) + html::number(percent(one.precision())) +
            html::number(percent(one.recall())) + html::number(fixed(one.f1(), 3)) +
            html::number(grouped(one.false_alarms)) + html::number(grouped(one.missed)) +
            html::number(brief(one.cost(of.costs))) + "</tr>";
  };
  decision used;
  used.threshold = of.threshold;
  used.found = of.confusion.count(1, 1);
  used.missed = of.confusion.count(1, 0);
  used.false_alarms = of.confusion.count(0, 1);
  used.passed = of.confusion.count(0, 0);
  bool shown = false;
  for (std::size_t i = 5; i < of.decisions.size() - 1; i += i < 10 || i >= 90 ? 5 : 10) {
    const decision& one = of.decisions[i];
    if (!shown && used.threshold <= one.threshold + 1e-9) {
      add(used, true);
      shown = true;
      if (std::fabs(used.threshold - one.threshold) < 1e-9) continue;
    }
    add(one, false);
  }
  if (!shown) add(used, true);
  return html::table(
      {"#threshold", "#named", "#precision", "#recall", "#F1", "#false alarms", "#missed", "#cost of 1,000 rows"},
      rows);
}

/// What the likeliest rows hold.
inline std::string lift_table(const judgement& of) {
  std::string rows;
  for (const std::size_t part : {1U, 2U, 5U, 10U, 20U, 50U}) {
    if (part >= of.gains.size()) break;
    const gain& one = of.gains[part];
    rows += "<tr>" + html::number(percent(one.rows, 0)) + html::number(percent(one.positives)) +
            html::number(fixed(one.lift(), 1)) + "</tr>";
  }
  return html::table({"#likeliest rows", "#of the positives", "#lift"}, rows);
}

inline std::string drift_table(const mr::detect::table_drift_report& of) {
  std::string rows;
  for (const mr::detect::feature_drift& f : of.features)
    rows += "<tr>" + html::name(clipped(f.feature, 60)) + html::number(fixed(f.measures.score, 3)) +
            html::number(fixed(f.measures.psi, 3)) + html::number(fixed(f.measures.ks, 3)) +
            html::number(p_value(f.adjusted_p)) + html::cell(f.drifted ? "drifted" : "") + "</tr>";
  return html::table({"column", "#score", "#PSI", "#KS", "#corrected p", ""}, rows);
}

inline std::string comparison_facts(const model_comparison& of) {
  return html::facts({{"finding", in_words(of)},
                      {"rows", grouped(of.rows[1]) + " by the model, " + grouped(of.rows[0]) + " by the baseline"},
                      {"p at any time", p_value(of.p)}});
}

/// A run a line, this one marked.
inline std::string runs_table(const run_history& of, task_kind task) {
  const run_figures& shown = of.runs.front().figures;
  const auto figure = [&](const kept_run& one, std::size_t i) {
    if (i < shown.size())
      for (const auto& [name, value] : one.figures)
        if (name == shown[i].first) return fixed(value, 4);
    return std::string("–");
  };
  std::string rows;
  for (const kept_run& one : of.runs) {
    rows += &one == &of.runs.front() ? "<tr class=\"used\">" : "<tr>";
    rows +=
        html::number(one.version == 0 ? "–" : grouped(one.version)) + html::cell(one.started) + html::cell(one.model);
    rows += html::number(std::isfinite(one.loss) ? fixed(one.loss, 4) : "–");
    rows +=
        html::number(std::isfinite(one.loss) ? fixed(one.within.lower, 4) + " to " + fixed(one.within.upper, 4) : "–");
    rows += html::number(figure(one, 0)) + html::number(figure(one, 1));
    rows += html::cell(one.stage + (one.aliases.empty() ? "" : ", " + one.aliases)) + "</tr>";
  }
  const std::string names[] = {shown.empty() ? "" : "#" + shown[0].first, shown.size() < 2 ? "" : "#" + shown[1].first};
  return html::table({"#version", "started", "model", task == task_kind::number ? "#RMSE" : "#log loss",
                      "#95 % interval", names[0], names[1], "stage"},
                     rows);
}

/// Settings that runs differ in: a line each, and a column for each run.
inline std::string settings_table(const run_history& of) {
  std::string rows;
  for (const std::vector<std::string>& each : of.changed) {
    rows += "<tr>" + html::name(clipped(each.front(), 60));
    for (std::size_t i = 1; i < each.size(); ++i) rows += html::cell(clipped(each[i], 60));
    rows += "</tr>";
  }
  return html::table({}, rows);
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_TABLES_HPP
