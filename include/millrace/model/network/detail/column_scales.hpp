#ifndef MILLRACE_MODEL_NETWORK_DETAIL_COLUMN_SCALES_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_COLUMN_SCALES_HPP

#include <millrace/core/detail/dense_products.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/network/detail/network_outputs.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The mean of each column, and 1 / its standard deviation; 0 for a column of one value, which so counts for nothing.
class column_scales {
 public:
  column_scales() = default;
  column_scales(std::span<const float> means, std::span<const float> factors)
      : size_(means.size()), means_(size_), factors_(size_) {
    for (std::size_t j = 0; j < size_; ++j) means_.data()[j] = means[j];
    for (std::size_t j = 0; j < size_; ++j) factors_.data()[j] = factors[j];
  }

  /// Of the rows named, which must not be empty. Without `wanted`, numbers are only checked.
  /// Errors: out_of_range (a number beyond 1e30, whose square leaves the range of floats).
  result<void> measure(const matrix_view& rows, std::span<const std::uint32_t> of, std::span<const float> weights,
                       bool wanted) {
    const std::size_t columns = rows.columns();
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t j = 0; j < columns; ++j)
        if (!(math::absolute(rows(i, j)) <= 1e30F))
          return error(errc::out_of_range, "mlp: row " + std::to_string(i) + ", column " + std::to_string(j) +
                                               " is beyond 1e30: scale the column");
    if (!wanted) return {};
    std::vector<double> mean(columns);
    std::vector<double> square(columns);
    double weight = 0;
    for (const std::uint32_t i : of) weight += weight_of(weights, i);
    for (const std::uint32_t i : of)
      for (std::size_t j = 0; j < columns; ++j) mean[j] += weight_of(weights, i) * static_cast<double>(rows(i, j));
    for (double& x : mean) x /= weight;
    // About the float that is subtracted later, so that what is asked is centred as what was learnt.
    for (double& x : mean) x = static_cast<double>(static_cast<float>(x));
    std::vector<unsigned char> varies(columns);
    for (const std::uint32_t i : of)
      for (std::size_t j = 0; j < columns; ++j) {
        const double off = static_cast<double>(rows(i, j)) - mean[j];
        square[j] += weight_of(weights, i) * off * off;
        varies[j] |= static_cast<unsigned char>(rows(i, j) != rows(of[0], j));
      }
    std::vector<float> means(columns);
    std::vector<float> factors(columns);
    for (std::size_t j = 0; j < columns; ++j) {
      means[j] = static_cast<float>(mean[j]);
      if (varies[j] == 0) continue;
      // A spread so small that 1 / spread is no float counts as none.
      const double factor = 1 / math::sqrt(square[j] / weight);
      if (factor <= 1e38) factors[j] = static_cast<float>(factor);
    }
    *this = column_scales(means, factors);
    return {};
  }

  bool empty() const noexcept { return size_ == 0; }
  std::span<const float> means() const noexcept { return {means_.data(), size_}; }
  std::span<const float> factors() const noexcept { return {factors_.data(), size_}; }
  input_scale view() const noexcept {
    if (empty()) return {};
    return {means_.data(), factors_.data()};
  }

 private:
  std::size_t size_ = 0;
  line_floats means_;
  line_floats factors_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_COLUMN_SCALES_HPP
