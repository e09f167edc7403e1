#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_BUCKET_TABLE_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_BUCKET_TABLE_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/order_key.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

// Finds a value's bucket in a histogram: the first whose bound is not less than the value. The leading bits of the
// value choose one of the table's cells. If no cell holds two bounds, the cell's entry and one comparison with its
// bound give the bucket; if one does, a binary search among the bounds finds it.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

template <std::size_t Cells>
struct bucket_table {
  std::uint64_t base = 0;           // the leading bits of the first cell's values
  std::uint64_t bound[Cells];       // the bound in the cell; the largest number if there is none
  std::uint16_t bucket[Cells];      // the bucket of values up to that bound; the cell's other values have the next one
  bool tabled = false;              // whether every bound is in a cell, and no cell holds two
  std::vector<std::uint64_t> keys;  // all bounds, ascending, for the search

  /// The index of the first bound that is not less than `key`; the number of bounds if all are less.
  std::uint64_t search(std::uint64_t key) const noexcept {
    std::size_t low = 0;
    std::size_t high = keys.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (keys[middle] < key)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

 protected:
  /// Fills the cells with the bounds from index `skipped` on; cell_of(bound) returns a bound's cell.
  template <class CellOf>
  void fill(const std::vector<std::uint64_t>& bounds, std::size_t skipped, CellOf&& cell_of) noexcept {
    tabled = true;
    std::size_t next = skipped;
    for (std::uint64_t cell = 0; cell < Cells; ++cell) {
      bucket[cell] = static_cast<std::uint16_t>(next);
      bound[cell] = (std::numeric_limits<std::uint64_t>::max)();
      if (next == bounds.size() || cell_of(bounds[next]) != cell) continue;
      bound[cell] = bounds[next++];
      if (next < bounds.size() && cell_of(bounds[next]) == cell) tabled = false;
    }
    if (next != bounds.size()) tabled = false;
  }
};

/// For whole numbers: a cell for each octave, the values from one power of 2 to below the next. The table suffices if
/// no octave holds two bounds, as is the case for bounds a factor of 2 or more apart.
struct whole_buckets : bucket_table<64> {
  static unsigned cell_of(std::uint64_t value) noexcept {
    return 63U - static_cast<unsigned>(std::countl_zero(value | 1U));
  }
  explicit whole_buckets(const std::vector<std::uint64_t>& bounds) {
    keys = bounds;
    fill(bounds, 0, cell_of);
  }
};

/// For doubles: 16 cells for each octave, by the top 4 bits of the mantissa, over 32 octaves from that of the lowest
/// positive bound. The leading bits of a value that is not positive and finite lie beyond the table, because of its
/// sign or exponent; such a value is searched.
struct real_buckets : bucket_table<512> {
  static constexpr unsigned shift = 52 - 4;  // leaves sign, exponent and 4 bits of the mantissa

  static std::uint64_t bits_of(double value) noexcept { return std::bit_cast<std::uint64_t>(value); }
  /// A double as an unsigned number that compares as the double does.
  static std::uint64_t key_of(double value) noexcept { return millrace::detail::to_unsigned_key(value); }
  explicit real_buckets(const std::vector<double>& bounds) {
    std::vector<std::uint64_t> bits;
    std::size_t skipped = 0;
    for (const double b : bounds) {
      keys.push_back(key_of(b + 0.0));  // -0.0 and 0.0 are one bound
      bits.push_back(bits_of(b));
      if (!(b > 0)) ++skipped;
    }
    // The table must end below the leading bits of infinity, NaN and the negative numbers, whose sign is the top bit.
    constexpr std::uint64_t not_finite = std::uint64_t{0x7ff} << (52 - shift);
    if (skipped < bits.size()) base = bits[skipped] >> shift;
    if (base > not_finite - 512) base = not_finite - 512;
    fill(bits, skipped, [&](std::uint64_t b) { return (b >> shift) - base; });
    if (skipped == bits.size()) tabled = false;
  }
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_BUCKET_TABLE_HPP
