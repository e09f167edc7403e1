#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_COUPON_TABLE_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_COUPON_TABLE_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A coupon is what a HyperLogLog sketch keeps of an item while items are few, from its hash: 26 bits of address, of
/// which the low ones number a register, and above them 6 bits of value, the register's.
inline constexpr unsigned coupon_key_bits = 26;
constexpr std::uint32_t make_coupon(std::uint32_t address, std::uint32_t value) noexcept {
  return value << coupon_key_bits | (address & ((std::uint32_t{1} << coupon_key_bits) - 1));
}
constexpr std::uint32_t coupon_key(std::uint32_t coupon) noexcept {
  return coupon & ((std::uint32_t{1} << coupon_key_bits) - 1);
}
constexpr std::uint8_t coupon_value(std::uint32_t coupon) noexcept {
  return static_cast<std::uint8_t>(coupon >> coupon_key_bits);
}

/// A hash table of coupons, the same as in DataSketches, whose images list the coupons in table order: to write the
/// same bytes takes the same table. Open addressing with an odd stride taken from the key; zero marks an empty place.
class coupon_table {
 public:
  coupon_table() = default;
  /// A table of 2^lg_size places. `identity`: a mask of the bits of a coupon by which it is found.
  coupon_table(unsigned lg_size, std::uint32_t identity)
      : slots_(std::size_t{1} << lg_size), lg_size_(lg_size), identity_(identity) {}

  /// Has it no places, as it was made without a size?
  bool absent() const noexcept { return slots_.empty(); }
  std::uint32_t count() const noexcept { return count_; }
  unsigned lg_size() const noexcept { return lg_size_; }
  /// Are more than three quarters of the places taken, so that it must grow?
  bool crowded() const noexcept { return 4 * std::uint64_t{count_} > 3 * (std::uint64_t{1} << lg_size_); }

  /// The place of the coupon with these identity bits, or the empty place where it belongs. Precondition: at least one
  /// place is empty.
  std::uint32_t& find(std::uint32_t identity) noexcept {
    const std::uint32_t mask = (std::uint32_t{1} << lg_size_) - 1;
    const std::uint32_t stride = coupon_key(identity) >> lg_size_ | 1;
    std::uint32_t at = identity & mask;
    while (slots_[at] != 0 && (slots_[at] & identity_) != identity) at = (at + stride) & mask;
    return slots_[at];
  }
  /// Puts a coupon into the empty place that `find` returned.
  void fill(std::uint32_t& place, std::uint32_t coupon) noexcept {
    place = coupon;
    ++count_;
  }
  void grow() {
    coupon_table larger(lg_size_ + 1, identity_);
    for (const std::uint32_t coupon : slots_)
      if (coupon != 0) larger.fill(larger.find(coupon & identity_), coupon);
    *this = std::move(larger);
  }

  /// In table order, empty places included.
  const std::vector<std::uint32_t>& slots() const noexcept { return slots_; }

 private:
  std::vector<std::uint32_t> slots_;
  std::uint32_t count_ = 0;
  unsigned lg_size_ = 0;
  std::uint32_t identity_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_COUPON_TABLE_HPP
