#ifndef MILLRACE_MODEL_VALIDATION_WEIGHTED_MEASURES_HPP
#define MILLRACE_MODEL_VALIDATION_WEIGHTED_MEASURES_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/detail/weighted_mean.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// The measures of evaluation/measures.hpp for rows with weights: a row of weight 2 counts as two rows. They return its
// errors, and where the weights are wrong shape_mismatch, not_finite, out_of_range (a negative one) or invalid_data
// (all are 0), with the row.

/// The share of the weight whose prediction is the label.
inline result<double> accuracy(const label_view& labels, const label_view& predictions,
                               std::span<const float> weights) {
  if (auto fit = detail::same_numbers(labels, predictions, "predictions"); !fit) return std::move(fit).error();
  return detail::weighted_mean("accuracy", labels.size(), weights,
                               [&](std::size_t i) { return labels[i] == predictions[i] ? 1.0 : 0.0; });
}

/// Log loss of the probabilities of class 1.
inline result<double> log_loss(const label_view& labels, real_view probabilities, std::span<const float> weights) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  return detail::weighted_mean("log loss", labels.size(), weights, [&](std::size_t i) {
    return -detail::math::log(detail::clipped(labels[i] == 1 ? probabilities[i] : 1.0 - probabilities[i]));
  });
}

/// Brier score of the probabilities of class 1.
inline result<double> brier_score(const label_view& labels, real_view probabilities, std::span<const float> weights) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  return detail::weighted_mean("Brier score", labels.size(), weights, [&](std::size_t i) {
    const double apart = probabilities[i] - labels[i];
    return apart * apart;
  });
}

/// The calibration curve; rows of weight 0 are in no bin.
/// Allocates: the bins.
/// Errors: also invalid_argument: no bins.
inline result<std::vector<calibration_bin>> calibration_curve(const label_view& labels, real_view probabilities,
                                                              std::size_t bins, std::span<const float> weights) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  if (bins == 0) return error(errc::invalid_argument, "calibration: there are no bins");
  if (auto sum = detail::sum_of_weights("calibration", weights, labels.size()); !sum) return std::move(sum).error();
  detail::probability_bins curve(bins);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (const double weight = detail::weight_of(weights, i); weight > 0)
      curve.update(probabilities[i], labels[i], weight);
  return std::move(curve).finish();
}

namespace detail {

/// The weight of the rows of each class that have one score.
struct weighted_tie {
  double score;
  double positives;
  double negatives;
};

/// The distinct scores of rows with a weight above 0, from the highest down.
inline result<std::vector<weighted_tie>> weighted_ties(const char* measure, std::span<const int> labels,
                                                       const real_view& scores, std::span<const float> weights) {
  if (auto fit = same_length(labels.size(), scores.size(), "scores"); !fit) return std::move(fit).error();
  if (auto total = sum_of_weights(measure, weights, labels.size()); !total) return std::move(total).error();
  std::vector<weighted_tie> found;
  double positives = 0, negatives = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return not_a_class(i, labels[i], 2);
    if (math::is_nan(scores[i])) return error(errc::not_finite, "scores: row " + std::to_string(i) + " is NaN");
    const double weight = weight_of(weights, i);
    if (weight == 0) continue;
    (labels[i] == 1 ? positives : negatives) += weight;
    found.push_back({scores[i], labels[i] == 1 ? weight : 0.0, labels[i] == 1 ? 0.0 : weight});
  }
  if (positives == 0 || negatives == 0)
    return error(errc::invalid_data, "labels: every row with a weight is of class " +
                                         std::to_string(positives == 0 ? 0 : 1) +
                                         ", so there is nothing to tell apart");
  heap_sort(found.data(), found.size(), [](const weighted_tie& a, const weighted_tie& b) { return a.score > b.score; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < found.size(); ++i) {
    if (found[i].score == found[kept].score) {
      found[kept].positives += found[i].positives;
      found[kept].negatives += found[i].negatives;
    } else {
      found[++kept] = found[i];
    }
  }
  found.resize(kept + 1);
  return found;
}

}  // namespace detail

/// Area under the ROC curve: the probability that a row of class 1, drawn by weight, has a higher score than one of
/// class 0, a tie counting half.
/// Complexity: O(n log n).
/// Allocates: 24 bytes a row.
inline result<double> roc_auc(const label_view& labels, real_view scores, std::span<const float> weights) {
  auto ties = detail::weighted_ties("area under the ROC curve", labels, scores, weights);
  if (!ties) return std::move(ties).error();
  double above = 0, below = 0, pairs = 0;
  for (const detail::weighted_tie& at : *ties) {
    pairs += at.negatives * (above + at.positives / 2);
    above += at.positives;
    below += at.negatives;
  }
  return pairs / above / below;
}

/// Average precision: the sum over distinct scores, from the highest down, of precision times the recall gained there.
/// Complexity: O(n log n).
/// Allocates: 24 bytes a row.
inline result<double> average_precision(const label_view& labels, real_view scores, std::span<const float> weights) {
  auto ties = detail::weighted_ties("average precision", labels, scores, weights);
  if (!ties) return std::move(ties).error();
  double right = 0, predicted = 0, sum = 0;
  for (const detail::weighted_tie& at : *ties) {
    right += at.positives;
    predicted += at.positives + at.negatives;
    sum += at.positives * (right / predicted);
  }
  return sum / right;
}

/// Root mean squared error, in the targets' unit.
inline result<double> rmse(real_view targets, real_view predictions, std::span<const float> weights) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  const double unit = detail::unit_of(targets, predictions);
  auto mean = detail::weighted_mean("root mean squared error", targets.size(), weights, [&](std::size_t i) {
    const double apart = predictions[i] * unit - targets[i] * unit;
    return apart * apart;
  });
  if (mean) *mean = detail::math::sqrt(*mean) / unit;
  return mean;
}

/// Mean absolute error, in the targets' unit.
inline result<double> mae(real_view targets, real_view predictions, std::span<const float> weights) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  const double unit = detail::unit_of(targets, predictions);
  auto mean = detail::weighted_mean("mean absolute error", targets.size(), weights, [&](std::size_t i) {
    return detail::math::absolute(predictions[i] * unit - targets[i] * unit);
  });
  if (mean) *mean = *mean / unit;
  return mean;
}

/// Coefficient of determination, from weighted sums of squares around the weighted mean.
/// Errors: also invalid_argument: fewer than two rows.
inline result<double> r2(real_view targets, real_view predictions, std::span<const float> weights) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  if (targets.size() < 2) return error(errc::invalid_argument, "targets: R2 needs at least two rows");
  const double unit = detail::unit_of(targets, predictions);
  auto left = detail::weighted_mean("R2", targets.size(), weights, [&](std::size_t i) {
    const double apart = predictions[i] * unit - targets[i] * unit;
    return apart * apart;
  });
  if (!left) return left;
  const double whole =
      *detail::weighted_variance("R2", targets.size(), weights, [&](std::size_t i) { return targets[i] * unit; });
  if (whole == 0) return *left == 0 ? 1.0 : 0.0;
  return 1 - *left / whole;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_WEIGHTED_MEASURES_HPP
