#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_REPORT_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_REPORT_HPP

#include "../data/table.hpp"
#include "../format.hpp"
#include "../model/findings.hpp"
#include "../work/compare.hpp"
#include "../work/stream.hpp"
#include "decision_pictures.hpp"
#include "html.hpp"
#include "page_style.hpp"
#include "pictures.hpp"
#include "tables.hpp"

#include <millrace/detect/features/table_drift.hpp>
#include <millrace/middleware/compression.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
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
  std::string network;   // 102-64-32-1
  std::string finished;  // when
  std::vector<std::pair<std::string, std::string>> settings;
  reference_record reference = {};
  model_comparison comparison = {};
  mr::detect::table_drift_report drift = {};
};

namespace detail {

inline double positive_share(const table& of) {
  return static_cast<double>(of.target.positives) / static_cast<double>(of.rows());
}

inline std::string within(const std::string& low, const std::string& high) {
  return "95 % interval " + low + " to " + high;
}

/// What makes the headline worthless stands beside it.
inline std::string warnings(const table& of) {
  std::string out;
  for (const std::string& leak : of.leaks)
    out += "<p class=\"beware\"><b>Beware</b> " + escaped(leak) +
           ". Figures that rest on it say nothing about new rows.</p>";
  return out;
}

inline std::string headline(const report_input& in) {
  const judgement& holdout = in.holdout;
  const double share = positive_share(in.data);
  return "<div class=\"tiles\">" +
         html::tile(fixed(holdout.auc, 4),
                    "AUC on " + grouped(holdout.rows) + " rows it never saw, " +
                        within(fixed(holdout.auc_within.low, 4), fixed(holdout.auc_within.high, 4)) +
                        "; logistic regression " + fixed(in.reference.auc, 4)) +
         html::tile(fixed(holdout.average_precision, 4), "average precision; by chance " + fixed(share, 4)) +
         html::tile(fixed(holdout.log_loss, 4), "log loss; without a model " + fixed(holdout.base_log_loss, 4) +
                                                    ", logistic regression " + fixed(in.reference.log_loss, 4)) +
         html::tile(percent(holdout.confusion.accuracy(), 2),
                    "right at threshold " + fixed(holdout.threshold, 2) + ", " +
                        within(percent(holdout.accuracy_within.low), percent(holdout.accuracy_within.high)) +
                        "; always the larger class " + percent((std::max)(share, 1 - share), 2)) +
         html::tile(duration(in.training.seconds * 1e9),
                    "training, " + grouped(static_cast<std::uint64_t>(in.training.rows_per_second)) + " rows/s") +
         html::tile(duration(in.stream.rows > 0 ? in.stream.seconds * 1e9 / static_cast<double>(in.stream.rows) : 0),
                    "a row when streamed, with audit and metrics") +
         "</div>";
}

inline std::string table_section(const report_input& in) {
  const target_column& target = in.data.target;
  const double share = positive_share(in.data);
  const std::string classes =
      "<div class=\"share\"><b></b><i style=\"width:" + fixed(100 * share, 3) + "%\"></i></div>" +
      html::legend({{"one", target.negative + ": " + grouped(in.data.rows() - target.positives)},
                    {"two", target.positive + ": " + grouped(target.positives) + " (" + percent(share, 2) +
                                "), the positive class"}});
  std::string cards = html::card("Classes", "", classes, "wide");
  cards += html::card("Columns", "", columns_table(in.data), "wide");
  const std::string missing = missing_picture(in.data, 12);
  cards += html::card(
      "Missing cells",
      missing.empty() ? "No cell is missing." : "Share of each column's cells; columns without any are not shown.",
      missing);
  return html::section("The table", cards);
}

inline std::string hidden_units(const training_record& training) {
  static constexpr std::array<std::string_view, 3> styles{"one", "three", "two"};
  std::vector<std::pair<std::string_view, std::string>> layers;
  for (std::size_t i = 0; i < training.epochs.front().active.size(); ++i)
    layers.emplace_back(styles[(std::min)(i, styles.size() - 1)], "hidden layer " + std::to_string(i + 1));
  return html::legend(layers) + active_picture(training, styles);
}

inline std::string training_section(const training_record& training) {
  std::string cards =
      html::card("Loss",
                 "Cross-entropy. The weights of epoch " + std::to_string(training.best + 1) + " of " +
                     std::to_string(training.epochs.size()) + " were kept, where the validation loss was lowest.",
                 html::legend({{"one", "training rows"}, {"two", "validation rows"}}) + loss_picture(training));
  cards += html::card("Ranking", "AUC on the validation rows, epoch by epoch.", validation_auc_picture(training));
  if (!training.epochs.front().active.empty())
    cards += html::card("Hidden units at work",
                        "Share of each layer's outputs above zero in an epoch's last batch, read back "
                        "from the compressed tensors.",
                        hidden_units(training));
  return html::section("Training", cards);
}

inline std::string holdout_section(const report_input& in) {
  const judgement& holdout = in.holdout;
  const target_column& target = in.data.target;
  const std::string threshold = fixed(holdout.threshold, 2);
  std::string cards = html::card(
      "ROC", "How many positives are found at how many false alarms. The dot is threshold " + threshold + ".",
      roc_picture(holdout));
  cards += html::card("Precision and recall",
                      "How many of those it names are positive. The dashed line is naming them at random.",
                      precision_recall_picture(holdout));
  cards += html::card("Calibration",
                      "Of rows given a probability, how many were positive. On the dashed line the probability is "
                      "right; a larger dot has more rows.",
                      calibration_picture(holdout));
  cards += html::card("Probabilities", "Rows of each class by predicted probability; the axis is logarithmic.",
                      html::legend({{"one", target.negative}, {"two", target.positive}}) +
                          histogram_picture(holdout, target.negative, target.positive));
  cards +=
      html::card("Confusion",
                 "At threshold " + threshold + ": precision " + percent(holdout.confusion.precision()) + ", recall " +
                     percent(holdout.confusion.recall()) + ", F1 " + fixed(holdout.confusion.f1(), 3) + ".",
                 confusion_picture(holdout, target.negative, target.positive));
  cards += html::card("What the model looks at", "AUC lost on the holdout when one column's cells are shuffled.",
                      importance_picture(holdout, 10));
  return html::section("On rows that it never saw", cards);
}

inline std::string decision_section(const judgement& holdout) {
  if (holdout.decisions.empty()) return "";
  const decision& least = cheapest(holdout);
  std::string cards =
      html::card("Threshold and cost",
                 "A false alarm costs " + brief(holdout.costs.false_alarm) + " and a miss " +
                     brief(holdout.costs.miss) + " (--cost). Mistakes on 1,000 rows cost least at " +
                     fixed(least.threshold, 2) + "; the threshold in use is " + fixed(holdout.threshold, 2) + ".",
                 html::legend({{"two", "in use"}, {"three", "least on these rows"}}) + cost_picture(holdout));
  cards += html::card("Lift", "How many of the positives the likeliest rows hold; dashed: by chance, and at best.",
                      gain_picture(holdout));
  cards +=
      html::card("The likeliest rows", "Lift: how many times as many positives as by chance.", lift_table(holdout));
  cards += html::card("Thresholds", "The one in use is marked.", thresholds_table(holdout), "wide");
  return html::section("What to do with its answers", cards);
}

inline std::string work_section(const report_input& in) {
  return html::section(
      "While it was at work",
      html::card("Against the baseline",
                 "Each streamed row went by chance to the model or to one that always answers the share of positives. "
                 "The test may be looked at after every row.",
                 comparison_facts(in.comparison)) +
          html::card("Drift of its inputs",
                     "The streamed rows' columns against the rows it learnt from; p-values are corrected for all "
                     "columns together. A score is 0 without drift and at most 1.",
                     drift_table(in.drift), "wide"));
}

inline std::string compression_facts(const mr::compression_statistics& of) {
  const double speed =
      of.nanoseconds == 0 ? 0 : static_cast<double>(of.original_bytes) * 1e9 / static_cast<double>(of.nanoseconds);
  return html::facts({{"tensors", grouped(of.tensors) + ", and " + grouped(of.skipped) + " too small"},
                      {"saved", fixed(of.saved_percent(), 1) + " %, " + fixed(of.ratio(), 2) + " to 1"},
                      {"speed", bytes(speed) + "/s"}});
}

inline std::string stream_facts(const stream_record& of) {
  return html::facts(
      {{"rows", grouped(of.rows) + ", one by one; " + grouped(of.refused) + " refused by validation"},
       {"rate", grouped(static_cast<std::uint64_t>(of.rows_per_second)) + " rows/s on one thread, middleware included"},
       {"a row takes", percentile_list(of.times)},
       {"difference", "at most " + brief(of.largest_difference) + " from the same rows in one batch"}});
}

inline std::string time_section(const report_input& in) {
  const std::string how_to_read =
      "Each event's median and its share of the chain's time. Thin line: fastest call to p99; "
      "thick: p50 to p95; dot: mean.";
  std::string cards = html::card("A training step", how_to_read, times_picture(in.training_times));
  cards += html::card("A streamed row", how_to_read, times_picture(in.stream_times) + stream_facts(in.stream));
  cards += html::card("Compression", "The hidden layers' outputs, before and after; every bit comes back.",
                      compression_picture(in.compression) + compression_facts(in.compression));
  cards += html::card("Training, in figures", "", times_table(in.training_times), "wide");
  cards += html::card("Streaming, in figures", "", times_table(in.stream_times), "wide");
  cards += html::card("The stream, window by window",
                      "How long a row took, and what the model answered, as the stream went by.",
                      windows_table(in.stream.times), "wide");
  return html::section("Time and memory", cards);
}

inline std::string making_section(const report_input& in) {
  return html::section("How it was made", html::card("Training chain", "", html::lines(in.training.chain)) +
                                              html::card("Inference chain", "", html::lines(in.stream.chain)) +
                                              html::card("Settings", "", html::facts(in.settings)));
}

inline std::string notes_section(const table& of) {
  if (of.notes.empty()) return "";
  std::string out = "<h2>Notes</h2><ul class=\"soft\">";
  for (const std::string& note : of.notes) out += "<li>" + escaped(note) + "</li>";
  return out + "</ul>";
}

}  // namespace detail

/// The whole page; it refers to nothing outside itself.
inline std::string report_page(const report_input& in) {
  const std::string question = in.data.target.name + " = " + in.data.target.positive;
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>" +
      escaped(clipped(question, 80)) + "</title><style>";
  page += page_style;
  page += "</style></head><body><main>";
  page += "<h1>" + escaped(clipped(question, 120)) + "</h1><p class=\"soft sub\">" +
          escaped(clipped(in.data.name, 160)) + " · " + grouped(in.data.rows()) + " rows · network " +
          escaped(in.network) + " · finished " + escaped(in.finished) + "</p>";
  page += detail::warnings(in.data);
  page += detail::headline(in);
  page += detail::table_section(in);
  page += detail::training_section(in.training);
  page += detail::holdout_section(in);
  page += detail::decision_section(in.holdout);
  page += detail::work_section(in);
  page += detail::time_section(in);
  page += detail::making_section(in);
  page += detail::notes_section(in.data);
  return page +
         "<footer>Written by millrace's lifecycle example. This page needs nothing but "
         "itself.</footer></main></body></html>\n";
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_REPORT_HPP
