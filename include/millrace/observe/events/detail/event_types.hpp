#ifndef MILLRACE_OBSERVE_EVENTS_DETAIL_EVENT_TYPES_HPP
#define MILLRACE_OBSERVE_EVENTS_DETAIL_EVENT_TYPES_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/fwd.hpp>

#include <type_traits>

// What emitters and hooks ask of the types that a program gives them, and how they say what is wrong.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

template <class T, class... Among>
inline constexpr unsigned times_among = (0U + ... + (std::is_same_v<T, Among> ? 1U : 0U));

template <class T>
inline constexpr bool is_plain_object =
    std::is_object_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T> && !std::is_array_v<T>;

/// Whether F can be called with these and returns nothing or result<void>.
template <class F, class... Args>
constexpr bool is_handler() {
  if constexpr (std::is_invocable_v<F&, Args...>) {
    using returned = std::invoke_result_t<F&, Args...>;
    return std::is_void_v<returned> || std::is_same_v<returned, result<void>>;
  } else {
    return false;
  }
}

/// The list of types, checked one after the other.
template <class... Types>
struct checked_types {
  static_assert(((times_among<Types, Types...> == 1) && ...),
                "millrace[EVENTS-3]: a type stands twice in the list of an emitter or of hooks");
  static_assert((is_plain_object<Types> && ...),
                "millrace[EVENTS-3]: a type of an emitter or of hooks is a struct or class: no reference, no const");
};

/// Fails to compile if T is none of the types.
template <class T, class... Types>
struct listed_type {
  static_assert(times_among<T, Types...> == 1,
                "millrace[EVENTS-1]: this type is not in the list of the emitter, queue or hooks: add it there, as in "
                "event_emitter<model_registered, run_started>");
};

template <class F, class... Args>
struct checked_handler {
  static_assert(
      is_handler<F, Args...>(),
      "millrace[EVENTS-2]: a handler of event E is called with const E&, a hook before operation O with O&, one "
      "after it with const O& and const result<outcome>&; each returns nothing or result<void>");
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_DETAIL_EVENT_TYPES_HPP
