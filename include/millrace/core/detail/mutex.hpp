#ifndef MILLRACE_CORE_DETAIL_MUTEX_HPP
#define MILLRACE_CORE_DETAIL_MUTEX_HPP

#include <millrace/core/clock.hpp>

#include <pthread.h>
#include <cstdint>

// A mutex and a condition variable of POSIX threads: <mutex> and <condition_variable> would double the time to parse
// the headers that need them.
namespace millrace {
inline namespace v0 {
namespace detail {

class mutex {
 public:
  mutex() noexcept { ::pthread_mutex_init(&handle_, nullptr); }
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() { ::pthread_mutex_destroy(&handle_); }

  void lock() noexcept { ::pthread_mutex_lock(&handle_); }
  bool try_lock() noexcept { return ::pthread_mutex_trylock(&handle_) == 0; }
  void unlock() noexcept { ::pthread_mutex_unlock(&handle_); }

 private:
  friend class condition;
  pthread_mutex_t handle_;
};

class lock_guard {
 public:
  explicit lock_guard(mutex& held) noexcept : held_(&held) { held_->lock(); }
  lock_guard(const lock_guard&) = delete;
  lock_guard& operator=(const lock_guard&) = delete;
  ~lock_guard() { held_->unlock(); }

 private:
  mutex* held_;
};

/// A condition variable whose time limits are moments of the monotonic clock.
class condition {
 public:
  condition() noexcept {
    pthread_condattr_t attributes;
    ::pthread_condattr_init(&attributes);
    ::pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    ::pthread_cond_init(&handle_, &attributes);
    ::pthread_condattr_destroy(&attributes);
  }
  condition(const condition&) = delete;
  condition& operator=(const condition&) = delete;
  // No pthread_cond_destroy, which frees nothing in glibc and musl but waits until all who wait have gone: in a forked
  // child that are threads of the parent, which never go.
  ~condition() = default;

  void notify_all() noexcept { ::pthread_cond_broadcast(&handle_); }

  /// Waits for a notification, at most until this moment of the monotonic clock; may also return earlier without a
  /// reason. The caller holds the mutex.
  void wait_until(mutex& held, std::uint64_t nanoseconds) noexcept {
    timespec until{};
    until.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000U);
    until.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000U);
    ::pthread_cond_timedwait(&handle_, &held.handle_, &until);
  }
  void wait_for(mutex& held, std::uint64_t nanoseconds) noexcept {
    wait_until(held, read_clock(CLOCK_MONOTONIC) + nanoseconds);
  }

 private:
  pthread_cond_t handle_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_MUTEX_HPP
