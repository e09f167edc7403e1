#ifndef MILLRACE_MODEL_MATRIX_VIEW_HPP
#define MILLRACE_MODEL_MATRIX_VIEW_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
/// A pointer to numbers that are no floats, or something that has a pointer to them.
template <class T>
inline constexpr bool points_to_others = false;
template <class T>
inline constexpr bool points_to_others<T*> = std::is_arithmetic_v<T> && !std::is_same_v<std::remove_const_t<T>, float>;
template <class Numbers>
inline constexpr bool other_numbers = points_to_others<Numbers>;
template <class Numbers>
requires requires(const Numbers& numbers) { numbers.data(); }
inline constexpr bool other_numbers<Numbers> = points_to_others<decltype(std::declval<const Numbers&>().data())>;
}  // namespace detail

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
  template <class Numbers, class... Shape>
  requires(detail::other_numbers<Numbers>)
  constexpr matrix_view(const Numbers&, Shape...) noexcept {
    static_assert(!sizeof(Numbers),
                  "millrace[MODEL-2]: a matrix_view is of floats that stand in memory; copy other numbers first: "
                  "std::vector<float> floats(numbers.begin(), numbers.end())");
  }

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
