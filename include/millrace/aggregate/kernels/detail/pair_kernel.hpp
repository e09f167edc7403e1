#ifndef MILLRACE_AGGREGATE_KERNELS_DETAIL_PAIR_KERNEL_HPP
#define MILLRACE_AGGREGATE_KERNELS_DETAIL_PAIR_KERNEL_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/core/detail/simd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Sums over pairs of w dx, w dy, w dx dx, w dy dy and w dx dy, where dx and dy are the deviations from a shift.
struct pair_powers {
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;

  void add(double dx, double dy, double w) noexcept {
    double wx = w * dx;
    double wy = w * dy;
    rounded(wx);
    rounded(wy);
    double dxx = wx * dx;
    double dyy = wy * dy;
    double dxy = wx * dy;
    rounded(dxx);
    rounded(dyy);
    rounded(dxy);
    x += wx;
    y += wy;
    xx += dxx;
    yy += dyy;
    xy += dxy;
  }
};

/// Swaps x and y of each pair in a register.
template <class V>
[[gnu::always_inline]] inline void swap_sides(V& to, const V& from) noexcept {
  if constexpr (sizeof(V) == 16)
    to = __builtin_shufflevector(from, from, 1, 0);
  else
    to = __builtin_shufflevector(from, from, 1, 0, 3, 2);
}

/// Loads the weight of each pair twice, once for x and once for y.
template <class V>
[[gnu::always_inline]] inline void load_weights(V& to, const double* weights) noexcept {
  if constexpr (sizeof(V) == 16) {
    to = V{} + weights[0];
  } else {
    vector<double, 16> two;
    load_vector(two, weights);
    to = __builtin_shufflevector(two, two, 0, 0, 1, 1);
  }
}

/// Lanes as in block_kernel.hpp that hold x and y in turn, as they lie in memory: eight of each.
struct pair_lanes {
  double single[sum_lanes];   // of w dx and w dy
  double square[sum_lanes];   // of w dx dx and w dy dy
  double product[sum_lanes];  // of w dx dy, in both lanes of a pair
};

/// One pass over `count` pairs. Precondition: count is a multiple of 8. `weights` is read only if Weighted.
template <bool Weighted, std::size_t Bytes>
[[gnu::always_inline]] inline void pairs_body(const xy* pairs, [[maybe_unused]] const double* weights,
                                              std::size_t count, const xy& shift, pair_lanes& out) noexcept {
  using v = vector<double, Bytes>;
  constexpr std::size_t width = Bytes / 8;
  constexpr std::size_t registers = sum_lanes / width;
  const double around[] = {shift.x, shift.y, shift.x, shift.y};
  v center;
  load_vector(center, around);
  v single[registers]{}, square[registers]{}, product[registers]{};
  for (std::size_t at = 0; at < count; at += sum_lanes / 2) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < registers; ++k) {
      v d;
      load_vector(d, pairs + at + k * width / 2);
      d -= center;
      v wd = d;
      if constexpr (Weighted) {
        v w;
        load_weights(w, weights + at + k * width / 2);
        wd *= w;
        rounded(wd);
      }
      single[k] += wd;
      v d2 = wd * d;
      rounded(d2);
      square[k] += d2;
      v both;
      swap_sides(both, d);
      both *= wd;
      rounded(both);
      product[k] += both;
    }
  }
  for (std::size_t k = 0; k < registers; ++k) {
    store_vector(out.single + k * width, single[k]);
    store_vector(out.square + k * width, square[k]);
    store_vector(out.product + k * width, product[k]);
  }
}

template <bool Weighted>
void pairs_baseline(const xy* pairs, const double* weights, std::size_t count, const xy& shift,
                    pair_lanes& out) noexcept {
  pairs_body<Weighted, 16>(pairs, weights, count, shift, out);
}
template <bool Weighted>
MILLRACE_X86_TARGET("avx2")
void pairs_avx2(const xy* pairs, const double* weights, std::size_t count, const xy& shift, pair_lanes& out) noexcept {
  pairs_body<Weighted, 32>(pairs, weights, count, shift, out);
}

/// The sums over `count` pairs around a shift. `weights` is read only if Weighted.
template <bool Weighted>
pair_powers scan_pairs(const xy* pairs, const double* weights, std::size_t count, const xy& shift) noexcept {
  pair_lanes found;
  const std::size_t even = count / (sum_lanes / 2) * (sum_lanes / 2);
  if (cpu_has_avx2())
    pairs_avx2<Weighted>(pairs, weights, even, shift, found);
  else
    pairs_baseline<Weighted>(pairs, weights, even, shift, found);
  pair_powers all;
  for (std::size_t i = even; i < count; ++i)
    all.add(pairs[i].x - shift.x, pairs[i].y - shift.y, Weighted ? weights[i] : 1);
  for (double* const lane : {found.single, found.square, found.product})
    for (std::size_t step = sum_lanes / 2; step > 1; step /= 2)
      for (std::size_t i = 0; i < step; ++i) lane[i] += lane[i + step];
  all.x += found.single[0];
  all.y += found.single[1];
  all.xx += found.square[0];
  all.yy += found.square[1];
  all.xy += found.product[0];
  return all;
}

struct pair_center {
  double mass = 0;  // the sum of the weights
  xy mean;
};
/// The sum of the pairs' weights, and the weighted means.
inline pair_center weighted_center(const xy* pairs, const double* weights, std::size_t count) noexcept {
  double mass[4] = {}, x[4] = {}, y[4] = {};
  for (std::size_t i = 0; i < count; ++i) {
    double wx = weights[i] * pairs[i].x;
    double wy = weights[i] * pairs[i].y;
    rounded(wx);
    rounded(wy);
    mass[i % 4] += weights[i];
    x[i % 4] += wx;
    y[i % 4] += wy;
  }
  const double all = (mass[0] + mass[2]) + (mass[1] + mass[3]);
  return {all, {((x[0] + x[2]) + (x[1] + x[3])) / all, ((y[0] + y[2]) + (y[1] + y[3])) / all}};
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KERNELS_DETAIL_PAIR_KERNEL_HPP
