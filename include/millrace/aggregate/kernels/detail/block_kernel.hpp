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
/// the lanes are then added in a fixed order: all machines find the same bits.
inline constexpr std::size_t sum_lanes = 16;

inline constexpr std::uint64_t mantissa_bits = 0x000f'ffff'ffff'ffffU;
inline constexpr std::uint64_t one_bits = 0x3ff0'0000'0000'0000U;

/// Adds x to sum + rest, exactly but for the rounding of rest.
///
/// `sum` becomes before + x as rounded. `taken` is what that took of x: sum - before, itself rounded. Then sum - taken
/// is what it took of before, so that before - (sum - taken) and x - taken are what was left of the two. Both are
/// exact, and together with the rounded sum they are before + x.
/// Source: Knuth, TAOCP 2, 4.2.2, theorem B.
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

template <class V, std::size_t Registers>
[[gnu::always_inline]] inline void fill(V (&to)[Registers], const V& with) noexcept {
#pragma GCC unroll 16
  for (std::size_t k = 0; k < Registers; ++k) to[k] = with;
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

/// How many powers of deviations are wanted.
constexpr unsigned powers_in(unsigned wanted) noexcept {
  return (wanted & figure::power4) != 0   ? 4
         : (wanted & figure::power3) != 0 ? 3
         : (wanted & figure::power2) != 0 ? 2
         : (wanted & figure::power1) != 0 ? 1
                                          : 0;
}
/// Must infinities and NaN be looked for? Else they show in a sum that is wanted anyway.
constexpr bool looks_for_poison(unsigned wanted) noexcept {
  return powers_in(wanted) == 0 && (wanted & (figure::total | figure::reciprocal)) == 0;
}

// Each figure is found by a type of its own, over registers of type V that hold its lanes:
//
//   begin(first)           // before the first items; `first` holds some of the block
//   step(k, item, pass)    // items that go to register k
//   finish(pass, out)      // joins what is left over to the lanes, and the lanes one another
//
// A pass over a block is a pack of those that are wanted, folded into one loop.

/// What all figures of a pass share. `last`: `tail` items that are left over after the last full lanes.
template <class V>
struct block_pass {
  V shift;
  V ones;
  double around;  // the shift
  const double* last;
  std::size_t tail;
  std::size_t full;  // how many items there are before
};

template <class V>
inline constexpr std::size_t lane_registers = sum_lanes * sizeof(double) / sizeof(V);

/// A figure that nobody wants.
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
  /// Of zeros which one is the extreme does not matter: it becomes the positive one.
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

/// Sums of the first Top powers of (x - shift).
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

/// The compensated sum: in each lane, and of the lanes, one after the other.
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

/// The product: mantissas multiplied, exponents added. 1023 is what an exponent's bits are greater by.
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

/// Some figures' lanes as one.
template <class... Lanes>
struct lane_pack : Lanes... {
  [[gnu::always_inline]] void begin(const auto& first) noexcept { (Lanes::begin(first), ...); }
  [[gnu::always_inline]] void step(std::size_t k, const auto& item, const auto& pass) noexcept {
    (Lanes::step(k, item, pass), ...);
  }
  [[gnu::always_inline]] void finish(const auto& pass, block_figures& out) noexcept {
    (Lanes::finish(pass, out), ...);
    out.poison -= out.poison;
  }
};

template <class V, unsigned Wanted, bool Fused>
using block_lanes =
    lane_pack<lanes_if<Wanted, figure::low, low_lanes<V>>, lanes_if<Wanted, figure::high, high_lanes<V>>,
              std::conditional_t<powers_in(Wanted) != 0, power_lanes<V, powers_in(Wanted), Fused>, no_lanes<1>>,
              lanes_if<Wanted, figure::total, total_lanes<V>>, lanes_if<Wanted, figure::logarithm, logarithm_lanes<V>>,
              lanes_if<Wanted, figure::reciprocal, reciprocal_lanes<V>>,
              std::conditional_t<looks_for_poison(Wanted), poison_lanes<V>, no_lanes<0>>>;

/// Precondition: count is a multiple of `sum_lanes`, and 0 < count <= 2048. `tail` items, fewer than
/// `sum_lanes`, follow them.
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
