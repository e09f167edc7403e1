#ifndef MILLRACE_OBSERVE_EVENTS_EVENT_EMITTER_HPP
#define MILLRACE_OBSERVE_EVENTS_EVENT_EMITTER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/type_name.hpp>
#include <millrace/observe/events/detail/call_list.hpp>
#include <millrace/observe/events/detail/event_history.hpp>
#include <millrace/observe/events/detail/event_types.hpp>
#include <millrace/observe/events/subscription.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What an emitter keeps.
struct event_emitter_options {
  /// How many events of each type the history keeps; 0: none, and an event without a subscriber costs one load.
  std::size_t history = 10'000;
  /// Where the history takes its times from, in nanoseconds since 1970.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// The event that every emitter emits of itself: a subscriber threw or returned an error. The texts are valid during
/// the call.
struct subscriber_failed {
  std::string_view event;       // the type's name, without its namespaces
  std::string_view subscriber;  // the name that it was given
  const error* why;
};

/// What an emitter did, of one type of event or of all.
struct event_statistics {
  std::uint64_t emitted = 0;    // events that there was a subscriber or a history for
  std::uint64_t calls = 0;      // of subscribers
  std::uint64_t failures = 0;   // calls that threw or returned an error
  std::uint64_t refused = 0;    // events that were emitted too deep within handlers
  std::uint64_t dropped = 0;    // events that the history no longer holds
  std::size_t subscribers = 0;  // now
  std::size_t history = 0;      // events in it now
};

namespace detail {

/// What an emitter has for one type of event.
template <class Event>
struct event_channel {
  using list = call_list<const Event&>;

  event_channel() : calls(new list), owner(calls) {}
  event_channel(const event_channel&) = delete;
  event_channel& operator=(const event_channel&) = delete;
  ~event_channel() { calls->close(); }

  list* calls;
  shared_owner owner;  // of the list, beside the subscriptions
  event_history<Event> history;
  light_atomic<std::uint64_t> unheard{0};  // events that only the history was for
  light_atomic<std::uint64_t> failures{0};
  light_atomic<std::uint64_t> refused{0};
};

}  // namespace detail

/// Passes events, which are values of the types that it is made for, to those who have subscribed to them.
///
///     struct model_registered { std::string name; int version; };
///     mr::observe::event_emitter<model_registered, run_started> events;
///     const auto mail = events.subscribe<model_registered>("mail", [](const model_registered& e) { ... });
///     events.emit(model_registered{"fraud", 3});
///
/// Subscribers are called on the emitter's thread, in the order in which they subscribed; an `event_queue` before the
/// emitter passes events on later, or on a thread of its own. A subscriber that throws or returns an error is counted
/// and emitted as a `subscriber_failed`, and the others are called all the same.
/// From within a handler: an event that it emits is delivered before its `emit` returns, up to 16 deep on a thread; a
/// deeper one is refused and counted. Who subscribes gets the events that are emitted afterwards; who is unsubscribed
/// gets no further one, not even the one that is being delivered.
/// Guarantee: no lock is held while a handler runs. What a `subscription` says of its end.
/// Complexity: of an event that has subscribers, two atomic additions, and an indirect call for each.
/// Allocates: to subscribe and unsubscribe; an event that the history keeps, once. Otherwise never.
/// Threads: all members, any number at once; the emitter is destroyed when nobody is in one.
template <class... Events>
class event_emitter : private detail::checked_types<Events..., subscriber_failed>,
                      private detail::event_channel<Events>...,
                      private detail::event_channel<subscriber_failed> {
  template <class Event>
  using listed = detail::listed_type<Event, Events..., subscriber_failed>;

 public:
  explicit event_emitter(const event_emitter_options& options = {}) : options_(options) {}
  event_emitter(const event_emitter&) = delete;
  event_emitter& operator=(const event_emitter&) = delete;

  /// Whether the emitter passes this type.
  template <class Event>
  static constexpr bool has = detail::times_among<Event, Events...> == 1;

  /// Has `handler`, which takes a `const Event&` and returns nothing or result<void>, called for every event of the
  /// type as long as the subscription exists. `name` is for people and need not be the only one of its kind.
  template <class Event, class Handler>
  [[nodiscard]] subscription subscribe(std::string name, Handler handler) {
    return subscribe<Event>(std::move(name), std::move(handler), false);
  }
  /// The same for the next event alone: of events that several threads emit at once, one.
  template <class Event, class Handler>
  [[nodiscard]] subscription once(std::string name, Handler handler) {
    return subscribe<Event>(std::move(name), std::move(handler), true);
  }

  template <class Event>
  [[gnu::always_inline]] inline void emit(const Event& event) {
    static_cast<void>(sizeof(listed<Event>));
    if (options_.history == 0 && !channel<Event>().calls->has_any()) [[likely]]
      return;
    deliver(event);
  }

  /// The last events of a type, the oldest first.
  template <class Event>
  std::vector<recorded<Event>> history(std::size_t most = ~std::size_t{0}) const {
    static_cast<void>(sizeof(listed<Event>));
    return channel<Event>().history.last(most);
  }
  template <class Event>
  event_statistics statistics() const {
    static_cast<void>(sizeof(listed<Event>));
    const auto& of = channel<Event>();
    const auto called = of.calls->called();
    return {called.entered + of.unheard.load_relaxed(),
            called.calls,
            of.failures.load_relaxed(),
            of.refused.load_relaxed(),
            of.history.dropped(),
            of.calls->size(),
            of.history.size()};
  }
  /// Of all types together, without `subscriber_failed`.
  event_statistics statistics() const;

 private:
  template <class Event>
  detail::event_channel<Event>& channel() noexcept {
    return *this;
  }
  template <class Event>
  const detail::event_channel<Event>& channel() const noexcept {
    return *this;
  }

  template <class Event, class Handler>
  subscription subscribe(std::string name, Handler handler, bool is_once) {
    static_cast<void>(sizeof(listed<Event>));
    static_cast<void>(sizeof(detail::checked_handler<Handler, const Event&>));
    auto& to = channel<Event>();
    return subscription(to.owner, *to.calls,
                        to.calls->make(std::move(name), type_name<Event>, std::move(handler), 0, is_once));
  }

  template <class Event>
  [[gnu::noinline]] void deliver(const Event& event) {
    detail::event_channel<Event>& to = channel<Event>();
    if (detail::call_depth() >= detail::max_call_depth) {
      to.refused.add_relaxed(1);
      return;
    }
    if constexpr (has<Event>) {
      if (options_.history != 0) {
        to.history.update(options_.history, options_.wall_clock(), event);
        if (!to.calls->has_any()) {
          to.unheard.add_relaxed(1);
          return;
        }
      }
    }
    (*to.calls)([&](const detail::call_entry& of, const error& why) { return told(to, of, why); }, event);
  }
  /// Counts and passes on that a subscriber failed, but not that one of `subscriber_failed` did.
  template <class Event>
  [[gnu::cold, gnu::noinline]] bool told(detail::event_channel<Event>& by, const detail::call_entry& of,
                                         const error& why) {
    by.failures.add_relaxed(1);
    if constexpr (has<Event>) {
      auto& to = channel<subscriber_failed>();
      if (to.calls->has_any()) deliver(subscriber_failed{type_name<Event>, of.name, &why});
    }
    return true;
  }

  const event_emitter_options options_;
};

template <class... Events>
event_statistics event_emitter<Events...>::statistics() const {
  event_statistics sum;
  const auto update = [&](const event_statistics& one) {
    sum.emitted += one.emitted;
    sum.calls += one.calls;
    sum.failures += one.failures;
    sum.refused += one.refused;
    sum.dropped += one.dropped;
    sum.subscribers += one.subscribers;
    sum.history += one.history;
  };
  (update(statistics<Events>()), ...);
  return sum;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_EVENT_EMITTER_HPP
