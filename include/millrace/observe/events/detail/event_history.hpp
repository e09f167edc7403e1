#ifndef MILLRACE_OBSERVE_EVENTS_DETAIL_EVENT_HISTORY_HPP
#define MILLRACE_OBSERVE_EVENTS_DETAIL_EVENT_HISTORY_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/spin_lock.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/observe/metrics/detail/shared_state.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// An event of an emitter's history.
template <class Event>
struct recorded {
  std::uint64_t sequence = 0;          // 0, 1, 2, ... within its type
  std::uint64_t unix_nanoseconds = 0;  // when it was emitted
  Event event;
};

namespace detail {

/// The last events of one type. Copies of events are made and destroyed without the lock, which guards pointers only.
template <class Event>
class event_history {
  struct node : shared_state {
    node(std::uint64_t time, const Event& from)
        : shared_state([](const shared_state* self) noexcept { delete static_cast<const node*>(self); }),
          kept{0, time, from} {}
    recorded<Event> kept;
  };

 public:
  event_history() noexcept = default;
  event_history(const event_history&) = delete;
  event_history& operator=(const event_history&) = delete;
  ~event_history() {
    for (node* const each : ring_) shared_owner{each};
  }

  /// Keeps a copy, in place of the oldest if there are `capacity`, which is at least 1.
  void update(std::size_t capacity, std::uint64_t time, const Event& event) {
    node* made = new node(time, event);
    shared_owner dropped;
    const spin_guard locked(lock_);
    made->kept.sequence = count_++;
    if (ring_.size() < capacity) {
      ring_.push_back(made);
      return;
    }
    dropped = shared_owner(std::exchange(ring_[oldest_], made));
    oldest_ = oldest_ + 1 == capacity ? 0 : oldest_ + 1;
  }

  /// The last `most` events, the oldest first.
  std::vector<recorded<Event>> last(std::size_t most) const {
    std::vector<shared_owner> owners;
    std::vector<const node*> nodes;
    {
      std::size_t expected = size();
      owners.reserve(expected);  // by a guess, so that memory is not taken under the lock, as a rule
      nodes.reserve(expected);
      const spin_guard locked(lock_);
      const std::size_t count = most < ring_.size() ? most : ring_.size();
      for (std::size_t i = ring_.size() - count; i < ring_.size(); ++i) {
        node* const at = ring_[(oldest_ + i) % ring_.size()];
        owners.push_back(shared_owner::share(at));
        nodes.push_back(at);
      }
    }
    std::vector<recorded<Event>> copies;
    copies.reserve(nodes.size());
    for (const node* const each : nodes) copies.push_back(each->kept);
    return copies;
  }

  std::size_t size() const noexcept {
    const spin_guard locked(lock_);
    return ring_.size();
  }
  /// How many events came, and how many of them the ring holds no more.
  std::uint64_t count() const noexcept {
    const spin_guard locked(lock_);
    return count_;
  }
  std::uint64_t dropped() const noexcept {
    const spin_guard locked(lock_);
    return count_ - ring_.size();
  }

 private:
  mutable spin_lock lock_;
  flat_vector<node*> ring_;
  std::size_t oldest_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_DETAIL_EVENT_HISTORY_HPP
