#ifndef MILLRACE_CORE_SAVED_DETAIL_CRC32C_HPP
#define MILLRACE_CORE_SAVED_DETAIL_CRC32C_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Tables for eight bytes a step: of[k][b] is the remainder of byte b with k zero bytes after it. They are computed at
/// the first use, because computing them in the compiler would add 40 ms to each file that includes this header.
struct crc32c_tables {
  std::uint32_t of[8][256];

  crc32c_tables() noexcept {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t r = byte;
      for (int bit = 0; bit < 8; ++bit) r = (r >> 1) ^ ((r & 1U) != 0 ? 0x82f63b78U : 0U);
      of[0][byte] = r;
    }
    for (std::size_t k = 1; k < 8; ++k)
      for (std::size_t byte = 0; byte < 256; ++byte)
        of[k][byte] = (of[k - 1][byte] >> 8) ^ of[0][of[k - 1][byte] & 0xffU];
  }
};

/// CRC-32C (Castagnoli) of `left` bytes, as in RFC 3720, appendix B.4. It finds every error of one to three bits in up
/// to 256 MiB, and every burst of up to 32 bits.
inline std::uint32_t crc32c(const std::byte* at, std::size_t left) noexcept {
  static const crc32c_tables tables;
  const auto& t = tables.of;
  std::uint32_t r = ~std::uint32_t{0};
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(at[i]); };
  for (; left >= 8; left -= 8, at += 8) {
    r ^= byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    r = t[7][r & 0xffU] ^ t[6][(r >> 8) & 0xffU] ^ t[5][(r >> 16) & 0xffU] ^ t[4][r >> 24] ^ t[3][byte(4)] ^
        t[2][byte(5)] ^ t[1][byte(6)] ^ t[0][byte(7)];
  }
  for (; left != 0; --left, ++at) r = (r >> 8) ^ t[0][(r ^ byte(0)) & 0xffU];
  return ~r;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SAVED_DETAIL_CRC32C_HPP
