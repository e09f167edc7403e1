#ifndef MILLRACE_DELIVER_JUDGE_RELEASE_JUDGE_HPP
#define MILLRACE_DELIVER_JUDGE_RELEASE_JUDGE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/measurement.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What decides about a candidate: fed with every request of both arms, asked now and then.
///
/// - begin_step(step, share): from now on the candidate gets this share of the requests, in [0, 1]. A step is one
///   stretch of a rollout with one share; to begin it again with the same share changes nothing.
/// - assign(arm, step): a request is on its way to this arm.
/// - update(arm, measurement, step, unit): it has returned. `step` is the one in which it was assigned, and `unit` a
///   hash of who asked.
/// - requests(arm, step): how many have returned.
/// - report(): the verdict with its evidence.
/// - save, load, merge: a state that other threads', hosts' and processes' states can be added to.
/// - time_between_looks: optional, a static duration. So long the report that a release has taken in a step stands, and
///   it takes no other; without it, or if it is 0, it takes one each time it decides.
///
/// Law: what a report says is a function of the sums over all updates: neither their order, nor which of two merged
/// judges took them, nor a state saved and loaded in between changes it.
/// Threads: assign, update, requests and report from any number at once; they neither lock nor, but for the report,
/// allocate.
template <class J>
concept release_judge = std::copyable<J> && requires(J changed, const J& judge, arm which, std::size_t step,
                                                     const measurement& taken, std::span<const std::byte> bytes) {
  { changed.begin_step(step, 0.5) } -> std::same_as<result<void>>;
  { changed.assign(which, step) } noexcept;
  { changed.update(which, taken, step, std::uint64_t{}) } noexcept;
  { judge.requests(which, step) } -> std::same_as<std::uint64_t>;
  { judge.report() } -> std::same_as<judgement>;
  { judge.save() } -> std::same_as<std::vector<std::byte>>;
  { J::load(bytes) } -> std::same_as<result<J>>;
  { changed.merge(judge) } -> std::same_as<result<void>>;
};

/// A judge that always holds: for rollouts that only people decide.
/// Models: release_judge.
class no_judge {
 public:
  result<void> begin_step(std::size_t, double) { return {}; }
  void assign(arm, std::size_t) noexcept {}
  void update(arm, const measurement&, std::size_t, std::uint64_t = 0) noexcept {}
  std::uint64_t requests(arm, std::size_t) const noexcept { return 0; }
  judgement report() const {
    judgement made;
    made.why = reason::not_judged;
    return made;
  }
  std::vector<std::byte> save() const { return envelope_writer("no_judge").finish(); }
  static result<no_judge> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, "no_judge");
    if (!from) return std::move(from).error();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    return no_judge();
  }
  result<void> merge(const no_judge&) { return {}; }
};
static_assert(release_judge<no_judge>);

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_RELEASE_JUDGE_HPP
