#ifndef MILLRACE_MODEL_LINEAR_FTRL_LOGISTIC_HPP
#define MILLRACE_MODEL_LINEAR_FTRL_LOGISTIC_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/detail/class_labels.hpp>
#include <millrace/model/detail/link.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/ftrl_scores.hpp>
#include <millrace/model/linear/ftrl_options.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {

/// Logistic regression of two classes that learns sample by sample by FTRL-proximal: each coefficient at its own rate,
/// with prices that keep those of rare features at exactly 0. For millions of sparse or hashed features.
///
///     auto model = mr::model::ftrl_logistic::make(1 << 20, {.rate = 0.1, .l1 = 1});
///     double probability = model->partial_fit(mr::model::sparse_view(indices, values), label);  // before the label
///
/// Models: a model of one output, the probability of class 1, of dense and of sparse rows.
/// Guarantee: the same samples in the same order give the same model, to the bit; dense rows the same as sparse ones
/// whose indices rise. A loaded model goes on as the saved one would have. A weight multiplies the gradients of its
/// sample. Missing values: a sample with a feature or weight that is not finite, an index beyond inputs(), a label that
/// is neither 0 nor 1, or a negative weight is left out and counted in `skipped()`; the prediction for a row with NaN
/// is NaN. Complexity: 2 passes over the features of the row; memory, 16 bytes an input. Allocates: `make`, `fit`,
/// `load` and `save`; learning and asking, never. Threads: const calls from any number; partial_fit alone. Moved from,
/// it may only be assigned to or destroyed. Source: McMahan et al., "Ad click prediction: a view from the trenches",
/// KDD 2013, algorithm 1.
class ftrl_logistic : public detail::ftrl_model<ftrl_logistic> {
 public:
  /// A model whose probability is 1/2 for every row.
  /// Errors: invalid_argument (an option, or inputs).
  static result<ftrl_logistic> make(std::size_t inputs, const ftrl_options& with = {}) {
    if (auto right = detail::ftrl_scores::check_options(saved_as, inputs, with); !right)
      return std::move(right).error();
    ftrl_logistic made;
    made.scores_ = detail::ftrl_scores(inputs, with);
    return made;
  }
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// or a weight), out_of_range (a negative weight, or a label that is neither 0 nor 1), invalid_data (every weight is
  /// 0, or one class only).
  static result<ftrl_logistic> fit(const matrix_view& rows, std::span<const float> labels,
                                   const ftrl_options& with = {}, std::span<const float> weights = {}) {
    if (auto right = detail::finite_rows(saved_as, rows); !right) return std::move(right).error();
    if (auto total = detail::sum_of_weights(saved_as, weights, rows.rows()); !total) return std::move(total).error();
    auto classes = detail::class_labels::read(saved_as, labels, rows.rows(), weights);
    if (!classes) return std::move(classes).error();
    if (classes->classes() > 2)
      return error(errc::out_of_range, std::string(saved_as) + ": labels are 0 and 1, but there is class " +
                                           std::to_string(classes->classes() - 1));
    if (auto right = classes->two_or_more(saved_as); !right) return std::move(right).error();
    if (auto right = detail::ftrl_scores::check_options(saved_as, rows.columns(), with); !right)
      return std::move(right).error();
    ftrl_logistic made;
    made.learn_rows(made, rows, labels, weights, with);
    return made;
  }

  /// The log odds of class 1; NaN where the prediction is.
  double score(std::span<const float> row) const noexcept { return scores_.score(row); }
  double score(const sparse_view& row) const noexcept { return scores_.score(row); }

 private:
  friend ftrl_model;
  friend online_model;
  static constexpr const char* saved_as = "ftrl_logistic";
  static double link(double score) noexcept { return detail::probability_of_score(score); }

  template <class Row>
  double learn(const Row& row, float label, float weight) noexcept {
    const double score = scores_.score(row);
    if (!detail::ftrl_scores::is_usable(score) || (label != 0 && label != 1) || !is_weight(weight)) [[unlikely]]
      return skip();
    const double probability = detail::probability_of_score(score);
    scores_.move(row, static_cast<double>(weight) * (probability - static_cast<double>(label)));
    return probability;
  }
  ftrl_logistic() = default;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_FTRL_LOGISTIC_HPP
