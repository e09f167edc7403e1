#ifndef MILLRACE_CHAIN_BASIC_CHAIN_HPP
#define MILLRACE_CHAIN_BASIC_CHAIN_HPP

#include <millrace/chain/detail/chain_parts.hpp>
#include <millrace/chain/detail/diagnosis.hpp>
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
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Whether T stands between the brackets of chain<...>.
template <class T>
inline constexpr bool is_policy = strictness_policy<T> || clock_policy<T>;

/// std::declval for code that is compiled but never run. It has a body, because g++ rejects a call of a function
/// without one if T is a local type.
template <class T>
T& pretend() noexcept {
  __builtin_unreachable();
}

}  // namespace detail

/// Events in order, with middleware around each of them, resolved at compile time.
///
/// `chain(events...)` makes one; `use` adds a middleware outside those already there. A call with a context runs the
/// events and returns a `Strictness::result_type`.
/// Complexity: that of the events and hooks; with no middleware, or one that does nothing, that of the bare calls.
/// Allocates: only for an error.
/// Threads: one at a time, or any number through `share`.
/// Errors: those of the events and hooks; what one of them throws becomes an error value too.
template <class Strictness, class Clock, class Events, class Middlewares>
class basic_chain;

template <class Strictness, class Clock, class... Events, class... Middlewares>
class [[nodiscard]] basic_chain<Strictness, Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>
    : detail::chain_parts<Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>> {
  using parts = detail::chain_parts<Clock, detail::part_list<Events...>, detail::part_list<Middlewares...>>;
  using parts::clock_, parts::depth, parts::events_, parts::middlewares_;

 public:
  using result_type = typename Strictness::result_type;

  constexpr basic_chain(Clock clock, std::tuple<Events...> events, std::tuple<Middlewares...> middlewares)
      : parts(std::move(clock), std::move(events), std::move(middlewares)) {}
  basic_chain(basic_chain&&) = default;
  basic_chain& operator=(basic_chain&&) = default;
  basic_chain(const basic_chain&) = delete;
  basic_chain& operator=(const basic_chain&) = delete;

  /// Returns the chain with `middleware` outside all those it has: the last one used is the outermost. Instead of a
  /// middleware it takes a bundle too, anything with `add_to(chain) &&`, which adds several and returns that chain.
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

  /// Returns the same chain with another clock, made by the caller.
  template <class Other>
  constexpr auto on(Other clock) && {
    static_assert(detail::requirement<clock_policy<Other>, Other>,
                  "millrace[CHAIN-18]: on() takes a clock, which has ticks() and nanoseconds(ticks), both const and "
                  "noexcept; see millrace/core/clock.hpp");
    return basic_chain<Strictness, Other, detail::part_list<Events...>, detail::part_list<Middlewares...>>(
        std::move(clock), std::move(events_), std::move(middlewares_));
  }

  /// Makes a context with a slot for every field that the events declare, that the middlewares list in `fields`, or
  /// that is given a start value here: `chain.context(epoch = 0)`.
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

  /// Runs the events in order.
  /// Guarantee: the `after` hooks are called for an event that fails or throws, too.
  template <detail::writable_context Context>
  [[gnu::always_inline]] inline result_type operator()(Context& ctx) {
    if constexpr (detail::can_run<Context, Clock>(detail::part_list<detail::unborrowed_t<Events>...>{},
                                                  detail::part_list<detail::unborrowed_t<Middlewares>...>{})) {
      // Never runs: instantiates the events' bodies here, so that a mistake in one is reported next to this call.
      if (false)
        (void(detail::pretend<detail::unborrowed_t<Events>>()(
             detail::pretend<event_context<Context, detail::unborrowed_t<Events>>>())),
         ...);
      if constexpr (std::is_same_v<Strictness, strict>)
        return this->template run_strict<0>(ctx);
      else
        return this->run_lenient(ctx, std::make_index_sequence<sizeof...(Events)>{});
    }
    __builtin_unreachable();  // a check has failed: spares the user a second error, about a missing return
  }
  /// Runs the events on a temporary context.
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

  /// Text for people, several lines: the events with the fields that they read and write, and the middlewares in order.
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
  template <template <class...> class Part>
  constexpr auto& get() noexcept {
    return by_name_only(detail::template_of_types<Part>());
  }
  template <template <auto...> class Part>
  constexpr auto& get() noexcept {
    return by_name_only(detail::template_of_values<Part>());
  }
  template <fixed_string Name>
  constexpr auto& get() noexcept {
    constexpr std::size_t at = index_of([]<class T>() { return detail::part_name<T>() == Name.view(); });
    static_assert(at < sizeof...(Events) + depth, "millrace[CHAIN-10]: the chain has no part of this name");
    return part<at>();
  }

  constexpr const Clock& clock() const noexcept { return clock_; }

 private:
  template <class Template>
  constexpr auto& by_name_only(Template) noexcept {
    static_assert(!sizeof(Template),
                  "millrace[CHAIN-10]: get<mr::audit_log>() names a template, not a type; write get<\"audit_log\">()");
    return *this;
  }
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
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_BASIC_CHAIN_HPP
