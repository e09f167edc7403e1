#ifndef MILLRACE_RESILIENCE_CALLS_DETAIL_PLACES_HPP
#define MILLRACE_RESILIENCE_CALLS_DETAIL_PLACES_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/resilience/calls/stop_source.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

enum class place_status : std::uint8_t { entered, crowded, late, stopped };

/// A number of places, and a queue of threads that wait for one. A thread that leaves hands its place to the first in
/// the queue, so that none who comes later can take it.
class places {
 public:
  places(std::uint32_t all, std::uint32_t queue) noexcept : all_(all), queue_(queue) {}

  /// Takes a place, if one is free and nobody waits.
  bool enter() noexcept {
    std::uint64_t now = state_.load_relaxed();
    do {
      if (now >= all_) return false;  // also if somebody waits, who counts above
    } while (!state_.replace_acquire(now, now + 1));
    return true;
  }
  void leave() noexcept {
    if (state_.subtract_acq_rel(1) < one_waiting) return;
    // Somebody waits, or did just now: nobody else takes the place meanwhile, unless all who waited have gone.
    const lock_guard locked(mutex_);
    if (first_ == nullptr || under_way() >= all_) return;
    waiter* const next = first_;
    remove(next);
    state_.subtract_acq_rel(one_waiting - 1);  // one fewer waits, and one more has a place, at once
    next->has_place = true;
    next->woken.notify_all();
  }

  /// Waits for a place for so long.
  place_status wait(duration patience, const stop_source* stop) noexcept {
    if (queue_ == 0 || patience <= duration(0)) return enter() ? place_status::entered : refuse(place_status::crowded);
    const steady_clock clock;
    const std::uint64_t until = clock.ticks() + static_cast<std::uint64_t>(patience.nanoseconds);
    const lock_guard locked(mutex_);
    for (std::uint64_t now = state_.load_relaxed();;) {
      if (now < all_) {
        if (state_.replace_acquire(now, now + 1)) return place_status::entered;
      } else if (now / one_waiting >= queue_) {
        return refuse(place_status::crowded);
      } else if (state_.replace_acquire(now, now + one_waiting)) {
        break;
      }
    }
    waiter self;
    self.before = last_;
    (last_ != nullptr ? last_->after : first_) = &self;
    last_ = &self;
    for (;;) {
      if (self.has_place) {
        waited_.add_relaxed(1);
        return place_status::entered;
      }
      const std::uint64_t now = clock.ticks();
      const bool stops = stop != nullptr && stop->stop_requested();
      if (stops || now >= until) {
        remove(&self);
        state_.subtract_acq_rel(one_waiting);
        return stops ? place_status::stopped : refuse(place_status::late);
      }
      const std::uint64_t look = now + a_while;  // nobody wakes it when a stop is requested
      self.woken.wait_until(mutex_, stop != nullptr && look < until ? look : until);
    }
  }

  std::uint32_t under_way() const noexcept { return static_cast<std::uint32_t>(state_.load_relaxed()); }
  std::uint32_t waiting() const noexcept { return static_cast<std::uint32_t>(state_.load_relaxed() / one_waiting); }
  std::uint64_t waited() const noexcept { return waited_.load_relaxed(); }
  std::uint64_t refused() const noexcept { return refused_.load_relaxed(); }

 private:
  static constexpr std::uint64_t one_waiting = std::uint64_t{1} << 32U;
  static constexpr std::uint64_t a_while = 10'000'000;

  struct waiter {
    condition woken;
    waiter* before = nullptr;
    waiter* after = nullptr;
    bool has_place = false;
  };

  place_status refuse(place_status why) noexcept {
    refused_.add_relaxed(1);
    return why;
  }
  void remove(waiter* one) noexcept {
    (one->before != nullptr ? one->before->after : first_) = one->after;
    (one->after != nullptr ? one->after->before : last_) = one->before;
  }

  const std::uint32_t all_;
  const std::uint32_t queue_;
  light_atomic<std::uint64_t> state_{0};  // below, how many have a place; above, how many wait
  light_atomic<std::uint64_t> waited_{0};
  light_atomic<std::uint64_t> refused_{0};
  mutex mutex_;  // of the queue
  waiter* first_ = nullptr;
  waiter* last_ = nullptr;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_DETAIL_PLACES_HPP
