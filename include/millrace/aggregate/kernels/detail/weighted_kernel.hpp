#ifndef MILLRACE_AGGREGATE_KERNELS_DETAIL_WEIGHTED_KERNEL_HPP
#define MILLRACE_AGGREGATE_KERNELS_DETAIL_WEIGHTED_KERNEL_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/core/detail/simd.hpp>

#include <cstddef>
#include <limits>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A block in groups of `sum_lanes` items. The last group is filled up, where items are too few for it, with copies of
/// the block's first item that have weight zero, so that they change no sum and no extreme.
class filled_groups {
 public:
  filled_groups(const double* x, const double* weights, std::size_t count) noexcept
      : x_(x), weights_(weights), full_(count / sum_lanes), tail_(count % sum_lanes) {
    for (std::size_t i = 0; i < sum_lanes; ++i) {
      filled_x_[i] = i < tail_ ? x[full_ * sum_lanes + i] : x[0];
      filled_weights_[i] = i < tail_ ? weights[full_ * sum_lanes + i] : 0;
    }
  }
  /// Calls f(items, weights, is_full) for each group in order; is_full is false for a group that was filled up.
  template <class F>
  [[gnu::always_inline]] void for_each(F&& f) const noexcept {
    const std::size_t groups = full_ + (tail_ != 0 ? 1 : 0);
    for (std::size_t group = 0; group < groups; ++group) {
      const bool is_full = group < full_;
      f(is_full ? x_ + group * sum_lanes : filled_x_, is_full ? weights_ + group * sum_lanes : filled_weights_,
        is_full);
    }
  }
  /// The least of `least` and the weights of the items in the last group, without those that fill it up.
  double least_of_tail(double least) const noexcept {
    for (std::size_t i = 0; i < tail_; ++i) least = filled_weights_[i] < least ? filled_weights_[i] : least;
    return least;
  }

 private:
  const double* x_;
  const double* weights_;
  std::size_t full_;
  std::size_t tail_;
  double filled_x_[sum_lanes];
  double filled_weights_[sum_lanes];
};

/// Finds the mass of a block, the sum of its weights, and, if powers are wanted, its weighted mean as the shift to take
/// them around. Returns false if a weight is not above zero or the mass is not finite.
template <bool Powers, class V>
[[gnu::always_inline]] inline bool weigh(const filled_groups& groups, block_figures& out) noexcept {
  constexpr std::size_t registers = lane_registers<V>;
  V mass[registers], first[registers], lightest[registers];
  fill(mass, V{});
  fill(first, V{});
  fill(lightest, V{} + 1.0);  // or any number above zero: only whether a weight is above zero matters
  groups.for_each([&](const double* items, const double* weights, bool is_full) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < registers; ++k) {
      V item, w;
      load_vector(item, items + k * (sum_lanes / registers));
      load_vector(w, weights + k * (sum_lanes / registers));
      mass[k] += w;
      if (is_full) lightest[k] = w < lightest[k] ? w : lightest[k];
      if constexpr (Powers) {
        V product = w * item;
        rounded(product);
        first[k] += product;
      }
    }
  });
  const double least = groups.least_of_tail(join_lanes(lightest, lane_least()));
  out.mass = join_lanes(mass, lane_sum());
  if (!(least > 0) || !(out.mass <= (std::numeric_limits<double>::max)())) return false;
  if constexpr (Powers) out.shift = join_lanes(first, lane_sum()) / out.mass;
  return true;
}

// Lanes as in block_kernel.hpp that take a weight with each item: `step(k, item, w, shift)`, `finish(out)`. No item is
// left over, as groups are filled up. A sum that is not finite, by overflow or by an item, poisons the block.

template <unsigned Figure>
struct no_weighted_lanes {
  void begin(const auto&) noexcept {}
  void step(std::size_t, const auto&, const auto&, const auto&) noexcept {}
  void finish(block_figures&) noexcept {}
};

/// Joins the lanes of a sum, and lets it poison the block if it is not finite.
template <class V>
[[gnu::always_inline]] inline double join_sum(const V (&from)[lane_registers<V>], block_figures& out) noexcept {
  const double sum = join_lanes(from, lane_sum());
  out.poison += sum;
  return sum;
}

/// Lanes whose figure does not depend on weights.
template <class Lanes>
struct weightless : Lanes {
  [[gnu::always_inline]] void step(std::size_t k, const auto& item, const auto&, const auto& pass) noexcept {
    Lanes::step(k, item, pass);
  }
  [[gnu::always_inline]] void finish(block_figures& out) noexcept { Lanes::finish(no_tail(), out); }

 private:
  struct no_tail {
    const double* last = nullptr;
    std::size_t tail = 0;
  };
};

template <class V, unsigned Top>
struct weighted_power_lanes {
  V sums[Top][lane_registers<V>];

  [[gnu::always_inline]] void begin(const V&) noexcept {
#pragma GCC unroll 4
    for (unsigned p = 0; p < Top; ++p) fill(sums[p], V{});
  }
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const V& w, const V& shift) noexcept {
    const V d = item - shift;
    V term = w * d;
    rounded(term);
    sums[0][k] += term;
#pragma GCC unroll 4
    for (unsigned p = 1; p < Top; ++p) {
      term *= d;
      rounded(term);
      sums[p][k] += term;
    }
  }
  [[gnu::always_inline]] void finish(block_figures& out) noexcept {
#pragma GCC unroll 4
    for (unsigned p = 0; p < Top; ++p) out.power[p] = join_sum<V>(sums[p], out);
  }
};

template <class V>
struct weighted_total_lanes : total_lanes<V> {
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const V& w, const V&) noexcept {
    V product = w * item;
    rounded(product);
    add_compensated(this->total[k], this->rest[k], product);
  }
  [[gnu::always_inline]] void finish(block_figures& out) noexcept {
    this->join(out);
    out.poison += out.total_rest;
  }
};

template <class V>
struct weighted_reciprocal_lanes : reciprocal_lanes<V> {
  [[gnu::always_inline]] void step(std::size_t k, const V& item, const V& w, const V&) noexcept {
    this->sum[k] += w / item;
  }
  [[gnu::always_inline]] void finish(block_figures& out) noexcept { out.reciprocal = join_sum<V>(this->sum, out); }
};

template <unsigned Wanted, unsigned Figure, class Lanes>
using weighted_if = std::conditional_t<(Wanted & Figure) != 0, Lanes, no_weighted_lanes<Figure>>;

template <class... Lanes>
struct weighted_pack : Lanes... {
  [[gnu::always_inline]] void begin(const auto& first) noexcept { (Lanes::begin(first), ...); }
  [[gnu::always_inline]] void step(std::size_t k, const auto& item, const auto& w, const auto& shift) noexcept {
    (Lanes::step(k, item, w, shift), ...);
  }
  [[gnu::always_inline]] void finish(block_figures& out) noexcept {
    (Lanes::finish(out), ...);
    out.poison -= out.poison;
  }
};

template <class V, unsigned Wanted>
using weighted_lanes = weighted_pack<
    weighted_if<Wanted, figure::low, weightless<low_lanes<V>>>,
    weighted_if<Wanted, figure::high, weightless<high_lanes<V>>>,
    std::conditional_t<powers_in(Wanted) != 0, weighted_power_lanes<V, powers_in(Wanted)>, no_weighted_lanes<1>>,
    weighted_if<Wanted, figure::total, weighted_total_lanes<V>>,
    weighted_if<Wanted, figure::reciprocal, weighted_reciprocal_lanes<V>>,
    std::conditional_t<looks_for_poison(Wanted), weightless<poison_lanes<V>>, no_weighted_lanes<0>>>;

/// As `block_body`, over items with weights; without the logarithm, which its member sums by itself. Two passes: the
/// first finds the mass and the weighted mean, around which the second takes powers, so that they lose no digits to a
/// heavy item far from the others. Sets `out.mass`, and poison also if a weight is not above zero.
template <unsigned Wanted, std::size_t Bytes>
[[gnu::always_inline]] inline void weighted_body(const double* x, const double* weights, std::size_t count,
                                                 block_figures& out) noexcept {
  using v = vector<double, Bytes>;
  const filled_groups groups(x, weights, count);
  if (!weigh<powers_in(Wanted) != 0, v>(groups, out)) {
    out.poison = std::numeric_limits<double>::quiet_NaN();
    return;
  }
  const v shift = v{} + out.shift;
  weighted_lanes<v, Wanted> lanes;
  lanes.begin(v{} + x[0]);
  groups.for_each([&](const double* items, const double* loads, bool) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < lane_registers<v>; ++k) {
      v item, w;
      load_vector(item, items + k * (Bytes / sizeof(double)));
      load_vector(w, loads + k * (Bytes / sizeof(double)));
      lanes.step(k, item, w, shift);
    }
  });
  lanes.finish(out);
}

template <unsigned Wanted>
void weighted_baseline(const double* x, const double* weights, std::size_t count, block_figures& out) noexcept {
  weighted_body<Wanted, 16>(x, weights, count, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx2")
void weighted_avx2(const double* x, const double* weights, std::size_t count, block_figures& out) noexcept {
  weighted_body<Wanted, 32>(x, weights, count, out);
}
template <unsigned Wanted>
MILLRACE_X86_TARGET("avx512f")
void weighted_avx512(const double* x, const double* weights, std::size_t count, block_figures& out) noexcept {
  weighted_body<Wanted, 64>(x, weights, count, out);
}

/// The wanted figures of a block of items with weights. Precondition: 0 < count <= block_items.
template <unsigned Wanted>
block_figures scan_weighted(const double* x, const double* weights, std::size_t count) noexcept {
  block_figures made;
  made.weights = weights;
  if (cpu_has_avx512())
    weighted_avx512<Wanted>(x, weights, count, made);
  else if (cpu_has_avx2())
    weighted_avx2<Wanted>(x, weights, count, made);
  else
    weighted_baseline<Wanted>(x, weights, count, made);
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KERNELS_DETAIL_WEIGHTED_KERNEL_HPP
