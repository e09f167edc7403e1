#ifndef MILLRACE_MODEL_LINEAR_LINEAR_REGRESSION_HPP
#define MILLRACE_MODEL_LINEAR_LINEAR_REGRESSION_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/least_squares.hpp>
#include <millrace/model/linear/detail/linear_map.hpp>
#include <millrace/model/matrix_view.hpp>

#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a linear regression is fitted.
struct linear_options {
  /// Whether the predictions have an intercept, or pass through 0 where all features are 0.
  bool intercept = true;
};

/// Linear regression: the linear function of the features with the least weighted sum of squared errors.
///
///     auto fitted = mr::model::linear_regression::fit(rows, targets);
///     double predicted = (*fitted)(row);
///
/// Shapes: rows x columns, one output.
/// Guarantee: always a defined function. Where columns depend on each other (duplicates, all levels of a category, more
/// columns than rows), of all functions with the least error it is the one whose coefficients have the least sum of
/// squares; a constant column beside an intercept has coefficient 0. Columns count as dependent if they are up to a
/// share of about 2e-7 of their spread, the precision of the features. A row's prediction has the same bits alone and
/// in any batch.
/// Missing values: refused by `fit`; the prediction for a row with NaN is NaN.
/// Complexity: fitting, rows columns^2 / 2 + columns^3 / 3, and 9 columns^3 if columns are dependent.
/// Allocates: while fitting, three matrices of columns x columns; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
class linear_regression : public detail::scalar_linear_model<linear_regression> {
 public:
  using options_type = linear_options;

  /// `targets` and, if there are any, `weights`: one for each row. A row of weight 0 changes nothing.
  /// Errors: shape_mismatch, invalid_argument (no rows), not_finite (a feature, with its row and column, a target or a
  /// weight), out_of_range (a negative weight), invalid_data (every weight is 0).
  static result<linear_regression> fit(const matrix_view& rows, std::span<const float> targets,
                                       const linear_options& with = {}, std::span<const float> weights = {}) {
    auto total = detail::checked_regression("linear_regression", rows, targets, weights);
    if (!total) return std::move(total).error();
    linear_regression fitted;
    fitted.map_ = detail::least_squares(rows, targets, weights, *total, 0, with.intercept).run();
    return fitted;
  }

 private:
  friend scalar_linear_model;
  static constexpr const char* saved_as = "linear_regression";
  linear_regression() = default;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_LINEAR_REGRESSION_HPP
