#ifndef MILLRACE_MODEL_LINEAR_RIDGE_HPP
#define MILLRACE_MODEL_LINEAR_RIDGE_HPP

#include <millrace/core/detail/math.hpp>
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

/// How a ridge regression is fitted.
struct ridge_options {
  /// The price of the squared coefficients, 0 or above: scikit-learn's `alpha`. It counts in the units of the columns,
  /// so columns of very different spreads are better scaled first. 0: linear regression.
  double l2 = 1;
  /// Whether the predictions have an intercept, which costs nothing.
  bool intercept = true;
};

/// Ridge regression: the linear function of the features that minimises the weighted sum of squared errors plus l2
/// times the sum of squared coefficients.
///
///     auto fitted = mr::model::ridge::fit(rows, targets, {.l2 = 10});
///
/// Shapes: rows x columns, one output.
/// Guarantee: always a defined function, as linear_regression says. A row's prediction has the same bits alone and in
/// any batch.
/// Missing values: refused by `fit`; the prediction for a row with NaN is NaN.
/// Complexity: fitting, rows columns^2 / 2 + columns^3 / 3.
/// Allocates: while fitting, three matrices of columns x columns; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Hoerl, Kennard, "Ridge regression", Technometrics 12(1), 1970.
class ridge : public detail::scalar_linear_model<ridge> {
 public:
  using options_type = ridge_options;

  /// `targets` and, if there are any, `weights`: one for each row. A row of weight 0 changes nothing.
  /// Errors: those of `linear_regression::fit`, and invalid_argument (an option).
  static result<ridge> fit(const matrix_view& rows, std::span<const float> targets, const ridge_options& with = {},
                           std::span<const float> weights = {}) {
    if (!(with.l2 >= 0 && detail::math::is_finite(with.l2)))
      return detail::wrong_option("ridge", "l2", "finite and 0 or above");
    auto total = detail::checked_regression("ridge", rows, targets, weights);
    if (!total) return std::move(total).error();
    ridge fitted;
    fitted.map_ = detail::least_squares(rows, targets, weights, *total, with.l2, with.intercept).run();
    return fitted;
  }

 private:
  friend scalar_linear_model;
  static constexpr const char* saved_as = "ridge";
  ridge() = default;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_RIDGE_HPP
