#ifndef MILLRACE_MODEL_MATRIX_VIEW_HPP
#define MILLRACE_MODEL_MATRIX_VIEW_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {

/// Rows of features, which models are fitted on and asked about: a view of single-precision numbers in row-major order.
/// A feature that is missing is NaN.
///
/// Shapes: rows x columns; `stride` numbers lie between the starts of two rows.
/// Allocates: never.
class matrix_view {
 public:
  constexpr matrix_view() noexcept = default;
  /// Precondition: stride >= columns.
  constexpr matrix_view(const float* first, std::size_t rows, std::size_t columns, std::size_t stride) noexcept
      : first_(first), rows_(rows), columns_(columns), stride_(stride) {}
  constexpr matrix_view(const float* first, std::size_t rows, std::size_t columns) noexcept
      : matrix_view(first, rows, columns, columns) {}
  /// As many whole rows as the numbers make.
  constexpr matrix_view(std::span<const float> numbers, std::size_t columns) noexcept
      : matrix_view(numbers.data(), columns > 0 ? numbers.size() / columns : 0, columns) {}

  constexpr std::size_t rows() const noexcept { return rows_; }
  constexpr std::size_t columns() const noexcept { return columns_; }
  constexpr std::size_t stride() const noexcept { return stride_; }
  constexpr const float* data() const noexcept { return first_; }
  constexpr std::span<const float> row(std::size_t at) const noexcept { return {first_ + at * stride_, columns_}; }
  constexpr float operator()(std::size_t row, std::size_t column) const noexcept {
    return first_[row * stride_ + column];
  }

 private:
  const float* first_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t stride_ = 0;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_MATRIX_VIEW_HPP
