#ifndef MILLRACE_CORE_DETAIL_SIMD_HPP
#define MILLRACE_CORE_DETAIL_SIMD_HPP

#include <millrace/core/config.hpp>

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

static_assert(std::endian::native == std::endian::little, "millrace's kernels are for little-endian machines");

template <class T, std::size_t Bytes>
struct vector_of {
  typedef T type __attribute__((vector_size(Bytes)));
};
/// A vector register's worth of T.
template <class T, std::size_t Bytes>
using vector = typename vector_of<T, Bytes>::type;

template <class V>
[[gnu::always_inline]] inline void load_vector(V& to, const void* from) noexcept {
  __builtin_memcpy(&to, from, sizeof(V));
}
template <class V>
[[gnu::always_inline]] inline void store_vector(void* to, const V& from) noexcept {
  __builtin_memcpy(to, &from, sizeof(V));
}

/// Rounds a product before it is added to something: keeps the compiler from contracting both into
/// one fused operation, which would give other bits on one machine than on the next. g++ does that
/// across statements and has a barrier against it; clang, which has not, does so within one only.
/// `product` is a double or a vector of them, on its own line.
template <class V>
[[gnu::always_inline]] constexpr void rounded(V& product) noexcept {
  if constexpr (requires { __builtin_assoc_barrier(product); }) product = __builtin_assoc_barrier(product);
}

/// Ones that the compiler does not know to be ones.
template <class V>
[[gnu::always_inline]] inline void load_ones(V& to) noexcept {
  to = V{} + 1.0;
#if defined(__x86_64__)
  asm("" : "+m"(to));
#endif
}
/// to = a - b. `Fused`: for a CPU with fused multiply-add, whose ports take the work off those of additions and
/// extremes; the product with one is exact, so the bits are the same. `ones`: of `load_ones`.
template <bool Fused, class V>
[[gnu::always_inline]] inline void subtract(V& to, const V& a, const V& b, [[maybe_unused]] const V& ones) noexcept {
  if constexpr (Fused)
    to = a * ones - b;
  else
    to = a - b;
}
/// to += a, likewise.
template <bool Fused, class V>
[[gnu::always_inline]] inline void add_to(V& to, const V& a, [[maybe_unused]] const V& ones) noexcept {
  if constexpr (Fused)
    to = a * ones + to;
  else
    to += a;
}

/// Keeps a number in a register by itself: of two that share a vector, each waits for the other.
[[gnu::always_inline]] inline void keep_apart(double& x) noexcept {
#if defined(__x86_64__)
  asm("" : "+x"(x));
#else
  (void)x;
#endif
}

#if defined(__x86_64__)
inline bool cpu_has_avx2() noexcept { return __builtin_cpu_supports("avx2") != 0; }
inline bool cpu_has_avx2_fma() noexcept { return cpu_has_avx2() && __builtin_cpu_supports("fma") != 0; }
inline bool cpu_has_avx512() noexcept { return __builtin_cpu_supports("avx512f") != 0; }
inline bool cpu_has_avx512dq() noexcept { return __builtin_cpu_supports("avx512dq") != 0; }
#else
inline bool cpu_has_avx2() noexcept { return false; }
inline bool cpu_has_avx2_fma() noexcept { return false; }
inline bool cpu_has_avx512() noexcept { return false; }
inline bool cpu_has_avx512dq() noexcept { return false; }
#endif

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SIMD_HPP
