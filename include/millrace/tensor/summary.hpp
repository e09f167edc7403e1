#ifndef MILLRACE_TENSOR_SUMMARY_HPP
#define MILLRACE_TENSOR_SUMMARY_HPP

#include <millrace/tensor/finite_scan.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// A few numbers about a tensor's finite elements. If it has none, low, high and mean are NaN and `l2_norm` is 0.
struct tensor_summary {
  std::size_t count = 0;  ///< of all elements, finite or not
  std::size_t nan_count = 0;
  std::size_t infinity_count = 0;
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  double mean = std::numeric_limits<double>::quiet_NaN();
  double l2_norm = 0;                                  ///< the square root of the sum of squares
  std::optional<non_finite_element> first_non_finite;  ///< in memory order

  std::size_t finite_count() const noexcept { return count - nan_count - infinity_count; }
  /// The largest absolute value.
  double max_abs() const noexcept { return __builtin_fmax(__builtin_fabs(low), __builtin_fabs(high)); }
};

/// An element outside of a permitted range.
struct out_of_range_element {
  std::size_t index = 0;  ///< its number in memory order, from 0
  tensor_position position;
  double value = 0;
};

namespace detail {

inline constexpr std::size_t summary_block = 1024;  // elements

/// Converts evenly spaced elements to floats or doubles without gaps; `stride` counts elements.
using widen_function = void (*)(const unsigned char* from, std::ptrdiff_t stride, std::size_t count, void* to);

template <class Stored, class Wide>
void widen(const unsigned char* from, std::ptrdiff_t stride, std::size_t count, void* to) {
  const auto* source = reinterpret_cast<const Stored*>(from);
  auto* block = static_cast<Wide*>(to);
  for (std::size_t i = 0; i < count; ++i) block[i] = static_cast<Wide>(source[static_cast<std::ptrdiff_t>(i) * stride]);
}

/// Whether float holds every value of T; else double is used.
template <class T>
inline constexpr bool widens_to_float =
    std::is_same_v<T, float> || std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

inline widen_function widener(dtype type) noexcept {
  return visit_dtype(type, [](auto tag) -> widen_function {
    using stored = typename decltype(tag)::type;
    using element = std::conditional_t<std::is_same_v<stored, bool>, unsigned char, stored>;
    return &widen<element, std::conditional_t<widens_to_float<stored>, float, double>>;
  });
}

/// Calls f(first index, elements, count) for blocks of at most `summary_block` elements, in memory order, until f
/// returns false. `elements` points to floats or doubles without gaps: to the tensor's own if they are that, else to a
/// buffer on the stack into which they are converted.
template <class F>
void for_each_block(const tensor_view& view, F&& f) {
  const std::size_t size = size_of(view.dtype());
  const bool as_float = is_floating(view.dtype()) && view.dtype() != dtype::f64;
  const bool as_stored = view.dtype() == dtype::f32 || view.dtype() == dtype::f64;
  const widen_function convert = widener(view.dtype());
  std::size_t index = 0;
  for_each_run(view.layout(), [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    const auto step = stride * static_cast<std::ptrdiff_t>(size);
    const unsigned char* at =
        static_cast<const unsigned char*>(view.data()) + offset * static_cast<std::ptrdiff_t>(size);
    while (count != 0) {
      alignas(64) double buffer[summary_block];
      const std::size_t now = count < summary_block ? count : summary_block;
      const void* block = at;
      if (!as_stored || stride != 1) {
        convert(at, stride, now, buffer);
        block = buffer;
      }
      if (!(as_float ? f(index, static_cast<const float*>(block), now)
                     : f(index, static_cast<const double*>(block), now)))
        return false;
      at += static_cast<std::ptrdiff_t>(now) * step;
      index += now;
      count -= now;
    }
    return true;
  });
}

template <class T>
using format_of = std::conditional_t<std::is_same_v<T, float>, ieee_bits<std::uint32_t, 0x7f80'0000U>,
                                     ieee_bits<std::uint64_t, 0x7ff0'0000'0000'0000U>>;

/// Whether all elements of a block are known to be finite: if one is not, the sum of squares is not finite either. It
/// is also false if finite elements' squares leave the range of double.
inline bool is_finite_block(const block_sums& block) noexcept {
  return format_of<double>::is_finite(std::bit_cast<std::uint64_t>(block.squares));
}

/// Sums of the finite elements divided by `scale`, the largest absolute value, for a tensor whose squares leave the
/// range of double.
inline block_sums scaled_sums(const tensor_view& view, double scale) {
  block_sums made;
  for_each_block(view, [&](std::size_t, const auto* data, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      if (const double x = static_cast<double>(data[i]) / scale; __builtin_fabs(x) <= 1) {  // so not NaN, not infinite
        double square = x * x;
        rounded(square);
        made.sum += x;
        made.squares += square;
      }
    return true;
  });
  return made;
}

/// The sums of a block's finite elements; the others are counted in `into`. `first`: the index of the block's first
/// element. Without a finite element, the extremes are those of nothing.
template <class T>
block_sums sums_of_finite(const tensor_view& view, std::size_t first, const T* data, std::size_t count,
                          tensor_summary& into) {
  using format = format_of<T>;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double sum = 0;
  double squares = 0;
  double low = infinity;
  double high = -infinity;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = format::load(reinterpret_cast<const unsigned char*>(data + i));
    if (!format::is_finite(bits)) {
      const non_finite_kind kind = format::kind(bits);
      if (!into.first_non_finite)
        into.first_non_finite = non_finite_element{kind, first + i, view.layout().position(first + i)};
      ++(kind == non_finite_kind::nan ? into.nan_count : into.infinity_count);
      continue;
    }
    const auto x = static_cast<double>(data[i]);
    double square = x * x;
    rounded(square);
    sum += x;
    squares += square;
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  return {sum, squares, low, high};
}

}  // namespace detail

/// Summarizes a tensor of any dtype and layout. Integers beyond 2^53 are rounded to double.
/// Guarantee: sums are in double and in an order that is the same on every CPU, so the result is the same to the bit.
/// Complexity: one pass; a second one only if squares leave the range of double.
/// Allocates: never.
inline tensor_summary summarize(const tensor_view& view) {
  tensor_summary made;
  made.count = view.size();
  double sum = 0;
  double squares = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  detail::for_each_block(view, [&](std::size_t first, const auto* data, std::size_t count) {
    detail::block_sums block = detail::sum_block(data, count);
    if (!detail::is_finite_block(block)) [[unlikely]]
      block = detail::sums_of_finite(view, first, data, count, made);
    sum += block.sum;
    squares += block.squares;
    low = block.low < low ? block.low : low;
    high = block.high > high ? block.high : high;
    return true;
  });
  const std::size_t finite = made.finite_count();
  if (finite == 0) return made;
  made.low = low + 0.0;  // of two zeros, the positive one
  made.high = high + 0.0;
  made.mean = sum / static_cast<double>(finite);
  made.l2_norm = __builtin_sqrt(squares);
  constexpr double most = (std::numeric_limits<double>::max)();
  if (const double scale = made.max_abs(); scale > 0 && !(squares <= most && squares >= 1e-290)) {
    const detail::block_sums scaled = detail::scaled_sums(view, scale);
    made.l2_norm = scale * __builtin_sqrt(scaled.squares);
    if (!(__builtin_fabs(sum) <= most)) made.mean = scale * (scaled.sum / static_cast<double>(finite));
  }
  return made;
}

/// Returns the first element, in memory order, outside of [low, high]; NaN is outside of every range. Integers beyond
/// 2^53 are rounded to double first.
/// Complexity: one pass up to that element.
/// Allocates: never.
inline std::optional<out_of_range_element> find_out_of_range(const tensor_view& view, double low, double high) {
  std::optional<out_of_range_element> found;
  detail::for_each_block(view, [&](std::size_t first, const auto* data, std::size_t count) {
    const detail::block_sums block = detail::sum_block(data, count);
    if (detail::is_finite_block(block) && block.low >= low && block.high <= high) return true;
    for (std::size_t i = 0; i < count; ++i) {
      const auto x = static_cast<double>(data[i]);
      if (x >= low && x <= high) continue;
      found = out_of_range_element{first + i, view.layout().position(first + i), x};
      return false;
    }
    return true;
  });
  return found;
}

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_SUMMARY_HPP
