#ifndef MILLRACE_TENSOR_LAYOUT_HPP
#define MILLRACE_TENSOR_LAYOUT_HPP

#include <millrace/core/config.hpp>

#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <string>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// The most axes a tensor may have.
inline constexpr std::size_t max_rank = 8;

/// A tensor's extents, outermost axis first; rank 0 is a scalar. Allocates: never.
/// Precondition of every constructor: at most `max_rank` axes.
class tensor_shape {
 public:
  constexpr tensor_shape() noexcept = default;
  constexpr tensor_shape(std::initializer_list<std::size_t> extents) noexcept {
    for (const std::size_t extent : extents) push_back(extent);
  }
  template <class Iterator>
  constexpr tensor_shape(Iterator first, Iterator last) noexcept {
    for (; first != last; ++first) push_back(static_cast<std::size_t>(*first));
  }
  // Copies go axis by axis: a copy of the whole array would read back wide what was just written in
  // words, which waits for the store buffer; and where the rank is known, nothing is left of this.
  constexpr tensor_shape(const tensor_shape& other) noexcept : rank_(other.rank_) {
    for (std::size_t axis = 0; axis < rank_; ++axis) extents_[axis] = other.extents_[axis];
  }
  constexpr tensor_shape& operator=(const tensor_shape& other) noexcept {
    rank_ = other.rank_;
    for (std::size_t axis = 0; axis < rank_; ++axis) extents_[axis] = other.extents_[axis];
    return *this;
  }

  constexpr void push_back(std::size_t extent) noexcept {
    if (rank_ == max_rank) [[unlikely]]
      __builtin_trap();  // a broken precondition stops here rather than in somebody's memory
    extents_[rank_++] = extent;
  }

  constexpr std::size_t rank() const noexcept { return rank_; }
  constexpr std::size_t operator[](std::size_t axis) const noexcept { return extents_[axis]; }
  constexpr const std::size_t* begin() const noexcept { return extents_; }
  constexpr const std::size_t* end() const noexcept { return extents_ + rank_; }

  /// The product of the extents; 1 for a scalar.
  constexpr std::size_t element_count() const noexcept {
    std::size_t count = 1;
    for (const std::size_t extent : *this) count *= extent;
    return count;
  }

  friend constexpr bool operator==(const tensor_shape& a, const tensor_shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t axis = 0; axis < a.rank_; ++axis)
      if (a[axis] != b[axis]) return false;
    return true;
  }

 private:
  std::size_t extents_[max_rank] = {};
  std::size_t rank_ = 0;
};

/// A place in a tensor, one index an axis.
using tensor_position = tensor_shape;

namespace detail {
inline std::string bracketed(const tensor_shape& numbers, char open, char close) {
  std::string text(1, open);
  for (std::size_t axis = 0; axis < numbers.rank(); ++axis) {
    char digits[24];
    if (axis != 0) text += ", ";
    text.append(digits, std::to_chars(digits, digits + sizeof digits, numbers[axis]).ptr);
  }
  text += close;
  return text;
}
}  // namespace detail

/// `[32, 64]`; a scalar is `[]`.
inline std::string to_string(const tensor_shape& shape) { return detail::bracketed(shape, '[', ']'); }

/// The order of a tensor's axes in memory, outermost (largest stride) first.
struct axis_order {
  unsigned char axes[max_rank] = {0, 1, 2, 3, 4, 5, 6, 7};

  constexpr unsigned char operator[](std::size_t place) const noexcept { return axes[place]; }
  friend constexpr bool operator==(const axis_order&, const axis_order&) noexcept = default;
};

/// A shape and how far apart, in elements, neighbours on each axis lie. Strides may be negative, or
/// zero for an axis that repeats. Allocates: never.
class tensor_layout {
 public:
  constexpr tensor_layout() noexcept = default;

  /// Any layout. Precondition: `strides` points to shape.rank() numbers.
  template <class Stride>
  constexpr tensor_layout(const tensor_shape& shape, const Stride* strides) noexcept : shape_(shape) {
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) strides_[axis] = static_cast<std::ptrdiff_t>(strides[axis]);
  }
  constexpr tensor_layout(const tensor_shape& shape, std::initializer_list<std::ptrdiff_t> strides) noexcept
      : tensor_layout(shape, strides.begin()) {}
  constexpr tensor_layout(const tensor_layout& other) noexcept : tensor_layout(other.shape_, other.strides_) {}
  constexpr tensor_layout& operator=(const tensor_layout& other) noexcept {
    shape_ = other.shape_;
    for (std::size_t axis = 0; axis < rank(); ++axis) strides_[axis] = other.strides_[axis];
    return *this;
  }

  /// Gapless, the last axis innermost: C, NumPy.
  static constexpr tensor_layout row_major(const tensor_shape& shape) noexcept { return dense(shape, axis_order{}); }
  /// Gapless, the first axis innermost: Fortran, Eigen.
  static constexpr tensor_layout column_major(const tensor_shape& shape) noexcept {
    axis_order order;
    for (std::size_t place = 0; place < shape.rank(); ++place)
      order.axes[place] = static_cast<unsigned char>(shape.rank() - 1 - place);
    return dense(shape, order);
  }
  /// Gapless, axes nested as `order` says. Precondition: its first rank() entries are a permutation.
  static constexpr tensor_layout dense(const tensor_shape& shape, const axis_order& order) noexcept {
    tensor_layout made;
    made.shape_ = shape;
    std::size_t stride = 1;
    for (std::size_t place = shape.rank(); place-- > 0;) {
      made.strides_[order[place]] = static_cast<std::ptrdiff_t>(stride);
      stride *= shape[order[place]];
    }
    return made;
  }

  constexpr const tensor_shape& shape() const noexcept { return shape_; }
  constexpr std::size_t rank() const noexcept { return shape_.rank(); }
  constexpr std::ptrdiff_t stride(std::size_t axis) const noexcept { return strides_[axis]; }
  constexpr std::size_t element_count() const noexcept { return shape_.element_count(); }

  /// Where an element lies, counted in elements from the first one.
  constexpr std::ptrdiff_t offset(const tensor_position& at) const noexcept {
    std::ptrdiff_t sum = 0;
    for (std::size_t axis = 0; axis < rank(); ++axis) sum += static_cast<std::ptrdiff_t>(at[axis]) * strides_[axis];
    return sum;
  }

  /// The axes from the largest stride to the smallest. Equal strides keep their order, and axes of
  /// extent 1 their place; of an empty tensor all do.
  constexpr axis_order order() const noexcept {
    axis_order order;
    if (element_count() == 0) return order;
    for (std::size_t i = 1; i < rank(); ++i) {  // insertion sort: at most eight
      if (shape_[i] == 1) continue;
      for (std::size_t at = i, before = i; before-- > 0;) {
        if (shape_[order.axes[before]] == 1) continue;
        if (width(order.axes[at]) <= width(order.axes[before])) break;
        const unsigned char moved = order.axes[at];
        order.axes[at] = order.axes[before];
        order.axes[before] = moved;
        at = before;
      }
    }
    return order;
  }

  /// Row-major without gaps.
  constexpr bool is_contiguous() const noexcept { return is_dense(axis_order{}); }
  /// Without gaps in some order of its axes: element_count() elements from the first one.
  constexpr bool is_dense() const noexcept { return is_dense(order()); }

  /// The position of the element that stands at `flat` when elements are counted in `order()`.
  constexpr tensor_position position(std::size_t flat) const noexcept {
    std::size_t found[max_rank] = {};
    const axis_order nesting = order();
    for (std::size_t place = rank(); place-- > 0;) {
      const std::size_t extent = shape_[nesting[place]];
      found[nesting[place]] = flat % extent;
      flat /= extent;
    }
    return tensor_position(found, found + rank());
  }

 private:
  constexpr std::ptrdiff_t width(std::size_t axis) const noexcept {
    return strides_[axis] < 0 ? -strides_[axis] : strides_[axis];
  }
  constexpr bool is_dense(const axis_order& order) const noexcept {
    std::ptrdiff_t expected = 1;
    for (std::size_t place = rank(); place-- > 0;) {
      const std::size_t extent = shape_[order[place]];
      if (extent == 0) return true;
      if (extent != 1 && strides_[order[place]] != expected) return false;
      expected *= static_cast<std::ptrdiff_t>(extent);
    }
    return true;
  }

  tensor_shape shape_;
  std::ptrdiff_t strides_[max_rank] = {};
};

namespace detail {

/// Walks a layout in its memory order as runs of evenly spaced elements, as long as they can be:
/// f(offset of the first, count, stride), where f returns whether to go on. Returns false if f did.
template <class F>
constexpr bool for_each_run(const tensor_layout& layout, F&& f) {
  // Axes with one element go; an axis whose stride continues the next inner one merges with it.
  std::size_t extents[max_rank] = {};
  std::ptrdiff_t strides[max_rank] = {};
  std::size_t depth = 0;
  const axis_order order = layout.order();
  for (std::size_t place = 0; place < layout.rank(); ++place) {
    const std::size_t extent = layout.shape()[order[place]];
    const std::ptrdiff_t stride = layout.stride(order[place]);
    if (extent == 0) return true;
    if (extent == 1) continue;
    if (depth > 0 && strides[depth - 1] == stride * static_cast<std::ptrdiff_t>(extent)) {
      extents[depth - 1] *= extent;
      strides[depth - 1] = stride;
    } else {
      extents[depth] = extent;
      strides[depth++] = stride;
    }
  }
  if (depth == 0) return f(std::ptrdiff_t{0}, std::size_t{1}, std::ptrdiff_t{1});
  const std::size_t inner = depth - 1;
  std::size_t index[max_rank] = {};
  std::ptrdiff_t offset = 0;
  for (;;) {
    if (!f(offset, extents[inner], strides[inner])) return false;
    std::size_t axis = inner;
    for (;;) {
      if (axis == 0) return true;
      --axis;
      offset += strides[axis];
      if (++index[axis] < extents[axis]) break;
      offset -= strides[axis] * static_cast<std::ptrdiff_t>(extents[axis]);
      index[axis] = 0;
    }
  }
}

}  // namespace detail

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_LAYOUT_HPP
