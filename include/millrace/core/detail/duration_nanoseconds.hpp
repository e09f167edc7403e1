#ifndef MILLRACE_CORE_DETAIL_DURATION_NANOSECONDS_HPP
#define MILLRACE_CORE_DETAIL_DURATION_NANOSECONDS_HPP

#include <millrace/core/config.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A std::chrono duration in nanoseconds, without <chrono>: 0 for a negative one or NaN, at most 4e18.
template <class Duration>
constexpr std::uint64_t duration_nanoseconds(const Duration& duration) noexcept {
  const double whole = static_cast<double>(duration.count()) * static_cast<double>(Duration::period::num) * 1e9 /
                       static_cast<double>(Duration::period::den);
  if (!(whole > 0)) return 0;
  return whole < 4e18 ? static_cast<std::uint64_t>(whole) : std::uint64_t{4'000'000'000'000'000'000U};
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_DURATION_NANOSECONDS_HPP
