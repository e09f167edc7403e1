#ifndef MILLRACE_RESILIENCE_CALLS_CALL_MONITOR_HPP
#define MILLRACE_RESILIENCE_CALLS_CALL_MONITOR_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// What happens to a call on its way through wrappers, as a monitor is told.
enum class call_event : std::uint8_t {
  attempted,    // retry: it calls, for the first time or again
  retried,      // retry: it calls again
  recovered,    // retry: a later attempt succeeded
  gave_up,      // retry: the call failed, though it was to be tried again: no attempt, time or budget was left
  succeeded,    // circuit_breaker: a call that it counts as good
  failed,       // circuit_breaker: one that it counts as a failure
  ignored,      // circuit_breaker: one that says nothing about what is called
  slow,         // circuit_breaker: one that took too long, besides succeeded or failed
  opened,       // circuit_breaker: it makes no calls from now on
  half_opened,  // circuit_breaker: it makes a few, to see
  closed,       // circuit_breaker: it makes all
  not_allowed,  // circuit_breaker: a call was not made, because it is open
  waited,       // bulkhead, rate_limiter: a call had to wait
  refused,      // bulkhead, rate_limiter: a call was not made, because it had waited, or would have to, for too long
  late,         // timeout: a call took too long
  replaced,     // fallback: it stood in for a call that failed
};
inline constexpr std::size_t call_events = 16;

/// The event's name, as metrics have it: `gave_up`.
constexpr std::string_view to_string(call_event event) noexcept {
  constexpr std::string_view names[call_events] = {
      "attempted", "retried",     "recovered", "gave_up",     "succeeded", "failed",  "ignored", "slow",
      "opened",    "half_opened", "closed",    "not_allowed", "waited",    "refused", "late",    "replaced"};
  return names[static_cast<std::size_t>(event) % call_events];
}

/// What is told of all that wrappers do: `call_metrics`, or one of your own, which wrappers take with `mr::borrow`. Any
/// number of threads call it at once, none of them under a lock.
template <class M>
concept call_monitor = requires(const M& monitor, call_event event) {
  { monitor.update(event) } noexcept;
};

/// Tells nobody.
struct no_call_monitor {
  static constexpr void update(call_event) noexcept {}
};

/// The name of what is called, as errors have it, for any wrapper: `retry<named<"features">>`, or
/// `retry{name_of(host)}` where the program learns it when it runs.
template <fixed_string Name>
struct named {
  static constexpr std::string_view name_of_call() noexcept { return Name.view(); }
};
/// A name that was given as a text.
struct given_name {
  std::string text;
  std::string_view name_of_call() const noexcept { return text; }
};
inline given_name name_of(std::string text) { return {std::move(text)}; }

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_CALL_MONITOR_HPP
