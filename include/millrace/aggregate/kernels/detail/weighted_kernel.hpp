#ifndef MILLRACE_AGGREGATE_KERNELS_DETAIL_WEIGHTED_KERNEL_HPP
#define MILLRACE_AGGREGATE_KERNELS_DETAIL_WEIGHTED_KERNEL_HPP

#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/core/detail/simd.hpp>

#include <cstddef>
#include <limits>

namespace millrace {
inline namespace v0 {
namespace detail {

/// As block_body, over items that weigh differently; the logarithm excepted, which its member takes itself. Two
/// passes: the weights alone first, which finds the weighted mean, so that powers lose no digits to a heavy
/// item far from the others; then the figures. In `out` the mass; poison also if a weight is not above zero.
template <unsigned Wanted, std::size_t Bytes>
[[gnu::always_inline]] inline void weighted_body(const double* x, const double* weights, std::size_t count,
                                                 block_figures& out) noexcept {
  using v = vector<double, Bytes>;
  constexpr std::size_t width = Bytes / 8;
  constexpr std::size_t registers = sum_lanes / width;
  constexpr bool powers = (Wanted & (figure::power1 | figure::power2 | figure::power3 | figure::power4)) != 0;
  constexpr bool poison = !powers && (Wanted & (figure::total | figure::reciprocal)) == 0;

  // What is left over after the last full lanes is filled up with the first item, weightless.
  const std::size_t tail = count % sum_lanes;
  const std::size_t full = count - tail;
  double filled_x[sum_lanes], filled_weights[sum_lanes];
  for (std::size_t i = 0; i < sum_lanes; ++i) {
    filled_x[i] = i < tail ? x[full + i] : x[0];
    filled_weights[i] = i < tail ? weights[full + i] : 0;
  }
  const std::size_t groups = full / sum_lanes + (tail != 0 ? 1 : 0);

  v mass[registers], first[registers], lightest[registers];
#pragma GCC unroll 16
  for (std::size_t k = 0; k < registers; ++k) {
    mass[k] = first[k] = v{};
    lightest[k] = v{} + 1.0;
  }
  for (std::size_t group = 0; group < groups; ++group) {
    const bool is_full = group * sum_lanes < full;
    const double* const items = is_full ? x + group * sum_lanes : filled_x;
    const double* const loads = is_full ? weights + group * sum_lanes : filled_weights;
#pragma GCC unroll 16
    for (std::size_t k = 0; k < registers; ++k) {
      v item, w;
      load_vector(item, items + k * width);
      load_vector(w, loads + k * width);
      mass[k] += w;
      if (is_full) lightest[k] = w < lightest[k] ? w : lightest[k];
      if constexpr (powers) {
        v product = w * item;
        rounded(product);
        first[k] += product;
      }
    }
  }
  double least = join_lanes(lightest, lane_least());
  for (std::size_t i = 0; i < tail; ++i) least = filled_weights[i] < least ? filled_weights[i] : least;
  out.mass = join_lanes(mass, lane_sum());
  if (!(least > 0) || !(out.mass <= (std::numeric_limits<double>::max)())) {
    out.poison = std::numeric_limits<double>::quiet_NaN();
    return;
  }
  if constexpr (powers) out.shift = join_lanes(first, lane_sum()) / out.mass;

  const v shift = v{} + out.shift;
  v p1[registers], p2[registers], p3[registers], p4[registers], low[registers], high[registers];
  v total[registers], rest[registers], reciprocal[registers], bad[registers];
#pragma GCC unroll 16
  for (std::size_t k = 0; k < registers; ++k) {
    p1[k] = p2[k] = p3[k] = p4[k] = total[k] = rest[k] = reciprocal[k] = bad[k] = v{};
    low[k] = high[k] = v{} + x[0];
  }
  for (std::size_t group = 0; group < groups; ++group) {
    const bool is_full = group * sum_lanes < full;
    const double* const items = is_full ? x + group * sum_lanes : filled_x;
    const double* const loads = is_full ? weights + group * sum_lanes : filled_weights;
#pragma GCC unroll 16
    for (std::size_t k = 0; k < registers; ++k) {
      v item, w;
      load_vector(item, items + k * width);
      load_vector(w, loads + k * width);
      if constexpr ((Wanted & figure::low) != 0) low[k] = item < low[k] ? item : low[k];
      if constexpr ((Wanted & figure::high) != 0) high[k] = item > high[k] ? item : high[k];
      if constexpr (powers) {
        const v d = item - shift;
        v term = w * d;
        rounded(term);
        p1[k] += term;
        if constexpr ((Wanted & (figure::power2 | figure::power3 | figure::power4)) != 0) {
          term *= d;
          rounded(term);
          p2[k] += term;
        }
        if constexpr ((Wanted & (figure::power3 | figure::power4)) != 0) {
          term *= d;
          rounded(term);
          p3[k] += term;
        }
        if constexpr ((Wanted & figure::power4) != 0) {
          term *= d;
          rounded(term);
          p4[k] += term;
        }
      }
      if constexpr ((Wanted & figure::total) != 0) {
        v product = w * item;
        rounded(product);
        add_compensated(total[k], rest[k], product);
      }
      if constexpr ((Wanted & figure::reciprocal) != 0) reciprocal[k] += w / item;
      if constexpr (poison) bad[k] += item - item;
    }
  }

  const auto sum_of = [&](const v(&from)[registers]) {
    const double sum = join_lanes(from, lane_sum());
    out.poison += sum;
    return sum;
  };
  if constexpr (powers) out.power[0] = sum_of(p1);
  if constexpr ((Wanted & (figure::power2 | figure::power3 | figure::power4)) != 0) out.power[1] = sum_of(p2);
  if constexpr ((Wanted & (figure::power3 | figure::power4)) != 0) out.power[2] = sum_of(p3);
  if constexpr ((Wanted & figure::power4) != 0) out.power[3] = sum_of(p4);
  if constexpr ((Wanted & figure::low) != 0) out.low = join_lanes(low, lane_least()) + 0.0;
  if constexpr ((Wanted & figure::high) != 0) out.high = join_lanes(high, lane_greatest()) + 0.0;
  if constexpr ((Wanted & figure::total) != 0) {
    double lane[sum_lanes], other[sum_lanes];
    spill(lane, total);
    spill(other, rest);
    for (std::size_t k = 0; k < sum_lanes; ++k) {
      add_compensated(out.total, out.total_rest, lane[k]);
      out.total_rest += other[k];
    }
    out.poison += out.total_rest;
  }
  if constexpr ((Wanted & figure::reciprocal) != 0) out.reciprocal = sum_of(reciprocal);
  if constexpr (poison) (void)sum_of(bad);
  out.poison -= out.poison;
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

/// The wanted figures of a block whose items weigh differently. Precondition: 0 < count <= block_items.
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
