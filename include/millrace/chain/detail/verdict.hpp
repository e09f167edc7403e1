#ifndef MILLRACE_CHAIN_DETAIL_VERDICT_HPP
#define MILLRACE_CHAIN_DETAIL_VERDICT_HPP

#include <millrace/chain/event.hpp>
#include <millrace/chain/middleware.hpp>
#include <millrace/core/detail/field_list.hpp>

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// Checks of what a chain is made of, done before its code is instantiated, which would report the same mistake in the
// compiler's words. The result of each check is a type, a verdict: `ok`, or the first culprit and what else to name.
namespace millrace {
inline namespace v0 {
namespace detail {

template <class... Parts>
struct part_list {};

// Templates, where a chain is asked for a part by its type.
template <template <class...> class>
struct template_of_types {};
template <template <auto...> class>
struct template_of_values {};

/// Whether C is a context, and not const.
template <class C>
concept writable_context = !std::is_const_v<C> && requires {
  typename C::provided;
  typename C::slots;
};

/// The culprit of a check that held.
struct nobody {
  static constexpr std::string_view name = "";
  using type = int;
};

struct flawless {
  static constexpr bool ok = true;
  using culprit = nobody;
  using other = nobody;
};
template <class Culprit, class Other = nobody>
struct flawed {
  static constexpr bool ok = false;
  using culprit = Culprit;
  using other = Other;
};

/// The first of `Verdicts` that is not ok.
template <class... Verdicts>
struct first_flaw {
  using type = flawless;
};
template <class First, class... Rest>
struct first_flaw<First, Rest...> : first_flaw<Rest...> {};
template <class First, class... Rest>
requires(!First::ok)
struct first_flaw<First, Rest...> {
  using type = First;
};

// Declarations: every event says which fields it reads and writes.
template <class... Events>
using undeclared = typename first_flaw<std::conditional_t<event<Events>, flawless, flawed<Events>>...>::type;

// Names: fields of one name have one type.
template <class List>
struct namesakes {
  using type = flawless;
};
template <class... Fields>
requires(sizeof...(Fields) > 1)
struct namesakes<field_list<Fields...>> {
  static constexpr std::size_t count = sizeof...(Fields);
  static constexpr std::pair<std::size_t, std::size_t> found = [] {
    constexpr std::string_view names[] = {Fields::name...};
    for (std::size_t second = 1; second < count; ++second)
      for (std::size_t first = 0; first < second; ++first)
        if (names[first] == names[second]) return std::pair{first, second};
    return std::pair{count, count};
  }();
  template <std::size_t First, std::size_t Second>
  struct verdict {
    using list = std::tuple<Fields...>;
    using first = std::tuple_element_t<First, list>;
    using second = std::tuple_element_t<Second, list>;
    using type = flawed<spelling_t<first>, std::pair<typename first::type, typename second::type>>;
  };
  template <std::size_t First>
  struct verdict<First, count> {
    using type = flawless;
  };
  using type = typename verdict<found.first, found.second>::type;
};

// Data flow: every field is given at the start or written by an earlier event before it is read.
template <class Known, class Event, class Reads>
struct unwritten_in {
  using type = flawless;
};
template <class Known, class Event, class Field, class... Rest>
struct unwritten_in<Known, Event, field_list<Field, Rest...>>
    : std::conditional_t<contains<Known, Field>, unwritten_in<Known, Event, field_list<Rest...>>,
                         std::type_identity<flawed<Event, Field>>> {};

template <class Known, class... Events>
struct data_flow {
  using type = flawless;
};
template <class Known, class Event, class... Rest>
struct data_flow<Known, Event, Rest...> {
  using here = typename unwritten_in<Known, Event, reads_of<Event>>::type;
  using type =
      typename first_flaw<here, typename data_flow<merge_fields_t<Known, writes_of<Event>>, Rest...>::type>::type;
};

// Slots: the context has one for every field that an event touches.
template <class Context, class Event, class List>
struct slotless;
template <class Context, class Event, class... Fields>
struct slotless<Context, Event, field_list<Fields...>> {
  using type =
      typename first_flaw<std::conditional_t<Context::template has<Fields>, flawless, flawed<Event, Fields>>...>::type;
};
template <class Context, class... Events>
using missing_slot = typename first_flaw<
    typename slotless<Context, Events, merge_fields_t<reads_of<Events>, writes_of<Events>>>::type...>::type;

// Fields that a middleware names: the context has each of them.
template <class Context, class M, class List>
struct fieldless;
template <class Context, class M, class... Fields>
struct fieldless<Context, M, field_list<Fields...>> {
  using type =
      typename first_flaw<std::conditional_t<Context::template has<Fields>, flawless, flawed<M, Fields>>...>::type;
};
template <class Context, class... Middlewares>
using lacking_field = typename first_flaw<
    typename fieldless<Context, Middlewares, typename needs_of_middleware<Middlewares>::type>::type...>::type;

// Signatures: called with its view of the context, an event returns void or result<void>.
template <class Context, class Event>
concept callable_on = requires(Event& event, event_context<Context, Event>& ctx) {
  { event(ctx) } -> void_or_result;
};
template <class Context, class... Events>
using uncallable =
    typename first_flaw<std::conditional_t<callable_on<Context, Events>, flawless, flawed<Events>>...>::type;

// Places: of any two middlewares, the rules of the inner one allow the other outside of it, and the rules of the outer
// one allow the other inside of it.
template <class Inner, class Outer>
inline constexpr bool well_placed = allows<typename place_of<Inner>::type>::outside(part_name<Outer>()) &&
                                    allows<typename place_of<Outer>::type>::inside(part_name<Inner>());
template <class... InnermostFirst>
struct misplaced {
  using type = flawless;
};
template <class Inner, class... Outer>
struct misplaced<Inner, Outer...> {
  using type = typename first_flaw<std::conditional_t<well_placed<Inner, Outer>, flawless, flawed<Inner, Outer>>...,
                                   typename misplaced<Outer...>::type>::type;
};

// Hooks: every member that is named like a hook can be called as that hook, and there is at least one.
template <class Stage, class Context, class... Middlewares>
using malformed = typename first_flaw<
    std::conditional_t<hooks<Middlewares, Stage, Context>::well_formed, flawless, flawed<Middlewares, Stage>>...>::type;
template <class Stage, class Context, class... Middlewares>
using hookless = typename first_flaw<
    std::conditional_t<hooks<Middlewares, Stage, Context>::any, flawless, flawed<Middlewares>>...>::type;

// Threads: every event and middleware says that it is thread-safe.
template <class... Parts>
using unshareable =
    typename first_flaw<std::conditional_t<says_thread_safe<Parts>(), flawless, flawed<Parts>>...>::type;

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_DETAIL_VERDICT_HPP
