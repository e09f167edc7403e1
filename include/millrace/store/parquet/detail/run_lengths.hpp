#ifndef MILLRACE_STORE_PARQUET_DETAIL_RUN_LENGTHS_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_RUN_LENGTHS_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/store/parquet/detail/byte_reader.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

// Parquet's "RLE / bit-packing hybrid": small numbers of one width, as runs of one number and as groups of eight that
// are packed bit by bit. Levels, booleans and places in dictionaries are written so.
// Source: apache/parquet-format, Encodings.md.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Reads `count` numbers of `width` bits each from the bytes, the lowest bit first.
/// Precondition: width <= 32, and there are (count * width + 7) / 8 bytes.
inline void unpack_bits(std::span<const std::byte> from, unsigned width, std::uint32_t* to,
                        std::size_t count) noexcept {
  if (width == 0) {
    for (std::size_t i = 0; i < count; ++i) to[i] = 0;
    return;
  }
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  std::size_t i = 0;
  std::uint64_t bit = 0;
  // A number lies in the eight bytes from its first on.
  for (; i < count && (bit >> 3) + 8 <= from.size(); ++i, bit += width) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, from.data() + (bit >> 3), 8);
    to[i] = static_cast<std::uint32_t>(word >> (bit & 7U) & mask);
  }
  for (; i < count; ++i, bit += width) {
    std::uint64_t word = 0;
    const auto at = static_cast<std::size_t>(bit >> 3);
    __builtin_memcpy(&word, from.data() + at, from.size() - at < 8 ? from.size() - at : 8);
    to[i] = static_cast<std::uint32_t>(word >> (bit & 7U) & mask);
  }
}

/// Reads the numbers one batch after the other.
/// Allocates: never.
class run_reader {
 public:
  /// Precondition: width <= 32.
  run_reader(std::span<const std::byte> bytes, unsigned width) noexcept : in_(bytes), width_(width) {}

  /// Reads the next `count` numbers. Returns false if there are not so many.
  bool read(std::uint32_t* to, std::size_t count) noexcept {
    while (count > 0) {
      if (repeats_ == 0 && packed_ == 0 && !next_run()) return false;
      if (repeats_ > 0) {
        const std::size_t now = repeats_ < count ? static_cast<std::size_t>(repeats_) : count;
        for (std::size_t i = 0; i < now; ++i) to[i] = value_;
        repeats_ -= now;
        to += now;
        count -= now;
        continue;
      }
      // Whole groups of eight begin at a byte; so do batches that are multiples of eight.
      const std::size_t now = packed_ < count ? static_cast<std::size_t>(packed_) : count;
      unpack(to, now);
      to += now;
      count -= now;
    }
    return true;
  }

 private:
  bool next_run() noexcept {
    const std::uint64_t head = in_.varint();
    if (!in_.ok()) return false;
    if ((head & 1U) == 0) {
      repeats_ = head >> 1;
      value_ = 0;
      const auto bytes = in_.bytes((width_ + 7) / 8);
      if (!bytes.empty()) __builtin_memcpy(&value_, bytes.data(), bytes.size());
      if (width_ < 32) value_ &= (1U << width_) - 1U;
      return in_.ok() && repeats_ > 0;
    }
    const std::uint64_t groups = head >> 1;
    if (groups == 0 || (width_ > 0 && groups > in_.left() + 1)) return false;
    // The last run may be cut off where its numbers end.
    const std::uint64_t size = groups * width_;
    group_ = in_.bytes(size < in_.left() ? size : in_.left());
    bit_ = 0;
    packed_ = groups * 8;
    if (group_.size() < size) packed_ = group_.size() * 8 / width_;
    if (width_ == 0 && packed_ > (std::uint64_t{1} << 40)) return false;
    return packed_ > 0;
  }
  void unpack(std::uint32_t* to, std::size_t count) noexcept {
    packed_ -= count;
    // Up to the next whole byte number by number, then together.
    while (count > 0 && (bit_ & 7U) != 0) {
      *to++ = one();
      --count;
    }
    const auto at = static_cast<std::size_t>(bit_ >> 3);
    unpack_bits(group_.subspan(at), width_, to, count);
    bit_ += std::uint64_t{width_} * count;
  }
  std::uint32_t one() noexcept {
    const auto at = static_cast<std::size_t>(bit_ >> 3);
    std::uint64_t word = 0;
    __builtin_memcpy(&word, group_.data() + at, group_.size() - at < 8 ? group_.size() - at : 8);
    word >>= bit_ & 7U;
    bit_ += width_;
    return static_cast<std::uint32_t>(word & ((std::uint64_t{1} << width_) - 1));
  }

  byte_reader in_;
  unsigned width_;
  std::uint64_t repeats_ = 0;
  std::uint32_t value_ = 0;
  std::span<const std::byte> group_{};
  std::uint64_t packed_ = 0;
  std::uint64_t bit_ = 0;
};

/// Appends `count` numbers of `width` bits: at(i) is one. Runs of eight and more equal ones are written as such, where
/// they begin at a multiple of eight; the rest is packed.
template <class At>
void write_runs(flat_vector<std::byte>& out, unsigned width, std::size_t count, At&& at) {
  const auto varint = [&out](std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::byte>(value | 0x80));
    out.push_back(static_cast<std::byte>(value));
  };
  const auto pack = [&](std::size_t from, std::size_t to) {  // `from` and `to` are eight apart, or multiples of it
    if (from == to) return;
    const std::size_t groups = (to - from + 7) / 8;
    varint(groups << 1 | 1U);
    std::uint64_t pending = 0;
    unsigned bits = 0;
    for (std::size_t i = from; i < from + groups * 8; ++i) {
      pending |= (i < to ? static_cast<std::uint64_t>(at(i)) : 0U) << bits;
      for (bits += width; bits >= 8; bits -= 8, pending >>= 8) out.push_back(static_cast<std::byte>(pending & 0xffU));
    }
  };
  std::size_t packed = 0;  // what is packed begins here
  for (std::size_t i = 0; i < count;) {
    std::size_t run = 1;
    while (i + run < count && at(i + run) == at(i)) ++run;
    // The group that the run begins in is filled up from it.
    const std::size_t fill = (8 - (i - packed) % 8) % 8;
    if (run >= fill + 8) {
      pack(packed, i + fill);
      varint((run - fill) << 1);
      const auto value = static_cast<std::uint32_t>(at(i));
      for (unsigned b = 0; b < (width + 7) / 8; ++b) out.push_back(static_cast<std::byte>(value >> (8 * b)));
      packed = i + run;
    }
    i += run;
  }
  pack(packed, count);
}

/// How many bits the numbers up to `most` take.
constexpr unsigned bit_width_of(std::uint64_t most) noexcept { return static_cast<unsigned>(std::bit_width(most)); }

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_RUN_LENGTHS_HPP
