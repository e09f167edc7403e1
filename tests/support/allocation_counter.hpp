#ifndef MILLRACE_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP
#define MILLRACE_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP

// How often this program took from the heap, for the sources of a program of which one includes
// <support/allocations.hpp>. Under a sanitizer nothing is counted.

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define MILLRACE_TESTS_COUNT_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MILLRACE_TESTS_COUNT_ALLOCATIONS 0
#else
#define MILLRACE_TESTS_COUNT_ALLOCATIONS 1
#endif
#else
#define MILLRACE_TESTS_COUNT_ALLOCATIONS 1
#endif

namespace support {

inline constexpr bool counts_allocations = MILLRACE_TESTS_COUNT_ALLOCATIONS != 0;

/// By the calling thread, since it began.
inline thread_local std::uint64_t allocations = 0;

/// Bytes that the calling thread took from the heap and did not give back.
inline thread_local std::int64_t heap_bytes = 0;

/// How many allocations a call makes.
template <class F>
std::uint64_t allocations_of(F&& f) {
  const std::uint64_t before = allocations;
  f();
  return allocations - before;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP
