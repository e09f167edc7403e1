#ifndef MILLRACE_RESILIENCE_CALLS_FALLBACK_HPP
#define MILLRACE_RESILIENCE_CALLS_FALLBACK_HPP

#include <millrace/chain/middleware.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/call_errors.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/detail/call_wrapper_base.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Which errors a `fallback` stands in for: `instead_of<errc::timeout>`, or `instead_if{predicate}` for a predicate
/// over errors. Without either, what `is_failure` says: not a mistake of the caller, and no call that was cancelled.
template <errc... Codes>
struct instead_of {
  static bool replaces(const error& why) noexcept { return ((why.code() == Codes) || ...); }
};
/// A policy: which errors are replaced.
template <class Predicate>
struct instead_if {
  [[no_unique_address]] Predicate predicate{};
  bool replaces(const error& why) const { return predicate(why); }
};
template <class Predicate>
instead_if(Predicate) -> instead_if<Predicate>;

namespace detail {
struct replaces_failures {
  static bool replaces(const error& why) noexcept { return is_failure(why); }
};
template <class T>
    struct plays_replacer : std::bool_constant < requires(const T& one, const error& why) {
  {one.replaces(why)}->std::same_as<bool>;
}>{};
template <class T>
struct plays_in_fallback
    : std::bool_constant<plays_monitor<T>::value || plays_name<T>::value || plays_replacer<T>::value> {};

template <class Instead, class... Args>
inline constexpr bool calls_with = std::is_invocable_v<Instead&, Args...>;
}  // namespace detail

/// Stands in for a call that failed: with a value, or with what a callable returns, which is given the error if it
/// takes one.
///
///     mr::resilience::fallback mean{0.02};
///     auto score = mean([&] { return model.score(row); });
///     mr::resilience::fallback stale{[&](const mr::error& why) { return cache.find(key); }};
///
/// After it: which errors it stands in for (`instead_of`, `instead_if`), a monitor (`mr::borrow`), a name.
/// Complexity: of a call that succeeds, nothing but the call.
/// Allocates: when it is made.
/// Threads: as many as may copy the value, or call the callable.
/// Errors: those that it does not stand in for; the callable's own, in the place of the call's.
template <class Instead, class... Policies>
class fallback : public detail::call_wrapper_base<fallback<Instead, Policies...>> {
  using stranger = detail::first_without<detail::plays_in_fallback, Policies...>;
  static_assert(detail::requirement<stranger::ok, typename stranger::culprit>,
                "millrace[RESILIENCE-3]: a fallback takes, after its value or callable: instead_of or instead_if, a "
                "monitor, a name");
  using checked = detail::checked_policies<Policies...>;
  static_assert(checked::template one_each<detail::plays_monitor, detail::plays_replacer, detail::plays_name>,
                "millrace[RESILIENCE-4]: two policies of one kind, such as two clocks; a wrapper takes one of each");

  using held_monitor = detail::cast_t<detail::plays_monitor, no_call_monitor, Policies...>;
  using held_replacer = detail::cast_t<detail::plays_replacer, detail::replaces_failures, Policies...>;

 public:
  static constexpr std::string_view name = "fallback";
  using clock_type = steady_clock;
  static constexpr bool is_timeless = true;
  using place =
      millrace::place<outside_of<"retry", "circuit_breaker", "timeout", "bulkhead", "rate_limiter", "resilient">>;

  explicit fallback(Instead instead, Policies... policies)
      : instead_(std::move(instead)),
        monitor_(detail::pick_policy<held_monitor>(policies...)),
        replacer_(detail::pick_policy<held_replacer>(policies...)),
        replaced_(detail::make_owning<detail::light_atomic<std::uint64_t>>()) {}

  static constexpr steady_clock clock() noexcept { return {}; }
  /// How many calls it stood in for.
  std::uint64_t replaced() const noexcept { return replaced_->load_relaxed(); }

  /// For stacks: calls `next(call_info)`, and stands in for it.
  template <class Info, class Next>
  [[gnu::always_inline]] inline auto run(const Info& info, Next&& next) -> decltype(next(info)) {
    auto outcome = next(info);
    if (outcome || !detail::lent_object(replacer_).replaces(outcome.error())) [[likely]]
      return outcome;
    return instead<decltype(outcome)>(outcome.error());
  }

 private:
  template <class Outcome>
  [[gnu::cold, gnu::noinline]] Outcome instead(const error& why) {
    using value_type = typename Outcome::value_type;
    constexpr bool is_value = std::is_constructible_v<Outcome, const Instead&>;
    constexpr bool is_callable = detail::calls_with<Instead, const error&> || detail::calls_with<Instead>;
    static_assert(
        detail::requirement < is_value || is_callable, Instead, value_type >,
        "millrace[RESILIENCE-5]: a fallback's value is what the call returns, and its callable returns that or "
        "a result of it, and takes nothing or the error");
    replaced_->add_relaxed(1);
    detail::lent_object(monitor_).update(call_event::replaced);
    if constexpr (detail::calls_with<Instead, const error&>)
      return made<Outcome>([&]() -> decltype(auto) { return instead_(why); });
    else if constexpr (detail::calls_with<Instead>)
      return made<Outcome>([&]() -> decltype(auto) { return instead_(); });
    else if constexpr (is_value)
      return Outcome(std::as_const(instead_));
    else
      __builtin_unreachable();
  }
  template <class Outcome, class F>
  static Outcome made(const F& call) {
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      return Outcome();
    } else {
      return call();
    }
  }

  Instead instead_;
  [[no_unique_address]] held_monitor monitor_;
  [[no_unique_address]] held_replacer replacer_;
  detail::owning_pointer<detail::light_atomic<std::uint64_t>> replaced_;
};

template <class Instead, class... Policies>
fallback(Instead&&, Policies&&...) -> fallback<detail::kept_t<Instead>, detail::kept_t<Policies>...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_FALLBACK_HPP
