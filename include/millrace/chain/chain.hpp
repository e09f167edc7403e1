#ifndef MILLRACE_CHAIN_CHAIN_HPP
#define MILLRACE_CHAIN_CHAIN_HPP

#include <millrace/chain/detail/guarded.hpp>
#include <millrace/chain/detail/verdict.hpp>
#include <millrace/chain/event.hpp>
#include <millrace/chain/middleware.hpp>
#include <millrace/chain/outcome.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/context.hpp>
#include <millrace/core/detail/field_list.hpp>
#include <millrace/core/detail/requirement.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

template <class Chain>
class shared_chain;

namespace detail {

template <class... Parts>
struct part_list {};

template <class T>
inline constexpr bool is_policy = strictness_policy<T> || clock_policy<T>;

/// What an event has to say about the events beside it.
template <class Event, class... Events>
struct neighbours {};
template <class Event, class... Events>
  requires requires { typename Event::template beside<Events...>; }
struct neighbours<Event, Events...> : Event::template beside<Events...> {};

/// std::declval for code that is compiled but never run. Has a body, which local types ask for.
template <class T>
T& pretend() noexcept {
  __builtin_unreachable();
}

}  // namespace detail

/// Events in order, with middleware around each of them, resolved at compile time.
///
/// Made by `chain(events...)`; `use` adds a middleware outside those already there. Called with a
/// context, it runs every event and returns a `Strictness::result_type`. What an event or a hook
/// throws becomes an error value at the event's boundary.
///
/// Complexity: the events' and hooks' own; with no middleware, or one that does nothing, the bare
/// calls. Allocates: only for an error. Threads: one at a time, or any number through `share`.
template <class Strictness, class Clock, class Events, class Middlewares>
class basic_chain;

template <class Strictness, class Clock, class... Events, class... Middlewares>
class [[nodiscard]] basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>> {
  template <class, class, class, class>
  friend class basic_chain;
  template <class>
  friend class shared_chain;

  template <std::size_t Index>
  using event_at = detail::unborrowed_t<std::tuple_element_t<Index, std::tuple<Events...>>>;
  template <std::size_t Index>
  using middleware_at = detail::unborrowed_t<std::tuple_element_t<Index, std::tuple<Middlewares...>>>;
  template <std::size_t Index>
  using stage_at = stage<event_at<Index>, Index, Clock, detail::unborrowed_t<Events>...>;
  static constexpr std::size_t depth = sizeof...(Middlewares);

 public:
  using result_type = typename Strictness::result_type;

  constexpr basic_chain(Clock clock, std::tuple<Events...> events, std::tuple<Middlewares...> middlewares)
      : clock_(std::move(clock)), events_(std::move(events)), middlewares_(std::move(middlewares)) {}
  basic_chain(basic_chain&&) = default;
  basic_chain& operator=(basic_chain&&) = default;
  basic_chain(const basic_chain&) = delete;
  basic_chain& operator=(const basic_chain&) = delete;

  /// Adds a middleware outside all those there: the last one used is the outermost. A bundle, which is
  /// anything with `add_to(chain) &&`, adds its middlewares itself and returns the chain with them.
  template <class M>
  constexpr auto use(M middleware) && {
    static_assert(detail::requirement<!detail::is_policy<M>, M>,
                  "millrace[CHAIN-17]: strict, lenient and clocks are policies of the whole chain, not parts of it: "
                  "write mr::chain<mr::lenient>(events...)");
    if constexpr (detail::is_policy<M>)
      return std::move(*this);
    else if constexpr (requires { std::move(middleware).add_to(std::move(*this)); })
      return std::move(middleware).add_to(std::move(*this));
    else
      return std::move(*this).use_one(std::move(middleware));
  }
  template <class M>
  constexpr auto use(M middleware) & {
    static_assert(!std::is_object_v<M>,
                  "millrace[CHAIN-14]: use() takes the chain over into a new one: write std::move(chain).use(...), or "
                  "chain(...).use(...) in one expression");
    return std::move(*this).use(std::move(middleware));
  }

  /// The same chain on a clock that the caller made.
  template <class Other>
  constexpr auto on(Other clock) && {
    static_assert(detail::requirement<clock_policy<Other>, Other>,
                  "millrace[CHAIN-18]: on() takes a clock, which has ticks() and nanoseconds(ticks), both const and "
                  "noexcept; see millrace/core/clock.hpp");
    return basic_chain<Strictness, Other, detail::part_list<Events...>, detail::part_list<Middlewares...>>(
        std::move(clock), std::move(events_), std::move(middlewares_));
  }

  /// A context with a slot for every field that the events touch, the middlewares ask for and the
  /// arguments give: `chain.context(epoch = 0)`.
  template <class... Given>
  constexpr auto context(bound<Given>... start) const {
    static_assert(detail::all_different<Given...>, "millrace[CONTEXT-2]: a field is given twice");
    using slots =
        detail::merge_fields_t<field_list<Given...>, detail::reads_of<detail::unborrowed_t<Events>>...,
                               detail::writes_of<detail::unborrowed_t<Events>>...,
                               typename detail::fields_of_middleware<detail::unborrowed_t<Middlewares>>::type...>;
    return basic_context<field_list<Given...>, slots>(std::move(start)...);
  }
  template <class... Given>
    requires(!(detail::is_bound<Given> && ...))
  constexpr auto context(Given... values) const {
    return v0::context(std::move(values)...);
  }

  /// Runs the events in order. Guarantee: an event that fails or throws has had its `after` hooks.
  template <detail::writable_context Context>
  [[gnu::always_inline]] inline result_type operator()(Context& ctx) {
    // One check at a time, so that the first error is the cause and not its consequences.
    using names = typename detail::namesakes<
        detail::merge_fields_t<typename Context::provided, detail::reads_of<detail::unborrowed_t<Events>>...,
                               detail::writes_of<detail::unborrowed_t<Events>>...>>::type;
    static_assert(detail::requirement<names::ok, typename names::culprit, typename names::other>,
                  "millrace[CHAIN-13]: two fields of one name hold different types; declare the field once and use "
                  "that object everywhere, or name them differently");
    using flow = typename detail::data_flow<typename Context::provided, detail::unborrowed_t<Events>...>::type;
    static_assert(!names::ok || detail::requirement<flow::ok, typename flow::culprit,
                                                    detail::spelling_t<typename flow::other>>,
                  "millrace[CHAIN-3]: the event reads a field that neither the context's start values nor an earlier "
                  "event provides; give it to context(), or put the event that writes it first");
    if constexpr (names::ok && flow::ok) {
      using slots = detail::missing_slot<Context, detail::unborrowed_t<Events>...>;
      static_assert(detail::requirement<slots::ok, typename slots::culprit, detail::spelling_t<typename slots::other>>,
                    "millrace[CHAIN-6]: the context has no slot for a field that the event writes; make the context "
                    "with chain.context(...)");
      using lacking = detail::lacking_field<Context, detail::unborrowed_t<Middlewares>...>;
      static_assert(!slots::ok || detail::requirement<lacking::ok, typename lacking::culprit,
                                                      detail::spelling_t<typename lacking::other>>,
                    "millrace[CHAIN-12]: the middleware names a field that this chain does not have: no event reads or "
                    "writes it, and the context is not given it");
      if constexpr (slots::ok && lacking::ok) {
        using signature = detail::uncallable<Context, detail::unborrowed_t<Events>...>;
        static_assert(detail::requirement<signature::ok, typename signature::culprit>,
                      "millrace[CHAIN-2]: the event cannot be called as event(ctx), or returns something else than "
                      "void or mr::result<void>; write: mr::result<void> operator()(auto& ctx)");
        if constexpr (signature::ok) {
          // Never runs: instantiates the events' bodies here, so that a mistake in one is reported next to this call.
          if (false)
            (void(detail::pretend<detail::unborrowed_t<Events>>()(
                 detail::pretend<event_context<Context, detail::unborrowed_t<Events>>>())),
             ...);
          using hooks = detail::malformed<stage_at<0>, Context, detail::unborrowed_t<Middlewares>...>;
          static_assert(detail::requirement<hooks::ok, typename hooks::culprit>,
                        "millrace[CHAIN-7]: the middleware has a member named before, after, around or rejected that "
                        "cannot be called as that hook; see millrace/chain/middleware.hpp for their parameters");
          using idle = detail::hookless<stage_at<0>, Context, detail::unborrowed_t<Middlewares>...>;
          static_assert(!hooks::ok || detail::requirement<idle::ok, typename idle::culprit>,
                        "millrace[CHAIN-1]: the middleware has none of before, after, around and rejected; an event "
                        "stands in chain(...)");
          if constexpr (hooks::ok && idle::ok) {
            if constexpr (std::is_same_v<Strictness, strict>)
              return run_strict<0>(ctx);
            else
              return run_lenient(ctx, std::make_index_sequence<sizeof...(Events)>{});
          }
        }
      }
    }
    __builtin_unreachable();  // after a failed check, so that the compiler does not also miss a return
  }
  /// On a context that nobody reads afterwards.
  template <detail::writable_context Context>
  [[gnu::always_inline]] inline result_type operator()(Context&& ctx) {
    return (*this)(ctx);
  }
  template <class... Given>
  result_type operator()(const Given&...) {
    static_assert(detail::requirement<false, Given...>,
                  "millrace[CHAIN-16]: a chain is called with one context, which is not const: "
                  "auto ctx = chain.context(epoch = 0); chain(ctx)");
  }

  /// The middlewares' names, outermost first: the order in which `before` is called.
  static constexpr std::array<std::string_view, depth> order() noexcept {
    std::array<std::string_view, depth> names{};
    std::size_t at = depth;
    ((names[--at] = detail::part_name<detail::unborrowed_t<Middlewares>>()), ...);
    return names;
  }

  /// The chain in words: its events with what they read and write, and its middlewares in order.
  static std::string describe() {
    std::string text = "chain, ";
    text += std::is_same_v<Strictness, strict> ? "strict\n" : "lenient\n";
    std::size_t number = 0;
    (describe_event<detail::unborrowed_t<Events>>(text, ++number), ...);
    text += depth == 0 ? "no middleware\n" : "middleware, outermost first:\n";
    for (const std::string_view name : order()) {
      text += "  ";
      text += name;
      text += '\n';
    }
    return text;
  }

  /// The event or middleware of this type, or of this name: `training.get<"profiler">()`.
  template <class Part>
  constexpr Part& get() noexcept {
    constexpr std::size_t at = index_of([]<class T>() { return std::is_same_v<T, Part>; });
    static_assert(at < sizeof...(Events) + depth, "millrace[CHAIN-10]: the chain has no part of this type");
    return part<at>();
  }
  template <fixed_string Name>
  constexpr auto& get() noexcept {
    constexpr std::size_t at = index_of([]<class T>() { return detail::part_name<T>() == Name.view(); });
    static_assert(at < sizeof...(Events) + depth, "millrace[CHAIN-10]: the chain has no part of this name");
    return part<at>();
  }

  constexpr const Clock& clock() const noexcept { return clock_; }

 private:
  template <class M>
  constexpr auto use_one(M middleware) && {
    using flaw = typename detail::misplaced<detail::unborrowed_t<Middlewares>..., detail::unborrowed_t<M>>::type;
    static_assert(detail::requirement<flaw::ok, typename flaw::culprit, typename flaw::other>,
                  "millrace[CHAIN-8]: two middlewares stand in the wrong order: the first one named here is inside the "
                  "other, and one of their `place` rules forbids it; change the order of use()");
    return basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares..., M>>(
        std::move(clock_), std::move(events_),
        std::tuple_cat(std::move(middlewares_), std::tuple<M>(std::move(middleware))));
  }

  template <class Match>
  static constexpr std::size_t index_of(Match match) {
    std::size_t at = 0;
    std::size_t found = sizeof...(Events) + depth;
    const auto look = [&](bool matches) {
      if (matches && found == sizeof...(Events) + depth) found = at;
      ++at;
    };
    (look(match.template operator()<detail::unborrowed_t<Events>>()), ...);
    (look(match.template operator()<detail::unborrowed_t<Middlewares>>()), ...);
    return found;
  }
  template <std::size_t At>
  constexpr auto& part() noexcept {
    if constexpr (At < sizeof...(Events))
      return detail::object_of(std::get<At>(events_));
    else
      return detail::object_of(std::get<At - sizeof...(Events)>(middlewares_));
  }

  template <class Event>
  static void describe_event(std::string& text, std::size_t number) {
    text += "  " + std::to_string(number) + " ";
    text += detail::part_name<Event>();
    const auto list = [&]<class... Fields>(std::string_view label, field_list<Fields...>) {
      if constexpr (sizeof...(Fields) > 0) {
        text += label;
        const char* separator = " ";
        ((text += separator, text += Fields::name, separator = ", "), ...);
      }
    };
    list("; reads", detail::reads_of<Event>{});
    list("; writes", detail::writes_of<Event>{});
    text += '\n';
  }

  template <std::size_t Level, class Stage, class Context>
  using hooks_at = detail::hooks<middleware_at<Level>, Stage, Context>;
  template <class Stage, class Context>
  static constexpr bool timed = (detail::hooks<detail::unborrowed_t<Middlewares>, Stage, Context>::timed_after || ...);

  /// One event's stamps, in clock ticks: its first attempt's start, its last one's end.
  struct stamps {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
  };
  /// For an event that a middleware kept from running: a span of no length.
  template <class Stage, class Context>
  static void stamp_unrun(const Stage& event, stamps& times) {
    if constexpr (timed<Stage, Context>) {
      if (times.start == 0) times.start = times.end = event.clock().ticks();
    }
  }

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
  template <std::size_t Index>
  static void collect(lenient_result& all, result<void> one) {
    if (!one) [[unlikely]]
      all.add({Index, stage_at<Index>::name, std::move(one).error()});
  }

  template <std::size_t Index, class Context>
  [[gnu::always_inline]] inline result<void> run_event(Context& ctx) {
    const stage_at<Index> event(detail::object_of(std::get<Index>(events_)), clock_);
    stamps times;
    result<void> outcome = enter<depth>(event, ctx, times);
    if (!outcome) [[unlikely]]
      return locate<stage_at<Index>>(std::move(outcome).error());
    return outcome;
  }
  template <class Stage>
  [[gnu::cold, gnu::noinline]] static error locate(error why) {
    return std::move(why).wrap("event \"" + std::string(Stage::name) + "\" (" + std::to_string(Stage::index + 1) +
                               " of " + std::to_string(Stage::count) + ") failed");
  }

  /// The event inside its `Level` innermost middlewares.
  template <std::size_t Level, class Stage, class Context>
  [[gnu::always_inline]] inline result<void> enter(const Stage& event, Context& ctx, stamps& times) {
    if constexpr (Level == 0) {
      return call(event, ctx, times);
    } else {
      using has = hooks_at<Level - 1, Stage, Context>;
      auto& middleware = detail::object_of(std::get<Level - 1>(middlewares_));
      if constexpr (has::before) {
        result<void> go =
            detail::guarded([&] { return middleware.before(event, ctx); }, describe_hook<Level - 1, Stage>{"before"});
        if (!go) [[unlikely]] {
          stamp_unrun<Stage, Context>(event, times);
          reject<Level - 1>(Stage(event, false), ctx, go.error());
          return go;
        }
      }
      result<void> outcome = through<Level>(event, ctx, times);
      if constexpr (has::after) {
        result<void> verdict = detail::guarded(
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

  /// The inner levels, through this level's `around` if it has one.
  template <std::size_t Level, class Stage, class Context>
  [[gnu::always_inline]] inline result<void> through(const Stage& event, Context& ctx, stamps& times) {
    if constexpr (hooks_at<Level - 1, Stage, Context>::around) {
      auto& middleware = detail::object_of(std::get<Level - 1>(middlewares_));
      bool inner_failed = false;
      bool reached = false;
      const auto next = [&]() __attribute__((always_inline))->result<void> {
        reached = true;
        result<void> outcome = enter<Level - 1>(event, ctx, times);
        inner_failed = !outcome;
        return outcome;
      };
      const auto all = [&]() __attribute__((always_inline))->result<void> {
        return middleware.around(event, ctx, next);
      };
      result<void> outcome = detail::guarded(all, describe_hook<Level - 1, Stage>{"around"});
      stamp_unrun<Stage, Context>(event, times);
      if (!outcome && !inner_failed) [[unlikely]]
        reject<Level - 1>(Stage(event, reached), ctx, outcome.error());
      return outcome;
    } else {
      return enter<Level - 1>(event, ctx, times);
    }
  }

  template <class Stage, class Context>
  [[gnu::always_inline]] inline result<void> call(const Stage& event, Context& ctx, stamps& times) {
    event_context<Context, typename Stage::event_type> view(ctx);
    if constexpr (timed<Stage, Context>) {
      const std::uint64_t now = event.clock().ticks();
      if (times.start == 0) times.start = now;
    }
    result<void> outcome = detail::guarded([&] { return event.event()(view); }, describe_event_name<Stage>{});
    if constexpr (timed<Stage, Context>) times.end = event.clock().ticks();
    return outcome;
  }

  /// Tells the `Levels` innermost middlewares, from the outside in, that the event failed further out.
  template <std::size_t Levels, class Stage, class Context>
  [[gnu::cold]] void reject(const Stage& event, Context& ctx, const error& why) {
    if constexpr (Levels > 0) {
      if constexpr (hooks_at<Levels - 1, Stage, Context>::rejected) {
        auto& middleware = detail::object_of(std::get<Levels - 1>(middlewares_));
        // A hook that throws here has nowhere to report to: the event has failed already, with `why`.
        (void)detail::guarded([&] { middleware.rejected(event, ctx, why); },
                              describe_hook<Levels - 1, Stage>{"rejected"});
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
      return "middleware \"" + std::string(detail::part_name<middleware_at<Index>>()) + "\", " + hook + " event \"" +
             std::string(Stage::name) + "\",";
    }
  };

  [[no_unique_address]] Clock clock_;
  [[no_unique_address]] std::tuple<Events...> events_;
  [[no_unique_address]] std::tuple<Middlewares...> middlewares_;
};

namespace detail {

template <class... Policies>
struct strictness_of {
  using type = strict;
};
template <class First, class... Rest>
struct strictness_of<First, Rest...>
    : std::conditional_t<strictness_policy<First>, std::type_identity<First>, strictness_of<Rest...>> {};
template <class... Policies>
struct clock_of {
  using type = steady_clock;
};
template <class First, class... Rest>
struct clock_of<First, Rest...>
    : std::conditional_t<clock_policy<First>, std::type_identity<First>, clock_of<Rest...>> {};

}  // namespace detail

/// Makes a chain of events, strict and on the steady clock. Policies change that, in any order:
/// `mr::chain<mr::lenient, mr::tsc_clock>(...)`.
template <class... Policies, class... Events>
constexpr auto chain(Events... events) {
  static_assert(detail::requirement<(detail::is_policy<Policies> && ...), Policies...>,
                "millrace[CHAIN-19]: between the brackets of chain<...> stand policies: strict, lenient, a clock; "
                "events stand in the parentheses: mr::chain(score{})");
  static_assert(detail::requirement<!(detail::is_policy<Events> || ...), Events...>,
                "millrace[CHAIN-17]: strict, lenient and clocks are policies of the whole chain, not parts of it: "
                "write mr::chain<mr::lenient>(events...)");
  static_assert(sizeof...(Events) > 0, "millrace[CHAIN-5]: a chain has at least one event");
  using strictness = typename detail::strictness_of<Policies...>::type;
  using clock = typename detail::clock_of<Policies...>::type;
  using flaw = detail::undeclared<detail::unborrowed_t<Events>...>;
  static_assert(detail::requirement<flaw::ok, typename flaw::culprit>,
                "millrace[CHAIN-9]: an event declares its fields: using reads = mr::fields<...>; "
                "using writes = mr::fields<...>;");
  (void(sizeof(detail::neighbours<detail::unborrowed_t<Events>, detail::unborrowed_t<Events>...>)), ...);
  if constexpr (flaw::ok && sizeof...(Events) > 0 && (detail::is_policy<Policies> && ...))
    return basic_chain<strictness, clock, detail::part_list<Events...>, detail::part_list<>>(
        clock(), std::tuple<Events...>(std::move(events)...), {});
}

/// A chain that several threads may run at once, each with its own context. Refers to the chain,
/// which must outlive it.
template <class Strictness, class Clock, class... Events, class... Middlewares>
class shared_chain<basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>> {
 public:
  using chain_type = basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>;

  /// Whether every part says that it is thread-safe; if not, who does not.
  using check = detail::unshareable<detail::unborrowed_t<Events>..., detail::unborrowed_t<Middlewares>...>;

  explicit shared_chain(chain_type& shared) noexcept requires(check::ok) : chain_(&shared) {}

  template <class Context>
  typename chain_type::result_type operator()(Context&& ctx) const {
    return (*chain_)(ctx);
  }

 private:
  chain_type* chain_;
};

/// A handle through which any number of threads may run the chain; every event and middleware must
/// say that it is thread-safe.
template <class Chain>
auto share(Chain& chain) noexcept {
  using flaw = typename shared_chain<Chain>::check;
  static_assert(detail::requirement<flaw::ok, typename flaw::culprit>,
                "millrace[CHAIN-11]: a chain is shared between threads, but a part of it does not say "
                "`static constexpr bool thread_safe = true`");
  if constexpr (flaw::ok) return shared_chain<Chain>(chain);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_CHAIN_HPP
