#ifndef MILLRACE_TENSOR_DETAIL_SIMD_HPP
#define MILLRACE_TENSOR_DETAIL_SIMD_HPP

#include <bit>
#include <cstddef>

// Vectors without the compiler's intrinsics headers, which cost half a second to parse: the vector
// types that g++ and clang share, and which instruction set to use, asked of the CPU at run time. A
// kernel is one always-inlined template; each instruction set is a function with a target attribute
// around it. Which CPU it is decides here and in the kernels' entry functions, nowhere else.
#if defined(__x86_64__)
#define MILLRACE_X86_TARGET(features) [[gnu::target(features)]]
#else
#define MILLRACE_X86_TARGET(features)
#endif

namespace millrace {
inline namespace v0 {
namespace detail {

static_assert(std::endian::native == std::endian::little, "millrace's tensor kernels are for little-endian machines");

template <class T, std::size_t Bytes>
struct vector_of {
  typedef T type __attribute__((vector_size(Bytes)));
};
/// A vector register's worth of T.
template <class T, std::size_t Bytes>
using vector = typename vector_of<T, Bytes>::type;

template <class V>
[[gnu::always_inline]] inline void load(V& to, const void* from) noexcept {
  __builtin_memcpy(&to, from, sizeof(V));
}
template <class V>
[[gnu::always_inline]] inline void store(void* to, const V& from) noexcept {
  __builtin_memcpy(to, &from, sizeof(V));
}

#if defined(__x86_64__)
inline bool cpu_has_avx2() noexcept { return __builtin_cpu_supports("avx2") != 0; }
#else
inline bool cpu_has_avx2() noexcept { return false; }
#endif

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_SIMD_HPP
