#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_JUDGE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_JUDGE_HPP

#include "../data/table.hpp"
#include "decisions.hpp"
#include "features.hpp"
#include "findings.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/confusion_matrix.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/validation/intervals.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// How good answers are, for rows that the model did not learn from. Errors: what the answers make impossible, such as
/// NaN.
namespace lifecycle {

namespace detail {

/// Ends where a figure could not be computed, or puts it in its place.
class figure_taker {
 public:
  template <class T>
  void operator()(T& place, mr::result<T> figure) {
    if (figure)
      place = *std::move(figure);
    else if (!failed_)
      failed_ = std::move(figure).error();
  }
  const std::optional<mr::error>& failed() const noexcept { return failed_; }

 private:
  std::optional<mr::error> failed_;
};

/// Which probability rows got, by class.
inline void count_probabilities(judgement& made, const std::vector<int>& labels,
                                const std::vector<double>& probabilities) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto part = static_cast<std::size_t>(probabilities[i] * static_cast<double>(judgement::histogram_parts));
    ++made.histogram[static_cast<std::size_t>(labels[i])][(std::min)(part, judgement::histogram_parts - 1)];
  }
}

inline std::vector<int> said_positive(const std::vector<double>& probabilities, double threshold) {
  std::vector<int> said;
  for (const double p : probabilities) said.push_back(p >= threshold ? 1 : 0);
  return said;
}

}  // namespace detail

/// Two classes. `probabilities`: of class 1.
inline mr::result<judgement> judge(const std::vector<int>& labels, const std::vector<double>& probabilities,
                                   const mistake_costs& costs, double threshold) {
  judgement made;
  made.rows = labels.size();
  made.positives = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), 1));
  made.costs = costs;
  made.threshold = threshold;
  const std::vector<int> said = detail::said_positive(probabilities, threshold);
  mr::model::measured_auc auc;
  mr::model::measured accuracy;
  detail::figure_taker take;
  take(auc, mr::model::roc_auc_interval(labels, probabilities));
  take(accuracy, mr::model::accuracy_interval(labels, said));
  take(made.confusion, mr::model::count_confusion(labels, said));
  take(made.average_precision, mr::model::average_precision(labels, probabilities));
  take(made.roc, mr::model::roc_curve(labels, probabilities));
  take(made.precision_recall, mr::model::precision_recall_curve(labels, probabilities));
  take(made.log_loss, mr::model::log_loss(labels, probabilities));
  take(made.base_log_loss, mr::model::log_loss(labels, std::vector<double>(labels.size(), made.positive_share())));
  take(made.brier, mr::model::brier_score(labels, probabilities));
  take(made.calibration, mr::model::calibration_curve(labels, probabilities));
  if (take.failed()) return *take.failed();
  made.auc = auc.value;
  made.auc_within = auc.interval;
  made.accuracy_within = accuracy.interval;
  made.calibration_error = mr::model::expected_calibration_error(made.calibration);
  detail::count_probabilities(made, labels, probabilities);
  const ranked_rows ranked(labels, probabilities);
  for (int i = 0; i <= 100; ++i) {
    made.decisions.push_back(ranked.at(i / 100.0));
    made.gains.push_back(ranked.of_first(i / 100.0));
  }
  return made;
}

/// Several classes. `probabilities`: of every class, row after row.
inline mr::result<class_judgement> judge_classes(const std::vector<int>& labels,
                                                 const std::vector<double>& probabilities, std::size_t classes) {
  std::vector<int> said;
  std::vector<double> shares(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    said.push_back(static_cast<int>(likeliest(std::span(probabilities).subspan(i * classes, classes))));
    shares[static_cast<std::size_t>(labels[i])] += 1.0 / static_cast<double>(labels.size());
  }
  std::vector<double> always;
  for (std::size_t i = 0; i < labels.size(); ++i) always.insert(always.end(), shares.begin(), shares.end());
  class_judgement made;
  made.rows = labels.size();
  made.base_accuracy = *std::max_element(shares.begin(), shares.end());
  mr::model::measured accuracy;
  detail::figure_taker take;
  take(made.log_loss, mr::model::log_loss(labels, probabilities, classes));
  take(made.base_log_loss, mr::model::log_loss(labels, always, classes));
  take(accuracy, mr::model::accuracy_interval(labels, said));
  take(made.confusion, mr::model::count_confusion(labels, said, classes));
  if (take.failed()) return *take.failed();
  made.accuracy_within = accuracy.interval;
  return made;
}

/// Numbers.
inline mr::result<number_judgement> judge_numbers(std::vector<double> values, std::vector<double> answers) {
  number_judgement made;
  made.rows = values.size();
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  std::vector<double> off;
  for (std::size_t i = 0; i < values.size(); ++i) off.push_back(std::fabs(values[i] - answers[i]));
  mr::model::measured error;
  detail::figure_taker take;
  take(made.rmse, mr::model::rmse(values, answers));
  take(made.r2, mr::model::r2(values, answers));
  take(made.base_rmse, mr::model::rmse(values, std::vector<double>(values.size(), mean)));
  take(error, mr::model::mean_interval(off, {.resamples = 1000}));
  if (take.failed()) return *take.failed();
  made.mae = error.value;
  made.mae_within = error.interval;
  made.values = std::move(values);
  made.answers = std::move(answers);
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_JUDGE_HPP
