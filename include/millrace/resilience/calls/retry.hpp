#ifndef MILLRACE_RESILIENCE_CALLS_RETRY_HPP
#define MILLRACE_RESILIENCE_CALLS_RETRY_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/detail/spin_lock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/resilience/calls/call_errors.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/detail/call_wrapper_base.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/calls/retry_options.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/resilience/calls/throttled.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// What a `retry` has done since it was made.
struct retry_statistics {
  std::uint64_t retries = 0;      // attempts beyond the first of a call
  std::uint64_t recovered = 0;    // calls that failed at first and succeeded in the end
  std::uint64_t gave_up = 0;      // calls that failed for want of attempts, time or budget
  std::uint64_t over_budget = 0;  // those of them for want of budget
};

namespace detail {

struct retries_transient {
  static bool retries(const error& why) noexcept { return is_transient(why); }
};
struct unlimited_retries {
  static constexpr void succeeded() noexcept {}
  static constexpr bool withdraw() noexcept { return true; }
};
template <class T>
    struct plays_retry_predicate : std::bool_constant < requires(const T& one, const error& why) {
  {one.retries(why)}->std::same_as<bool>;
}>{};
template <class T>
    struct plays_budget : std::bool_constant < requires(T& one) {
  {
    one.succeeded()
  } noexcept;
  {
    one.withdraw()
  } noexcept -> std::same_as<bool>;
}>{};
template <class T>
using plays_retry_options = typename of_options<retry_options>::template plays<T>;

template <class T>
struct plays_in_retry
    : std::bool_constant<plays_clock<T>::value || plays_sleeper<T>::value || plays_monitor<T>::value ||
                         plays_name<T>::value || plays_retry_predicate<T>::value || plays_budget<T>::value ||
                         plays_retry_options<T>::value> {};

}  // namespace detail

/// Makes a call again when it failed, after a delay that grows and is drawn by lot.
///
///     mr::resilience::retry<attempts<4>, backoff<20ms, 1s>, within<3s>> again;
///     auto row = again([&] { return store.fetch(key); });
///
/// Policies, in any order, as types or as values (`retry{retry_options{.attempts = n}, mr::borrow(budget)}`): options,
/// `retry_on` or `retry_if`, a `retry_budget`, a clock, a sleeper, a monitor, a name. Without any: three attempts after
/// transient errors, delays with full jitter below 100 and 200 ms.
/// Guarantee: no delay is longer than `cap` or ends after the deadline, its own (`within`) or the caller's; none is
/// shorter than what a `throttled` outcome asks for, and one that asks for more than `cap` is not tried again; a call
/// that an open `circuit_breaker` did not make is not made again; an exception ends the call and goes through.
/// Complexity: of a call that succeeds, nothing but the call; a reading of the clock with `within`.
/// Allocates: when it is made; for the errors.
/// Threads: any number.
/// Errors: the last attempt's, as it is where it was the only one, otherwise with its code and how many attempts there
/// were; cancelled.
template <class... Policies>
class retry : public detail::call_wrapper_base<retry<Policies...>> {
  using stranger = detail::first_without<detail::plays_in_retry, Policies...>;
  static_assert(
      detail::requirement<stranger::ok, typename stranger::culprit>,
      "millrace[RESILIENCE-3]: a retry takes attempts<N>, backoff<base, cap>, a jitter, within<D>, seeded<S> or "
      "retry_options; retry_on<codes> or retry_if; a retry_budget; a clock, a sleeper, a monitor, a name");
  using checked = detail::checked_policies<Policies...>;
  static_assert(checked::template one_each<detail::plays_clock, detail::plays_sleeper, detail::plays_monitor,
                                           detail::plays_retry_predicate, detail::plays_budget, detail::plays_name>,
                "millrace[RESILIENCE-4]: two policies of one kind, such as two clocks; a wrapper takes one of each");

  using held_clock = detail::cast_t<detail::plays_clock, steady_clock, Policies...>;
  using held_sleeper = detail::cast_t<detail::plays_sleeper, thread_sleeper, Policies...>;
  using held_monitor = detail::cast_t<detail::plays_monitor, no_call_monitor, Policies...>;
  using held_predicate = detail::cast_t<detail::plays_retry_predicate, detail::retries_transient, Policies...>;
  using held_budget = detail::cast_t<detail::plays_budget, detail::unlimited_retries, Policies...>;

 public:
  static constexpr std::string_view name = "retry";
  using clock_type = detail::lent_t<held_clock>;
  /// The options, as far as the compiler knows them.
  using preset = detail::preset<retry_options, Policies...>;

  retry() : retry(from_policies(), Policies()...) {}
  explicit retry(Policies... policies)
  requires(sizeof...(Policies) > 0)
      : retry(from_policies(), policies...) {}

  const retry_options& options() const noexcept { return options_; }
  const clock_type& clock() const noexcept { return detail::lent_object(clock_); }
  retry_statistics statistics() const noexcept {
    return {state_->retries.load_relaxed(), state_->recovered.load_relaxed(), state_->gave_up.load_relaxed(),
            state_->over_budget.load_relaxed()};
  }

  /// For stacks: calls `next(call_info)`, and again as it says.
  template <class Info, class Next>
  [[gnu::always_inline]] inline auto run(const Info& info, Next&& next) -> decltype(next(info)) {
    if constexpr (!may_be_limited)
      return try_first(info, next);
    else
      return try_first(options_.within > duration(0) ? info.until(info.after(options_.within)) : info, next);
  }

 private:
  struct shared {
    explicit shared(std::uint64_t seed) noexcept : random(seed != 0 ? seed : entropy_seed()) {}

    detail::spin_lock lock;  // of random
    random_engine random;
    detail::light_atomic<std::uint64_t> retries{0};
    detail::light_atomic<std::uint64_t> recovered{0};
    detail::light_atomic<std::uint64_t> gave_up{0};
    detail::light_atomic<std::uint64_t> over_budget{0};
  };

  struct from_policies {};
  template <class... All>
  explicit retry(from_policies, All&&... policies)
      : options_(detail::settled<retry_options>(policies...)),
        name_(detail::name_among(policies...)),
        clock_(detail::pick_policy<held_clock>(policies...)),
        sleeper_(detail::pick_policy<held_sleeper>(policies...)),
        monitor_(detail::pick_policy<held_monitor>(policies...)),
        predicate_(detail::pick_policy<held_predicate>(policies...)),
        budget_(detail::pick_policy<held_budget>(policies...)),
        state_(detail::make_owning<shared>(options_.seed)) {
    if (options_.attempts == 0) options_.attempts = 1;
  }

  static constexpr bool may_be_limited = !preset::is_known || preset::value.within > duration(0);

  auto& monitor() noexcept { return detail::lent_object(monitor_); }
  auto& budget() noexcept { return detail::lent_object(budget_); }

  duration drawn(retry_delays& delays) noexcept {
    const detail::spin_guard locked(state_->lock);
    return delays.next(state_->random);
  }

  template <class Info, class Next>
  [[gnu::always_inline]] inline auto try_first(const Info& info, Next& next) -> decltype(next(info)) {
    monitor().update(call_event::attempted);
    auto outcome = next(info);
    if (outcome) [[likely]] {
      budget().succeeded();
      return outcome;
    }
    const duration told = detail::told_delay(outcome);
    return again<decltype(outcome)>(info, next, std::move(outcome).error(), told);
  }

  /// What comes after a first attempt that failed. It takes copies, so that a call that succeeds need not have in
  /// memory what they are copies of.
  template <class Outcome, class Info, class Next>
  [[gnu::cold, gnu::noinline]] Outcome again(Info info, Next next, error why, duration told) {
    retry_delays delays(options_);
    for (std::uint32_t made = 1;; ++made) {
      if (is_open_breaker(why) || !detail::lent_object(predicate_).retries(why))
        return last_error(std::move(why), made);
      if (options_.attempts == 1) return why;
      if (made >= options_.attempts) return given_up(std::move(why), made, "");
      if (told > duration(0) && told > options_.cap)
        return given_up(std::move(why), made, ", since it is told to come again later than it ever would");
      duration delay = drawn(delays);
      if (delay < told) delay = told;
      if (info.is_cancelled()) return cancelled(std::move(why), made);
      if (info.has_deadline() && delay >= info.remaining())
        return given_up(std::move(why), made, ", since the next would come after the deadline");
      if (!budget().withdraw()) {
        state_->over_budget.add_relaxed(1);
        return given_up(std::move(why), made, ", since the budget of retries is spent");
      }
      detail::lent_object(sleeper_).sleep(delay, info.stop());
      if (info.is_cancelled()) return cancelled(std::move(why), made);
      if (info.should_stop())  // the sleep took longer than was asked of it
        return given_up(std::move(why), made, ", since its deadline is over");
      state_->retries.add_relaxed(1);
      monitor().update(call_event::retried);
      monitor().update(call_event::attempted);
      Outcome outcome = next(info.as_attempt(made + 1));
      if (outcome) {
        budget().succeeded();
        state_->recovered.add_relaxed(1);
        monitor().update(call_event::recovered);
        return outcome;
      }
      told = detail::told_delay(outcome);
      why = std::move(outcome).error();
    }
  }

  /// An error that is not to be tried again after.
  error last_error(error why, std::uint32_t made) const {
    return made == 1 ? why : std::move(why).wrap(said(" ended with attempt ", made, ""));
  }
  error given_up(error why, std::uint32_t made, const char* because) {
    state_->gave_up.add_relaxed(1);
    monitor().update(call_event::gave_up);
    return std::move(why).wrap(said(" gave up after attempt ", made, because));
  }
  error cancelled(error why, std::uint32_t made) const {
    return error(errc::cancelled, said(" was cancelled after attempt ", made, ""), std::move(why));
  }
  std::string said(const char* what, std::uint32_t made, const char* because) const {
    return detail::titled("retry", name_) + what + std::to_string(made) + " of " + std::to_string(options_.attempts) +
           because;
  }

  retry_options options_;
  std::string name_;
  [[no_unique_address]] held_clock clock_;
  [[no_unique_address]] held_sleeper sleeper_;
  [[no_unique_address]] held_monitor monitor_;
  [[no_unique_address]] held_predicate predicate_;
  [[no_unique_address]] held_budget budget_;
  detail::owning_pointer<shared> state_;
};

template <class... Policies>
retry(Policies&&...) -> retry<detail::kept_t<Policies>...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_RETRY_HPP
