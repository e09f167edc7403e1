#ifndef MILLRACE_RESILIENCE_CALLS_CALL_INFO_HPP
#define MILLRACE_RESILIENCE_CALLS_CALL_INFO_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/resilience/calls/stop_source.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// What a caller says about one call.
struct call_options {
  /// How long the call may take with all that its wrappers do; 0: however long it takes. No wrapper waits beyond it.
  duration timeout = duration(0);
  /// Who may cancel it; null: nobody. It outlives the call.
  const stop_source* stop = nullptr;
};

/// What a callable is told about its call, if it takes one: how long it may take, and whether it is still wanted.
///
///     auto row = guarded([&](const auto& call) { return store.fetch(key, call.remaining()); });
///
/// Every wrapper on the way in may bring the deadline forward; none puts it off.
template <class Clock = steady_clock>
class call_info {
 public:
  /// The clock outlives it.
  explicit call_info(const Clock& clock, const call_options& options = {}) noexcept
      : clock_(&clock), stop_(options.stop) {
    if (options.timeout > duration(0)) deadline_ = after(options.timeout);
  }

  explicit call_info(const Clock&&, const call_options& = {}) = delete;

  /// Which attempt of a `retry` this is, from 1.
  std::uint32_t attempt() const noexcept { return attempt_; }

  bool has_deadline() const noexcept { return deadline_ != never; }
  /// How much time is left: at least 0, and 292 years without a deadline.
  duration remaining() const noexcept {
    if (!has_deadline()) return duration(longest);
    const std::uint64_t now = time();
    return duration(deadline_ > now ? static_cast<std::int64_t>(deadline_ - now) : 0);
  }
  /// Whether the caller no longer waits: the deadline is over, or a stop was requested.
  bool should_stop() const noexcept { return is_cancelled() || (has_deadline() && time() >= deadline_); }
  bool is_cancelled() const noexcept { return stop_ != nullptr && stop_->stop_requested(); }
  /// Null: nobody cancels the call.
  const stop_source* stop() const noexcept { return stop_; }

  // For wrappers.

  const Clock& clock() const noexcept { return *clock_; }
  /// Nanoseconds of the clock: now, and after a length of time.
  std::uint64_t time() const noexcept { return clock_->nanoseconds(clock_->ticks()); }
  std::uint64_t after(duration length) const noexcept {
    return time() + static_cast<std::uint64_t>(length.nanoseconds);
  }
  /// The moment of the deadline; ~0 without one.
  std::uint64_t deadline() const noexcept { return deadline_; }
  /// The same call with this deadline, if it is the earlier one.
  call_info until(std::uint64_t deadline) const noexcept {
    call_info inner = *this;
    if (deadline < inner.deadline_) inner.deadline_ = deadline;
    return inner;
  }
  /// The same call as this attempt.
  call_info as_attempt(std::uint32_t number) const noexcept {
    call_info inner = *this;
    inner.attempt_ = number;
    return inner;
  }

 private:
  static constexpr std::uint64_t never = ~std::uint64_t{0};
  static constexpr std::int64_t longest = 0x7fff'ffff'ffff'ffff;

  const Clock* clock_;
  std::uint64_t deadline_ = never;
  const stop_source* stop_ = nullptr;
  std::uint32_t attempt_ = 1;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_CALL_INFO_HPP
