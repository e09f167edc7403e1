#ifndef MILLRACE_MODEL_VALIDATION_CROSS_VALIDATE_HPP
#define MILLRACE_MODEL_VALIDATION_CROSS_VALIDATE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/splits.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// What cross_validate found: a score for each fold.
struct cross_validation {
  std::vector<double> scores;

  double mean() const noexcept {
    double sum = 0;
    for (const double score : scores) sum += score;
    return scores.empty() ? 0.0 : sum / static_cast<double>(scores.size());
  }
  /// The scores' standard deviation, with n - 1; 0 for fewer than two. Folds share rows to fit on, so it is not that of
  /// independent samples: it says how much folds differ, not how sure the mean is.
  double standard_deviation() const noexcept {
    if (scores.size() < 2) return 0;
    const double middle = mean();
    double sum = 0;
    for (const double score : scores) sum += (score - middle) * (score - middle);
    return detail::math::sqrt(sum / static_cast<double>(scores.size() - 1));
  }
};

/// Fits on the train rows of each fold and scores on its test rows.
///
///     auto folds = mr::model::stratified_k_fold(labels);
///     auto found = mr::model::cross_validate(
///         *folds, [&](std::span<const std::size_t> train) { return logistic_regression::fit(...); },
///         [&](const auto& fitted, std::span<const std::size_t> test) { return mr::model::log_loss(...); });
///
/// `fit(rows)` returns a model or a result of one; `score(model, rows)` a number or a result of one.
/// Errors: invalid_argument: no folds; not_finite: a score that is NaN; and those of fit and score. Each names its
/// fold.
template <class Fit, class Score>
result<cross_validation> cross_validate(std::span<const fold> folds, Fit fit, Score score) {
  if (folds.empty()) return error(errc::invalid_argument, "cross-validation: there are no folds");
  cross_validation found;
  const auto named = [](error&& why, std::size_t k) {
    return std::move(why).wrap("cross-validation, fold " + std::to_string(k));
  };
  for (std::size_t k = 0; k < folds.size(); ++k) {
    const std::span<const std::size_t> train(folds[k].train), test(folds[k].test);
    auto fitted = fit(train);
    const auto score_of = [&](const auto& model) -> result<double> { return score(model, test); };
    result<double> scored = 0.0;
    if constexpr (requires { fitted.error().code(); }) {  // a result
      if (!fitted) return named(std::move(fitted).error(), k);
      scored = score_of(*fitted);
    } else {
      scored = score_of(fitted);
    }
    if (!scored) return named(std::move(scored).error(), k);
    if (detail::math::is_nan(*scored))
      return error(errc::not_finite, "cross-validation, fold " + std::to_string(k) + ": the score is NaN");
    found.scores.push_back(*scored);
  }
  return found;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_CROSS_VALIDATE_HPP
