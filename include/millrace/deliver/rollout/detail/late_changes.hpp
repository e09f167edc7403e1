#ifndef MILLRACE_DELIVER_ROLLOUT_DETAIL_LATE_CHANGES_HPP
#define MILLRACE_DELIVER_ROLLOUT_DETAIL_LATE_CHANGES_HPP

#include <millrace/core/detail/mutex.hpp>
#include <millrace/deliver/rollout/detail/route_lanes.hpp>
#include <millrace/deliver/rollout/state.hpp>
#include <millrace/deliver/rollout/strategy.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// Two hosts have changed a rollout without each other. Returns whether `ours` stays, which the storage has not taken,
/// and makes it one that follows `theirs`: a rollback, an abort and a pause stay, in this order, and nothing that gives
/// the candidate more.
inline bool outlives(const rollout_state& theirs, rollout_state& ours) {
  const bool moves = theirs.phase == rollout_phase::running || theirs.phase == rollout_phase::promoting;
  const bool returns = theirs.phase == rollout_phase::aborting && theirs.share <= ours.share;
  const bool stays = ours.phase == rollout_phase::rolled_back || (ours.phase == rollout_phase::paused && moves) ||
                     (ours.phase == rollout_phase::aborting && is_under_way(theirs.phase) && !returns);
  if (!stays) return false;
  if (ours.phase == rollout_phase::paused) {  // where they are by now
    ours.step = theirs.step;
    ours.share = theirs.share;
    ours.spent = theirs.spent;
    ours.is_approved = theirs.is_approved;
    ours.promoted_by = theirs.promoted_by;
  }
  ours.changes = (theirs.changes > ours.changes ? theirs.changes : ours.changes) + 1;
  return true;
}

/// How requests go in a state.
inline request_route route_of(const rollout_state& state, std::uint32_t primary, bool is_measured) noexcept {
  request_route way;
  way.threshold = static_cast<std::uint64_t>(state.share / double{whole_share} * 0x1p53);
  way.step = state.step;
  way.number = static_cast<std::uint32_t>(state.number);
  way.primary = primary;
  way.is_live = is_under_way(state.phase);
  way.is_measured = is_measured;
  return way;
}

/// The change that was told last, who knows of it, and how often somebody could not be told.
struct told_change {
  std::uint64_t changes = 0;
  std::uint64_t who = 0;
  std::uint64_t in_vain = 0;
};

/// A mutex for as long as it lives, unless somebody else has it.
class telling_turn {
 public:
  explicit telling_turn(mutex& of) noexcept : has(of.try_lock()), turn_(of) {}
  telling_turn(const telling_turn&) = delete;
  telling_turn& operator=(const telling_turn&) = delete;
  ~telling_turn() {
    if (has) turn_.unlock();
  }

  const bool has;

 private:
  mutex& turn_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_DETAIL_LATE_CHANGES_HPP
