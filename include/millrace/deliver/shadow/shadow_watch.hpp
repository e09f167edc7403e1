#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_WATCH_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_WATCH_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/hooks.hpp>
#include <millrace/observe/events/watched.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// How a comparison ended, as a label of metrics.
enum class shadow_result : std::uint8_t { agree, differ, candidate_failed, stable_failed };
inline constexpr std::size_t shadow_results = 4;

constexpr std::string_view to_string(shadow_result which) noexcept {
  switch (which) {
    case shadow_result::agree: return "agree";
    case shadow_result::differ: return "differ";
    case shadow_result::candidate_failed: return "candidate_failed";
    case shadow_result::stable_failed: return "stable_failed";
  }
  return "";
}

/// Shows in a metrics registry what a shadow does:
///
///   abtest_shadow_comparisons_total{experiment,result}   by how the comparison ended
///   abtest_shadow_dropped_total{experiment,reason}       requests that were not compared, by `shadow_drop`
///   abtest_shadow_latency_seconds{experiment,arm}        of both arms' calls
///
/// Each name begins with the prefix.
/// Allocates: to make, and a thread's cells in the registry at its first update. Threads: any number. The registry
/// outlives it, and it outlives the shadow.
class shadow_metrics {
 public:
  /// Errors: those of `metrics_registry`, for names or labels that collectors would refuse, or too many series.
  template <class = void>
  static result<shadow_metrics> make(observe::metrics_registry& shown, std::string_view experiment,
                                     std::string_view prefix = "millrace_ml_");

  void update(const shadow_compared& one) const noexcept {
    const shadow_result which = one.apart.agrees       ? shadow_result::agree
                                : one.candidate_failed ? shadow_result::candidate_failed
                                : one.stable_failed    ? shadow_result::stable_failed
                                                       : shadow_result::differ;
    comparisons_[static_cast<std::size_t>(which)].add();
    latency_[0].update(one.stable_nanoseconds);
    latency_[1].update(one.candidate_nanoseconds);
  }
  void update(const shadow_dropped& some) const noexcept {
    dropped_[static_cast<std::size_t>(some.why) % shadow_drops].add(some.count);
  }
  void update(const shadow_stopped&) const noexcept {}

 private:
  shadow_metrics() = default;

  observe::counter comparisons_[shadow_results];
  observe::counter dropped_[shadow_drops];
  observe::timer latency_[arm_count];
};

template <class>
result<shadow_metrics> shadow_metrics::make(observe::metrics_registry& shown, std::string_view experiment,
                                            std::string_view prefix) {
  shadow_metrics made;
  const std::string begin = std::string(prefix) + "abtest_shadow_";
  const std::string_view label = "experiment";
  for (std::size_t i = 0; i < shadow_results; ++i) {
    auto one = shown.counter({begin + "comparisons_total", "Requests on which a candidate was compared."},
                             {{label, experiment}, {"result", to_string(static_cast<shadow_result>(i))}});
    if (!one) return std::move(one).error();
    made.comparisons_[i] = *one;
  }
  for (std::size_t i = 0; i < shadow_drops; ++i) {
    auto one = shown.counter({begin + "dropped_total", "Requests that a candidate was not compared on."},
                             {{label, experiment}, {"reason", to_string(static_cast<shadow_drop>(i))}});
    if (!one) return std::move(one).error();
    made.dropped_[i] = *one;
  }
  for (std::size_t i = 0; i < arm_count; ++i) {
    auto one = shown.timer({begin + "latency_seconds", "How long the calls of both arms took.", "seconds"},
                           {{label, experiment}, {"arm", name(static_cast<arm>(i))}});
    if (!one) return std::move(one).error();
    made.latency_[i] = *one;
  }
  return made;
}

/// What happens in shadows, for who subscribes to it. A comparison each would be too many: they go to the metrics
/// alone, and to `on_difference`; an emitter of one's own may list `shadow_compared` too.
using shadow_events = observe::event_emitter<shadow_dropped, shadow_stopped>;
/// Functions before what a shadow has counted is kept, which may veto it, and after it.
using shadow_hooks = observe::hooks<shadow_keeping>;

/// Policy of a shadow: events and metrics of what it does. What is null is left out.
///
///     auto shown = mr::deliver::shadow_metrics::make(registry, "fraud");
///     mr::deliver::shadow_events events;
///     mr::deliver::shadow decided{stable, candidate, mr::deliver::shadow_watch{.events = &events, .metrics =
///     &*shown}};
///
/// Its parts outlive the shadow. They are called on its thread, and by `stop`, without a lock.
using shadow_watch = observe::watched<shadow_hooks, shadow_events, shadow_metrics>;

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_WATCH_HPP
