#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_LOG_INDEX_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_LOG_INDEX_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Numbers the buckets of positive numbers so that all numbers in a bucket are within `relative_error` of its middle.
///
/// For x = 2^e (1 + s), 0 <= s < 1, the bucket is floor((e + ((a s + b) s + c) s) * per_octave): the cubic, which runs
/// from 0 to 1, stands in for log2(1 + s), which saves the call of a logarithm and costs 1 % more buckets.
///
/// A bucket must span at most the factor gamma = (1 + r) / (1 - r), r = relative_error, so that its middle, the
/// harmonic mean 2 low high / (low + high), is within r of both ends. By ln(x) the cubic has the slope
///     (c + 2 b s + 3 a s^2) (1 + s),
/// which is nowhere below its value c at s = 0. So with per_octave = 1 / (c ln(gamma)) no bucket spans more than
/// ln(gamma) of ln(x).
/// Source: DDSketch's cubically interpolated mapping: Masson, Rim, Lee, "DDSketch", VLDB 2019, and the polynomial as
/// DataDog's implementations have it, so that their bytes number the same buckets.
template <unsigned Permille>
struct log_index {
  static constexpr double relative_error = Permille / 1000.0;
  static constexpr double gamma = (1 + relative_error) / (1 - relative_error);

  static constexpr double a = 6.0 / 35;
  static constexpr double b = -3.0 / 5;
  static constexpr double c = 10.0 / 7;
  /// Buckets an octave.
  static constexpr double per_octave = [] {
    // ln(gamma) = 2 atanh(relative_error), by its series.
    double sum = 0;
    double power = relative_error;
    for (int k = 1; k < 2000; k += 2, power *= relative_error * relative_error) sum += power / k;
    return 1 / (2 * sum) / c;
  }();
  /// More than the number of buckets below 1: added before the conversion to an integer, which truncates, and
  /// subtracted after it, so that negative numbers are rounded down as well. 1100 octaves are more than a double has
  /// below 1.
  static constexpr std::int32_t bias = static_cast<std::int32_t>(1100 * per_octave);
  static constexpr double smallest = 0x1p-1022;

  /// The bucket of x. Precondition: x is finite, normal and above zero.
  static std::int32_t of(double x) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    // The exponent's bits k become the double 2^52 + k, whose bits are those of 2^52 with k in the mantissa; 1023 is
    // the bias. The mantissa's bits with the exponent of 1.0 are 1 + s.
    const double e = std::bit_cast<double>((bits >> 52) | 0x4330'0000'0000'0000U) - (0x1p52 + 1023);
    const double s = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffffU) | 0x3ff0'0000'0000'0000U) - 1;
    double t = a * s;
    rounded(t);
    t = (t + b) * s;
    rounded(t);
    t = (t + c) * s;
    rounded(t);
    t = (t + e) * per_octave;
    rounded(t);
    return static_cast<std::int32_t>(t + bias) - bias;
  }

  /// The least number of bucket i, up to rounding: Newton's method inverts the cubic, six steps from s = its value.
  static double lower(std::int32_t i) noexcept {
    const double t = i / per_octave;
    const double e = math::floor(t);
    const double part = t - e;
    double s = part;
    for (int round = 0; round < 6; ++round) s -= (((a * s + b) * s + c) * s - part) / ((3 * a * s + 2 * b) * s + c);
    return math::ldexp(1 + s, static_cast<int>(e));
  }
  /// The number that stands for all in bucket i: the harmonic mean of its ends, as derived above. Near the end of
  /// double's range, where the upper end may overflow, the lower end times 1 + relative_error.
  static double middle(std::int32_t i) noexcept {
    const double low = lower(i);
    const double high = lower(i + 1);
    return high > 1e300 ? low * (1 + relative_error) : 2 * low * (high / (low + high));
  }
};

/// Writes the bucket of each item, less `first`, to `to`: the same steps as `log_index::of`, in vectors. Precondition:
/// count is a multiple of 16.
template <class Index, std::size_t Bytes, bool Fused>
[[gnu::always_inline]] inline void index_body(const double* x, std::size_t count, std::int32_t first,
                                              std::int32_t* to) noexcept {
  using v = vector<double, Bytes>;
  using w = vector<std::uint64_t, Bytes>;
  using n = vector<std::int32_t, Bytes / 2>;
  constexpr std::size_t width = Bytes / 8;
  const n less = n{} + (Index::bias + first);
  v ones;
  load_ones(ones);
  for (std::size_t at = 0; at < count; at += width) {
    w bits;
    load_vector(bits, x + at);
    const w exponent = (bits >> 52) | 0x4330'0000'0000'0000U;
    const w mantissa = (bits & 0x000f'ffff'ffff'ffffU) | 0x3ff0'0000'0000'0000U;
    v e, s;
    __builtin_memcpy(&e, &exponent, Bytes);
    __builtin_memcpy(&s, &mantissa, Bytes);
    e -= 0x1p52 + 1023;
    s -= 1.0;
    v t = Index::a * s;
    rounded(t);
    add_to<Fused>(t, v{} + Index::b, ones);
    t *= s;
    rounded(t);
    add_to<Fused>(t, v{} + Index::c, ones);
    t *= s;
    rounded(t);
    t = (t + e) * Index::per_octave;
    rounded(t);
    t += static_cast<double>(Index::bias);
    store_vector(to + at, __builtin_convertvector(t, n) - less);
  }
}
template <class Index>
void index_baseline(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  index_body<Index, 16, false>(x, count, first, to);
}
template <class Index>
MILLRACE_X86_TARGET("avx2,fma")
void index_avx2(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  index_body<Index, 32, true>(x, count, first, to);
}
template <class Index>
MILLRACE_X86_TARGET("avx512f")
void index_avx512(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  index_body<Index, 64, true>(x, count, first, to);
}
/// The same for any number of items, by the widest vectors that the CPU has.
template <class Index>
void index_block(const double* x, std::size_t count, std::int32_t first, std::int32_t* to) noexcept {
  const std::size_t even = count / 16 * 16;
  if (cpu_has_avx512())
    index_avx512<Index>(x, even, first, to);
  else if (cpu_has_avx2_fma())
    index_avx2<Index>(x, even, first, to);
  else
    index_baseline<Index>(x, even, first, to);
  for (std::size_t i = even; i < count; ++i) to[i] = Index::of(x[i]) - first;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_LOG_INDEX_HPP
