#ifndef MILLRACE_OBSERVE_EVENTS_EVENT_QUEUE_HPP
#define MILLRACE_OBSERVE_EVENTS_EVENT_QUEUE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/events/detail/event_types.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What an `event_queue` did.
struct event_queue_statistics {
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;   // events that found the queue full or stopped
  std::uint64_t failures = 0;  // deliveries that threw, such as for want of memory; a handler's are the emitter's
  std::size_t waiting = 0;     // now
};

/// Events that wait before an emitter, in the order in which they came: whoever emits does not wait for subscribers.
///
///     mr::observe::event_queue later(events, 1024);
///     later.emit(model_registered{"fraud", 3});   // false: the queue is full, and the event is counted as refused
///     later.deliver();                            // now, on this thread; or `start()`, for a thread of its own
///
/// An event that a handler emits to the queue is delivered after those that wait. It is a component (see
/// `component_group`): `stop` delivers what waits, without a thread on the caller's, as the destructor does.
/// Guarantee: events come in order if one thread delivers; no lock is held meanwhile.
/// Allocates: each event, once.
/// Threads: all members, any number at once, but `start` and `stop` one at a time; none of them from a handler. The
/// emitter outlives the queue.
/// Fork: the child's copy refuses everything and delivers nothing; the events are the parent's.
template <class Emitter>
class event_queue {
 public:
  explicit event_queue(Emitter& emitter, std::size_t capacity = 1024)
      : emitter_(&emitter), ring_(capacity != 0 ? capacity : 1, nullptr) {}
  explicit event_queue(Emitter&& emitter, std::size_t capacity = 1024) : event_queue(emitter, capacity) {
    static_assert(detail::requirement<false, Emitter>,
                  "millrace[EVENTS-4]: a queue refers to its emitter, which outlives it: make it a variable");
  }
  event_queue(const event_queue&) = delete;
  event_queue& operator=(const event_queue&) = delete;
  ~event_queue() {
    if (is_copy_.load_relaxed())
      worker_.forget();
    else
      static_cast<void>(stop());
  }

  /// Lets the event wait. False: it is refused, because the queue is full or stopped.
  template <class Event>
  bool emit(Event event) {
    static_assert(Emitter::template has<Event>,
                  "millrace[EVENTS-1]: the queue's emitter does not pass this type: add it to its list");
    if (is_copy_.load_relaxed()) return false;
    item* const made = new item_of<Event>(std::move(event));
    mutex_.lock();
    const bool fits = !is_stopped_ && count_ < ring_.size();
    if (fits)
      ring_[(first_ + count_++) % ring_.size()] = made;
    else
      ++refused_;
    const bool wakes = fits && is_waiting_;
    mutex_.unlock();
    if (!fits) made->destroy(made);
    if (wakes) changed_.notify_all();
    return fits;
  }

  /// Delivers what waits, but not more than `most` events, and returns how many.
  std::size_t deliver(std::size_t most = ~std::size_t{0}) {
    std::size_t done = 0;
    while (done < most && deliver_next()) ++done;
    return done;
  }

  /// Has a thread of the queue's own deliver from now on.
  /// Errors: already_exists; those of the system, if it grants no thread.
  result<void> start() {
    if (is_copy_.load_relaxed()) return copy_error();
    if (worker_.running()) return error(errc::already_exists, "the queue of events has a thread already");
    {
      const detail::lock_guard locked(mutex_);
      is_stopped_ = false;
    }
    const int failed = worker_.start(*this);
    has_worker_.store_release(failed == 0);
    if (failed != 0) return store::system_error(failed, "start", "the thread of a queue of events");
    return {};
  }
  /// Waits until nothing waits, or, without a thread, delivers it.
  /// Errors: timeout.
  result<void> drain(duration patience) {
    if (is_copy_.load_relaxed()) return copy_error();
    const std::uint64_t length = patience.nanoseconds > 0 ? static_cast<std::uint64_t>(patience.nanoseconds) : 0;
    const std::uint64_t until = steady_clock().ticks() + length;
    const bool by_worker = has_worker_.load_acquire();
    for (;;) {
      if (!by_worker && deliver_next()) continue;
      const detail::lock_guard locked(mutex_);
      if (count_ == 0 && delivering_ == 0) return {};
      if (steady_clock().ticks() >= until)
        return error(errc::timeout, std::to_string(count_ + delivering_) + " events still wait in a queue");
      if (by_worker || count_ == 0) changed_.wait_until(mutex_, until);
    }
  }
  /// Refuses events from now on, delivers those that wait, and ends the thread. `start` opens the queue again.
  result<void> stop() {
    if (is_copy_.load_relaxed()) return copy_error();
    {
      const detail::lock_guard locked(mutex_);
      is_stopped_ = true;
      changed_.notify_all();
    }
    worker_.join();
    has_worker_.store_release(false);
    deliver();
    return {};
  }

  event_queue_statistics statistics() const noexcept {
    const detail::lock_guard locked(mutex_);
    return {delivered_, refused_, failures_, count_};
  }

 private:
  friend class detail::worker_thread;

  struct item {
    void (*deliver)(item*, Emitter&) = nullptr;
    void (*destroy)(item*) noexcept = nullptr;
  };
  template <class Event>
  struct item_of : item {
    explicit item_of(Event from) : event(std::move(from)) {
      this->deliver = [](item* self, Emitter& to) { to.emit(static_cast<item_of*>(self)->event); };
      this->destroy = [](item* self) noexcept { delete static_cast<item_of*>(self); };
    }
    Event event;
  };

  static error copy_error() {
    return error(errc::unavailable, "this is a forked copy of a queue of events; make one after fork()");
  }
  bool deliver_next() {
    if (is_copy_.load_relaxed()) return false;
    mutex_.lock();
    if (count_ == 0) {
      mutex_.unlock();
      return false;
    }
    item* const next = ring_[first_];
    first_ = first_ + 1 == ring_.size() ? 0 : first_ + 1;
    --count_;
    ++delivering_;
    mutex_.unlock();
    const auto done =
        detail::guarded([&] { next->deliver(next, *emitter_); }, [] { return std::string("a delivery"); });
    next->destroy(next);
    const detail::lock_guard locked(mutex_);
    --delivering_;
    ++delivered_;
    failures_ += done ? 0U : 1U;
    if (count_ == 0 && delivering_ == 0) changed_.notify_all();  // for those who drain
    return true;
  }
  /// What the thread does.
  void run() {
    for (;;) {
      if (deliver_next()) continue;
      const detail::lock_guard locked(mutex_);
      is_waiting_ = true;
      while (count_ == 0 && !is_stopped_) changed_.wait_for(mutex_, 1'000'000'000);
      is_waiting_ = false;
      if (count_ == 0) return;
    }
  }

  Emitter* emitter_;
  mutable detail::mutex mutex_;
  detail::condition changed_;
  detail::flat_vector<item*> ring_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t delivering_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t failures_ = 0;
  bool is_stopped_ = false;
  bool is_waiting_ = false;
  detail::worker_thread worker_;
  detail::light_atomic<bool> has_worker_{false};
  detail::light_atomic<bool> is_copy_{false};
  const detail::fork_watch watch_{
      this, [](void* self) noexcept { static_cast<event_queue*>(self)->is_copy_.store_relaxed(true); }};
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_EVENT_QUEUE_HPP
