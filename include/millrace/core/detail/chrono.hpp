#ifndef MILLRACE_CORE_DETAIL_CHRONO_HPP
#define MILLRACE_CORE_DETAIL_CHRONO_HPP

#include <millrace/core/detail/int128.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A std::chrono::duration, or a type with the same members, without <chrono>, which takes longer to parse than this
/// module.
template <class D>
concept chrono_duration = requires(const D& d) {
  typename D::rep;
  D::period::num;
  D::period::den;
  d.count();
};
template <class P>
concept chrono_time_point = requires(const P& p) {
  { p.time_since_epoch() } -> chrono_duration;
};

template <class Number>
concept bare_number = std::is_arithmetic_v<Number>;
/// The same, as a constraint that an overload for it is preferred by.
template <class Number>
concept stated_number = bare_number<Number> && sizeof(Number) != 0;

/// The duration in nanoseconds, a fraction cut off. Precondition: they fit 64 bits.
template <chrono_duration D>
constexpr std::int64_t to_nanoseconds(const D& d) noexcept {
  if constexpr (std::is_floating_point_v<typename D::rep>)
    return static_cast<std::int64_t>(static_cast<double>(d.count()) * 1e9 * static_cast<double>(D::period::num) /
                                     static_cast<double>(D::period::den));
  else
    return static_cast<std::int64_t>(static_cast<int128>(d.count()) * D::period::num * 1'000'000'000 / D::period::den);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_CHRONO_HPP
