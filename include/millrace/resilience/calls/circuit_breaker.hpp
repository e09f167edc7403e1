#ifndef MILLRACE_RESILIENCE_CALLS_CIRCUIT_BREAKER_HPP
#define MILLRACE_RESILIENCE_CALLS_CIRCUIT_BREAKER_HPP

#include <millrace/chain/middleware.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/error.hpp>
#include <millrace/resilience/calls/breaker_options.hpp>
#include <millrace/resilience/calls/call_errors.hpp>
#include <millrace/resilience/calls/call_info.hpp>
#include <millrace/resilience/calls/call_monitor.hpp>
#include <millrace/resilience/calls/detail/breaker_core.hpp>
#include <millrace/resilience/calls/detail/call_wrapper_base.hpp>
#include <millrace/resilience/calls/detail/policies.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// Lets a `circuit_breaker` stand outside of a `retry`, in a stack or in a chain: it then counts a call once, with all
/// its attempts.
struct counts_whole_calls {};

namespace detail {

struct judged_as_failure {
  static call_verdict verdict(const error& why) noexcept {
    return is_failure(why) ? call_verdict::failure : call_verdict::ignored;
  }
};
struct no_listener {
  static constexpr void changed(const breaker_change&) noexcept {}
};
template <class T>
    struct plays_judge : std::bool_constant < requires(const T& one, const error& why) {
  {one.verdict(why)}->std::same_as<call_verdict>;
}>{};
template <class T>
    struct plays_listener : std::bool_constant < requires(const T& one, const breaker_change& change) {
  {
    one.changed(change)
  } noexcept;
}>{};
template <class T>
using plays_breaker_options = typename of_options<breaker_options>::template plays<T>;
template <class T>
struct plays_in_breaker : std::bool_constant<plays_clock<T>::value || plays_monitor<T>::value || plays_name<T>::value ||
                                             plays_judge<T>::value || plays_listener<T>::value ||
                                             plays_breaker_options<T>::value || std::is_same_v<T, counts_whole_calls>> {
};

}  // namespace detail

/// Stops calling what does not work: when too many of the last calls failed, or were slow, it is open and makes none;
/// after a while it is half open and lets a few through, by which it closes or opens again, for longer.
///
///     mr::resilience::circuit_breaker<last_calls<50>, failure_rate<30>, named<"features">> breaker;
///     auto row = breaker([&] { return store.fetch(key); });
///
/// Policies, in any order, as types or as values (`circuit_breaker{breaker_options{...}, name_of(host)}`): options,
/// what counts (`fails_on`, `judged_by`), who is told of changes (`on_change`), a clock, a monitor, a name. It is also
/// the breaker of an `infer::fallback`, by `allows`, `succeeded`, `failed` and `ignored`. Guarantee: a call of a state
/// that is over does not count in the next one; a probe that is ignored gives its permit back, and one that does not
/// return within `probe_limit` opens the breaker again; an exception counts as a failure and goes through. Complexity:
/// of a call that succeeds while all calls of a full window did, two reads of one word; otherwise a short lock, under
/// which nobody else's code runs. A window of time, and slow calls, read the clock once and twice a call. Allocates:
/// when it is made; for errors. Threads: any number. Errors: unavailable, which names the breaker and when it tries
/// again, for a call that it does not make; see `is_open_breaker`.
template <class... Policies>
class circuit_breaker : public detail::call_wrapper_base<circuit_breaker<Policies...>> {
  using stranger = detail::first_without<detail::plays_in_breaker, Policies...>;
  static_assert(detail::requirement<stranger::ok, typename stranger::culprit>,
                "millrace[RESILIENCE-3]: a circuit_breaker takes last_calls<N> or last_time<D>, min_calls<N>, "
                "failure_rate<P>, slow_calls<D, P>, open_for<D>, probes<N> or breaker_options; fails_on or judged_by; "
                "on_change with a noexcept listener; a clock, a monitor, a name; counts_whole_calls");
  using checked = detail::checked_policies<Policies...>;
  static_assert(checked::template one_each<detail::plays_clock, detail::plays_monitor, detail::plays_judge,
                                           detail::plays_listener, detail::plays_name>,
                "millrace[RESILIENCE-4]: two policies of one kind, such as two clocks; a wrapper takes one of each");

  using held_clock = detail::cast_t<detail::plays_clock, steady_clock, Policies...>;
  using held_monitor = detail::cast_t<detail::plays_monitor, no_call_monitor, Policies...>;
  using held_judge = detail::cast_t<detail::plays_judge, detail::judged_as_failure, Policies...>;
  using held_listener = detail::cast_t<detail::plays_listener, detail::no_listener, Policies...>;
  using core = detail::breaker_core;

 public:
  static constexpr std::string_view name = "circuit_breaker";
  using clock_type = detail::lent_t<held_clock>;
  /// The options, as far as the compiler knows them.
  using preset = detail::preset<breaker_options, Policies...>;
  static constexpr bool is_for_whole_calls = (std::is_same_v<Policies, counts_whole_calls> || ...);
  using place =
      std::conditional_t<is_for_whole_calls, millrace::place<outside_of<"retry">>, millrace::place<inside_of<"retry">>>;

  circuit_breaker() : circuit_breaker(from_policies(), Policies()...) {}
  explicit circuit_breaker(Policies... policies)
  requires(sizeof...(Policies) > 0)
      : circuit_breaker(from_policies(), policies...) {}

  const breaker_options& options() const noexcept { return core_->options(); }
  const clock_type& clock() const noexcept { return detail::lent_object(clock_); }

  /// An open breaker whose time is over is half open only when the next call comes.
  breaker_state state() const noexcept { return core::state_of(core_->word()); }
  breaker_statistics statistics() const noexcept { return core_->statistics(time()); }

  /// Opens, or closes, it until `reset` is called: it makes no call, or every call, and counts none.
  void force_open() noexcept { force(breaker_state::open); }
  void force_closed() noexcept { force(breaker_state::closed); }
  /// Closes it and forgets all calls; from now on it judges again.
  void reset() noexcept {
    breaker_change change;
    core_->reset(change);
    tell(change);
  }

  /// For callers that make the call themselves: whether they may make it, and then how it ended. Such calls are not
  /// timed, and one that began before the breaker was half open counts as a probe if it ends while one is under way.
  bool allows() noexcept { return admitted() != not_admitted; }
  void succeeded() noexcept {
    if ((core_->word() & core::clean_bit) == 0) ended(core_->word(), call_verdict::success, false);
    monitor().update(call_event::succeeded);
  }
  void failed() noexcept {
    ended(core_->word(), call_verdict::failure, false);
    monitor().update(call_event::failed);
  }
  void ignored() noexcept {
    ended(core_->word(), call_verdict::ignored, false);
    monitor().update(call_event::ignored);
  }

  /// For stacks: calls `next(call_info)`, if it may.
  template <class Info, class Next>
  [[gnu::always_inline]] inline auto run(const Info& info, Next&& next) -> decltype(next(info)) {
    std::uint64_t under = core_->word();
    if (!core::is_closed(under)) [[unlikely]] {
      under = admitted();
      if (under == not_admitted) return refusal();
    }
    under_way call{*this, under, may_be_timed && is_timed_ ? time() : 0};
    auto outcome = next(info);
    // While the window is clean, one more success changes nothing: see breaker_core.
    if (outcome && (under & core::clean_bit) != 0 && core_->word() == under && !(may_be_timed && is_timed_))
        [[likely]] {
      call.has_returned = true;
      monitor().update(call_event::succeeded);
    } else {
      const call_verdict verdict = verdict_of(outcome ? nullptr : &outcome.error());
      call.has_returned = true;  // only now: the caller's judge may throw
      judged(under, call.start, verdict);
    }
    return outcome;
  }

 private:
  struct from_policies {};
  template <class... All>
  explicit circuit_breaker(from_policies, All&&... policies)
      : name_(detail::name_among(policies...)),
        clock_(detail::pick_policy<held_clock>(policies...)),
        monitor_(detail::pick_policy<held_monitor>(policies...)),
        judge_(detail::pick_policy<held_judge>(policies...)),
        listener_(detail::pick_policy<held_listener>(policies...)),
        core_(detail::make_owning<core>(detail::settled<breaker_options>(policies...))),
        is_timed_(core_->options().slow > duration(0)) {}

  /// A call that was made; one that throws has failed.
  struct under_way {
    circuit_breaker& breaker;
    std::uint64_t under;
    std::uint64_t start;
    bool has_returned = false;
    ~under_way() {
      if (!has_returned) [[unlikely]]
        breaker.judged(under, start, call_verdict::failure);
    }
  };

  static constexpr std::uint64_t not_admitted = ~std::uint64_t{0};
  static constexpr bool may_be_timed = !preset::is_known || preset::value.slow > duration(0);

  auto& monitor() const noexcept { return detail::lent_object(monitor_); }
  std::uint64_t time() const noexcept { return clock().nanoseconds(clock().ticks()); }

  [[gnu::cold, gnu::noinline]] error refusal() const { return core_->refusal(name_, time()); }
  bool is_slow(std::uint64_t start) const noexcept {
    if (!is_timed_) return false;
    const std::uint64_t now = time();
    return now > start && now - start >= static_cast<std::uint64_t>(options().slow.nanoseconds);
  }

  /// The word that a call may be made under, if it may.
  [[gnu::noinline]] std::uint64_t admitted() noexcept {
    std::uint64_t under = core_->word();
    if (core::is_closed(under)) return under;
    breaker_change change;
    const bool allowed = core_->allows(time(), under, change);
    tell(change);
    if (allowed) return under;
    monitor().update(call_event::not_allowed);
    return not_admitted;
  }
  [[gnu::noinline]] call_verdict verdict_of(const error* why) const {
    return why == nullptr ? call_verdict::success : detail::lent_object(judge_).verdict(*why);
  }
  [[gnu::noinline]] void judged(std::uint64_t under, std::uint64_t start, call_verdict verdict) noexcept {
    const bool slow = is_slow(start);
    ended(under, verdict, slow);
    if (slow) monitor().update(call_event::slow);
    monitor().update(verdict == call_verdict::success   ? call_event::succeeded
                     : verdict == call_verdict::failure ? call_event::failed
                                                        : call_event::ignored);
  }
  void ended(std::uint64_t under, call_verdict verdict, bool slow) noexcept {
    breaker_change change;
    core_->ended(under, verdict, slow, [this] { return time(); }, change);
    tell(change);
  }
  void force(breaker_state state) noexcept {
    breaker_change change;
    core_->force(state, change);
    tell(change);
  }
  /// Tells of a change, if there was one; no lock is held.
  void tell(const breaker_change& change) const noexcept {
    if (change.from == change.to) return;
    monitor().update(change.to == breaker_state::closed      ? call_event::closed
                     : change.to == breaker_state::half_open ? call_event::half_opened
                                                             : call_event::opened);
    detail::lent_object(listener_).changed(change);
  }

  std::string name_;
  [[no_unique_address]] held_clock clock_;
  [[no_unique_address]] held_monitor monitor_;
  [[no_unique_address]] held_judge judge_;
  [[no_unique_address]] held_listener listener_;
  detail::owning_pointer<core> core_;
  bool is_timed_;
};

template <class... Policies>
circuit_breaker(Policies&&...) -> circuit_breaker<detail::kept_t<Policies>...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_CIRCUIT_BREAKER_HPP
