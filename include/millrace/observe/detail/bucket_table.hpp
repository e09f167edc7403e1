#ifndef MILLRACE_OBSERVE_DETAIL_BUCKET_TABLE_HPP
#define MILLRACE_OBSERVE_DETAIL_BUCKET_TABLE_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/order_key.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

// Which of a histogram's buckets a value falls into: the first whose bound is not less. The line of
// values is cut into cells by leading bits; where no cell holds two bounds, one table entry and one
// comparison decide. Bounds that are closer are searched.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

template <std::size_t Cells>
struct bucket_table {
  std::uint64_t base = 0;           // the first cell's leading bits
  std::uint64_t bound[Cells];       // the one in the cell; the largest number where there is none
  std::uint16_t bucket[Cells];      // of values up to that bound
  bool tabled = false;              // no cell holds two bounds, and the cells hold them all
  std::vector<std::uint64_t> keys;  // all bounds, ascending, for the search

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
  /// `bounds[skipped]` and up go into cells; cell_of(bound) says where.
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

/// Whole numbers, in octaves: tabled when no two bounds share one, as bounds a factor of 2 apart never do.
struct whole_buckets : bucket_table<64> {
  static unsigned cell_of(std::uint64_t value) noexcept {
    return 63U - static_cast<unsigned>(std::countl_zero(value | 1U));
  }
  explicit whole_buckets(const std::vector<std::uint64_t>& bounds) {
    keys = bounds;
    fill(bounds, 0, cell_of);
  }
};

/// Doubles, in sixteenths of an octave, from the lowest positive bound over 32 octaves. Everything
/// that is not positive and finite falls out of the table by its sign or exponent, and is searched.
struct real_buckets : bucket_table<512> {
  static constexpr unsigned shift = 52 - 4;

  static std::uint64_t bits_of(double value) noexcept { return std::bit_cast<std::uint64_t>(value); }
  /// Doubles in their own order as unsigned numbers.
  static std::uint64_t key_of(double value) noexcept { return millrace::detail::to_unsigned_key(value); }
  explicit real_buckets(const std::vector<double>& bounds) {
    std::vector<std::uint64_t> bits;
    std::size_t skipped = 0;
    for (const double b : bounds) {
      keys.push_back(key_of(b + 0.0));  // -0.0 and 0.0 are one bound
      bits.push_back(bits_of(b));
      if (!(b > 0)) ++skipped;
    }
    // The table ends before infinity, NaN and, by the sign, the negative numbers.
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

#endif  // MILLRACE_OBSERVE_DETAIL_BUCKET_TABLE_HPP
