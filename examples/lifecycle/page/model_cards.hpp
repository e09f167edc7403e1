#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_MODEL_CARDS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_MODEL_CARDS_HPP

#include "../data/table.hpp"
#include "../families/family.hpp"
#include "../format.hpp"
#include "../model/findings.hpp"
#include "html.hpp"
#include "pictures.hpp"
#include "svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

/// The report's pieces about models of every kind: how they compare, and what they do with classes and numbers.
namespace lifecycle {

/// A loss with four places, or as a number of the target's unit.
inline std::string loss_text(double loss, task_kind task) {
  return task == task_kind::number ? brief(loss) : fixed(loss, 4);
}

/// The candidates, the best one marked.
inline std::string candidates_table(const comparison_record& of, task_kind task) {
  std::string rows;
  for (std::size_t i = 0; i < of.candidates.size(); ++i) {
    const candidate_record& one = of.candidates[i];
    rows += i == of.best ? "<tr class=\"used\">" : "<tr>";
    rows += html::name(title_of(one.kind, task));
    if (one.compared())
      rows += html::number(loss_text(one.loss, task)) +
              html::number(loss_text(one.within.lower, task) + " to " + loss_text(one.within.upper, task));
    else
      rows += html::number("–") + html::number("–");
    rows += html::number(duration(one.seconds * 1e9)) + html::cell(one.compared() ? one.shape : one.why_not) + "</tr>";
  }
  return html::table({"model", task == task_kind::number ? "#RMSE" : "#log loss", "#95 % interval", "#time", "made of"},
                     rows);
}

/// Each candidate's loss with its interval, as dots and lines.
inline std::string candidates_picture(const comparison_record& of, task_kind task) {
  std::vector<const candidate_record*> shown;
  double low = 1e300;
  double high = -1e300;
  for (const candidate_record& one : of.candidates)
    if (one.compared()) {
      shown.push_back(&one);
      low = (std::min)(low, one.within.lower);
      high = (std::max)(high, one.within.upper);
    }
  if (shown.size() < 2 || !(high > low)) return "";
  const double height = 42.0 * static_cast<double>(shown.size()) + 30;
  const double margin = (high - low) * 0.06;
  const scale x{low - margin, high + margin, 8, 412};
  std::string out = "<svg viewBox=\"0 0 420 " + coordinate(height) + "\" role=\"img\" aria-label=\"Loss by model\">";
  const auto text = [&](std::string_view style, double at, double y, std::string_view anchor, std::string_view says) {
    out += "<text class=\"" + std::string(style) + "\" x=\"" + coordinate(at) + "\" y=\"" + coordinate(y) +
           "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped(says) + "</text>";
  };
  for (const double tick : round_ticks(low, high, 4)) {
    out += "<line class=\"grid\" x1=\"" + coordinate(x(tick)) + "\" y1=\"0\" x2=\"" + coordinate(x(tick)) + "\" y2=\"" +
           coordinate(height - 26) + "\"/>";
    text("tick", x(tick), height - 10, "middle", brief(tick));
  }
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const candidate_record& one = *shown[i];
    const double y = 42.0 * static_cast<double>(i);
    text("label halo", 2, y + 14, "start", title_of(one.kind, task));
    out += "<line class=\"whisker\" x1=\"" + coordinate(x(one.within.lower)) + "\" y1=\"" + coordinate(y + 26) +
           "\" x2=\"" + coordinate(x(one.within.upper)) + "\" y2=\"" + coordinate(y + 26) + "\"/>";
    out += "<circle class=\"dot " + std::string(&one == &of.winner() ? "two" : "one") + "\" cx=\"" +
           coordinate(x(one.loss)) + "\" cy=\"" + coordinate(y + 26) + "\" r=\"4.5\"><title>" +
           escaped(loss_text(one.loss, task)) + "</title></circle>";
  }
  return out + "</svg>";
}

/// Why rows got their answers.
inline std::string reasons_table(const std::vector<row_reasons>& of) {
  std::string rows;
  for (const row_reasons& one : of) {
    std::string why;
    for (const row_reasons::reason& each : one.reasons)
      why += (why.empty() ? "" : "; ") + clipped(each.column, 30) + " " + each.cell + " (" +
             (each.adds >= 0 ? "+" : "") + brief(each.adds) + ")";
    rows += "<tr>" + html::number(grouped(one.line)) + html::name(one.answer) + html::cell(why) + "</tr>";
  }
  return html::table({"#line", "answer", "the columns that move it most"}, rows);
}

/// How often rows of each class were taken for each class.
inline std::string class_confusion_table(const class_judgement& of, const std::vector<std::string>& classes) {
  constexpr std::size_t most = 20;
  const std::size_t shown = (std::min)(classes.size(), most);
  std::string out = "<div class=\"scroll\"><table><thead><tr><th>actual \\ predicted</th>";
  for (std::size_t k = 0; k < shown; ++k) out += "<th class=\"n\">" + escaped(clipped(classes[k], 20)) + "</th>";
  out +=
      "<th class=\"n\">rows</th><th class=\"n\">precision</th><th class=\"n\">recall</th><th class=\"n\">F1</th></tr>"
      "</thead><tbody>";
  for (std::size_t actual = 0; actual < shown; ++actual) {
    out += "<tr>" + html::name(clipped(classes[actual], 20));
    for (std::size_t said = 0; said < shown; ++said) {
      const std::uint64_t rows = of.confusion.count(actual, said);
      const double share =
          static_cast<double>(rows) / static_cast<double>((std::max)(std::uint64_t{1}, of.confusion.occurred(actual)));
      out += "<td class=\"n\"><svg class=\"cell\" viewBox=\"0 0 96 22\" role=\"img\" aria-label=\"" + percent(share) +
             "\"><rect class=\"bar " + std::string(actual == said ? "one" : "two") +
             "\" x=\"0\" y=\"0\" width=\"96\" height=\"22\" rx=\"4\" fill-opacity=\"" + fixed(0.75 * share, 3) +
             "\"/><text class=\"tick\" x=\"90\" y=\"15\" text-anchor=\"end\">" + grouped(rows) + "</text></svg></td>";
    }
    out += html::number(grouped(of.confusion.occurred(actual))) +
           html::number(percent(of.confusion.precision(actual))) + html::number(percent(of.confusion.recall(actual))) +
           html::number(fixed(of.confusion.f1(actual), 3)) + "</tr>";
  }
  return out + "</tbody></table></div>" +
         (shown < classes.size()
              ? "<p>The first " + std::to_string(shown) + " of " + std::to_string(classes.size()) + " classes.</p>"
              : "");
}

namespace detail {

inline std::string number_label(double value) { return brief(std::fabs(value) < 1e-12 ? 0 : value); }

/// At most about so many rows, evenly through all.
inline std::size_t stride_for(std::size_t rows) { return rows / 1500 + 1; }

/// The lowest and highest, with a margin.
inline std::pair<double, double> range_of(const std::vector<double>& a, const std::vector<double>& b) {
  double low = 1e300;
  double high = -1e300;
  for (const auto* values : {&a, &b})
    for (const double one : *values) {
      low = (std::min)(low, one);
      high = (std::max)(high, one);
    }
  const double margin = (high - low) * 0.04 + 1e-9 * (1 + std::fabs(high));
  return {low - margin, high + margin};
}

}  // namespace detail

/// What was predicted against what was: on the dashed line it is right.
inline std::string predicted_picture(const number_judgement& of) {
  const auto [low, high] = detail::range_of(of.values, of.answers);
  chart picture("Predicted and actual", 330, {low, low}, {high, high});
  const std::vector<double> ticks = round_ticks(low, high, 4);
  picture.y_axis(ticks, detail::number_label)
      .x_axis("predicted", ticks, detail::number_label)
      .straight("diagonal", {low, low}, {high, high});
  for (std::size_t i = 0; i < of.values.size(); i += detail::stride_for(of.values.size()))
    picture.dot("one", {of.answers[i], of.values[i]}, 2,
                "predicted " + brief(of.answers[i]) + ", was " + brief(of.values[i]));
  return picture.str();
}

/// How far off answers are, by what was predicted.
inline std::string residuals_picture(const number_judgement& of) {
  std::vector<double> off;
  for (std::size_t i = 0; i < of.values.size(); ++i) off.push_back(of.values[i] - of.answers[i]);
  const auto [left, right] = detail::range_of(of.answers, of.answers);
  const auto [low, high] = detail::range_of(off, {0});
  chart picture("Residuals by prediction", 330, {left, low}, {right, high});
  picture.y_axis(round_ticks(low, high, 5), detail::number_label)
      .x_axis("predicted", round_ticks(left, right, 4), detail::number_label)
      .straight("diagonal", {left, 0}, {right, 0});
  for (std::size_t i = 0; i < off.size(); i += detail::stride_for(off.size()))
    picture.dot("two", {of.answers[i], off[i]}, 2, "predicted " + brief(of.answers[i]) + ", off by " + brief(off[i]));
  return picture.str();
}

/// How many rows are how far off.
inline std::string residual_histogram(const number_judgement& of) {
  constexpr std::size_t parts = 24;
  std::vector<double> off;
  for (std::size_t i = 0; i < of.values.size(); ++i) off.push_back(of.values[i] - of.answers[i]);
  std::sort(off.begin(), off.end());
  // The middle 98 %, or a few rows far off would hide the rest; those beyond are in the outermost bars.
  const double low = off[off.size() / 100];
  const double high = off[off.size() - 1 - off.size() / 100];
  if (!(high > low)) return "";
  std::vector<std::size_t> rows(parts);
  for (const double one : off)
    ++rows[static_cast<std::size_t>(std::clamp((one - low) / (high - low) * parts, 0.0, parts - 1.0))];
  const double most = static_cast<double>(*std::max_element(rows.begin(), rows.end()));
  chart picture("Rows by residual", 330, {low, 0}, {high, most * 1.05});
  picture.y_axis(round_ticks(0, most * 1.05, 5), detail::number_label)
      .x_axis("actual less predicted", round_ticks(low, high, 4), detail::number_label);
  const double step = (high - low) / parts;
  for (std::size_t i = 0; i < parts; ++i)
    picture.bar("one", {low + step * static_cast<double>(i), 0},
                {low + step * (static_cast<double>(i) + 0.9), static_cast<double>(rows[i])}, counted(rows[i], "row"));
  return picture.str();
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_MODEL_CARDS_HPP
