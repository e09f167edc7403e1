#ifndef MILLRACE_CORE_DETAIL_ORDER_KEY_HPP
#define MILLRACE_CORE_DETAIL_ORDER_KEY_HPP

#include <millrace/core/config.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The type of an order key: a signed integer that stands for a floating-point number and compares as it does, because
/// integers sort and merge without branches. Not for NaN. No two numbers share a key, so a key turns back into its
/// number to the bit, as saved sketches need; -0.0 has a key below that of 0.0. Where the two zeros must be equal, add
/// 0.0 first, which turns both into 0.0.
///
/// The bits of a floating-point number, read as an integer, are sign and magnitude. Positive numbers are in order
/// already; flipping a negative one's bits below the sign makes a larger magnitude the smaller integer.
template <class T>
using order_key = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;

template <class T>
constexpr order_key<T> flip_negative(order_key<T> bits) noexcept {
  constexpr int sign = std::numeric_limits<order_key<T>>::digits;
  return bits ^ ((bits >> sign) & (std::numeric_limits<order_key<T>>::max)());
}
template <class T>
constexpr order_key<T> to_order_key(T value) noexcept {
  return flip_negative<T>(std::bit_cast<order_key<T>>(value));
}
template <class T>
constexpr T from_order_key(order_key<T> key) noexcept {
  return std::bit_cast<T>(flip_negative<T>(key));
}

/// A double's order key as an unsigned integer, as a radix sort by digits needs it.
constexpr std::uint64_t to_unsigned_key(double value) noexcept {
  return static_cast<std::uint64_t>(to_order_key(value)) ^ std::uint64_t{1} << 63;
}
constexpr double from_unsigned_key(std::uint64_t key) noexcept {
  return from_order_key<double>(static_cast<std::int64_t>(key ^ std::uint64_t{1} << 63));
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_ORDER_KEY_HPP
