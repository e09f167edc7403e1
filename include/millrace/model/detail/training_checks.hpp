#ifndef MILLRACE_MODEL_DETAIL_TRAINING_CHECKS_HPP
#define MILLRACE_MODEL_DETAIL_TRAINING_CHECKS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

// What the fits of linear models, naive Bayes and principal components refuse. `model` is the name that messages begin
// with.

[[gnu::cold]] inline error wrong_option(const char* model, const char* option, const char* wanted) {
  return error(errc::invalid_argument, std::string(model) + ": option " + option + " must be " + wanted);
}
[[gnu::cold]] inline error wrong_number(const char* model, const std::string& place, double found) {
  return error(errc::not_finite,
               std::string(model) + ": " + place + (math::is_nan(found) ? " is NaN" : " is infinite"));
}

/// Whether all numbers are finite: x - x is 0, or NaN where x is not. Sums side by side need not wait for each other.
inline bool all_finite(std::span<const float> numbers) noexcept {
  using v = vector<float, 16>;
  v sum[4]{};
  std::size_t i = 0;
  for (; i + 16 <= numbers.size(); i += 16)
    for (std::size_t k = 0; k < 4; ++k) {
      v x;
      load_vector(x, numbers.data() + i + 4 * k);
      sum[k] += x - x;
    }
  float rest = 0;
  for (; i < numbers.size(); ++i) rest += numbers[i] - numbers[i];
  const v all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  return (all[0] + all[1]) + (all[2] + all[3]) + rest == 0;
}

/// Why there is nothing to fit to: numbers of which rows of no columns are made are none, either.
[[gnu::cold]] inline error no_rows(const char* model, const matrix_view& rows) {
  const bool has_numbers = rows.data() != nullptr && rows.columns() == 0;
  return error(errc::invalid_argument,
               std::string(model) + (has_numbers ? ": the rows have no columns" : ": there are no rows"));
}

/// There are rows and columns, and every number is finite.
inline result<void> finite_rows(const char* model, const matrix_view& rows) {
  if (rows.rows() == 0) return no_rows(model, rows);
  if (rows.columns() == 0) return error(errc::shape_mismatch, std::string(model) + ": the rows have no columns");
  if (rows.stride() == rows.columns() && all_finite({rows.data(), rows.rows() * rows.columns()})) return {};
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const std::span<const float> row = rows.row(i);
    if (all_finite(row)) [[likely]]
      continue;
    for (std::size_t j = 0; j < row.size(); ++j)
      if (!math::is_finite(static_cast<double>(row[j])))
        return wrong_number(model, "row " + std::to_string(i) + ", column " + std::to_string(j),
                            static_cast<double>(row[j]));
  }
  return {};
}

/// There are rows and columns, and every number is finite or missing.
inline result<void> rows_without_infinity(const char* model, const matrix_view& rows) {
  if (rows.rows() == 0) return no_rows(model, rows);
  if (rows.columns() == 0) return error(errc::shape_mismatch, std::string(model) + ": the rows have no columns");
  if (rows.stride() == rows.columns() && all_finite({rows.data(), rows.rows() * rows.columns()})) return {};
  for (std::size_t i = 0; i < rows.rows(); ++i)
    for (std::size_t j = 0; j < rows.columns(); ++j)
      if (math::is_infinite(static_cast<double>(rows(i, j))))
        return wrong_number(model, "row " + std::to_string(i) + ", column " + std::to_string(j),
                            static_cast<double>(rows(i, j)));
  return {};
}

inline result<void> one_each(const char* model, const char* what, std::size_t found, std::size_t rows) {
  if (found == rows) return {};
  return error(errc::shape_mismatch, std::string(model) + ": there are " + std::to_string(found) + " " + what +
                                         " for " + std::to_string(rows) + " rows");
}

/// There is a finite target for each row.
inline result<void> finite_targets(const char* model, std::span<const float> targets, std::size_t rows) {
  if (auto same = one_each(model, "targets", targets.size(), rows); !same) return same;
  for (std::size_t i = 0; i < rows; ++i)
    if (!math::is_finite(static_cast<double>(targets[i])))
      return wrong_number(model, "the target of row " + std::to_string(i), static_cast<double>(targets[i]));
  return {};
}

/// Returns the sum of the weights, or the number of rows if there are none: a weight of 0 or above for each row, one of
/// them above 0.
inline result<double> sum_of_weights(const char* model, std::span<const float> weights, std::size_t rows) {
  if (weights.empty()) return static_cast<double>(rows);
  if (auto same = one_each(model, "weights", weights.size(), rows); !same) return std::move(same).error();
  double sum = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto weight = static_cast<double>(weights[i]);
    if (!math::is_finite(weight)) return wrong_number(model, "the weight of row " + std::to_string(i), weight);
    if (weight < 0)
      return error(errc::out_of_range,
                   std::string(model) + ": the weight of row " + std::to_string(i) + " is negative");
    sum += weight;
  }
  if (sum > 0) return sum;
  return error(errc::invalid_data, std::string(model) + ": every weight is 0");
}

/// The checks of a regression, and the sum of its weights.
inline result<double> checked_regression(const char* model, const matrix_view& rows, std::span<const float> targets,
                                         std::span<const float> weights) {
  if (auto right = finite_rows(model, rows); !right) return std::move(right).error();
  if (auto right = finite_targets(model, targets, rows.rows()); !right) return std::move(right).error();
  return sum_of_weights(model, weights, rows.rows());
}

inline double weight_of(std::span<const float> weights, std::size_t row) noexcept {
  return weights.empty() ? 1 : static_cast<double>(weights[row]);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_TRAINING_CHECKS_HPP
