#ifndef MILLRACE_CORE_DETAIL_CRC32_HPP
#define MILLRACE_CORE_DETAIL_CRC32_HPP

#include <millrace/core/detail/simd.hpp>

#include <cstddef>
#include <cstdint>

// CRC-32 as gzip has it (RFC 1952, section 8): polynomial 0x04c11db7, bits reflected. With tables it takes eight bytes
// a step; with the CPU's carry-less multiplication, 64 bytes a step. Then 16 bytes are "folded" into 16 later ones:
// they are multiplied by a power of x modulo the polynomial, so that they may be added there without changing the
// remainder of the whole. The constants are computed here from the polynomial.
// Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009.
namespace millrace {
inline namespace v0 {
namespace detail {

inline constexpr std::uint32_t crc32_polynomial = 0xedb8'8320U;

/// at[k][b] is the remainder of byte b with k zero bytes after it.
struct crc32_tables {
  std::uint32_t at[8][256];

  constexpr crc32_tables() noexcept : at() {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      std::uint32_t r = byte;
      for (int bit = 0; bit < 8; ++bit) r = (r & 1U) != 0 ? r >> 1 ^ crc32_polynomial : r >> 1;
      at[0][byte] = r;
    }
    for (std::uint32_t byte = 0; byte < 256; ++byte)
      for (int k = 1; k < 8; ++k) at[k][byte] = at[k - 1][byte] >> 8 ^ at[0][at[k - 1][byte] & 0xffU];
  }
};
inline constexpr crc32_tables crc32_table{};

/// a * b modulo the polynomial; bit 31 is x^0.
constexpr std::uint32_t crc32_multiply(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 0x8000'0000U; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1U) != 0 ? b >> 1 ^ crc32_polynomial : b >> 1;
  }
  return product;
}

/// x^n modulo the polynomial.
constexpr std::uint32_t crc32_power(std::uint64_t n) noexcept {
  std::uint32_t power = 0x8000'0000U;
  for (std::uint32_t square = 0x4000'0000U; n != 0; n >>= 1) {
    if ((n & 1U) != 0) power = crc32_multiply(power, square);
    square = crc32_multiply(square, square);
  }
  return power;
}

/// The CRC of two strings of bytes one after the other, from the CRC of each and the second's length.
constexpr std::uint32_t crc32_combine(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes) noexcept {
  return crc32_multiply(first, crc32_power(8 * second_bytes)) ^ second;
}

/// Advances the CRC's register over `bytes` bytes and returns it. A register is the CRC with all bits inverted.
inline std::uint32_t crc32_step(std::uint32_t state, const unsigned char* data, std::size_t bytes) noexcept {
  const auto& t = crc32_table.at;
  for (; bytes >= 8; data += 8, bytes -= 8) {
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    __builtin_memcpy(&a, data, 4);
    __builtin_memcpy(&b, data + 4, 4);
    a ^= state;
    state = t[7][a & 0xffU] ^ t[6][a >> 8 & 0xffU] ^ t[5][a >> 16 & 0xffU] ^ t[4][a >> 24] ^  //
            t[3][b & 0xffU] ^ t[2][b >> 8 & 0xffU] ^ t[1][b >> 16 & 0xffU] ^ t[0][b >> 24];
  }
  for (; bytes != 0; ++data, --bytes) state = state >> 8 ^ t[0][(state ^ *data) & 0xffU];
  return state;
}

#if defined(__x86_64__)

using clmul_lane = vector<long long, 16>;

/// The constants that move 16 bytes `bits` further on. The low half comes first, so it is to be multiplied by
/// x^(bits + 64), the high half by x^bits, both modulo the polynomial. The reflected remainder of x^k, shifted left by
/// one in 64 bits, stands for x^(k + 31), and a reflected product of 64 by 64 bits stands for x times what its factors
/// do. Together that is a factor of x^32, hence bits + 32 and bits - 32.
constexpr long long crc32_fold_low(std::uint64_t bits) noexcept {
  return static_cast<long long>(static_cast<std::uint64_t>(crc32_power(bits + 32)) << 1);
}
constexpr long long crc32_fold_high(std::uint64_t bits) noexcept {
  return static_cast<long long>(static_cast<std::uint64_t>(crc32_power(bits - 32)) << 1);
}

[[gnu::target("pclmul"), gnu::always_inline]] inline clmul_lane crc32_fold(clmul_lane x, clmul_lane by) noexcept {
  return __builtin_ia32_pclmulqdq128(x, by, 0x00) ^ __builtin_ia32_pclmulqdq128(x, by, 0x11);
}

/// As crc32_step, by carry-less multiplication. At the end 16 bytes, which have the remainder of all before them, and
/// up to 15 more are left for the tables.
/// Precondition: at least 64 bytes.
[[gnu::target("pclmul")]] inline std::uint32_t crc32_clmul(std::uint32_t state, const unsigned char* data,
                                                           std::size_t bytes) noexcept {
  constexpr clmul_lane by64 = {crc32_fold_low(512), crc32_fold_high(512)};
  constexpr clmul_lane by16 = {crc32_fold_low(128), crc32_fold_high(128)};
  clmul_lane x[4];
  load_vector(x, data);
  x[0] ^= clmul_lane{static_cast<long long>(state), 0};
  data += 64;
  bytes -= 64;
  for (; bytes >= 64; data += 64, bytes -= 64) {
    clmul_lane next[4];
    load_vector(next, data);
    for (int k = 0; k < 4; ++k) x[k] = crc32_fold(x[k], by64) ^ next[k];
  }
  clmul_lane all = x[0];
  for (int k = 1; k < 4; ++k) all = crc32_fold(all, by16) ^ x[k];
  for (; bytes >= 16; data += 16, bytes -= 16) {
    clmul_lane next;
    load_vector(next, data);
    all = crc32_fold(all, by16) ^ next;
  }
  unsigned char rest[16];
  store_vector(rest, all);
  return crc32_step(crc32_step(0, rest, 16), data, bytes);
}

#endif

/// The CRC-32 of data that end with these `bytes` bytes; `crc` is the CRC-32 of what comes before them, or 0.
inline std::uint32_t crc32(std::uint32_t crc, const unsigned char* data, std::size_t bytes) noexcept {
  std::uint32_t state = ~crc;
#if defined(__x86_64__)
  if (bytes >= 64 && __builtin_cpu_supports("pclmul")) return ~crc32_clmul(state, data, bytes);
#endif
  return ~crc32_step(state, data, bytes);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_CRC32_HPP
