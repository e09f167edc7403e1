#ifndef MILLRACE_RESILIENCE_CALLS_DETAIL_STACK_RULES_HPP
#define MILLRACE_RESILIENCE_CALLS_DETAIL_STACK_RULES_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/bulkhead.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>
#include <millrace/resilience/calls/fallback.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/resilience/calls/timeout.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace resilience {

template <class... Wrappers>
class resilient;

namespace detail {

struct any_next_call {
  result<void> operator()(const call_info<>&) const;
};
template <class T>
    struct is_call_wrapper : std::bool_constant < requires(T& one, const call_info<>& info, any_next_call& next) {
  {one.run(info, next)}->std::same_as<result<void>>;
}>{};

/// The kinds that rules are about. Wrappers of the user's own are `other`, and free.
enum class wrapper_kind { other, fallback, retry, breaker, bulkhead, timeout };
template <class T>
inline constexpr wrapper_kind kind_of = wrapper_kind::other;
template <class... P>
inline constexpr wrapper_kind kind_of<fallback<P...>> = wrapper_kind::fallback;
template <class... P>
inline constexpr wrapper_kind kind_of<retry<P...>> = wrapper_kind::retry;
template <class... P>
inline constexpr wrapper_kind kind_of<circuit_breaker<P...>> = wrapper_kind::breaker;
template <class... P>
inline constexpr wrapper_kind kind_of<bulkhead<P...>> = wrapper_kind::bulkhead;
template <class... P>
inline constexpr wrapper_kind kind_of<timeout<P...>> = wrapper_kind::timeout;

template <class T>
inline constexpr bool is_timeless = [] {
  if constexpr (requires { T::is_timeless; })
    return T::is_timeless;
  else
    return !requires { typename T::clock_type; };
}();
template <class T>
inline constexpr bool wrapper_is_thread_safe = [] {
  if constexpr (requires { T::thread_safe; })
    return T::thread_safe;
  else
    return false;
}();
template <class T>
constexpr std::string_view wrapper_name() noexcept {
  if constexpr (requires { T::name; })
    return T::name;
  else
    return {};
}
template <class T>
inline constexpr bool counts_whole = requires { requires T::is_for_whole_calls; };

/// What a rule knows of a wrapper.
struct stacked {
  wrapper_kind kind;
  bool is_whole;
  duration length;  // of a timeout its limit, of a retry what all attempts have; 0: not known
};
template <class T>
constexpr stacked stacked_of() noexcept {
  stacked one{kind_of<T>, counts_whole<T>, duration(0)};
  if constexpr (kind_of<T> == wrapper_kind::timeout) {
    if (T::preset::is_known) one.length = T::preset::value.limit;
  } else if constexpr (kind_of<T> == wrapper_kind::retry) {
    if (T::preset::is_known) one.length = T::preset::value.within;
  }
  return one;
}

/// The first of the wrappers that ask the time gives the clock; without one it is the system's.
template <class... Wrappers>
struct clock_of_stack : std::type_identity<steady_clock> {};
template <class T>
struct own_clock {
  using type = typename T::clock_type;
};
template <class First, class... Rest>
struct clock_of_stack<First, Rest...>
    : std::conditional_t<is_timeless<First>, clock_of_stack<Rest...>, own_clock<First>> {};

template <class... Wrappers>
struct stack_rules {
  static constexpr std::size_t count = sizeof...(Wrappers);
  static constexpr stacked all[count + 1] = {stacked_of<Wrappers>()..., {wrapper_kind::other, false, duration(0)}};

  static constexpr std::size_t retry_at = [] {
    std::size_t at = 0;
    while (at < count && all[at].kind != wrapper_kind::retry) ++at;
    return at;
  }();

  static constexpr bool is_free_of_twins = [] {
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = i + 1; j < count; ++j)
        if (all[i].kind != wrapper_kind::other && all[i].kind == all[j].kind &&
            (all[i].kind != wrapper_kind::timeout || retry_at < i || retry_at > j))
          return false;
    return true;
  }();
  static constexpr bool has_fallback_outside = [] {
    for (std::size_t i = 1; i < count; ++i)
      if (all[i].kind == wrapper_kind::fallback) return false;
    return true;
  }();
  static constexpr bool has_breaker_in_place = [] {
    for (std::size_t i = 0; i < count && retry_at < count; ++i)
      if (all[i].kind == wrapper_kind::breaker && (i < retry_at) != all[i].is_whole) return false;
    return true;
  }();
  static constexpr bool has_timeouts_in_bounds = [] {
    const duration within = all[retry_at].length;
    for (std::size_t i = 0; i < count && within > duration(0); ++i)
      if (all[i].kind == wrapper_kind::timeout && all[i].length > duration(0) &&
          (i < retry_at ? all[i].length < within : all[i].length >= within))
        return false;
    return true;
  }();

  using clock_type = typename clock_of_stack<Wrappers...>::type;
  template <class T>
  static constexpr bool asks_it() noexcept {
    if constexpr (is_timeless<T>)
      return true;
    else
      return std::is_same_v<typename T::clock_type, clock_type>;
  }
  static constexpr bool has_one_clock = (asks_it<Wrappers>() && ...);
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_DETAIL_STACK_RULES_HPP
