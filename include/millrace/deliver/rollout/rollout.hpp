#ifndef MILLRACE_DELIVER_ROLLOUT_ROLLOUT_HPP
#define MILLRACE_DELIVER_ROLLOUT_ROLLOUT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/judge/release_judge.hpp>
#include <millrace/deliver/rollout/detail/traffic.hpp>
#include <millrace/deliver/rollout/machine.hpp>
#include <millrace/deliver/rollout/options.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/rollout/strategy.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

template <class P>
struct is_strategy : std::bool_constant<rollout_strategy<P>> {};
template <class P>
struct is_judge : std::bool_constant<release_judge<P>> {};
template <class P>
struct is_clock : std::bool_constant<clock_policy<P>> {};
template <class P>
struct is_rollout_options : std::is_same<P, rollout_options> {};
struct no_strategy {};

template <class P>
inline constexpr bool is_rollout_policy =
    is_strategy<P>::value || is_judge<P>::value || is_clock<P>::value || is_rollout_options<P>::value ||
    is_rollout_unit<P>::value || is_rollout_audience<P>::value || is_rollout_check<P>::value ||
    is_rollout_seats<P>::value;

/// The policy of a type among those given, or one made by default.
template <class Wanted>
Wanted pick() {
  return Wanted();
}
template <class Wanted, class First, class... Rest>
Wanted pick(First& first, Rest&... rest) {
  if constexpr (std::is_same_v<Wanted, First>)
    return std::move(first);
  else
    return pick<Wanted>(rest...);
}

}  // namespace detail

/// A release of a model: two models of which requests get one, and the way from the first to the second.
///
///     mr::deliver::rollout release{stable, candidate, mr::deliver::canary<5, 10, 25, 50, 100>(),
///                                  mr::deliver::judge<mr::deliver::error_rate<mr::deliver::max_ratio<2>>>(),
///                                  mr::deliver::unit_of{&request::user}};
///     release.start();
///     const double score = release(request);     // from any thread
///     auto now = release.decide();        // every second, say: goes on, waits, or rolls back
///
/// The models are callables that return, for a request, a value or a `result` of one, the same type both; they are
/// moved in, or lent by `mr::borrow`. Policies, in any order, defaults first:
/// - a `rollout_strategy`: `canary<...>`, `blue_green`, `rolling<...>`; there is no default
/// - a `release_judge`: `no_judge`, with which only people decide
/// - `rollout_options`: its name and what it waits for
/// - `unit_of`: what is split by; else chance. `audience`: who takes part; else everybody
/// - `output_check`: which outputs of a model are any
/// - `max_in_flight<64>`: calls that the candidate may be in at once
/// - a `clock_policy`: `tsc_clock`
///
/// Guarantee: a candidate that throws, returns an error or what the check refuses, has failed, and the request gets
/// stable's output. Once a member that ends a rollout has returned, no request gets an output of the model that it has
/// retired, also none that the model had by then: the other model is called for it. So models are called for a request
/// once or twice. A call of the candidate that never returns holds its own thread and no other.
/// Complexity: of a request, beside the model: its unit's hash, two atomic operations on a word of the thread's own,
/// two readings of the clock, and what the judge does; of one of the candidate's two more. Of a request while nothing
/// is under way: the two atomic operations. Allocates: never for a request whose model does not fail.
/// Threads: requests from any number; so all other members, of which one at a time does its work.
/// Errors: conflict: it is in no phase for that; unavailable: requests of 64 earlier routes have not ended.
template <class Stable, class Candidate, class... Policies>
class rollout {
  static_assert(
      detail::requirement<(detail::is_rollout_policy<Policies> && ...), rollout>,
      "millrace[ROLLOUT-7]: a rollout's policies are a strategy, a judge, rollout_options, unit_of, audience, "
      "output_check, max_in_flight and a clock");
  using strategy = detail::policy_or<detail::is_strategy, detail::no_strategy, Policies...>;
  static_assert(detail::requirement<!std::is_same_v<strategy, detail::no_strategy>, rollout>,
                "millrace[ROLLOUT-8]: a rollout has a strategy: canary<5, 25, 100>(), blue_green() or rolling<1, 4>()");

 public:
  using judge_type = detail::policy_or<detail::is_judge, no_judge, Policies...>;

  rollout(Stable stable, Candidate candidate, Policies... policies)
      : options_(detail::pick<rollout_options>(policies...)),
        machine_(strategy::steps(), options_.rules),
        fresh_(detail::pick<judge_type>(policies...)),
        traffic_(std::move(stable), std::move(candidate), fresh_, detail::pick<unit>(policies...),
                 detail::pick<audience_type>(policies...), detail::pick<check>(policies...),
                 detail::pick<clock>(policies...), salt(options_.name), options_.seed) {}
  rollout(const rollout&) = delete;
  rollout& operator=(const rollout&) = delete;

  /// Calls one of the models for a request. Throws what stable throws, and returns its errors.
  template <class Request>
  [[gnu::always_inline]] inline auto operator()(const Request& request) {
    return traffic_.serve(request);
  }

  /// Begins the first step. Errors: conflict: it is no draft.
  result<rollout_state> start(std::string_view actor = {}, std::string_view reason = {}) {
    return tell({.event = rollout_event::start, .actor = actor, .reason = reason});
  }
  /// Looks at the time and at the evidence, and does what follows from them. Call it at an interval, as `rollout_watch`
  /// does.
  template <class = void>
  result<rollout_state> decide();
  /// Lets the next step follow, whatever the evidence for it, unless there is some against it, or a gate is shut.
  result<rollout_state> approve(std::string_view actor, std::string_view reason) {
    return tell({.event = rollout_event::approve, .actor = actor, .reason = reason});
  }
  /// Stays at this step. Evidence against the candidate still rolls it back.
  result<rollout_state> pause(std::string_view actor, std::string_view reason) {
    return tell({.event = rollout_event::pause, .actor = actor, .reason = reason});
  }
  result<rollout_state> resume(std::string_view actor, std::string_view reason) {
    return tell({.event = rollout_event::resume, .actor = actor, .reason = reason});
  }
  /// Back to stable, share by share if the rules say so.
  result<rollout_state> abort(std::string_view actor, std::string_view reason) {
    return tell({.event = rollout_event::abort, .actor = actor, .reason = reason});
  }
  /// Back to stable at once: before anything else is done, requests are stable's. The second time it does nothing.
  result<rollout_state> roll_back(std::string_view actor, std::string_view reason,
                                  rollout_cause cause = rollout_cause::asked) {
    if (is_under_way(state().phase)) traffic_.stop();
    return tell({.event = rollout_event::roll_back, .cause = cause, .actor = actor, .reason = reason});
  }
  /// The kill switch: no request is the candidate's from now on. One store; the next `decide` writes it down as a
  /// rollback.
  void stop_candidate() noexcept { traffic_.stop(); }

  /// The next rollout, as a draft, of a model that takes the place of the one that is retired.
  /// Errors: conflict: a rollout is under way; unavailable: a request is still in the retired model, such as a call
  /// that hangs.
  template <class Model>
  result<rollout_state> begin(Model next);

  rollout_state state() const {
    const detail::lock_guard locked(mutex_);
    return machine_.state();
  }
  /// What the evidence is now.
  judgement report() const { return traffic_.judge().report(); }
  deliver::verdict verdict() const { return report().verdict; }
  const std::string& name() const noexcept { return options_.name; }
  /// How many requests of the candidate's stable has answered because the candidate failed, or was stopped meanwhile;
  /// and because all calls that it may be in at once were under way, or it had been stopped.
  std::uint64_t replaced() const noexcept { return traffic_.replaced(); }
  std::uint64_t diverted() const noexcept { return traffic_.diverted(); }
  /// For metrics that are measured outside of the models: `update<Metric>(arm, score, step, unit)`.
  judge_type& judge() noexcept { return traffic_.judge(); }

 private:
  using unit = detail::policy_or<detail::is_rollout_unit, detail::by_chance, Policies...>;
  using audience_type = detail::policy_or<detail::is_rollout_audience, detail::everybody, Policies...>;
  using check = detail::policy_or<detail::is_rollout_check, detail::any_output, Policies...>;
  using clock = detail::policy_or<detail::is_clock, tsc_clock, Policies...>;
  using seats = detail::policy_or<detail::is_rollout_seats, max_in_flight<64>, Policies...>;

  std::uint64_t now() const noexcept { return traffic_.clock().nanoseconds(traffic_.clock().ticks()); }
  result<rollout_state> tell(rollout_input input) {
    const detail::lock_guard locked(mutex_);
    return tell_locked(input);
  }
  template <class = void>
  result<rollout_state> tell_locked(rollout_input& input);
  template <class = void>
  rollout_evidence evidence_now() const;
  /// Has the requests go the way that a state says.
  template <class = void>
  result<void> follow(const rollout_state& before, const rollout_state& after);

  rollout_options options_;
  mutable detail::mutex mutex_;  // of machine_, primary_ and who publishes routes
  rollout_machine machine_;
  std::uint32_t primary_ = 0;
  judge_type fresh_;
  detail::traffic<Stable, Candidate, judge_type, unit, audience_type, check, clock, detail::seats_of<seats>> traffic_;
};

template <class Stable, class Candidate, class... Policies>
template <class>
rollout_evidence rollout<Stable, Candidate, Policies...>::evidence_now() const {
  const rollout_state& state = machine_.state();
  return {.verdict = traffic_.judge().report().verdict,
          .stable_requests = traffic_.judge().requests(arm::stable, state.step),
          .candidate_requests = traffic_.judge().requests(arm::candidate, state.step)};
}

template <class Stable, class Candidate, class... Policies>
template <class>
result<rollout_state> rollout<Stable, Candidate, Policies...>::decide() {
  const detail::lock_guard locked(mutex_);
  const rollout_phase phase = machine_.state().phase;
  if (!is_under_way(phase)) return machine_.state();
  rollout_input input;
  std::string text;
  if (traffic_.is_stopped()) {
    input.event = rollout_event::roll_back;
    input.cause = rollout_cause::stopped;
    input.reason = "the candidate was stopped";
  } else if (const std::uint64_t longest = traffic_.longest_call();
             options_.hang_after.nanoseconds > 0 &&
             longest >= static_cast<std::uint64_t>(options_.hang_after.nanoseconds)) {
    input.event = rollout_event::roll_back;
    input.cause = rollout_cause::hanging;
    text = "a call of the candidate has taken " + std::to_string(longest / 1'000'000) + " ms and has not returned";
    input.reason = text;
  } else if (phase != rollout_phase::aborting) {
    input.evidence = evidence_now();
  }
  return tell_locked(input);
}

template <class Stable, class Candidate, class... Policies>
template <class>
result<rollout_state> rollout<Stable, Candidate, Policies...>::tell_locked(rollout_input& input) {
  input.at = now();
  input.unix_nanoseconds = options_.wall_clock();
  rollout_machine next = machine_;
  const auto changed = next.update(input);
  if (!changed) return changed.error();
  if (*changed)
    if (auto done = follow(machine_.state(), next.state()); !done)
      return std::move(done).error().wrap("the release " + detail::quoted_text(options_.name));
  machine_ = std::move(next);
  return machine_.state();
}

template <class Stable, class Candidate, class... Policies>
template <class>
result<void> rollout<Stable, Candidate, Policies...>::follow(const rollout_state& before, const rollout_state& after) {
  if (before.share == after.share && before.step == after.step && before.phase == after.phase) return {};
  const bool is_measured = is_under_way(after.phase) && after.phase != rollout_phase::aborting;
  if (is_measured && after.share != 0)
    if (auto begun = traffic_.judge().begin_step(after.step, after.share / double{whole_share}); !begun) return begun;
  detail::request_route way;
  way.threshold = static_cast<std::uint64_t>(after.share / double{whole_share} * 0x1p53);
  way.step = after.step;
  way.primary = after.phase == rollout_phase::promoted ? 1 - primary_ : primary_;
  way.is_live = is_under_way(after.phase);
  way.is_measured = is_measured;
  if (after.phase == rollout_phase::rolled_back) traffic_.stop();
  if (!traffic_.publish(way) && after.phase != rollout_phase::rolled_back)
    return error(errc::unavailable, "requests of 64 earlier routes have not ended");
  primary_ = way.primary;
  return {};
}

template <class Stable, class Candidate, class... Policies>
template <class Model>
result<rollout_state> rollout<Stable, Candidate, Policies...>::begin(Model next) {
  const detail::lock_guard locked(mutex_);
  const std::uint32_t place = 1 - primary_;
  static_assert(std::is_same_v<Model, Stable> && std::is_same_v<Model, Candidate>,
                "millrace[ROLLOUT-9]: a release that goes on from model to model has models of one type");
  rollout_machine drafted = machine_;
  if (auto begun = drafted.begin_next(); !begun) return std::move(begun).error();
  if (!traffic_.is_settled())
    return error(errc::unavailable, "a request is still in a model that the release " +
                                        detail::quoted_text(options_.name) + " has retired");
  traffic_.replace(place, std::move(next), fresh_);
  traffic_.allow();
  machine_ = std::move(drafted);
  return machine_.state();
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_ROLLOUT_HPP
