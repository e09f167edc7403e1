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

/// A floating-point number as the signed integer of the same order: integers sort and merge without branches. Not for
/// NaN. No two numbers share a key, so that a number comes back from it to the bit, as saved sketches need: -0.0 comes
/// before 0.0. Where the two zeros are to be one, add 0.0 first, which makes 0.0 of both.
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

/// The same of a double as an unsigned integer, whose digits can be counted.
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
