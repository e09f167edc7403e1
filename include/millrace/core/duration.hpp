#ifndef MILLRACE_CORE_DURATION_HPP
#define MILLRACE_CORE_DURATION_HPP

#include <millrace/core/detail/chrono.hpp>

#include <compare>
#include <cstdint>

namespace millrace {
inline namespace v0 {

/// A length of time in whole nanoseconds, up to 292 years either way. Any std::chrono::duration converts to it, a
/// fraction of a nanosecond cut off, also where a template takes a constant: `mr::sliding<5min>`.
/// Precondition: the length is within that range.
struct duration {
  std::int64_t nanoseconds = 0;

  constexpr duration() noexcept = default;
  constexpr explicit duration(std::int64_t ns) noexcept : nanoseconds(ns) {}
  /// In an explicit call every number is one of nanoseconds; WINDOW-15 below is for the others.
  template <detail::stated_number Number>
  constexpr explicit duration(Number ns) noexcept : nanoseconds(static_cast<std::int64_t>(ns)) {}
  template <detail::chrono_duration D>
  constexpr duration(const D& d) noexcept : nanoseconds(detail::to_nanoseconds(d)) {}
  /// millrace[WINDOW-15]: a bare number is no length of time: write mr::seconds(60), or 60s with `<chrono>`.
  template <detail::bare_number millrace_WINDOW_15_a_length_of_time_has_a_unit_60s>
  constexpr duration(millrace_WINDOW_15_a_length_of_time_has_a_unit_60s) = delete;

  constexpr double seconds() const noexcept { return static_cast<double>(nanoseconds) * 1e-9; }
  constexpr auto operator<=>(const duration&) const noexcept = default;
};

/// A length of time from a number of seconds: `mr::rate_calculator(mr::seconds(60))`, `mr::sliding<mr::seconds(0.5)>`.
/// A count beyond the range of `duration` becomes the nearest end of that range; NaN becomes zero.
constexpr duration seconds(double count) noexcept {
  const double nanoseconds = count * 1e9;
  if (!(nanoseconds > -0x1p63)) return duration(nanoseconds < 0 ? -0x7fff'ffff'ffff'ffff - 1 : 0);
  return duration(nanoseconds < 0x1p63 ? static_cast<std::int64_t>(nanoseconds) : 0x7fff'ffff'ffff'ffff);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DURATION_HPP
