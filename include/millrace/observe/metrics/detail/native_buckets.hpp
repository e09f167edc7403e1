#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_NATIVE_BUCKETS_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_NATIVE_BUCKETS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/observe/metrics/detail/cells.hpp>
#include <millrace/observe/metrics/detail/instrument_cells.hpp>
#include <millrace/observe/metrics/detail/owned_cell.hpp>
#include <millrace/observe/metrics/native_layout.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

// How a native histogram finds a value's bucket, and how it keeps its counts in cells.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// Finds a value's bucket among powers of 2^(2^-schema). An octave's 2^schema bounds are found by the leading bits of
/// the mantissa: these choose one of 2^(schema + 1) cells, each half as wide as two bounds are apart at the least
/// (ln 2 / 2^schema), so that no cell holds two. One comparison with the cell's bound gives the bucket.
struct native_buckets {
  native_layout layout;
  std::uint64_t least_bits;  // of the zero bucket's upper end
  std::uint64_t least_octave;
  unsigned shift;             // leaves the leading bits of the mantissa
  std::uint64_t bound[512];   // the mantissa of the bound in the cell; the largest number if there is none
  std::uint16_t before[512];  // how many bounds are in the cells before

  static constexpr std::uint64_t mantissa = 0x000f'ffff'ffff'ffffU;

  explicit native_buckets(const native_layout& of) noexcept
      : layout(of),
        least_bits(std::bit_cast<std::uint64_t>(of.zero_threshold)),
        least_octave(least_bits >> 52),
        shift(52 - static_cast<unsigned>(of.schema) - 1) {
    const unsigned bounds = 1U << of.schema;
    for (std::size_t cell = 0; cell < 2 * bounds; ++cell) {
      bound[cell] = ~std::uint64_t{0};
      before[cell] = 0;
    }
    for (unsigned i = 0; i < bounds; ++i) {
      const double power = millrace::detail::math::exp2(static_cast<double>(i) / bounds);
      const std::uint64_t bits = i == 0 ? 0 : std::bit_cast<std::uint64_t>(power) & mantissa;
      bound[bits >> shift] = bits;
      for (std::size_t cell = (bits >> shift) + 1; cell < 2 * bounds; ++cell) ++before[cell];
    }
  }

  /// The bucket of a number above the zero bucket, from 0 on; the last one also takes all that is greater.
  std::uint64_t bucket_of(std::uint64_t bits) const noexcept {
    const std::uint64_t cell = (bits & mantissa) >> shift;
    const std::uint64_t part = before[cell] + (bound[cell] < (bits & mantissa) ? 1U : 0U);
    const std::uint64_t bucket = (((bits >> 52) - least_octave) << layout.schema) + part - 1;
    return bucket < layout.buckets ? bucket : layout.buckets - 1;
  }
};

/// The sum, the count of the zero bucket, and the counts of the others: first those of positive numbers.
struct native_cells {
  const native_buckets* table = nullptr;
  std::uint32_t first = 0;
  std::uint32_t end = always_slow;

  enum cell : std::uint32_t { sum, zeros, buckets };

  constexpr native_cells() noexcept = default;
  native_cells(const native_buckets& of, std::uint32_t from) noexcept : table(&of), first(from) { end = end_cell(); }
  std::uint32_t end_cell() const noexcept { return table == nullptr ? 0 : first + buckets + table->layout.counts(); }

  void write(metric_cell* cells, double value) const noexcept {
    metric_cell* const mine = cells + first;
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value) & ~(std::uint64_t{1} << 63);
    std::uint64_t at = zeros;
    if (bits > table->least_bits) {
      if (value < 0)
        at = table->layout.both_signs ? buckets + table->layout.buckets + table->bucket_of(bits) : std::uint64_t{zeros};
      else
        at = buckets + table->bucket_of(bits);
    }
    bump(mine[at], 1);
    if (__builtin_isfinite(value)) [[likely]]
      bump_real(mine[sum], value);
  }
  void write_any(metric_cell* cells, double value) const noexcept { write(cells, value); }

  static std::vector<cell_kind> kinds(const native_layout& of) {
    std::vector<cell_kind> made(buckets + of.counts(), cell_kind::integer);
    made[sum] = cell_kind::real;
    return made;
  }
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_NATIVE_BUCKETS_HPP
