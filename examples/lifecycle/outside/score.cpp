#include "score.hpp"

#include "../format.hpp"
#include "../model/judge.hpp"
#include "../stop.hpp"
#include "../work/judgements.hpp"
#include "../work/outputs.hpp"
#include "../work/predictions.hpp"
#include "../work/terminal.hpp"
#include "fit_columns.hpp"
#include "outside_model.hpp"

#include <millrace/core/clock.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

namespace {

/// Answers for the rows from `first` to `last`, at most `batch` at a time.
void answer(outside_model& model, std::span<const outside_cells> cells, std::size_t first, std::size_t last,
            std::size_t batch, std::span<double> out) {
  const std::size_t width = model.outputs();
  for (std::size_t i = first; i < last; i += batch) {
    const std::size_t count = (std::min)(batch, last - i);
    model.predict(cells, i, count, out.subspan(i * width, count * width));
  }
}

/// Nanoseconds a row, over a twentieth of a second of rows that the model has answered before: thousands of rows of
/// most models, and not long to wait for.
double time_of_row(outside_model& model, std::span<const outside_cells> cells, std::size_t rows, std::size_t batch,
                   std::span<double> out) {
  constexpr double long_enough = 5e7;
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  double spent = 0;
  std::size_t asked = 0;
  // In pieces, so that a slow model is not asked for much longer than that.
  const std::size_t piece = (std::max)(batch, std::size_t{256});
  for (std::size_t first = 0; spent < long_enough; first = first + piece < rows ? first + piece : 0) {
    const std::size_t last = (std::min)(first + piece, rows);
    answer(model, cells, first, last, batch, out);
    asked += last - first;
    spent = std::chrono::duration<double, std::nano>(clock::now() - begin).count();
  }
  return spent / static_cast<double>(asked);
}

/// Ends the job where an answer is no number: at the first such row, with what is missing in it.
void refuse_nan(const fitted_columns& from, std::span<const double> outputs, std::size_t width, const options& asked) {
  std::size_t bad = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < outputs.size(); i += width) {
    const auto row = outputs.subspan(i, width);
    if (std::all_of(row.begin(), row.end(), [](double x) { return std::isfinite(x); })) continue;
    if (bad++ == 0) first = i / width;
  }
  if (bad == 0) return;
  std::string missing;
  for (std::size_t j = 0; j < from.cells.size(); ++j)
    if (!from.cells[j].numbers.empty() && std::isnan(from.cells[j].numbers[first]))
      missing += (missing.empty() ? "" : ", ") + in_quotes(from.data.columns[j].name);
  std::string sentence =
      asked.input + ", line " + std::to_string(from.data.lines[first]) + ": the model's answer is NaN or infinite";
  if (bad > 1) sentence += " (" + counted(bad, "row") + " of " + grouped(from.data.rows()) + ")";
  if (!missing.empty()) sentence += "; " + missing + " is missing there, and the model cannot do without";
  throw stop{missing.empty() ? exit_code::unusable_model : exit_code::bad_cell, sentence};
}

/// Which of the model's outputs are of the target's classes, of two that of the positive one alone; and in words.
struct output_choice {
  std::vector<std::size_t> places;
  std::string how;
};

bool is_same_class(const std::string& one, const std::string& other) {
  if (one == other) return true;
  const parsed_cell a = parse_number(one);
  const parsed_cell b = parse_number(other);
  return a.kind == cell_kind::number && b.kind == cell_kind::number && a.number == b.number;
}

/// Before or behind, as libraries order classes: numbers by size, texts by their bytes.
bool is_before(const std::string& one, const std::string& other) {
  const parsed_cell a = parse_number(one);
  const parsed_cell b = parse_number(other);
  if (a.kind == cell_kind::number && b.kind == cell_kind::number) return a.number < b.number;
  return one < other;
}

[[noreturn]] void refuse_target(const options& asked, const target_column& target, const std::string& why) {
  throw stop{exit_code::unusable_target, "the target " + in_quotes(target.name) + " of " + asked.input +
                                             " does not go with " + asked.model_file + ": " + why};
}

output_choice choose_outputs(const options& asked, const outside_model& model, const target_column& target) {
  const std::size_t width = model.outputs();
  const std::optional<bool> classes = model.answers_with_classes();
  if (target.task == task_kind::number) {
    if (classes.value_or(false) || width != 1)
      refuse_target(
          asked, target,
          "the model answers with " + (classes.value_or(true) ? std::string("classes") : counted(width, "number")) +
              ", and the target holds amounts" +
              (classes.value_or(false) ? "; if they are classes, --task classes or --positive VALUE says so" : ""));
    return {{0}, ""};
  }
  if (!classes.value_or(true))
    refuse_target(asked, target,
                  "the model answers with numbers, and the target holds classes" +
                      std::string(target.task == task_kind::binary || target.classes.size() > 2
                                      ? "; if they are amounts, --task number says so"
                                      : ""));
  const std::vector<std::string> names = model.class_names();
  const auto place_of = [&](const std::string& name) {
    return static_cast<std::size_t>(
        std::find_if(names.begin(), names.end(), [&](const std::string& one) { return is_same_class(one, name); }) -
        names.begin());
  };
  if (target.task == task_kind::binary) {
    const std::string says = target.name + " = " + target.positive;
    if (width == 1) return {{0}, "its output is taken for the probability of " + says};
    if (const std::size_t at = place_of(target.positive); at < names.size())
      return {{at}, "its class " + in_quotes(names[at]) + " is " + says};
    if (width != 2)
      refuse_target(asked, target,
                    "the model tells " + counted(width, "class") + " apart" +
                        (names.empty() ? "" : ", none of them " + in_quotes(target.positive)) +
                        ", and the target has two");
    const bool is_first = is_before(target.positive, target.negative);
    return {{is_first ? std::size_t{0} : std::size_t{1}},
            std::string("its ") + (is_first ? "first" : "second") + " output is taken for the probability of " + says +
                ", as libraries order classes"};
  }
  output_choice made;
  for (const std::string& one : target.classes) made.places.push_back(place_of(one));
  if (width == target.classes.size() && !names.empty() &&
      std::all_of(made.places.begin(), made.places.end(), [&](std::size_t at) { return at < names.size(); })) {
    made.how = "its classes are the target's, by name";
    return made;
  }
  if (width != target.classes.size())
    refuse_target(asked, target,
                  "the model tells " + counted(width, "class") + " apart, and the target has " +
                      std::to_string(target.classes.size()));
  for (std::size_t k = 0; k < width; ++k) made.places[k] = k;
  made.how = "its outputs are taken for the target's classes in their order";
  return made;
}

/// The chosen outputs. Ends the job where classes have numbers that are no probabilities.
std::vector<double> chosen(const options& asked, const fitted_columns& from, std::span<const double> outputs,
                           std::size_t width, const output_choice& choice) {
  std::vector<double> made;
  const bool classes = from.data.target.task != task_kind::number;
  for (std::size_t row = 0; row < from.data.rows(); ++row)
    for (const std::size_t at : choice.places) {
      const double x = outputs[row * width + at];
      constexpr double slack = 1e-5;  // of floats that were added up
      if (classes && !(x >= -slack && x <= 1 + slack))
        refuse_target(asked, from.data.target,
                      "the model answers " + brief(x) + " for line " + std::to_string(from.data.lines[row]) +
                          ", which is no probability: it predicts numbers, or scores before they become probabilities");
      made.push_back(classes ? std::clamp(x, 0.0, 1.0) : x);
    }
  return made;
}

/// The answers as they are written: of two classes by the threshold, of several the likeliest.
std::vector<served_row> served_rows(const std::vector<double>& answers, const target_column& target, double threshold) {
  std::vector<served_row> made;
  const std::size_t width = target.task == task_kind::classes ? target.classes.size() : 1;
  for (std::size_t i = 0; i < answers.size(); i += width) {
    const std::size_t best = likeliest(std::span(answers).subspan(i, width));
    const std::size_t answer = target.task == task_kind::binary ? (answers[i] >= threshold ? 1 : 0) : best;
    made.push_back({answers[i + (width > 1 ? best : 0)], answer});
  }
  return made;
}

void judge_and_print(const options& asked, const table& data, std::vector<double> answers) {
  std::vector<std::size_t> rows(data.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  const auto failed = exit_code::unusable_target;
  if (data.target.task == task_kind::number)
    print("all rows", or_stop(judge_numbers(data.target.values, std::move(answers)), failed));
  else if (data.target.task == task_kind::classes)
    print("all rows", or_stop(judge_classes(labels_of(data, rows), answers, data.target.classes.size()), failed));
  else
    print("all rows", or_stop(judge(labels_of(data, rows), answers, asked.costs, asked.costs.threshold()), failed));
}

/// Every output of every row, where no target says what they mean.
std::string outputs_csv(const table& data, std::span<const double> outputs, const outside_model& model) {
  const std::size_t width = model.outputs();
  const std::vector<std::string> names = model.class_names();
  std::string text = "row,line";
  for (std::size_t k = 0; k < width; ++k)
    text += ',' + (names.size() == width ? detail::csv_cell(names[k])
                   : width == 1          ? std::string("answer")
                                         : "output " + std::to_string(k + 1));
  text += '\n';
  for (std::size_t i = 0; i < data.rows(); ++i) {
    text += std::to_string(i + 1) + ',' + std::to_string(data.lines[i]);
    for (std::size_t k = 0; k < width; ++k) text += ',' + shortest(outputs[i * width + k]);
    text += '\n';
  }
  return text;
}

/// Which end a model's file that cannot be used leads to: it is not read, or it is no model for this job.
exit_code model_exit_code(const mr::error& why) {
  switch (why.code()) {
    case mr::errc::not_found:
    case mr::errc::permission_denied:
    case mr::errc::invalid_argument:
    case mr::errc::io: return exit_code::no_input;
    default: return exit_code::unusable_model;
  }
}

void print_speed(outside_model& model, const fitted_columns& from, std::span<double> scratch) {
  const std::size_t rows = from.data.rows();
  const double one = time_of_row(model, from.cells, rows, 1, scratch);
  std::string text = "speed     ";
  if (model.batch() > 1) {
    const double many = time_of_row(model, from.cells, rows, model.batch(), scratch);
    text += "in batches of " + grouped((std::min)(model.batch(), rows)) + " " +
            grouped(static_cast<std::uint64_t>(1e9 / many)) + " rows/s, " + duration(many) + " a row; ";
  }
  detail::heading(text + "one row at a time " + grouped(static_cast<std::uint64_t>(1e9 / one)) + " rows/s, " +
                  duration(one) + " a row");
  detail::stop_if_interrupted("measuring the model's speed");
}

}  // namespace

void score_job(const options& asked) {
  mr::result<outside_ptr> loaded = load_outside_model(asked.model_file);
  if (!loaded) throw stop{model_exit_code(loaded.error()), "--model-file: " + loaded.error().describe()};
  outside_model& model = **loaded;
  output_folder out = or_stop(output_folder::open(asked.out), exit_code::no_output);
  std::printf("model     %s: %s\n", asked.model_file.c_str(), model.title().c_str());
  const fitted_columns from = fit_columns(asked, model);
  if (auto ready = model.prepare(from.cells.size()); !ready)
    throw stop{exit_code::unusable_model, "--model-file: " + asked.model_file + ": " + ready.error().describe()};
  std::printf("rows      %s of %s\ncolumns   %s\n", grouped(from.data.rows()).c_str(), from.data.name.c_str(),
              from.how.c_str());
  for (const std::vector<std::string>* notes : {&from.data.notes, &from.notes})
    for (const std::string& note : *notes) std::printf("  note: %s\n", note.c_str());

  const target_column& target = from.data.target;
  output_choice choice;
  if (!target.name.empty()) choice = choose_outputs(asked, model, target);
  std::vector<double> outputs(from.data.rows() * model.outputs());
  answer(model, from.cells, 0, from.data.rows(), model.batch(), outputs);
  refuse_nan(from, outputs, model.outputs(), asked);
  std::string predictions;
  if (target.name.empty()) {
    predictions = outputs_csv(from.data, outputs, model);
    std::printf("answers   %s a row; --target would say how good they are\n",
                counted(model.outputs(), "number").c_str());
  } else {
    if (!choice.how.empty()) std::printf("answers   %s\n", choice.how.c_str());
    std::vector<double> answers = chosen(asked, from, outputs, model.outputs(), choice);
    const asked_target about{target.name, target.task, target.classes};
    predictions = predictions_csv(about, from.data, served_rows(answers, target, asked.costs.threshold()));
    judge_and_print(asked, from.data, std::move(answers));
  }
  print_speed(model, from, outputs);
  or_stop(out.stage("predictions.csv", predictions), exit_code::no_output);
  or_stop(out.publish_staged(), exit_code::no_output);
  std::printf("in %s/: predictions.csv\n", out.path().c_str());
}

}  // namespace lifecycle
