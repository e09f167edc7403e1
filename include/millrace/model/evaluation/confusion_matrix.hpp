#ifndef MILLRACE_MODEL_EVALUATION_CONFUSION_MATRIX_HPP
#define MILLRACE_MODEL_EVALUATION_CONFUSION_MATRIX_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/label_view.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How often a row of each class was predicted as each class. Classes are numbered from 0. What would be 0 / 0 (the
/// precision of a class never predicted, the recall of one that never occurs) is 0, as with scikit-learn's
/// `zero_division=0`.
///
/// Shapes: the matrix is classes x classes; rows are the right classes (labels), columns the predicted ones.
/// Allocates: when made.
/// Threads: one at a time; several threads count for themselves, and `merge` adds the counts up.
class confusion_matrix {
 public:
  /// A matrix of zeros for this number of classes.
  explicit confusion_matrix(std::size_t classes = 2) : classes_(classes), counts_(classes * classes) {}

  std::size_t classes() const noexcept { return classes_; }
  /// How many rows of class `label` were predicted as class `prediction`.
  std::uint64_t count(std::size_t label, std::size_t prediction) const noexcept {
    return counts_[label * classes_ + prediction];
  }
  /// How many rows were counted.
  std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t one : counts_) sum += one;
    return sum;
  }
  /// How many rows are of the class, and how many were predicted as it.
  std::uint64_t occurred(std::size_t label) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += count(label, k);
    return sum;
  }
  std::uint64_t predicted(std::size_t prediction) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += count(k, prediction);
    return sum;
  }

  /// Counts a row.
  /// Allocates: only for an error.
  /// Errors: out_of_range: a number that is no class.
  result<void> update(int label, int prediction) {
    if (!is_class(label)) return no_class("label", label);
    if (!is_class(prediction)) return no_class("prediction", prediction);
    ++counts_[static_cast<std::size_t>(label) * classes_ + static_cast<std::size_t>(prediction)];
    return {};
  }
  /// Errors: shape_mismatch, where the number of classes differs.
  result<void> merge(const confusion_matrix& other) {
    if (other.classes_ != classes_)
      return error(errc::shape_mismatch, "confusion matrices of " + std::to_string(classes_) + " and " +
                                             std::to_string(other.classes_) + " classes do not add up");
    for (std::size_t k = 0; k < counts_.size(); ++k) counts_[k] += other.counts_[k];
    return {};
  }

  /// Share of all rows whose prediction is their class.
  double accuracy() const noexcept {
    std::uint64_t right = 0;
    for (std::size_t k = 0; k < classes_; ++k) right += count(k, k);
    return share(right, total());
  }
  /// Share of the rows predicted as this class that are of it.
  double precision(std::size_t label = 1) const noexcept { return share(count(label, label), predicted(label)); }
  /// Share of the rows of this class that were predicted as it.
  double recall(std::size_t label = 1) const noexcept { return share(count(label, label), occurred(label)); }
  /// Harmonic mean of precision and recall.
  double f1(std::size_t label = 1) const noexcept {
    return share(2 * count(label, label), predicted(label) + occurred(label));
  }
  /// The plain mean of the classes' F1.
  double macro_f1() const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += f1(k);
    return classes_ == 0 ? 0.0 : sum / static_cast<double>(classes_);
  }

 private:
  static double share(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
  bool is_class(int number) const noexcept { return number >= 0 && static_cast<std::size_t>(number) < classes_; }
  error no_class(const char* what, int number) const {
    return error(errc::out_of_range, std::string(what) + ' ' + std::to_string(number) + " is none of the " +
                                         std::to_string(classes_) + " classes");
  }

  std::size_t classes_;
  std::vector<std::uint64_t> counts_;
};

/// The confusion matrix of whole columns.
/// Errors: invalid_argument (no rows), shape_mismatch (lengths differ), out_of_range (with the row).
inline result<confusion_matrix> count_confusion(const label_view& labels, const label_view& predictions,
                                                std::size_t classes = 2) {
  if (labels.empty()) return error(errc::invalid_argument, "labels: there are none");
  if (labels.size() != predictions.size())
    return error(errc::shape_mismatch, "labels: " + std::to_string(labels.size()) + " for " +
                                           std::to_string(predictions.size()) + " predictions");
  confusion_matrix counted(classes);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (auto done = counted.update(labels[i], predictions[i]); !done)
      return std::move(done).error().wrap("row " + std::to_string(i) + " cannot be counted");
  return counted;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_EVALUATION_CONFUSION_MATRIX_HPP
