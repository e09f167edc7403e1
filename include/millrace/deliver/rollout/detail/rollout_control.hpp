#ifndef MILLRACE_DELIVER_ROLLOUT_DETAIL_ROLLOUT_CONTROL_HPP
#define MILLRACE_DELIVER_ROLLOUT_DETAIL_ROLLOUT_CONTROL_HPP

#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/rollout/change.hpp>
#include <millrace/deliver/rollout/detail/route_lanes.hpp>
#include <millrace/deliver/rollout/kept.hpp>
#include <millrace/deliver/rollout/machine.hpp>
#include <millrace/deliver/rollout/options.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/rollout/strategy.hpp>
#include <millrace/deliver/verdict.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// What a release does beside its requests: it decides, has the traffic follow, keeps the state, and tells others.
/// Threads: any; one at a time does its work.
template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
class rollout_control {
 public:
  rollout_control(Traffic& traffic, Judge fresh, rollout_options options, strategy_steps steps, Kept kept,
                  Health health, Gate gate, Watcher watcher, Notified notified)
      : traffic_(traffic),
        fresh_(std::move(fresh)),
        options_(std::move(options)),
        machine_(std::move(steps), options_.rules),
        kept_(std::move(kept)),
        health_(std::move(health)),
        gate_(std::move(gate)),
        watcher_(std::move(watcher)),
        notified_(std::move(notified)) {}
  rollout_control(const rollout_control&) = delete;
  rollout_control& operator=(const rollout_control&) = delete;

  const std::string& name() const noexcept { return options_.name; }
  rollout_state state() const {
    const lock_guard locked(mutex_);
    return machine_.state();
  }
  template <class = void>
  result<rollout_state> decide();
  template <class = void>
  result<rollout_state> restore();
  template <class Model>
  result<rollout_state> begin(Model next);
  result<rollout_state> tell(rollout_input input) { return tell(input, traffic_.judge().report(), any_change); }

 private:
  static constexpr bool is_kept = !std::is_same_v<Kept, not_kept>;
  static constexpr std::uint64_t any_change = ~std::uint64_t{0};

  std::uint64_t now() const noexcept { return traffic_.clock().nanoseconds(traffic_.clock().ticks()); }

  // Those below are called by who holds mutex_.

  /// A change to be, and what it is based on: until it is made, others may make one.
  struct draft {
    rollout_machine next;
    std::uint64_t changes = 0;
    bool is_change = false;
  };
  template <class = void>
  result<draft> plan(rollout_input& input);
  /// What `decide` tells the machine, and the evidence that it is based on.
  template <class = void>
  result<rollout_input> look(judgement& seen, std::string& text);
  /// The evidence of all hosts.
  template <class = void>
  result<Judge> pooled();
  /// Makes a change: in the storage, of the traffic, and here. False: somebody else has made one meanwhile.
  template <class = void>
  result<bool> commit(draft& made, const judgement& seen);
  /// Follows what other hosts have made of the state, and lets the storage have what it could not take.
  template <class = void>
  result<void> synchronize();
  template <class = void>
  result<void> adopt(rollout_state state);
  template <class = void>
  result<void> keep(const rollout_state& state);
  template <class = void>
  result<void> keep_late(const rollout_state& theirs);
  /// Has the requests go the way that a state says.
  template <class = void>
  result<void> follow(const rollout_state& before, const rollout_state& after);

  // Those below are called without it.

  template <class = void>
  result<rollout_state> tell(rollout_input& input, const judgement& seen, std::uint64_t based_on);
  template <class = void>
  void tell_others();
  template <class = void>
  bool tell_other(const rollout_changed& change);
  template <class = void>
  bool notify_rollback(const rollout_changed& change);

  Traffic& traffic_;
  const Judge fresh_;
  const rollout_options options_;
  mutable mutex mutex_;
  rollout_machine machine_;
  std::uint32_t primary_ = 0;
  [[no_unique_address]] Kept kept_;
  [[no_unique_address]] Health health_;
  [[no_unique_address]] Gate gate_;
  [[no_unique_address]] Watcher watcher_;
  [[no_unique_address]] Notified notified_;
  bool is_behind_ = false;        // the storage does not have the state yet
  std::uint64_t kept_spent_ = 0;  // the time in the step that it has
  std::vector<rollout_changed> untold_;
  mutex telling_;  // who holds it tells; nobody waits for it
};

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<rollout_state> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::decide() {
  rollout_input input;
  judgement seen;
  std::string text;
  std::uint64_t based_on = 0;
  result<rollout_state> now;
  {
    const lock_guard locked(mutex_);
    if (auto same = synchronize(); !same) return std::move(same).error();
    now = machine_.state();
    based_on = now->changes;
    if (is_under_way(now->phase)) {
      auto looked = look(seen, text);
      if (!looked) return std::move(looked).error();
      input = *looked;
    }
  }
  if (is_under_way(now->phase)) now = tell(input, seen, based_on);
  tell_others();
  if (!now) return now;
  if (now->phase == rollout_phase::rolled_back && !now->is_told && now->changes == based_on)
    notify_rollback({options_.name, rollout_phase::rolled_back, *now, seen});
  watcher_.emit(rollout_looked{options_.name, *now, std::move(seen)});
  return state();
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<rollout_input> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::look(judgement& seen,
                                                                                                   std::string& text) {
  const rollout_state& state = machine_.state();
  rollout_input input;
  const std::uint64_t longest = traffic_.longest_call();
  if (traffic_.is_stopped()) {
    input.event = rollout_event::roll_back;
    input.cause = rollout_cause::stopped;
    input.reason = "the candidate was stopped";
    return input;
  }
  if (options_.hang_after.nanoseconds > 0 && longest >= static_cast<std::uint64_t>(options_.hang_after.nanoseconds)) {
    input.event = rollout_event::roll_back;
    input.cause = rollout_cause::hanging;
    text = "a call of the candidate has taken " + std::to_string(longest / 1'000'000) + " ms and has not returned";
    input.reason = text;
    return input;
  }
  if (const auto health = guarded([&] { return health_.probe(); }, [] { return std::string("the health check"); });
      !health) {
    input.event = rollout_event::roll_back;
    input.cause = rollout_cause::unhealthy;
    text = health.error().describe();
    input.reason = text;
    return input;
  }
  if (state.phase == rollout_phase::aborting) return input;
  auto all = pooled();
  if (!all) return std::move(all).error();
  seen = all->report();
  input.evidence = {.verdict = seen.verdict,
                    .stable_requests = all->requests(arm::stable, state.step),
                    .candidate_requests = all->requests(arm::candidate, state.step)};
  if (state.step + 1 == machine_.steps().last()) {
    auto allowed = gate_.allows(options_.name, state);
    if (!allowed && seen.verdict != verdict::rollback)
      return std::move(allowed).error().wrap("the gate of the release " + quoted_text(options_.name));
    input.evidence.is_allowed = allowed && *allowed;
  }
  if (seen.verdict == verdict::rollback) input.reason = text = why_text(seen);
  return input;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
auto rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::pooled() -> result<Judge> {
  Judge all = traffic_.judge();
  if constexpr (is_kept) {
    const std::uint64_t number = machine_.state().number;
    const std::vector<std::byte> own = all.save();
    if (auto done = kept_.keep_evidence(options_.name, number, own); !done) return std::move(done).error();
    auto done = kept_.for_each_other(options_.name, number, [&](std::span<const std::byte> bytes) -> result<void> {
      auto other = Judge::load(bytes);
      if (!other) return std::move(other).error();
      return all.merge(*other);
    });
    if (!done) return std::move(done).error();
  }
  return all;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
auto rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::plan(rollout_input& input)
    -> result<draft> {
  input.at = now();
  input.unix_nanoseconds = options_.wall_clock();
  draft made{machine_, machine_.state().changes, false};
  auto changed = made.next.update(input);
  if (!changed) return std::move(changed).error().wrap("the release " + quoted_text(options_.name));
  made.is_change = *changed;
  return made;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<rollout_state> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::tell(
    rollout_input& input, const judgement& seen, std::uint64_t based_on) {
  result<rollout_state> now = error(errc::conflict, "another change of the release came first, again and again");
  for (int attempts = 0; attempts < 16; ++attempts) {
    mutex_.lock();
    const rollout_state from = machine_.state();
    if (based_on != any_change && from.changes != based_on) {  // the look was one at a state that is no more
      mutex_.unlock();
      return from;
    }
    auto made = plan(input);
    if (!made || !made->is_change) {
      if (made) machine_ = std::move(made->next);
      now = made ? result<rollout_state>(machine_.state()) : result<rollout_state>(std::move(made).error());
      mutex_.unlock();
      break;
    }
    mutex_.unlock();
    bool is_done = false;
    const auto work = [&](const rollout_advance&) -> result<void> {
      const lock_guard locked(mutex_);
      auto done = commit(*made, seen);
      if (!done) return std::move(done).error();
      is_done = *done;
      if (is_done) now = machine_.state();
      return {};
    };
    rollout_advance asked{options_.name, from, made->next.state()};
    // Only what gives the candidate more is asked about.
    const bool advances = asked.to.share > from.share || asked.to.phase == rollout_phase::promoted;
    auto done = advances ? watcher_.around(asked, work) : work(asked);
    if (!done) {
      now = std::move(done).error();
      break;
    }
    if (is_done) break;
  }
  tell_others();
  return now;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<bool> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::commit(draft& made,
                                                                                            const judgement& seen) {
  const rollout_state before = machine_.state();
  if (before.changes != made.changes) return false;
  const rollout_state& after = made.next.state();
  const bool advances = after.share > before.share || after.phase == rollout_phase::promoted;
  if (advances && traffic_.is_stopped()) return error(errc::cancelled, "the candidate was stopped meanwhile");
  if (advances)
    if (auto done = keep(after); !done) {
      if (done.error().code() != errc::conflict) return std::move(done).error();
      if (auto same = synchronize(); !same) return std::move(same).error();
      return false;
    }
  if (auto done = follow(before, after); !done) return std::move(done).error();
  if (!advances) {
    auto done = keep(after);
    if (!done && done.error().code() == errc::conflict) {
      if (auto same = synchronize(); !same) return std::move(same).error();
      return false;
    }
    is_behind_ = !done;
  }
  machine_ = std::move(made.next);
  untold_.push_back({options_.name, before.phase, machine_.state(), seen});
  return true;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::keep(const rollout_state& state) {
  if constexpr (is_kept) {
    if (auto done = kept_.keep(options_.name, state); !done) return done;
    is_behind_ = false;
    kept_spent_ = state.spent;
  }
  return {};
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::synchronize() {
  if constexpr (is_kept) {
    rollout_state theirs;
    auto found = kept_.load(options_.name, theirs);
    if (!found) return std::move(found).error();
    if (is_behind_) return keep_late(theirs);
    const rollout_state& ours = machine_.state();
    if (*found && theirs.changes > ours.changes) {
      if (theirs.number == ours.number) return adopt(std::move(theirs));
      return error(errc::conflict, "the release " + quoted_text(options_.name) + " has the models of rollout " +
                                       std::to_string(ours.number) + ", and other hosts are at rollout " +
                                       std::to_string(theirs.number));
    }
    // So that the time in a long step outlives a crash.
    constexpr std::uint64_t interval = 10'000'000'000;
    if (*found && is_under_way(ours.phase) && ours.spent >= kept_spent_ + interval)
      if (auto done = keep(ours); !done && done.error().code() != errc::conflict) return done;
  }
  return {};
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::keep_late(
    const rollout_state& theirs) {
  rollout_state ours = machine_.state();
  if (theirs.number > ours.number) {
    is_behind_ = false;  // the rollout is over, whatever this host knew of it
    return {};
  }
  if (theirs.changes >= ours.changes) {
    ours.changes = theirs.changes + 1;
    if (auto fine = machine_.resume_from(ours); !fine) return fine;
  }
  auto done = keep(ours);
  if (!done && done.error().code() == errc::conflict) return {};  // the next time
  return done;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::adopt(rollout_state state) {
  const rollout_state before = machine_.state();
  rollout_machine next = machine_;
  if (auto fine = next.resume_from(std::move(state)); !fine) return fine;
  if (auto done = follow(before, next.state()); !done) return done;
  machine_ = std::move(next);
  kept_spent_ = machine_.state().spent;
  if (before.changes != machine_.state().changes) {
    untold_.push_back({options_.name, before.phase, machine_.state(), traffic_.judge().report()});
    untold_.back().state.is_told = true;  // by who has made the change
  }
  return {};
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::follow(
    const rollout_state& before, const rollout_state& after) {
  if (before.share == after.share && before.step == after.step && before.phase == after.phase) return {};
  const bool is_measured = is_under_way(after.phase) && after.phase != rollout_phase::aborting;
  if (is_measured && after.share != 0)
    if (auto begun = traffic_.judge().begin_step(after.step, after.share / double{whole_share}); !begun) return begun;
  const bool is_promoted = after.phase == rollout_phase::promoted && before.phase != rollout_phase::promoted;
  request_route way;
  way.threshold = static_cast<std::uint64_t>(after.share / double{whole_share} * 0x1p53);
  way.step = after.step;
  way.number = static_cast<std::uint32_t>(after.number);
  way.primary = is_promoted ? 1 - primary_ : primary_;
  way.is_live = is_under_way(after.phase);
  way.is_measured = is_measured;
  if (after.phase == rollout_phase::rolled_back) traffic_.stop();
  if (!traffic_.publish(way) && after.phase != rollout_phase::rolled_back)
    return error(errc::unavailable, "requests of 64 earlier routes have not ended");
  primary_ = way.primary;
  return {};
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<rollout_state> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::restore() {
  {
    const lock_guard locked(mutex_);
    if (machine_.state().phase != rollout_phase::draft)
      return error(errc::conflict, "the release " + quoted_text(options_.name) + " is under way already");
    if constexpr (is_kept) {
      rollout_state state;
      auto found = kept_.load(options_.name, state);
      if (!found) return std::move(found).error();
      if (!*found) return machine_.state();
      auto counted = kept_.own_evidence(options_.name, state.number, [&](std::span<const std::byte> bytes) {
        auto own = Judge::load(bytes);
        if (!own) return result<void>(std::move(own).error());
        traffic_.judge() = *std::move(own);
        return result<void>();
      });
      if (!counted) return std::move(counted).error();
      if (auto done = adopt(std::move(state)); !done) return std::move(done).error();
      if (!untold_.empty()) untold_.back().state.is_told = machine_.state().is_told;  // who made it may be gone
    }
  }
  tell_others();
  return state();
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class Model>
result<rollout_state> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::begin(Model next) {
  const lock_guard locked(mutex_);
  rollout_machine drafted = machine_;
  if (auto begun = drafted.begin_next(); !begun) return std::move(begun).error();
  if (!traffic_.is_settled())
    return error(errc::unavailable,
                 "a request is still in a model that the release " + quoted_text(options_.name) + " has retired");
  if constexpr (is_kept) {
    rollout_state theirs;
    auto found = kept_.load(options_.name, theirs);
    if (!found) return std::move(found).error();
    // Another host may have begun it, and be on its way.
    const bool is_begun = *found && theirs.number == drafted.state().number;
    if (!is_begun)
      if (auto done = keep(drafted.state()); !done) return std::move(done).error();
    if (is_begun)
      if (auto fine = drafted.resume_from(theirs); !fine) return std::move(fine).error();
  }
  traffic_.replace(1 - primary_, std::move(next), fresh_);
  traffic_.allow();
  rollout_state none = drafted.state();
  none.phase = rollout_phase::draft;
  none.share = 0;
  if (auto done = follow(none, drafted.state()); !done) return std::move(done).error();
  machine_ = std::move(drafted);
  return machine_.state();
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
void rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::tell_others() {
  for (;;) {
    if (!telling_.try_lock()) return;  // who is telling will see to these too
    std::vector<rollout_changed> changes;
    {
      const lock_guard locked(mutex_);
      changes.swap(untold_);
    }
    bool is_told = true;
    for (const rollout_changed& each : changes) is_told = tell_other(each) && is_told;
    telling_.unlock();
    if (changes.empty() || !is_told) return;
  }
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
bool rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::tell_other(const rollout_changed& change) {
  watcher_.emit(change);
  if (change.state.phase == rollout_phase::promoted) watcher_.emit(candidate_promoted{change});
  if (change.state.phase == rollout_phase::rolled_back) {
    watcher_.emit(candidate_rolled_back{change});
    return change.state.is_told || notify_rollback(change);
  }
  static_cast<void>(guarded([&] { return notified_.all(change); }, [] { return std::string("who is notified"); }));
  return true;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
bool rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::notify_rollback(
    const rollout_changed& change) {
  const auto told = guarded([&] { return notified_.all(change); }, [] { return std::string("who is notified"); });
  if (!told) return false;
  const lock_guard locked(mutex_);
  if (machine_.state().changes == change.state.changes) {
    machine_.set_told(true);
    is_behind_ = !keep(machine_.state());
  }
  return true;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_DETAIL_ROLLOUT_CONTROL_HPP
