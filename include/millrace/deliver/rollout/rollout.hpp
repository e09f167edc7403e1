#ifndef MILLRACE_DELIVER_ROLLOUT_ROLLOUT_HPP
#define MILLRACE_DELIVER_ROLLOUT_ROLLOUT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/judge/release_judge.hpp>
#include <millrace/deliver/rollout/change.hpp>
#include <millrace/deliver/rollout/detail/request_rules.hpp>
#include <millrace/deliver/rollout/detail/rollout_control.hpp>
#include <millrace/deliver/rollout/detail/traffic.hpp>
#include <millrace/deliver/rollout/eligibility.hpp>
#include <millrace/deliver/rollout/kept.hpp>
#include <millrace/deliver/rollout/machine.hpp>
#include <millrace/deliver/rollout/options.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/rollout/strategy.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Asked before a candidate gets all requests: `allows(release, state)` returns whether it may. An error holds it, and
/// is that of `decide`. `registry_gate` is one.
template <class G>
concept rollout_gate = requires(G& gate, std::string_view release, const rollout_state& state) {
  { gate.allows(release, state) } -> std::same_as<result<bool>>;
};
/// Lets every candidate pass.
struct no_gate {
  static result<bool> allows(std::string_view, const rollout_state&) { return true; }
};

namespace detail {

template <class P>
struct is_strategy : std::bool_constant<rollout_strategy<P>> {};
template <class P>
struct is_judge : std::bool_constant<release_judge<P>> {};
template <class P>
struct is_clock : std::bool_constant<clock_policy<P>> {};
template <class P>
struct is_rollout_options : std::is_same<P, rollout_options> {};
template <class P>
struct is_rollout_gate : std::bool_constant<rollout_gate<P>> {};
struct no_strategy {};

/// Whether a judge can tell all steps of a strategy apart; of those that do not say how many they have, it can.
template <class Judge, class Strategy>
inline constexpr bool has_room_for = true;
template <class Judge, class Strategy>
requires(requires {
          Judge::max_steps;
          Strategy::size;
        })
inline constexpr bool has_room_for<Judge, Strategy> = Strategy::size <= Judge::max_steps;

template <class P>
inline constexpr bool is_rollout_policy =
    is_strategy<P>::value || is_judge<P>::value || is_clock<P>::value || is_rollout_options<P>::value ||
    is_rollout_unit<P>::value || is_rollout_audience<P>::value || is_rollout_check<P>::value ||
    is_rollout_seats<P>::value || is_rollout_health<P>::value || is_rollout_gate<P>::value || is_kept<P>::value ||
    is_notified<P>::value || is_rollout_watcher<P>::value || is_rollout_routes<P>::value ||
    is_release_slice<P>::value || is_chosen_units<P>::value || is_rollout_holdout<P>::value;

/// Whether no policy stands where another of its kind stands before it, and would be left out.
template <template <class> class Is, class... Policies>
inline constexpr bool at_most_one = (0 + ... + int{Is<Policies>::value}) <= 1;
template <class... P>
inline constexpr bool is_one_of_each =
    at_most_one<is_strategy, P...> && at_most_one<is_judge, P...> && at_most_one<is_clock, P...> &&
    at_most_one<is_rollout_options, P...> && at_most_one<is_rollout_unit, P...> &&
    at_most_one<is_rollout_audience, P...> && at_most_one<is_rollout_check, P...> &&
    at_most_one<is_rollout_seats, P...> && at_most_one<is_rollout_health, P...> && at_most_one<is_rollout_gate, P...> &&
    at_most_one<is_kept, P...> && at_most_one<is_notified, P...> && at_most_one<is_rollout_watcher, P...> &&
    at_most_one<is_rollout_routes, P...> && at_most_one<is_release_slice, P...> && at_most_one<is_chosen_units, P...>;

template <class Judge>
inline constexpr bool judges_users = false;
template <class Judge>
requires requires { Judge::is_by_unit; }
inline constexpr bool judges_users<Judge> = Judge::is_by_unit;
template <class Health>
inline constexpr bool is_probed = requires(const Health& of) {
  { of.probe() } -> std::convertible_to<result<void>>;
};

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
/// - `unit_of`: what is split by; else chance
/// - who takes part; else everybody: an `audience`, `routes` by segment, `in_slice` of the layers of a program, and any
///   number of `holdout`s. `chosen_units` have a model because somebody asked for it
/// - `output_check`: which outputs of a model are any
/// - `max_in_flight<64>`: calls that the candidate may be in at once
/// - a `clock_policy`: `tsc_clock`
/// - `kept_in` a storage: else what is in memory is all. `notified`, and a `rollout_watcher`: nobody
/// - a `rollout_gate`, and a `health_check`: none
///
/// Guarantee: a candidate that throws, returns an error or what the check refuses, has failed, and the request gets
/// stable's output. Once a member that ends a rollout has returned, no request gets an output of the model that it has
/// retired, also none that the model had by then: the other model is called for it. So models are called for a request
/// once or twice. A call of the candidate that never returns holds its own thread and no other.
/// Complexity: of a request, beside the model: its unit's hash, two atomic operations on a word of the thread's own,
/// two readings of the clock, and what the judge does; of one of the candidate's two more. Of a request while nothing
/// is under way: the two atomic operations. Allocates: never for a request whose model does not fail.
/// Threads: requests from any number; so all other members, of which one at a time does its work. Nobody waits
/// for hooks, watchers and who is notified.
/// Errors: conflict: it is in no phase for that; vetoed: by a hook; unavailable: requests of 64 earlier routes have not
/// ended; those of the storage and of the gate. A step forward is kept before it is made, so that an error leaves what
/// was; a step back is made first, and kept by a later `decide` if it could not be. While the storage fails, the
/// evidence is this process's own and what it has read of others. Of hosts that made changes without each other a
/// rollback stays, then an abort, then a pause.
template <class Stable, class Candidate, class... Policies>
class rollout {
  static_assert(
      detail::requirement<(detail::is_rollout_policy<Policies> && ...), rollout>,
      "millrace[ROLLOUT-7]: a rollout's policies are a strategy, a judge, rollout_options, unit_of, audience, routes, "
      "in_slice, holdouts, chosen_units, output_check, max_in_flight, health_check, a clock, kept_in, notified, a "
      "watcher and a gate");
  static_assert(
      detail::requirement<detail::is_one_of_each<Policies...>, rollout>,
      "millrace[ROLLOUT-13]: a rollout has one policy of a kind, but for holdouts; one audience is a function "
      "of all conditions, and one notified{f, g} has all functions");
  using strategy = detail::policy_or<detail::is_strategy, detail::no_strategy, Policies...>;
  static_assert(detail::requirement<!std::is_same_v<strategy, detail::no_strategy>, rollout>,
                "millrace[ROLLOUT-8]: a rollout has a strategy: canary<5, 25, 100>(), blue_green() or rolling<1, 4>()");

 public:
  using judge_type = detail::policy_or<detail::is_judge, no_judge, Policies...>;
  using ticket_type = rollout_ticket;
  static_assert(detail::requirement<detail::has_room_for<judge_type, strategy>, judge_type, strategy>,
                "millrace[ROLLOUT-10]: the strategy has more steps than the judge has room for: judge::max_steps");

  rollout(Stable stable, Candidate candidate, Policies... policies)
      : rollout(std::move(stable), std::move(candidate), detail::pick_policy<rollout_options>(policies...),
                detail::pick_policy<judge_type>(policies...), policies...) {}
  rollout(const rollout&) = delete;
  rollout& operator=(const rollout&) = delete;

  /// Calls one of the models for a request. Throws what stable throws, and returns its errors.
  template <class Request>
  [[gnu::always_inline]] inline auto operator()(const Request& request) {
    if constexpr (calls<Request>::hold) return traffic_.serve(request, [](const rollout_ticket&) {});
  }
  /// The same, and what became of the request, for a score of it that is known later.
  template <class Request>
  auto operator()(const Request& request, rollout_ticket& ticket) {
    if constexpr (calls<Request>::hold)
      return traffic_.serve(request, [&](const rollout_ticket& made) { ticket = made; });
  }
  /// Tells the judge the score of a request, for its metric of scores: `score<agreement>(ticket, 1)`. False: it does
  /// not count, since the request was no evidence, or its rollout is another one by now.
  template <class Metric>
  bool score(const rollout_ticket& of, double value) noexcept {
    return traffic_.template score<Metric>(of, value);
  }

  /// Goes on from what the storage has, if it has something: the same step, with the same evidence. To be called before
  /// `start`, which the release needs no more if this returns another phase than `draft`.
  result<rollout_state> restore() { return control_.restore(); }

  /// Begins the first step. Errors: conflict: it is no draft.
  result<rollout_state> start(std::string_view actor = {}, std::string_view reason = {}) {
    return control_.tell({.event = rollout_event::start, .actor = actor, .reason = reason});
  }
  /// Looks at the time and at the evidence, and does what follows from them. Call it at an interval, as `rollout_watch`
  /// does.
  result<rollout_state> decide() { return control_.decide(); }
  /// Lets the next step follow, whatever the evidence for it, unless there is some against it, or a gate is shut.
  result<rollout_state> approve(std::string_view actor, std::string_view reason) {
    return control_.tell({.event = rollout_event::approve, .actor = actor, .reason = reason});
  }
  /// Stays at this step. Evidence against the candidate still rolls it back.
  result<rollout_state> pause(std::string_view actor, std::string_view reason) {
    return control_.tell({.event = rollout_event::pause, .actor = actor, .reason = reason});
  }
  result<rollout_state> resume(std::string_view actor, std::string_view reason) {
    return control_.tell({.event = rollout_event::resume, .actor = actor, .reason = reason});
  }
  /// Back to stable, share by share if the rules say so.
  result<rollout_state> abort(std::string_view actor, std::string_view reason) {
    return control_.tell({.event = rollout_event::abort, .actor = actor, .reason = reason});
  }
  /// Back to stable at once: before anything else is done, requests are stable's. The second time it does nothing.
  result<rollout_state> roll_back(std::string_view actor, std::string_view reason,
                                  rollout_cause cause = rollout_cause::asked) {
    if (traffic_.is_live()) traffic_.stop();
    return control_.tell({.event = rollout_event::roll_back, .cause = cause, .actor = actor, .reason = reason});
  }
  /// The kill switch: no request is the candidate's from now on. One store; the next `decide` writes it down as a
  /// rollback.
  void stop_candidate() noexcept { traffic_.stop(); }

  /// The next rollout, as a draft, of a model that takes the place of the one that is retired. `candidate` is what it
  /// is, as in `rollout_options`.
  /// Errors: conflict: a rollout is under way; unavailable: a request is still in the retired model, such as a call
  /// that hangs.
  template <class Model>
  result<rollout_state> begin(Model next, std::string candidate = {}) {
    static_assert(std::is_same_v<Model, Stable> && std::is_same_v<Model, Candidate>,
                  "millrace[ROLLOUT-9]: a release that goes on from model to model has models of one type");
    return control_.begin(std::move(next), std::move(candidate));
  }

  rollout_state state() const { return control_.state(); }
  /// What the evidence of this process is now.
  judgement report() const { return traffic_.report(); }
  deliver::verdict verdict() const { return report().verdict; }
  const std::string& name() const noexcept { return control_.name(); }
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
  using health = detail::policy_or<detail::is_rollout_health, detail::any_health, Policies...>;
  using kept = detail::policy_or<detail::is_kept, not_kept, Policies...>;
  using gate = detail::policy_or<detail::is_rollout_gate, no_gate, Policies...>;
  using watch = detail::policy_or<detail::is_rollout_watcher, unwatched_rollout, Policies...>;
  using notify = detail::policy_or<detail::is_notified, notified<>, Policies...>;

  using routes_type = detail::policy_or<detail::is_rollout_routes, detail::no_routes, Policies...>;
  using slice_type = detail::policy_or<detail::is_release_slice, detail::no_slice, Policies...>;
  using chosen = detail::policy_or<detail::is_chosen_units, detail::nobody_chosen, Policies...>;
  using holdouts = typename detail::holdouts_among<detail::holdout_list<>, Policies...>::type;

  using checked = detail::rules_of_release<unit, routes_type, slice_type, chosen, holdouts>;
  static_assert(detail::requirement<checked::have_unit, rollout>,
                "millrace[ROLLOUT-14]: slices, holdouts and chosen_units know a unit by its id, which unit_of names: "
                "unit_of{&request::user}");
  static_assert(detail::requirement<checked::have_steps, slice_type, routes_type>,
                "millrace[ROLLOUT-11]: a release has a slice whose weights are its own steps: slice<Name, Traffic, "
                "stable_and_candidate>");
  static_assert(detail::requirement<checked::have_targets, routes_type>,
                "millrace[ROLLOUT-12]: a route of a release leads to takes_part, stays_stable or "
                "in_slice<Name>(layers); its shares are those of the steps");
  static_assert(detail::requirement<holdouts::possible, holdouts>,
                "millrace[SPLIT-7]: a holdout has 0 to 100 percent of the units");
  static_assert(detail::requirement<checked::have_salts, typename checked::salts::at_fault>,
                "millrace[SPLIT-9]: two layers or holdouts have one salt, so that they would place units alike; give "
                "each its own");

  static_assert(
      detail::requirement<!detail::judges_users<judge_type> || !std::is_same_v<unit, detail::by_chance>, judge_type>,
      "millrace[ROLLOUT-18]: a judge that is per_user<> has to be told who asks, which unit_of names: "
      "unit_of{&request::user}");
  static_assert(
      detail::requirement<detail::is_probed<health>, health>,
      "millrace[ROLLOUT-17]: a health_check is a function without arguments that returns result<void>, an error "
      "where something is wrong");
  template <class Request>
  using calls = detail::checked_calls<Stable, Candidate, unit, audience_type, check, Request>;

  using rules = detail::request_rules<unit, audience_type, routes_type, slice_type, chosen, holdouts>;
  using traffic = detail::traffic<Stable, Candidate, judge_type, rules, check, clock, detail::seats_of<seats>>;

  rollout(Stable stable, Candidate candidate, rollout_options options, judge_type judge, Policies&... policies)
      : traffic_(std::move(stable), std::move(candidate), judge,
                 rules(detail::pick_policy<unit>(policies...), detail::pick_policy<audience_type>(policies...),
                       detail::pick_policy<routes_type>(policies...), detail::pick_policy<slice_type>(policies...),
                       detail::pick_policy<chosen>(policies...), salt(options.name)),
                 detail::pick_policy<check>(policies...), detail::pick_policy<clock>(policies...), options.seed),
        control_(traffic_, std::move(judge), std::move(options), strategy::steps(),
                 detail::pick_policy<kept>(policies...), detail::pick_policy<health>(policies...),
                 detail::pick_policy<gate>(policies...), detail::pick_policy<watch>(policies...),
                 detail::pick_policy<notify>(policies...)) {}

  traffic traffic_;
  detail::rollout_control<traffic, judge_type, kept, health, gate, watch, notify> control_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_ROLLOUT_HPP
