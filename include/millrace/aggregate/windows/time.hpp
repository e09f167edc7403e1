#ifndef MILLRACE_AGGREGATE_WINDOWS_TIME_HPP
#define MILLRACE_AGGREGATE_WINDOWS_TIME_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/config.hpp>
#include <millrace/core/detail/chrono.hpp>
#include <millrace/core/duration.hpp>

#include <compare>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace millrace {
inline namespace v0 {

/// When an item happened, in whole nanoseconds before or after the zero of the stream's own time line:
/// `window.update(x, mr::time_point(t))`. It is made from a std::chrono::time_point, from a std::chrono::duration since
/// that zero, or from a bare number, which is nanoseconds: a Unix time in seconds is
/// `mr::time_point(std::chrono::seconds(n))`.
struct time_point {
  std::int64_t nanoseconds = 0;

  constexpr time_point() noexcept = default;
  /// `ns` are nanoseconds, not seconds.
  constexpr explicit time_point(std::int64_t ns) noexcept : nanoseconds(ns) {}
  template <detail::chrono_time_point P>
  constexpr time_point(const P& point) noexcept : nanoseconds(detail::to_nanoseconds(point.time_since_epoch())) {}
  template <detail::chrono_duration D>
  constexpr time_point(const D& since_zero) noexcept : nanoseconds(detail::to_nanoseconds(since_zero)) {}

  constexpr auto operator<=>(const time_point&) const noexcept = default;
};

namespace detail {

inline constexpr std::int64_t beginning_of_time = -0x7fff'ffff'ffff'ffff - 1;
inline constexpr std::int64_t end_of_time = 0x7fff'ffff'ffff'ffff;

/// a + b, and below a - b; a result beyond the ends of time is that end.
constexpr std::int64_t later_by(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? (b > 0 ? end_of_time : beginning_of_time) : sum;
}
constexpr std::int64_t earlier_by(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t difference = 0;
  return __builtin_sub_overflow(a, b, &difference) ? (b > 0 ? beginning_of_time : end_of_time) : difference;
}
/// The greatest multiple of step at or before t, also for times before zero.
constexpr std::int64_t aligned(std::int64_t t, std::int64_t step) noexcept {
  const std::int64_t over = t % step;
  return earlier_by(t, over < 0 ? over + step : over);
}

/// For constructors that are called with a length without its unit: its static_assert says so.
template <bare_number Number>
struct no_unit {
  static_assert(!sizeof(Number),
                "millrace[WINDOW-11]: a bare number is no length of time: write mr::seconds(60), or 60s with <chrono>");
  static constexpr duration length = duration(1);
};

/// Is a time further ahead of now than allowed? `now`: the greatest time so far, or the beginning of time.
constexpr bool jumps(std::int64_t now, std::int64_t time, std::int64_t allowed) noexcept {
  return allowed > 0 && now != beginning_of_time && time > later_by(now, allowed);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_TIME_HPP
