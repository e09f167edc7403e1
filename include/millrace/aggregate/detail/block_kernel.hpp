#ifndef MILLRACE_AGGREGATE_DETAIL_BLOCK_KERNEL_HPP
#define MILLRACE_AGGREGATE_DETAIL_BLOCK_KERNEL_HPP

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

[[gnu::always_inline]] constexpr double add_lanes(double (&lane)[sum_lanes]) noexcept {
  for (std::size_t width = sum_lanes / 2; width != 0; width /= 2)
    for (std::size_t k = 0; k < width; ++k) lane[k] += lane[k + width];
  return lane[0];
}

/// x * 2^exponent with x in [1, 2) for a normal x > 0, its exponent added.
constexpr double take_exponent(double x, std::int64_t& exponent) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<std::int64_t>(bits >> 52) - 1023;
  return std::bit_cast<double>((bits & mantissa_bits) | one_bits);
}

/// Precondition: count is a multiple of `sum_lanes`, and 0 < count <= 2048. `tail` items, fewer than
/// `sum_lanes`, follow them.
template <unsigned Wanted, std::size_t Bytes>
[[gnu::always_inline]] inline void block_body(const double* x, std::size_t count, std::size_t tail,
                                              block_figures& out) noexcept {
  using v = vector<double, Bytes>;
  using w = vector<std::uint64_t, Bytes>;
  constexpr std::size_t width = Bytes / 8;
  constexpr std::size_t registers = sum_lanes / width;
  constexpr bool powers = (Wanted & (figure::power1 | figure::power2 | figure::power3 | figure::power4)) != 0;
  constexpr bool poison = !powers && (Wanted & (figure::total | figure::reciprocal)) == 0;

  const v shift = v{} + out.shift;
  v p1[registers], p2[registers], p3[registers], p4[registers], low[registers], high[registers];
  v total[registers], rest[registers], mantissa[registers], reciprocal[registers], bad[registers];
  w exponent[registers];
#pragma GCC unroll 16
  for (std::size_t k = 0; k < registers; ++k) {
    p1[k] = p2[k] = p3[k] = p4[k] = total[k] = rest[k] = reciprocal[k] = bad[k] = v{};
    mantissa[k] = v{} + 1.0;
    exponent[k] = w{};
    load(low[k], x + k * width);
    load(high[k], x + k * width);
  }
  for (std::size_t at = 0; at < count; at += sum_lanes) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < registers; ++k) {
      v item;
      load(item, x + at + k * width);
      if constexpr ((Wanted & figure::low) != 0) low[k] = item < low[k] ? item : low[k];
      if constexpr ((Wanted & figure::high) != 0) high[k] = item > high[k] ? item : high[k];
      if constexpr (powers) {
        const v d = item - shift;
        p1[k] += d;
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

  // The lanes leave the registers; what is left of the items joins them there.
  double lane[sum_lanes], other[sum_lanes];
  const auto spill = [](double(&to)[sum_lanes], const v(&from)[registers]) {
    for (std::size_t k = 0; k < registers; ++k) store(to + k * width, from[k]);
  };
  const double* const last = x + count;
  if constexpr (powers) {
    spill(lane, p1);
    for (std::size_t i = 0; i < tail; ++i) lane[i] += last[i] - out.shift;
    out.power[0] = add_lanes(lane);
    out.poison += out.power[0];
  }
  if constexpr ((Wanted & (figure::power2 | figure::power3 | figure::power4)) != 0) {
    spill(lane, p2);
    for (std::size_t i = 0; i < tail; ++i) {
      const double d = last[i] - out.shift;
      double d2 = d * d;
      rounded(d2);
      lane[i] += d2;
    }
    out.power[1] = add_lanes(lane);
  }
  if constexpr ((Wanted & (figure::power3 | figure::power4)) != 0) {
    spill(lane, p3);
    for (std::size_t i = 0; i < tail; ++i) {
      const double d = last[i] - out.shift;
      double d3 = d * d * d;
      rounded(d3);
      lane[i] += d3;
    }
    out.power[2] = add_lanes(lane);
  }
  if constexpr ((Wanted & figure::power4) != 0) {
    spill(lane, p4);
    for (std::size_t i = 0; i < tail; ++i) {
      const double d = last[i] - out.shift;
      double d4 = (d * d) * (d * d);
      rounded(d4);
      lane[i] += d4;
    }
    out.power[3] = add_lanes(lane);
  }
  if constexpr ((Wanted & figure::low) != 0) {
    spill(lane, low);
    for (const double one : lane) out.low = one < out.low ? one : out.low;
    for (std::size_t i = 0; i < tail; ++i) out.low = last[i] < out.low ? last[i] : out.low;
  }
  if constexpr ((Wanted & figure::high) != 0) {
    spill(lane, high);
    for (const double one : lane) out.high = one > out.high ? one : out.high;
    for (std::size_t i = 0; i < tail; ++i) out.high = last[i] > out.high ? last[i] : out.high;
  }
  if constexpr ((Wanted & figure::total) != 0) {
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
    spill(lane, reciprocal);
    for (std::size_t i = 0; i < tail; ++i) lane[i] += 1.0 / last[i];
    out.reciprocal = add_lanes(lane);
    out.poison += out.reciprocal;
  }
  if constexpr (poison) {
    spill(lane, bad);
    for (std::size_t i = 0; i < tail; ++i) lane[i] += last[i] - last[i];
    out.poison += add_lanes(lane);
  }
  out.poison -= out.poison;
}

template <unsigned Wanted>
void block_baseline(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 16>(x, count, tail, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx2")
void block_avx2(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 32>(x, count, tail, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx512f")
void block_avx512(const double* x, std::size_t count, std::size_t tail, block_figures& out) noexcept {
  block_body<Wanted, 64>(x, count, tail, out);
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
  else if (cpu_has_avx2())
    block_avx2<Wanted>(x, count - tail, tail, made);
  else
    block_baseline<Wanted>(x, count - tail, tail, made);
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_BLOCK_KERNEL_HPP
