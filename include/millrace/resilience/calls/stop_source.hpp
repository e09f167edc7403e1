#ifndef MILLRACE_RESILIENCE_CALLS_STOP_SOURCE_HPP
#define MILLRACE_RESILIENCE_CALLS_STOP_SOURCE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Asks calls to end: those that wait for their next attempt, for a place or for a permit give up at once, and a
/// callable that looks at `call_info::should_stop` can do so too.
///
///     mr::resilience::stop_source stop;
///     auto row = again(fetch, {.stop = &stop});        // another thread: stop.request_stop()
///
/// A std::stop_token drives one through a callback: `std::stop_callback on(token, [&] { stop.request_stop(); });`
/// Threads: any number. It outlives the calls that were given it.
class stop_source {
 public:
  stop_source() noexcept = default;
  stop_source(const stop_source&) = delete;
  stop_source& operator=(const stop_source&) = delete;

  void request_stop() noexcept {
    const detail::lock_guard locked(mutex_);
    stops_.store_release(true);
    changed_.notify_all();
  }
  bool stop_requested() const noexcept { return stops_.load_acquire(); }

  /// Sleeps for this long, or until a stop is requested. Returns whether one was.
  bool wait_for(duration length) const noexcept {
    if (length <= duration(0)) return stop_requested();
    const std::uint64_t now = steady_clock().ticks();
    const std::uint64_t until = now + static_cast<std::uint64_t>(length.nanoseconds);
    const detail::lock_guard locked(mutex_);
    while (!stop_requested() && steady_clock().ticks() < until) changed_.wait_until(mutex_, until);
    return stop_requested();
  }

 private:
  mutable detail::mutex mutex_;
  mutable detail::condition changed_;
  detail::light_atomic<bool> stops_{false};
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_STOP_SOURCE_HPP
