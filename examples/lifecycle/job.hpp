#ifndef MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP

#include "data/describe.hpp"
#include "data/split.hpp"
#include "families/family.hpp"
#include "model/calibrate.hpp"
#include "model/candidates.hpp"
#include "model/encode.hpp"
#include "model/features.hpp"
#include "model/findings.hpp"
#include "model/model_files.hpp"
#include "model/model_graph.hpp"
#include "options.hpp"
#include "outside/export.hpp"
#include "page/report.hpp"
#include "stop.hpp"
#include "work/compare.hpp"
#include "work/holdout.hpp"
#include "work/load.hpp"
#include "work/outputs.hpp"
#include "work/predictions.hpp"
#include "work/production.hpp"
#include "work/release.hpp"
#include "work/run_history.hpp"
#include "work/run_store.hpp"
#include "work/run_trail.hpp"
#include "work/serve.hpp"
#include "work/terminal.hpp"
#include "work/unfamiliar.hpp"

#include <millrace/core/clock.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/core/timestamp.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The job, step by step: each takes what the earlier ones returned, says on the terminal what it did, and returns its
/// record. Whatever goes wrong is thrown as `stop`.
namespace lifecycle {

using settings_list = std::vector<std::pair<std::string, std::string>>;

namespace detail {

/// 2025-01-21 14:30 UTC.
inline std::string now_in_words() {
  std::string time = mr::to_iso8601(mr::unix_nanoseconds());
  time.resize(16);
  time[10] = ' ';
  return time + " UTC";
}

inline std::string whole(double value) { return grouped(static_cast<std::uint64_t>(value)); }

}  // namespace detail

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
  std::printf("encode    %s as %s a row for linear models and networks, as they are for trees\n",
              counted(encoding.columns().size(), "column").c_str(), counted(encoding.width(), "number").c_str());
  return {std::move(encoding),
          nullptr,
          task_of(data),
          data.target.name,
          data.target.classes,
          asked.costs.threshold(),
          target_scale::of(data, parts.train)};
}

/// What one would need to make this run again: for the audit log's first line and the report.
inline settings_list settings_of(const options& asked, const trained_model& model, const row_split& parts) {
  const training_options& how = asked.training;
  settings_list all{{"input", asked.input.empty() ? "made-up payments" : asked.input}};
  if (asked.input.empty()) all.emplace_back("rows", std::to_string(asked.rows));
  all.emplace_back("target", model.target);
  all.emplace_back("task", to_string(model.task.kind));
  if (model.task.kind == task_kind::binary) all.emplace_back("positive", model.classes[1]);
  all.emplace_back("seed", std::to_string(asked.seed));
  all.emplace_back("split", grouped(parts.train.size()) + " train, " + grouped(parts.validation.size()) +
                                " validation, " + grouped(parts.holdout.size()) + " holdout");
  std::string ignored;
  for (const std::string& name : asked.read.ignored) ignored += (ignored.empty() ? "" : ", ") + name;
  if (!ignored.empty()) all.emplace_back("ignored", ignored);
  all.emplace_back("models", asked.only ? std::string(to_string(*asked.only)) : "the best of all");
  all.emplace_back("budget", brief(asked.budget) + " s");
  all.emplace_back("network", shape_text(model.encoding.width(), how, model.task.outputs()));
  all.emplace_back("batch_size", std::to_string(batch_size_for(parts.train.size())));
  all.emplace_back("epochs", std::to_string(how.epochs) + " at most, " + std::to_string(how.patience) +
                                 " without a better validation loss");
  all.emplace_back("optimizer", "adamw, weight decay " + brief(how.weight_decay));
  all.emplace_back("learning_rate", brief(how.learning_rate) + ", cosine");
  if (model.task.kind == task_kind::binary)
    all.emplace_back("costs",
                     brief(asked.costs.false_alarm) + " a false alarm, " + brief(asked.costs.miss) + " a miss");
  all.emplace_back("nan_cells",
                   asked.read.file.not_finite == mr::feature::not_finite_cells::missing ? "missing" : "refused");
  return all;
}

/// Compares the families of models, or takes the one that was asked for.
inline comparison_record compare(const options& asked, const workbench& at, std::optional<training_record>& training) {
  std::vector<family> families(all_families.begin(), all_families.end());
  if (asked.only) families = {*asked.only};
  detail::heading(
      asked.only ? "model     " + std::string(title_of(*asked.only, at.data.target.task)) + ", as --model asks"
                 : "models    by cross-validation on " + grouped((std::min)(at.parts.train.size(), most_fold_rows)) +
                       " rows in " + std::to_string(fold_count) + " folds, for at most " + brief(asked.budget) + " s");
  comparison_record found = try_candidates(at, families, time_budget(asked.budget), stdout, training);
  if (!asked.only)
    std::printf("  the best: %s, after %s\n", std::string(title_of(found.winner().kind, at.data.target.task)).c_str(),
                duration(found.seconds * 1e9).c_str());
  return found;
}

/// Fits the best family to all training rows.
inline model_ptr fit_winner(const workbench& at, family kind, std::optional<training_record>& training) {
  std::printf("train     %s on %s\n", std::string(title_of(kind, at.data.target.task)).c_str(),
              counted(at.parts.train.size(), "row").c_str());
  std::fflush(stdout);
  const time_budget clock(0);
  fitted_family fitted =
      or_stop(fit_family(at, kind, at.parts.train, "all training rows", stdout), exit_code::training_failed);
  std::printf("          %s in %s\n", fitted.model->shape().c_str(), duration(clock.spent() * 1e9).c_str());
  if (fitted.training) {
    const training_record& record = *fitted.training;
    if (record.epochs.size() < at.how.epochs)
      std::printf("          ended after epoch %zu of %zu: %zu without a better validation loss\n",
                  record.epochs.size(), at.how.epochs, at.how.patience);
    std::printf("          %s steps; kept epoch %zu, validation loss %s\n", grouped(record.steps).c_str(),
                record.best + 1, fixed(record.epochs[record.best].validation_loss, 4).c_str());
    training = record;
  }
  detail::stop_if_interrupted("training");
  return std::move(fitted.model);
}

/// What was seen while the model was at work.
struct stream_findings {
  stream_record record;
  model_comparison comparison;
  mr::detect::table_drift_report drift;
};

/// Streams the rows held out through the model, one by one, beside a baseline and under the eyes of drift detectors.
/// `in_one_batch`: what it answered for them all at once.
inline stream_findings stream(const options& asked, const trained_model& model, const bound_encoder& encode,
                              const table& data, const row_split& parts, const std::vector<double>& in_one_batch,
                              production& stack) {
  served all = serve(model, encode, data, parts.holdout, stack);
  stream_record& record = all.record;
  for (std::size_t i = 0; i < all.outputs.size(); ++i)
    record.largest_difference = std::fmax(record.largest_difference, std::fabs(all.outputs[i] - in_one_batch[i]));
  std::printf("stream    %s rows one by one, %s rows/s; %zu refused; at most %s from the same rows in one batch\n",
              grouped(record.rows).c_str(), detail::whole(record.rows_per_second).c_str(), record.refused,
              brief(record.largest_difference).c_str());
  std::printf("          a row takes %s; %zu windows are in the report\n", percentile_list(record.times).c_str(),
              record.times.windows.size());
  stream_findings found{std::move(record), compare_with_baseline(data, parts, all.outputs, model.scale, asked.seed),
                        or_stop(drift_of_stream(data, parts), exit_code::internal)};
  std::printf("          %s\n          %s\n", in_words(found.comparison).c_str(), found.drift.summary().c_str());
  return found;
}

namespace detail {

inline void print_profiles(const production& stack, const std::optional<training_record>& training) {
  if (training) {
    heading("profile of a training step");
    std::fputs(stack.training_profile().report().c_str(), stdout);
  }
  heading("profile of a streamed row");
  std::fputs(stack.serving_profile().report().c_str(), stdout);
  if (!training) return;
  heading("compression of the hidden layers' outputs");
  std::fputs(training->compression.report().c_str(), stdout);
}

inline void stage(output_folder& out, std::string_view name, std::string_view content) {
  or_stop(out.stage(name, content), exit_code::no_output);
}

inline void stage_all(output_folder& out, std::span<const kept_file> files) {
  for (const kept_file& each : files) stage(out, each.name, each.content);
}

inline std::string hash_of(std::string_view content) {
  return to_string(mr::sha256_of(std::as_bytes(std::span(content))));
}

/// healthy, or what is not.
inline std::string in_words(const mr::observe::health_report& of) {
  std::string text(to_string(of.status));
  for (const mr::observe::checked_health& one : of.checks)
    text += (&one == &of.checks.front() ? ": " : ", ") + one.name +
            (one.found.message.empty() ? "" : " (" + one.found.message + ")");
  return text;
}

/// What a table is called in the trail.
inline std::string object_of(const table& data) { return "table/" + data.name; }
inline run_trail::facts shape_of(const table& data) {
  return {{"rows", std::to_string(data.rows())}, {"columns", std::to_string(data.columns.size())}};
}

}  // namespace detail

/// The model's files, each under its name; of the ONNX file nothing, where the model has none.
struct model_content {
  std::string model;
  std::string encoder;
  const export_record& onnx;

  std::vector<kept_file> files() const {
    std::vector<kept_file> all{{model_file_name, model}, {encoder_file_name, encoder}};
    if (onnx.refused.empty()) all.push_back({onnx_file_name, onnx.file});
    return all;
  }
};

/// What was done with the model at requests, and why, for the trail.
inline void tell_release(run_trail& trail, const std::string& object, const release_record& of) {
  for (const release_change& each : of.changes)
    trail.tell(each.phase == "rolled_back" ? mr::observe::audit_kinds::model_rolled_back
                                           : mr::observe::audit_kinds::model_deployed,
               object,
               {{"phase", each.phase},
                {"share", percent(each.share, 0)},
                {"cause", each.cause},
                {"requests", std::to_string(each.requests)}});
  trail.tell(run_kinds::release_judged, object,
             {{"verdict", std::string(name(of.verdict.verdict))}, {"evidence", in_words(of)}});
}

/// Puts the run's files in place, all of them or none, and those of the run in the store.
inline void publish(output_folder& out, const trained_model& model, const model_content& made, const production& stack,
                    const run_history& history, const release_record& released, const std::string& report,
                    run_store& store, run_trail& trail) {
  const std::vector<kept_file> files = made.files();
  const std::string metrics = stack.json();
  detail::stage_all(out, files);
  if (!made.onnx.refused.empty()) out.leave_out(onnx_file_name);
  detail::stage_all(out, std::vector<kept_file>{{"metrics.prom", stack.prometheus()},
                                                {"metrics.json", metrics},
                                                {"dashboard.json", stack.dashboard()},
                                                {"alerts.yml", stack.alerts()},
                                                {"report.html", report}});
  or_stop(out.publish(), exit_code::no_output);
  store.end(std::vector<kept_file>{{"report.html", report}, {"metrics.json", metrics}});
  run_trail::facts facts{{"model_sha256", detail::hash_of(made.model)},
                         {"encoder_sha256", detail::hash_of(made.encoder)}};
  if (made.onnx.refused.empty()) facts.push_back({"onnx_sha256", detail::hash_of(made.onnx.file)});
  if (!history.store.empty()) facts.push_back({"version", std::to_string(history.runs.front().version)});
  trail.tell(mr::observe::audit_kinds::model_registered, "model/" + model.target, facts);
  tell_release(trail, "model/" + model.target, released);
  const std::string proof = trail.close();
  detail::heading("in " + out.path() + "/" + (out.had_files() ? ", in the place of an earlier run's files" : ""));
  std::printf(
      "  report.html    what was found, in pictures\n"
      "  model.bin      the model; encoder.json says how a row becomes its input\n"
      "%s"
      "  audit.jsonl    every event of every step and every streamed row, %s\n"
      "  trail/         what happened to the model, as evidence: %s\n"
      "  metrics.prom   for Prometheus; metrics.json the same as JSON\n"
      "  alerts.yml     Prometheus' rules for them; dashboard.json for Grafana\n",
      made.onnx.refused.empty() ? "  model.onnx     both for other engines\n" : "",
      bytes(static_cast<double>(stack.audit_bytes())).c_str(), proof.c_str());
}

/// What a run of training works with.
struct training_run {
  const options& asked;
  output_folder& out;
  const table& data;
  const row_split& parts;
  const bound_encoder& encode;
  const settings_list& settings;
  production& stack;
  run_trail& trail;
  run_store& store;
};

/// How good the model is, for the trail: the first figures that its task is judged by.
inline run_trail::facts facts_of(const holdout_findings& holdout) {
  if (holdout.number) return {{"r2", fixed(holdout.number->r2, 6)}, {"rmse", brief(holdout.number->rmse)}};
  if (holdout.classes)
    return {{"accuracy", fixed(holdout.classes->confusion.accuracy(), 6)},
            {"log_loss", fixed(holdout.classes->log_loss, 6)}};
  return {{"auc", fixed(holdout.binary->auc, 6)}, {"log_loss", fixed(holdout.binary->log_loss, 6)}};
}

/// Lets the model at requests beside the version before it, or the baseline, and keeps in the store what came of it.
inline release_record release_beside(const training_run& run, const trained_model& model,
                                     const std::vector<double>& answers, const run_history& history) {
  const auto& [asked, out, data, parts, encode, settings, stack, trail, store] = run;
  const bool has_rival = history.against && history.against->why_not.empty();
  const std::vector<double> before =
      has_rival ? history.against->answers : baseline_answers(data, parts.train, model.scale, parts.holdout.size());
  const std::vector<double> stable_errors = squared_errors(data, parts.holdout, before, model.scale);
  const std::vector<double> errors = squared_errors(data, parts.holdout, answers, model.scale);
  release_record made =
      release({has_rival ? "version " + std::to_string(history.against->version) + ", " + history.against->which
                         : "the baseline",
               before, answers, stable_errors, errors, model.task.kind == task_kind::number, asked.fault, asked.seed});
  print(made);
  store.add(made);
  return made;
}

/// Fits models, judges the best, streams the holdout through it, and leaves everything in the folder.
inline void learn(const training_run& run, trained_model& model) {
  const auto& [asked, out, data, parts, encode, settings, stack, trail, store] = run;
  const std::string object = "model/" + model.target;
  const workbench bench{data, model.encoding, encode, parts, model.scale, asked.training, stack};
  std::optional<training_record> training;
  const comparison_record compared = compare(asked, bench, training);
  model.model = fit_winner(bench, compared.winner().kind, training);
  trail.tell(run_kinds::model_fitted, object,
             {{"family", std::string(title_of(compared.winner().kind, model.task.kind))},
              {"shape", model.model->shape()},
              {"seed", std::to_string(asked.seed)}});
  calibration_trial corrected;
  if (model.task.kind != task_kind::number) {
    calibration made = calibrate(std::move(model.model), data,
                                 features_for(compared.winner().kind, encode, parts.validation), parts.validation);
    model.model = std::move(made.model);
    corrected = made.trial;
  }
  const feature_rows rows = features_for(model.model->kind(), encode, parts.holdout);
  const holdout_findings holdout = judge(asked, model, data, parts, rows, corrected);
  trail.tell(run_kinds::model_judged, object, facts_of(holdout));
  const std::optional<reference_record> reference = judge_reference(bench, compared);
  const std::vector<double> answers = answers_of(*model.model, rows, model.scale);
  const std::vector<row_reasons> reasons = explain(model, data, parts, rows, answers);
  const stream_findings streamed = stream(asked, model, encode, data, parts, answers, stack);

  const export_record onnx = export_model(model, data, encode);
  std::printf("onnx      %s\n", in_words(onnx, model.task.kind).c_str());

  stack.tell(holdout);
  const mr::observe::health_report health = stack.examine(out.path(), trail);
  std::printf("health    %s\n", detail::in_words(health).c_str());
  detail::print_profiles(stack, training);
  stack.close();
  detail::stop_if_interrupted("writing the report");
  const model_content made{model_bytes(*model.model), encoder_json(model), onnx};
  const run_history history =
      store.add({data, parts, model, answers, compared, training, holdout, streamed.record}, made.files());
  print(history);
  const release_record released = release_beside(run, model, answers, history);
  const event_profiles training_times = stack.training_profile().events();
  const event_profiles stream_times = stack.serving_profile().events();
  const report_input report{data,
                            compared,
                            training,
                            holdout,
                            streamed.record,
                            training_times,
                            stream_times,
                            model.model->shape(),
                            detail::now_in_words(),
                            settings,
                            reference,
                            reasons,
                            streamed.comparison,
                            streamed.drift,
                            health,
                            trail.evidence(),
                            in_words(onnx, model.task.kind),
                            history,
                            released};
  publish(out, model, made, stack, history, released, report_page(report), store, trail);
}

/// Fits models to a table and leaves the best one, and what it is worth, in a folder.
inline void train_job(const options& asked) {
  output_folder out = or_stop(output_folder::open(asked.out), exit_code::no_output);
  run_store store(asked);
  const table data = load(asked, asked.read);
  std::fputs(describe(data).c_str(), stdout);
  const row_split parts = split(asked, data);
  trained_model model = begin_model(asked, data, parts);
  const bound_encoder encode = or_stop(model.encoding.bind(data), exit_code::internal);
  const settings_list settings = settings_of(asked, model, parts);
  production stack(out.audit_path(), {settings.begin(), settings.end()});
  run_trail trail(out.trail_path());
  trail.tell(mr::observe::audit_kinds::data_accessed, detail::object_of(data), detail::shape_of(data));
  store.begin(model.target, data.name, settings);
  store.watch([&] {
    trail.watch("model/" + model.target,
                [&] { learn({asked, out, data, parts, encode, settings, stack, trail, store}, model); });
  });
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
  run_trail trail(out.trail_path());
  trail.tell(mr::observe::audit_kinds::data_accessed, detail::object_of(data), detail::shape_of(data));
  trail.watch("model/" + model.target, [&] {
    std::vector<std::size_t> rows(data.rows());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const served all = serve(model, encode, data, rows, stack);
    const asked_target about{model.target, model.task.kind, model.classes};
    std::printf("%s: %s rows, %s rows/s; %s\n", data.name.c_str(), grouped(all.record.rows).c_str(),
                detail::whole(all.record.rows_per_second).c_str(), answers_in_words(about, all.answers).c_str());
    stack.close();
    const std::string predictions = predictions_csv(about, data, all.answers);
    detail::stage(out, "metrics.prom", stack.prometheus());
    detail::stage(out, "metrics.json", stack.json());
    detail::stage(out, "predictions.csv", predictions);
    or_stop(out.publish(), exit_code::no_output);
    trail.tell(run_kinds::predictions_written, "model/" + model.target,
               {{"model", asked.use}, {"predictions_sha256", detail::hash_of(predictions)}});
    const std::string proof = trail.close();
    std::printf("in %s/: predictions.csv, audit.jsonl, metrics.prom, metrics.json%s\n  trail/: %s\n",
                out.path().c_str(), out.had_files() ? ", in the place of an earlier run's" : "", proof.c_str());
  });
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_JOB_HPP
