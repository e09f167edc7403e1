#ifndef MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP

#include "data/describe.hpp"
#include "data/payments.hpp"
#include "data/read_table.hpp"
#include "data/split.hpp"
#include "model/encode.hpp"
#include "model/findings.hpp"
#include "model/judge.hpp"
#include "model/learn.hpp"
#include "model/model_files.hpp"
#include "options.hpp"
#include "page/report.hpp"
#include "stop.hpp"
#include "work/compare.hpp"
#include "work/outputs.hpp"
#include "work/production.hpp"
#include "work/serve.hpp"
#include "work/unfamiliar.hpp"

#include <millrace/core/clock.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/file.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The job, step by step: each takes what the earlier ones returned, says on the terminal what it did, and returns its
/// record. Whatever goes wrong is thrown as `stop`.
namespace lifecycle {

using settings_list = std::vector<std::pair<std::string, std::string>>;

namespace detail {

inline void heading(std::string_view text) {
  std::printf("\n%.*s\n", static_cast<int>(text.size()), text.data());
  std::fflush(stdout);
}

inline void stop_if_interrupted(std::string_view step) {
  if (interrupted()) throw stop{exit_code::interrupted, "interrupted while " + std::string(step)};
}

/// 2025-01-21 14:30 UTC.
inline std::string now_in_words() {
  std::string time = mr::to_iso8601(mr::unix_nanoseconds());
  time.resize(16);
  time[10] = ' ';
  return time + " UTC";
}

inline std::string whole(double value) { return grouped(static_cast<std::uint64_t>(value)); }

}  // namespace detail

/// The table: the one that was asked for, or made-up payments.
inline table load(const options& asked, const reading& how) {
  std::string name = asked.input;
  std::string text;
  if (asked.input.empty()) {
    name = "made-up payments (seed " + std::to_string(asked.seed) + ")";
    text = make_payments(asked.rows, asked.seed);
  } else {
    text = or_stop(mr::store::read_file(asked.input), exit_code::no_input);
  }
  mr::result<table> read = read_table(std::move(name), std::move(text), how);
  if (!read) throw stop{input_exit_code(read.error()), read.error().describe()};
  detail::stop_if_interrupted("reading the table");
  return *std::move(read);
}

/// Which rows serve for what.
inline row_split split(const options& asked, const table& data) {
  row_split parts = or_stop(split_rows(data, asked.shares, asked.seed), exit_code::unusable_target);
  detail::heading("split     " + grouped(parts.train.size()) + " rows to train, " + grouped(parts.validation.size()) +
                  " to stop by, " + grouped(parts.holdout.size()) + " held out; seed " + std::to_string(asked.seed));
  return parts;
}

/// A model that knows how a row becomes numbers, and has learnt nothing else yet.
inline trained_model begin_model(const options& asked, const table& data, const row_split& parts) {
  encoder encoding = encoder::fit(data, parts.train);
  if (encoding.columns().empty()) throw stop{exit_code::unusable_target, nothing_to_learn_from(data).message()};
  std::printf("encode    %s as %s a row\n", counted(encoding.columns().size(), "column").c_str(),
              counted(encoding.width(), "number").c_str());
  network net = make_network(encoding.width(), asked.training);
  return {std::move(encoding),  std::move(net),       data.target.name,
          data.target.positive, data.target.negative, asked.costs.threshold()};
}

/// What one would need to make this run again: for the audit log's first line and the report.
inline settings_list settings_of(const options& asked, const trained_model& model, const row_split& parts) {
  const training_options& how = asked.training;
  settings_list all{{"input", asked.input.empty() ? "made-up payments" : asked.input}};
  if (asked.input.empty()) all.emplace_back("rows", std::to_string(asked.rows));
  all.emplace_back("target", model.target);
  all.emplace_back("positive", model.positive);
  all.emplace_back("seed", std::to_string(asked.seed));
  all.emplace_back("split", grouped(parts.train.size()) + " train, " + grouped(parts.validation.size()) +
                                " validation, " + grouped(parts.holdout.size()) + " holdout");
  all.emplace_back("network", shape_of(model.net));
  all.emplace_back("batch_size", std::to_string(batch_size_for(parts.train.size())));
  all.emplace_back("epochs", std::to_string(how.epochs) + " at most, " + std::to_string(how.patience) +
                                 " without a better validation loss");
  all.emplace_back("optimizer", "adamw, weight decay " + brief(how.weight_decay));
  all.emplace_back("learning_rate", brief(how.learning_rate) + ", cosine");
  all.emplace_back("costs", brief(asked.costs.false_alarm) + " a false alarm, " + brief(asked.costs.miss) + " a miss");
  all.emplace_back("nan_cells", asked.read.nan_is_missing ? "missing" : "refused");
  return all;
}

/// Trains the network under the production middlewares.
inline trained_network train(const options& asked, const table& data, const row_split& parts,
                             const bound_encoder& encode, network net, production& stack) {
  std::printf("train     network %s, batches of %zu\n", shape_of(net).c_str(), batch_size_for(parts.train.size()));
  trained_network trained = train(std::move(net), data, encode, parts, asked.training, stdout,
                                  [&](auto chain) { return stack.around_training(std::move(chain)); });
  const training_record& record = trained.record;
  if (record.epochs.size() < asked.training.epochs)
    std::printf("          ended after epoch %zu of %zu: %zu without a better validation loss\n", record.epochs.size(),
                asked.training.epochs, asked.training.patience);
  std::printf("          %s steps in %s; kept epoch %zu, validation loss %s\n", grouped(record.steps).c_str(),
              duration(record.seconds * 1e9).c_str(), record.best + 1,
              fixed(record.epochs[record.best].validation_loss, 4).c_str());
  return trained;
}

/// How the model does on rows that it never saw.
inline judgement judge(const options& asked, const trained_model& model, const table& data, const labelled_rows& rows) {
  const judgement found = or_stop(judge(model.net, model.encoding, rows, asked.costs, model.threshold, asked.seed),
                                  exit_code::training_failed);
  detail::heading("holdout   AUC " + fixed(found.auc, 4) + "   average precision " + fixed(found.average_precision, 4) +
                  "   log loss " + fixed(found.log_loss, 4) + " (without a model " + fixed(found.base_log_loss, 4) +
                  ")");
  std::printf("          accuracy %s   precision %s   recall %s   at threshold %s; calibration error %s\n",
              percent(found.confusion.accuracy()).c_str(), percent(found.confusion.precision()).c_str(),
              percent(found.confusion.recall()).c_str(), fixed(found.threshold, 2).c_str(),
              fixed(found.calibration_error, 4).c_str());
  std::printf("          95 %% intervals: AUC %s to %s, accuracy %s to %s; F1 %s\n",
              fixed(found.auc_within.low, 4).c_str(), fixed(found.auc_within.high, 4).c_str(),
              percent(found.accuracy_within.low).c_str(), percent(found.accuracy_within.high).c_str(),
              fixed(found.confusion.f1(), 4).c_str());
  for (const std::string& leak : data.leaks) std::printf("          beware: %s\n", leak.c_str());
  detail::stop_if_interrupted("judging the model");
  return found;
}

/// How a simple model does on the same rows.
inline reference_record judge_reference(const options& asked, const table& data, const bound_encoder& encode,
                                        const row_split& parts, const labelled_rows& rows) {
  const reference_record found = judge_reference(data, encode, parts, asked.training, rows);
  std::printf("          a logistic regression has AUC %s, average precision %s, log loss %s\n",
              fixed(found.auc, 4).c_str(), fixed(found.average_precision, 4).c_str(), fixed(found.log_loss, 4).c_str());
  return found;
}

/// What was seen while the model was at work.
struct stream_findings {
  stream_record record;
  model_comparison comparison;
  mr::detect::table_drift_report drift;
};

/// Streams the rows held out through the model, one by one, beside a baseline and under the eyes of drift detectors.
inline stream_findings stream(const options& asked, const trained_model& model, const bound_encoder& encode,
                              const table& data, const row_split& parts, const labelled_rows& rows, production& stack) {
  served all =
      serve(model, encode, data, parts.holdout, [&](auto chain) { return stack.around_serving(std::move(chain)); });
  stream_record& record = all.record;
  const std::vector<float> in_one_batch = sigmoid(answer(model.net, rows.features));
  for (std::size_t i = 0; i < all.answers.size(); ++i)
    record.largest_difference = std::fmax(record.largest_difference,
                                          std::fabs(all.answers[i].probability - static_cast<double>(in_one_batch[i])));
  std::printf("stream    %s rows one by one, %s rows/s; %zu refused; at most %s from the same rows in one batch\n",
              grouped(record.rows).c_str(), detail::whole(record.rows_per_second).c_str(), record.refused,
              brief(record.largest_difference).c_str());
  std::printf("          a row takes %s; %zu windows are in the report\n", percentile_list(record.times).c_str(),
              record.times.windows.size());

  const std::vector<int> learnt = labels_of(data, parts.train);
  const double baseline = std::accumulate(learnt.begin(), learnt.end(), 0.0) / static_cast<double>(learnt.size());
  stream_findings found{std::move(record), compare_with_baseline(all.answers, rows.labels, baseline, asked.seed),
                        or_stop(drift_of_stream(data, parts), exit_code::internal)};
  std::printf("          %s\n          %s\n", in_words(found.comparison).c_str(), found.drift.summary().c_str());
  return found;
}

namespace detail {

inline void print_profiles(const production& stack) {
  heading("profile of a training step");
  std::fputs(stack.training_profile().report().c_str(), stdout);
  heading("profile of a streamed row");
  std::fputs(stack.serving_profile().report().c_str(), stdout);
  heading("compression of the hidden layers' outputs");
  std::fputs(stack.compression().report().c_str(), stdout);
}

inline void stage(output_folder& out, std::string_view name, std::string_view content) {
  or_stop(out.stage(name, content), exit_code::no_output);
}

}  // namespace detail

/// Puts the run's files in place, all of them or none.
inline void publish(output_folder& out, const trained_model& model, const production& stack,
                    const std::string& report) {
  detail::stage(out, network_file_name, network_bytes(model.net));
  detail::stage(out, encoder_file_name, encoder_json(model));
  detail::stage(out, "metrics.prom", stack.prometheus());
  detail::stage(out, "metrics.json", stack.json());
  detail::stage(out, "report.html", report);
  or_stop(out.publish(), exit_code::no_output);
  detail::heading("in " + out.path() + "/" + (out.had_files() ? ", in the place of an earlier run's files" : ""));
  std::printf(
      "  report.html    what was found, in pictures\n"
      "  model.bin      the network; encoder.json says how a row becomes its input\n"
      "  audit.jsonl    every event of every step and every streamed row, %s\n"
      "  metrics.prom   for Prometheus; metrics.json the same as JSON\n",
      bytes(static_cast<double>(stack.audit_bytes())).c_str());
}

/// Trains on a table, judges the model, streams the holdout through it, and leaves everything in a folder.
inline void train_job(const options& asked) {
  output_folder out = or_stop(output_folder::open(asked.out), exit_code::no_output);
  const table data = load(asked, asked.read);
  std::fputs(describe(data).c_str(), stdout);
  const row_split parts = split(asked, data);
  trained_model model = begin_model(asked, data, parts);
  const bound_encoder encode = or_stop(model.encoding.bind(data), exit_code::internal);
  const settings_list settings = settings_of(asked, model, parts);
  production stack(out.audit_path(), {settings.begin(), settings.end()});

  trained_network trained = train(asked, data, parts, encode, std::move(model.net), stack);
  model.net = std::move(trained.net);
  const labelled_rows rows{encode_rows(encode, parts.holdout), labels_of(data, parts.holdout)};
  const judgement holdout = judge(asked, model, data, rows);
  const reference_record reference = judge_reference(asked, data, encode, parts, rows);
  const stream_findings streamed = stream(asked, model, encode, data, parts, rows, stack);

  stack.tell(holdout);
  detail::print_profiles(stack);
  stack.close();
  detail::stop_if_interrupted("writing the report");
  const event_profiles training_times = stack.training_profile().events();
  const event_profiles stream_times = stack.serving_profile().events();
  const report_input report{data,
                            trained.record,
                            holdout,
                            streamed.record,
                            training_times,
                            stream_times,
                            stack.compression(),
                            shape_of(model.net),
                            detail::now_in_words(),
                            settings,
                            reference,
                            streamed.comparison,
                            streamed.drift};
  publish(out, model, stack, report_page(report));
}

namespace detail {

/// The table that an earlier run's model is to answer for.
inline table load_for(const trained_model& model, const options& asked) {
  reading how = asked.read;
  for (const column_encoding& one : model.encoding.columns()) how.wanted.push_back({one.name, one.type, one.written});
  try {
    return load(asked, how);
  } catch (stop& why) {
    if (why.code == exit_code::no_such_column)
      why.sentence += "; the model in " + asked.use + " learned " + in_quotes(model.target) + " from " +
                      counted(model.encoding.columns().size(), "column") + ", all of which the table must have";
    throw;
  }
}

inline std::string predictions_csv(const trained_model& model, const table& data,
                                   const std::vector<served_row>& answers) {
  std::string text = "row,line,probability,answer\n";
  for (std::size_t i = 0; i < answers.size(); ++i)
    text += std::to_string(i + 1) + ',' + std::to_string(data.lines[i]) + ',' + fixed(answers[i].probability, 6) + ',' +
            csv::quoted(answers[i].positive ? model.positive : model.negative) + '\n';
  return text;
}

}  // namespace detail

/// Lets an earlier run's model answer for every row of a table.
inline void use_job(const options& asked) {
  const trained_model model = or_stop(load_model(asked.use), exit_code::no_input);
  output_folder out = or_stop(output_folder::open(asked.out), exit_code::no_output);
  const table data = detail::load_for(model, asked);
  for (const std::string& note : data.notes) std::printf("  note: %s\n", note.c_str());
  for (const unfamiliar_cells& one : find_unfamiliar(model.encoding, data))
    std::printf("  note: %s\n", in_words(one, data.rows()).c_str());
  const bound_encoder encode = or_stop(model.encoding.bind(data), exit_code::internal);
  production stack(out.audit_path(), {{"input", asked.input}, {"model", asked.use}});

  std::vector<std::size_t> rows(data.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const served all =
      serve(model, encode, data, rows, [&](auto chain) { return stack.around_serving(std::move(chain)); });
  const auto positives =
      std::count_if(all.answers.begin(), all.answers.end(), [](const served_row& one) { return one.positive; });
  std::printf("%s: %s rows, %s rows/s; %s of them %s = %s\n", data.name.c_str(), grouped(all.record.rows).c_str(),
              detail::whole(all.record.rows_per_second).c_str(), grouped(static_cast<std::uint64_t>(positives)).c_str(),
              clipped(model.target, 40).c_str(), clipped(model.positive, 40).c_str());
  stack.close();
  detail::stage(out, "metrics.prom", stack.prometheus());
  detail::stage(out, "metrics.json", stack.json());
  detail::stage(out, "predictions.csv", detail::predictions_csv(model, data, all.answers));
  or_stop(out.publish(), exit_code::no_output);
  std::printf("in %s/: predictions.csv, audit.jsonl, metrics.prom, metrics.json%s\n", out.path().c_str(),
              out.had_files() ? ", in the place of an earlier run's" : "");
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP
