#ifndef MILLRACE_TENSOR_DETAIL_SCAN_KERNELS_HPP
#define MILLRACE_TENSOR_DETAIL_SCAN_KERNELS_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/tensor/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace tensor {
namespace detail {

// An IEEE 754 number is NaN or infinite exactly if all bits of its exponent are ones, that is, if its bits without the
// sign, as an integer, are at least those of infinity. The exponent of every width lies within the top 16 bits. So one
// loop serves all widths: it clears the top bit of each 16-bit lane and keeps the maximum of each lane. That takes two
// instructions for 16 bytes even with SSE2, so the loop runs as fast as memory is read. As it is integer arithmetic, it
// means the same under -ffast-math.

/// The maximum of each of the four 16-bit lanes of the data's 64-bit words, without their top bits. Elements of 2 or 4
/// bytes have their top lanes among those too.
struct lane_maxima {
  std::int16_t lane[4] = {};

  void take(std::size_t at, std::int16_t value) noexcept {
    if (value > lane[at % 4]) lane[at % 4] = value;
  }
};

/// The kernel of max_lanes for vectors of `Bytes` bytes. Returns how many bytes it has done, a multiple of 4 `Bytes`.
template <std::size_t Bytes>
[[gnu::always_inline]] inline std::size_t max_lanes_body(const unsigned char* data, std::size_t bytes,
                                                         lane_maxima& maxima) noexcept {
  using v = vector<std::int16_t, Bytes>;
  const v magnitude = v{} + static_cast<std::int16_t>(0x7fff);
  v a{}, b{}, c{}, d{};
  std::size_t at = 0;
  for (; at + 4 * Bytes <= bytes; at += 4 * Bytes) {
    v w, x, y, z;
    load_vector(w, data + at);
    load_vector(x, data + at + Bytes);
    load_vector(y, data + at + 2 * Bytes);
    load_vector(z, data + at + 3 * Bytes);
    w &= magnitude;
    x &= magnitude;
    y &= magnitude;
    z &= magnitude;
    a = w > a ? w : a;
    b = x > b ? x : b;
    c = y > c ? y : c;
    d = z > d ? z : d;
  }
  a = b > a ? b : a;
  c = d > c ? d : c;
  a = c > a ? c : a;
  for (std::size_t lane = 0; lane < Bytes / 2; ++lane) maxima.take(lane, a[lane]);
  return at;
}

inline std::size_t max_lanes_baseline(const unsigned char* data, std::size_t bytes, lane_maxima& maxima) noexcept {
  return max_lanes_body<16>(data, bytes, maxima);
}
MILLRACE_X86_TARGET("avx2")
inline std::size_t max_lanes_avx2(const unsigned char* data, std::size_t bytes, lane_maxima& maxima) noexcept {
  return max_lanes_body<32>(data, bytes, maxima);
}

/// The lanes' maxima of all bytes. Precondition: data begins with an element, and bytes is a multiple of its size.
inline lane_maxima max_lanes(const unsigned char* data, std::size_t bytes) noexcept {
  lane_maxima maxima;
  std::size_t at = cpu_has_avx2() ? max_lanes_avx2(data, bytes, maxima) : max_lanes_baseline(data, bytes, maxima);
  for (; at < bytes; at += 2) {
    std::uint16_t lane = 0;
    __builtin_memcpy(&lane, data + at, 2);
    maxima.take(at / 2, static_cast<std::int16_t>(lane & 0x7fffU));
  }
  return maxima;
}

/// What one block of elements adds to a summary. Every kernel keeps eight partial sums, whatever the CPU, so that the
/// result is the same on all.
struct block_sums {
  double sum = 0;
  double squares = 0;
  double low = 0;
  double high = 0;
};

/// Loads `Lanes` floats or doubles as doubles.
template <std::size_t Lanes, class T>
[[gnu::always_inline]] inline void load_widened(vector<double, 8 * Lanes>& to, const T* from) noexcept {
  vector<T, sizeof(T) * Lanes> narrow;
  load_vector(narrow, from);
  to = __builtin_convertvector(narrow, vector<double, 8 * Lanes>);
}

/// The kernel of sum_block for vectors of `Lanes` doubles. Precondition: count is a positive multiple of 8.
template <std::size_t Lanes, class T>
[[gnu::always_inline]] inline block_sums block_sums_body(const T* data, std::size_t count) noexcept {
  using v = vector<double, 8 * Lanes>;
  constexpr std::size_t width = 8 / Lanes;
  v sum[width]{}, squares[width]{}, low, high;
  load_widened<Lanes>(low, data);
  high = low;
  for (std::size_t at = 0; at < count; at += 8) {
    v x[width];
    for (std::size_t k = 0; k < width; ++k) load_widened<Lanes>(x[k], data + at + k * Lanes);
    for (std::size_t k = 0; k < width; ++k) {
      v square = x[k] * x[k];
      if constexpr (!std::is_same_v<T, float>) rounded(square);  // the square of a float is exact
      sum[k] += x[k];
      squares[k] += square;
    }
    v least = x[0], greatest = x[0];
    for (std::size_t k = 1; k < width; ++k) {
      least = x[k] < least ? x[k] : least;
      greatest = x[k] > greatest ? x[k] : greatest;
    }
    low = least < low ? least : low;
    high = greatest > high ? greatest : high;
  }
  block_sums made{0, 0, low[0], high[0]};
  for (std::size_t k = 0; k < width; ++k)
    for (std::size_t lane = 0; lane < Lanes; ++lane) {
      made.sum += sum[k][lane];
      made.squares += squares[k][lane];
    }
  for (std::size_t lane = 1; lane < Lanes; ++lane) {
    made.low = low[lane] < made.low ? low[lane] : made.low;
    made.high = high[lane] > made.high ? high[lane] : made.high;
  }
  return made;
}

template <class T>
block_sums sum_block_baseline(const T* data, std::size_t count) noexcept {
  return block_sums_body<2>(data, count);
}
template <class T>
MILLRACE_X86_TARGET("avx2")
block_sums sum_block_avx2(const T* data, std::size_t count) noexcept {
  return block_sums_body<4>(data, count);
}
template <class T>
MILLRACE_X86_TARGET("avx512f")
block_sums sum_block_avx512(const T* data, std::size_t count) noexcept {
  return block_sums_body<8>(data, count);
}

/// Sums, squares and extremes of a block. If an element is not finite, neither is the sum of squares, and the other
/// numbers mean nothing. Precondition: count > 0.
template <class T>
block_sums sum_block(const T* data, std::size_t count) noexcept {
  const std::size_t even = count / 8 * 8;
  block_sums made;
  if (even != 0)
    made = cpu_has_avx512() ? sum_block_avx512(data, even)
           : cpu_has_avx2() ? sum_block_avx2(data, even)
                            : sum_block_baseline(data, even);
  else
    made.low = made.high = static_cast<double>(data[0]);
  for (std::size_t at = even; at < count; ++at) {
    const auto x = static_cast<double>(data[at]);
    double square = x * x;
    rounded(square);
    made.sum += x;
    made.squares += square;
    made.low = x < made.low ? x : made.low;
    made.high = x > made.high ? x : made.high;
  }
  return made;
}

}  // namespace detail
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_SCAN_KERNELS_HPP
