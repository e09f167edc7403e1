#ifndef MILLRACE_MODEL_CONFUSION_MATRIX_HPP
#define MILLRACE_MODEL_CONFUSION_MATRIX_HPP

#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How often each class was taken for which: rows are the classes that were right, columns the ones
/// that were answered. What would be 0 / 0 (precision of a class never answered, recall of one that
/// never occurs) is 0, as scikit-learn's `zero_division=0` has it.
/// Allocates: when made. Threads: one at a time; counts of several are added up by `merge`.
class confusion_matrix {
 public:
  explicit confusion_matrix(std::size_t classes = 2) : classes_(classes), counts_(classes * classes) {}

  std::size_t classes() const noexcept { return classes_; }
  std::uint64_t count(std::size_t label, std::size_t answer) const noexcept {
    return counts_[label * classes_ + answer];
  }
  /// How many rows were added.
  std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t one : counts_) sum += one;
    return sum;
  }
  /// How often the class was right, and how often it was answered.
  std::uint64_t occurred(std::size_t label) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += count(label, k);
    return sum;
  }
  std::uint64_t answered(std::size_t answer) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t k = 0; k < classes_; ++k) sum += count(k, answer);
    return sum;
  }

  /// One more row. Errors: out_of_range. Allocates: only for an error.
  result<void> add(int label, int answer) {
    if (!is_class(label)) return no_class("label", label);
    if (!is_class(answer)) return no_class("answer", answer);
    ++counts_[static_cast<std::size_t>(label) * classes_ + static_cast<std::size_t>(answer)];
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

  /// Share of all rows that were answered right.
  double accuracy() const noexcept {
    std::uint64_t right = 0;
    for (std::size_t k = 0; k < classes_; ++k) right += count(k, k);
    return share(right, total());
  }
  /// Share of the rows answered as this class that were of it.
  double precision(std::size_t label = 1) const noexcept { return share(count(label, label), answered(label)); }
  /// Share of the rows of this class that were answered as it.
  double recall(std::size_t label = 1) const noexcept { return share(count(label, label), occurred(label)); }
  /// Harmonic mean of precision and recall.
  double f1(std::size_t label = 1) const noexcept {
    return share(2 * count(label, label), answered(label) + occurred(label));
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
inline result<confusion_matrix> count_confusion(std::span<const int> labels, std::span<const int> answers,
                                                std::size_t classes = 2) {
  if (labels.empty()) return error(errc::invalid_argument, "labels: there are none");
  if (labels.size() != answers.size())
    return error(errc::shape_mismatch,
                 "labels: " + std::to_string(labels.size()) + " for " + std::to_string(answers.size()) + " answers");
  confusion_matrix counted(classes);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (auto done = counted.add(labels[i], answers[i]); !done)
      return std::move(done).error().wrap("row " + std::to_string(i) + " cannot be counted");
  return counted;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CONFUSION_MATRIX_HPP
