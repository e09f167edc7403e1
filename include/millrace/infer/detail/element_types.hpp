#ifndef MILLRACE_INFER_DETAIL_ELEMENT_TYPES_HPP
#define MILLRACE_INFER_DETAIL_ELEMENT_TYPES_HPP

#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

// The types of a run's elements, and how those of one become those of another. Operators compute in few of them, so
// that compilers have less to do.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

using tensor::dtype;

/// The dtype of a C++ type. Texts have none; this is what stands in a value beside its kind.
template <class T>
inline constexpr dtype dtype_for = static_cast<dtype>(tensor::dtype_code<T>);
template <>
inline constexpr dtype dtype_for<std::string_view> = dtype::f32;

/// Calls `use` with a value of the C++ type of a dtype, if it is one of `Types`; returns false otherwise.
template <class... Types, class Use>
bool with_type(dtype type, const Use& use) {
  return ((type == dtype_for<Types> && (use(Types()), true)) || ...);
}

/// A real number of 16 bits, which is computed with as a float.
template <class T>
inline constexpr bool is_half = std::is_same_v<T, tensor::float16> || std::is_same_v<T, tensor::bfloat16>;

/// A number as another type: a real one outside of a whole type becomes its nearest end, NaN 0; whole ones wrap.
template <class To, class From>
To nearest(From x) noexcept {
  if constexpr (is_half<From>) {
    return nearest<To>(static_cast<float>(x));
  } else if constexpr (is_half<To>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (x != x) return 0;
    constexpr auto least = static_cast<double>((std::numeric_limits<To>::min)());
    constexpr auto most = static_cast<double>((std::numeric_limits<To>::max)());
    if (static_cast<double>(x) <= least) return (std::numeric_limits<To>::min)();
    if (static_cast<double>(x) >= most) return (std::numeric_limits<To>::max)();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

/// The type in which operators compute: whole numbers of less than 64 bits as int64, since what they wrap to is cut off
/// the end; others as they are.
constexpr dtype computed_type(dtype type) noexcept {
  switch (type) {
    case dtype::i8:
    case dtype::i16:
    case dtype::i32:
    case dtype::u8:
    case dtype::u16:
    case dtype::u32: return dtype::i64;
    default: return type;
  }
}

/// Turns elements into those of another type.
using conversion = void (*)(const std::byte* from, std::byte* to, std::size_t count) noexcept;
template <class From, class To>
void convert(const std::byte* from, std::byte* to, std::size_t count) noexcept {
  const From* const x = reinterpret_cast<const From*>(from);
  To* const y = reinterpret_cast<To*>(to);
  for (std::size_t i = 0; i < count; ++i) y[i] = nearest<To>(x[i]);
}
template <class From, class... To>
conversion conversion_from(dtype to) noexcept {
  conversion found = nullptr;
  static_cast<void>(((to == dtype_for<To> && (found = convert<From, To>, true)) || ...));
  return found;
}
template <class To, class... From>
conversion conversion_to(dtype from) noexcept {
  conversion found = nullptr;
  static_cast<void>(((from == dtype_for<From> && (found = convert<From, To>, true)) || ...));
  return found;
}
/// A conversion in one step, which there is from and to int64 and double of their kind, and for a few others; else
/// null.
template <class = void>
conversion conversion_of(dtype from, dtype to) noexcept {
  using tensor::bfloat16;
  using tensor::float16;
  if (from == dtype::f64)
    return conversion_from<double, double, float, float16, bfloat16, bool, std::int64_t, std::int32_t, std::int16_t,
                           std::int8_t, std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t>(to);
  if (from == dtype::i64)
    return conversion_from<std::int64_t, std::int64_t, double, float, float16, bfloat16, bool, std::int32_t,
                           std::int16_t, std::int8_t, std::uint64_t, std::uint32_t, std::uint16_t, std::uint8_t>(to);
  if (to == dtype::f64) return conversion_to<double, float, float16, bfloat16, std::uint64_t, std::int32_t>(from);
  // Those which models make most, and the one that would be rounded twice.
  if (from == dtype::f32) return conversion_from<float, std::int64_t, std::int32_t, std::uint8_t, bool>(to);
  if (to == dtype::i64)
    return conversion_to<std::int64_t, std::uint64_t, bool, std::int32_t, std::int16_t, std::int8_t, std::uint32_t,
                         std::uint16_t, std::uint8_t>(from);
  if (to == dtype::f32) return conversion_to<float, std::uint64_t, std::int32_t, std::uint8_t, bool>(from);
  return nullptr;
}

/// Turns elements of one type into those of another, in one step or two.
struct converter {
  conversion first = nullptr;
  conversion second = nullptr;
  std::size_t from_size = 0;
  std::size_t to_size = 0;

  void operator()(const std::byte* from, std::byte* to, std::size_t count) const noexcept {
    if (second == nullptr) return first(from, to, count);
    constexpr std::size_t most = 512;
    alignas(std::int64_t) std::byte middle[most * sizeof(std::int64_t)];
    for (std::size_t done = 0; done < count; done += most) {
      const std::size_t some = count - done < most ? count - done : most;
      first(from + done * from_size, middle, some);
      second(middle, to + done * to_size, some);
    }
  }
};
/// From any type to any other; through int64 or double, either of which holds the first as it is, if need be.
template <class = void>
converter converter_of(dtype from, dtype to) noexcept {
  if (const conversion direct = conversion_of(from, to)) return {direct};
  const bool real = is_floating(from) || (from == dtype::u64 && is_floating(to));
  const dtype middle = real ? dtype::f64 : dtype::i64;
  return {conversion_of(from, middle), conversion_of(middle, to), size_of(from), size_of(to)};
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_ELEMENT_TYPES_HPP
