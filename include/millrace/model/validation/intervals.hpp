#ifndef MILLRACE_MODEL_VALIDATION_INTERVALS_HPP
#define MILLRACE_MODEL_VALIDATION_INTERVALS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/detail/weighted_share.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/resampling/bootstrap.hpp>
#include <millrace/stats/tests/proportion.hpp>
#include <millrace/stats/tests/weighted_proportion.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A measure and its confidence interval.
struct measured {
  double value = 0;
  stats::interval interval;
};

/// The accuracy with Wilson's interval. Rows are to be independent. `weights`: none, or one for each row; a row of
/// weight 2 counts as two.
/// Errors: those of `accuracy`, and out_of_range: a confidence outside (0, 1).
inline result<measured> accuracy_interval(const label_view& labels, const label_view& predictions,
                                          double confidence = 0.95, std::span<const float> weights = {}) {
  if (auto fit = detail::same_numbers(labels, predictions, "predictions"); !fit) return std::move(fit).error();
  if (auto sum = detail::sum_of_weights("accuracy", weights, labels.size()); !sum) return std::move(sum).error();
  double right = 0;
  detail::weight_sum all;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double weight = detail::weight_of(weights, i);
    all.update(weight);
    if (labels[i] == predictions[i]) right += weight;
  }
  auto found = stats::wilson_interval(stats::weighted_proportion(right, all.sum, all.squares), confidence);
  if (!found) return std::move(found).error();
  return measured{right / all.sum, *found};
}

/// The area under the ROC curve, its standard error and interval.
struct measured_auc {
  double value = 0;
  double standard_error = 0;
  stats::interval interval;
};

/// The area under the ROC curve with DeLong's standard error, which assumes nothing about how scores are distributed.
/// The interval is symmetric on the scale of log(a / (1 - a)), so it stays in (0, 1). Where no pair is out of order the
/// standard error is 0, and the interval is Wilson's of as many pairs as the smaller class has rows.
/// Complexity: O(n log n).
/// Allocates: 16 bytes a row.
/// Errors: those of `roc_auc`, and out_of_range: a confidence outside (0, 1).
/// Source: DeLong, DeLong, Clarke-Pearson, "Comparing the areas under two or more correlated ROC curves", Biometrics
/// 44, 1988; the ranks as in Sun, Xu, "Fast implementation of DeLong's algorithm", IEEE Signal Processing Letters 21,
/// 2014.
inline result<measured_auc> roc_auc_interval(const label_view& labels, real_view scores, double confidence = 0.95) {
  if (!(confidence > 0 && confidence < 1))
    return error(errc::out_of_range, "confidence: " + detail::number_text(confidence) + " is outside (0, 1)");
  auto by_class = detail::scores_by_class(labels, scores);
  if (!by_class) return std::move(by_class).error();
  // Of each row, the share of the other class that it is in order with, ties half. Their means are the area, and their
  // variances, over the number of rows, add up to its variance.
  const double ones = static_cast<double>(by_class->ones.size());
  const double zeros = static_cast<double>(by_class->zeros.size());
  double above = 0, below = zeros;  // class 1 above and class 0 below the score at hand
  double sum = 0, one_squares = 0, zero_squares = 0;
  detail::for_each_tie(*by_class, [&](double, std::uint64_t tied_ones, std::uint64_t tied_zeros) {
    const auto p = static_cast<double>(tied_ones);
    const auto n = static_cast<double>(tied_zeros);
    below -= n;
    const double of_one = (below + n / 2) / zeros;
    const double of_zero = (above + p / 2) / ones;
    sum += p * of_one;
    one_squares += p * of_one * of_one;
    zero_squares += n * of_zero * of_zero;
    above += p;
  });
  measured_auc found;
  found.value = sum / ones;
  const auto variance = [&](double squares, double rows) {
    if (rows < 2) return 0.0;
    return detail::math::fmax(0, squares - rows * found.value * found.value) / (rows - 1) / rows;
  };
  const double all = variance(one_squares, ones) + variance(zero_squares, zeros);
  found.standard_error = detail::math::sqrt(all);
  if (all < 1e-18 || found.value <= 0 || found.value >= 1) {
    const auto pairs = static_cast<std::int64_t>(ones < zeros ? ones : zeros);
    const auto right = static_cast<std::int64_t>(found.value * static_cast<double>(pairs) + 0.5);
    found.standard_error = all < 1e-18 ? 0 : found.standard_error;
    found.interval = *stats::wilson_interval({right, pairs}, confidence);
    return found;
  }
  const double z = stats::normal{}.quantile(0.5 + confidence / 2);
  const double middle = detail::math::log(found.value / (1 - found.value));
  const double half = z * found.standard_error / (found.value * (1 - found.value));
  const auto back = [](double x) { return 1 / (1 + detail::math::exp(-x)); };
  found.interval = {back(middle - half), back(middle + half), confidence};
  return found;
}

/// The mean of a figure of each row, such as its loss or its squared error, with the bootstrap's interval (BCa). Rows
/// are to be independent. Errors: those of `stats::bootstrap_mean`.
inline result<measured> mean_interval(std::span<const double> figures, const stats::bootstrap_options& with = {}) {
  auto found = stats::bootstrap_mean(figures, with);
  if (!found) return std::move(found).error();
  return measured{found->estimate, found->interval};
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_INTERVALS_HPP
