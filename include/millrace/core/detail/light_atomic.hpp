#ifndef MILLRACE_CORE_DETAIL_LIGHT_ATOMIC_HPP
#define MILLRACE_CORE_DETAIL_LIGHT_ATOMIC_HPP

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The few operations of std::atomic that this library needs, each named by its memory order, for a T of at most 8
/// bytes. <atomic> brings in mutexes and the system's errors, and takes longer to parse than the headers that include
/// this one.
template <class T>
class light_atomic {
 public:
  constexpr light_atomic() noexcept : value_{} {}
  constexpr explicit light_atomic(T value) noexcept : value_(value) {}
  light_atomic(const light_atomic&) = delete;
  light_atomic& operator=(const light_atomic&) = delete;

  T load_relaxed() const noexcept { return load(__ATOMIC_RELAXED); }
  T load_acquire() const noexcept { return load(__ATOMIC_ACQUIRE); }
  void store_relaxed(T value) noexcept { __atomic_store(&value_, &value, __ATOMIC_RELAXED); }
  void store_release(T value) noexcept { __atomic_store(&value_, &value, __ATOMIC_RELEASE); }
  T exchange_relaxed(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_RELAXED); }
  T exchange_acq_rel(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_ACQ_REL); }
  T exchange_acquire(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_ACQUIRE); }
  /// Replaces `expected` by `value`. Returns false and sets `expected` to what is there if that is another value, and
  /// now and then for no reason.
  bool replace_relaxed(T& expected, T value) noexcept {
    return __atomic_compare_exchange(&value_, &expected, &value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
  }
  bool replace_acquire(T& expected, T value) noexcept {
    return __atomic_compare_exchange(&value_, &expected, &value, true, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
  }
  bool replace_release(T& expected, T value) noexcept {
    return __atomic_compare_exchange(&value_, &expected, &value, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
  }
  /// Adds, subtracts, sets bits, or keeps only these bits, and returns the value from before.
  T add_relaxed(T by) noexcept { return __atomic_fetch_add(&value_, by, __ATOMIC_RELAXED); }
  T add_release(T by) noexcept { return __atomic_fetch_add(&value_, by, __ATOMIC_RELEASE); }
  T add_acq_rel(T by) noexcept { return __atomic_fetch_add(&value_, by, __ATOMIC_ACQ_REL); }
  T subtract_acq_rel(T by) noexcept { return __atomic_fetch_sub(&value_, by, __ATOMIC_ACQ_REL); }
  T set_bits_relaxed(T bits) noexcept { return __atomic_fetch_or(&value_, bits, __ATOMIC_RELAXED); }
  T set_bits_release(T bits) noexcept { return __atomic_fetch_or(&value_, bits, __ATOMIC_RELEASE); }
  T keep_bits_relaxed(T bits) noexcept { return __atomic_fetch_and(&value_, bits, __ATOMIC_RELAXED); }
  T keep_bits_release(T bits) noexcept { return __atomic_fetch_and(&value_, bits, __ATOMIC_RELEASE); }

 private:
  [[gnu::always_inline]] T load(int order) const noexcept {
    T value;
    __atomic_load(&value_, &value, order);
    return value;
  }

  alignas(sizeof(T)) T value_;
};

/// The same operations on an integer that is not a light_atomic.
template <class T>
T load_acquire(const T& from) noexcept {
  return __atomic_load_n(&from, __ATOMIC_ACQUIRE);
}
template <class T>
void store_release(T& to, T value) noexcept {
  __atomic_store_n(&to, value, __ATOMIC_RELEASE);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_LIGHT_ATOMIC_HPP
