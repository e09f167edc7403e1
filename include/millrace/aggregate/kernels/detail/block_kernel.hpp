#ifndef MILLRACE_AGGREGATE_KERNELS_DETAIL_BLOCK_KERNEL_HPP
#define MILLRACE_AGGREGATE_KERNELS_DETAIL_BLOCK_KERNEL_HPP

#include <millrace/core/detail/simd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// How many items are worked at a time: small enough for the first-level cache, so that every member
/// of an aggregate finds them there, and large enough that merging a block costs nothing.
inline constexpr std::size_t block_items = 2048;

/// What a pass over a block can find; members ask for some, and one loop over registers finds all.
namespace figure {
inline constexpr unsigned power1 = 1;        // sum of (x - shift)
inline constexpr unsigned power2 = 2;        // ... squared
inline constexpr unsigned power3 = 4;        // ... cubed
inline constexpr unsigned power4 = 8;        // ... to the fourth
inline constexpr unsigned low = 16;          // smallest
inline constexpr unsigned high = 32;         // largest
inline constexpr unsigned total = 64;        // compensated sum of x
inline constexpr unsigned logarithm = 128;   // product of x, as mantissa and exponent; asks for low too
inline constexpr unsigned reciprocal = 256;  // sum of 1 / x
}  // namespace figure

struct block_figures {
  double shift = 0;
  double power[4] = {};
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  double total = 0;  ///< plus total_rest
  double total_rest = 0;
  double mantissa = 1;  ///< in [1, 2); times 2^exponent; meaningless unless low is a normal number
  std::int64_t exponent = 0;
  double reciprocal = 0;
  double poison = 0;                ///< NaN if an item is not finite, or if a sum left the range of double
  double mass = 0;                  ///< what the items weigh together: their number, if they have no weights
  const double* weights = nullptr;  ///< of the items; null: they all weigh one
};

/// Every sum is kept in `sum_lanes` lanes, item i in lane i % sum_lanes, whatever the CPU's vectors, and
/// the lanes are then added in a fixed order: all machines answer the same bits.
inline constexpr std::size_t sum_lanes = 16;

inline constexpr std::uint64_t mantissa_bits = 0x000f'ffff'ffff'ffffU;
inline constexpr std::uint64_t one_bits = 0x3ff0'0000'0000'0000U;

/// sum + rest += x, exactly but for the rounding of rest. Source: Knuth, TAOCP 2, 4.2.2, theorem B.
template <class V>
[[gnu::always_inline]] constexpr void add_compensated(V& sum, V& rest, const V& x) noexcept {
  const V before = sum;
  sum = before + x;
  const V taken = sum - before;
  rest += (before - (sum - taken)) + (x - taken);
}

struct lane_sum {
  template <class V>
  [[gnu::always_inline]] void operator()(V& to, const V& with) const noexcept {
    to += with;
  }
};
struct lane_least {
  template <class V>
  [[gnu::always_inline]] void operator()(V& to, const V& with) const noexcept {
    to = with < to ? with : to;
  }
};
struct lane_greatest {
  template <class V>
  [[gnu::always_inline]] void operator()(V& to, const V& with) const noexcept {
    to = with > to ? with : to;
  }
};

/// The lanes in memory. By a copy: what has its address taken stands in memory during the loop, too.
template <class V, std::size_t Registers>
[[gnu::always_inline]] inline void spill(double (&to)[sum_lanes], const V (&from)[Registers]) noexcept {
#pragma GCC unroll 16
  for (std::size_t k = 0; k < Registers; ++k) {
    const V now = from[k];
    store_vector(to + k * (sum_lanes / Registers), now);
  }
}

/// One of all lanes: the upper half joins the lower, until one is left.
template <class Join, class V, std::size_t Registers>
[[gnu::always_inline]] inline double join_lanes(const V (&from)[Registers], const Join& join) noexcept {
  constexpr std::size_t width = sum_lanes / Registers;
  V left[Registers];
#pragma GCC unroll 16
  for (std::size_t k = 0; k < Registers; ++k) left[k] = from[k];
#pragma GCC unroll 4
  for (std::size_t half = Registers / 2; half != 0; half /= 2)
#pragma GCC unroll 8
    for (std::size_t k = 0; k < half; ++k) join(left[k], left[k + half]);
  double lane[width];
  store_vector(lane, left[0]);
#pragma GCC unroll 4
  for (std::size_t half = width / 2; half != 0; half /= 2)
#pragma GCC unroll 4
    for (std::size_t k = 0; k < half; ++k) join(lane[k], lane[k + half]);
  return lane[0];
}

/// The first items of `tail` joined to as many lanes, each by what `term` makes of it.
template <class Join, class V, std::size_t Registers, class Term>
[[gnu::always_inline]] inline void join_tail(V (&to)[Registers], const double* last, std::size_t tail, const Join& join,
                                             const Term& term) noexcept {
  constexpr std::size_t width = sum_lanes / Registers;
  if (tail == 0) return;
  double lane[sum_lanes];
  spill(lane, to);
  for (std::size_t i = 0; i < tail; ++i) join(lane[i], term(last[i]));
#pragma GCC unroll 16
  for (std::size_t k = 0; k < Registers; ++k) {
    V now;
    load_vector(now, lane + k * width);
    to[k] = now;
  }
}

/// x * 2^exponent with x in [1, 2) for a normal x > 0, its exponent added.
constexpr double take_exponent(double x, std::int64_t& exponent) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<std::int64_t>(bits >> 52) - 1023;
  return std::bit_cast<double>((bits & mantissa_bits) | one_bits);
}

/// Precondition: count is a multiple of `sum_lanes`, and 0 < count <= 2048. `tail` items, fewer than
/// `sum_lanes`, follow them.
template <unsigned Wanted, std::size_t Bytes, bool Fused>
[[gnu::always_inline]] inline void block_body(const double* x, std::size_t count, std::size_t tail,
                                              block_figures& out) noexcept {
  using v = vector<double, Bytes>;
  using w = vector<std::uint64_t, Bytes>;
  constexpr std::size_t width = Bytes / 8;
  constexpr std::size_t registers = sum_lanes / width;
  constexpr bool powers = (Wanted & (figure::power1 | figure::power2 | figure::power3 | figure::power4)) != 0;
  constexpr bool poison = !powers && (Wanted & (figure::total | figure::reciprocal)) == 0;

  const v shift = v{} + out.shift;
  v ones;
  load_ones(ones);
  v p1[registers], p2[registers], p3[registers], p4[registers], low[registers], high[registers];
  v total[registers], rest[registers], mantissa[registers], reciprocal[registers], bad[registers];
  w exponent[registers];
#pragma GCC unroll 16
  for (std::size_t k = 0; k < registers; ++k) {
    p1[k] = p2[k] = p3[k] = p4[k] = total[k] = rest[k] = reciprocal[k] = bad[k] = v{};
    mantissa[k] = v{} + 1.0;
    exponent[k] = w{};
    v first;  // what has its address taken stays in memory
    load_vector(first, x + k * width);
    low[k] = high[k] = first;
  }
  for (std::size_t at = 0; at < count; at += sum_lanes) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < registers; ++k) {
      v item;
      load_vector(item, x + at + k * width);
      if constexpr ((Wanted & figure::low) != 0) low[k] = item < low[k] ? item : low[k];
      if constexpr ((Wanted & figure::high) != 0) high[k] = item > high[k] ? item : high[k];
      if constexpr (powers) {
        v d;
        subtract<Fused>(d, item, shift, ones);
        add_to<Fused>(p1[k], d, ones);
        if constexpr ((Wanted & (figure::power2 | figure::power3 | figure::power4)) != 0) {
          v d2 = d * d;
          rounded(d2);
          p2[k] += d2;
          if constexpr ((Wanted & (figure::power3 | figure::power4)) != 0) {
            v d3 = d2 * d;
            rounded(d3);
            p3[k] += d3;
          }
          if constexpr ((Wanted & figure::power4) != 0) {
            v d4 = d2 * d2;
            rounded(d4);
            p4[k] += d4;
          }
        }
      }
      if constexpr ((Wanted & figure::total) != 0) add_compensated(total[k], rest[k], item);
      if constexpr ((Wanted & figure::logarithm) != 0) {
        w bits;
        __builtin_memcpy(&bits, &item, Bytes);
        exponent[k] += bits >> 52;
        bits = (bits & mantissa_bits) | one_bits;
        v m;
        __builtin_memcpy(&m, &bits, Bytes);
        mantissa[k] *= m;
      }
      if constexpr ((Wanted & figure::reciprocal) != 0) reciprocal[k] += 1.0 / item;
      if constexpr (poison) bad[k] += item - item;
    }
  }

  // What is left of the items joins the lanes, and the lanes one another.
  const double* const last = x + count;
  const double around = out.shift;
  constexpr lane_sum sum;
  constexpr lane_least least;
  constexpr lane_greatest greatest;
  constexpr auto itself = [](double one) { return one; };
  if constexpr (powers) {
    join_tail(p1, last, tail, sum, [around](double one) { return one - around; });
    out.power[0] = join_lanes(p1, sum);
    out.poison += out.power[0];
  }
  if constexpr ((Wanted & (figure::power2 | figure::power3 | figure::power4)) != 0) {
    join_tail(p2, last, tail, sum, [around](double one) {
      const double d = one - around;
      double d2 = d * d;
      rounded(d2);
      return d2;
    });
    out.power[1] = join_lanes(p2, sum);
  }
  if constexpr ((Wanted & (figure::power3 | figure::power4)) != 0) {
    join_tail(p3, last, tail, sum, [around](double one) {
      const double d = one - around;
      double d3 = d * d * d;
      rounded(d3);
      return d3;
    });
    out.power[2] = join_lanes(p3, sum);
  }
  if constexpr ((Wanted & figure::power4) != 0) {
    join_tail(p4, last, tail, sum, [around](double one) {
      const double d = one - around;
      double d4 = (d * d) * (d * d);
      rounded(d4);
      return d4;
    });
    out.power[3] = join_lanes(p4, sum);
  }
  // Of zeros which one is the extreme does not matter: it becomes the positive one.
  if constexpr ((Wanted & figure::low) != 0) {
    join_tail(low, last, tail, least, itself);
    out.low = join_lanes(low, least) + 0.0;
  }
  if constexpr ((Wanted & figure::high) != 0) {
    join_tail(high, last, tail, greatest, itself);
    out.high = join_lanes(high, greatest) + 0.0;
  }
  if constexpr ((Wanted & figure::total) != 0) {
    double lane[sum_lanes], other[sum_lanes];
    spill(lane, total);
    spill(other, rest);
    for (std::size_t k = 0; k < sum_lanes; ++k) {
      add_compensated(out.total, out.total_rest, lane[k]);
      out.total_rest += other[k];
    }
    for (std::size_t i = 0; i < tail; ++i) add_compensated(out.total, out.total_rest, last[i]);
    out.poison += out.total_rest;
  }
  if constexpr ((Wanted & figure::logarithm) != 0) {
    double lane[sum_lanes];
    spill(lane, mantissa);
    for (std::size_t k = 0; k < registers; ++k)
      for (std::size_t i = 0; i < width; ++i) out.exponent += static_cast<std::int64_t>(exponent[k][i]);
    out.exponent -= static_cast<std::int64_t>(1023 * count);
    for (std::size_t i = 0; i < tail; ++i) lane[i] *= take_exponent(last[i], out.exponent);
    double product = 1;
    for (const double one : lane) product *= take_exponent(one, out.exponent);
    out.mantissa = take_exponent(product, out.exponent);
  }
  if constexpr ((Wanted & figure::reciprocal) != 0) {
    join_tail(reciprocal, last, tail, sum, [](double one) { return 1.0 / one; });
    out.reciprocal = join_lanes(reciprocal, sum);
    out.poison += out.reciprocal;
  }
  if constexpr (poison) {
    join_tail(bad, last, tail, sum, [](double one) { return one - one; });
    out.poison += join_lanes(bad, sum);
  }
  out.poison -= out.poison;
}

template <unsigned Wanted>
void block_baseline(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 16, false>(x, count, tail, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx2,fma")
void block_avx2(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 32, true>(x, count, tail, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx512f")
void block_avx512(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 64, true>(x, count, tail, out);
}

/// The mean of some of the block's items: what powers are taken around, so that they lose at most the
/// digits of block_items / 32, whatever the data (the items averaged are themselves among those summed).
inline double pilot(const double* x, std::size_t count) noexcept {
  if (count < 32) return x[0];
  double sum[8];
  for (std::size_t k = 0; k < 8; ++k) sum[k] = (x[k] + x[k + 8]) + (x[k + 16] + x[k + 24]);
  return (((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]))) * (1.0 / 32);
}

/// The wanted figures of a block. Precondition: sum_lanes <= count <= block_items.
template <unsigned Wanted>
block_figures scan_block(const double* x, std::size_t count) noexcept {
  block_figures made;
  if constexpr ((Wanted & (figure::power1 | figure::power2 | figure::power3 | figure::power4)) != 0)
    made.shift = pilot(x, count);
  made.mass = static_cast<double>(count);
  const std::size_t tail = count % sum_lanes;
  if (cpu_has_avx512())
    block_avx512<Wanted>(x, count - tail, tail, made);
  else if (cpu_has_avx2_fma())
    block_avx2<Wanted>(x, count - tail, tail, made);
  else
    block_baseline<Wanted>(x, count - tail, tail, made);
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KERNELS_DETAIL_BLOCK_KERNEL_HPP
