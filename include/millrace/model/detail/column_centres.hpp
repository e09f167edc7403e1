#ifndef MILLRACE_MODEL_DETAIL_COLUMN_CENTRES_HPP
#define MILLRACE_MODEL_DETAIL_COLUMN_CENTRES_HPP

#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The weighted mean of every column. A column whose rows of weight above 0 hold one value has exactly that as its
/// mean, so that it is exactly 0 once centred.
inline std::vector<double> column_means(const matrix_view& rows, std::span<const float> weights, double total) {
  const std::size_t columns = rows.columns();
  std::vector<double> means(columns);
  std::vector<float> first(columns);
  std::vector<unsigned char> varies(columns);
  std::size_t begin = 0;
  while (weight_of(weights, begin) == 0) ++begin;
  for (std::size_t j = 0; j < columns; ++j) first[j] = rows(begin, j);
  for (std::size_t i = begin; i < rows.rows(); ++i) {
    const double weight = weight_of(weights, i);
    if (weight == 0) continue;
    const float* const row = rows.row(i).data();
    for (std::size_t j = 0; j < columns; ++j) {
      means[j] += weight * static_cast<double>(row[j]);
      varies[j] |= static_cast<unsigned char>(row[j] != first[j]);
    }
  }
  for (std::size_t j = 0; j < columns; ++j)
    means[j] = varies[j] != 0 ? means[j] / total : static_cast<double>(first[j]);
  return means;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_COLUMN_CENTRES_HPP
