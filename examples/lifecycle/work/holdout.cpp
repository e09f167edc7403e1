#include "holdout.hpp"

#include "../format.hpp"
#include "../model/calibrate.hpp"
#include "../model/importance.hpp"
#include "../model/judge.hpp"
#include "../stop.hpp"
#include "judgements.hpp"
#include "terminal.hpp"

#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/measures.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <utility>

namespace lifecycle {

namespace {

/// Values of these rows' target.
std::vector<double> values_of(const table& data, const std::vector<std::size_t>& rows) {
  std::vector<double> values;
  for (const std::size_t row : rows) values.push_back(data.target.values[row]);
  return values;
}

/// What the importance of a column is measured by: the AUC of two classes, the log loss of more, or the RMSE.
holdout_measure measure_of(const table& data, const row_split& parts) {
  if (data.target.task == task_kind::number)
    return [values = values_of(data, parts.holdout)](std::span<const double> answers) {
      return mr::model::rmse(values, answers);
    };
  if (data.target.task == task_kind::binary)
    return [labels = labels_of(data, parts.holdout)](std::span<const double> answers) {
      return mr::model::roc_auc(labels, answers);
    };
  return [labels = labels_of(data, parts.holdout), classes = data.target.classes.size()](
             std::span<const double> answers) { return mr::model::log_loss(labels, answers, classes); };
}

void print(const calibration_record& of) {
  if (!of.trial.chosen) return;
  std::printf("          calibrated by %s on the rows to stop by: before that log loss %s, calibration error %s\n",
              std::string(title_of(*of.trial.chosen)).c_str(), fixed(of.before.log_loss, 4).c_str(),
              fixed(of.before.error, 4).c_str());
}

}  // namespace

/// How the model does on rows that it never saw.
holdout_findings judge(const options& asked, const trained_model& model, const table& data, const row_split& parts,
                       const feature_rows& rows, const calibration_trial& corrected) {
  const std::vector<double> answers = answers_of(*model.model, rows, model.scale);
  holdout_findings found;
  if (model.task.kind != task_kind::number)
    found.calibration = judge_calibration(*model.model, rows, labels_of(data, parts.holdout), corrected);
  if (model.task.kind == task_kind::number) {
    found.number = or_stop(judge_numbers(values_of(data, parts.holdout), answers), exit_code::training_failed);
    print("holdout", *found.number);
    found.importance_of = "RMSE gained";
  } else if (model.task.kind == task_kind::classes) {
    found.classes =
        or_stop(judge_classes(labels_of(data, parts.holdout), answers, model.task.classes), exit_code::training_failed);
    print("holdout", *found.classes);
    found.importance_of = "log loss gained";
  } else {
    found.binary = or_stop(judge(labels_of(data, parts.holdout), answers, asked.costs, model.threshold),
                           exit_code::training_failed);
    print("holdout", *found.binary);
    found.importance_of = "AUC lost";
  }
  if (found.calibration) print(*found.calibration);
  for (const std::string& leak : data.leaks) std::printf("          beware: %s\n", leak.c_str());
  detail::stop_if_interrupted("judging the model");
  found.importance =
      or_stop(importance(*model.model, model.encoding.places(reads_plain_columns(model.model->kind())), rows,
                         model.scale, measure_of(data, parts),
                         {.repeats = 3,
                          .wanted = model.task.kind == task_kind::binary ? mr::model::goal::high : mr::model::goal::low,
                          .seed = asked.seed}),
              exit_code::training_failed);
  return found;
}

/// How a linear model does on the same rows: what a model has to be better than. None where that is the model, or where
/// it was not compared. Source: Rendle et al., "On the difficulty of evaluating baselines", 2019, for why.
std::optional<reference_record> judge_reference(const workbench& at, const comparison_record& compared) {
  const auto linear =
      std::find_if(compared.candidates.begin(), compared.candidates.end(),
                   [](const candidate_record& one) { return one.kind == family::linear && one.compared(); });
  if (linear == compared.candidates.end() || compared.winner().kind == family::linear) return std::nullopt;
  mr::result<fitted_family> fitted = fit_family(at, family::linear, at.parts.train, "", nullptr);
  if (!fitted) return std::nullopt;
  const std::vector<double> answers =
      answers_of(*fitted->model, features_for(family::linear, at.encode, at.parts.holdout), at.scale);
  const task_kind task = at.data.target.task;
  reference_record found{std::string(title_of(family::linear, task)), 0, 0, 0};
  const auto failed = exit_code::training_failed;
  if (task == task_kind::number) {
    const auto judged = or_stop(judge_numbers(values_of(at.data, at.parts.holdout), answers), failed);
    found.figure = judged.r2;
    found.loss = judged.rmse;
    std::printf("          a %s has R2 %s, RMSE %s\n", found.name.c_str(), fixed(found.figure, 4).c_str(),
                brief(found.loss).c_str());
  } else if (task == task_kind::classes) {
    const auto judged =
        or_stop(judge_classes(labels_of(at.data, at.parts.holdout), answers, at.data.target.classes.size()), failed);
    found.figure = judged.confusion.accuracy();
    found.loss = judged.log_loss;
    std::printf("          a %s has accuracy %s, log loss %s\n", found.name.c_str(), percent(found.figure).c_str(),
                fixed(found.loss, 4).c_str());
  } else {
    const auto judged = or_stop(judge(labels_of(at.data, at.parts.holdout), answers, {}, 0.5), failed);
    found = {found.name, judged.auc, judged.average_precision, judged.log_loss};
    std::printf("          a %s has AUC %s, average precision %s, log loss %s\n", found.name.c_str(),
                fixed(found.figure, 4).c_str(), fixed(found.average_precision, 4).c_str(),
                fixed(found.loss, 4).c_str());
  }
  return found;
}

/// Why the rows with the highest answers got them; of classes, the surest row of each.
std::vector<row_reasons> explain(const trained_model& model, const table& data, const row_split& parts,
                                 const feature_rows& rows, const std::vector<double>& answers) {
  constexpr std::size_t most_rows = 5;
  constexpr std::size_t most_reasons = 4;
  const std::size_t width = model.task.outputs();
  const auto answer_of = [&](std::size_t i) { return std::span(answers).subspan(i * width, width); };
  const auto sureness = [&](std::size_t i) { return answer_of(i)[likeliest(answer_of(i))]; };
  std::vector<std::size_t> order(parts.holdout.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sureness(a) > sureness(b); });
  std::vector<row_reasons> found;
  std::vector<bool> shown(width, false);
  const auto places = model.encoding.places(reads_plain_columns(model.model->kind()));
  for (const std::size_t i : order) {
    const std::size_t output = likeliest(answer_of(i));
    if (width > 1 && shown[output]) continue;
    shown[output] = true;
    row_reasons one;
    one.line = data.lines[parts.holdout[i]];
    one.answer = width > 1 ? clipped(model.classes[output], 30) + ", " + percent(answer_of(i)[output])
                 : model.task.kind == task_kind::number ? brief(answer_of(i)[0])
                                                        : percent(answer_of(i)[0]);
    one.reasons = reasons_of(*model.model, places, rows.view().row(i), output, data, parts.holdout[i], most_reasons);
    if (one.reasons.empty()) break;
    found.push_back(std::move(one));
    if (found.size() == most_rows) break;
  }
  return found;
}

}  // namespace lifecycle
