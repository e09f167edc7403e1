#ifndef MILLRACE_DELIVER_ROLLOUT_STATE_HPP
#define MILLRACE_DELIVER_ROLLOUT_STATE_HPP

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/rollout/strategy.hpp>
#include <millrace/deliver/verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Where a rollout is. The last two are final. The numbers and names are stable: storages hold the names.
enum class rollout_phase : std::uint8_t {
  draft = 0,        // nothing has begun; stable has all requests
  running = 1,      // the candidate has the share of a step
  paused = 2,       // the same, and no step follows until it is resumed
  promoting = 3,    // the candidate has all requests, and stable is kept warm
  aborting = 4,     // the share goes back step by step
  rolled_back = 5,  // stable has all requests
  promoted = 6,     // the candidate is what is stable from now on
};

constexpr std::string_view to_string(rollout_phase phase) noexcept {
  constexpr std::string_view names[] = {"draft",    "running",     "paused",  "promoting",
                                        "aborting", "rolled_back", "promoted"};
  const auto at = static_cast<std::size_t>(phase);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

/// Whether the candidate may get requests, or is about to.
constexpr bool is_under_way(rollout_phase phase) noexcept {
  return phase != rollout_phase::draft && phase != rollout_phase::rolled_back && phase != rollout_phase::promoted;
}

/// What a rollout is told. The numbers and names are stable.
enum class rollout_event : std::uint8_t {
  start = 0,
  check = 1,    // time has passed, and this is the evidence now
  approve = 2,  // somebody answers for the next step in the place of the evidence
  pause = 3,
  resume = 4,
  abort = 5,      // back to stable, step by step if the rules say so
  roll_back = 6,  // back to stable at once
};

constexpr std::string_view to_string(rollout_event event) noexcept {
  constexpr std::string_view names[] = {"start", "check", "approve", "pause", "resume", "abort", "roll_back"};
  const auto at = static_cast<std::size_t>(event);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

/// Why a rollout is where it is. The numbers and names are stable.
enum class rollout_cause : std::uint8_t {
  none = 0,
  started = 1,
  evidence = 2,  // of a verdict: one for the candidate, or against it
  approval = 3,
  asked = 4,       // by somebody: a pause, its end, an abort or a rollback
  deadline = 5,    // a step has taken too long
  stopped = 6,     // the kill switch
  hanging = 7,     // calls of the candidate do not return
  returning = 8,   // a step of the way back
  time = 9,        // what the candidate had to stand at 100 % is over
  unhealthy = 10,  // a health check
};

constexpr std::string_view to_string(rollout_cause cause) noexcept {
  constexpr std::string_view names[] = {"none",    "started", "evidence",  "approval", "asked",    "deadline",
                                        "stopped", "hanging", "returning", "time",     "unhealthy"};
  const auto at = static_cast<std::size_t>(cause);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

/// What a rollout is, all of it: what is saved, and resumed from.
struct rollout_state {
  static constexpr std::string_view document_kind = "rollout";
  static constexpr unsigned document_format = 1;

  std::string strategy;       // with its numbers, as `strategy_steps::name`
  std::string candidate;      // what `rollout_options` calls it
  std::uint64_t number = 1;   // of this release's rollouts, from 1
  std::uint64_t changes = 0;  // how often something of it but `spent` has changed
  rollout_phase phase = rollout_phase::draft;
  std::uint32_t step = 0;                           // where it is, or was when it ended
  std::uint32_t share = 0;                          // of the candidate, in millionths
  std::uint64_t spent = 0;                          // in this step, in nanoseconds, pauses left out
  bool is_approved = false;                         // somebody answers for the next step
  rollout_cause promoted_by = rollout_cause::none;  // what the step to 100 % was taken by: evidence or approval
  rollout_cause cause = rollout_cause::none;
  std::string actor;     // who asked for the last change; empty: the rollout itself
  std::string reason;    // of the last change, for people
  std::uint64_t at = 0;  // of the last change, in nanoseconds since 1970
  bool is_told = true;   // whether its rollback has been passed on to those who are notified

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("strategy", self.strategy)("candidate", self.candidate)("number", self.number);
    members("changes", self.changes)("phase", self.phase);
    members("step", self.step)("share", self.share)("spent", self.spent)("approved", self.is_approved);
    members("promoted_by", self.promoted_by)("cause", self.cause)("actor", self.actor)("reason", self.reason);
    members("at", self.at)("told", self.is_told);
  }

  friend bool operator==(const rollout_state&, const rollout_state&) = default;
};

namespace detail {

/// Why a state cannot be one of this strategy, or null.
inline const char* fault_of(const rollout_state& state, const strategy_steps& steps) noexcept {
  const bool ran = is_under_way(state.phase);
  if (state.strategy != steps.name) return "it is of another strategy";
  if (to_string(state.phase).empty()) return "its phase is none";
  if (state.number == 0) return "its number is 0";
  if (state.step >= steps.count) return "it has no such step";
  if (state.phase == rollout_phase::promoting && state.step != steps.last()) return "it promotes before the last step";
  if (state.phase == rollout_phase::running && state.step == steps.last()) return "its last step is not promoting";
  if (state.phase == rollout_phase::promoting || state.phase == rollout_phase::promoted)
    if (state.promoted_by != rollout_cause::evidence && state.promoted_by != rollout_cause::approval)
      return "nothing has let it at all requests";
  if (ran && state.phase != rollout_phase::aborting && state.share != steps[state.step])
    return "its share is not its step's";
  if (state.phase == rollout_phase::aborting && state.share > steps[state.step]) return "its share is above its step's";
  if (!ran && state.share != (state.phase == rollout_phase::promoted ? whole_share : 0)) return "its share is wrong";
  return nullptr;
}

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_STATE_HPP
