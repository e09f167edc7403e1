#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_JUDGE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_JUDGE_HPP

#include "../data/table.hpp"
#include "decisions.hpp"
#include "encode.hpp"
#include "findings.hpp"
#include "intervals.hpp"
#include "learn.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/evaluation.hpp>
#include <millrace/model/evaluation/confusion_matrix.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

/// AUC lost on these rows when the cells of one column are dealt out anew among them, for every column; the most first.
/// Source: Breiman, "Random forests", Machine Learning 45, 2001, section 10.
inline std::vector<std::pair<std::string, double>> importance(const network& net, const encoder& encoding, matrix rows,
                                                              const std::vector<int>& labels, double auc,
                                                              std::uint64_t seed) {
  std::vector<std::pair<std::string, double>> lost;
  mr::random_engine random(seed);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(rows.rows()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  Eigen::Index first = 0;
  for (const column_encoding& column : encoding.columns()) {
    const auto width = static_cast<Eigen::Index>(column.width());
    const matrix kept = rows.middleCols(first, width);
    random.shuffle(order);
    for (Eigen::Index i = 0; i < rows.rows(); ++i)
      rows.row(i).segment(first, width) = kept.row(order[static_cast<std::size_t>(i)]);
    lost.emplace_back(column.name, auc - mr::model::roc_auc(labels, answer(net, rows)).value_or(auc));
    rows.middleCols(first, width) = kept;
    first += width;
  }
  std::stable_sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return lost;
}

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

/// Counts rows by class: what the threshold makes of them, and which probability they got.
inline mr::result<void> count_rows(judgement& made, const std::vector<int>& labels,
                                   const std::vector<float>& probabilities) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const int said = static_cast<double>(probabilities[i]) >= made.threshold ? 1 : 0;
    if (auto counted = made.confusion.update(labels[i], said); !counted) return counted;
    const auto part = static_cast<std::size_t>(probabilities[i] * static_cast<float>(judgement::histogram_parts));
    ++made.histogram[static_cast<std::size_t>(labels[i])][(std::min)(part, judgement::histogram_parts - 1)];
  }
  return {};
}

}  // namespace detail

/// Judges the network by rows that it did not learn from. Errors: what the answers make impossible, such as NaN.
inline mr::result<judgement> judge(const network& net, const encoder& encoding, const labelled_rows& rows,
                                   const mistake_costs& costs, double threshold, std::uint64_t seed) {
  const std::vector<int>& labels = rows.labels;
  const std::vector<float> logits = answer(net, rows.features);
  const std::vector<float> probabilities = sigmoid(logits);

  judgement made;
  made.rows = labels.size();
  made.positives = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), 1));
  made.costs = costs;
  made.threshold = threshold;
  detail::figure_taker take;
  take(made.auc, mr::model::roc_auc(labels, logits));
  take(made.average_precision, mr::model::average_precision(labels, logits));
  take(made.roc, mr::model::roc_curve(labels, logits));
  take(made.precision_recall, mr::model::precision_recall_curve(labels, logits));
  take(made.log_loss, mr::model::log_loss(labels, probabilities));
  take(made.base_log_loss, mr::model::log_loss(labels, std::vector<double>(labels.size(), made.positive_share())));
  take(made.brier, mr::model::brier_score(labels, probabilities));
  take(made.calibration, mr::model::calibration_curve(labels, probabilities));
  if (take.failed()) return *take.failed();
  made.calibration_error = mr::model::expected_calibration_error(made.calibration);
  if (auto counted = detail::count_rows(made, labels, probabilities); !counted) return std::move(counted).error();
  made.auc_within = auc_interval(labels, logits, made.auc);
  made.accuracy_within = share_interval(made.confusion.count(0, 0) + made.confusion.count(1, 1), made.rows);
  const ranked_rows ranked(labels, probabilities);
  for (int i = 0; i <= 100; ++i) {
    made.decisions.push_back(ranked.at(i / 100.0));
    made.gains.push_back(ranked.of_first(i / 100.0));
  }
  made.importance = importance(net, encoding, rows.features, labels, made.auc, seed);
  return made;
}

/// Fits a logistic regression to the same numbers and judges it by the same rows: what a model has to be better than.
/// Source: Rendle et al., "On the difficulty of evaluating baselines", 2019, for why.
inline reference_record judge_reference(const table& from, const bound_encoder& encode, const row_split& parts,
                                        training_options how, const labelled_rows& rows) {
  how.hidden.clear();
  how.epochs = (std::min)(how.epochs, std::size_t{6});
  how.patience = 2;
  how.learning_rate *= 10;
  how.weight_decay = 0.01;
  const trained_network fitted =
      train(make_network(encode.width(), how), from, encode, parts, how, nullptr, [](auto chain) { return chain; });
  const std::vector<float> logits = answer(fitted.net, rows.features);
  return {or_stop(mr::model::roc_auc(rows.labels, logits), exit_code::training_failed),
          or_stop(mr::model::average_precision(rows.labels, logits), exit_code::training_failed),
          or_stop(mr::model::log_loss(rows.labels, sigmoid(logits)), exit_code::training_failed)};
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_JUDGE_HPP
