#ifndef MILLRACE_STORE_PARQUET_DETAIL_DELTAS_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_DELTAS_HPP

#include <millrace/store/parquet/detail/byte_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

// Parquet's DELTA_BINARY_PACKED: integers as differences, in blocks of miniblocks that have a bit width each.
// Source: apache/parquet-format, Encodings.md.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Reads the integers one batch after the other. Sums wrap around, as the format has it.
/// Allocates: never.
class delta_reader {
 public:
  explicit delta_reader(std::span<const std::byte> bytes) noexcept : in_(bytes) {
    const std::uint64_t block = in_.varint();
    miniblocks_ = in_.varint();
    count_ = in_.varint();
    value_ = static_cast<std::uint64_t>(in_.signed_varint());
    if (!in_.ok() || miniblocks_ == 0 || block % 128 != 0 || block == 0 || block % miniblocks_ != 0 ||
        block / miniblocks_ % 32 != 0 || block > (1U << 30)) {
      in_.fail();
      return;
    }
    miniblock_size_ = block / miniblocks_;
    left_ = count_;
  }

  bool ok() const noexcept { return in_.ok(); }
  /// How many there are, as the bytes say.
  std::uint64_t count() const noexcept { return count_; }

  /// Calls put(i, value) for the next `count` of them. Returns false if there are not so many.
  template <class Put>
  bool read(std::size_t count, Put&& put) {
    for (std::size_t i = 0; i < count; ++i) {
      if (left_ == 0 || !in_.ok()) return false;
      if (left_ != count_ && !advance()) return false;
      --left_;
      put(i, value_);
    }
    return true;
  }
  /// Passes over all that are left, without adding them up. Returns false if there are not so many.
  bool skip() noexcept {
    if (left_ == count_ && left_ > 0) --left_;
    while (in_.ok() && left_ > in_miniblock_) {
      left_ -= in_miniblock_;
      in_miniblock_ = 0;
      if (!next_miniblock()) return false;
    }
    left_ = 0;
    return in_.ok();
  }
  /// What follows the integers. Precondition: all were read or passed over.
  std::span<const std::byte> rest() const noexcept { return in_.rest(); }

 private:
  /// Adds the next difference.
  bool advance() noexcept {
    if (in_miniblock_ == 0 && !next_miniblock()) return false;
    const auto at = static_cast<std::size_t>(bit_ >> 3);
    const unsigned shift = bit_ & 7U;
    std::uint64_t word = 0;
    const std::size_t near_end = packed_.size() - at;
    if (near_end > 0) __builtin_memcpy(&word, packed_.data() + at, near_end < 8 ? near_end : 8);
    word >>= shift;
    if (shift + width_ > 64) word |= static_cast<std::uint64_t>(packed_[at + 8]) << (64 - shift);
    if (width_ < 64) word &= (std::uint64_t{1} << width_) - 1;
    bit_ += width_;
    --in_miniblock_;
    value_ += min_delta_ + word;
    return true;
  }
  bool next_miniblock() noexcept {
    if (widths_.empty()) {
      min_delta_ = static_cast<std::uint64_t>(in_.signed_varint());
      widths_ = in_.bytes(miniblocks_);
      if (!in_.ok()) return false;
    }
    width_ = static_cast<unsigned>(widths_[0]);
    widths_ = widths_.subspan(1);
    if (width_ > 64) return in_.fail(), false;
    packed_ = in_.bytes(miniblock_size_ * width_ / 8);
    bit_ = 0;
    in_miniblock_ = miniblock_size_;
    return in_.ok();
  }

  byte_reader in_;
  std::uint64_t miniblocks_ = 0;
  std::uint64_t miniblock_size_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t value_ = 0;
  std::uint64_t min_delta_ = 0;
  std::span<const std::byte> widths_{};
  std::span<const std::byte> packed_{};
  unsigned width_ = 0;
  std::uint64_t bit_ = 0;
  std::uint64_t in_miniblock_ = 0;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_DELTAS_HPP
