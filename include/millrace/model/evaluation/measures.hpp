#ifndef MILLRACE_MODEL_EVALUATION_MEASURES_HPP
#define MILLRACE_MODEL_EVALUATION_MEASURES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// Every function here returns an error instead of a number that means nothing:
//   invalid_argument  there are no rows
//   shape_mismatch    the columns have different lengths
//   out_of_range      a label is no class, or a probability is not in [0, 1]; names the row
//   not_finite        a NaN or, in functions that sum the numbers, an infinity; names the row
//   invalid_data      all rows are of one class, where two are compared
// Labels are 0 and 1 unless said otherwise. A score may be any number that is larger for rows which are more likely of
// class 1; a probability lies in [0, 1].

/// The share of rows whose prediction is the label. Classes may be any integers.
inline result<double> accuracy(const label_view& labels, const label_view& predictions) {
  if (auto fit = detail::same_numbers(labels, predictions, "predictions"); !fit) return std::move(fit).error();
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == predictions[i]) ++right;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

/// Area under the ROC curve: the probability that a row of class 1 has a higher score than a row of class 0, a tie
/// counting half. Pairs are counted in whole numbers, so the result is exact. Scores may be infinite.
/// Complexity: O(n log n).
/// Allocates: up to 32 bytes a row.
/// Source: Hanley, McNeil, "The meaning and use of the area under a ROC curve", Radiology 143, 1982.
inline result<double> roc_auc(const label_view& labels, real_view scores) {
  auto by_class = detail::scores_by_class(labels, scores);
  if (!by_class) return std::move(by_class).error();
  std::uint64_t above = 0;   // class 1 seen so far, from the highest score down
  std::uint64_t below = 0;   // class 0
  std::uint64_t halves = 0;  // pairs in the right order, in halves
  detail::for_each_tie(*by_class, [&](double, std::uint64_t positives, std::uint64_t negatives) {
    halves += 2 * above * negatives + positives * negatives;
    above += positives;
    below += negatives;
  });
  return static_cast<double>(halves) / (2.0 * static_cast<double>(above) * static_cast<double>(below));
}

/// A point of the ROC curve: what share of either class is predicted 1 if rows with at least this score are.
struct roc_point {
  double false_positive_rate = 0;
  double true_positive_rate = 0;
  double threshold = 0;
};

/// Which points of the curve to return: one for every distinct score (`all`), or those where the curve bends
/// (`corners`).
enum class roc_points : std::uint8_t { corners, all };

/// The ROC curve from (0, 0), whose threshold is infinite, to (1, 1).
/// Complexity: O(n log n).
/// Allocates: up to 32 bytes a row, and the points.
inline result<std::vector<roc_point>> roc_curve(const label_view& labels, real_view scores,
                                                roc_points wanted = roc_points::corners) {
  auto by_class = detail::scores_by_class(labels, scores);
  if (!by_class) return std::move(by_class).error();
  struct step {
    std::uint64_t negatives;
    std::uint64_t positives;
    double threshold;
  };
  std::vector<step> steps{{0, 0, std::numeric_limits<double>::infinity()}};
  detail::for_each_tie(*by_class, [&](double score, std::uint64_t positives, std::uint64_t negatives) {
    const step next{steps.back().negatives + negatives, steps.back().positives + positives, score};
    if (wanted == roc_points::corners && steps.size() > 1) {
      // The last point is dropped if it lies on the line from the one before it to the next.
      const step& last = steps.back();
      const step& before = steps[steps.size() - 2];
      if ((last.negatives - before.negatives) * positives == (last.positives - before.positives) * negatives)
        steps.pop_back();
    }
    steps.push_back(next);
  });
  std::vector<roc_point> curve;
  curve.reserve(steps.size());
  for (const step& at : steps)
    curve.push_back({static_cast<double>(at.negatives) / static_cast<double>(steps.back().negatives),
                     static_cast<double>(at.positives) / static_cast<double>(steps.back().positives), at.threshold});
  return curve;
}

/// A point of the precision-recall curve: rows with at least this score are predicted 1.
struct precision_recall_point {
  double recall = 0;
  double precision = 0;
  double threshold = 0;
};

/// Precision against recall, with a point for every distinct score from the highest to the lowest, where recall is 1.
/// Complexity: O(n log n).
/// Allocates: up to 32 bytes a row, and the points.
inline result<std::vector<precision_recall_point>> precision_recall_curve(const label_view& labels, real_view scores) {
  auto by_class = detail::scores_by_class(labels, scores);
  if (!by_class) return std::move(by_class).error();
  std::vector<precision_recall_point> curve;
  std::uint64_t right = 0;
  std::uint64_t predicted = 0;
  detail::for_each_tie(*by_class, [&](double score, std::uint64_t positives, std::uint64_t negatives) {
    right += positives;
    predicted += positives + negatives;
    curve.push_back({static_cast<double>(right), static_cast<double>(right) / static_cast<double>(predicted), score});
  });
  for (precision_recall_point& at : curve) at.recall /= static_cast<double>(right);
  return curve;
}

/// Average precision: the mean, over the rows of class 1, of the precision at the row's own score. It is the sum over
/// the points of the curve of precision times the recall gained there. Random scores reach the share of class 1.
/// Source: scikit-learn's definition; Manning, Raghavan, Schuetze, "Introduction to information retrieval", 2008,
/// section 8.4.
inline result<double> average_precision(const label_view& labels, real_view scores) {
  auto curve = precision_recall_curve(labels, scores);
  if (!curve) return std::move(curve).error();
  double sum = 0;
  double recall = 0;
  for (const precision_recall_point& at : *curve) {
    sum += (at.recall - recall) * at.precision;
    recall = at.recall;
  }
  return sum;
}

/// Log loss: the mean of -log(probability given to the class that occurred). `probabilities` are those of class 1. They
/// are kept 2^-52 away from 0 and 1, as in scikit-learn, so a row with probability 0 for its class adds 36 (52 log 2)
/// instead of infinity.
inline result<double> log_loss(const label_view& labels, real_view probabilities) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    sum -= detail::math::log(detail::clipped(labels[i] == 1 ? probabilities[i] : 1.0 - probabilities[i]));
  return sum / static_cast<double>(labels.size());
}

/// The same for any number of classes. `probabilities` are rows x classes, one row after the other. A row whose
/// probabilities do not add up to 1 is neither refused nor scaled.
inline result<double> log_loss(const label_view& labels, real_view probabilities, std::size_t classes) {
  if (auto fit = detail::same_table(labels.size(), classes, probabilities.size(), "probabilities"); !fit)
    return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
      return detail::not_a_class(i, labels[i], classes);
    for (std::size_t k = 0; k < classes; ++k)
      if (!detail::is_probability(probabilities[i * classes + k]))
        return detail::not_a_probability(i, probabilities[i * classes + k]);
    sum -= detail::math::log(detail::clipped(probabilities[i * classes + static_cast<std::size_t>(labels[i])]));
  }
  return sum / static_cast<double>(labels.size());
}

/// Brier score: the mean squared difference between the probability of class 1 and the label, 0 (best) to 1.
/// Source: Brier, "Verification of forecasts expressed in terms of probability", 1950.
inline result<double> brier_score(const label_view& labels, real_view probabilities) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double apart = probabilities[i] - labels[i];
    sum += apart * apart;
  }
  return sum / static_cast<double>(labels.size());
}

/// A bin of the calibration curve: the rows whose probability lies in (lower, upper]; in the first bin in [0, upper].
/// mean_probability and positive_share (the share of class 1) are 0 where there are no rows.
struct calibration_bin {
  double lower = 0;
  double upper = 0;
  std::uint64_t rows = 0;
  double mean_probability = 0;
  double positive_share = 0;
  /// The sum of the rows' weights, and of their squares: the number of rows, where they have none.
  double weight = 0;
  double squared_weights = 0;
};

namespace detail {

/// `bins` bins of equal width, and which of them a probability lies in.
class probability_bins {
 public:
  explicit probability_bins(std::size_t bins) : curve_(bins) {
    for (std::size_t k = 0; k < bins; ++k) {
      curve_[k].lower = static_cast<double>(k) / static_cast<double>(bins);
      curve_[k].upper = static_cast<double>(k + 1) / static_cast<double>(bins);
    }
  }
  void update(double p, int label, double weight) noexcept {
    std::size_t at = static_cast<std::size_t>(p * static_cast<double>(curve_.size()));
    if (at >= curve_.size()) at = curve_.size() - 1;
    if (at > 0 && p <= curve_[at].lower) --at;
    if (p > curve_[at].upper) ++at;
    ++curve_[at].rows;
    curve_[at].weight += weight;
    curve_[at].squared_weights += weight * weight;
    curve_[at].mean_probability += weight * p;
    curve_[at].positive_share += weight * label;
  }
  std::vector<calibration_bin> finish() && {
    for (calibration_bin& bin : curve_)
      if (bin.rows > 0) {
        bin.mean_probability /= bin.weight;
        bin.positive_share /= bin.weight;
      }
    return std::move(curve_);
  }

 private:
  std::vector<calibration_bin> curve_;
};

}  // namespace detail

/// The calibration curve: in bins of equal width, how often class 1 occurred among the rows whose probability lies in
/// the bin.
/// Allocates: the bins.
/// Errors: also invalid_argument: no bins.
inline result<std::vector<calibration_bin>> calibration_curve(const label_view& labels, real_view probabilities,
                                                              std::size_t bins = 10) {
  if (auto fit = detail::binary_probabilities(labels, probabilities); !fit) return std::move(fit).error();
  if (bins == 0) return error(errc::invalid_argument, "calibration: there are no bins");
  detail::probability_bins curve(bins);
  for (std::size_t i = 0; i < labels.size(); ++i) curve.update(probabilities[i], labels[i], 1);
  return std::move(curve).finish();
}

/// Expected calibration error: the mean over the bins of |positive_share - mean_probability|, weighted by the
/// weight of their rows; 0 for no rows.
/// Source: Guo et al., "On calibration of modern neural networks", ICML 2017, eq. 3, of class 1's probability.
inline double expected_calibration_error(std::span<const calibration_bin> bins) noexcept {
  double sum = 0;
  double weight = 0;
  for (const calibration_bin& bin : bins) {
    sum += bin.weight * detail::math::absolute(bin.positive_share - bin.mean_probability);
    weight += bin.weight;
  }
  return weight == 0 ? 0.0 : sum / weight;
}

/// Root mean squared error: the square root of the mean squared difference, in the targets' unit.
inline result<double> rmse(real_view targets, real_view predictions) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  const double unit = detail::unit_of(targets, predictions);
  double sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double apart = predictions[i] * unit - targets[i] * unit;
    sum += apart * apart;
  }
  return detail::math::sqrt(sum / static_cast<double>(targets.size())) / unit;
}

/// Mean absolute error, in the targets' unit.
inline result<double> mae(real_view targets, real_view predictions) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  const double unit = detail::unit_of(targets, predictions);
  double sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i)
    sum += detail::math::absolute(predictions[i] * unit - targets[i] * unit);
  return sum / static_cast<double>(targets.size()) / unit;
}

/// Coefficient of determination: 1 less the sum of squared errors divided by that of always predicting the mean. Where
/// all targets are equal it is 1 for predictions without error and 0 for others.
/// Errors: also invalid_argument: fewer than two rows.
inline result<double> r2(real_view targets, real_view predictions) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  if (targets.size() < 2) return error(errc::invalid_argument, "targets: R2 needs at least two rows");
  const double unit = detail::unit_of(targets, predictions);
  double mean = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) mean += targets[i] * unit;
  mean /= static_cast<double>(targets.size());
  double left = 0;
  double whole = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double target = targets[i] * unit;
    left += (target - predictions[i] * unit) * (target - predictions[i] * unit);
    whole += (target - mean) * (target - mean);
  }
  if (whole == 0) return left == 0 ? 1.0 : 0.0;
  return 1.0 - left / whole;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_EVALUATION_MEASURES_HPP
