#ifndef MILLRACE_MODEL_VALIDATION_REGRESSION_HPP
#define MILLRACE_MODEL_VALIDATION_REGRESSION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/detail/weighted_mean.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// Every function here returns an error instead of a number that means nothing:
//   invalid_argument  there are no rows, or an argument is out of its range
//   shape_mismatch    the columns have different lengths
//   not_finite        a NaN or an infinity; names the row
//   out_of_range      a weight is negative; names the row
//   invalid_data      all weights are 0
// `weights`: none, or one for each row: how much it counts.

/// Mean squared error, in the square of the targets' unit.
inline result<double> mse(real_view targets, real_view predictions, std::span<const float> weights = {}) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  const double unit = detail::unit_of(targets, predictions);
  auto mean = detail::weighted_mean("mean squared error", targets.size(), weights, [&](std::size_t i) {
    const double apart = predictions[i] * unit - targets[i] * unit;
    return apart * apart;
  });
  if (mean) *mean = *mean / unit / unit;
  return mean;
}

/// The median of the absolute errors: between the two in the middle, where rows are even in number. Half of the rows
/// may be as wrong as they like.
/// Allocates: 8 bytes a row.
inline result<double> median_absolute_error(real_view targets, real_view predictions) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  std::vector<double> apart(targets.size());
  for (std::size_t i = 0; i < apart.size(); ++i)
    apart[i] = detail::math::absolute(predictions[i] / 2 - targets[i] / 2);  // halves do not overflow
  detail::sort_doubles(apart);
  const std::size_t middle = apart.size() / 2;
  return apart.size() % 2 == 1 ? 2 * apart[middle] : apart[middle - 1] + apart[middle];
}

/// Mean absolute percentage error, as a share: the mean of |error| / |target|. A target below 2^-52 counts as 2^-52, as
/// in scikit-learn, so targets of 0 make it huge.
inline result<double> mape(real_view targets, real_view predictions, std::span<const float> weights = {}) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  return detail::weighted_mean("mean absolute percentage error", targets.size(), weights, [&](std::size_t i) {
    const double size = detail::math::absolute(targets[i]);
    return detail::math::absolute(predictions[i] - targets[i]) / (size > 0x1p-52 ? size : 0x1p-52);
  });
}

/// Pinball loss of predicted quantiles: the mean of `quantile` times the error where the target is above the
/// prediction, and 1 - quantile times it where it is below. Least for the true quantile. Errors: also invalid_argument:
/// a quantile outside [0, 1]. Source: Koenker, Bassett, "Regression quantiles", Econometrica 46, 1978.
inline result<double> pinball_loss(real_view targets, real_view predictions, double quantile = 0.5,
                                   std::span<const float> weights = {}) {
  if (!(quantile >= 0 && quantile <= 1))
    return error(errc::invalid_argument, "pinball loss: the quantile must be in [0, 1]");
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  const double unit = detail::unit_of(targets, predictions);
  auto mean = detail::weighted_mean("pinball loss", targets.size(), weights, [&](std::size_t i) {
    const double apart = targets[i] * unit - predictions[i] * unit;
    return apart > 0 ? quantile * apart : (quantile - 1) * apart;
  });
  if (mean) *mean = *mean / unit;
  return mean;
}

/// Explained variance: 1 less the variance of the errors divided by that of the targets. Unlike R2 it forgives an error
/// that is the same in all rows. Where all targets are equal it is 1 for equal errors and 0 for others.
inline result<double> explained_variance(real_view targets, real_view predictions,
                                         std::span<const float> weights = {}) {
  if (auto fit = detail::finite_columns(targets, predictions); !fit) return std::move(fit).error();
  const double unit = detail::unit_of(targets, predictions);
  const auto target = [&](std::size_t i) { return targets[i] * unit; };
  const auto apart = [&](std::size_t i) { return targets[i] * unit - predictions[i] * unit; };
  auto left = detail::weighted_variance("explained variance", targets.size(), weights, apart);
  if (!left) return left;
  const double whole = *detail::weighted_variance("explained variance", targets.size(), weights, target);
  if (whole == 0) return *left == 0 ? 1.0 : 0.0;
  return 1 - *left / whole;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_REGRESSION_HPP
