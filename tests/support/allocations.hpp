#ifndef MILLRACE_TESTS_SUPPORT_ALLOCATIONS_HPP
#define MILLRACE_TESTS_SUPPORT_ALLOCATIONS_HPP

// Counts what this program takes from the heap, by new or by malloc. Include it in one source of a
// program: it replaces the C library's functions. Under a sanitizer, which does the same, nothing is
// counted and `support::counts_allocations` says so.

#include <cerrno>
#include <cstddef>
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

/// How many allocations a call makes.
template <class F>
std::uint64_t allocations_of(F&& f) {
  const std::uint64_t before = allocations;
  f();
  return allocations - before;
}

}  // namespace support

#if MILLRACE_TESTS_COUNT_ALLOCATIONS
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  ++support::allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++support::allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++support::allocations;
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++support::allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  ++support::allocations;
  *out = __libc_memalign(alignment, size);
  return *out != nullptr ? 0 : ENOMEM;
}
}
#endif

#endif  // MILLRACE_TESTS_SUPPORT_ALLOCATIONS_HPP
