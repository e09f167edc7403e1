#ifndef MILLRACE_EXAMPLES_LIFECYCLE_REPORT_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_REPORT_HPP

#include "compare.hpp"
#include "describe.hpp"
#include "findings.hpp"
#include "format.hpp"
#include "page_style.hpp"
#include "pictures.hpp"
#include "table.hpp"

#include <millrace/middleware/compression.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// Everything that the report tells.
struct report_input {
  const table& data;
  const training_record& training;
  const judgement& holdout;
  const stream_record& stream;
  const event_profiles& training_times;
  const event_profiles& stream_times;
  mr::compression_statistics compression;
  std::string network;  // 102-64-32-1
  std::string training_chain;
  std::string stream_chain;
  std::string finished;  // when
  std::vector<std::pair<std::string, std::string>> settings;
  model_comparison comparison = {};
  mr::detect::table_drift_report drift = {};
};

namespace detail {

inline std::string tile(std::string_view value, std::string_view label) {
  return "<div class=\"tile\"><b>" + escaped(value) + "</b><span>" + escaped(label) + "</span></div>";
}
inline std::string card(std::string_view title, std::string_view says, std::string_view content,
                        std::string_view style = "") {
  std::string out = "<section class=\"card " + std::string(style) + "\"><h3>" + escaped(title) + "</h3>";
  if (!says.empty()) out += "<p>" + escaped(says) + "</p>";
  return out.append(content) + "</section>";
}
inline std::string legend(const std::vector<std::pair<std::string_view, std::string>>& entries) {
  std::string out = "<div class=\"legend\">";
  for (const auto& [style, name] : entries)
    out += "<span><i class=\"" + std::string(style) + "\"></i>" + escaped(name) + "</span>";
  return out + "</div>";
}
inline std::string cell(std::string_view text, bool number = false) {
  return (number ? "<td class=\"n\">" : "<td>") + escaped(text) + "</td>";
}

inline std::string columns_table(const table& of) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th>column</th><th>type</th><th class=\"n\">missing</th>"
      "<th class=\"n\">distinct</th><th>values</th><th>lowest … median … highest, or most "
      "frequent</th></tr></thead><tbody>";
  for (const column& one : of.columns) {
    out += one.dropped.empty() ? "<tr>" : "<tr class=\"out\">";
    out += "<td class=\"name\">" + escaped(clipped(one.name, 60)) + "</td><td><span class=\"kind\">" +
           std::string(to_string(one.type)) + "</span></td>";
    out += cell(missing_share(one, of.rows()), true) + cell(grouped(one.distinct), true);
    out += "<td>" + sparkline(one) + "</td>";
    out += cell(one.dropped.empty() ? contents(one, of.rows()) : "left out: " + one.dropped) + "</tr>";
  }
  return out + "</tbody></table></div>";
}

inline std::string times_table(const event_profiles& events) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th>event</th><th class=\"n\">calls</th><th class=\"n\">failed</th>"
      "<th class=\"n\">total</th><th class=\"n\">mean</th><th class=\"n\">p50</th><th class=\"n\">p95</th>"
      "<th class=\"n\">p99</th><th class=\"n\">slowest</th></tr></thead><tbody>";
  for (const mr::event_profile* one : events) {
    const mr::log_histogram& took = one->durations;
    out += "<tr><td class=\"name\">" + escaped(one->event) + "</td>" + cell(grouped(took.count()), true) +
           cell(grouped(one->failures), true) + cell(duration(static_cast<double>(took.sum())), true) +
           cell(duration(took.mean()), true);
    for (const double share : {0.5, 0.95, 0.99}) out += cell(duration(static_cast<double>(took.quantile(share))), true);
    out += cell(duration(static_cast<double>(took.largest())), true) + "</tr>";
  }
  return out + "</tbody></table></div>";
}

/// 50: p50; 99.9: p99.9.
inline std::string percentile_name(double p) { return "p" + fixed(p, p == std::floor(p) ? 0 : 1); }

inline std::string percentile_list(const stream_record& of) {
  std::string out;
  for (const auto& [p, nanoseconds] : of.percentiles)
    out += (out.empty() ? "" : ", ") + percentile_name(p) + " " + duration(nanoseconds);
  return out;
}

inline std::string windows_table(const stream_record& of) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th class=\"n\">from row</th><th class=\"n\">rows</th>"
      "<th class=\"n\">rows/s</th><th class=\"n\">p50</th><th class=\"n\">p99</th><th class=\"n\">slowest</th>"
      "<th class=\"n\">positive</th><th class=\"n\">mean probability</th></tr></thead><tbody>";
  for (const stream_window& one : of.windows)
    out += "<tr>" + cell(grouped(one.first), true) + cell(grouped(one.rows), true) +
           cell(grouped(static_cast<std::uint64_t>(one.rows_per_second)), true) + cell(duration(one.p50), true) +
           cell(duration(one.p99), true) + cell(duration(one.longest), true) + cell(percent(one.positive_share), true) +
           cell(one.mean_probability == one.mean_probability ? fixed(one.mean_probability, 4) : "–", true) + "</tr>";
  return out + "</tbody></table></div>";
}

inline std::string facts(const std::vector<std::pair<std::string, std::string>>& list) {
  std::string out = "<dl>";
  for (const auto& [name, value] : list) out += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>";
  return out + "</dl>";
}

inline std::string compression_facts(const mr::compression_statistics& of) {
  const double speed =
      of.nanoseconds == 0 ? 0 : static_cast<double>(of.original_bytes) * 1e9 / static_cast<double>(of.nanoseconds);
  return facts({{"tensors", grouped(of.tensors) + ", and " + grouped(of.skipped) + " too small"},
                {"saved", fixed(of.saved_percent(), 1) + " %, " + fixed(of.ratio(), 2) + " to 1"},
                {"speed", bytes(speed) + "/s"}});
}

inline std::string hidden_units(const training_record& training) {
  static constexpr std::array<std::string_view, 3> styles{"one", "three", "two"};
  std::vector<std::pair<std::string_view, std::string>> layers;
  for (std::size_t i = 0; i < training.epochs.front().active.size(); ++i)
    layers.emplace_back(styles[(std::min)(i, styles.size() - 1)], "hidden layer " + std::to_string(i + 1));
  return legend(layers) + active_picture(training, styles);
}

/// A chain's description, a line a part.
inline std::string chain_lines(std::string_view described) {
  std::string out = "<div class=\"chain\">";
  while (!described.empty()) {
    const std::size_t end = (std::min)(described.find('\n'), described.size());
    out += "<div>" + escaped(described.substr(0, end)) + "</div>";
    described.remove_prefix((std::min)(end + 1, described.size()));
  }
  return out + "</div>";
}

}  // namespace detail

/// The whole page; it refers to nothing outside itself.
inline std::string report_page(const report_input& in) {
  using detail::card;
  using detail::tile;
  const target_column& target = in.data.target;
  const judgement& holdout = in.holdout;
  const std::size_t rows = in.data.rows();
  const double positive_share = static_cast<double>(target.positives) / static_cast<double>(rows);
  const std::string question = target.name + " = " + target.positive;

  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>" +
      escaped(clipped(question, 80)) + "</title><style>";
  page += page_style;
  page += "</style></head><body><main>";
  page += "<h1>" + escaped(clipped(question, 120)) + "</h1><p class=\"soft sub\">" +
          escaped(clipped(in.data.name, 160)) + " · " + grouped(rows) + " rows · network " + escaped(in.network) +
          " · finished " + escaped(in.finished) + "</p>";
  page += "<div class=\"tiles\">" +
          tile(fixed(holdout.auc, 4), "AUC on " + grouped(holdout.rows) + " rows it never saw") +
          tile(fixed(holdout.average_precision, 4), "average precision; by chance " + fixed(positive_share, 4)) +
          tile(fixed(holdout.log_loss, 4), "log loss; without a model " + fixed(holdout.base_log_loss, 4)) +
          tile(percent(holdout.confusion.accuracy(), 2),
               "right at threshold " + fixed(holdout.threshold, 2) + "; always the larger class " +
                   percent((std::max)(positive_share, 1 - positive_share), 2)) +
          tile(duration(in.training.seconds * 1e9),
               "training, " + grouped(static_cast<std::uint64_t>(in.training.rows_per_second)) + " rows/s") +
          tile(duration(in.stream.rows > 0 ? in.stream.seconds * 1e9 / static_cast<double>(in.stream.rows) : 0),
               "a row when streamed, with audit and metrics") +
          "</div>";

  page += "<h2>The table</h2><div class=\"cards\">";
  page += card("Classes", "",
               "<div class=\"share\"><b></b><i style=\"width:" + fixed(100 * positive_share, 3) + "%\"></i></div>" +
                   detail::legend({{"one", target.negative + ": " + grouped(rows - target.positives)},
                                   {"two", target.positive + ": " + grouped(target.positives) + " (" +
                                               percent(positive_share, 2) + "), the positive class"}}),
               "wide");
  page += card("Columns", "", detail::columns_table(in.data), "wide");
  page += "</div>";

  page += "<h2>Training</h2><div class=\"cards\">";
  page += card("Loss",
               "Cross-entropy. The weights of epoch " + std::to_string(in.training.best + 1) + " of " +
                   std::to_string(in.training.epochs.size()) + " were kept, where the validation loss was lowest.",
               detail::legend({{"one", "training rows"}, {"two", "validation rows"}}) + loss_picture(in.training));
  page += card("Ranking", "AUC on the validation rows, epoch by epoch.", validation_auc_picture(in.training));
  if (!in.training.epochs.front().active.empty())
    page += card("Hidden units at work",
                 "Share of each layer's outputs above zero in an epoch's last batch, read back "
                 "from the compressed tensors.",
                 detail::hidden_units(in.training));
  page += "</div>";

  page += "<h2>On rows that it never saw</h2><div class=\"cards\">";
  page += card("ROC",
               "How many positives are found at how many false alarms. The dot is threshold " +
                   fixed(holdout.threshold, 2) + ".",
               roc_picture(holdout));
  page +=
      card("Precision and recall", "How many of those it names are positive. The dashed line is naming them at random.",
           precision_recall_picture(holdout));
  page += card("Calibration",
               "Of rows given a probability, how many were positive. On the dashed line the probability is "
               "right; a larger dot has more rows.",
               calibration_picture(holdout));
  page += card("Probabilities", "Rows of each class by predicted probability; the axis is logarithmic.",
               detail::legend({{"one", target.negative}, {"two", target.positive}}) +
                   histogram_picture(holdout, target.negative, target.positive));
  page += card("Confusion",
               "At threshold " + fixed(holdout.threshold, 2) + ": precision " + percent(holdout.confusion.precision()) +
                   ", recall " + percent(holdout.confusion.recall()) + ".",
               confusion_picture(holdout, target.negative, target.positive));
  page += card("What the model looks at", "AUC lost on the holdout when one column's cells are shuffled.",
               importance_picture(holdout, 10));
  page += "</div>";

  page += "<h2>While it was at work</h2><div class=\"cards\">";
  page += card("Against the baseline",
               "Each streamed row went by chance to the model or to one that always answers the share of positives. "
               "The test may be looked at after every row.",
               detail::comparison_facts(in.comparison));
  page += card("Drift of its inputs",
               "The streamed rows' columns against the rows it learnt from; p-values are corrected for all columns "
               "together. A score is 0 without drift and at most 1.",
               detail::drift_rows(in.drift), "wide");
  page += "</div>";

  page += "<h2>Time and memory</h2><div class=\"cards\">";
  const std::string how_to_read =
      "Each event's median and its share of the chain's time. Thin line: fastest call to p99; "
      "thick: p50 to p95; dot: mean.";
  page += card("A training step", how_to_read, times_picture(in.training_times));
  page += card("A streamed row", how_to_read,
               times_picture(in.stream_times) +
                   detail::facts({{"rows", grouped(in.stream.rows) + ", one by one; " + grouped(in.stream.refused) +
                                               " refused by validation"},
                                  {"rate", grouped(static_cast<std::uint64_t>(in.stream.rows_per_second)) +
                                               " rows/s on one thread, middleware included"},
                                  {"a row takes", detail::percentile_list(in.stream)},
                                  {"difference", "at most " + brief(in.stream.largest_difference) +
                                                     " from the same rows in one batch"}}));
  page += card("Compression", "The hidden layers' outputs, before and after; every bit comes back.",
               compression_picture(in.compression) + detail::compression_facts(in.compression));
  page += card("Training, in figures", "", detail::times_table(in.training_times), "wide");
  page += card("Streaming, in figures", "", detail::times_table(in.stream_times), "wide");
  page +=
      card("The stream, window by window", "How long a row took, and what the model answered, as the stream went by.",
           detail::windows_table(in.stream), "wide");
  page += "</div>";

  page += "<h2>How it was made</h2><div class=\"cards\">";
  page += card("Training chain", "", detail::chain_lines(in.training_chain));
  page += card("Inference chain", "", detail::chain_lines(in.stream_chain));
  page += card("Settings", "", detail::facts(in.settings));
  page += "</div>";
  if (!in.data.notes.empty()) {
    page += "<h2>Notes</h2><ul class=\"soft\">";
    for (const std::string& note : in.data.notes) page += "<li>" + escaped(note) + "</li>";
    page += "</ul>";
  }
  return page +
         "<footer>Written by millrace's lifecycle example. This page needs nothing but "
         "itself.</footer></main></body></html>\n";
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_REPORT_HPP
