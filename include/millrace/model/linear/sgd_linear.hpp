#ifndef MILLRACE_MODEL_LINEAR_SGD_LINEAR_HPP
#define MILLRACE_MODEL_LINEAR_SGD_LINEAR_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/online_model.hpp>
#include <millrace/model/linear/detail/online_scores.hpp>
#include <millrace/model/linear/sgd_options.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {

/// Linear regression that learns sample by sample, by stochastic gradient descent on half the squared error.
///
///     auto model = mr::model::sgd_linear::make(columns);
///     double predicted = model->partial_fit(row, target);  // predicted before the target was seen
///
/// A sample moves the coefficients by rate * weight * error / (1 + rate * weight * |row|^2) along the row: the step
/// with the error after it in the place of the error before. So no rate is too large, and the prediction for the row
/// never jumps beyond the target.
///
/// Shapes: rows of `inputs` features, with spreads near 1; one output.
/// Guarantee: the same samples in the same order give the same model, to the bit. A loaded model goes on as the saved
/// one would have.
/// Missing values: a sample with a feature, target or weight that is not finite, or a negative weight, is left out and
/// counted in `skipped()`; the prediction for a row with NaN is NaN.
/// Complexity: 2 passes over the row.
/// Allocates: `make`, `fit`, `load` and `save`; learning and asking, never.
/// Threads: const calls from any number; partial_fit alone.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Toulis, Airoldi, "Asymptotic and finite-sample properties of estimators based on stochastic gradients",
/// Annals of Statistics 45(4), 2017.
class sgd_linear : public detail::online_model<sgd_linear, detail::online_scores, sgd_options> {
 public:
  /// A model whose prediction is 0 for every row.
  /// Errors: invalid_argument (no inputs, or an option).
  static result<sgd_linear> make(std::size_t inputs, const sgd_options& with = {}) {
    if (auto right = detail::online_scores::check_options(saved_as, inputs, with); !right)
      return std::move(right).error();
    sgd_linear made;
    made.scores_ = detail::online_scores(inputs, with);
    return made;
  }
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// a target or a weight), out_of_range (a negative weight), invalid_data (every weight is 0).
  static result<sgd_linear> fit(const matrix_view& rows, std::span<const float> targets, const sgd_options& with = {},
                                std::span<const float> weights = {}) {
    if (auto total = detail::checked_regression(saved_as, rows, targets, weights); !total)
      return std::move(total).error();
    if (auto right = detail::online_scores::check_options(saved_as, rows.columns(), with); !right)
      return std::move(right).error();
    sgd_linear made;
    made.learn_rows(made, rows, targets, weights, with);
    return made;
  }

  std::span<const double> coefficients() const noexcept { return scores_.coefficients(); }

  /// Learns from one sample, and returns what the prediction was before; NaN if the sample is left out, as
  /// one of too few columns is.
  double partial_fit(std::span<const float> row, float target, float weight = 1) noexcept {
    const double score = scores_.score(row);
    const double error = static_cast<double>(target) - score;
    if (!detail::math::is_finite(error) || !(weight >= 0) || !detail::math::is_finite(static_cast<double>(weight)))
        [[unlikely]] {
      scores_.skip();
      return detail::math::nan;
    }
    const double rate = scores_.rate() * static_cast<double>(weight);
    scores_.move(row.data(), rate * error / (1 + rate * scores_.square(row.data())), rate);
    return score;
  }

 private:
  friend online_model;
  static constexpr const char* saved_as = "sgd_linear";
  static double link(double score) noexcept { return score; }
  sgd_linear() = default;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_SGD_LINEAR_HPP
