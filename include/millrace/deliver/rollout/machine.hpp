#ifndef MILLRACE_DELIVER_ROLLOUT_MACHINE_HPP
#define MILLRACE_DELIVER_ROLLOUT_MACHINE_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/rollout/strategy.hpp>
#include <millrace/deliver/verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What becomes of a rollout whose step takes too long.
enum class when_late : std::uint8_t { roll_back, pause };

/// What a rollout waits for. 0 as a length of time: it does not.
struct rollout_rules {
  /// Requests of each arm in a step, before the step can be over; at 100 % the candidate's alone.
  std::uint64_t min_requests = 1000;
  /// How long each step takes at least.
  duration step_length{};
  /// How long a step may take, no less than `step_length`. What has no data, and so no verdict, ends here.
  duration deadline{};
  when_late late = when_late::roll_back;
  /// How long each step of the way back takes after an abort; 0: it goes back at once.
  duration return_length{};
};

/// What is known when a rollout is told something.
struct rollout_evidence {
  deliver::verdict verdict = deliver::verdict::hold;
  std::uint64_t stable_requests = 0;     // in this step
  std::uint64_t candidate_requests = 0;  // in this step
  /// Whether a gate, such as an approval in the registry, lets the candidate at all requests.
  bool is_allowed = true;
};

/// Something that a rollout is told.
struct rollout_input {
  rollout_event event = rollout_event::check;
  /// When, in nanoseconds of any clock. If it goes back, or is another clock after a restart, no time has passed.
  std::uint64_t at = 0;
  rollout_evidence evidence = {};
  /// Of a rollback, why.
  rollout_cause cause = rollout_cause::asked;
  std::string_view actor = {};
  std::string_view reason = {};
  /// The wall clock, for the record alone.
  std::uint64_t unix_nanoseconds = 0;
};

/// A rollout without threads, clocks and models: what it does at each thing that it is told.
///
///            start          steps, each in its turn        verdict promote, or approve
///     draft -------> running ----------------------------------------------> promoting -----> promoted
///                    |  ^  pause                                  |  ^ pause       time and requests
///                    v  | resume                                  v  | resume
///                    paused                                       paused
///     from running, paused and promoting:   roll_back, a verdict, a deadline ---------------> rolled_back
///                                           abort ----> aborting, share by share -----------> rolled_back
///
/// A step is over when `step_length` has passed and each arm has had `min_requests` in it, unless the verdict is to
/// roll back, or when somebody approves. The step to 100 % takes a verdict to promote besides, or the approval; and
/// the gate, if there is one. At 100 % there is no baseline beside the candidate any more: it is promoted once it has
/// stood `step_length` and `min_requests` there.
/// Guarantee: the candidate never has all requests without a verdict to promote or an approval; no step is left out;
/// whatever is told, an abort or a rollback ends in `rolled_back`. What a phase does not take is an error, and changes
/// nothing. A rollback or abort of what is on its way back, or there, changes nothing and is none.
/// Complexity: O(steps). Allocates: texts.
/// Threads: one at a time.
/// Errors: conflict, with the phase and the event.
class rollout_machine {
 public:
  /// Precondition: steps that `rollout_strategy` asks for.
  rollout_machine(strategy_steps steps, const rollout_rules& rules, std::string candidate = {})
      : steps_(std::move(steps)), rules_(rules) {
    state_.strategy = steps_.name;
    state_.candidate = std::move(candidate);
  }

  const rollout_state& state() const noexcept { return state_; }
  const strategy_steps& steps() const noexcept { return steps_; }
  const rollout_rules& rules() const noexcept { return rules_; }

  /// Goes on from a state that was saved. Time that passed since is not the step's. If it is that of another candidate
  /// whose rollout has ended, this one's is the next, and a draft.
  /// Errors: corrupt: it contradicts itself; conflict: it is of another strategy, or under way with another candidate.
  result<void> resume_from(rollout_state state) {
    if (is_of_another(state)) return draft_after(state);
    const char* const fault = detail::fault_of(state, steps_);
    if (fault != nullptr)
      return error(state.strategy != steps_.name ? errc::conflict : errc::corrupt,
                   "a saved state of the rollout " + detail::quoted_text(state.strategy) + " cannot go on as " +
                       detail::quoted_text(steps_.name) + ": " + fault);
    state_ = std::move(state);
    is_timed_ = false;
    return {};
  }
  /// Whether a state is that of another candidate.
  bool is_of_another(const rollout_state& state) const noexcept { return state.candidate != state_.candidate; }
  /// The next rollout, of another candidate, as a draft. Errors: conflict: this one is under way.
  result<void> begin_next(std::string candidate = {}) {
    if (is_under_way(state_.phase))
      return conflict("is under way: roll it back, or let it end, before the next begins");
    rollout_state next;
    next.candidate = std::move(candidate);
    if (state_.phase == rollout_phase::draft) {
      state_.candidate = std::move(next.candidate);
      return {};
    }
    next.strategy = std::move(state_.strategy);
    next.number = state_.number + 1;
    next.changes = state_.changes + 1;
    state_ = std::move(next);
    return {};
  }

  /// Returns whether anything but the time in the step has changed.
  result<bool> update(const rollout_input& input) {
    pass_time(input.at);
    if (state_.phase == rollout_phase::rolled_back || state_.phase == rollout_phase::aborting) {
      if (input.event == rollout_event::abort) return false;
      if (input.event == rollout_event::roll_back && state_.phase == rollout_phase::rolled_back) return false;
    }
    switch (input.event) {
      case rollout_event::start: return start(input);
      case rollout_event::check: return tick(input);
      case rollout_event::approve: return approve(input);
      case rollout_event::pause: return pause(input);
      case rollout_event::resume: return resume(input);
      case rollout_event::abort: return abort(input);
      case rollout_event::roll_back: return roll_back(input);
    }
    return error(errc::invalid_argument,
                 "an event of a rollout of number " + std::to_string(static_cast<unsigned>(input.event)) + " is none");
  }
  /// Notes whether its rollback has been passed on.
  void set_told(bool is_told) noexcept { state_.is_told = is_told; }

 private:
  template <class = void>
  result<void> draft_after(const rollout_state& last) {
    if (is_under_way(last.phase))
      return conflict("has the candidate " + detail::quoted_text(state_.candidate) +
                      " and cannot begin while the rollout of " + detail::quoted_text(last.candidate) + " is " +
                      std::string(to_string(last.phase)));
    if (last.number == 0 || to_string(last.phase).empty())
      return error(errc::corrupt, "a saved state of the rollout " + detail::quoted_text(last.strategy) +
                                      " has no such phase, or the number 0");
    rollout_state next;
    next.strategy = steps_.name;
    next.candidate = std::move(state_.candidate);
    next.number = last.number + (last.phase == rollout_phase::draft ? 0U : 1U);
    next.changes = last.changes + 1;
    state_ = std::move(next);
    is_timed_ = false;
    return {};
  }
  void pass_time(std::uint64_t at) noexcept {
    const bool counts = state_.phase == rollout_phase::running || state_.phase == rollout_phase::promoting ||
                        state_.phase == rollout_phase::aborting;
    if (counts && is_timed_ && at > last_) state_.spent += at - last_;
    last_ = at;
    is_timed_ = true;
  }
  bool has_spent(duration length) const noexcept {
    return length.nanoseconds <= 0 || state_.spent >= static_cast<std::uint64_t>(length.nanoseconds);
  }
  bool is_moving() const noexcept {
    return state_.phase == rollout_phase::running || state_.phase == rollout_phase::promoting;
  }

  template <class = void>
  error conflict(std::string_view what) const {
    return error(errc::conflict, "the rollout " + detail::quoted_text(steps_.name) + ", which is " +
                                     std::string(to_string(state_.phase)) + ", " + std::string(what));
  }
  /// The phases are those of the functions below.
  template <class = void>
  error takes_no(rollout_event event) const {
    const char* of = "for one that is running, promoting, aborting or paused";
    if (event == rollout_event::start) of = "for a draft";
    if (event == rollout_event::approve) of = "for one that is running, promoting or paused";
    if (event == rollout_event::pause) of = "for one that is running or promoting";
    if (event == rollout_event::resume) of = "for one that is paused";
    return conflict("takes no " + std::string(to_string(event)) + ": that is " + of);
  }
  /// Writes down a change, and who made it why.
  void note(const rollout_input& input, rollout_cause cause) {
    ++state_.changes;
    state_.cause = cause;
    state_.actor = input.actor;
    state_.reason = input.reason;
    state_.at = input.unix_nanoseconds;
  }
  bool enter(std::uint32_t step, const rollout_input& input, rollout_cause cause) {
    state_.phase = step == steps_.last() ? rollout_phase::promoting : rollout_phase::running;
    state_.step = step;
    state_.share = steps_[step];
    state_.spent = 0;
    state_.is_approved = false;
    note(input, cause);
    return true;
  }
  bool end(rollout_phase phase, const rollout_input& input, rollout_cause cause) {
    state_.phase = phase;
    state_.share = phase == rollout_phase::promoted ? whole_share : 0;
    state_.is_approved = false;
    state_.is_told = phase != rollout_phase::rolled_back;
    note(input, cause);
    return true;
  }

  result<bool> start(const rollout_input& input) {
    if (state_.phase != rollout_phase::draft) return takes_no(input.event);
    if (rules_.deadline.nanoseconds > 0 && rules_.deadline < rules_.step_length)
      return error(errc::invalid_argument, "the rollout " + detail::quoted_text(steps_.name) +
                                               " has a deadline that ends each step before its step_length");
    return enter(0, input, rollout_cause::started);
  }
  result<bool> tick(const rollout_input& input) {
    if (state_.phase == rollout_phase::aborting) return go_back(input);
    if (!is_under_way(state_.phase)) return false;
    if (input.evidence.verdict == verdict::rollback)
      return end(rollout_phase::rolled_back, input, rollout_cause::evidence);
    if (!is_moving()) return false;
    if (is_over(input.evidence)) return go_on(input);
    if (rules_.deadline.nanoseconds <= 0 || !has_spent(rules_.deadline)) return false;
    if (rules_.late == when_late::roll_back) return end(rollout_phase::rolled_back, input, rollout_cause::deadline);
    state_.phase = rollout_phase::paused;
    note(input, rollout_cause::deadline);
    return true;
  }
  /// Whether the step that it is in lets the next follow.
  bool is_over(const rollout_evidence& now) const noexcept {
    const bool is_last = state_.step == steps_.last();
    const bool enters_last = state_.step + 1 == steps_.last();
    if (enters_last && !now.is_allowed) return false;
    if (state_.is_approved) return true;
    const bool is_asked = state_.share == 0;  // nobody measures here: the verdict is all that there is
    const bool enough = is_asked || (now.candidate_requests >= rules_.min_requests &&
                                     (is_last || now.stable_requests >= rules_.min_requests));
    return enough && has_spent(rules_.step_length) && (!enters_last || now.verdict == verdict::promote);
  }
  bool go_on(const rollout_input& input) {
    const bool by_approval = state_.is_approved;
    if (state_.step == steps_.last())
      return end(rollout_phase::promoted, input, by_approval ? rollout_cause::approval : rollout_cause::time);
    const rollout_cause cause = by_approval ? rollout_cause::approval : rollout_cause::evidence;
    if (state_.step + 1 == steps_.last()) state_.promoted_by = cause;
    return enter(state_.step + 1, input, cause);
  }
  bool go_back(const rollout_input& input) {
    if (input.evidence.verdict == verdict::rollback)
      return end(rollout_phase::rolled_back, input, rollout_cause::evidence);
    return has_spent(rules_.return_length) && lower_share(input, rollout_cause::returning);
  }
  /// To the next lower share that the strategy has, or, where there is none, to the end.
  bool lower_share(const rollout_input& input, rollout_cause cause) {
    std::uint32_t lower = 0;
    for (std::size_t i = 0; i < steps_.count && steps_[i] < state_.share; ++i) lower = steps_[i];
    if (lower == 0) return end(rollout_phase::rolled_back, input, cause);
    state_.phase = rollout_phase::aborting;
    state_.share = lower;
    state_.spent = 0;
    state_.is_approved = false;
    note(input, cause);
    return true;
  }
  result<bool> approve(const rollout_input& input) {
    if (!is_moving() && state_.phase != rollout_phase::paused) return takes_no(input.event);
    if (state_.is_approved) return false;
    state_.is_approved = true;
    note(input, rollout_cause::approval);
    return true;
  }
  result<bool> pause(const rollout_input& input) {
    if (!is_moving()) return takes_no(input.event);
    state_.phase = rollout_phase::paused;
    note(input, rollout_cause::asked);
    return true;
  }
  result<bool> resume(const rollout_input& input) {
    if (state_.phase != rollout_phase::paused) return takes_no(input.event);
    state_.phase = state_.step == steps_.last() ? rollout_phase::promoting : rollout_phase::running;
    if (rules_.deadline.nanoseconds > 0 && has_spent(rules_.deadline)) state_.spent = 0;  // it gets its time anew
    note(input, rollout_cause::asked);
    return true;
  }
  result<bool> abort(const rollout_input& input) {
    if (!is_under_way(state_.phase)) return takes_no(input.event);
    if (rules_.return_length.nanoseconds <= 0) return end(rollout_phase::rolled_back, input, rollout_cause::asked);
    return lower_share(input, rollout_cause::asked);
  }
  result<bool> roll_back(const rollout_input& input) {
    if (!is_under_way(state_.phase)) return takes_no(input.event);
    return end(rollout_phase::rolled_back, input, input.cause);
  }

  strategy_steps steps_;
  rollout_rules rules_;
  rollout_state state_;
  std::uint64_t last_ = 0;  // when it was told something, if `is_timed_`
  bool is_timed_ = false;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_MACHINE_HPP
