#ifndef MILLRACE_MODEL_LINEAR_FTRL_LINEAR_HPP
#define MILLRACE_MODEL_LINEAR_FTRL_LINEAR_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/ftrl_scores.hpp>
#include <millrace/model/linear/ftrl_options.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {

/// Linear regression that learns sample by sample by FTRL-proximal, on half the squared error: each coefficient at its
/// own rate, with prices that keep those of rare features at exactly 0.
///
///     auto model = mr::model::ftrl_linear::make(1 << 20, {.rate = 0.5});
///     double prediction = model->partial_fit(row, target);  // predicted before the target was seen
///
/// Models: a model of one output, a number in the targets' unit, of dense and of sparse rows.
/// Guarantee: the same samples in the same order give the same model, to the bit; dense rows the same as sparse ones
/// whose indices rise. A loaded model goes on as the saved one would have. A weight multiplies the gradients of its
/// sample. Missing values: a sample with a feature, target or weight that is not finite, an index beyond inputs(), or a
/// negative weight is left out and counted in `skipped()`; the prediction for a row with NaN is NaN. Complexity: 2
/// passes over the features of the row; memory, 16 bytes an input. Allocates: `make`, `fit`, `load` and `save`;
/// learning and asking, never. Threads: const calls from any number; partial_fit alone. Moved from, it may only be
/// assigned to or destroyed. Source: McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013,
/// algorithm 1.
class ftrl_linear : public detail::ftrl_model<ftrl_linear> {
 public:
  /// A model that predicts 0 for every row.
  /// Errors: invalid_argument (an option, or inputs).
  static result<ftrl_linear> make(std::size_t inputs, const ftrl_options& with = {}) {
    if (auto right = detail::ftrl_scores::check_options(saved_as, inputs, with); !right)
      return std::move(right).error();
    ftrl_linear made;
    made.scores_ = detail::ftrl_scores(inputs, with);
    return made;
  }
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// a target or a weight), out_of_range (a negative weight), invalid_data (every weight is 0).
  static result<ftrl_linear> fit(const matrix_view& rows, std::span<const float> targets, const ftrl_options& with = {},
                                 std::span<const float> weights = {}) {
    if (auto total = detail::checked_regression(saved_as, rows, targets, weights); !total)
      return std::move(total).error();
    if (auto right = detail::ftrl_scores::check_options(saved_as, rows.columns(), with); !right)
      return std::move(right).error();
    ftrl_linear made;
    made.learn_rows(made, rows, targets, weights, with);
    return made;
  }

 private:
  friend ftrl_model;
  friend online_model;
  static constexpr const char* saved_as = "ftrl_linear";
  static double link(double score) noexcept { return score; }

  template <class Row>
  double learn(const Row& row, float target, float weight) noexcept {
    const double score = scores_.score(row);
    if (!detail::ftrl_scores::is_usable(score) || !detail::math::is_finite(static_cast<double>(target)) ||
        !is_weight(weight)) [[unlikely]]
      return skip();
    scores_.move(row, static_cast<double>(weight) * (score - static_cast<double>(target)));
    return score;
  }
  ftrl_linear() = default;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_FTRL_LINEAR_HPP
