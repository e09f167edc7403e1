#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_MEMBERS_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_MEMBERS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/shadow/comparison.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>
#include <millrace/deliver/shadow/shadow_policies.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>
#include <millrace/deliver/shadow/shadow_state.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A shadow's policies by what they are.
template <class... Policies>
struct shadow_parts {
  using compare = policy_or<is_shadow_comparison, within, Policies...>;
  using segment = policy_or<is_segment_by, no_policy, Policies...>;
  using told = policy_or<is_on_difference, no_policy, Policies...>;
  using unit = policy_or<is_unit_by, no_policy, Policies...>;
  using watch = policy_or<is_shadow_watch, no_policy, Policies...>;
  using clock = policy_or<is_shadow_clock, steady_clock, Policies...>;
  /// At most one of each.
  template <template <class> class... Kinds>
  static constexpr bool one_each = ((policies_of<Kinds, Policies...> <= 1) && ...);

  /// What a shadow's threads do, made of the candidate, the policies and what else the job is told.
  template <class Job, class Candidate, class... More>
  static Job job(Candidate&& candidate, const clock& time, Policies&... policies, const More&... more) {
    return Job(static_cast<Candidate&&>(candidate), pick_policy<compare>(policies...),
               pick_policy<segment>(policies...), pick_policy<told>(policies...), pick_policy<watch>(policies...), time,
               more...);
  }
};

/// The members of every shadow that only ask its core: `Shadow` has one, and a sample.
template <class Shadow>
class shadow_members {
 public:
  /// What was seen so far.
  shadow_report report() const {
    shadow_report made;
    core().report(made);
    made.left_out = self().sample_.left_out();
    return made;
  }
  /// What was counted so far, as a value: to keep it (`keep_shadow`), and to put it together with others.
  shadow_state state() const { return core().state(); }
  /// Adds what was counted before, such as before a restart, or elsewhere.
  void merge(const shadow_state& other) { core().merge(other); }
  /// Compares what waits on this thread, at most `most` copies, each of up to 64 rows in a `shadow_predictor`, and
  /// returns how many copies: where there are no threads, or beside them.
  std::size_t compare_waiting(std::size_t most = ~std::size_t{0}) { return core().compare_waiting(most); }
  /// Waits until all copies are compared. Errors: timeout; unavailable, in a forked copy.
  result<void> drain(duration patience) { return core().drain(patience); }
  /// Makes no copies from now on, lets the threads compare what waits, at most so long, and ends them. Calls go on to
  /// the stable model. A second call does nothing more.
  /// Errors: timeout: the candidate has not returned, and its thread is left alone; unavailable, in a forked copy.
  result<void> stop(duration patience) { return core().stop(patience); }

 protected:
  /// When the shadow is destroyed.
  void end() noexcept {
    (void)core().stop(core().options().patience);
    core().leave();
  }

 private:
  const Shadow& self() const noexcept { return static_cast<const Shadow&>(*this); }
  auto& core() const noexcept { return *self().core_; }
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_MEMBERS_HPP
