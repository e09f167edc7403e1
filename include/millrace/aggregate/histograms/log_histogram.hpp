#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_LOG_HISTOGRAM_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_LOG_HISTOGRAM_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/int128.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// Quantiles of a stream of durations in fixed memory, whatever their number and range.
///
/// Units: any, in whole numbers; the profiler's are nanoseconds. Numbers with a fraction do not compile: count in a
/// smaller unit, or use a `ddsketch`. A number below zero (from a clock that was set back) is refused: it changes no
/// figure, and `refused` counts it.
/// Guarantee: `count`, `sum`, `min`, `max`, `quantile(0)` and `quantile(1)` are exact (a sum beyond 2^64 - 1 is
/// returned as 2^64 - 1). For 0 < p < 1, `quantile(p)` is within `relative_error` of the value of rank ceil(p * count),
/// equal to it if it is below 128, and never decreases as p grows. Values of 2^63 and more share one bucket, for which
/// that bound does not hold. Merging is exact: any split of a stream merges to the same histogram.
/// Complexity: update O(1), quantile and merge O(buckets); 32 KiB.
/// Allocates: only the saved bytes.
/// Threads: one at a time.
/// Source: log-linear buckets as in G. Tene's HdrHistogram. Here the octave and the bucket within it are read off the
/// exponent and the first mantissa bits of the value as a double.
/// Moved from: unchanged, since moving copies.
class log_histogram {
  template <class X>
  static constexpr bool has_fractions = [] {
    if constexpr (requires(const X& x) { *x.data(); })
      return std::is_floating_point_v<std::remove_cvref_t<decltype(*std::declval<const X&>().data())>>;
    else
      return std::is_floating_point_v<X>;
  }();

 public:
  using value_type = std::uint64_t;
  /// The item type of windows, groups and aggregates of it: signed, so that a number below zero stays one and is
  /// refused.
  using sample = std::int64_t;
  static constexpr double relative_error = 1.0 / 128;

  void update(std::uint64_t value) noexcept {
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_ += value;
    if ((value < min_) | (value > max_)) [[unlikely]] {
      min_ = value < min_ ? value : min_;
      max_ = value > max_ ? value : max_;
    }
  }

  /// millrace[AGGREGATE-16]: a floating-point argument, whose fraction would be cut off; the error names the template
  /// parameter, which says so.
  template <class millrace_AGGREGATE_16_log_histogram_takes_whole_numbers>
  requires(has_fractions<millrace_AGGREGATE_16_log_histogram_takes_whole_numbers>)
  void update(const millrace_AGGREGATE_16_log_histogram_takes_whole_numbers&) = delete;

  /// Takes a signed number; refuses one below zero, and counts it in `refused`.
  template <class Signed, std::enable_if_t<std::is_integral_v<Signed> && std::is_signed_v<Signed>, int> = 0>
  void update(Signed value) noexcept {
    if (value < 0) [[unlikely]]
      ++refused_;
    else
      update(static_cast<std::uint64_t>(value));
  }

  void update(std::span<const std::uint64_t> values) noexcept {
    for (const std::uint64_t value : values) update(value);
  }
  void update(std::span<const std::int64_t> values) noexcept {
    for (const std::int64_t value : values) update(value);
  }

  /// Adds what another histogram has seen. One with which the count would reach 2^63 changes nothing.
  void merge(const log_histogram& other) noexcept {
    if (other.count_ > most_merged || count_ > most_merged - other.count_) return;
    for (std::size_t i = 0; i < bucket_count; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    if (other.min_ < min_) min_ = other.min_;
    if (other.max_ > max_) max_ = other.max_;
    refused_ += other.refused_;
  }

  std::uint64_t count() const noexcept { return count_; }
  /// How many numbers below zero came.
  std::uint64_t refused() const noexcept { return refused_; }
  std::uint64_t sum() const noexcept {
    constexpr std::uint64_t most = ~std::uint64_t{0};
    return sum_ > most ? most : static_cast<std::uint64_t>(sum_);
  }
  /// The arithmetic mean; 0 when empty, as are `min`, `max` and `quantile`.
  double mean() const noexcept { return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_); }
  std::uint64_t(min)() const noexcept { return count_ == 0 ? 0 : min_; }
  std::uint64_t(max)() const noexcept { return max_; }

  /// The value of rank p in [0, 1]; 0 for any other p, as there is no NaN among whole numbers.
  std::uint64_t quantile(double p) const noexcept {
    if (!(p >= 0 && p <= 1)) return 0;
    if (p == 0) return (min)();
    if (p == 1) return (max)();
    const double wanted = detail::math::ceil(p * static_cast<double>(count_));
    double seen = 0;
    for (std::size_t i = 0; i < bucket_count; ++i) {
      seen += static_cast<double>(buckets_[i]);
      if (buckets_[i] != 0 && seen >= wanted) {
        const std::uint64_t value = middle_of(i);
        return value < min_ ? min_ : value > max_ ? max_ : value;
      }
    }
    return (max)();
  }
  std::uint64_t median() const noexcept { return quantile(0.5); }
  /// The upper quartile minus the lower quartile.
  std::uint64_t interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// Saves the sum, the extremes, those buckets that have items (12 bytes each), and the count of refused numbers if
  /// any were.
  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.u64(static_cast<std::uint64_t>(sum_));
    to.u64(static_cast<std::uint64_t>(sum_ >> 64));
    to.u64(min_);
    to.u64(max_);
    std::uint64_t used = 0;
    for (const std::uint64_t count : buckets_) used += count != 0 ? 1 : 0;
    to.u64(used);
    for (std::size_t i = 0; i < bucket_count; ++i) {
      if (buckets_[i] == 0) continue;
      to.u32(static_cast<std::uint32_t>(i));
      to.u64(buckets_[i]);
    }
    if (refused_ != 0) to.u64(refused_);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open`; corrupt if the numbers contradict each other.
  static result<log_histogram> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    log_histogram made;
    made.sum_ = from->u64();
    made.sum_ |= static_cast<sum_type>(from->u64()) << 64;
    made.min_ = from->u64();
    made.max_ = from->u64();
    const std::size_t used = from->count(12);
    bool valid = used == 0 ? made.min_ == ~std::uint64_t{0} && made.max_ == 0 : made.min_ <= made.max_;
    std::size_t next = 0;  // buckets come in ascending order
    for (std::size_t k = 0; k < used && valid; ++k) {
      const std::size_t i = from->u32();
      const std::uint64_t count = from->u64();
      valid = i >= next && i < bucket_count && count != 0 && count <= ~made.count_;
      if (!valid) break;
      made.buckets_[i] = count;
      made.count_ += count;
      next = i + 1;
    }
    if (valid && from->remaining() != 0) {
      made.refused_ = from->u64();
      valid = made.refused_ != 0;
    }
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::string_view type = "log_histogram";
  __extension__ typedef unsigned __int128 sum_type;
  static constexpr unsigned sub_bits = 6;  // 2^6 buckets an octave: a bucket's middle is within 1/128 of all in it
  /// The highest count that merges make. No stream of single updates is long enough to get from there to 2^64.
  static constexpr std::uint64_t most_merged = (std::uint64_t{1} << 63) - 1;
  static constexpr std::size_t octaves = 63;
  static constexpr std::size_t bucket_count = 1 + (octaves << sub_bits);      // the first one is for zero
  static constexpr std::uint64_t top = (std::uint64_t{1} << octaves) - 1024;  // the largest double below 2^63

  /// Bucket 0 is for zero; bucket 1 + 64 octave + part is for the part-th 64th, from 0, of [2^octave, 2^(octave + 1)).
  /// A double's bits, shifted to its exponent (biased by 1023) and the first 6 bits of its mantissa, are that number
  /// but for a constant.
  static std::size_t bucket_of(std::uint64_t value) noexcept {
    // Signed, because that conversion is one instruction.
    const auto clamped = static_cast<double>(static_cast<std::int64_t>(value < top ? value : top));
    constexpr std::int64_t before_one = (std::int64_t{1023} << sub_bits) - 1;
    const auto index = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(clamped) >> (52 - sub_bits)) - before_one;
    return static_cast<std::size_t>(index < 0 ? 0 : index);
  }

  /// The middle of a bucket, rounded down; the only number in it if it is narrower than two.
  static std::uint64_t middle_of(std::size_t index) noexcept {
    if (index == 0) return 0;
    const std::size_t octave = (index - 1) >> sub_bits;
    const std::uint64_t mantissa = (std::uint64_t{1} << sub_bits) + ((index - 1) & ((std::size_t{1} << sub_bits) - 1));
    if (octave <= sub_bits) return mantissa >> (sub_bits - octave);
    const std::size_t shift = octave - sub_bits;
    return (mantissa << shift) + (((std::uint64_t{1} << shift) - 1) >> 1);
  }

  std::uint64_t count_ = 0;
  sum_type sum_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
  std::uint64_t refused_ = 0;
  std::array<std::uint64_t, bucket_count> buckets_{};
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_LOG_HISTOGRAM_HPP
