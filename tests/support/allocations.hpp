#ifndef MILLRACE_TESTS_SUPPORT_ALLOCATIONS_HPP
#define MILLRACE_TESTS_SUPPORT_ALLOCATIONS_HPP

// Counts what this program takes from the heap and gives back, by new or by malloc, and lets memory run out. Include it
// in one source of a program: it replaces the C library's functions. Under a sanitizer, which does the same, nothing is
// counted and `support::counts_allocations` says so.

#include <support/allocation_counter.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>  // before what it declares is defined here

#if MILLRACE_TESTS_COUNT_ALLOCATIONS
#include <malloc.h>

namespace support {
/// Counts that the thread asks for memory, and says whether it gets any.
inline bool may_allocate() {
  ++allocations;
  if (allocations_left == 0) errno = ENOMEM;
  return allocations_left < 0 || (allocations_left != 0 && allocations_left-- > 0);
}
inline void* counted(void* taken) {
  heap_bytes += static_cast<std::int64_t>(malloc_usable_size(taken));
  return taken;
}
}  // namespace support

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* old);

void* malloc(std::size_t size) { return support::may_allocate() ? support::counted(__libc_malloc(size)) : nullptr; }
void* calloc(std::size_t count, std::size_t size) {
  return support::may_allocate() ? support::counted(__libc_calloc(count, size)) : nullptr;
}
void* realloc(void* old, std::size_t size) {
  if (!support::may_allocate()) return nullptr;
  support::heap_bytes -= static_cast<std::int64_t>(malloc_usable_size(old));
  return support::counted(__libc_realloc(old, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return support::may_allocate() ? support::counted(__libc_memalign(alignment, size)) : nullptr;
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  if (!support::may_allocate()) return ENOMEM;
  *out = support::counted(__libc_memalign(alignment, size));
  return *out != nullptr ? 0 : ENOMEM;
}
void free(void* old) {
  support::heap_bytes -= static_cast<std::int64_t>(malloc_usable_size(old));
  __libc_free(old);
}
}
#endif

#endif  // MILLRACE_TESTS_SUPPORT_ALLOCATIONS_HPP
