#ifndef MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP

#include "compare.hpp"
#include "describe.hpp"
#include "encode.hpp"
#include "findings.hpp"
#include "judge.hpp"
#include "learn.hpp"
#include "model_files.hpp"
#include "options.hpp"
#include "outputs.hpp"
#include "payments.hpp"
#include "production.hpp"
#include "read_table.hpp"
#include "report.hpp"
#include "serve.hpp"
#include "split.hpp"
#include "stop.hpp"

#include <millrace/core/clock.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/store/file.hpp>

#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The job, step by step. Whatever goes wrong is thrown as `stop`.
namespace lifecycle {

namespace detail {

inline void heading(std::string_view text) {
  std::printf("\n%.*s\n", static_cast<int>(text.size()), text.data());
  std::fflush(stdout);
}

inline void stop_if_interrupted(std::string_view step) {
  if (interrupted()) throw stop{exit_code::interrupted, "interrupted while " + std::string(step)};
}

inline table load_table(const options& asked, reading how) {
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
  stop_if_interrupted("reading the table");
  return *std::move(read);
}

/// 2025-01-21 14:30 UTC.
inline std::string now_in_words() {
  std::string time = mr::to_iso8601(mr::unix_nanoseconds());
  time.resize(16);
  time[10] = ' ';
  return time + " UTC";
}

inline std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace detail

using settings_list = std::vector<std::pair<std::string, std::string>>;

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
  all.emplace_back("nan_cells", asked.read.nan_is_missing ? "missing" : "refused");
  return all;
}

inline void print_profile(std::string_view title, const mr::profiler& of) {
  detail::heading(title);
  std::fputs(of.report().c_str(), stdout);
}

/// Trains on a table, judges the model, streams the holdout through it, and leaves everything in a folder.
inline void train_job(const options& asked) {
  output_folder out = or_stop(output_folder::open(asked.out), exit_code::no_output);
  const table data = detail::load_table(asked, asked.read);
  std::fputs(describe(data).c_str(), stdout);

  const row_split parts = or_stop(split_rows(data, asked.shares, asked.seed), exit_code::unusable_target);
  trained_model model{encoder::fit(data, parts.train),
                      network(1, {{1}}),
                      data.target.name,
                      data.target.positive,
                      data.target.negative,
                      0.5};
  if (model.encoding.columns().empty())
    throw stop{exit_code::unusable_target,
               data.name + " has no column to learn " + in_quotes(data.target.name) + " from"};
  const bound_encoder encode = or_stop(model.encoding.bind(data), exit_code::internal);
  model.net = make_network(encode.width(), asked.training);
  detail::heading("split     " + grouped(parts.train.size()) + " rows to train, " + grouped(parts.validation.size()) +
                  " to stop by, " + grouped(parts.holdout.size()) + " held out; seed " + std::to_string(asked.seed));
  std::printf("encode    %s as %s a row\n", counted(model.encoding.columns().size(), "column").c_str(),
              counted(encode.width(), "number").c_str());

  const settings_list settings = settings_of(asked, model, parts);
  production stack(out.audit_path(), {settings.begin(), settings.end()});
  std::printf("train     network %s, batches of %zu\n", shape_of(model.net).c_str(),
              batch_size_for(parts.train.size()));
  std::string training_chain;
  const training_record training = train(model.net, data, encode, parts, asked.training, training_chain,
                                         [&](auto chain) { return stack.around_training(std::move(chain)); });
  if (training.epochs.size() < asked.training.epochs)
    std::printf("          ended after epoch %zu of %zu: %zu without a better validation loss\n",
                training.epochs.size(), asked.training.epochs, asked.training.patience);
  std::printf("          %s steps in %s; kept epoch %zu, validation loss %s\n", grouped(training.steps).c_str(),
              duration(training.seconds * 1e9).c_str(), training.best + 1,
              fixed(training.epochs[training.best].validation_loss, 4).c_str());

  const matrix holdout_rows = encode_rows(encode, parts.holdout);
  const std::vector<int> holdout_labels = labels_of(data, parts.holdout);
  const judgement holdout =
      or_stop(judge(model.net, model.encoding, holdout_rows, holdout_labels, asked.seed), exit_code::training_failed);
  detail::heading("holdout   AUC " + fixed(holdout.auc, 4) + "   average precision " +
                  fixed(holdout.average_precision, 4) + "   log loss " + fixed(holdout.log_loss, 4) +
                  " (without a model " + fixed(holdout.base_log_loss, 4) + ")");
  std::printf("          accuracy %s   precision %s   recall %s   at threshold %s; calibration error %s\n",
              percent(holdout.confusion.accuracy()).c_str(), percent(holdout.confusion.precision()).c_str(),
              percent(holdout.confusion.recall()).c_str(), fixed(holdout.threshold, 2).c_str(),
              fixed(holdout.calibration_error, 4).c_str());
  detail::stop_if_interrupted("judging the model");

  std::vector<served_row> answers;
  std::string stream_chain;
  stream_record stream = serve(model, encode, data, parts.holdout, answers, stream_chain,
                               [&](auto chain) { return stack.around_serving(std::move(chain)); });
  const std::vector<float> in_one_batch = sigmoid(answer(model.net, holdout_rows));
  for (std::size_t i = 0; i < answers.size(); ++i)
    stream.largest_difference =
        std::fmax(stream.largest_difference, std::fabs(answers[i].probability - static_cast<double>(in_one_batch[i])));
  std::printf("stream    %s rows one by one, %s rows/s; %zu refused; at most %s from the same rows in one batch\n",
              grouped(stream.rows).c_str(), grouped(static_cast<std::uint64_t>(stream.rows_per_second)).c_str(),
              stream.refused, brief(stream.largest_difference).c_str());
  std::printf("          a row takes %s; %zu windows are in the report\n", detail::percentile_list(stream).c_str(),
              stream.windows.size());

  const double baseline = [&] {
    const std::vector<int> learnt = labels_of(data, parts.train);
    return std::accumulate(learnt.begin(), learnt.end(), 0.0) / static_cast<double>(learnt.size());
  }();
  const model_comparison comparison = compare_with_baseline(answers, holdout_labels, baseline, asked.seed);
  const mr::detect::table_drift_report drift = or_stop(drift_of_stream(data, parts), exit_code::internal);
  std::printf("          %s\n          %s\n", in_words(comparison).c_str(), drift.summary().c_str());

  stack.tell(holdout);
  print_profile("profile of a training step", stack.training_profile());
  print_profile("profile of a streamed row", stack.serving_profile());
  detail::heading("compression of the hidden layers' outputs");
  std::fputs(stack.compression().report().c_str(), stdout);
  stack.close();
  detail::stop_if_interrupted("writing the report");
  const event_profiles training_times = stack.training_profile().events();
  const event_profiles stream_times = stack.serving_profile().events();
  const report_input report{data,
                            training,
                            holdout,
                            stream,
                            training_times,
                            stream_times,
                            stack.compression(),
                            shape_of(model.net),
                            training_chain,
                            stream_chain,
                            detail::now_in_words(),
                            settings,
                            comparison,
                            drift};
  or_stop(out.stage(network_file_name, mr::train::to_bytes(model.net)), exit_code::no_output);
  or_stop(out.stage(encoder_file_name, encoder_json(model)), exit_code::no_output);
  or_stop(out.stage("metrics.prom", stack.prometheus()), exit_code::no_output);
  or_stop(out.stage("metrics.json", stack.json()), exit_code::no_output);
  or_stop(out.stage("report.html", report_page(report)), exit_code::no_output);
  or_stop(out.publish(), exit_code::no_output);
  detail::heading("in " + out.path() + "/" + (out.had_files() ? ", in the place of an earlier run's files" : ""));
  std::printf(
      "  report.html    what was found, in pictures\n"
      "  model.bin      the network; encoder.json says how a row becomes its input\n"
      "  audit.jsonl    every event of every step and every streamed row, %s\n"
      "  metrics.prom   for Prometheus; metrics.json the same as JSON\n",
      bytes(static_cast<double>(stack.audit_bytes())).c_str());
}

/// Lets an earlier run's model answer for every row of a table.
inline void use_job(const options& asked) {
  const trained_model model = or_stop(load_model(asked.use), exit_code::no_input);
  reading how = asked.read;
  for (const column_encoding& one : model.encoding.columns()) how.wanted.emplace_back(one.name, one.type);
  output_folder out = or_stop(output_folder::open(asked.out), exit_code::no_output);
  const table data = [&] {
    try {
      return detail::load_table(asked, how);
    } catch (stop& why) {
      if (why.code == exit_code::no_such_column)
        why.sentence += "; the model in " + asked.use + " learned " + in_quotes(model.target) + " from " +
                        counted(model.encoding.columns().size(), "column") + ", all of which the table must have";
      throw;
    }
  }();
  const bound_encoder encode = or_stop(model.encoding.bind(data), exit_code::internal);
  production stack(out.audit_path(), {{"input", asked.input}, {"model", asked.use}});

  std::vector<std::size_t> rows(data.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::vector<served_row> answers;
  std::string chain;
  const stream_record stream = serve(model, encode, data, rows, answers, chain,
                                     [&](auto bare) { return stack.around_serving(std::move(bare)); });
  std::string predictions = "row,line,probability,answer\n";
  std::size_t positives = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    positives += static_cast<std::size_t>(answers[i].positive);
    predictions += std::to_string(i + 1) + ',' + std::to_string(data.lines[i]) + ',' +
                   fixed(answers[i].probability, 6) + ',' +
                   csv::quoted(answers[i].positive ? model.positive : model.negative) + '\n';
  }
  std::printf("%s: %s rows, %s rows/s; %s of them %s = %s\n", data.name.c_str(), grouped(stream.rows).c_str(),
              grouped(static_cast<std::uint64_t>(stream.rows_per_second)).c_str(), grouped(positives).c_str(),
              clipped(model.target, 40).c_str(), clipped(model.positive, 40).c_str());
  stack.close();
  or_stop(out.stage("metrics.prom", stack.prometheus()), exit_code::no_output);
  or_stop(out.stage("metrics.json", stack.json()), exit_code::no_output);
  or_stop(out.stage("predictions.csv", predictions), exit_code::no_output);
  or_stop(out.publish(), exit_code::no_output);
  std::printf("in %s/: predictions.csv, audit.jsonl, metrics.prom, metrics.json%s\n", out.path().c_str(),
              out.had_files() ? ", in the place of an earlier run's" : "");
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP
