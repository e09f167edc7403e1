#ifndef MILLRACE_CORE_SLEEPER_HPP
#define MILLRACE_CORE_SLEEPER_HPP

#include <millrace/core/duration.hpp>

#include <errno.h>
#include <time.h>
#include <concepts>
#include <cstdint>

namespace millrace {
inline namespace v0 {

/// How a thread waits for a length of time, such as between two tries. A policy, so that tests need not wait.
/// Law: `sleep(d)` returns no earlier than `d` after the call by the clock that goes with it, and at once if `d` is not
/// positive.
template <class S>
concept sleeper = requires(const S& waits, duration length) {
  { waits.sleep(length) } noexcept;
};

/// Sleeps by the system's monotonic clock; a signal does not end the sleep early.
/// Threads: any.
struct system_sleeper {
  void sleep(duration length) const noexcept {
    if (length.nanoseconds <= 0) return;
    timespec left{};
    left.tv_sec = static_cast<time_t>(length.nanoseconds / 1'000'000'000);
    left.tv_nsec = static_cast<long>(length.nanoseconds % 1'000'000'000);
    while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }
};

/// For tests, beside a `manual_clock` of the same variable: a sleep moves the clock on and returns. The variable, in
/// nanoseconds, must outlive the sleeper.
class manual_sleeper {
 public:
  explicit manual_sleeper(std::uint64_t& now) noexcept : now_(&now) {}
  void sleep(duration length) const noexcept {
    if (length.nanoseconds > 0) *now_ += static_cast<std::uint64_t>(length.nanoseconds);
  }

 private:
  std::uint64_t* now_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SLEEPER_HPP
