#ifndef MILLRACE_MODEL_VALIDATION_CROSS_VALIDATE_HPP
#define MILLRACE_MODEL_VALIDATION_CROSS_VALIDATE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/first_failure.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/validation/splits.hpp>

#include <cstddef>
#include <span>
#include <string>
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

namespace detail {

template <class Fit, class Score>
result<double> score_of_fold(const fold& of, Fit& fit, Score& score) {
  const std::span<const std::size_t> train(of.train), test(of.test);
  auto fitted = fit(train);
  const auto score_of = [&](const auto& model) -> result<double> {
    result<double> scored = score(model, test);
    if (scored && math::is_nan(*scored)) return error(errc::not_finite, "the score is NaN");
    return scored;
  };
  if constexpr (requires { fitted.error().code(); }) {  // a result
    if (!fitted) return std::move(fitted).error();
    return score_of(*fitted);
  } else {
    return score_of(fitted);
  }
}

}  // namespace detail

/// Fits on the train rows of each fold and scores on its test rows.
///
///     auto folds = mr::model::stratified_k_fold(labels);
///     auto found = mr::model::cross_validate(
///         *folds, [&](std::span<const std::size_t> train) { return logistic_regression::fit(...); },
///         [&](const auto& fitted, std::span<const std::size_t> test) { return mr::model::log_loss(...); });
///
/// `fit(rows)` returns a model or a result of one; `score(model, rows)` a number or a result of one.
/// `on`: folds run on any number of threads; `fit` and `score` are then called from all of them.
/// Guarantee: the same scores, or the same error, on any number of threads.
/// Errors: invalid_argument: no folds; not_finite: a score that is NaN; and those of fit and score. Each names its
/// fold, the first one that fails.
template <class Fit, class Score>
result<cross_validation> cross_validate(std::span<const fold> folds, Fit fit, Score score,
                                        const executor_reference& on = {}) {
  if (folds.empty()) return error(errc::invalid_argument, "cross-validation: there are no folds");
  std::vector<result<double>> each(folds.size(), 0.0);
  detail::first_failure failed;
  on(folds.size(), [&](std::size_t k) {
    if (failed.is_before(k)) return;
    each[k] = detail::score_of_fold(folds[k], fit, score);
    if (!each[k]) failed.update(k);
  });
  cross_validation found;
  for (std::size_t k = 0; k < each.size(); ++k) {
    if (!each[k]) return std::move(each[k]).error().wrap("cross-validation, fold " + std::to_string(k));
    found.scores.push_back(*each[k]);
  }
  return found;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_CROSS_VALIDATE_HPP
