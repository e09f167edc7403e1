#ifndef MILLRACE_OBSERVE_EVENTS_WATCHED_HPP
#define MILLRACE_OBSERVE_EVENTS_WATCHED_HPP

#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/observe/events/hooks.hpp>

#include <concepts>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

template <class... Events>
class event_emitter;

namespace detail {
template <class Emitter, class Event>
inline constexpr bool is_emitted_by = true;
template <class... Events, class Event>
inline constexpr bool is_emitted_by<event_emitter<Events...>, Event> = (std::same_as<Events, Event> || ...);
}  // namespace detail

/// What stands around the operations of a module, such as registry and track: hooks, events and metrics of one kind
/// each. What is null is left out.
///
///     using watched = mr::observe::watched<shop_hooks, shop_events, shop_metrics>;
///     watched watch{.hooks = &hooks};
///     mr::result<receipt> made = watch.around(order, [&](const order& asked) { return sell(asked); });
///     if (made) watch.emit(sold{*made});
///
/// `Hooks` is a `hooks<Operations...>`, `Events` an `event_emitter<Events...>`, and `Metrics` has `update(event)` of
/// each event. One that the emitter has not in its list, since it is told too often, goes to the metrics alone.
///
/// Guarantee: hooks before run before the work, and may change what is asked or veto it; hooks after run behind it.
/// Threads: as its parts; they outlive it.
template <class Hooks, class Events, class Metrics>
struct watched {
  Hooks* hooks = nullptr;
  Events* events = nullptr;
  const Metrics* metrics = nullptr;

  /// Returns what `work(const operation&)` does, or what has kept it from it.
  template <class Operation, class Work>
  auto around(Operation& operation, const Work& work) const {
    if (hooks == nullptr) return work(std::as_const(operation));
    return hooks->run(operation, work);
  }
  /// Tells of what was done: metrics first, which cannot fail.
  template <class Event>
  void emit(const Event& event) const {
    if (metrics != nullptr) metrics->update(event);
    if constexpr (detail::is_emitted_by<Events, Event>)
      if (events != nullptr) events->emit(event);
  }
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_WATCHED_HPP
