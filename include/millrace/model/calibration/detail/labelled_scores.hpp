#ifndef MILLRACE_MODEL_CALIBRATION_DETAIL_LABELLED_SCORES_HPP
#define MILLRACE_MODEL_CALIBRATION_DETAIL_LABELLED_SCORES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/class_labels.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The labels of a calibration as 0 and 1, and the weight of each class.
struct labelled_scores {
  std::vector<int> labels;
  double zeros = 0;
  double ones = 0;

  /// Refuses scores that are not finite, labels that are neither 0 nor 1, wrong weights, and one class only.
  static result<labelled_scores> read(const char* name, const real_view& scores, std::span<const float> labels,
                                      std::span<const float> weights) {
    const std::size_t rows = scores.size();
    if (rows == 0) return error(errc::invalid_argument, std::string(name) + ": there are no rows");
    for (std::size_t i = 0; i < rows; ++i)
      if (!math::is_finite(scores[i])) return wrong_number(name, "the score of row " + std::to_string(i), scores[i]);
    if (auto total = sum_of_weights(name, weights, rows); !total) return std::move(total).error();
    auto classes = class_labels::read(name, labels, rows, weights);
    if (!classes) return std::move(classes).error();
    if (auto right = classes->two_or_more(name); !right) return std::move(right).error();
    if (classes->classes() > 2)
      return error(errc::out_of_range, std::string(name) + ": labels go up to " +
                                           std::to_string(classes->classes() - 1) +
                                           "; one calibration is of the classes 0 and 1");
    labelled_scores made;
    made.zeros = classes->weight[0];
    made.ones = classes->weight[1];
    made.labels.resize(rows);
    for (std::size_t i = 0; i < rows; ++i) made.labels[i] = static_cast<int>(classes->labels[i]);
    return made;
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_DETAIL_LABELLED_SCORES_HPP
