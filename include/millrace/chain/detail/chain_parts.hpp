#ifndef MILLRACE_CHAIN_DETAIL_CHAIN_PARTS_HPP
#define MILLRACE_CHAIN_DETAIL_CHAIN_PARTS_HPP

#include <millrace/chain/detail/verdict.hpp>
#include <millrace/chain/event.hpp>
#include <millrace/chain/middleware.hpp>
#include <millrace/chain/outcome.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The events, middlewares and clock of a chain, and how an event runs inside its middlewares. The middlewares are
/// stored innermost first; level n is the n-th of them, and level 0 the event itself.
template <class Clock, class Events, class Middlewares>
class chain_parts;

template <class Clock, class... Events, class... Middlewares>
class chain_parts<Clock, part_list<Events...>, part_list<Middlewares...>> {
 protected:
  template <std::size_t Index>
  using event_at = unborrowed_t<std::tuple_element_t<Index, std::tuple<Events...>>>;
  template <std::size_t Index>
  using middleware_at = unborrowed_t<std::tuple_element_t<Index, std::tuple<Middlewares...>>>;
  template <std::size_t Index>
  using stage_at = stage<event_at<Index>, Index, Clock, unborrowed_t<Events>...>;
  static constexpr std::size_t depth = sizeof...(Middlewares);

  constexpr chain_parts(Clock clock, std::tuple<Events...> events, std::tuple<Middlewares...> middlewares)
      : clock_(std::move(clock)), events_(std::move(events)), middlewares_(std::move(middlewares)) {}

  /// Runs the events from `Index` on, up to the first that fails.
  template <std::size_t Index, class Context>
  [[gnu::always_inline]] inline result<void> run_strict(Context& ctx) {
    result<void> outcome = run_event<Index>(ctx);
    if constexpr (Index + 1 < sizeof...(Events)) {
      if (outcome) [[likely]]
        return run_strict<Index + 1>(ctx);
    }
    return outcome;
  }
  template <class Context, std::size_t... Index>
  [[gnu::always_inline]] inline lenient_result run_lenient(Context& ctx, std::index_sequence<Index...>) {
    lenient_result outcome;
    (collect<Index>(outcome, run_event<Index>(ctx)), ...);
    return outcome;
  }
  // Protected, because basic_chain moves them into the chains that use() and on() return.
  [[no_unique_address]] Clock clock_;
  [[no_unique_address]] std::tuple<Events...> events_;
  [[no_unique_address]] std::tuple<Middlewares...> middlewares_;

 private:
  template <std::size_t Level, class Stage, class Context>
  using hooks_at = hooks<middleware_at<Level>, Stage, Context>;
  template <class Stage, class Context>
  static constexpr bool timed = (hooks<unborrowed_t<Middlewares>, Stage, Context>::timed_after || ...);

  /// When an event's first attempt started and its last one ended, in ticks of the clock. `started` says whether there
  /// was one: a clock may start at 0.
  struct stamps {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    bool started = false;
  };
  /// Gives an event that a middleware kept from running a span of no length.
  template <class Stage, class Context>
  static void stamp_unrun(const Stage& event, stamps& times) {
    if constexpr (timed<Stage, Context>) {
      if (!times.started) {
        times.start = times.end = event.clock().ticks();
        times.started = true;
      }
    }
  }

  template <std::size_t Index>
  static void collect(lenient_result& all, result<void> one) {
    if (!one) [[unlikely]]
      all.add({Index, stage_at<Index>::name, std::move(one).error()});
  }

  template <std::size_t Index, class Context>
  [[gnu::always_inline]] inline result<void> run_event(Context& ctx) {
    const stage_at<Index> event(object_of(std::get<Index>(events_)), clock_);
    stamps times;
    result<void> outcome = enter<depth>(event, ctx, times);
    if (!outcome) [[unlikely]]
      return locate<stage_at<Index>>(std::move(outcome).error());
    return outcome;
  }
  /// Adds the event's name and number to an error.
  template <class Stage>
  [[gnu::cold, gnu::noinline]] static error locate(error why) {
    return std::move(why).wrap("event \"" + std::string(Stage::name) + "\" (" + std::to_string(Stage::index + 1) +
                               " of " + std::to_string(Stage::count) + ") failed");
  }

  /// Runs the event inside its `Level` innermost middlewares.
  template <std::size_t Level, class Stage, class Context>
  [[gnu::always_inline]] inline result<void> enter(const Stage& event, Context& ctx, stamps& times) {
    if constexpr (Level == 0) {
      return call(event, ctx, times);
    } else {
      using has = hooks_at<Level - 1, Stage, Context>;
      auto& middleware = object_of(std::get<Level - 1>(middlewares_));
      if constexpr (has::before) {
        result<void> go =
            guarded([&] { return middleware.before(event, ctx); }, describe_hook<Level - 1, Stage>{"before"});
        if (!go) [[unlikely]] {
          stamp_unrun<Stage, Context>(event, times);
          reject<Level - 1>(Stage(event, false), ctx, go.error());
          return go;
        }
      }
      result<void> outcome = through<Level>(event, ctx, times);
      if constexpr (has::after) {
        result<void> verdict = guarded(
            [&] {
              if constexpr (has::timed_after) {
                const time_span span{event.clock().nanoseconds(times.start), event.clock().nanoseconds(times.end)};
                return middleware.after(event, ctx, span, std::as_const(outcome));
              } else {
                return middleware.after(event, ctx, std::as_const(outcome));
              }
            },
            describe_hook<Level - 1, Stage>{"after"});
        if (!verdict && outcome) [[unlikely]] {
          outcome = std::move(verdict);
          reject<Level - 1>(event, ctx, outcome.error());
        }
      }
      return outcome;
    }
  }

  /// Runs the levels below `Level`, through the `around` of that level's middleware if it has one.
  template <std::size_t Level, class Stage, class Context>
  [[gnu::always_inline]] inline result<void> through(const Stage& event, Context& ctx, stamps& times) {
    if constexpr (hooks_at<Level - 1, Stage, Context>::around) {
      auto& middleware = object_of(std::get<Level - 1>(middlewares_));
      bool inner_failed = false;
      bool reached = false;
      const auto next = [&]() __attribute__((always_inline)) -> result<void> {
        reached = true;
        result<void> outcome = enter<Level - 1>(event, ctx, times);
        inner_failed = !outcome;
        return outcome;
      };
      const auto all = [&]() __attribute__((always_inline)) -> result<void> {
        return middleware.around(event, ctx, next);
      };
      result<void> outcome = guarded(all, describe_hook<Level - 1, Stage>{"around"});
      stamp_unrun<Stage, Context>(event, times);
      if (!outcome && !inner_failed) [[unlikely]]
        reject<Level - 1>(Stage(event, reached), ctx, outcome.error());
      return outcome;
    } else {
      return enter<Level - 1>(event, ctx, times);
    }
  }

  /// Calls the event itself and notes when.
  template <class Stage, class Context>
  [[gnu::always_inline]] inline result<void> call(const Stage& event, Context& ctx, stamps& times) {
    event_context<Context, typename Stage::event_type> view(ctx);
    if constexpr (timed<Stage, Context>) {
      const std::uint64_t now = event.clock().ticks();
      if (!times.started) times.start = now;
      times.started = true;
    }
    result<void> outcome = guarded([&] { return event.event()(view); }, describe_event_name<Stage>{});
    if constexpr (timed<Stage, Context>) times.end = event.clock().ticks();
    return outcome;
  }

  /// Tells the `Levels` innermost middlewares, from the outside in, that the event failed further out.
  template <std::size_t Levels, class Stage, class Context>
  [[gnu::cold]] void reject(const Stage& event, Context& ctx, const error& why) {
    if constexpr (Levels > 0) {
      if constexpr (hooks_at<Levels - 1, Stage, Context>::rejected) {
        auto& middleware = object_of(std::get<Levels - 1>(middlewares_));
        // A hook that throws here has nowhere to report to: the event has failed already, with `why`.
        (void)guarded([&] { middleware.rejected(event, ctx, why); }, describe_hook<Levels - 1, Stage>{"rejected"});
      }
      reject<Levels - 1>(event, ctx, why);
    }
  }

  template <class Stage>
  struct describe_event_name {
    std::string operator()() const { return "event \"" + std::string(Stage::name) + '"'; }
  };
  template <std::size_t Index, class Stage>
  struct describe_hook {
    const char* hook;
    std::string operator()() const {
      return "middleware \"" + std::string(part_name<middleware_at<Index>>()) + "\", " + hook + " event \"" +
             std::string(Stage::name) + "\",";
    }
  };
};

}  // namespace detail

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_DETAIL_CHAIN_PARTS_HPP
