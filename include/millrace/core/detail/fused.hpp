#ifndef MILLRACE_CORE_DETAIL_FUSED_HPP
#define MILLRACE_CORE_DETAIL_FUSED_HPP

#include <millrace/core/detail/simd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace detail {

// Products of floats that are added without being rounded in between. Every CPU since about 2013 does that in one
// instruction; for others the same bits are computed in doubles, some thirty times slower. So a kernel may always fuse,
// which doubles its speed where it matters, and has the same bits everywhere.

/// Which instructions a kernel is made of.
enum class lane_cpu : unsigned char { plain, avx2, avx512 };

inline lane_cpu best_lane_cpu() noexcept {
  if (cpu_has_avx512()) return lane_cpu::avx512;
  return cpu_has_avx2_fma() ? lane_cpu::avx2 : lane_cpu::plain;
}

/// to = a * b + to of vectors of floats, where the CPU that it is compiled for has an instruction for that.
template <class V>
[[gnu::always_inline]] inline void add_fused_by_instruction(V& to, const V& a, const V& b) noexcept {
  // clang makes vectors of the loop; g++ does not, and has no built-in function for vectors of any size.
  if constexpr (requires { __builtin_elementwise_fma(a, b, to); }) {
    to = __builtin_elementwise_fma(a, b, to);
    return;
  }
#if defined(__x86_64__)
  if constexpr (requires { __builtin_assoc_barrier(a); }) {
    asm("vfmadd231ps {%2, %1, %0|%0, %1, %2}" : "+v"(to) : "v"(a), "v"(b));
    return;
  }
#endif
  for (std::size_t i = 0; i < sizeof(V) / sizeof(float); ++i) to[i] = __builtin_fmaf(a[i], b[i], to[i]);
}

/// The same from what every CPU has. A product of floats is exact in double; a sum in double, of which the last bit is
/// set where it is inexact (rounding to odd), becomes the float that the exact sum would.
/// Source: Boldo, Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd",
/// IEEE Transactions on Computers 57(4), 2008.
template <class V>
[[gnu::always_inline]] inline void add_fused_in_doubles(V& to, const V& a, const V& b) noexcept {
  using wide = vector<double, 2 * sizeof(V)>;
  using words = vector<long long, 2 * sizeof(V)>;
  const wide product = __builtin_convertvector(a, wide) * __builtin_convertvector(b, wide);
  const wide addend = __builtin_convertvector(to, wide);
  const wide sum = product + addend;
  const wide part = sum - product;
  const wide lost = (product - (sum - part)) + (addend - part);
  const wide zero{};
  words bits;
  load_vector(bits, &sum);
  const words above = lost > zero;
  const words inexact = above | (lost < zero);
  const words even = (bits & 1) - 1;
  const words outwards = ((above ^ (sum > zero)) + 1) * 2 - 1;  // 1 where the exact sum is further from 0, else -1
  bits += outwards & inexact & even;
  wide odd;
  load_vector(odd, &bits);
  to = __builtin_convertvector(odd, V);
}

/// The square root of each number, rounded as IEEE 754 says.
template <bool Instruction, class V>
[[gnu::always_inline]] inline void square_root(V& x) noexcept {
  if constexpr (requires { __builtin_elementwise_sqrt(x); }) {
    x = __builtin_elementwise_sqrt(x);
    return;
  }
#if defined(__x86_64__)
  if constexpr (Instruction && requires { __builtin_assoc_barrier(x); }) {
    asm("vsqrtps {%0, %0|%0, %0}" : "+v"(x));
    return;
  }
#endif
  for (std::size_t i = 0; i < sizeof(V) / sizeof(float); ++i) x[i] = __builtin_sqrtf(x[i]);
}

/// What a kernel is a template of: the width of its vectors, and how products are added.
template <std::size_t Bytes, bool Instruction>
struct lane_set {
  static constexpr std::size_t lanes = Bytes / sizeof(float);
  static constexpr bool is_fast = Instruction;
  using type = vector<float, Bytes>;

  [[gnu::always_inline]] static inline void add_fused(type& to, const type& a, const type& b) noexcept {
    if constexpr (Instruction)
      add_fused_by_instruction(to, a, b);
    else
      add_fused_in_doubles(to, a, b);
  }
};
using avx512_lanes = lane_set<64, true>;
using avx2_lanes = lane_set<32, true>;
#if defined(__x86_64__)
using plain_lanes = lane_set<16, false>;
#else
using plain_lanes = lane_set<16, true>;
#endif

/// Calls work.run<lane_set>(), an always-inlined function, compiled for that CPU.
template <class Work>
MILLRACE_X86_TARGET("avx512f")
[[gnu::noinline]] void run_on_avx512(const Work& work) noexcept {
  work.template run<avx512_lanes>();
}
template <class Work>
MILLRACE_X86_TARGET("avx2,fma")
[[gnu::noinline]] void run_on_avx2(const Work& work) noexcept {
  work.template run<avx2_lanes>();
}
template <class Work>
[[gnu::noinline]] void run_on_plain(const Work& work) noexcept {
  work.template run<plain_lanes>();
}
template <class Work>
void run_on(lane_cpu cpu, const Work& work) noexcept {
  if (cpu == lane_cpu::avx512)
    run_on_avx512(work);
  else if (cpu == lane_cpu::avx2)
    run_on_avx2(work);
  else
    run_on_plain(work);
}
/// The same from work that runs on these lanes already: so that what several kernels do is compiled once.
template <class Lanes, class Work>
[[gnu::always_inline]] inline void run_apart(const Work& work) noexcept {
  if constexpr (Lanes::lanes == avx512_lanes::lanes)
    run_on_avx512(work);
  else if constexpr (Lanes::lanes == avx2_lanes::lanes)
    run_on_avx2(work);
  else
    run_on_plain(work);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_FUSED_HPP
