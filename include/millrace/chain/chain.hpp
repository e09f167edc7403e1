#ifndef MILLRACE_CHAIN_CHAIN_HPP
#define MILLRACE_CHAIN_CHAIN_HPP

#include <millrace/chain/basic_chain.hpp>
#include <millrace/chain/detail/verdict.hpp>
#include <millrace/chain/event.hpp>
#include <millrace/chain/outcome.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/requirement.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {

namespace detail {

/// Instantiates an event's `beside` template, if it has one, with all events of the chain.
template <class Event, class... Events>
struct neighbours {};
template <class Event, class... Events>
requires requires { typename Event::template beside<Events...>; }
struct neighbours<Event, Events...> : Event::template beside<Events...> {};

/// The first strictness among the policies, `strict` if there is none; then the same of the clock.
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
                "using writes = mr::fields<...>; a middleware is none, and goes into .use(...)");
  (void(sizeof(detail::neighbours<detail::unborrowed_t<Events>, detail::unborrowed_t<Events>...>)), ...);
  if constexpr (flaw::ok && sizeof...(Events) > 0 && (detail::is_policy<Policies> && ...))
    return basic_chain<strictness, clock, detail::part_list<Events...>, detail::part_list<>>(
        clock(), std::tuple<Events...>(std::move(events)...), {});
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_CHAIN_HPP
