#ifndef MILLRACE_AGGREGATE_DETAIL_CRC32C_HPP
#define MILLRACE_AGGREGATE_DETAIL_CRC32C_HPP

#include <millrace/core/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Tables for eight bytes a step: table[k][b] is the remainder of byte b with k zero bytes after it.
inline constexpr auto crc32c_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t r = byte;
    for (int bit = 0; bit < 8; ++bit) r = (r >> 1) ^ ((r & 1U) != 0 ? 0x82f63b78U : 0U);
    table[0][byte] = r;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      table[k][byte] = (table[k - 1][byte] >> 8) ^ table[0][table[k - 1][byte] & 0xffU];
  return table;
}();

/// CRC-32C (Castagnoli), as in RFC 3720, appendix B.4. Finds every error of one to three bits, and
/// every burst up to 32 bits.
inline std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
  const auto& t = crc32c_tables;
  std::uint32_t r = ~std::uint32_t{0};
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
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

#endif  // MILLRACE_AGGREGATE_DETAIL_CRC32C_HPP
