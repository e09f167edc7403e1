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
#include <millrace/deliver/rollout/detail/judge_looks.hpp>
#include <millrace/deliver/rollout/detail/late_changes.hpp>
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
        others_(fresh_),
        last_step_(steps.last()),
        machine_(std::move(steps), options_.rules, options_.candidate),
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
  result<rollout_state> begin(Model next, std::string candidate);
  result<rollout_state> tell(rollout_input input) { return tell(input, traffic_.report(), any_change); }

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
  /// The evidence of all hosts, of others what was heard of them last. An error of the storage goes into `reached`.
  template <class = void>
  Judge pooled(result<void>& reached);
  template <class = void>
  result<void> hear_others(const Judge& own);
  /// Makes a change: in the storage, of the traffic, and here. False: somebody else has made one meanwhile.
  template <class = void>
  result<bool> commit(draft& made, const judgement& seen);
  /// Follows what other hosts have made of the state, and lets the storage have what it could not take.
  template <class = void>
  result<void> synchronize();
  template <class = void>
  result<void> adopt(rollout_state state);
  /// Is at a state from now on, which nobody is told.
  template <class = void>
  result<void> take(rollout_state state);
  /// Takes the candidate back here, since all others are at a later rollout.
  template <class = void>
  error leave(std::uint64_t later);
  template <class = void>
  result<void> keep(const rollout_state& state);
  template <class = void>
  result<void> keep_late(const rollout_state* theirs);
  /// Has the requests go the way that a state says.
  template <class = void>
  result<void> follow(const rollout_state& before, const rollout_state& after);
  std::uint32_t primary_of(const rollout_state& state) const noexcept {
    return state.phase == rollout_phase::promoted ? 1 - stable_ : stable_;
  }

  // Those below are called without it.
  /// What `decide` tells the machine, and the evidence that it is based on. What keeps the candidate from a step
  /// forward, and from none back, goes into `reached`.
  template <class = void>
  rollout_input look(const rollout_state& state, judgement& seen, std::string& text, result<void>& reached);
  template <class = void>
  result<rollout_state> tell(rollout_input& input, const judgement& seen, std::uint64_t based_on);
  template <class = void>
  void tell_others();
  template <class = void>
  bool tell_other(const rollout_changed& change);
  /// For who holds telling_. Returns whether all are told.
  template <class = void>
  bool notify(const rollout_changed& change);
  /// Of a rollback that was told with an error, unless somebody is telling it now.
  template <class = void>
  void tell_again(const rollout_changed& change);
  /// What a watcher throws keeps nothing from happening, and nobody from being told.
  template <class Event>
  void emit(const Event& event) {
    static_cast<void>(guarded([&] { watcher_.emit(event); }, [] { return std::string("a watcher"); }));
  }

  Traffic& traffic_;
  const Judge fresh_;
  const rollout_options options_;
  Judge others_;  // what other hosts have counted, when it was read last
  mutable mutex mutex_;
  mutex looking_;  // of the health check and the gate; who holds it may take mutex_
  const std::size_t last_step_;
  rollout_machine machine_;
  judge_looks<Judge> looks_;  // for who holds looking_
  std::uint32_t stable_ = 0;  // which model is the stable one of this rollout
  [[no_unique_address]] Kept kept_;
  [[no_unique_address]] Health health_;
  [[no_unique_address]] Gate gate_;
  [[no_unique_address]] Watcher watcher_;
  [[no_unique_address]] Notified notified_;
  bool is_behind_ = false;          // the storage does not have the state yet
  std::uint64_t kept_changes_ = 0;  // of the state that it has, as far as this host knows
  std::uint64_t kept_spent_ = 0;    // the time in the step that it has
  std::vector<rollout_changed> untold_;
  mutex telling_;  // who holds it tells; nobody waits for it
  told_change told_;
};

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<rollout_state> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::decide() {
  rollout_input input;
  judgement seen;
  std::string text;
  result<void> reached;
  rollout_state from;
  {
    const lock_guard alone(looking_);
    {
      const lock_guard locked(mutex_);
      reached = synchronize();
      from = machine_.state();
    }
    if (is_under_way(from.phase)) input = look(from, seen, text, reached);
  }
  result<rollout_state> now = from;
  if (is_under_way(from.phase)) now = tell(input, seen, from.changes);
  tell_others();
  if (!now) return now;
  if (now->phase == rollout_phase::rolled_back && !now->is_told && now->changes == from.changes)
    tell_again({options_.name, rollout_phase::rolled_back, *now, seen});
  if (!reached && now->changes == from.changes) return std::move(reached).error();
  emit(rollout_looked{options_.name, *now, std::move(seen)});
  return state();
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
rollout_input rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::look(const rollout_state& state,
                                                                                           judgement& seen,
                                                                                           std::string& text,
                                                                                           result<void>& reached) {
  rollout_input input;
  const std::uint64_t longest = traffic_.longest_call();
  const auto roll_back = [&](rollout_cause cause, std::string why) {
    input.event = rollout_event::roll_back;
    input.cause = cause;
    input.reason = text = std::move(why);
    return input;
  };
  if (traffic_.is_stopped()) return roll_back(rollout_cause::stopped, "the candidate was stopped");
  if (options_.hang_after.nanoseconds > 0 && longest >= static_cast<std::uint64_t>(options_.hang_after.nanoseconds))
    return roll_back(rollout_cause::hanging, "a call of the candidate has taken " +
                                                 std::to_string(longest / 1'000'000) + " ms and has not returned");
  if (const auto health = guarded([&] { return health_.probe(); }, [] { return std::string("the health check"); });
      !health)
    return roll_back(rollout_cause::unhealthy, health.error().describe());
  if (state.phase == rollout_phase::aborting) return input;
  const Judge all = [&] {
    const lock_guard locked(mutex_);
    return pooled(reached);
  }();
  input.evidence = looks_.evidence(all, state, now(), seen);
  if (seen.verdict == verdict::rollback) {
    input.reason = text = why_text(seen);
  } else if (state.step + 1 == last_step_) {
    auto allowed = guarded_result<bool>([&] { return gate_.allows(options_.name, state); },
                                        [] { return std::string("the gate"); });
    input.evidence.is_allowed = allowed && *allowed;
    if (!allowed && reached)
      reached = std::move(allowed).error().wrap("the gate of the release " + quoted_text(options_.name));
  }
  return input;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
auto rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::pooled(result<void>& reached) -> Judge {
  Judge all = traffic_.judge();
  if constexpr (is_kept) {
    auto heard = hear_others(all);
    auto merged = all.merge(others_);
    if (heard && !merged) heard = std::move(merged);
    if (!heard && reached) reached = std::move(heard);
  }
  return all;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::hear_others(const Judge& own) {
  const std::uint64_t number = machine_.state().number;
  if (auto done = kept_.keep_evidence(options_.name, number, own.save()); !done) return done;
  Judge heard = fresh_;
  auto done = kept_.for_each_other(options_.name, number, [&](std::span<const std::byte> bytes) -> result<void> {
    auto other = Judge::load(bytes);
    if (!other) return std::move(other).error();
    return heard.merge(*other);
  });
  if (done) others_ = std::move(heard);
  return done;
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
    auto done = advances
                    ? guarded([&] { return watcher_.around(asked, work); }, [] { return std::string("a watcher"); })
                    : work(asked);
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
    kept_changes_ = state.changes;
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
    const rollout_state& ours = machine_.state();
    if (*found && theirs.number > ours.number) return leave(theirs.number);
    if (is_behind_) return keep_late(*found && theirs.number == ours.number ? &theirs : nullptr);
    if (*found && theirs.number == ours.number && theirs.changes > ours.changes) return adopt(std::move(theirs));
    // So that the time in a long step outlives a crash.
    constexpr std::uint64_t interval = 10'000'000'000;
    if (*found && is_under_way(ours.phase) && ours.spent >= kept_spent_ + interval)
      if (auto done = keep(ours); !done && done.error().code() != errc::conflict) return done;
  }
  return {};
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
error rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::leave(std::uint64_t later) {
  const rollout_state before = machine_.state();
  const std::string numbers = "the release " + quoted_text(options_.name) + " has the models of rollout " +
                              std::to_string(before.number) + ", and other hosts are at rollout " +
                              std::to_string(later);
  is_behind_ = false;
  kept_.forget();
  if (is_under_way(before.phase)) {  // how it ended for them is not known any more
    rollout_input input{.event = rollout_event::roll_back, .reason = numbers};
    auto made = plan(input);
    if (made && follow(before, made->next.state())) {
      machine_ = std::move(made->next);
      machine_.set_told(true);
      untold_.push_back({options_.name, before.phase, machine_.state(), {}});
    }
  }
  return error(errc::conflict, numbers);
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::keep_late(
    const rollout_state* theirs) {
  rollout_state ours = machine_.state();
  if (theirs != nullptr && theirs->changes != kept_changes_) {  // others have changed it meanwhile
    if (!outlives(*theirs, ours)) {
      is_behind_ = false;
      return adopt(*theirs);
    }
    if (auto fine = take(ours); !fine) return fine;
  }
  auto done = keep(ours);
  if (!done && done.error().code() == errc::conflict) return {};  // the next time
  return done;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::adopt(rollout_state state) {
  const rollout_state before = machine_.state();
  if (auto done = take(std::move(state)); !done) return done;
  kept_changes_ = machine_.state().changes;
  kept_spent_ = machine_.state().spent;
  if (before.changes != machine_.state().changes && machine_.state().phase != rollout_phase::draft) {
    untold_.push_back({options_.name, before.phase, machine_.state(), traffic_.judge().report()});
    untold_.back().state.is_told = true;  // by who has made the change
  }
  return {};
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::take(rollout_state state) {
  rollout_machine next = machine_;
  if (auto fine = next.resume_from(std::move(state)); !fine) {
    kept_.forget();
    return fine;
  }
  if (auto done = follow(machine_.state(), next.state()); !done) return done;
  machine_ = std::move(next);
  return {};
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
result<void> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::follow(
    const rollout_state& before, const rollout_state& after) {
  if (before.share == after.share && before.step == after.step && before.phase == after.phase &&
      before.number == after.number)
    return {};
  const bool is_measured = is_under_way(after.phase) && after.phase != rollout_phase::aborting;
  if (is_measured && after.share != 0)
    if (auto begun = traffic_.judge().begin_step(after.step, after.share / double{whole_share}); !begun) return begun;
  if (after.phase == rollout_phase::rolled_back) traffic_.stop();
  if (!traffic_.publish(route_of(after, primary_of(after), is_measured)) && after.phase != rollout_phase::rolled_back)
    return error(errc::unavailable, "requests of 64 earlier routes have not ended");
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
      auto counted = result<void>();
      if (!machine_.is_of_another(state))
        counted = kept_.own_evidence(options_.name, state.number, [&](std::span<const std::byte> bytes) {
          auto own = Judge::load(bytes);
          if (!own) return result<void>(std::move(own).error());
          traffic_.take_judge(*own);
          return result<void>();
        });
      if (!counted) {
        kept_.forget();
        return std::move(counted).error();
      }
      if (auto done = adopt(std::move(state)); !done) return std::move(done).error();
      if (!untold_.empty()) untold_.back().state.is_told = machine_.state().is_told;  // who made it may be gone
    }
  }
  tell_others();
  return state();
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class Model>
result<rollout_state> rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::begin(
    Model next, std::string candidate) {
  const lock_guard locked(mutex_);
  rollout_machine drafted = machine_;
  if (auto begun = drafted.begin_next(std::move(candidate)); !begun) return std::move(begun).error();
  if (!traffic_.is_settled())
    return error(errc::unavailable,
                 "a request is still in a model that the release " + quoted_text(options_.name) + " has retired");
  if constexpr (is_kept) {
    rollout_state theirs;
    auto found = kept_.load(options_.name, theirs);
    if (!found) return std::move(found).error();
    if (*found && theirs.number > drafted.state().number)
      return error(errc::conflict, "the release " + quoted_text(options_.name) + " would begin rollout " +
                                       std::to_string(drafted.state().number) + ", and other hosts are at rollout " +
                                       std::to_string(theirs.number) + ": start again with the models of now");
    // Another host may have begun it, and be on its way.
    const bool is_begun = *found && theirs.number == drafted.state().number;
    if (!is_begun) {
      if (auto done = keep(drafted.state()); !done) return std::move(done).error();
    } else {
      if (auto fine = drafted.resume_from(theirs); !fine) {
        kept_.forget();
        return std::move(fine).error();
      }
    }
    is_behind_ = false;
    kept_changes_ = drafted.state().changes;
  }
  const std::uint32_t before = std::exchange(stable_, primary_of(machine_.state()));
  rollout_state none = drafted.state();
  none.phase = rollout_phase::draft;
  none.share = 0;
  if (auto done = follow(machine_.state(), none); !done) {
    stable_ = before;
    return std::move(done).error();
  }
  traffic_.replace(1 - stable_, std::move(next), fresh_);
  others_ = fresh_;
  traffic_.allow();
  if (auto done = follow(none, drafted.state()); !done) return std::move(done).error();
  machine_ = std::move(drafted);
  return machine_.state();
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
void rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::tell_others() {
  for (;;) {
    const telling_turn mine(telling_);
    if (!mine.has) return;  // who is telling will see to these too
    std::vector<rollout_changed> changes;
    {
      const lock_guard locked(mutex_);
      changes.swap(untold_);
    }
    bool is_told = true;
    for (const rollout_changed& each : changes) is_told = tell_other(each) && is_told;
    if (changes.empty() || !is_told) return;
  }
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
void rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::tell_again(const rollout_changed& change) {
  const telling_turn mine(telling_);
  if (!mine.has) return;
  {
    const lock_guard locked(mutex_);
    if (!untold_.empty() || machine_.state().is_told) return;
  }
  notify(change);
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
bool rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::tell_other(const rollout_changed& change) {
  emit(change);
  if (change.state.phase == rollout_phase::promoted) emit(candidate_promoted{change});
  if (change.state.phase == rollout_phase::rolled_back) {
    emit(candidate_rolled_back{change});
    return change.state.is_told || notify(change);
  }
  notify(change);
  return true;
}

template <class Traffic, class Judge, class Kept, class Health, class Gate, class Watcher, class Notified>
template <class>
bool rollout_control<Traffic, Judge, Kept, Health, Gate, Watcher, Notified>::notify(const rollout_changed& change) {
  if (told_.changes != change.state.changes) told_ = {change.state.changes};
  auto told = notified_.all(change, told_.who);
  if (!told) {
    const notification_failed failed{change, std::move(told).error(), ++told_.in_vain};
    if constexpr (requires { watcher_.emit(failed); }) emit(failed);
    return false;
  }
  if (change.state.phase != rollout_phase::rolled_back) return true;
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
