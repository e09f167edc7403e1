#ifndef MILLRACE_CORE_DETAIL_SPIN_LOCK_HPP
#define MILLRACE_CORE_DETAIL_SPIN_LOCK_HPP

#include <millrace/core/detail/light_atomic.hpp>

#include <sched.h>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A lock for sections that take about a microsecond and that seldom make another thread wait.
class spin_lock {
 public:
  void lock() noexcept {
    while (taken_.exchange_acquire(true))
      while (taken_.load_relaxed()) ::sched_yield();
  }
  bool try_lock() noexcept { return !taken_.exchange_acquire(true); }
  void unlock() noexcept { taken_.store_release(false); }

 private:
  light_atomic<bool> taken_{false};
};
class spin_guard {
 public:
  explicit spin_guard(spin_lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~spin_guard() { lock_.unlock(); }
  spin_guard(const spin_guard&) = delete;
  spin_guard& operator=(const spin_guard&) = delete;

 private:
  spin_lock& lock_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SPIN_LOCK_HPP
