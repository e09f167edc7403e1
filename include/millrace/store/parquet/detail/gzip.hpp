#ifndef MILLRACE_STORE_PARQUET_DETAIL_GZIP_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_GZIP_HPP

#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/detail/deflate_block.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/inflate.hpp>
#include <millrace/store/parquet/detail/byte_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

// A gzip file in memory (RFC 1952).
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Returns whether `compressed` is exactly gzip members, one or more behind each other, of exactly `size` bytes
/// together, with the right checksums. Precondition: 8 bytes behind the input may be read, and `inflate_slack` bytes
/// behind the output may be written.
template <class Inflater>
bool decode_gzip(Inflater& inflater, std::span<const std::byte> compressed, std::byte* to, std::size_t size) noexcept {
  byte_reader in(compressed);
  do {
    if (in.number<std::uint16_t>() != 0x8b1f || in.byte() != 8) return false;
    const unsigned flags = in.byte();
    in.bytes(6);  // when, how, where
    const auto skip_text = [&in] {
      while (in.ok() && in.byte() != 0) {
      }
    };
    if ((flags & 4U) != 0) in.bytes(in.number<std::uint16_t>());
    if ((flags & 8U) != 0) skip_text();
    if ((flags & 16U) != 0) skip_text();
    if ((flags & 2U) != 0) in.bytes(2);
    if (!in.ok() || in.left() < 8) return false;
    auto* const out = reinterpret_cast<unsigned char*>(to);
    std::size_t taken = 0;
    std::size_t made = 0;
    inflater.open(reinterpret_cast<const unsigned char*>(in.position()), in.left() - 8, out, size);
    if (!inflater.finish(taken, made)) return false;
    in.bytes(taken);
    if (in.number<std::uint32_t>() != crc32(0, out, made) ||
        in.number<std::uint32_t>() != static_cast<std::uint32_t>(made))
      return false;
    to += made;
    size -= made;
  } while (in.left() != 0);
  return in.ok() && size == 0;
}

/// Appends a gzip member of these bytes: Huffman codes, and runs of one byte, or the bytes as they are where that is
/// shorter. `block` is the encoder, which is large.
template <class Block>
void encode_gzip(Block& block, std::span<const std::byte> bytes, flat_vector<std::byte>& out) {
  const auto* const from = reinterpret_cast<const unsigned char*>(bytes.data());
  const std::size_t begin = out.size();
  // A repeat is worth planning runs for, where there are many.
  if (8 * count_repeats(from, bytes.size()) > bytes.size()) {
    block.plan_runs(from, bytes.size());
  } else {
    std::uint32_t counts[256];
    count_bytes(from, bytes.size(), counts);
    block.plan_literals(counts);
  }
  const bool coded = block.bits() / 8 + 1 < stored_size(bytes.size());
  const std::size_t most = coded ? static_cast<std::size_t>(block.bits() / 8) : stored_size(bytes.size());
  out.resize(begin + 10 + most + 16 + 8);
  auto* at = reinterpret_cast<unsigned char*>(out.data()) + begin;
  constexpr unsigned char head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
  __builtin_memcpy(at, head, sizeof head);
  at += sizeof head;
  at = coded ? block.write(from, bytes.size(), at) : write_stored(from, bytes.size(), at);
  const std::uint32_t check_sum = crc32(0, from, bytes.size());
  const auto size = static_cast<std::uint32_t>(bytes.size());
  __builtin_memcpy(at, &check_sum, 4);
  __builtin_memcpy(at + 4, &size, 4);
  out.truncate(static_cast<std::size_t>(at + 8 - reinterpret_cast<unsigned char*>(out.data())));
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_GZIP_HPP
