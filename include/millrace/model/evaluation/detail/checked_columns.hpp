#ifndef MILLRACE_MODEL_EVALUATION_DETAIL_CHECKED_COLUMNS_HPP
#define MILLRACE_MODEL_EVALUATION_DETAIL_CHECKED_COLUMNS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

inline result<void> same_length(std::size_t labels, std::size_t others, const char* what) {
  if (labels == 0) return error(errc::invalid_argument, "there are no rows to evaluate");
  if (labels == others) return {};
  return error(errc::shape_mismatch,
               std::string(what) + ": there are " + std::to_string(others) + ", not " + std::to_string(labels));
}

/// The same of one number for each row and class.
inline result<void> same_table(std::size_t labels, std::size_t classes, std::size_t others, const char* what) {
  if (classes > 0 && labels > ~std::size_t{0} / classes)
    return error(errc::shape_mismatch, std::string(what) + ": there are " + std::to_string(others) + ", not one for " +
                                           std::to_string(labels) + " rows and " + std::to_string(classes) +
                                           " classes");
  return same_length(labels * classes, others, what);
}

[[gnu::cold]] inline error not_a_class(std::size_t row, int label, std::size_t classes) {
  return error(errc::out_of_range, "labels: row " + std::to_string(row) + " is of class " + std::to_string(label) +
                                       ", outside 0 to " + std::to_string(classes - 1));
}
[[gnu::cold]] inline error not_a_probability(std::size_t row, double value) {
  return error(detail::math::is_nan(value) ? errc::not_finite : errc::out_of_range,
               "probabilities: row " + std::to_string(row) + " has " + detail::number_text(value));
}

/// No number is outside int, where a label_view would put all such numbers together.
inline result<void> whole_ints(const label_view& numbers, const char* what) {
  if (numbers.outside_int() == numbers.size()) return {};
  return error(errc::out_of_range, std::string(what) + ": the number of row " + std::to_string(numbers.outside_int()) +
                                       " is outside int; number them from 0 on");
}
/// There are rows, as many labels as others, and all numbers are ints.
inline result<void> same_numbers(const label_view& labels, const label_view& others, const char* what) {
  if (auto fit = same_length(labels.size(), others.size(), what); !fit) return fit;
  if (auto right = whole_ints(labels, "labels"); !right) return right;
  return whole_ints(others, what);
}

inline bool is_probability(double value) noexcept { return value >= 0 && value <= 1; }
inline double clipped(double probability) noexcept {
  return detail::math::fmin(detail::math::fmax(probability, 0x1p-52), 1 - 0x1p-52);
}

inline result<void> binary_probabilities(std::span<const int> labels, const real_view& probabilities) {
  if (auto fit = same_length(labels.size(), probabilities.size(), "probabilities"); !fit) return fit;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return not_a_class(i, labels[i], 2);
    if (!is_probability(probabilities[i])) return not_a_probability(i, probabilities[i]);
  }
  return {};
}

inline result<void> finite_columns(const real_view& targets, const real_view& predictions) {
  if (auto fit = same_length(targets.size(), predictions.size(), "predictions"); !fit) return fit;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!detail::math::is_finite(targets[i]))
      return error(errc::not_finite, "targets: row " + std::to_string(i) + " is not finite");
    if (!detail::math::is_finite(predictions[i]))
      return error(errc::not_finite, "predictions: row " + std::to_string(i) + " is not finite");
  }
  return {};
}

/// A power of two whose product with the largest absolute value of both columns is near 1. Numbers are multiplied by
/// it, which loses no digit, so that sums of their squares neither over- nor underflow.
inline double unit_of(const real_view& targets, const real_view& predictions) noexcept {
  double most = 0;
  for (std::size_t i = 0; i < targets.size(); ++i)
    most = detail::math::fmax(
        most, detail::math::fmax(detail::math::absolute(targets[i]), detail::math::absolute(predictions[i])));
  int exponent = 0;
  detail::math::frexp(most, &exponent);
  return detail::math::ldexp(1, exponent > -1000 ? -exponent : 1000);
}

/// The scores of the rows of each class, ascending.
struct class_scores {
  std::vector<double> zeros;
  std::vector<double> ones;
};

/// Refuses labels of one class only, and scores that are NaN. (Two columns of doubles are sorted several times faster
/// than one of scores with labels.)
inline result<class_scores> scores_by_class(std::span<const int> labels, const real_view& scores) {
  if (auto fit = same_length(labels.size(), scores.size(), "scores"); !fit) return std::move(fit).error();
  class_scores found;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1) return not_a_class(i, labels[i], 2);
    if (detail::math::is_nan(scores[i])) return error(errc::not_finite, "scores: row " + std::to_string(i) + " is NaN");
    (labels[i] == 1 ? found.ones : found.zeros).push_back(scores[i]);
  }
  if (found.zeros.empty() || found.ones.empty())
    return error(errc::invalid_data,
                 "labels: every row is of class " + std::to_string(labels[0]) + ", so there is nothing to tell apart");
  sort_doubles(found.zeros);
  sort_doubles(found.ones);
  return found;
}

/// Calls f(score, rows of class 1, rows of class 0) for every distinct score, from the highest down.
template <class F>
void for_each_tie(const class_scores& of, F f) {
  std::size_t zeros = of.zeros.size();
  std::size_t ones = of.ones.size();
  while (zeros != 0 || ones != 0) {
    const bool zero_leads = ones == 0 || (zeros != 0 && of.zeros[zeros - 1] > of.ones[ones - 1]);
    const double score = zero_leads ? of.zeros[zeros - 1] : of.ones[ones - 1];
    std::uint64_t positives = 0;
    std::uint64_t negatives = 0;
    for (; ones != 0 && of.ones[ones - 1] == score; --ones) ++positives;
    for (; zeros != 0 && of.zeros[zeros - 1] == score; --zeros) ++negatives;
    f(score, positives, negatives);
  }
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_EVALUATION_DETAIL_CHECKED_COLUMNS_HPP
