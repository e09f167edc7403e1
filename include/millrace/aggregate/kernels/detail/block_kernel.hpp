#ifndef MILLRACE_AGGREGATE_KERNELS_DETAIL_BLOCK_KERNEL_HPP
#define MILLRACE_AGGREGATE_KERNELS_DETAIL_BLOCK_KERNEL_HPP

#include <millrace/core/detail/simd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// How many items a block has: few enough to stay in the first-level cache (16 KiB), where every member of an aggregate
/// then finds them, and enough that the cost of merging a block does not show in that of an item.
inline constexpr std::size_t block_items = 2048;

/// What a pass over a block can find, as bits: each member asks for some, and one loop finds in registers what all
/// members ask for.
namespace figure {
inline constexpr unsigned power1 = 1;        // sum of (x - shift)
inline constexpr unsigned power2 = 2;        // sum of (x - shift)^2
inline constexpr unsigned power3 = 4;        // sum of (x - shift)^3
inline constexpr unsigned power4 = 8;        // sum of (x - shift)^4
inline constexpr unsigned low = 16;          // least item
inline constexpr unsigned high = 32;         // greatest item
inline constexpr unsigned total = 64;        // compensated sum of x
inline constexpr unsigned logarithm = 128;   // product of x, as mantissa and exponent; who asks for it needs low too
inline constexpr unsigned reciprocal = 256;  // sum of 1 / x
}  // namespace figure

/// What a pass has found. Figures that no member asked for are as they are here.
struct block_figures {
  double shift = 0;      ///< what powers are taken around
  double power[4] = {};  ///< [k - 1]: the sum of (x - shift)^k
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  double total = 0;  ///< the sum of the items is total + total_rest
  double total_rest = 0;
  double mantissa = 1;  ///< in [1, 2): the product of the items is mantissa * 2^exponent, if low is a normal number
  std::int64_t exponent = 0;
  double reciprocal = 0;
  double poison = 0;                ///< 0; NaN if an item is not finite, or a sum left double's range
  double mass = 0;                  ///< the sum of the weights; the number of items if they have no weights
  const double* weights = nullptr;  ///< of the items; null if they have none
};

/// Every sum is kept as `sum_lanes` partial sums, item i being added to number i % sum_lanes, whatever the width of the
/// CPU's vectors, and these lanes are then added in a fixed order. So all machines find the same bits.
inline constexpr std::size_t sum_lanes = 16;

// The mantissa's bits of a double, and the bits of 1.0.
inline constexpr std::uint64_t mantissa_bits = 0x000f'ffff'ffff'ffffU;
inline constexpr std::uint64_t one_bits = 0x3ff0'0000'0000'0000U;

/// Adds x to sum + rest; the only rounding error left is that of the additions to rest.
///
/// With fl() for rounding, line by line:
///
///     sum   = fl(before + x)
///     taken = fl(sum - before)        the part of x that reached sum
///     fl(sum - taken)                 the part of before that reached sum
///     before - (sum - taken)          the part of before that did not
///     x - taken                       the part of x that did not
///
/// The last two differences, and their sum, are exact (Knuth), whichever of before and x is greater: that sum is the
/// rounding error before + x - sum, and rest gathers these errors.
/// Source: Knuth, TAOCP 2, 4.2.2, theorem B ("two-sum").
template <class V>
[[gnu::always_inline]] constexpr void add_compensated(V& sum, V& rest, const V& x) noexcept {
  const V before = sum;
  sum = before + x;
  const V taken = sum - before;
  rest += (before - (sum - taken)) + (x - taken);
}

// How two lanes are joined into one: their sum, the least, the greatest.
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

/// Stores the lanes to memory, each register by way of a copy: a variable whose own address is taken would be kept in
/// memory throughout the loop over the block.
template <class V, std::size_t Registers>
[[gnu::always_inline]] inline void spill(double (&to)[sum_lanes], const V (&from)[Registers]) noexcept {
#pragma GCC unroll 16
  for (std::size_t k = 0; k < Registers; ++k) {
    const V now = from[k];
    store_vector(to + k * (sum_lanes / Registers), now);
  }
}

template <class V, std::size_t Registers>
[[gnu::always_inline]] inline void fill(V (&to)[Registers], const V& with) noexcept {
#pragma GCC unroll 16
  for (std::size_t k = 0; k < Registers; ++k) to[k] = with;
}

/// Joins all lanes into one number: the upper half to the lower half, until one lane is left.
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

/// Joins term(last[i]) to lane i for each of the `tail` items that are left over after the last full group of lanes.
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

/// Splits a normal x > 0 into m * 2^e with m in [1, 2): adds e to `exponent` and returns m.
constexpr double take_exponent(double x, std::int64_t& exponent) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<std::int64_t>(bits >> 52) - 1023;
  return std::bit_cast<double>((bits & mantissa_bits) | one_bits);
}

/// The highest power of deviations that is wanted; 0 if none is.
constexpr unsigned powers_in(unsigned wanted) noexcept {
  return (wanted & figure::power4) != 0   ? 4
         : (wanted & figure::power3) != 0 ? 3
         : (wanted & figure::power2) != 0 ? 2
         : (wanted & figure::power1) != 0 ? 1
                                          : 0;
}
/// Must the pass look for infinities and NaN? It need not if a sum is wanted anyway, in which they show.
constexpr bool looks_for_poison(unsigned wanted) noexcept {
  return powers_in(wanted) == 0 && (wanted & (figure::total | figure::reciprocal)) == 0;
}

// Each figure is found by a type of its own, whose lanes are in an array of registers (vectors of type V):
//
//   begin(first)           // before the first items; `first` is a vector of the block's items
//   step(k, item, pass)    // takes a vector of items into register k
//   finish(pass, out)      // joins the items left over to the lanes, then the lanes into one figure
//
// A pass over a block is a pack of the types whose figures are wanted; one loop calls `step` of them all.

/// What all figures of a pass share.
template <class V>
struct block_pass {
  V shift;
  V ones;              // see simd.hpp, `load_ones`
  double around;       // the shift, as one number
  const double* last;  // the items left over after the last full group of lanes
  std::size_t tail;    // how many those are
  std::size_t full;    // how many items come before them
};

template <class V>
inline constexpr std::size_t lane_registers = sum_lanes * sizeof(double) / sizeof(V);

/// Stands in a pack for a figure that is not wanted.
template <unsigned Figure>
struct no_lanes {
  void begin(const auto&) noexcept {}
  void step(std::size_t, const auto&, const auto&) noexcept {}
  void finish(const auto&, block_figures&) noexcept {}
};

template <class V>
struct low_lanes {
  V low[lane_registers<V>];
  [[gnu::always_inline]] void begin(const V& first) noexcept { fill(low, first); }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const auto&) noexcept {
    low[k] = item < low[k] ? item : low[k];
  }
  /// A zero becomes +0: which of two zeros was met first would depend on the lanes.
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    join_tail(low, pass.last, pass.tail, lane_least(), [](double one) { return one; });
    out.low = join_lanes(low, lane_least()) + 0.0;
  }
};
template <class V>
struct high_lanes {
  V high[lane_registers<V>];
  [[gnu::always_inline]] void begin(const V& first) noexcept { fill(high, first); }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const auto&) noexcept {
    high[k] = item > high[k] ? item : high[k];
  }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    join_tail(high, pass.last, pass.tail, lane_greatest(), [](double one) { return one; });
    out.high = join_lanes(high, lane_greatest()) + 0.0;
  }
};

/// The sums of the first Top powers of (x - shift). `Fused`: see `subtract` in simd.hpp.
template <class V, unsigned Top, bool Fused>
struct power_lanes {
  V sums[Top][lane_registers<V>];

  [[gnu::always_inline]] void begin(const V&) noexcept {
#pragma GCC unroll 4
    for (unsigned p = 0; p < Top; ++p) fill(sums[p], V{});
  }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const auto& pass) noexcept {
    V d;
    subtract<Fused>(d, item, pass.shift, pass.ones);
    add_to<Fused>(sums[0][k], d, pass.ones);
    if constexpr (Top >= 2) {
      V d2 = d * d;
      rounded(d2);
      sums[1][k] += d2;
      if constexpr (Top >= 3) {
        V d3 = d2 * d;
        rounded(d3);
        sums[2][k] += d3;
      }
      if constexpr (Top >= 4) {
        V d4 = d2 * d2;
        rounded(d4);
        sums[3][k] += d4;
      }
    }
  }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    join_tail(sums[0], pass.last, pass.tail, lane_sum(), [&](double one) { return power<1>(one - pass.around); });
    out.power[0] = join_lanes(sums[0], lane_sum());
    out.poison += out.power[0];
    if constexpr (Top >= 2) finish_one<2>(pass, out);
    if constexpr (Top >= 3) finish_one<3>(pass, out);
    if constexpr (Top >= 4) finish_one<4>(pass, out);
  }

 private:
  template <unsigned P>
  [[gnu::always_inline]] static double power(double d) noexcept {
    double product = P == 1 ? d : P == 2 ? d * d : P == 3 ? d * d * d : (d * d) * (d * d);
    rounded(product);
    return product;
  }
  template <unsigned P>
  [[gnu::always_inline]] void finish_one(const auto& pass, block_figures& out) noexcept {
    join_tail(sums[P - 1], pass.last, pass.tail, lane_sum(), [&](double one) { return power<P>(one - pass.around); });
    out.power[P - 1] = join_lanes(sums[P - 1], lane_sum());
  }
};

/// The compensated sum: each lane is one, and the lanes, then the items left over, are added to one another likewise.
template <class V>
struct total_lanes {
  V total[lane_registers<V>];
  V rest[lane_registers<V>];

  [[gnu::always_inline]] void begin(const V&) noexcept {
    fill(total, V{});
    fill(rest, V{});
  }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const auto&) noexcept {
    add_compensated(total[k], rest[k], item);
  }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    join(out);
    for (std::size_t i = 0; i < pass.tail; ++i) add_compensated(out.total, out.total_rest, pass.last[i]);
    out.poison += out.total_rest;
  }
  [[gnu::always_inline]] void join(block_figures& out) noexcept {
    double lane[sum_lanes], other[sum_lanes];
    spill(lane, total);
    spill(other, rest);
    for (std::size_t k = 0; k < sum_lanes; ++k) {
      add_compensated(out.total, out.total_rest, lane[k]);
      out.total_rest += other[k];
    }
  }
};

/// The product of the items: multiplies mantissas and adds exponents. A lane multiplies at most 2048 / 16 + 1 mantissas
/// below 2, so that it does not overflow. Exponents are added as their bits, which are greater by 1023.
template <class V>
struct logarithm_lanes {
  using bits_type = vector<std::uint64_t, sizeof(V)>;
  V mantissa[lane_registers<V>];
  bits_type exponent[lane_registers<V>];

  [[gnu::always_inline]] void begin(const V&) noexcept {
    fill(mantissa, V{} + 1.0);
    fill(exponent, bits_type{});
  }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const auto&) noexcept {
    bits_type bits;
    __builtin_memcpy(&bits, &item, sizeof(V));
    exponent[k] += bits >> 52;
    bits = (bits & mantissa_bits) | one_bits;
    V m;
    __builtin_memcpy(&m, &bits, sizeof(V));
    mantissa[k] *= m;
  }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    double lane[sum_lanes];
    spill(lane, mantissa);
    for (std::size_t k = 0; k < lane_registers<V>; ++k)
      for (std::size_t i = 0; i < sizeof(V) / sizeof(double); ++i)
        out.exponent += static_cast<std::int64_t>(exponent[k][i]);
    out.exponent -= static_cast<std::int64_t>(1023 * pass.full);
    for (std::size_t i = 0; i < pass.tail; ++i) lane[i] *= take_exponent(pass.last[i], out.exponent);
    double product = 1;
    for (const double one : lane) product *= take_exponent(one, out.exponent);
    out.mantissa = take_exponent(product, out.exponent);
  }
};

template <class V>
struct reciprocal_lanes {
  V sum[lane_registers<V>];
  [[gnu::always_inline]] void begin(const V&) noexcept { fill(sum, V{}); }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const auto&) noexcept { sum[k] += 1.0 / item; }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    join_tail(sum, pass.last, pass.tail, lane_sum(), [](double one) { return 1.0 / one; });
    out.reciprocal = join_lanes(sum, lane_sum());
    out.poison += out.reciprocal;
  }
};

/// NaN for an item that is not finite, else zero.
template <class V>
struct poison_lanes {
  V bad[lane_registers<V>];
  [[gnu::always_inline]] void begin(const V&) noexcept { fill(bad, V{}); }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const auto&) noexcept { bad[k] += item - item; }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    join_tail(bad, pass.last, pass.tail, lane_sum(), [](double one) { return one - one; });
    out.poison += join_lanes(bad, lane_sum());
  }
};

template <unsigned Wanted, unsigned Figure, class Lanes>
using lanes_if = std::conditional_t<(Wanted & Figure) != 0, Lanes, no_lanes<Figure>>;

/// The lanes of several figures, as one type.
template <class... Lanes>
struct lane_pack : Lanes... {
  [[gnu::always_inline]] void begin(const auto& first) noexcept { (Lanes::begin(first), ...); }
  [[gnu::always_inline]] void step(std::size_t k, const auto& item, const auto& pass) noexcept {
    (Lanes::step(k, item, pass), ...);
  }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    (Lanes::finish(pass, out), ...);
    out.poison -= out.poison;  // 0 if it is finite, else NaN
  }
};

template <class V, unsigned Wanted, bool Fused>
using block_lanes =
    lane_pack<lanes_if<Wanted, figure::low, low_lanes<V>>, lanes_if<Wanted, figure::high, high_lanes<V>>,
              std::conditional_t<powers_in(Wanted) != 0, power_lanes<V, powers_in(Wanted), Fused>, no_lanes<1>>,
              lanes_if<Wanted, figure::total, total_lanes<V>>, lanes_if<Wanted, figure::logarithm, logarithm_lanes<V>>,
              lanes_if<Wanted, figure::reciprocal, reciprocal_lanes<V>>,
              std::conditional_t<looks_for_poison(Wanted), poison_lanes<V>, no_lanes<0>>>;

/// One pass over a block. Precondition: count is a multiple of `sum_lanes`, and 0 < count <= block_items; `tail` items,
/// fewer than `sum_lanes`, follow those.
template <unsigned Wanted, std::size_t Bytes, bool Fused>
[[gnu::always_inline]] inline void block_body(const double* x, std::size_t count, std::size_t tail,
                                              block_figures& out) noexcept {
  using v = vector<double, Bytes>;
  block_pass<v> pass{v{} + out.shift, {}, out.shift, x + count, tail, count};
  load_ones(pass.ones);
  block_lanes<v, Wanted, Fused> lanes;
  v first;
  load_vector(first, x);
  lanes.begin(first);
  for (std::size_t at = 0; at < count; at += sum_lanes) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < lane_registers<v>; ++k) {
      v item;
      load_vector(item, x + at + k * (Bytes / sizeof(double)));
      lanes.step(k, item, pass);
    }
  }
  lanes.finish(pass, out);
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

/// The shift of a block: the mean p of its first 32 items, or its first item if there are fewer.
///
/// Whatever the data, taking squares around p and not around the mean m of all n items costs at most two digits: by
/// convexity (p - m)^2 is at most the mean of (x - m)^2 over those 32, so at most C / 32, where C is the sum of
/// (x - m)^2 over all items, of which the 32 are part. The sum of squares around p is C + n (p - m)^2, so at most
/// (1 + n / 32) C = 65 C for n = 2,048: no more than a factor of 65 cancels when it is moved to m.
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
  if constexpr (powers_in(Wanted) != 0) made.shift = pilot(x, count);
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
