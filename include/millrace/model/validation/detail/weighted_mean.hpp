#ifndef MILLRACE_MODEL_VALIDATION_DETAIL_WEIGHTED_MEAN_HPP
#define MILLRACE_MODEL_VALIDATION_DETAIL_WEIGHTED_MEAN_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The weighted mean over rows of figure(row), with the weights checked. `measure` is the name that messages begin
/// with.
template <class Figure>
result<double> weighted_mean(const char* measure, std::size_t rows, std::span<const float> weights, Figure figure) {
  auto total = sum_of_weights(measure, weights, rows);
  if (!total) return total;
  double sum = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double weight = weight_of(weights, i);
    if (weight > 0) sum += weight * figure(i);
  }
  return sum / *total;
}

/// The weighted variance of figure(row), around its weighted mean.
template <class Figure>
result<double> weighted_variance(const char* measure, std::size_t rows, std::span<const float> weights, Figure figure) {
  auto mean = weighted_mean(measure, rows, weights, figure);
  if (!mean) return mean;
  return weighted_mean(measure, rows, weights, [&](std::size_t i) {
    const double apart = figure(i) - *mean;
    return apart * apart;
  });
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_DETAIL_WEIGHTED_MEAN_HPP
