#ifndef MILLRACE_CORE_SHA256_HPP
#define MILLRACE_CORE_SHA256_HPP

#include <millrace/core/detail/sha256_block.hpp>
#include <millrace/core/detail/sha256_each.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace millrace {
inline namespace v0 {

/// What `sha256` makes of bytes: 32 bytes, which nobody can make of other bytes.
struct sha256_digest {
  unsigned char bytes[32] = {};

  friend bool operator==(const sha256_digest&, const sha256_digest&) noexcept = default;
};

/// The digest in 64 digits of lower case, as `sha256sum` prints it.
inline std::string to_string(const sha256_digest& digest) {
  std::string text(64, '0');
  for (std::size_t i = 0; i < 64; ++i)
    text[i] = "0123456789abcdef"[static_cast<unsigned>(digest.bytes[i / 2]) >> (i % 2 == 0 ? 4U : 0U) & 15U];
  return text;
}

/// SHA-256 of bytes that come part by part.
///
///     mr::sha256 hash;
///     for (const auto& part : parts) hash.update(part);
///     const mr::sha256_digest all = hash.digest();
///
/// Guarantee: the digest is that of all bytes so far, in whatever parts they came. Complexity: linear in the bytes.
/// Allocates: never. Threads: one at a time. Source: NIST FIPS 180-4.
class sha256 {
 public:
  void update(std::span<const std::byte> bytes) noexcept {
    const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    if (left == 0) return;
    const std::size_t filled = length_ % 64;
    length_ += left;
    if (filled != 0) {
      const std::size_t room = 64 - filled < left ? 64 - filled : left;
      __builtin_memcpy(rest_ + filled, from, room);
      from += room;
      left -= room;
      if (filled + room < 64) return;
      detail::sha256_blocks(state_, rest_, 1);
    }
    detail::sha256_blocks(state_, from, left / 64);
    if (left % 64 != 0) __builtin_memcpy(rest_, from + left / 64 * 64, left % 64);
  }
  /// Of all bytes so far; more may come.
  sha256_digest digest() const noexcept {
    sha256 padded(*this);
    const std::uint64_t bits = length_ * 8;
    unsigned char end[72] = {0x80};
    const std::size_t zeros = (119 - length_ % 64) % 64;  // with the 0x80 and the length whole blocks
    for (unsigned i = 0; i < 8; ++i) end[1 + zeros + i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
    padded.update(std::as_bytes(std::span(end, 9 + zeros)));
    sha256_digest made;
    detail::store_sha256(made.bytes, padded.state_);
    return made;
  }

 private:
  std::uint32_t state_[8] = {detail::sha256_start[0], detail::sha256_start[1], detail::sha256_start[2],
                             detail::sha256_start[3], detail::sha256_start[4], detail::sha256_start[5],
                             detail::sha256_start[6], detail::sha256_start[7]};
  unsigned char rest_[64] = {};  // bytes that do not fill a block yet
  std::uint64_t length_ = 0;
};
/// The hash of bytes that are there at once.

inline sha256_digest sha256_of(std::span<const std::byte> bytes) noexcept {
  sha256 hash;
  hash.update(bytes);
  return hash.digest();
}

/// The SHA-256 of many messages, which may differ in length: `digests[i]` is that of `messages[i]`.
///
/// It takes less time than one message behind the other: with AVX-512 sixteen are under way at once, by the processor's
/// instructions for SHA-256 two, and where it has none of them eight with AVX2.
/// Precondition: as many digests as messages. Complexity: linear in the bytes. Allocates: never.
inline void sha256_many(std::span<const std::span<const std::byte>> messages,
                        std::span<sha256_digest> digests) noexcept {
  detail::sha256_each(
      messages.size(), [&](std::size_t i) { return detail::sha256_message{messages[i]}; },
      [&](std::size_t i) { return digests[i].bytes; });
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SHA256_HPP
