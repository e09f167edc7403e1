#ifndef MILLRACE_DELIVER_MEASUREMENT_HPP
#define MILLRACE_DELIVER_MEASUREMENT_HPP

#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// The two models of a release: the one that is known to work, and the one that is to take its place.
enum class arm : std::uint8_t { stable, candidate };
inline constexpr std::size_t arm_count = 2;

constexpr std::string_view name(arm which) noexcept { return which == arm::candidate ? "candidate" : "stable"; }

/// What was measured of one request, whichever model took it.
struct measurement {
  /// The model threw, returned an error, or returned what a check of its output refused.
  bool failed = false;
  /// From the call to its return, in nanoseconds. NaN or negative: it was not measured.
  double latency = 0;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_MEASUREMENT_HPP
