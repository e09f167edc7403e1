#ifndef MILLRACE_CORE_DETAIL_LIGHT_ATOMIC_HPP
#define MILLRACE_CORE_DETAIL_LIGHT_ATOMIC_HPP

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The few operations of std::atomic that this library needs, each named by its memory order, for an integer or a bool
/// T. <atomic> brings in mutexes and the system's errors, and takes longer to parse than the headers that include this
/// one.
template <class T>
class light_atomic {
 public:
  constexpr light_atomic() noexcept : value_{} {}
  constexpr explicit light_atomic(T value) noexcept : value_(value) {}
  light_atomic(const light_atomic&) = delete;
  light_atomic& operator=(const light_atomic&) = delete;

  T load_relaxed() const noexcept { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  T load_acquire() const noexcept { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  void store_relaxed(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELAXED); }
  void store_release(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }
  T exchange_acquire(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_ACQUIRE); }
  /// Adds, or subtracts, and returns the value from before.
  T add_relaxed(T by) noexcept { return __atomic_fetch_add(&value_, by, __ATOMIC_RELAXED); }
  T subtract_acq_rel(T by) noexcept { return __atomic_fetch_sub(&value_, by, __ATOMIC_ACQ_REL); }

 private:
  T value_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_LIGHT_ATOMIC_HPP
