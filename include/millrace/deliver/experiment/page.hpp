#ifndef MILLRACE_DELIVER_EXPERIMENT_PAGE_HPP
#define MILLRACE_DELIVER_EXPERIMENT_PAGE_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/deliver/experiment/detail/picture.hpp>
#include <millrace/deliver/experiment/report.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

inline constexpr std::string_view experiment_page_style =
    "<style>\nbody{font:14px sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;margin:1em 0}\n"
    "th,td{border:1px solid #ccc;padding:.2em .6em;text-align:left;max-width:24em;overflow-wrap:anywhere}\n"
    ".bad{background:#fbe3d6}.good{background:#d9efe6}svg{display:block;margin:1em 0}\n</style>\n";

template <class = void>
class experiment_page {
 public:
  explicit experiment_page(const experiment_report& of) : of_(of) {}

  std::string text() && {
    out_ +=
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>Experiment ";
    append_html(out_, of_.id);
    (out_ += "</title>\n") += experiment_page_style;
    out_ += "</head>\n<body>\n";
    element("h1", "Experiment " + of_.id);
    if (!of_.hypothesis.empty()) element("p", of_.hypothesis);
    element("p", "It is " + std::string(to_string(of_.phase)) + (of_.winner.empty() ? "" : " for " + of_.winner) +
                     ". Decided by " + of_.decided_by + ". As of " + to_iso8601(of_.at) + '.');
    variants();
    guardrails();
    findings("Findings", of_.findings);
    for (std::size_t i = 0; i < of_.findings.size(); ++i) intervals(i);
    if (!of_.segments.empty()) {
      findings("Segments", of_.segments);
      for (const experiment_finding& each : of_.findings) segments(each);
    }
    counts();
    changes();
    return std::move(out_ += "</body>\n</html>\n");
  }

 private:
  void element(std::string_view name, std::string_view text, std::string_view style = {}) {
    (out_ += '<') += name;
    if (!style.empty()) ((out_ += " class=\"") += style) += '"';
    out_ += '>';
    append_html(out_, text);
    ((out_ += "</") += name) += ">\n";
  }
  void head(std::initializer_list<std::string_view> names) {
    out_ += "<table>\n<tr>";
    for (const std::string_view each : names) element("th", each);
    out_ += "</tr>\n";
  }
  void variants() {
    element("h2", "Variants");
    if (of_.sample_ratio.mismatch)
      element("p",
              "Units are not shared out as configured (p " + figure_text(of_.sample_ratio.p) +
                  "): there is no verdict. Find what loses or adds units.",
              "bad");
    head({"variant", "share", "units", "share of units", "closed"});
    const double all = static_cast<double>(of_.exposed());
    for (const variant_figures& each : of_.variants) {
      out_ += "<tr>";
      element("td", each.name);
      element("td", percent_text(each.share));
      element("td", std::to_string(each.exposed));
      element("td", all > 0 ? percent_text(static_cast<double>(each.exposed) / all) : "");
      element("td", std::to_string(each.closed));
      out_ += "</tr>\n";
    }
    out_ += "</table>\n";
    ratios();
  }
  /// The shares of units over time, with the configured ones as dashed lines.
  void ratios() {
    if (of_.ratios.empty()) return;
    const time_axis axis(of_.ratios.front().at, of_.ratios.back().at);
    picture<> drawn("Shares of units", axis.name);
    const double all = of_.ratios.back().units;
    for (const ratio_point& each : of_.ratios) {
      drawn.extend_x(axis.place(each.at));
      for (const double share : each.shares)
        if (each.units * 20 >= all || each.units >= 100) drawn.extend_y(share);
    }
    for (const variant_figures& each : of_.variants) drawn.extend_y(each.share);
    drawn.begin(out_);
    for (std::size_t v = 0; v < of_.variants.size(); ++v) {
      drawn.level(out_, of_.variants[v].share, picture_colour(v));
      flat_vector<picture_point> line;
      for (const ratio_point& each : of_.ratios) line.push_back({axis.place(each.at), each.shares[v]});
      drawn.line(out_, line, picture_colour(v));
    }
    drawn.end(out_);
  }
  void guardrails() {
    if (of_.guardrails.empty()) return;
    element("h2", "Guardrails");
    head({"metric", "variant", "effect", "worse", "margin", "log e", "limit", ""});
    for (const guardrail_finding& each : of_.guardrails) {
      out_ += "<tr>";
      for (const std::string& text : {each.metric, each.variant, figure_text(each.effect), each.worse,
                                      figure_text(each.margin), figure_text(each.log_e), figure_text(each.limit)})
        element("td", text);
      element("td", each.harmed ? "harm" : "no harm found", each.harmed ? "bad" : "");
      out_ += "</tr>\n";
    }
    out_ += "</table>\n";
  }
  void findings(std::string_view title, const std::vector<experiment_finding>& all) {
    element("h2", title);
    head({"metric", "variant", "segment", "effect", "interval", "adjusted p", ""});
    for (const experiment_finding& each : all) {
      out_ += "<tr>";
      element("td", each.metric);
      element("td", each.variant);
      element("td", each.segment);
      if (!each.withheld.empty()) {
        out_ += "<td colspan=\"4\">";
        append_html(out_, "no result: " + each.withheld);
        out_ += "</td></tr>\n";
        continue;
      }
      element("td", figure_text(each.test.effect));
      element("td", figure_text(each.test.interval.lower) + " to " + figure_text(each.test.interval.upper));
      element("td", of_.sample_ratio.mismatch ? "" : figure_text(each.adjusted_p));
      element("td",
              of_.sample_ratio.mismatch ? "no verdict"
              : each.significant        ? "significant"
                                        : "not significant",
              each.significant ? "good" : "");
      out_ += "</tr>\n";
    }
    out_ += "</table>\n";
  }
  /// The interval of a finding over time. The first ones, which are several times as wide as the last, are cut off.
  void intervals(std::size_t finding) {
    flat_vector<const interval_point*> points;
    for (const interval_point& each : of_.intervals)
      if (each.finding == finding) points.push_back(&each);
    if (points.empty()) return;
    const time_axis axis(points[0]->at, points.back()->at);
    const std::string title = of_.findings[finding].metric + ", " + of_.findings[finding].variant;
    picture<> drawn(title, axis.name);
    const double last = points.back()->upper - points.back()->lower;
    flat_vector<picture_point> lower, upper, effect;
    for (const interval_point* const each : points) {
      const double x = axis.place(each->at);
      drawn.extend_x(x);
      if (each->upper - each->lower <= 8 * last) {
        drawn.extend_y(each->lower);
        drawn.extend_y(each->upper);
      }
      lower.push_back({x, each->lower});
      upper.push_back({x, each->upper});
      effect.push_back({x, each->effect});
    }
    drawn.extend_y(0);
    drawn.begin(out_);
    drawn.level(out_, 0, "#999");
    drawn.band(out_, lower, upper, picture_colour(0));
    drawn.line(out_, effect, picture_colour(0));
    drawn.end(out_);
  }
  void segments(const experiment_finding& whole) {
    const std::string title = whole.metric + ", " + whole.variant;
    interval_rows<> drawn(title);
    drawn.update("all units", whole.test.effect, whole.test.interval.lower, whole.test.interval.upper,
                 whole.significant);
    for (const experiment_finding& each : of_.segments)
      if (each.metric == whole.metric && each.variant == whole.variant)
        drawn.update(each.segment, each.test.effect, each.test.interval.lower, each.test.interval.upper,
                     each.significant);
    drawn.append(out_);
  }
  void counts() {
    head({"left out, or to be known", "how many"});
    const auto row = [&](std::string_view what, std::uint64_t count) {
      out_ += "<tr>";
      element("td", what);
      element("td", std::to_string(count), count != 0 ? "bad" : "");
      out_ += "</tr>\n";
    };
    row("units seen in two variants, which count in the first", of_.contaminated);
    row("exposures for which there was no room", of_.dropped);
    row("outcomes that are no numbers for their metric", of_.refused);
    row("outcomes of units that were not exposed", of_.unexposed);
    row("outcomes outside their unit's window", of_.late);
    row("exposures and outcomes that the log did not take", of_.unlogged);
    out_ += "</table>\n";
  }
  void changes() {
    head({"step", "when", "who", "why"});
    for (const experiment_change& each : of_.changes) {
      out_ += "<tr>";
      element("td", to_string(each.step));
      element("td", to_iso8601(each.at));
      element("td", each.actor);
      element("td", each.reason);
      out_ += "</tr>\n";
    }
    out_ += "</table>\n";
  }

  /// Times since the first one, in a unit that fits.
  struct time_axis {
    std::uint64_t first = 0;
    double unit = 1e9;
    std::string_view name = "seconds since the first";

    time_axis(std::uint64_t from, std::uint64_t to) noexcept : first(from) {
      const double all = static_cast<double>(to - from);
      struct row {
        double unit;
        std::string_view name;
      };
      for (const row& each : {row{60e9, "minutes since the first"}, row{3600e9, "hours since the first"},
                              row{86'400e9, "days since the first"}})
        if (all >= 3 * each.unit) unit = each.unit, name = each.name;
    }
    double place(std::uint64_t at) const noexcept { return static_cast<double>(at - first) / unit; }
  };

  const experiment_report& of_;
  std::string out_;
};

}  // namespace detail

/// A page about an experiment that needs nothing else: its variants, guardrails, findings and segments as tables, and
/// as SVG the shares of units over time, the interval of each finding over time, and the intervals of segments. Texts
/// of users are escaped; the page has no script, loads nothing, and tells browsers to run and load nothing.
template <class = void>
std::string to_html(const experiment_report& of) {
  return detail::experiment_page<>(of).text();
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_PAGE_HPP
