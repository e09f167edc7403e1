#ifndef MILLRACE_MODEL_TREES_DETAIL_SPLIT_GAINS_HPP
#define MILLRACE_MODEL_TREES_DETAIL_SPLIT_GAINS_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/gradient_histogram.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

// With G and H the sums of a side's gradients and hessians, the best value of its leaf is -G / (H + l2), and lowers the
// loss by G^2 / (H + l2) / 2. A split is worth what its two sides lower it by more than the node itself; the constant
// 1 / 2 is left out, as elsewhere in the field.
// Source: Chen, Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016, equations 5 to 7.
struct search_numbers {
  float total_g;
  float total_h;
  float l2;
  float least_h;
  /// +1, -1: the right side's value must not be below, above the left one's. 0: either.
  float direction;
};

/// Makes each lane the sum of the lanes up to it.
template <class V>
[[gnu::always_inline]] inline void add_up_lanes(V& v) noexcept {
  const V none{};
  if constexpr (sizeof(V) == 16) {
    v += __builtin_shufflevector(none, v, 0, 2);
  } else if constexpr (sizeof(V) == 32) {
    v += __builtin_shufflevector(none, v, 0, 4, 5, 6);
    v += __builtin_shufflevector(none, v, 0, 1, 4, 5);
  } else {
    v += __builtin_shufflevector(none, v, 0, 8, 9, 10, 11, 12, 13, 14);
    v += __builtin_shufflevector(none, v, 0, 1, 8, 9, 10, 11, 12, 13);
    v += __builtin_shufflevector(none, v, 0, 1, 2, 3, 8, 9, 10, 11);
  }
}
/// Fills `v` with its last lane.
template <class V>
[[gnu::always_inline]] inline void repeat_last_lane(V& v) noexcept {
  if constexpr (sizeof(V) == 16)
    v = __builtin_shufflevector(v, v, 1, 1);
  else if constexpr (sizeof(V) == 32)
    v = __builtin_shufflevector(v, v, 3, 3, 3, 3);
  else
    v = __builtin_shufflevector(v, v, 7, 7, 7, 7, 7, 7, 7, 7);
}
/// The lower and the upper halves of the cells in `a` and `b`, as numbers.
template <class Bits, class Numbers>
[[gnu::always_inline]] inline void halves_of(const Bits& a, const Bits& b, Numbers& low, Numbers& high) noexcept {
  if constexpr (sizeof(Bits) == 16) {
    low = __builtin_convertvector(__builtin_shufflevector(a, b, 0, 2, 4, 6), Numbers);
    high = __builtin_convertvector(__builtin_shufflevector(a, b, 1, 3, 5, 7), Numbers);
  } else if constexpr (sizeof(Bits) == 32) {
    low = __builtin_convertvector(__builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14), Numbers);
    high = __builtin_convertvector(__builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15), Numbers);
  } else {
    low = __builtin_convertvector(
        __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), Numbers);
    high = __builtin_convertvector(
        __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), Numbers);
  }
}

/// Fills `gains` for parting behind each of the first `count` codes, a multiple of 16; 0 where a side is too light or
/// on the wrong side of the other. The rows of `first` go left wherever it is parted. Returns the bits of the largest
/// gain: gains are not negative, and such numbers are in the order of their bits.
template <std::size_t Bytes>
[[gnu::always_inline]] inline std::int32_t gains_body(const gradient_cell* cells, std::size_t count,
                                                      gradient_cell first, const search_numbers& of,
                                                      float* gains) noexcept {
  using numbers = vector<float, Bytes>;
  using bits = vector<std::int32_t, Bytes>;
  using sums = vector<std::int64_t, Bytes>;
  constexpr std::size_t lanes = Bytes / sizeof(float);
  sums carry = sums{} + first;
  bits most{};
  for (std::size_t i = 0; i < count; i += lanes) {
    sums a;
    sums b;
    load_vector(a, cells + i);
    load_vector(b, cells + i + lanes / 2);
    add_up_lanes(a);
    add_up_lanes(b);
    a += carry;
    sums of_a = a;
    repeat_last_lane(of_a);
    b += of_a;
    carry = b;
    repeat_last_lane(carry);
    bits a_bits;
    bits b_bits;
    load_vector(a_bits, &a);
    load_vector(b_bits, &b);
    numbers g;
    numbers h;
    halves_of(a_bits, b_bits, h, g);
    const numbers other_g = of.total_g - g;
    const numbers other_h = of.total_h - h;
    const numbers p = h + of.l2;
    const numbers q = other_h + of.l2;
    numbers own = g * g * q;
    numbers other = other_g * other_g * p;
    rounded_vector<Bytes>(own);
    rounded_vector<Bytes>(other);
    const numbers gain = (own + other) / (p * q);
    numbers left_value = g * q;  // the sides' values, with the sign turned, times p q
    numbers right_value = other_g * p;
    rounded_vector<Bytes>(left_value);
    rounded_vector<Bytes>(right_value);
    // Comparisons by the signs of differences, since g++ 12 does those of the widest vectors lane by lane. 0 is added
    // to make -0 what is not negative.
    const bits refused = bits(h - of.least_h) | bits(other_h - of.least_h) | (bits(p * q) - 1) |
                         bits(of.direction * (left_value - right_value) + 0.0F);
    const bits of_gain = bits(gain) & ~(refused >> 31);
    store_vector(gains + i, of_gain);
    const bits larger = (most - of_gain) >> 31;
    most = (of_gain & larger) | (most & ~larger);
  }
  std::int32_t largest = 0;
  for (std::size_t k = 0; k < lanes; ++k) largest = most[k] > largest ? most[k] : largest;
  return largest;
}
MILLRACE_X86_TARGET("avx2")
inline std::int32_t gains_avx2(const gradient_cell* cells, std::size_t count, gradient_cell first,
                               const search_numbers& of, float* gains) noexcept {
  return gains_body<32>(cells, count, first, of, gains);
}
MILLRACE_X86_TARGET("avx512f,avx512dq")
inline std::int32_t gains_avx512(const gradient_cell* cells, std::size_t count, gradient_cell first,
                                 const search_numbers& of, float* gains) noexcept {
  return gains_body<64>(cells, count, first, of, gains);
}
inline std::int32_t gains_of(const gradient_cell* cells, std::size_t count, gradient_cell first,
                             const search_numbers& of, float* gains) noexcept {
  if (cpu_has_avx512dq()) return gains_avx512(cells, count, first, of, gains);
  if (cpu_has_avx2()) return gains_avx2(cells, count, first, of, gains);
  return gains_body<16>(cells, count, first, of, gains);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_SPLIT_GAINS_HPP
