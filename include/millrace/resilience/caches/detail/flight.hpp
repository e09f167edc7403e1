#ifndef MILLRACE_RESILIENCE_CACHES_DETAIL_FLIGHT_HPP
#define MILLRACE_RESILIENCE_CACHES_DETAIL_FLIGHT_HPP

#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/error.hpp>
#include <millrace/resilience/caches/detail/entry_queue.hpp>

#include <pthread.h>
#include <cstdint>
#include <new>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// A call of a loader, which all wait for that ask for its key meanwhile.
struct flight_base {
  pthread_t owner = ::pthread_self();
  light_atomic<std::uint32_t> users{1};  // the shard's list, the owner, and those that wait
  light_atomic<bool> is_done{false};
  mutex ending;  // of the condition alone
  condition ended;
  // What it led to, written before is_done.
  entry_id made = no_entry;
  owning_pointer<error> failure;

  void end() noexcept {
    const lock_guard locked(ending);
    is_done.store_release(true);
    ended.notify_all();
  }
};

template <class Key>
struct flight : flight_base {
  template <class From>
  flight(From&& from, std::uint64_t its_hash) : key(std::forward<From>(from)), hash(its_hash) {}

  Key key;
  std::uint64_t hash;
  // Under the shard's lock.
  flight* next = nullptr;
  bool is_listed = false;  // its value may be put into the cache, and callers may join it
  bool is_failed = false;  // it is over, and listed for its error
  std::uint64_t kept_until = 0;
};

/// Who waits for whom in all caches of the program, so that loaders that wait for each other are an error and no
/// deadlock. Only who waits for a loader comes here.
class waiting_threads {
 public:
  /// Those of the program. Never destroyed, because a cache may be used after main has returned.
  static waiting_threads& everyone() noexcept {
    static waiting_threads& only = *new waiting_threads;
    return only;
  }

  /// Waits for the end. Returns false at once if the one who runs it waits for this thread, or is this thread.
  bool wait_for(flight_base& one) noexcept {
    waiter self{::pthread_self(), &one, nullptr};
    {
      const lock_guard locked(mutex_);
      if (closes_a_circle(one, self.thread)) return false;
      self.next = first_;
      first_ = &self;
    }
    {
      const lock_guard locked(one.ending);
      while (!one.is_done.load_acquire()) one.ended.wait_for(one.ending, an_hour);
    }
    const lock_guard locked(mutex_);
    waiter** at = &first_;
    while (*at != &self) at = &(*at)->next;
    *at = self.next;
    return true;
  }

 private:
  static constexpr std::uint64_t an_hour = 3'600'000'000'000;
  waiting_threads() noexcept
      : watch_(this, [](void* self) noexcept { static_cast<waiting_threads*>(self)->forget(); }) {}
  /// In a forked child none of those that waited is there, and one may have had the lock.
  void forget() noexcept {
    first_ = nullptr;
    ::new (static_cast<void*>(&mutex_)) mutex;
  }
  struct waiter {
    pthread_t thread;
    flight_base* on;
    waiter* next;
  };

  bool closes_a_circle(const flight_base& one, pthread_t self) const noexcept {
    const flight_base* at = &one;
    while (at != nullptr && !at->is_done.load_acquire()) {
      if (::pthread_equal(at->owner, self) != 0) return true;
      const flight_base* behind = nullptr;
      for (const waiter* each = first_; each != nullptr && behind == nullptr; each = each->next)
        if (::pthread_equal(each->thread, at->owner) != 0) behind = each->on;
      at = behind;
    }
    return false;
  }

  mutex mutex_;
  waiter* first_ = nullptr;
  fork_watch watch_;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_DETAIL_FLIGHT_HPP
