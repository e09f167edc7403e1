#ifndef MILLRACE_TENSOR_DTYPE_HPP
#define MILLRACE_TENSOR_DTYPE_HPP

#include <millrace/core/config.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// The type of a tensor's elements. The numbers and names are stable: they are stored in compressed tensors and written
/// in logs.
enum class dtype : std::uint8_t {
  f32 = 1,
  f64 = 2,
  f16 = 3,
  bf16 = 4,
  i8 = 5,
  i16 = 6,
  i32 = 7,
  i64 = 8,
  u8 = 9,
  u16 = 10,
  u32 = 11,
  u64 = 12,
  boolean = 13,
};

/// Every dtype once, in the order of their numbers.
inline constexpr dtype all_dtypes[] = {dtype::f32, dtype::f64, dtype::f16,    dtype::bf16, dtype::i8,
                                       dtype::i16, dtype::i32, dtype::i64,    dtype::u8,   dtype::u16,
                                       dtype::u32, dtype::u64, dtype::boolean};

/// The dtype's stable name, as logs have it: `f32`, `bool`.
constexpr std::string_view to_string(dtype type) noexcept {
  switch (type) {
    case dtype::f32: return "f32";
    case dtype::f64: return "f64";
    case dtype::f16: return "f16";
    case dtype::bf16: return "bf16";
    case dtype::i8: return "i8";
    case dtype::i16: return "i16";
    case dtype::i32: return "i32";
    case dtype::i64: return "i64";
    case dtype::u8: return "u8";
    case dtype::u16: return "u16";
    case dtype::u32: return "u32";
    case dtype::u64: return "u64";
    case dtype::boolean: return "bool";
  }
  return "unknown";
}

/// Bytes an element takes.
constexpr std::size_t size_of(dtype type) noexcept {
  switch (type) {
    case dtype::f64:
    case dtype::i64:
    case dtype::u64: return 8;
    case dtype::f32:
    case dtype::i32:
    case dtype::u32: return 4;
    case dtype::f16:
    case dtype::bf16:
    case dtype::i16:
    case dtype::u16: return 2;
    case dtype::i8:
    case dtype::u8:
    case dtype::boolean: return 1;
  }
  return 1;
}

/// Whether elements can be NaN or infinite.
constexpr bool is_floating(dtype type) noexcept {
  return type == dtype::f32 || type == dtype::f64 || type == dtype::f16 || type == dtype::bf16;
}

/// Whether `code`, as read from a file, is one of the enumerators.
constexpr bool is_dtype(std::uint8_t code) noexcept { return code >= 1 && code <= 13; }

/// The bits of an IEEE 754 binary16 number. It has no arithmetic; convert it to float for that, which is exact.
///
/// The conversion from float rounds to nearest, ties to even. What is too large becomes infinity, what is too small a
/// denormal or zero; NaN stays NaN, becomes quiet, and keeps the top ten bits of its payload.
/// Source: IEEE 754-2019, sections 3.4 and 4.3.1.
struct float16 {
  std::uint16_t bits = 0;

  constexpr float16() noexcept = default;
  constexpr explicit float16(float value) noexcept : bits(round(value)) {}
  static constexpr float16 from_bits(std::uint16_t bits) noexcept {
    float16 made;
    made.bits = bits;
    return made;
  }

  // binary16 has 5 bits of exponent, biased by 15, and 10 of mantissa; binary32 has 8, biased by 127, and 23. So the
  // magnitude moves up by 13 bits, and the exponent grows by 127 - 15 = 112: 0x38000000 is 112 << 23.
  constexpr explicit operator float() const noexcept {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
    const std::uint32_t magnitude = bits & 0x7fffU;
    if (magnitude >= 0x7c00U) return std::bit_cast<float>(sign | 0x7f800000U | (magnitude & 0x3ffU) << 13);
    if (magnitude >= 0x0400U) return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000U));
    const float denormal = static_cast<float>(magnitude) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(denormal));
  }

 private:
  // A magnitude loses its low 13 bits (more, if the result is denormal). Adding half of the lost unit less one, and the
  // lowest bit that is kept, before cutting rounds to nearest with ties to even.
  static constexpr std::uint16_t round(float value) noexcept {
    const auto all = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = all >> 16 & 0x8000U;
    const std::uint32_t magnitude = all & 0x7fffffffU;
    std::uint32_t half = 0;
    if (magnitude > 0x7f800000U) {
      half = 0x7e00U | (magnitude >> 13 & 0x3ffU);  // quiet, so that no payload rounds to infinity
    } else if (magnitude >= 0x477ff000U) {          // 65520 and above round to infinity
      half = 0x7c00U;
    } else if (magnitude >= 0x38800000U) {  // 2^-14: normal in binary16
      half = (magnitude - 0x38000000U + 0xfffU + (magnitude >> 13 & 1U)) >> 13;
    } else if (magnitude >= 0x33000000U) {  // 2^-25: half of the smallest denormal
      const std::uint32_t shift = 126U - (magnitude >> 23);
      const std::uint32_t mantissa = (magnitude & 0x7fffffU) | 0x800000U;
      half = (mantissa + (1U << (shift - 1)) - 1U + (mantissa >> shift & 1U)) >> shift;
    }
    return static_cast<std::uint16_t>(sign | half);
  }
};

/// bfloat16: the upper half of a binary32. Conversions as for `float16`.
struct bfloat16 {
  std::uint16_t bits = 0;

  constexpr bfloat16() noexcept = default;
  constexpr explicit bfloat16(float value) noexcept : bits(round(value)) {}
  static constexpr bfloat16 from_bits(std::uint16_t bits) noexcept {
    bfloat16 made;
    made.bits = bits;
    return made;
  }

  constexpr explicit operator float() const noexcept {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }

 private:
  static constexpr std::uint16_t round(float value) noexcept {
    const auto all = std::bit_cast<std::uint32_t>(value);
    if ((all & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>(all >> 16 | 0x40U);
    return static_cast<std::uint16_t>((all + 0x7fffU + (all >> 16 & 1U)) >> 16);
  }
};

namespace detail {

/// The dtype of an integer, as a number; 0 if it has another size.
constexpr int integer_dtype(std::size_t size, bool is_signed) noexcept {
  switch (size) {
    case 1: return static_cast<int>(is_signed ? dtype::i8 : dtype::u8);
    case 2: return static_cast<int>(is_signed ? dtype::i16 : dtype::u16);
    case 4: return static_cast<int>(is_signed ? dtype::i32 : dtype::u32);
    case 8: return static_cast<int>(is_signed ? dtype::i64 : dtype::u64);
    default: return 0;
  }
}

template <class T>
inline constexpr bool is_character =
    std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

template <class T>
concept plain_integer = std::is_integral_v<T> && !std::is_same_v<T, bool> && !is_character<T> && !std::is_const_v<T> &&
                        !std::is_volatile_v<T>;

}  // namespace detail

/// The dtype of a C++ type, as a number; 0 if it has none. Specialize it for a type whose bytes are those of a dtype,
/// as tensor/eigen.hpp does for Eigen::half. An integer's dtype follows from its size and sign; `char` has none,
/// because it is text.
template <class T>
inline constexpr int dtype_code = 0;
template <>
inline constexpr int dtype_code<float> = static_cast<int>(dtype::f32);
template <>
inline constexpr int dtype_code<double> = static_cast<int>(dtype::f64);
template <>
inline constexpr int dtype_code<float16> = static_cast<int>(dtype::f16);
template <>
inline constexpr int dtype_code<bfloat16> = static_cast<int>(dtype::bf16);
template <>
inline constexpr int dtype_code<bool> = static_cast<int>(dtype::boolean);
template <detail::plain_integer T>
inline constexpr int dtype_code<T> = detail::integer_dtype(sizeof(T), std::is_signed_v<T>);

/// A type that elements of a tensor may have: one with a dtype.
template <class T>
concept tensor_element = dtype_code<std::remove_cv_t<T>> != 0;

/// The dtype of a tensor element type.
template <tensor_element T>
inline constexpr dtype dtype_of = static_cast<dtype>(dtype_code<std::remove_cv_t<T>>);

/// The argument by which `visit_dtype` passes an element type.
template <class T>
struct element_tag {
  using type = T;
};

/// Calls f(element_tag<T>{}), where T is the library's own type for the dtype, and returns what f returns, which must
/// have the same type for every T.
template <class F>
constexpr decltype(auto) visit_dtype(dtype type, F&& f) {
  switch (type) {
    case dtype::f64: return f(element_tag<double>{});
    case dtype::f16: return f(element_tag<float16>{});
    case dtype::bf16: return f(element_tag<bfloat16>{});
    case dtype::i8: return f(element_tag<std::int8_t>{});
    case dtype::i16: return f(element_tag<std::int16_t>{});
    case dtype::i32: return f(element_tag<std::int32_t>{});
    case dtype::i64: return f(element_tag<std::int64_t>{});
    case dtype::u8: return f(element_tag<std::uint8_t>{});
    case dtype::u16: return f(element_tag<std::uint16_t>{});
    case dtype::u32: return f(element_tag<std::uint32_t>{});
    case dtype::u64: return f(element_tag<std::uint64_t>{});
    case dtype::boolean: return f(element_tag<bool>{});
    case dtype::f32: break;
  }
  return f(element_tag<float>{});
}

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DTYPE_HPP
