#ifndef MILLRACE_CORE_DETAIL_SIMD_HPP
#define MILLRACE_CORE_DETAIL_SIMD_HPP

#include <millrace/core/config.hpp>

#include <bit>
#include <cstddef>

// Vectors without the compiler's intrinsics headers, which take half a second to parse: the vector types that g++ and
// clang share. A kernel, here, is an always-inlined template that does the work. For each instruction set, a function
// with a target attribute calls it, so that the compiler makes that set's instructions of it; the kernel's entry
// function asks the CPU at run time which of them to call. Only this header and the entry functions know about CPUs.
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
/// As many Ts as fit `Bytes` bytes, in a vector register.
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

/// Rounds a product before it is added to something: keeps the compiler from contracting multiplication and addition
/// into one fused operation, which would give different bits on different machines. g++ contracts across statements,
/// and has a barrier against that, used here; clang has no barrier, and contracts within one statement only. So the
/// product must be computed in a statement of its own, into `product`, a double or a vector of doubles.
template <class V>
[[gnu::always_inline]] constexpr void rounded(V& product) noexcept {
  if constexpr (requires { __builtin_assoc_barrier(product); }) product = __builtin_assoc_barrier(product);
}
/// The same of a vector that may be wider than 16 bytes, in a kernel whose registers have `Bytes`. g++ takes a wider
/// vector to pieces for its barrier, number by number; one that fits a register is kept whole by an assembler's line.
template <std::size_t Bytes, class V>
[[gnu::always_inline]] inline void rounded_vector(V& product) noexcept {
#if defined(__x86_64__)
  if constexpr (sizeof(V) <= Bytes && requires { __builtin_assoc_barrier(product); }) {
    asm("" : "+v"(product));
    return;
  }
#endif
  rounded(product);
}

/// Fills `to` with 1.0 in a way that hides the value from the compiler, which would otherwise drop the multiplication
/// by it.
template <class V>
[[gnu::always_inline]] inline void load_ones(V& to) noexcept {
  to = V{} + 1.0;
#if defined(__x86_64__)
  asm("" : "+m"(to));
#endif
}
/// to = a - b. With `Fused`, computes a * 1 - b by a fused multiply-add, which some CPUs execute on other units than
/// additions and comparisons, so both kinds run side by side. The product with 1 is exact, so the bits are the same.
/// `ones` comes from `load_ones`.
template <bool Fused, class V>
[[gnu::always_inline]] inline void subtract(V& to, const V& a, const V& b, [[maybe_unused]] const V& ones) noexcept {
  if constexpr (Fused)
    to = a * ones - b;
  else
    to = a - b;
}
/// to += a, in the same way.
template <bool Fused, class V>
[[gnu::always_inline]] inline void add_to(V& to, const V& a, [[maybe_unused]] const V& ones) noexcept {
  if constexpr (Fused)
    to = a * ones + to;
  else
    to += a;
}

/// Keeps `x` in a register of its own: if the compiler packs two numbers into one vector, each has to wait for the
/// other's result.
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

/// The mask of a processor's builtin that stands for all lanes, whose type compilers do not agree on.
struct every_lane {
  template <class Mask>
  constexpr operator Mask() const noexcept {
    return static_cast<Mask>(-1);
  }
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SIMD_HPP
