#ifndef MILLRACE_STORE_DETAIL_WORKER_HPP
#define MILLRACE_STORE_DETAIL_WORKER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/store/fwd.hpp>

#include <cerrno>
#include <cstdint>
#include <pthread.h>
#include <signal.h>

// A mutex, conditions on it, and one thread, on POSIX threads: <thread> and <condition_variable>
// would double what this module's headers cost to parse.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

class mutex {
 public:
  mutex() noexcept { ::pthread_mutex_init(&handle_, nullptr); }
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() { ::pthread_mutex_destroy(&handle_); }

  void lock() noexcept { ::pthread_mutex_lock(&handle_); }
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

/// A condition that waits on the monotonic clock.
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
  ~condition() { ::pthread_cond_destroy(&handle_); }

  void notify_all() noexcept { ::pthread_cond_broadcast(&handle_); }

  /// Waits, at most until this moment of the monotonic clock. The caller holds the mutex.
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

/// A thread that takes no signals: the program's handlers go on running where they ran.
class worker_thread {
 public:
  worker_thread() noexcept = default;
  worker_thread(const worker_thread&) = delete;
  worker_thread& operator=(const worker_thread&) = delete;

  /// Runs `object.run()`. Answers errno's value, 0 on success.
  template <class T>
  int start(T& object) noexcept {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = ::pthread_create(
        &handle_, nullptr,
        [](void* self) -> void* {
          static_cast<T*>(self)->run();
          return nullptr;
        },
        &object);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    running_ = failed == 0;
    return failed;
  }
  bool running() const noexcept { return running_; }
  void join() noexcept {
    if (running_) ::pthread_join(handle_, nullptr);
    running_ = false;
  }
  /// For the other side of a fork, where the thread does not exist.
  void forget() noexcept { running_ = false; }

 private:
  pthread_t handle_{};
  bool running_ = false;
};

/// A std::chrono duration in nanoseconds, without <chrono>; negative is none.
template <class Duration>
constexpr std::uint64_t duration_nanoseconds(const Duration& duration) noexcept {
  const double whole = static_cast<double>(duration.count()) * static_cast<double>(Duration::period::num) * 1e9 /
                       static_cast<double>(Duration::period::den);
  if (!(whole > 0)) return 0;
  return whole < 4e18 ? static_cast<std::uint64_t>(whole) : std::uint64_t{4'000'000'000'000'000'000U};
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_WORKER_HPP
