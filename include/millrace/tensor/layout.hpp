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

/// A tensor's extents, one for each axis; rank 0 is a scalar.
/// Precondition of every constructor: at most `max_rank` axes.
/// Allocates: never.
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
  // Copies go axis by axis. A copy of the whole array would use vector loads of extents that were just stored one by
  // one, and wait for those stores; and if the compiler knows the rank, it removes this loop.
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
      __builtin_trap();  // the precondition is broken: better to stop than to write beyond the array
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

/// A place in a tensor, one index for each axis.
using tensor_position = tensor_shape;

namespace detail {
/// Numbers between two brackets, with commas.
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

/// The extents as text: `[32, 64]`; a scalar's is `[]`.
inline std::string to_string(const tensor_shape& shape) { return detail::bracketed(shape, '[', ']'); }

/// The order of a tensor's axes in memory, outermost (largest stride) first.
struct axis_order {
  unsigned char axes[max_rank] = {0, 1, 2, 3, 4, 5, 6, 7};

  constexpr unsigned char operator[](std::size_t place) const noexcept { return axes[place]; }
  friend constexpr bool operator==(const axis_order&, const axis_order&) noexcept = default;
};

/// A shape and a stride for each axis: the distance, in elements, from one index to the next. A stride may be negative,
/// or zero for an axis along which the same elements repeat.
/// Units: strides and offsets count elements.
/// Allocates: never.
class tensor_layout {
 public:
  constexpr tensor_layout() noexcept = default;

  /// Makes any layout. Precondition: `strides` points to shape.rank() numbers.
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

  /// Without gaps, the last axis innermost (of stride 1): as in C and NumPy.
  static constexpr tensor_layout row_major(const tensor_shape& shape) noexcept { return dense(shape, axis_order{}); }
  /// Without gaps, the first axis innermost: as in Fortran and Eigen.
  static constexpr tensor_layout column_major(const tensor_shape& shape) noexcept {
    axis_order order;
    for (std::size_t place = 0; place < shape.rank(); ++place)
      order.axes[place] = static_cast<unsigned char>(shape.rank() - 1 - place);
    return dense(shape, order);
  }
  /// Without gaps, the axes nested as `order` says. Precondition: its first shape.rank() entries are a permutation.
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

  /// How many elements after the one at position 0, 0, ... the element at `at` is.
  constexpr std::ptrdiff_t offset(const tensor_position& at) const noexcept {
    std::ptrdiff_t sum = 0;
    for (std::size_t axis = 0; axis < rank(); ++axis) sum += static_cast<std::ptrdiff_t>(at[axis]) * strides_[axis];
    return sum;
  }

  /// The axes from the largest stride to the smallest, by absolute value. Axes of equal stride keep their order, and
  /// those of extent 1, whose stride means nothing, their place. For an empty tensor all axes keep their place.
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

  /// Whether the layout is row-major without gaps.
  constexpr bool is_contiguous() const noexcept { return is_dense(axis_order{}); }
  /// Whether the elements lie without gaps, and with positive strides, in some order of the axes.
  constexpr bool is_dense() const noexcept { return is_dense(order()); }

  /// The position of the element that is number `flat`, from 0, when elements are counted in the order of `order()`.
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
  /// The absolute value of an axis's stride.
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

/// Goes through a layout in memory order, in runs of evenly spaced elements that are as long as possible, and calls
/// f(offset of the first, count, stride) for each until f returns false. Returns whether f never did.
template <class F>
constexpr bool for_each_run(const tensor_layout& layout, F&& f) {
  // Axes of extent 1 are left out. An axis whose stride is the next inner one's times its extent merges with that.
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
