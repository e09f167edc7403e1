#ifndef MILLRACE_DELIVER_ROLLOUT_DETAIL_JUDGE_LOOKS_HPP
#define MILLRACE_DELIVER_ROLLOUT_DETAIL_JUDGE_LOOKS_HPP

#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/deliver/rollout/machine.hpp>
#include <millrace/deliver/rollout/state.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// The looks at a judge of all hosts. Where the judge names a time between looks, a look stands until that is over or
/// the state changes.
template <class Judge>
class judge_looks {
 public:
  /// What the judge reports in this state, and what that is to the machine. `now` is in nanoseconds.
  rollout_evidence evidence(const Judge& all, const rollout_state& state, std::uint64_t now, judgement& seen) {
    // Requests since the last look are not known of, so that no step is over by requests that nobody looked at.
    if constexpr (requires { Judge::time_between_looks; }) {
      const bool stands = of_ == state.changes && now >= at_ &&
                          now - at_ < static_cast<std::uint64_t>(Judge::time_between_looks.nanoseconds);
      if (!stands) {
        evidence_ = look(all, state, seen_);
        of_ = state.changes;
        at_ = now;
      }
      seen = seen_;
      return evidence_;
    } else {
      return look(all, state, seen);
    }
  }

 private:
  static rollout_evidence look(const Judge& all, const rollout_state& state, judgement& seen) {
    seen = all.report();
    return {.verdict = seen.verdict,
            .stable_requests = all.requests(arm::stable, state.step),
            .candidate_requests = all.requests(arm::candidate, state.step)};
  }

  std::uint64_t of_ = ~std::uint64_t{0};  // the state's changes by the last look
  std::uint64_t at_ = 0;
  judgement seen_;
  rollout_evidence evidence_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_DETAIL_JUDGE_LOOKS_HPP
