#ifndef MILLRACE_RESILIENCE_CALLS_CALL_METRICS_HPP
#define MILLRACE_RESILIENCE_CALLS_CALL_METRICS_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// The labels that name what is called, and what happened to a call.
inline constexpr std::string_view call_label = "call";
inline constexpr std::string_view event_label = "event";

/// Shows in a metrics registry what wrappers do: a `call_monitor`.
///
///     auto watch = mr::resilience::call_metrics<>::make(registry, "features");
///     mr::resilience::resilient guarded{retry{attempts<4>(), mr::borrow(*watch)},
///     circuit_breaker{mr::borrow(*watch)}};
///
/// By what is called: `millrace_call_events_total`, by event too (the names of `call_event`; an event is shown once it
/// has happened), and `millrace_circuit_breaker_state` (0 closed, 1 half open, 2 open). `Prefix` stands in the place of
/// `millrace_`. Of the attempts of calls the share that failed is failed / (succeeded + failed), of a breaker; how many
/// attempts a call takes is attempted / (attempted - retried), of a retry.
/// Complexity: an update of a counter.
/// Allocates: to make, and a thread's cells in the registry at its first update.
/// Threads: any number. The registry outlives it, and it outlives the wrappers.
template <fixed_string Prefix = "millrace_">
class call_metrics {
 public:
  /// Errors: those of `metrics_registry`, for names or labels that collectors would refuse, or too many series.
  template <class = void>
  static result<call_metrics> make(observe::metrics_registry& registry, std::string_view call) {
    call_metrics made;
    const std::string prefix(Prefix.view());
    for (std::size_t i = 0; i < call_events; ++i) {
      auto one = registry.counter(
          {prefix + "call_events_total", "What happened to calls on their way through wrappers.", {}, false},
          {{call_label, call}, {event_label, to_string(static_cast<call_event>(i))}});
      if (!one) return std::move(one).error();
      made.events_[i] = *one;
    }
    auto state =
        registry.gauge({prefix + "circuit_breaker_state", "Whether a breaker is 0 closed, 1 half open, 2 open."},
                       {{call_label, call}});
    if (!state) return std::move(state).error();
    made.state_ = *state;
    return made;
  }

  void update(call_event event) const noexcept {
    events_[static_cast<std::size_t>(event) % call_events].add();
    switch (event) {
      case call_event::closed: return state_.set(0);
      case call_event::half_opened: return state_.set(1);
      case call_event::opened: return state_.set(2);
      default: return;
    }
  }

 private:
  call_metrics() = default;

  observe::counter events_[call_events];
  observe::gauge state_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_CALL_METRICS_HPP
