#include "report.hpp"

#include "../format.hpp"
#include "decision_pictures.hpp"
#include "html.hpp"
#include "model_cards.hpp"
#include "page_style.hpp"
#include "pictures.hpp"
#include "release_pictures.hpp"
#include "tables.hpp"

#include <millrace/middleware/compression.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lifecycle {

namespace {

double positive_share(const table& of) {
  return static_cast<double>(of.target.positives) / static_cast<double>(of.rows());
}

std::string within(const std::string& low, const std::string& high) { return "95 % interval " + low + " to " + high; }

/// What makes the headline worthless stands beside it.
std::string warnings(const table& of) {
  std::string out;
  for (const std::string& leak : of.leaks)
    out += "<p class=\"beware\"><b>Beware</b> " + escaped(leak) +
           ". Figures that rest on it say nothing about new rows.</p>";
  return out;
}

/// "; logistic regression 0.9115": what the simple model reaches, where there is one to compare with.
std::string beside(const report_input& in, const std::string& figure) {
  return in.reference ? "; " + in.reference->name + " " + figure : std::string();
}

std::string binary_tiles(const report_input& in, const judgement& holdout) {
  const double share = positive_share(in.data);
  const reference_record reference = in.reference.value_or(reference_record{});
  return html::tile(fixed(holdout.auc, 4),
                    "AUC on " + grouped(holdout.rows) + " rows it never saw, " +
                        within(fixed(holdout.auc_within.lower, 4), fixed(holdout.auc_within.upper, 4)) +
                        beside(in, fixed(reference.figure, 4))) +
         html::tile(fixed(holdout.average_precision, 4), "average precision; by chance " + fixed(share, 4)) +
         html::tile(fixed(holdout.log_loss, 4), "log loss; without a model " + fixed(holdout.base_log_loss, 4) +
                                                    beside(in, fixed(reference.loss, 4))) +
         html::tile(percent(holdout.confusion.accuracy(), 2),
                    "right at threshold " + fixed(holdout.threshold, 2) + ", " +
                        within(percent(holdout.accuracy_within.lower), percent(holdout.accuracy_within.upper)) +
                        "; always the larger class " + percent((std::max)(share, 1 - share), 2));
}

std::string class_tiles(const report_input& in, const class_judgement& holdout) {
  const reference_record reference = in.reference.value_or(reference_record{});
  return html::tile(percent(holdout.confusion.accuracy(), 2),
                    "right on " + grouped(holdout.rows) + " rows it never saw, " +
                        within(percent(holdout.accuracy_within.lower), percent(holdout.accuracy_within.upper)) +
                        "; always the most frequent class " + percent(holdout.base_accuracy, 2) +
                        beside(in, percent(reference.figure, 2))) +
         html::tile(fixed(holdout.log_loss, 4), "log loss; without a model " + fixed(holdout.base_log_loss, 4) +
                                                    beside(in, fixed(reference.loss, 4))) +
         html::tile(fixed(holdout.confusion.macro_f1(), 4), "macro F1, the mean of the classes'");
}

std::string number_tiles(const report_input& in, const number_judgement& holdout) {
  const reference_record reference = in.reference.value_or(reference_record{});
  return html::tile(fixed(holdout.r2, 4),
                    "R2 on " + grouped(holdout.rows) + " rows it never saw" + beside(in, fixed(reference.figure, 4))) +
         html::tile(brief(holdout.rmse), "root mean squared error; without a model " + brief(holdout.base_rmse) +
                                             beside(in, brief(reference.loss))) +
         html::tile(brief(holdout.mae),
                    "mean absolute error, " + within(brief(holdout.mae_within.lower), brief(holdout.mae_within.upper)));
}

std::string headline(const report_input& in) {
  const holdout_findings& found = in.holdout;
  return "<div class=\"tiles\">" +
         (found.binary    ? binary_tiles(in, *found.binary)
          : found.classes ? class_tiles(in, *found.classes)
                          : number_tiles(in, *found.number)) +
         html::tile(duration(in.compared.seconds * 1e9),
                    "to compare " + counted(in.compared.candidates.size(), "model")) +
         html::tile(duration(in.stream.rows > 0 ? in.stream.seconds * 1e9 / static_cast<double>(in.stream.rows) : 0),
                    "a row when streamed, with audit and metrics") +
         "</div>";
}

/// The target's classes and how many rows each has.
std::string classes_card(const table& of) {
  const target_column& target = of.target;
  if (target.task == task_kind::number)
    return html::card("Target", "", html::facts({{"values", describe(target)}}), "wide");
  if (target.task == task_kind::binary) {
    const double share = positive_share(of);
    return html::card("Classes", "",
                      "<div class=\"share\"><b></b><i style=\"width:" + fixed(100 * share, 3) + "%\"></i></div>" +
                          html::legend({{"one", target.negative + ": " + grouped(of.rows() - target.positives)},
                                        {"two", target.positive + ": " + grouped(target.positives) + " (" +
                                                    percent(share, 2) + "), the positive class"}}),
                      "wide");
  }
  std::vector<named_bar> bars;
  const std::vector<std::size_t> sizes = target.class_sizes();
  const double rows = static_cast<double>(of.rows());
  for (std::size_t k = 0; k < (std::min)(sizes.size(), std::size_t{20}); ++k)
    bars.push_back({target.classes[k], grouped(sizes[k]) + " · " + percent(static_cast<double>(sizes[k]) / rows),
                    static_cast<double>(sizes[k]) / rows});
  return html::card("Classes", sizes.size() > bars.size() ? "The first twenty." : "",
                    bars_picture("Rows by class", bars));
}

std::string table_section(const report_input& in) {
  std::string cards = classes_card(in.data);
  cards += html::card("Columns", "", columns_table(in.data), "wide");
  const std::string missing = missing_picture(in.data, 12);
  cards += html::card(
      "Missing cells",
      missing.empty() ? "No cell is missing." : "Share of each column's cells; columns without any are not shown.",
      missing);
  return html::section("The table", cards);
}

std::string hidden_units(const training_record& training) {
  static constexpr std::array<std::string_view, 3> styles{"one", "three", "two"};
  std::vector<std::pair<std::string_view, std::string>> layers;
  for (std::size_t i = 0; i < training.epochs.front().active.size(); ++i)
    layers.emplace_back(styles[(std::min)(i, styles.size() - 1)], "hidden layer " + std::to_string(i + 1));
  return html::legend(layers) + active_picture(training, styles);
}

std::string comparison_section(const report_input& in) {
  const task_kind task = in.task();
  std::string cards = html::card("Candidates",
                                 "By cross-validation in " + std::to_string(in.compared.folds) + " folds of " +
                                     grouped(in.compared.rows) +
                                     " training rows: each fold is judged by models that have not seen it. Intervals "
                                     "are those of the mean over rows. The "
                                     "marked one was fitted to all training rows: " +
                                     in.shape + ".",
                                 candidates_table(in.compared, task), "wide");
  const std::string picture = candidates_picture(in.compared, task);
  if (!picture.empty()) cards += html::card("Loss", "With 95 % intervals; lower is better.", picture);
  return html::section("Which model", cards);
}

std::string training_section(const report_input& in) {
  if (!in.training) return "";
  const training_record& training = *in.training;
  std::string cards = html::card(
      "Loss",
      std::string(in.task() == task_kind::number ? "Squared error of the scaled target." : "Cross-entropy.") +
          " The weights of epoch " + std::to_string(training.best + 1) + " of " +
          std::to_string(training.epochs.size()) + " were kept, where the validation loss was lowest.",
      html::legend({{"one", "training rows"}, {"two", "validation rows"}}) + loss_picture(training));
  if (in.task() == task_kind::binary)
    cards += html::card("Ranking", "AUC on the validation rows, epoch by epoch.", validation_auc_picture(training));
  if (!training.epochs.front().active.empty())
    cards += html::card("Hidden units at work",
                        "Share of each layer's outputs above zero in an epoch's last batch, read back "
                        "from the compressed tensors.",
                        hidden_units(training));
  return html::section("The network's training, " + training.shape + ", on " + training.about, cards);
}

/// What moves the answers, whatever is learned.
std::string why_cards(const report_input& in) {
  std::string cards = html::card("What the model looks at",
                                 in.holdout.importance_of + " on the holdout when one column's cells are shuffled.",
                                 importance_picture(in.holdout, 10));
  cards +=
      html::card("Reasons",
                 in.reasons.empty() ? "This kind of model does not say what each column adds to an answer."
                                    : "Rows of the holdout with the highest answers, and what their columns add to "
                                      "the score, compared with an average row.",
                 in.reasons.empty() ? "" : reasons_table(in.reasons), "wide");
  return cards;
}

/// Which ways of correcting probabilities were tried, and what each came to.
std::string trial_text(const calibration_trial& of) {
  const auto tried = [](calibration_method by, const std::optional<double>& loss) {
    return loss ? ", by " + std::string(title_of(by)) + " " + fixed(*loss, 4) : std::string();
  };
  return " Log loss of the validation rows, each half corrected as the other teaches: uncorrected " +
         fixed(of.uncorrected, 4) + tried(calibration_method::platt, of.platt) +
         tried(calibration_method::isotonic, of.isotonic) + ".";
}

/// Probabilities before and after they were corrected; one picture where that did not pay.
std::string calibration_cards(const report_input& in) {
  const std::string how_to_read =
      std::string(in.holdout.classes
                      ? "Of rows whose likeliest class was given a probability, how many were of that class."
                      : "Of rows given a probability, how many were positive.") +
      " On the dashed line the probability is right; a larger dot has more rows.";
  if (!in.holdout.calibration)
    return in.holdout.binary
               ? html::card("Calibration", how_to_read, calibration_picture(in.holdout.binary->calibration, ""))
               : std::string();
  const calibration_record& of = *in.holdout.calibration;
  const auto figures = [](const calibration_side& side) {
    return " Log loss " + fixed(side.log_loss, 4) + ", calibration error " + fixed(side.error, 4) + ".";
  };
  if (!of.trial.chosen)
    return html::card("Calibration",
                      how_to_read + figures(of.after) +
                          " Correcting probabilities by the validation rows did not pay." + trial_text(of.trial),
                      calibration_picture(of.after.curve, ""));
  return html::card("Calibration, before", how_to_read + figures(of.before),
                    calibration_picture(of.before.curve, ", before")) +
         html::card("Calibration, after",
                    "Probabilities corrected by " + std::string(title_of(*of.trial.chosen)) +
                        " on the validation rows." + figures(of.after) + trial_text(of.trial),
                    calibration_picture(of.after.curve, ", after"));
}

std::string number_section(const report_input& in, const number_judgement& holdout) {
  std::string cards = html::card("Predicted and actual", "A dot a row; on the dashed line the answer is right.",
                                 predicted_picture(holdout));
  cards += html::card("Residuals", "How far off answers are, by what was predicted.", residuals_picture(holdout));
  cards += html::card("Rows by residual", "The outermost bars hold the rows beyond.", residual_histogram(holdout));
  return html::section("On rows that it never saw", cards + why_cards(in));
}

std::string class_section(const report_input& in, const class_judgement& holdout) {
  const std::string cards = html::card("Confusion by class", "Rows of each class, and what they were taken for.",
                                       class_confusion_table(holdout, in.data.target.classes), "wide");
  return html::section("On rows that it never saw", cards + calibration_cards(in) + why_cards(in));
}

std::string binary_section(const report_input& in, const judgement& holdout) {
  const target_column& target = in.data.target;
  const std::string threshold = fixed(holdout.threshold, 2);
  std::string cards = html::card(
      "ROC", "How many positives are found at how many false alarms. The dot is threshold " + threshold + ".",
      roc_picture(holdout));
  cards += html::card("Precision and recall",
                      "How many of those it names are positive. The dashed line is naming them at random.",
                      precision_recall_picture(holdout));
  cards += calibration_cards(in);
  cards += html::card("Probabilities", "Rows of each class by predicted probability; the axis is logarithmic.",
                      html::legend({{"one", target.negative}, {"two", target.positive}}) +
                          histogram_picture(holdout, target.negative, target.positive));
  cards +=
      html::card("Confusion",
                 "At threshold " + threshold + ": precision " + percent(holdout.confusion.precision()) + ", recall " +
                     percent(holdout.confusion.recall()) + ", F1 " + fixed(holdout.confusion.f1(), 3) + ".",
                 confusion_picture(holdout, target.negative, target.positive));
  return html::section("On rows that it never saw", cards + why_cards(in));
}

std::string holdout_section(const report_input& in) {
  if (in.holdout.number) return number_section(in, *in.holdout.number);
  return in.holdout.classes ? class_section(in, *in.holdout.classes) : binary_section(in, *in.holdout.binary);
}

std::string decision_section(const judgement& holdout) {
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

std::string work_section(const report_input& in) {
  return html::section(
      "While it was at work",
      html::card("Against the baseline",
                 std::string("Each streamed row went by chance to the model or to one that always answers ") +
                     (in.task() == task_kind::number ? "the mean. Errors are in the target's deviations. "
                                                     : "the classes' shares. ") +
                     "The test may be looked at after every row.",
                 comparison_facts(in.comparison)) +
          html::card("Drift of its inputs",
                     "The streamed rows' columns against the rows it learnt from; p-values are corrected for all "
                     "columns together. A score is 0 without drift and at most 1.",
                     drift_table(in.drift), "wide"));
}

std::string compression_facts(const mr::compression_statistics& of) {
  const double speed =
      of.nanoseconds == 0 ? 0 : static_cast<double>(of.original_bytes) * 1e9 / static_cast<double>(of.nanoseconds);
  return html::facts({{"tensors", grouped(of.tensors) + ", and " + grouped(of.skipped) + " too small"},
                      {"saved", fixed(of.saved_percent(), 1) + " %, " + fixed(of.ratio(), 2) + " to 1"},
                      {"speed", bytes(speed) + "/s"}});
}

std::string stream_facts(const stream_record& of) {
  return html::facts(
      {{"rows", grouped(of.rows) + ", one by one; " + grouped(of.refused) + " refused by validation"},
       {"rate", grouped(static_cast<std::uint64_t>(of.rows_per_second)) + " rows/s on one thread, middleware included"},
       {"a row takes", percentile_list(of.times)},
       {"difference", "at most " + brief(of.largest_difference) + " from the same rows in one batch"}});
}

std::string time_section(const report_input& in) {
  const std::string how_to_read =
      "Each event's median and its share of the chain's time. Thin line: fastest call to p99; "
      "thick: p50 to p95; dot: mean.";
  std::string cards =
      html::card("A streamed row", how_to_read, times_picture(in.stream_times) + stream_facts(in.stream));
  if (in.training) {
    cards += html::card("The network's training step", how_to_read, times_picture(in.training_times));
    cards += html::card("Compression", "The hidden layers' outputs, before and after; every bit comes back.",
                        compression_picture(in.training->compression) + compression_facts(in.training->compression));
    cards += html::card("Training, in figures", "", times_table(in.training_times), "wide");
  }
  cards += html::card("Streaming, in figures", "", times_table(in.stream_times), "wide");
  cards += html::card("The stream, window by window",
                      "How long a row took, and what the model answered, as the stream went by.",
                      windows_table(in.stream.times, in.task()), "wide");
  return html::section("Time and memory", cards);
}

std::string health_table(const mr::observe::health_report& of) {
  std::string rows;
  for (const mr::observe::checked_health& one : of.checks) {
    std::string measures;
    for (const mr::observe::health_measure& measure : one.found.measured)
      measures += (measures.empty() ? "" : ", ") + measure.name + " " +
                  (measure.unit == "bytes" ? bytes(measure.value) : brief(measure.value));
    rows += "<tr>" + html::name(one.name) + html::cell(to_string(one.found.status)) + html::cell(measures) +
            html::cell(one.found.message) + "</tr>";
  }
  return html::table({"check", "status", "measured", "why"}, rows);
}

std::string health_section(const report_input& in) {
  if (in.health.checks.empty()) return "";
  std::string cards =
      html::card("Checks", "At the end of the run, which is " + std::string(to_string(in.health.status)) + ".",
                 health_table(in.health), "wide");
  if (!in.evidence.empty())
    cards += html::card("Evidence",
                        "What the audit trail had come to. Who keeps this tree head elsewhere can prove later that no "
                        "record before it was changed or removed.",
                        html::facts(in.evidence), "wide");
  return html::section("Health", cards);
}

/// The run beside those before it, as the store has them.
std::string history_section(const report_input& in) {
  const run_history& of = in.history;
  if (of.store.empty()) return "";
  std::string cards = html::card(
      "Runs",
      "In " + of.store + ", the latest first; the marked one is this run. " +
          (of.earlier == 0 ? std::string("It is the first.") : counted(of.earlier, "run") + " came before it."),
      runs_table(of, in.task()), "wide");
  if (of.changed.size() > 0)
    cards += html::card("Settings", "Those that these runs differ in, in the same order.", settings_table(of), "wide");
  if (of.against)
    cards += html::card("Against version " + std::to_string(of.against->version),
                        "Both models answered for the rows that this run held out. The interval is of the mean of the "
                        "differences of their squared errors, row by row, and may be looked at at any time.",
                        html::facts({{"finding", in_words(*of.against)}}), "wide");
  if (!of.commands.empty()) {
    std::string commands;
    for (const std::string& each : of.commands) commands += each + '\n';
    cards += html::card("To promote it", "", html::lines(commands), "wide");
  }
  return html::section("Model " + in_quotes(of.model) + ", version " + std::to_string(of.runs.front().version), cards);
}

/// The new model at requests, beside the one before it.
std::string release_section(const report_input& in) {
  const release_record& of = in.release;
  if (of.stable.empty()) return "";
  std::string cards = html::card(
      "Its share", "5, 10, 25, 50 and 100 % of the requests, each for long enough to be judged.", share_picture(of));
  cards += html::card("Evidence of harm",
                      "A metric a line; their mean reaches the mark with a chance of at most " +
                          percent(of.verdict.alpha, 0) + " over the whole rollout, if the new model does no harm.",
                      evidence_legend(of) + evidence_picture(of));
  cards += html::card("The rollout", "It was " + in_words(of), changes_table(of));
  cards += html::card("The verdict", "Before it had requests of its own, it answered copies: " + of.shadow + ".",
                      verdict_table(of), "wide");
  return html::section("Released beside " + of.stable, cards);
}

std::string making_section(const report_input& in) {
  const std::string training =
      in.training ? html::card("Training chain", "", html::lines(in.training->chain)) : std::string();
  return html::section("How it was made",
                       training + html::card("Inference chain", "", html::lines(in.stream.chain)) +
                           (in.onnx.empty() ? std::string()
                                            : html::card("For other engines", "The model as ONNX, its features inside.",
                                                         html::facts({{"model.onnx", in.onnx}}))) +
                           html::card("Settings", "", html::facts(in.settings)));
}

std::string notes_section(const table& of) {
  if (of.notes.empty()) return "";
  std::string out = "<h2>Notes</h2><ul class=\"soft\">";
  for (const std::string& note : of.notes) out += "<li>" + escaped(note) + "</li>";
  return out + "</ul>";
}

}  // namespace

/// The whole page; it refers to nothing outside itself.
std::string report_page(const report_input& in) {
  const target_column& target = in.data.target;
  const std::string question = target.name + (in.task() == task_kind::binary ? " = " + target.positive : "");
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>" +
      escaped(clipped(question, 80)) + "</title><style>";
  page += page_style;
  page += "</style></head><body><main>";
  page += "<h1>" + escaped(clipped(question, 120)) + "</h1><p class=\"soft sub\">" +
          escaped(clipped(in.data.name, 160)) + " · " + grouped(in.data.rows()) + " rows · " +
          escaped(title_of(in.compared.winner().kind, in.task())) + " · finished " + escaped(in.finished) + "</p>";
  page += warnings(in.data);
  page += headline(in);
  page += table_section(in);
  page += history_section(in);
  page += comparison_section(in);
  page += holdout_section(in);
  if (in.holdout.binary) page += decision_section(*in.holdout.binary);
  page += training_section(in);
  page += work_section(in);
  page += release_section(in);
  page += time_section(in);
  page += health_section(in);
  page += making_section(in);
  page += notes_section(in.data);
  return page +
         "<footer>Written by millrace's lifecycle example. This page needs nothing but "
         "itself.</footer></main></body></html>\n";
}

}  // namespace lifecycle
