#ifndef MILLRACE_TENSOR_FINITE_SCAN_HPP
#define MILLRACE_TENSOR_FINITE_SCAN_HPP

#include <millrace/tensor/detail/scan_kernels.hpp>
#include <millrace/tensor/view.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// The three ways in which a floating-point number is not finite.
enum class non_finite_kind : std::uint8_t { nan, infinity, negative_infinity };

/// The kind's name in logs and messages: `NaN`, `Infinity`, `-Infinity`.
constexpr std::string_view to_string(non_finite_kind kind) noexcept {
  switch (kind) {
    case non_finite_kind::nan: return "NaN";
    case non_finite_kind::infinity: return "Infinity";
    case non_finite_kind::negative_infinity: return "-Infinity";
  }
  return "unknown";
}

/// An element that is NaN or infinite: what, and where.
struct non_finite_element {
  non_finite_kind kind = non_finite_kind::nan;
  std::size_t index = 0;     ///< its number in memory order (largest stride outermost), from 0
  tensor_position position;  ///< the same place as one index for each axis
};

/// How many elements of a tensor are not finite, and where the first is.
struct finite_report {
  std::size_t nan_count = 0;
  std::size_t infinity_count = 0;
  std::optional<non_finite_element> first;  ///< in memory order

  std::size_t non_finite_count() const noexcept { return nan_count + infinity_count; }
};

namespace detail {

/// An IEEE 754 format: Bits is an unsigned integer of the element's width, Infinity the bits of +infinity.
template <class Bits, Bits Infinity>
struct ieee_bits {
  using type = Bits;
  static constexpr Bits magnitude = static_cast<Bits>(static_cast<Bits>(~Bits{0}) >> 1);

  static Bits load(const unsigned char* at) noexcept {
    Bits bits{};
    __builtin_memcpy(&bits, at, sizeof bits);
    return bits;
  }
  static bool is_finite(Bits bits) noexcept { return (bits & magnitude) < Infinity; }
  static non_finite_kind kind(Bits bits) noexcept {
    if ((bits & magnitude) > Infinity) return non_finite_kind::nan;
    return bits > magnitude ? non_finite_kind::negative_infinity : non_finite_kind::infinity;
  }
  /// Whether all elements of which `maxima` are the lanes' maxima are finite. An element of 4 or 8 bytes takes two or
  /// four lanes, of which the last has the exponent; `limit` is that lane of infinity.
  static bool all_finite(const lane_maxima& maxima) noexcept {
    constexpr std::size_t step = sizeof(Bits) / 2;
    constexpr auto limit = static_cast<std::int16_t>(Infinity >> (16 * (step - 1)));
    for (std::size_t lane = step - 1; lane < 4; lane += step)
      if (maxima.lane[lane] >= limit) return false;
    return true;
  }
};

/// Calls f(ieee_bits<...>{}) with the format of a floating-point dtype.
template <class F>
decltype(auto) visit_ieee(dtype type, F&& f) {
  switch (type) {
    case dtype::f64: return f(ieee_bits<std::uint64_t, 0x7ff0'0000'0000'0000U>{});
    case dtype::f16: return f(ieee_bits<std::uint16_t, 0x7c00U>{});
    case dtype::bf16: return f(ieee_bits<std::uint16_t, 0x7f80U>{});
    default: return f(ieee_bits<std::uint32_t, 0x7f80'0000U>{});
  }
}

/// Calls f(index, kind) for each non-finite element, in memory order, until f returns false.
template <class Format, class F>
void scan(const tensor_view& view, Format, F&& f) {
  constexpr std::size_t size = sizeof(typename Format::type);
  constexpr std::size_t block = 16384 / size;  // 16 KiB, gone through element by element only if it has one
  const auto* data = static_cast<const unsigned char*>(view.data());
  std::size_t index = 0;
  const auto one_by_one = [&](const unsigned char* at, std::size_t count, std::ptrdiff_t step) {
    for (std::size_t i = 0; i < count; ++i, at += step)
      if (const auto bits = Format::load(at); !Format::is_finite(bits))
        if (!f(index + i, Format::kind(bits))) return false;
    return true;
  };
  for_each_run(view.layout(), [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    const unsigned char* at = data + offset * static_cast<std::ptrdiff_t>(size);
    if (stride != 1) {
      if (!one_by_one(at, count, stride * static_cast<std::ptrdiff_t>(size))) return false;
      index += count;
      return true;
    }
    while (count != 0) {
      const std::size_t now = count < block ? count : block;
      if (!Format::all_finite(max_lanes(at, now * size)) && !one_by_one(at, now, size)) return false;
      at += now * size;
      index += now;
      count -= now;
    }
    return true;
  });
}

}  // namespace detail

/// Returns the first element, in memory order, that is NaN or infinite, or none if all are finite, as integers always
/// are. It is correct under -ffast-math too.
/// Complexity: one read of the tensor up to that element, as fast as memory is read if the tensor has no gaps.
/// Allocates: never.
inline std::optional<non_finite_element> find_non_finite(const tensor_view& view) {
  std::optional<non_finite_element> found;
  if (!is_floating(view.dtype())) return found;
  detail::visit_ieee(view.dtype(), [&](auto format) {
    detail::scan(view, format, [&](std::size_t index, non_finite_kind kind) {
      found = non_finite_element{kind, index, view.layout().position(index)};
      return false;
    });
  });
  return found;
}

namespace detail {

/// Whether all elements are finite that lie in `bytes` bytes without gaps.
inline bool all_finite_in_row(dtype type, const unsigned char* at, std::size_t bytes) noexcept {
  return visit_ieee(type, [&](auto format) {
    constexpr std::size_t block = 16384;  // the search ends at the first block of 16 KiB that has one
    for (; bytes > block; at += block, bytes -= block)
      if (!format.all_finite(max_lanes(at, block))) return false;
    return format.all_finite(max_lanes(at, bytes));
  });
}

}  // namespace detail

/// Whether no element is NaN or infinite: as `find_non_finite`, but faster for a tiny tensor.
[[gnu::always_inline]] inline bool all_finite(const tensor_view& view) {
  if (!is_floating(view.dtype())) return true;
  if (view.is_contiguous())
    return detail::all_finite_in_row(view.dtype(), static_cast<const unsigned char*>(view.data()), view.size_bytes());
  return !find_non_finite(view);
}

/// Counts the elements that are NaN or infinite, and finds the first.
/// Complexity: one read of the tensor, as fast as `find_non_finite` where all elements are finite.
/// Allocates: never.
inline finite_report scan_finite(const tensor_view& view) {
  finite_report report;
  if (!is_floating(view.dtype())) return report;
  detail::visit_ieee(view.dtype(), [&](auto format) {
    detail::scan(view, format, [&](std::size_t index, non_finite_kind kind) {
      if (!report.first) report.first = non_finite_element{kind, index, view.layout().position(index)};
      ++(kind == non_finite_kind::nan ? report.nan_count : report.infinity_count);
      return true;
    });
  });
  return report;
}

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_FINITE_SCAN_HPP
