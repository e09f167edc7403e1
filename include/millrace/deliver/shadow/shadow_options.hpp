#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_OPTIONS_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_OPTIONS_HPP

#include <millrace/core/duration.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// How a shadow copies requests and compares.
struct shadow_options {
  /// What reports, metrics and events call it, such as the experiment that it belongs to.
  std::string name = "shadow";
  /// How many copies may wait, rounded up to a power of two. A copy that finds no room is dropped and counted.
  std::size_t capacity = 1024;
  /// How many threads run the candidate. None: `compare_waiting` does, on the thread that calls it.
  std::size_t threads = 1;
  /// What share of the requests is copied, from 0 to 1: by the request's unit, where `unit_by` says what that is, and
  /// else each request by itself.
  double share = 1;
  /// Which units are copied depends on it; let it be another than those of experiments.
  std::string salt = "shadow";
  /// Segments beyond so many are counted together, as `other_segments`.
  std::size_t max_segments = 64;
  /// How long the destructor waits for a candidate that does not return.
  duration patience = duration(1'000'000'000);
};

/// The name of the segment that counts what has none of its own.
inline constexpr char other_segments[] = "(other)";

/// Why a request was not compared.
enum class shadow_drop : std::uint8_t {
  full,           // the queue of copies had no room: the candidate is slower than the traffic, or hangs
  stopped,        // the shadow was stopped
  stable_failed,  // the stable model threw, so there is nothing to compare with
  copy_failed,    // copying threw, as for want of memory
  forked,         // this is a forked copy of the program, whose threads are the parent's
  abandoned,      // the candidate had not returned when the shadow was stopped, or the copy still waited then
};
inline constexpr std::size_t shadow_drops = 6;

constexpr const char* to_string(shadow_drop why) noexcept {
  switch (why) {
    case shadow_drop::full: return "full";
    case shadow_drop::stopped: return "stopped";
    case shadow_drop::stable_failed: return "stable_failed";
    case shadow_drop::copy_failed: return "copy_failed";
    case shadow_drop::forked: return "forked";
    case shadow_drop::abandoned: return "abandoned";
  }
  return "";
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_OPTIONS_HPP
