#ifndef MILLRACE_RESILIENCE_CALLS_RESILIENT_HPP
#define MILLRACE_RESILIENCE_CALLS_RESILIENT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/bulkhead.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/circuit_breaker.hpp>
#include <millrace/resilience/calls/detail/call_wrapper_base.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/calls/detail/stack_rules.hpp>
#include <millrace/resilience/calls/fallback.hpp>
#include <millrace/resilience/calls/retry.hpp>
#include <millrace/resilience/calls/timeout.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Wrappers around one another, the first outermost: a wrapper itself.
///
///     mr::resilience::resilient<retry<attempts<4>, within<1s>>, circuit_breaker<named<"features">>,
///     timeout<limit<50ms>>>
///         guarded;
///     auto row = guarded([&](const auto& call) { return store.fetch(key, call.remaining()); });
///
/// As values: `resilient{fallback{0.02}, retry<>(), mr::borrow(breaker)}`; what is borrowed may be shared by stacks,
/// and outlives them. The order is checked when it is compiled:
/// - a fallback is outermost
/// - a retry stands outside of the breaker, which then counts each attempt and is not asked again while it is open; one
///   with `counts_whole_calls` stands outside of the retry instead
/// - the limit of a timeout inside a retry is shorter than the retry's `within`, and of one outside no shorter
/// - there are no two of a kind, but a timeout on both sides of a retry, and rate limiters
/// - all that ask the time have one clock
/// Complexity, allocation, errors: those of the wrappers.
/// Threads: as many as the wrappers.
template <class... Wrappers>
class resilient : public detail::call_wrapper_base<resilient<Wrappers...>> {
  using stranger = detail::first_without<detail::is_call_wrapper, Wrappers...>;
  static_assert(detail::requirement<stranger::ok, typename stranger::culprit>,
                "millrace[RESILIENCE-6]: resilient<...> stacks wrappers: retry, circuit_breaker, bulkhead, timeout, "
                "fallback, rate_limiter, or a class with run(call_info, next) that returns what next(call_info) does");
  using rules = detail::stack_rules<detail::lent_t<Wrappers>...>;
  static_assert(detail::requirement<rules::is_free_of_twins, Wrappers...>,
                "millrace[RESILIENCE-7]: two wrappers of one kind; only a timeout may stand on both sides of a retry, "
                "and rate limiters be several");
  static_assert(
      detail::requirement<rules::has_fallback_outside, Wrappers...>,
      "millrace[RESILIENCE-8]: a fallback is the outermost wrapper, since those outside of it would never see "
      "that a call failed");
  static_assert(
      detail::requirement<rules::has_breaker_in_place, Wrappers...>,
      "millrace[RESILIENCE-9]: a circuit_breaker stands inside the retry, where it counts each attempt: "
      "resilient<retry<>, circuit_breaker<>>; outside only if it says so: circuit_breaker<counts_whole_calls>");
  static_assert(detail::requirement<rules::has_timeouts_in_bounds, Wrappers...>,
                "millrace[RESILIENCE-10]: a timeout inside a retry is for one attempt, and shorter than the retry's "
                "within<D>; one outside is for all attempts, and no shorter");
  static_assert(detail::requirement<rules::has_one_clock, Wrappers...>,
                "millrace[RESILIENCE-11]: the wrappers of a stack ask one clock: give each of them the same");

 public:
  static constexpr std::string_view name = "resilient";
  static constexpr bool thread_safe = (detail::wrapper_is_thread_safe<detail::lent_t<Wrappers>> && ...);
  using clock_type = typename rules::clock_type;

  resilient() = default;
  explicit resilient(Wrappers... wrappers)
  requires(sizeof...(Wrappers) > 0)
      : wrappers_(std::move(wrappers)...) {}

  clock_type clock() const noexcept { return clock_of<0>(); }

  /// The wrapper of this name, such as `get<"retry">()`: the outermost, if there are several.
  template <fixed_string Name>
  auto& get() noexcept {
    constexpr std::size_t at = index_of(Name.view());
    static_assert(at < sizeof...(Wrappers), "millrace[RESILIENCE-12]: the stack has no wrapper of this name");
    return detail::lent_object(std::get<at>(wrappers_));
  }

  /// For stacks of stacks: calls `next(call_info)` inside all wrappers.
  template <class Info, class Next>
  [[gnu::always_inline]] inline auto run(const Info& info, Next&& next) -> decltype(next(info)) {
    return enter<0>(info, next);
  }

 private:
  template <std::size_t Level, class Info, class Next>
  [[gnu::always_inline]] inline auto enter(const Info& info, Next& next) -> decltype(next(info)) {
    if constexpr (Level == sizeof...(Wrappers))
      return next(info);
    else
      return detail::lent_object(std::get<Level>(wrappers_))
          .run(info, [&](const Info& inner) __attribute__((always_inline)) -> decltype(next(info)) {
            return enter<Level + 1>(inner, next);
          });
  }

  template <std::size_t Level>
  clock_type clock_of() const noexcept {
    if constexpr (Level == sizeof...(Wrappers))
      return clock_type();
    else if constexpr (detail::is_timeless<std::tuple_element_t<Level, std::tuple<detail::lent_t<Wrappers>...>>>)
      return clock_of<Level + 1>();
    else
      return detail::lent_object(std::get<Level>(wrappers_)).clock();
  }
  static constexpr std::size_t index_of(std::string_view wanted) noexcept {
    std::size_t at = 0;
    std::size_t found = sizeof...(Wrappers);
    const auto look = [&](std::string_view one) {
      if (one == wanted && found == sizeof...(Wrappers)) found = at;
      ++at;
    };
    (look(detail::wrapper_name<detail::lent_t<Wrappers>>()), ...);
    return found;
  }

  std::tuple<Wrappers...> wrappers_;
};

template <class... Wrappers>
resilient(Wrappers&&...) -> resilient<detail::kept_t<Wrappers>...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_RESILIENT_HPP
