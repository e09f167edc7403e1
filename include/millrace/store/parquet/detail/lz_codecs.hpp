#ifndef MILLRACE_STORE_PARQUET_DETAIL_LZ_CODECS_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_LZ_CODECS_HPP

#include <millrace/store/parquet/detail/byte_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

// Decoders of Snappy and LZ4 into memory of known size. Each returns whether the input is exactly one text of exactly
// that size; it writes nothing else. Neither format has a checksum.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// What both formats write: bytes as they are, and bytes that stood `distance` before.
class lz_output {
 public:
  explicit lz_output(std::span<std::byte> out) noexcept
      : begin_(out.data()), at_(out.data()), end_(out.data() + out.size()) {}

  bool full() const noexcept { return at_ == end_; }
  bool literal(byte_reader& in, std::uint64_t length) noexcept {
    if (length > static_cast<std::size_t>(end_ - at_)) return false;
    const auto from = in.bytes(length);
    if (!in.ok()) return false;
    if (length != 0) __builtin_memcpy(at_, from.data(), from.size());
    at_ += length;
    return true;
  }
  bool copy(std::uint64_t distance, std::uint64_t length) noexcept {
    if (distance == 0 || distance > static_cast<std::size_t>(at_ - begin_) ||
        length > static_cast<std::size_t>(end_ - at_))
      return false;
    const std::byte* from = at_ - distance;
    if (distance >= length) {
      __builtin_memcpy(at_, from, static_cast<std::size_t>(length));
      at_ += length;
      return true;
    }
    for (std::uint64_t i = 0; i < length; ++i) *at_++ = *from++;  // they overlap: a pattern repeats
    return true;
  }

 private:
  std::byte* begin_;
  std::byte* at_;
  std::byte* end_;
};

/// Source: google/snappy, format_description.txt.
inline bool decode_snappy(std::span<const std::byte> compressed, std::span<std::byte> to) noexcept {
  byte_reader in(compressed);
  if (in.varint() != to.size() || !in.ok()) return false;
  lz_output out(to);
  while (in.left() != 0) {
    const unsigned tag = in.byte();
    std::uint64_t length = (tag >> 2) + 1U;
    std::uint64_t distance = 0;
    switch (tag & 3U) {
      case 0: {
        if (length > 60) {  // the length follows, in 1 to 4 bytes
          const auto more = static_cast<unsigned>(length - 60);
          length = 1;
          for (unsigned i = 0; i < more; ++i) length += static_cast<std::uint64_t>(in.byte()) << (8 * i);
        }
        if (!out.literal(in, length)) return false;
        continue;
      }
      case 1:
        length = 4U + (tag >> 2 & 7U);
        distance = (tag >> 5) << 8 | in.byte();
        break;
      case 2: distance = in.number<std::uint16_t>(); break;
      default: distance = in.number<std::uint32_t>(); break;
    }
    if (!in.ok() || !out.copy(distance, length)) return false;
  }
  return in.ok() && out.full();
}

/// Source: lz4/lz4, doc/lz4_Block_format.md.
inline bool decode_lz4(std::span<const std::byte> compressed, std::span<std::byte> to) noexcept {
  byte_reader in(compressed);
  lz_output out(to);
  const auto long_length = [&in](std::uint64_t length) {
    if (length != 15) return length;
    for (unsigned more = 255; more == 255 && in.ok();) length += more = in.byte();
    return length;
  };
  if (to.empty() && compressed.empty()) return true;
  while (in.ok()) {
    const unsigned token = in.byte();
    if (!out.literal(in, long_length(token >> 4))) return false;
    if (in.left() == 0) return in.ok() && out.full();  // the last sequence has no match
    const std::uint64_t distance = in.number<std::uint16_t>();
    const std::uint64_t length = long_length(token & 15U) + 4;
    if (!in.ok() || !out.copy(distance, length)) return false;
  }
  return false;
}

/// LZ4 as Hadoop frames it: blocks with their two lengths before them, the highest byte first.
inline bool decode_hadoop_lz4(std::span<const std::byte> compressed, std::span<std::byte> to) noexcept {
  byte_reader in(compressed);
  const auto length = [&in] { return __builtin_bswap32(in.number<std::uint32_t>()); };
  while (!to.empty()) {
    const std::uint32_t size = length();
    const auto block = in.bytes(length());
    if (!in.ok() || size > to.size() || size == 0 || !decode_lz4(block, to.first(size))) return false;
    to = to.subspan(size);
  }
  return in.ok() && in.left() == 0;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_LZ_CODECS_HPP
