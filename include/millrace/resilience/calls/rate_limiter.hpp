#ifndef MILLRACE_RESILIENCE_CALLS_RATE_LIMITER_HPP
#define MILLRACE_RESILIENCE_CALLS_RATE_LIMITER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/detail/call_wrapper_base.hpp>
#include <millrace/resilience/calls/detail/permits.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/calls/sleeper.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// How many calls a `rate_limiter` lets begin. A number that makes no sense becomes the nearest that does.
struct rate_options {
  std::uint32_t calls = 100;
  duration per = duration(1'000'000'000);
  /// How many may begin at once after a quiet time; 0: `calls`.
  std::uint32_t burst = 0;
  /// Whether no time of length `per`, wherever it begins, may hold more than `calls`, which a bucket's burst can
  /// double; `burst` then means nothing, and there are a million calls at most.
  bool is_window = false;
  /// How long a call may wait for its permit; 0: it does not wait.
  duration wait = duration(0);
};

/// The options one by one, where the compiler knows them: `rate_limiter<rate<100, 1s>, burst<10>, wait_up_to<50ms>>`.
template <std::uint32_t Calls, duration Per>
struct rate {
  static constexpr bool is_sensible = Calls > 0 && Per > duration(0);
  static constexpr void set(rate_options& in) noexcept {
    in.calls = Calls;
    in.per = Per;
  }
};
/// A policy: so many calls may come at once.
template <std::uint32_t Calls>
struct burst {
  static constexpr bool is_sensible = Calls > 0;
  static constexpr void set(rate_options& in) noexcept { in.burst = Calls; }
};
/// A policy: calls are counted over a window that slides.
struct sliding_window {
  static constexpr void set(rate_options& in) noexcept { in.is_window = true; }
};
/// A policy: how long a call waits for its turn.
template <duration Length>
struct wait_up_to {
  static constexpr bool is_sensible = Length > duration(0);
  static constexpr void set(rate_options& in) noexcept { in.wait = Length; }
};

/// What a rate limiter has done since it was made.
struct rate_statistics {
  std::uint64_t waited = 0;   // calls that had to wait for their permit
  std::uint64_t refused = 0;  // calls whose permit would have come too late
};

namespace detail {
template <class T>
using plays_rate_options = typename of_options<rate_options>::template plays<T>;
template <class T>
struct plays_in_limiter
    : std::bool_constant<plays_clock<T>::value || plays_sleeper<T>::value || plays_monitor<T>::value ||
                         plays_name<T>::value || plays_rate_options<T>::value> {};
}  // namespace detail

/// Bounds how many calls begin in a time: by a token bucket, whose tokens come one by one, or by a sliding window.
///
///     mr::resilience::rate_limiter<rate<100, 1s>, burst<10>, wait_up_to<50ms>> slowly;
///     auto row = slowly([&] { return store.fetch(key); });
///
/// Policies, in any order, as types or as values: options, a clock, a sleeper, a monitor, a name. Without any: 100 a
/// second, and nobody waits.
/// Guarantee: of a bucket, in a time t at most burst + t calls / per begin, exactly; of a window, in no time of length
/// `per` more than `calls`. Permits are given in the order in which calls come, each with its moment, so that nobody
/// overtakes; a call that will not get one in time is refused at once. A call cancelled while it waits loses its
/// permit. Complexity: a reading of the clock and a short lock. Allocates: when it is made; for errors. Threads: any
/// number. Errors: unavailable, which says when the next permit comes; cancelled.
template <class... Policies>
class rate_limiter : public detail::call_wrapper_base<rate_limiter<Policies...>> {
  using stranger = detail::first_without<detail::plays_in_limiter, Policies...>;
  static_assert(detail::requirement<stranger::ok, typename stranger::culprit>,
                "millrace[RESILIENCE-3]: a rate_limiter takes rate<N, D>, burst<N> or sliding_window, wait_up_to<D> or "
                "rate_options; a clock, a sleeper, a monitor, a name");
  using checked = detail::checked_policies<Policies...>;
  static_assert(
      checked::template one_each<detail::plays_clock, detail::plays_sleeper, detail::plays_monitor, detail::plays_name>,
      "millrace[RESILIENCE-4]: two policies of one kind, such as two clocks; a wrapper takes one of each");

  using held_clock = detail::cast_t<detail::plays_clock, steady_clock, Policies...>;
  using held_sleeper = detail::cast_t<detail::plays_sleeper, thread_sleeper, Policies...>;
  using held_monitor = detail::cast_t<detail::plays_monitor, no_call_monitor, Policies...>;

 public:
  static constexpr std::string_view name = "rate_limiter";
  using clock_type = detail::lent_t<held_clock>;

  rate_limiter() : rate_limiter(from_policies(), Policies()...) {}
  explicit rate_limiter(Policies... policies)
  requires(sizeof...(Policies) > 0)
      : rate_limiter(from_policies(), policies...) {}

  const rate_options& options() const noexcept { return options_; }
  const clock_type& clock() const noexcept { return detail::lent_object(clock_); }
  rate_statistics statistics() const noexcept {
    return {state_->waited.load_relaxed(), state_->refused.load_relaxed()};
  }

  /// For stacks: calls `next(call_info)`, when it has a permit.
  template <class Info, class Next>
  [[gnu::always_inline]] inline auto run(const Info& info, Next&& next) -> decltype(next(info)) {
    const duration left = info.remaining();
    const duration patience = left < options_.wait ? left : options_.wait;
    const std::int64_t wait =
        state_->permits.reserve(clock().nanoseconds(clock().ticks()), static_cast<std::uint64_t>(patience.nanoseconds));
    if (wait != 0) [[unlikely]] {
      if (result<void> got = wait_for(wait, info.stop()); !got) return std::move(got).error();
    }
    return next(info);
  }

 private:
  struct shared {
    explicit shared(const rate_options& with)
        : permits(with.calls, static_cast<std::uint64_t>(with.per.nanoseconds), with.is_window ? 0 : with.burst) {}

    detail::permits permits;
    detail::light_atomic<std::uint64_t> waited{0};
    detail::light_atomic<std::uint64_t> refused{0};
  };

  struct from_policies {};
  template <class... All>
  explicit rate_limiter(from_policies, All&&... policies)
      : options_(sensible(detail::settled<rate_options>(policies...))),
        name_(detail::name_among(policies...)),
        clock_(detail::pick_policy<held_clock>(policies...)),
        sleeper_(detail::pick_policy<held_sleeper>(policies...)),
        monitor_(detail::pick_policy<held_monitor>(policies...)),
        state_(detail::make_owning<shared>(options_)) {}

  static rate_options sensible(rate_options all) noexcept {
    constexpr std::uint32_t most = 1'000'000;
    if (all.calls == 0) all.calls = 1;
    if (all.is_window && all.calls > most) all.calls = most;
    if (all.per.nanoseconds <= 0) all.per = duration(1);
    if (all.burst == 0) all.burst = all.calls;
    if (all.wait.nanoseconds < 0) all.wait = duration(0);
    return all;
  }

  [[gnu::cold, gnu::noinline]] result<void> wait_for(std::int64_t wait, const stop_source* stop) {
    if (wait < 0) {
      state_->refused.add_relaxed(1);
      detail::lent_object(monitor_).update(call_event::refused);
      return error(errc::unavailable, detail::titled("rate limiter", name_) + " has no permit: the next is in " +
                                          std::to_string((-1 - wait + 999) / 1000) + " us");
    }
    state_->waited.add_relaxed(1);
    detail::lent_object(monitor_).update(call_event::waited);
    detail::lent_object(sleeper_).sleep(duration(wait), stop);
    if (stop != nullptr && stop->stop_requested())
      return error(errc::cancelled,
                   detail::titled("rate limiter", name_) + ": the call was cancelled while it waited for its permit");
    return {};
  }

  rate_options options_;
  std::string name_;
  [[no_unique_address]] held_clock clock_;
  [[no_unique_address]] held_sleeper sleeper_;
  [[no_unique_address]] held_monitor monitor_;
  detail::owning_pointer<shared> state_;
};

template <class... Policies>
rate_limiter(Policies&&...) -> rate_limiter<detail::kept_t<Policies>...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_RATE_LIMITER_HPP
