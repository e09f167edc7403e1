#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_EVENTS_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_EVENTS_HPP

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

// What a shadow tells whoever watches it, on its own thread.

/// A request was compared. For metrics alone: its texts are valid during the call.
struct shadow_compared {
  std::string_view shadow;
  /// Empty where there are no segments.
  std::string_view segment;
  difference apart;
  bool stable_failed = false;
  bool candidate_failed = false;
  std::uint64_t stable_nanoseconds = 0;
  std::uint64_t candidate_nanoseconds = 0;
};
/// Requests were not compared: told with the next comparison, or when the shadow is stopped.
struct shadow_dropped {
  std::string shadow;
  shadow_drop why = shadow_drop::full;
  std::uint64_t count = 0;
};
/// A shadow was stopped, also by its destructor.
struct shadow_stopped {
  std::string shadow;
  std::uint64_t comparisons = 0;
  std::uint64_t agreements = 0;
  std::size_t hanging_threads = 0;
};

/// An operation with hooks: to keep what a shadow has counted under an id (`keep_shadow`).
struct shadow_keeping {
  std::string id;
  std::uint64_t comparisons = 0;
  std::uint64_t agreements = 0;
};

/// Policy of a shadow: what is told of it, such as a `shadow_watch`.
template <class W>
concept shadow_watcher = requires(const W& watch, const shadow_compared& compared, const shadow_dropped& dropped,
                                  const shadow_stopped& stopped) {
  watch.emit(compared);
  watch.emit(dropped);
  watch.emit(stopped);
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_EVENTS_HPP
