#ifndef MILLRACE_EXAMPLES_LIFECYCLE_JUDGE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_JUDGE_HPP

#include "encode.hpp"
#include "findings.hpp"
#include "learn.hpp"
#include "table.hpp"

#include <millrace/core/seed.hpp>
#include <millrace/model/confusion_matrix.hpp>
#include <millrace/model/evaluation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
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

/// Judges the network by rows that it did not learn from. Errors: what the answers make impossible, such as NaN.
inline mr::result<judgement> judge(const network& net, const encoder& encoding, const matrix& rows,
                                   const std::vector<int>& labels, std::uint64_t seed) {
  const std::vector<float> logits = answer(net, rows);
  const std::vector<float> probabilities = sigmoid(logits);

  judgement made;
  made.rows = labels.size();
  made.positives = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), 1));
  const auto auc = mr::model::roc_auc(labels, logits);
  const auto average_precision = mr::model::average_precision(labels, logits);
  const auto roc = mr::model::roc_curve(labels, logits);
  const auto precision_recall = mr::model::precision_recall_curve(labels, logits);
  const auto loss = mr::model::log_loss(labels, probabilities);
  const auto base = mr::model::log_loss(labels, std::vector<double>(labels.size(), made.positive_share()));
  const auto brier = mr::model::brier_score(labels, probabilities);
  const auto calibration = mr::model::calibration_curve(labels, probabilities);
  for (const auto* figure : {&auc, &average_precision, &loss, &base, &brier})
    if (!*figure) return figure->error();
  if (!roc) return roc.error();
  if (!precision_recall) return precision_recall.error();
  if (!calibration) return calibration.error();
  made.auc = *auc;
  made.average_precision = *average_precision;
  made.roc = *roc;
  made.precision_recall = *precision_recall;
  made.log_loss = *loss;
  made.base_log_loss = *base;
  made.brier = *brier;
  made.calibration = *calibration;
  made.calibration_error = mr::model::expected_calibration_error(made.calibration);

  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (auto counted = made.confusion.update(labels[i], static_cast<double>(probabilities[i]) >= made.threshold ? 1 : 0);
        !counted)
      return std::move(counted).error();
    const auto part = static_cast<std::size_t>(probabilities[i] * static_cast<float>(judgement::histogram_parts));
    ++made.histogram[static_cast<std::size_t>(labels[i])][(std::min)(part, judgement::histogram_parts - 1)];
  }
  made.importance = importance(net, encoding, rows, labels, made.auc, seed);
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_JUDGE_HPP
