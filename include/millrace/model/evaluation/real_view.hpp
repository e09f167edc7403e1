#ifndef MILLRACE_MODEL_EVALUATION_REAL_VIEW_HPP
#define MILLRACE_MODEL_EVALUATION_REAL_VIEW_HPP

#include <millrace/core/config.hpp>

#include <concepts>
#include <cstddef>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {

/// A view of a column of float or double whose numbers are read as double. Made from a vector, an array or a span, or
/// from a pointer and a length; the column must outlive it. Reading a number costs one well-predicted branch, and
/// functions over columns need not be compiled once for float and once for double.
class real_view {
 public:
  constexpr real_view() noexcept = default;
  constexpr real_view(const float* first, std::size_t size) noexcept : single_(first), size_(size) {}
  constexpr real_view(const double* first, std::size_t size) noexcept : double_(first), size_(size) {}

  template <class Column>
  requires std::convertible_to<const Column&, std::span<const float>>
  constexpr real_view(const Column& column) noexcept
      : real_view(std::span<const float>(column).data(), std::span<const float>(column).size()) {}
  template <class Column>
  requires std::convertible_to<const Column&, std::span<const double>>
  constexpr real_view(const Column& column) noexcept
      : real_view(std::span<const double>(column).data(), std::span<const double>(column).size()) {}

  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr double operator[](std::size_t at) const noexcept {
    return single_ != nullptr ? static_cast<double>(single_[at]) : double_[at];
  }

 private:
  const float* single_ = nullptr;
  const double* double_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_EVALUATION_REAL_VIEW_HPP
