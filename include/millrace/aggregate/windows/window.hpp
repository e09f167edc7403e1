#ifndef MILLRACE_AGGREGATE_WINDOWS_WINDOW_HPP
#define MILLRACE_AGGREGATE_WINDOWS_WINDOW_HPP

#include <millrace/aggregate/windows/detail/monotonic_engine.hpp>
#include <millrace/aggregate/windows/detail/window_engines.hpp>
#include <millrace/aggregate/windows/time.hpp>
#include <millrace/core/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace millrace {
inline namespace v0 {

// Windows: `windowed<Window, Aggregate, Time>` keeps an aggregate over a stretch of a stream. To write lengths as
// 5min and 10s include <chrono> and write `using namespace std::chrono_literals`: no header here includes <chrono>, as
// it costs more to parse than this module. Window is one of
//
//   sliding_count<1000>              the last thousand items                                     sliding.hpp
//   sliding<5min>                    the items of the last five minutes, each forgotten by itself
//   sliding<5min, 10s>               the same in panes of ten seconds: less memory, and for sketches too
//   tumbling_count<1000>             a thousand items, then the next thousand                    tumbling.hpp
//   tumbling<1min>                   minute by minute
//   hopping<5min, 1min>              five minutes long, a new one each minute
//   session<30s>                     ends when no item has come for thirty seconds               session.hpp
//
// If the length is left out (`sliding<>`) it is an argument of the constructor, or of `make`, which returns an error
// for one that is not above zero. Tumbling, hopping and session windows hand each window that has ended to a callable,
// or keep it in `last()`; windows without items are not handed over, and the first hopping window may begin before the
// first item. Sliding windows are asked by `get` and `value` at any time. Time is one of the next two structs.

/// Items bring their time: `update(x, at)`. The watermark is the greatest time so far less `Lateness`: an item from
/// before it comes too late, is left out and counted in `late()`. Within the lateness items may come in any order; what
/// a window holds does not depend on it, except for rounding.
///
/// An item whose time is ahead of the greatest one so far by more than `Jump` is left out and counted in `refused()`,
/// so that one wrong time stamp does not make all later items late. A `Jump` of zero is no bound. `advance` is not
/// bound by it, so that it can end a silence longer than that; `reset` starts anew.
template <duration Lateness = duration{}, duration Jump = duration{}>
struct event_time {
  static_assert(Lateness.nanoseconds >= 0, "millrace[WINDOW-1]: lateness cannot be negative");
  static_assert(Jump.nanoseconds >= 0, "millrace[WINDOW-1]: a limit on the jump cannot be negative");
  static constexpr std::int64_t lateness = Lateness.nanoseconds;
  static constexpr std::int64_t jump = Jump.nanoseconds;
};

/// An item's time is that of its arrival, read from a clock: `update(x)`. Sliding windows are as of the time of the
/// call that asks them; the others hand over what has ended at the next item, or at `advance()`.
template <clock_policy Clock = steady_clock>
struct processing_time {
  static constexpr std::int64_t lateness = 0;
  static constexpr std::int64_t jump = 0;
  using clock = Clock;
};

/// How a window forgets: by the engine that suits the aggregate's traits. A mere count is only counted; an exactly
/// invertible aggregate subtracts the items that go; `min` and `max` alone use a monotonic queue, all others two
/// stacks; items that come out of order are kept in sorted leaves. All but the last are amortised O(1).
struct automatic {};
/// How a window forgets: so that no call costs more than O(1) (DABA Lite), at a slightly higher cost on average. For
/// items that come in order.
struct worst_case {};
/// How a window forgets: by subtracting the items that go, even if that leaves rounding errors behind, which add up.
/// `automatic` never picks it for such aggregates.
struct subtracting {};

// The kinds of windows, as arguments of `windowed`; see the table above. A length or number of zero stands for one that
// is given to the constructor.
template <std::size_t Items = 0, class Forgetting = automatic>
struct sliding_count {};
template <duration Length = duration{}, duration Pane = duration{}, class Forgetting = automatic>
struct sliding {
  static_assert(Length.nanoseconds >= 0 && Pane.nanoseconds >= 0,
                "millrace[WINDOW-2]: a window's length is above zero");
};
template <std::size_t Items = 0>
struct tumbling_count {};
template <duration Length = duration{}>
struct tumbling {
  static_assert(Length.nanoseconds >= 0, "millrace[WINDOW-2]: a window's length is above zero");
};
template <duration Length, duration Step>
struct hopping {
  static_assert(Step.nanoseconds > 0 && Length.nanoseconds >= Step.nanoseconds,
                "millrace[WINDOW-3]: hopping windows step by more than zero, and at most by their length");
};
template <duration Gap = duration{}>
struct session {
  static_assert(Gap.nanoseconds >= 0, "millrace[WINDOW-2]: a window's length is above zero");
};

/// The times from `begin` on and before `end`.
struct time_range {
  time_point begin;
  time_point end;
  bool operator==(const time_range&) const = default;
};

template <class Window, class Aggregate, class Time = event_time<>>
class windowed;

namespace detail {

/// The engine for an aggregate whose items come in order; see `automatic`.
template <class Ops, class A, class Forgetting>
constexpr auto pick_engine() {
  constexpr bool extremes_only = [] {
    if constexpr (requires { typename A::states; })
      return only_extremes<typename A::states> && !A::propagates;
    else
      return false;
  }();
  if constexpr (std::is_same_v<Forgetting, subtracting>) {
    static_assert(Ops::invertible,
                  "millrace[WINDOW-4]: `subtracting` needs an invertible aggregate; a minimum or a sketch is none");
    return std::type_identity<subtracting_engine<Ops>>{};
  } else if constexpr (Ops::counts_only) {
    return std::type_identity<counting_engine<Ops>>{};
  } else if constexpr (Ops::exactly_invertible) {
    return std::type_identity<subtracting_engine<Ops>>{};
  } else if constexpr (std::is_same_v<Forgetting, worst_case>) {
    return std::type_identity<daba_lite_engine<Ops>>{};
  } else if constexpr (extremes_only) {
    return std::type_identity<monotonic_engine<Ops>>{};
  } else {
    static_assert(std::is_same_v<Forgetting, automatic>,
                  "millrace[WINDOW-5]: a window forgets by automatic, worst_case or subtracting");
    return std::type_identity<two_stacks_engine<Ops>>{};
  }
}
template <class A, class Forgetting>
using engine_for = typename decltype(pick_engine<window_ops<A>, A, Forgetting>())::type;

/// The engine with times, for items in order. A struct, so that an engine is only picked where items come in order.
template <class Ops, class A, class Forgetting, template <class, class> class Timed>
struct in_order_of {
  using type = Timed<Ops, engine_for<A, Forgetting>>;
};

/// May a window keep one partial of A for each item?
template <class A>
inline constexpr bool keeps_one_each =
    std::is_trivially_copyable_v<typename window_ops<A>::partial> && sizeof(typename window_ops<A>::partial) <= 512;

/// `get` of a window: what `get` of the aggregate over it returns; a sketch is returned as a copy.
template <class Derived>
class member_answers {
 public:
  template <class M>
  [[gnu::always_inline]] auto get() {
    return static_cast<Derived&>(*this).value().template get<M>();
  }
  template <class M>
  [[gnu::always_inline]] auto get() const {
    return static_cast<const Derived&>(*this).value().template get<M>();
  }
  template <template <class...> class Template>
  auto get() {
    return static_cast<Derived&>(*this).value().template get<Template>();
  }
  template <template <class...> class Template>
  auto get() const {
    return static_cast<const Derived&>(*this).value().template get<Template>();
  }
  /// The member's value at a place: `get<mr::quantiles>(0.99)` is `get<mr::quantiles>()(0.99)`.
  template <class M>
  auto get(double place) {
    return static_cast<Derived&>(*this).value().template get<M>(place);
  }
  template <class M>
  auto get(double place) const {
    return static_cast<const Derived&>(*this).value().template get<M>(place);
  }
  template <template <class...> class Template>
  auto get(double place) {
    return static_cast<Derived&>(*this).value().template get<Template>(place);
  }
  template <template <class...> class Template>
  auto get(double place) const {
    return static_cast<const Derived&>(*this).value().template get<Template>(place);
  }
};

/// The clock of windows by arrival, as a base class; empty for the others.
template <class Time>
struct arrival_clock {};
template <class Clock>
struct arrival_clock<processing_time<Clock>> {
  Clock clock;
  std::int64_t now() const noexcept { return static_cast<std::int64_t>(clock.nanoseconds(clock.ticks())); }
};
template <class Time>
concept by_arrival = requires { typename Time::clock; };

/// Overloads of `update` for calls with a time where the window takes none, or without where it needs one: they do not
/// compile, and say what is wrong.
template <class Sample, class Time>
class time_of_items {
 public:
  template <class Nothing = void>
  void update(const Sample&)
  requires(!by_arrival<Time>)
  {
    static_assert(
        !std::is_void_v<Nothing>,
        "millrace[WINDOW-10]: this window's items bring their time: update(x, mr::time_point(t)); one that stamps them "
        "as they come is made with mr::processing_time<>");
  }
  template <class Nothing = void>
  void update(const Sample&, time_point)
  requires(by_arrival<Time>)
  {
    static_assert(
        !std::is_void_v<Nothing>,
        "millrace[WINDOW-12]: this window stamps its items as they come: update(x); for items that bring their "
        "time it is made with mr::event_time<>");
  }
  template <bare_number Number>
  void update(const Sample&, Number) {
    static_assert(!sizeof(Number),
                  "millrace[WINDOW-13]: a bare number is no time: write mr::time_point(t), of nanoseconds, or of a "
                  "std::chrono::time_point; a window by arrival takes none");
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_WINDOWS_WINDOW_HPP
