#ifndef MILLRACE_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP
#define MILLRACE_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP

// How often this program took from the heap, for the sources of a program of which one includes
// <support/allocations.hpp>. Under a sanitizer nothing is counted, and memory does not run out.

#include <cstdint>
#include <new>

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

/// How many more allocations the calling thread may make before memory runs out; below 0, any number.
inline thread_local std::int64_t allocations_left = -1;

/// Calls f, for which memory runs out after so many allocations. Returns whether f asked for more.
template <class F>
bool runs_out_of_memory(std::int64_t after, F&& f) {
  const std::uint64_t before = allocations;
  allocations_left = after;
  try {
    f();
  } catch (const std::bad_alloc&) {
  }
  allocations_left = -1;
  return allocations - before > static_cast<std::uint64_t>(after);
}

/// How many allocations a call makes.
template <class F>
std::uint64_t allocations_of(F&& f) {
  const std::uint64_t before = allocations;
  f();
  return allocations - before;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_ALLOCATION_COUNTER_HPP
