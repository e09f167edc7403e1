#ifndef MILLRACE_TESTS_SUPPORT_CLOCKS_HPP
#define MILLRACE_TESTS_SUPPORT_CLOCKS_HPP

#include <millrace/aggregate/windows/time.hpp>

#include <cstdint>

namespace support {

inline constexpr std::int64_t second = 1'000'000'000;
inline millrace::time_point seconds(double s) { return millrace::time_point(static_cast<std::int64_t>(s * 1e9)); }

/// A clock that stands where it is put.
struct hand_clock {
  std::uint64_t* time;
  std::uint64_t ticks() const noexcept { return *time; }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_CLOCKS_HPP
