#ifndef MILLRACE_RESILIENCE_CALLS_SLEEPER_HPP
#define MILLRACE_RESILIENCE_CALLS_SLEEPER_HPP

#include <millrace/core/duration.hpp>
#include <millrace/resilience/calls/stop_source.hpp>
#include <millrace/resilience/fwd.hpp>

#include <errno.h>
#include <time.h>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// How a thread waits: for this long, or until the stop source, which may be null, is asked to stop.
template <class S>
concept sleeper_policy = requires(const S& sleeper, duration length, const stop_source* stop) {
  { sleeper.sleep(length, stop) } noexcept;
};

/// The thread sleeps: the default.
/// Threads: any number.
struct thread_sleeper {
  void sleep(duration length, const stop_source* stop = nullptr) const noexcept {
    if (stop != nullptr) {
      (void)stop->wait_for(length);
    } else if (length > duration(0)) {
      timespec left{};
      left.tv_sec = static_cast<time_t>(length.nanoseconds / 1'000'000'000);
      left.tv_nsec = static_cast<long>(length.nanoseconds % 1'000'000'000);
      while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
      }
    }
  }
};

/// For tests, beside a `manual_clock` of the same variable: nobody sleeps, the time moves on. The variable outlives it.
/// Threads: one, as the clock.
class manual_sleeper {
 public:
  explicit manual_sleeper(std::uint64_t& now) noexcept : now_(&now) {}
  void sleep(duration length, const stop_source* = nullptr) const noexcept {
    if (length > duration(0)) *now_ += static_cast<std::uint64_t>(length.nanoseconds);
  }

 private:
  std::uint64_t* now_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_SLEEPER_HPP
