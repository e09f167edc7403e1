#ifndef MILLRACE_AGGREGATE_WINDOWS_TIME_HPP
#define MILLRACE_AGGREGATE_WINDOWS_TIME_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/config.hpp>

#include <compare>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace millrace {
inline namespace v0 {

namespace detail {

/// std::chrono::duration and its like, without <chrono>, which costs more to parse than this module.
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

template <chrono_duration D>
constexpr std::int64_t to_nanoseconds(const D& d) noexcept {
  if constexpr (std::is_floating_point_v<typename D::rep>)
    return static_cast<std::int64_t>(static_cast<double>(d.count()) * 1e9 * static_cast<double>(D::period::num) /
                                     static_cast<double>(D::period::den));
  else
    return static_cast<std::int64_t>(static_cast<int128>(d.count()) * D::period::num * 1'000'000'000 / D::period::den);
}

}  // namespace detail

/// A length of time in whole nanoseconds, up to 292 years. Made from any std::chrono::duration, also
/// where a template asks for a constant: `mr::sliding<5min>`.
struct duration {
  std::int64_t nanoseconds = 0;

  constexpr duration() noexcept = default;
  constexpr explicit duration(std::int64_t ns) noexcept : nanoseconds(ns) {}
  template <detail::chrono_duration D>
  constexpr duration(const D& d) noexcept : nanoseconds(detail::to_nanoseconds(d)) {}

  constexpr double seconds() const noexcept { return static_cast<double>(nanoseconds) * 1e-9; }
  constexpr auto operator<=>(const duration&) const noexcept = default;
};

/// A length of time from a number of seconds: `mr::rate_calculator(mr::seconds(60))`, `mr::sliding<mr::seconds(0.5)>`.
/// Beyond the range of `duration` its end; zero of NaN.
constexpr duration seconds(double count) noexcept {
  const double nanoseconds = count * 1e9;
  if (!(nanoseconds > -0x1p63)) return duration(nanoseconds < 0 ? -0x7fff'ffff'ffff'ffff - 1 : 0);
  return duration(nanoseconds < 0x1p63 ? static_cast<std::int64_t>(nanoseconds) : 0x7fff'ffff'ffff'ffff);
}

/// When an item happened: whole nanoseconds on the stream's own time line, before or after its zero.
/// `window.update(x, mr::time_point(t))`, from a std::chrono::time_point, a std::chrono::duration since the time line's
/// zero, or a bare number, which is nanoseconds: a Unix time in seconds is `mr::time_point(std::chrono::seconds(n))`.
struct time_point {
  std::int64_t nanoseconds = 0;

  constexpr time_point() noexcept = default;
  /// Nanoseconds, not seconds.
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

/// a + b and a - b that stop at the ends of time.
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

template <class N>
concept bare_number = std::is_arithmetic_v<N>;

/// For constructors that a length is given to without its unit: says so.
template <bare_number N>
struct no_unit {
  static_assert(!sizeof(N),
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
