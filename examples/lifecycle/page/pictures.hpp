#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_PICTURES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_PICTURES_HPP

#include "../data/describe.hpp"
#include "../data/table.hpp"
#include "../format.hpp"
#include "../model/findings.hpp"
#include "svg.hpp"

#include <millrace/middleware/compression.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The report's pictures, each a function from what was found to SVG.
namespace lifecycle {

namespace detail {
inline std::string hundredths(double value) {
  return fixed(value, std::fabs(value * 10 - std::round(value * 10)) < 1e-9 ? 1 : 2);
}
inline const std::vector<double>& unit_ticks() {
  static const std::vector<double> ticks{0, 0.2, 0.4, 0.6, 0.8, 1.0};
  return ticks;
}
}  // namespace detail

/// Lines by epoch, with a mark at the epoch whose weights were kept: a dot on the last line.
inline std::string epoch_picture(std::string_view what, const std::vector<std::vector<double>>& lines, std::size_t best,
                                 const std::vector<std::string_view>& styles) {
  double low = 1e300;
  double high = -1e300;
  std::vector<std::vector<point>> points(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    for (const double value : lines[i]) {
      points[i].push_back({static_cast<double>(points[i].size() + 1), value});
      low = (std::min)(low, value);
      high = (std::max)(high, value);
    }
  const double margin = (high - low) * 0.08 + 1e-6;
  low -= margin;
  high += margin;
  const auto last = static_cast<double>((std::max)(lines.back().size(), std::size_t{2}));
  const std::vector<double> ticks = round_ticks(low, high, 5);
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 0.001;
  const int digits = std::clamp(static_cast<int>(std::ceil(0.3 - std::log10(step))), 1, 5);
  std::vector<double> epochs;
  for (const double tick : round_ticks(1, last, 8))
    if (tick == std::floor(tick) && tick >= 1) epochs.push_back(tick);
  chart picture(what, 330, {1, low}, {last, high});
  const point kept = points.back()[best];
  picture.y_axis(ticks, [&](double v) { return fixed(v, digits); })
      .x_axis("epoch", epochs, [](double v) { return fixed(v, 0); })
      .straight("marker", {kept.x, low}, {kept.x, high});
  for (std::size_t i = 0; i < points.size(); ++i) picture.line(styles[i], points[i]);
  picture.dot(styles[points.size() - 1], kept, 4.5, "epoch " + std::to_string(best + 1) + ": " + fixed(kept.y, 4));
  return picture.str();
}

inline std::string loss_picture(const training_record& of) {
  std::vector<std::vector<double>> lines(2);
  for (const epoch_record& one : of.epochs) {
    lines[0].push_back(one.train_loss);
    lines[1].push_back(one.validation_loss);
  }
  return epoch_picture("Loss by epoch, on the training rows and on the validation rows", lines, of.best,
                       {"one", "two"});
}

inline std::string validation_auc_picture(const training_record& of) {
  std::vector<std::vector<double>> lines(1);
  for (const epoch_record& one : of.epochs) lines[0].push_back(one.validation_auc);
  return epoch_picture("AUC on the validation rows by epoch", lines, of.best, {"two"});
}

inline std::string active_picture(const training_record& of, std::span<const std::string_view> styles) {
  std::vector<std::vector<double>> lines(of.epochs.front().active.size());
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    names.push_back(styles[(std::min)(i, styles.size() - 1)]);
    for (const epoch_record& one : of.epochs) lines[i].push_back(one.active[i]);
  }
  return epoch_picture("Share of hidden units above zero by epoch", lines, of.best, names);
}

inline std::string roc_picture(const judgement& of) {
  std::vector<point> curve;
  for (const mr::model::roc_point& at : of.roc) curve.push_back({at.false_positive_rate, at.true_positive_rate});
  const double recall = of.confusion.recall();
  chart picture("ROC curve", 330, {0, 0}, {1, 1});
  picture.y_axis(detail::unit_ticks(), detail::hundredths)
      .x_axis("false positive rate", detail::unit_ticks(), detail::hundredths)
      .straight("diagonal", {0, 0}, {1, 1})
      .area("one", curve)
      .line("one", curve)
      .dot("two", {of.false_positive_rate(), recall}, 5,
           "threshold " + fixed(of.threshold, 2) + ": " + percent(recall) + " of the positives at " +
               percent(of.false_positive_rate(), 2) + " false alarms")
      .note("note", {0.97, 0.06}, "end", "AUC " + fixed(of.auc, 4));
  return picture.str();
}

inline std::string precision_recall_picture(const judgement& of) {
  const double share = of.positive_share();
  const double recall = of.confusion.recall();
  const double precision = of.confusion.precision();
  std::vector<point> curve;
  for (const mr::model::precision_recall_point& at : of.precision_recall) curve.push_back({at.recall, at.precision});
  chart picture("Precision and recall", 330, {0, 0}, {1, 1});
  picture.y_axis(detail::unit_ticks(), detail::hundredths)
      .x_axis("recall", detail::unit_ticks(), detail::hundredths)
      .straight("diagonal", {0, share}, {1, share})
      .area("one", curve)
      .line("one", curve)
      .dot("two", {recall, precision}, 5,
           "threshold " + fixed(of.threshold, 2) + ": precision " + percent(precision) + ", recall " + percent(recall))
      .note("note", {0.03, 0.06}, "start", "average precision " + fixed(of.average_precision, 4));
  return picture.str();
}

/// Probabilities against what came of the rows.
inline std::string calibration_picture(const std::vector<mr::model::calibration_bin>& curve, std::string_view what) {
  chart picture("Calibration" + std::string(what) + ": predicted probability and observed share", 330, {0, 0}, {1, 1});
  std::vector<point> points;
  std::uint64_t most = 1;
  for (const mr::model::calibration_bin& part : curve) {
    most = (std::max)(most, part.rows);
    if (part.rows > 0) points.push_back({part.mean_probability, part.positive_share});
  }
  picture.y_axis(detail::unit_ticks(), detail::hundredths)
      .x_axis("predicted probability", detail::unit_ticks(), detail::hundredths)
      .straight("diagonal", {0, 0}, {1, 1})
      .line("one", points);
  for (const mr::model::calibration_bin& part : curve)
    if (part.rows > 0)
      picture.dot("one", {part.mean_probability, part.positive_share},
                  2.5 + 4.5 * std::sqrt(static_cast<double>(part.rows) / static_cast<double>(most)),
                  "predicted " + percent(part.mean_probability) + ", observed " + percent(part.positive_share) +
                      " of " + counted(part.rows, "row"));
  return picture.str();
}

/// How many rows of each class got which probability; on a logarithmic axis, or the rare class would not be seen.
inline std::string histogram_picture(const judgement& of, std::string_view negative, std::string_view positive) {
  std::size_t most = 1;
  for (const auto& one : of.histogram)
    for (const std::size_t rows : one) most = (std::max)(most, rows);
  const double top = std::ceil(std::log10(static_cast<double>(most) * 1.2) * 2) / 2;
  chart picture("Rows by predicted probability and class", 330, {0, 0}, {1, top});
  std::vector<double> decades;
  for (double i = 0; i <= top; ++i) decades.push_back(i);
  picture.y_axis(decades, [](double v) { return grouped(static_cast<std::uint64_t>(std::llround(std::pow(10, v)))); })
      .x_axis("predicted probability", detail::unit_ticks(), detail::hundredths);
  const auto parts = static_cast<double>(of.histogram[0].size());
  for (std::size_t label = 0; label < 2; ++label)
    for (std::size_t i = 0; i < of.histogram[label].size(); ++i) {
      const std::size_t rows = of.histogram[label][i];
      if (rows == 0) continue;
      const double x = (static_cast<double>(i) + (label == 0 ? 0.08 : 0.52)) / parts;
      // One row is a sliver and not nothing.
      picture.bar(label == 0 ? "one" : "two", {x, 0},
                  {x + 0.4 / parts, (std::max)(0.06, std::log10(static_cast<double>(rows)))},
                  counted(rows, "row") + " of " + std::string(label == 0 ? negative : positive) + " between " +
                      fixed(static_cast<double>(i) / parts, 2) + " and " +
                      fixed(static_cast<double>(i + 1) / parts, 2));
    }
  return picture.str();
}

inline std::string confusion_picture(const judgement& of, std::string_view negative, std::string_view positive) {
  std::string out = "<svg viewBox=\"0 0 420 330\" role=\"img\" aria-label=\"Confusion matrix\">";
  const auto text = [&](std::string_view style, double x, double y, std::string_view says,
                        std::string_view anchor = "middle") {
    out += "<text class=\"" + std::string(style) + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) +
           "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped(says) + "</text>";
  };
  const std::array<std::string, 2> names{clipped(negative, 16), clipped(positive, 16)};
  text("axis-title", 260, 16, "predicted");
  out += "<text class=\"axis-title\" transform=\"translate(14 188) rotate(-90)\" text-anchor=\"middle\">actual</text>";
  for (std::size_t i = 0; i < 2; ++i) {
    text("tick", 186 + 150 * static_cast<double>(i), 36, names[i]);
    text("tick", 102, 122 + 140 * static_cast<double>(i), names[i], "end");
  }
  for (std::size_t actual = 0; actual < 2; ++actual)
    for (std::size_t said = 0; said < 2; ++said) {
      const std::uint64_t rows = of.confusion.count(actual, said);
      const double share = static_cast<double>(rows) / static_cast<double>(of.confusion.occurred(actual));
      const double x = 112 + 150 * static_cast<double>(said);
      const double y = 48 + 140 * static_cast<double>(actual);
      out += "<rect class=\"bar " + std::string(actual == said ? "one" : "two") + "\" x=\"" + coordinate(x) +
             "\" y=\"" + coordinate(y) + "\" width=\"146\" height=\"136\" rx=\"6\" fill-opacity=\"" +
             fixed(0.08 + 0.47 * share, 3) + "\"/>";
      text("count", x + 73, y + 66, grouped(rows));
      text("of", x + 73, y + 88, percent(share) + " of " + names[actual]);
    }
  return out + "</svg>";
}

/// A bar of a picture of bars.
struct named_bar {
  std::string name;
  std::string says;
  double share = 0;  // of the longest there may be
  std::string_view style = "one";
};

/// Horizontal bars, each with its name and what it says above it.
inline std::string bars_picture(std::string_view what, const std::vector<named_bar>& bars) {
  const double height = 34.0 * static_cast<double>(bars.size()) + 8;
  std::string out =
      "<svg viewBox=\"0 0 420 " + coordinate(height) + "\" role=\"img\" aria-label=\"" + escaped(what) + "\">";
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const named_bar& bar = bars[i];
    const double y = 34.0 * static_cast<double>(i);
    const std::string rest = "\" height=\"7\" rx=\"3.5\"/>";
    out += "<text class=\"label\" x=\"2\" y=\"" + coordinate(y + 14) + "\">" + escaped(clipped(bar.name, 40)) +
           "</text><text class=\"tick\" x=\"418\" y=\"" + coordinate(y + 14) + "\" text-anchor=\"end\">" +
           escaped(bar.says) + "</text>";
    out += "<rect class=\"track\" x=\"2\" y=\"" + coordinate(y + 20) + "\" width=\"416" + rest;
    out += "<rect class=\"bar " + std::string(bar.style) + "\" x=\"2\" y=\"" + coordinate(y + 20) + "\" width=\"" +
           coordinate((std::max)(1.5, 416 * std::clamp(bar.share, 0.0, 1.0))) + rest;
  }
  return out + "</svg>";
}

/// Columns without which the model does worse.
inline std::string importance_picture(const holdout_findings& of, std::size_t most) {
  std::vector<named_bar> bars;
  for (const auto& [name, loss] : of.importance)
    if (bars.size() < most)
      bars.push_back(
          {name, of.number ? brief(loss) : fixed(loss, 4), loss / (std::max)(1e-9, of.importance.front().second)});
  return bars_picture(of.importance_of + " without each column", bars);
}

/// How much of each column is missing, the emptiest first; nothing where no cell is.
inline std::string missing_picture(const table& of, std::size_t most) {
  std::vector<const column*> holed;
  for (const column& one : of.columns)
    if (one.missing > 0) holed.push_back(&one);
  if (holed.empty()) return "";
  std::stable_sort(holed.begin(), holed.end(),
                   [](const column* a, const column* b) { return a->missing > b->missing; });
  std::vector<named_bar> bars;
  for (const column* one : holed) {
    if (bars.size() == most) break;
    const double share = static_cast<double>(one->missing) / static_cast<double>(of.rows());
    bars.push_back({one->name, grouped(one->missing) + " · " + percent(share), share, "two"});
  }
  return bars_picture("Missing cells by column", bars);
}

/// A line an event on a logarithmic axis: thin from the fastest call to p99, thick from p50 to p95, a dot at the mean.
inline std::string times_picture(const event_profiles& events) {
  double low = 1e300;
  double high = 1;
  double total = 0;
  for (const mr::event_profile* one : events) {
    const mr::log_histogram& took = one->durations;
    if (took.count() == 0) continue;
    low = (std::min)(low, (std::max)(1.0, static_cast<double>(took.min())));
    high = (std::max)(high, (std::max)(static_cast<double>(took.quantile(0.99)), took.mean()));
    total += static_cast<double>(took.sum());
  }
  low = std::pow(10, std::floor(std::log10((std::min)(low, high)) * 2) / 2);
  high = std::pow(10, std::ceil(std::log10(high * 1.05) * 2) / 2);
  const double height = 42.0 * static_cast<double>(events.size()) + 30;
  const scale x{low, high, 8, 412, true};
  std::string out = "<svg viewBox=\"0 0 420 " + coordinate(height) + "\" role=\"img\" aria-label=\"Time per event\">";
  const auto segment = [&](std::string_view style, double from, double to, double y, std::string_view says) {
    out += "<line class=\"" + std::string(style) + "\" x1=\"" + coordinate(x(from)) + "\" y1=\"" + coordinate(y) +
           "\" x2=\"" + coordinate((std::max)(x(to), x(from) + 1)) + "\" y2=\"" + coordinate(y) + "\"><title>" +
           escaped(says) + "</title></line>";
  };
  const auto text = [&](std::string_view style, double at, double y, std::string_view anchor, std::string_view says) {
    out += "<text class=\"" + std::string(style) + "\" x=\"" + coordinate(at) + "\" y=\"" + coordinate(y) +
           "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped(says) + "</text>";
  };
  for (double decade = std::ceil(std::log10(low) - 1e-9); decade <= std::log10(high) + 1e-9; ++decade) {
    const double at = x(std::pow(10, decade));
    out += "<line class=\"grid\" x1=\"" + coordinate(at) + "\" y1=\"0\" x2=\"" + coordinate(at) + "\" y2=\"" +
           coordinate(height - 26) + "\"/>";
    text("tick", at, height - 10, "middle", brief_duration(std::pow(10, decade)));
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    const mr::log_histogram& took = events[i]->durations;
    const double y = 42.0 * static_cast<double>(i);
    const double sum = static_cast<double>(took.sum());
    const auto at = [&](double share) { return static_cast<double>(took.quantile(share)); };
    text("label halo", 2, y + 14, "start", clipped(events[i]->event, 34));
    text("tick halo", 418, y + 14, "end",
         took.count() == 0 ? "never ran" : duration(at(0.5)) + " · " + percent(total > 0 ? sum / total : 0, 0));
    if (took.count() == 0) continue;
    const std::string says = "p50 " + duration(at(0.5)) + ", p95 " + duration(at(0.95)) + ", p99 " +
                             duration(at(0.99)) + ", mean " + duration(took.mean()) + ", slowest " +
                             duration(static_cast<double>(took.max()));
    segment("whisker", (std::max)(low, static_cast<double>(took.min())), at(0.99), y + 26, says);
    segment("body", at(0.5), at(0.95), y + 26, says);
    out += "<circle class=\"dot two\" cx=\"" + coordinate(x((std::max)(low, took.mean()))) + "\" cy=\"" +
           coordinate(y + 26) + "\" r=\"4\"><title>mean " + duration(took.mean()) + "</title></circle>";
  }
  return out + "</svg>";
}

/// Bytes before and after.
inline std::string compression_picture(const mr::compression_statistics& of) {
  const auto before = static_cast<double>(of.original_bytes);
  const auto after = static_cast<double>(of.compressed_bytes);
  const double most = (std::max)(1.0, (std::max)(before, after));
  return bars_picture("Bytes before and after compression", {{"before", bytes(before), before / most, "one"},
                                                             {"after", bytes(after), after / most, "three"}});
}

namespace detail {

inline constexpr std::size_t most_spark_bars = 24;

/// How many numbers there are of each value, or in each part of their range where there are more values than bars.
inline std::vector<double> number_bars(const column& of) {
  std::vector<double> bars;
  std::vector<double> present;
  std::copy_if(of.numbers.begin(), of.numbers.end(), std::back_inserter(present),
               [](double x) { return !std::isnan(x); });
  if (of.distinct <= most_spark_bars) {
    std::sort(present.begin(), present.end());
    for (std::size_t i = 0; i < present.size(); ++i) {
      if (i == 0 || present[i] != present[i - 1]) bars.push_back(0);
      ++bars.back();
    }
    return bars;
  }
  const bool logarithm = of.summary.skewness > 2 && of.summary.smallest >= 0;
  const auto shape = [&](double v) { return logarithm ? std::log1p(v) : v; };
  const double low = shape(of.summary.smallest);
  const double span = shape(of.summary.largest) - low;
  bars.assign(most_spark_bars, 0.0);
  for (const double cell : present)
    ++bars[(std::min)(most_spark_bars - 1,
                      static_cast<std::size_t>((shape(cell) - low) / span * static_cast<double>(most_spark_bars)))];
  return bars;
}

inline std::vector<double> category_bars(const column& of) {
  std::vector<double> bars;
  for (const std::size_t code : by_frequency(of)) {
    bars.push_back(static_cast<double>(of.counts[code]));
    if (bars.size() == most_spark_bars) break;
  }
  return bars;
}

}  // namespace detail

/// A column's values at a glance: a histogram of numbers, or the most frequent categories.
inline std::string sparkline(const column& of) {
  if (of.distinct < 2 || !of.dropped.empty()) return "";
  const bool numbers = of.type == column_type::number;
  const std::vector<double> bars = numbers ? detail::number_bars(of) : detail::category_bars(of);
  const double most = bars.empty() ? 1 : *std::max_element(bars.begin(), bars.end());
  const double step = 96.0 / static_cast<double>((std::max)(bars.size(), std::size_t{1}));
  std::string out = "<svg class=\"spark\" viewBox=\"0 0 96 22\" aria-hidden=\"true\">";
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double height = bars[i] == 0 ? 0 : (std::max)(1.0, 20 * bars[i] / most);
    out += "<rect class=\"bar " + std::string(numbers ? "one" : "three") + "\" x=\"" +
           coordinate(static_cast<double>(i) * step) + "\" y=\"" + coordinate(21 - height) + "\" width=\"" +
           coordinate((std::max)(0.6, (std::min)(step - 0.8, 8.0))) + "\" height=\"" + coordinate(height) + "\"/>";
  }
  return out + "</svg>";
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_PICTURES_HPP
