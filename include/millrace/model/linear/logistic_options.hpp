#ifndef MILLRACE_MODEL_LINEAR_LOGISTIC_OPTIONS_HPP
#define MILLRACE_MODEL_LINEAR_LOGISTIC_OPTIONS_HPP

#include <millrace/core/config.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a logistic regression is fitted. What is minimised is the weighted sum of the rows' log losses, plus l2 / 2
/// times the sum of squared coefficients, plus l1 times the sum of their absolute values. In scikit-learn's words, C is
/// 1 / (l1 + l2), and l1_ratio is l1 / (l1 + l2).
struct logistic_options {
  /// The price of squared coefficients, 0 or above. It counts in the units of the columns, so columns of very different
  /// spreads are better scaled first.
  double l2 = 1;
  /// The price of absolute coefficients, 0 or above: makes coefficients of columns that help little exactly 0.
  double l1 = 0;
  /// Whether scores have an intercept, which costs nothing.
  bool intercept = true;
  /// The most steps towards the optimum.
  std::size_t steps = 1000;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_LOGISTIC_OPTIONS_HPP
