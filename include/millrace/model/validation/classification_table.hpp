#ifndef MILLRACE_MODEL_VALIDATION_CLASSIFICATION_TABLE_HPP
#define MILLRACE_MODEL_VALIDATION_CLASSIFICATION_TABLE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How the figures of several classes become one.
enum class averaging : std::uint8_t {
  /// The plain mean over the classes that occur or were predicted.
  macro,
  /// Of all rows together: for one class a row, the accuracy.
  micro,
  /// The mean weighted by how much of the rows is of the class.
  weighted,
};

/// How far apart a prediction and the label are, for Cohen's kappa.
enum class kappa_distance : std::uint8_t {
  /// Equal or not.
  nominal,
  /// The difference of the classes' numbers, for classes in an order.
  linear,
  /// Its square.
  quadratic,
};

/// How much weight of the rows of each class was predicted as each class: `confusion_matrix` for rows with weights, and
/// more measures. What would be 0 / 0 is 0, as with scikit-learn's `zero_division=0`.
///
///     auto table = mr::model::classification_table::make(labels, predictions, 3);
///     double f1 = table->f1(mr::model::averaging::macro);
///
/// Shapes: classes x classes, numbered from 0.
/// Allocates: when made.
class classification_table {
 public:
  /// `weights`: none, or one for each row, finite, 0 or above, one of them above 0.
  /// Errors: invalid_argument (no rows), shape_mismatch (columns of different lengths), out_of_range (a number that is
  /// no class, or a negative weight; with the row), not_finite and invalid_data (weights).
  static result<classification_table> make(const label_view& labels, const label_view& predictions,
                                           std::size_t classes = 2, std::span<const float> weights = {});

  std::size_t classes() const noexcept { return classes_; }
  /// The weight of the rows of class `label` that were predicted as class `prediction`.
  double weight(std::size_t label, std::size_t prediction) const noexcept {
    return weights_[label * classes_ + prediction];
  }
  /// The weight of all rows, of those of a class, and of those predicted as it.
  double total() const noexcept { return total_; }
  double occurred(std::size_t label) const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += weight(label, k);
    return sum;
  }
  double predicted(std::size_t prediction) const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += weight(k, prediction);
    return sum;
  }

  /// Share of all rows whose prediction is their class.
  double accuracy() const noexcept { return share(right(), total_); }
  /// The mean recall of the classes that occur.
  double balanced_accuracy() const noexcept {
    double sum = 0, count = 0;
    for (std::size_t k = 0; k < classes_; ++k)
      if (occurred(k) > 0) sum += recall(k), ++count;
    return share(sum, count);
  }
  /// Share of the rows predicted as this class that are of it.
  double precision(std::size_t label) const noexcept { return share(weight(label, label), predicted(label)); }
  /// Share of the rows of this class that were predicted as it.
  double recall(std::size_t label) const noexcept { return share(weight(label, label), occurred(label)); }
  /// Harmonic mean of precision and recall.
  double f1(std::size_t label) const noexcept {
    return share(2 * weight(label, label), predicted(label) + occurred(label));
  }
  double precision(averaging how) const noexcept {
    return average(how, [this](std::size_t k) { return precision(k); });
  }
  double recall(averaging how) const noexcept {
    return average(how, [this](std::size_t k) { return recall(k); });
  }
  double f1(averaging how) const noexcept {
    return average(how, [this](std::size_t k) { return f1(k); });
  }

  /// Matthews' correlation coefficient, in [-1, 1]; 0 where all rows are of one class or predicted as one.
  /// Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational
  /// Biology and Chemistry 28, 2004.
  double matthews() const noexcept;
  /// Cohen's kappa: how much more often labels and predictions agree than if they were drawn by chance, from the same
  /// shares. 1: always; 0 also where chance leaves nothing to disagree on.
  /// Source: Cohen, "A coefficient of agreement for nominal scales", 1960, and "Weighted kappa", 1968.
  double cohen_kappa(kappa_distance distance = kappa_distance::nominal) const noexcept;

 private:
  explicit classification_table(std::size_t classes) : classes_(classes), weights_(classes * classes) {}

  static double share(double part, double whole) noexcept { return whole > 0 ? part / whole : 0.0; }
  double right() const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += weight(k, k);
    return sum;
  }
  template <class Figure>
  double average(averaging how, Figure figure) const noexcept {
    if (how == averaging::micro) return accuracy();
    double sum = 0, whole = 0;
    for (std::size_t k = 0; k < classes_; ++k) {
      const bool there = occurred(k) > 0 || predicted(k) > 0;
      const double weight = how == averaging::weighted ? occurred(k) : there ? 1.0 : 0.0;
      sum += weight * figure(k);
      whole += weight;
    }
    return share(sum, whole);
  }

  std::size_t classes_;
  double total_ = 0;
  std::vector<double> weights_;
};

inline result<classification_table> classification_table::make(const label_view& labels, const label_view& predictions,
                                                               std::size_t classes, std::span<const float> weights) {
  if (auto fit = detail::same_length(labels.size(), predictions.size(), "predictions"); !fit)
    return std::move(fit).error();
  auto total = detail::sum_of_weights("classification table", weights, labels.size());
  if (!total) return std::move(total).error();
  if (classes == 0) return error(errc::invalid_argument, "classification table: there are no classes");
  classification_table made(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const int found[2] = {labels[i], predictions[i]};
    for (std::size_t k = 0; k < 2; ++k)
      if (found[k] < 0 || static_cast<std::size_t>(found[k]) >= classes)
        return error(errc::out_of_range, std::string(k == 0 ? "labels" : "predictions") + ": row " + std::to_string(i) +
                                             " has class " + std::to_string(found[k]) + ", outside 0 to " +
                                             std::to_string(classes - 1));
    made.weights_[static_cast<std::size_t>(found[0]) * classes + static_cast<std::size_t>(found[1])] +=
        detail::weight_of(weights, i);
  }
  for (const double one : made.weights_) made.total_ += one;
  return made;
}

inline double classification_table::matthews() const noexcept {
  // In shares of the total, so that no product of weights overflows.
  double together = 0, labels = 0, predictions = 0;
  for (std::size_t k = 0; k < classes_; ++k) {
    const double t = occurred(k) / total_;
    const double p = predicted(k) / total_;
    together += t * p;
    labels += t * t;
    predictions += p * p;
  }
  const double spread = (1 - labels) * (1 - predictions);
  return spread > 0x1p-100 ? (right() / total_ - together) / detail::math::sqrt(spread) : 0.0;
}

inline double classification_table::cohen_kappa(kappa_distance distance) const noexcept {
  double found = 0, by_chance = 0;
  for (std::size_t i = 0; i < classes_; ++i)
    for (std::size_t j = 0; j < classes_; ++j) {
      const double apart = i < j ? static_cast<double>(j - i) : static_cast<double>(i - j);
      const double cost = distance == kappa_distance::nominal  ? (i == j ? 0.0 : 1.0)
                          : distance == kappa_distance::linear ? apart
                                                               : apart * apart;
      found += cost * weight(i, j) / total_;
      by_chance += cost * (occurred(i) / total_) * (predicted(j) / total_);
    }
  return by_chance > 0 ? 1 - found / by_chance : 0.0;
}

/// The share of rows whose class is among the k with the highest scores. `scores` are rows x classes, one row after the
/// other; of equal scores that of the higher class counts as higher, as in scikit-learn.
/// Errors: those of `classification_table::make`; invalid_argument: k is 0; not_finite: a NaN among the scores.
inline result<double> top_k_accuracy(const label_view& labels, real_view scores, std::size_t classes, std::size_t k,
                                     std::span<const float> weights = {}) {
  if (classes == 0 || k == 0) return error(errc::invalid_argument, "top-k accuracy: k and classes must be above 0");
  if (auto fit = detail::same_table(labels.size(), classes, scores.size(), "scores"); !fit)
    return std::move(fit).error();
  auto total = detail::sum_of_weights("top-k accuracy", weights, labels.size());
  if (!total) return std::move(total).error();
  double right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
      return detail::not_a_class(i, labels[i], classes);
    const auto label = static_cast<std::size_t>(labels[i]);
    const double own = scores[i * classes + label];
    std::size_t above = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      const double other = scores[i * classes + c];
      if (detail::math::is_nan(other))
        return error(errc::not_finite, "scores: row " + std::to_string(i) + " has a NaN");
      above += other > own || (other == own && c > label) ? 1U : 0U;
    }
    if (above < k) right += detail::weight_of(weights, i);
  }
  return right / *total;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_CLASSIFICATION_TABLE_HPP
