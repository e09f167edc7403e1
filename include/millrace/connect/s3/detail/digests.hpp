#ifndef MILLRACE_CONNECT_S3_DETAIL_DIGESTS_HPP
#define MILLRACE_CONNECT_S3_DETAIL_DIGESTS_HPP

#include <millrace/connect/s3/fwd.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {
namespace detail {

inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::span<const std::byte> bytes_of(const sha256_digest& digest) noexcept {
  return std::as_bytes(std::span(digest.bytes));
}

struct hmac_block {
  unsigned char bytes[64];
};

/// A code that only who has the key makes of a message. What it has copied of the key is wiped.
/// Source: RFC 2104, with SHA-256.
inline sha256_digest hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> message) noexcept {
  hmac_block block{};
  if (key.size() > 64) {
    const sha256_digest shorter = sha256_of(key);
    __builtin_memcpy(block.bytes, shorter.bytes, 32);
  } else if (!key.empty()) {
    __builtin_memcpy(block.bytes, key.data(), key.size());
  }
  hmac_block inner = block;
  hmac_block outer = block;
  for (unsigned char& each : inner.bytes) each ^= 0x36;
  for (unsigned char& each : outer.bytes) each ^= 0x5c;
  sha256 hash;
  hash.update(std::as_bytes(std::span(inner.bytes)));
  hash.update(message);
  const sha256_digest first = hash.digest();
  hash = sha256();
  hash.update(std::as_bytes(std::span(outer.bytes)));
  hash.update(bytes_of(first));
  const store::secret<hmac_block> wiped[] = {store::secret<hmac_block>(std::move(block)),
                                             store::secret<hmac_block>(std::move(inner)),
                                             store::secret<hmac_block>(std::move(outer))};
  return hash.digest();
}

/// Mixes a block of 64 bytes into the state of an MD5.
inline void md5_block(std::uint32_t (&state)[4], const unsigned char* block) noexcept {
  // floor(2^32 * |sin(i + 1)|)
  static constexpr std::uint32_t sines[64] = {
      0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
      0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
      0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
      0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
      0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
      0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
      0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
      0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
  static constexpr unsigned turns[16] = {7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21};
  std::uint32_t words[16];
  for (unsigned i = 0; i < 16; ++i)
    words[i] = std::uint32_t{block[4 * i]} | std::uint32_t{block[4 * i + 1]} << 8 |
               std::uint32_t{block[4 * i + 2]} << 16 | std::uint32_t{block[4 * i + 3]} << 24;
  std::uint32_t a = state[0];
  std::uint32_t b = state[1];
  std::uint32_t c = state[2];
  std::uint32_t d = state[3];
  for (unsigned i = 0; i < 64; ++i) {
    const unsigned round = i / 16;
    const std::uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                                : round == 1 ? (d & b) | (~d & c)
                                : round == 2 ? b ^ c ^ d
                                             : c ^ (b | ~d);
    const unsigned word = round == 0 ? i : round == 1 ? (5 * i + 1) % 16 : round == 2 ? (3 * i + 5) % 16 : 7 * i % 16;
    const std::uint32_t sum = a + mixed + sines[i] + words[word];
    const unsigned turn = turns[4 * round + i % 4];
    a = d;
    d = c;
    c = b;
    b += (sum << turn) | (sum >> (32 - turn));
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

/// The MD5 of bytes as hexadecimal digits: what an S3 calls a part that it has, unless it keeps it encrypted. It proves
/// nothing against who wants to deceive: a SHA-256 of the whole does.
/// Source: RFC 1321.
inline std::string md5_text(std::span<const std::byte> bytes) {
  std::uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const auto* const from = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t at = 0;
  for (; bytes.size() - at >= 64; at += 64) md5_block(state, from + at);
  unsigned char last[128] = {};
  const std::size_t rest = bytes.size() - at;
  if (rest != 0) __builtin_memcpy(last, from + at, rest);
  last[rest] = 0x80;
  const std::size_t size = rest < 56 ? 64 : 128;
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (unsigned i = 0; i < 8; ++i) last[size - 8 + i] = static_cast<unsigned char>(bits >> (8 * i));
  md5_block(state, last);
  if (size == 128) md5_block(state, last + 64);
  std::string text;
  for (const std::uint32_t word : state)
    for (const unsigned shift : {4U, 0U, 12U, 8U, 20U, 16U, 28U, 24U})
      text += "0123456789abcdef"[(word >> shift) & 15U];
  return text;
}

}  // namespace detail
}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_DETAIL_DIGESTS_HPP
