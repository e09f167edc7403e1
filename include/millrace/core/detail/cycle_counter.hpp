#ifndef MILLRACE_CORE_DETAIL_CYCLE_COUNTER_HPP
#define MILLRACE_CORE_DETAIL_CYCLE_COUNTER_HPP

#include <millrace/core/config.hpp>

#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

// The platform's constant-rate counter. No other header asks which CPU's counter that is.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Whether the CPU has a counter that ticks at one rate whatever its frequency and sleep state.
inline bool has_cycle_counter() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007U, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;  // invariant TSC
#elif defined(__aarch64__)
  return true;
#else
  return false;
#endif
}

/// A reading of that counter; 0 where there is none.
inline std::uint64_t cycle_counter() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t ticks = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return 0;
#endif
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_CYCLE_COUNTER_HPP
