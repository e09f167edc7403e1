#ifndef MILLRACE_INFER_ONLINE_PUBLISHER_HPP
#define MILLRACE_INFER_ONLINE_PUBLISHER_HPP

#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/infer/serving/swappable.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace infer {

/// Shows readers on other threads what a learner has learnt: now and then a copy of its model becomes the newest
/// version of a `swappable` one, which must outlive the publisher.
///
///     mr::infer::swappable live{learner.model()};
///     mr::infer::publisher shown(live, 100);  // every 100 updates
///     ...
///     learner.update(row, label);  // the learning thread
///     shown.update(learner);
///     ...
///     double p = (*live.pin())(row);  // any number of readers, without a lock
///
/// Guarantee: a reader sees a model between two batches, never within one.
/// Complexity: update O(1) where it is not time; else a copy of the model.
/// Allocates: the copies. Readers never.
/// Threads: the learner's own.
template <class Model>
class publisher {
 public:
  /// Each `every` updates of the learner. Precondition: every > 0.
  explicit publisher(swappable<Model>& live, std::uint64_t every = 1) noexcept : live_(&live), every_(every) {}

  /// Swaps the model in if it is time, and returns whether it did. The first call that finds an update does.
  /// Errors: those of `swappable::swap`; the next call tries again.
  template <class Learner>
  result<bool> update(const Learner& learner) {
    if (learner.updates() < next_) return false;
    if (auto done = live_->swap(Model(learner.model())); !done) return std::move(done).error();
    next_ = learner.updates() + every_;
    return true;
  }

 private:
  swappable<Model>* live_;
  std::uint64_t every_;
  std::uint64_t next_ = 1;
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONLINE_PUBLISHER_HPP
