#ifndef MILLRACE_MODEL_LINEAR_SGD_LOGISTIC_HPP
#define MILLRACE_MODEL_LINEAR_SGD_LOGISTIC_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/class_labels.hpp>
#include <millrace/model/detail/link.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/online_model.hpp>
#include <millrace/model/linear/detail/online_scores.hpp>
#include <millrace/model/linear/sgd_options.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {

/// Logistic regression of two classes that learns sample by sample, by stochastic gradient descent on the log loss.
///
///     auto model = mr::model::sgd_logistic::make(columns);
///     double probability = model->partial_fit(row, label);  // predicted before the label was seen
///
/// A sample moves the coefficients by rate * weight * (label - probability) along the row.
///
/// Shapes: rows of `inputs` features, with spreads near 1; one output, the probability of class 1.
/// Guarantee: the same samples in the same order give the same model, to the bit. A loaded model goes on as the saved
/// one would have.
/// Missing values: a sample with a feature or weight that is not finite, a label that is neither 0 nor 1, or a negative
/// weight is left out and counted in `skipped()`; the prediction for a row with NaN is NaN.
/// Complexity: 2 passes over the row.
/// Allocates: `make`, `fit`, `load` and `save`; learning and asking, never.
/// Threads: const calls from any number; partial_fit alone.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Bottou, "Stochastic gradient descent tricks", 2012.
class sgd_logistic : public detail::online_model<sgd_logistic, detail::online_scores, sgd_options> {
 public:
  /// A model whose probability is 1/2 for every row.
  /// Errors: invalid_argument (no inputs, or an option).
  static result<sgd_logistic> make(std::size_t inputs, const sgd_options& with = {}) {
    if (auto right = detail::online_scores::check_options(saved_as, inputs, with); !right)
      return std::move(right).error();
    sgd_logistic made;
    made.scores_ = detail::online_scores(inputs, with);
    return made;
  }
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// or a weight), out_of_range (a negative weight, or a label that is neither 0 nor 1), invalid_data (every weight is
  /// 0, or one class only).
  static result<sgd_logistic> fit(const matrix_view& rows, std::span<const float> labels, const sgd_options& with = {},
                                  std::span<const float> weights = {}) {
    if (auto right = detail::finite_rows(saved_as, rows); !right) return std::move(right).error();
    if (auto total = detail::sum_of_weights(saved_as, weights, rows.rows()); !total) return std::move(total).error();
    auto classes = detail::class_labels::read(saved_as, labels, rows.rows(), weights);
    if (!classes) return std::move(classes).error();
    if (classes->classes() > 2)
      return error(errc::out_of_range, std::string(saved_as) + ": labels are 0 and 1, but there is class " +
                                           std::to_string(classes->classes() - 1));
    if (auto right = classes->two_or_more(saved_as); !right) return std::move(right).error();
    if (auto right = detail::online_scores::check_options(saved_as, rows.columns(), with); !right)
      return std::move(right).error();
    sgd_logistic made;
    made.learn_rows(made, rows, labels, weights, with);
    return made;
  }

  /// The log odds of class 1; NaN for a row of fewer columns than the model's.
  double score(std::span<const float> row) const noexcept { return scores_.score(row); }

  std::span<const double> coefficients() const noexcept { return scores_.coefficients(); }

  /// Learns from one sample, and returns what the probability was before; NaN if the sample is left out, as
  /// one of too few columns is.
  double partial_fit(std::span<const float> row, float label, float weight = 1) noexcept {
    const double score = scores_.score(row);
    if (!detail::math::is_finite(score) || (label != 0 && label != 1) || !(weight >= 0) ||
        !detail::math::is_finite(static_cast<double>(weight))) [[unlikely]] {
      scores_.skip();
      return detail::math::nan;
    }
    const double probability = detail::probability_of_score(score);
    const double rate = scores_.rate() * static_cast<double>(weight);
    scores_.move(row.data(), rate * (static_cast<double>(label) - probability), rate);
    return probability;
  }

 private:
  friend online_model;
  static constexpr const char* saved_as = "sgd_logistic";
  static double link(double score) noexcept { return detail::probability_of_score(score); }
  sgd_logistic() = default;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_SGD_LOGISTIC_HPP
