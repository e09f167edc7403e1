#ifndef MILLRACE_CORE_DETAIL_SEEDED_HASH_HPP
#define MILLRACE_CORE_DETAIL_SEEDED_HASH_HPP

#include <millrace/core/detail/int128.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The high and the low half of a product, folded by exclusive or.
constexpr std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) noexcept {
  const uint128 product = static_cast<uint128>(a) * b;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

/// A hash of a number, for tables in memory alone. Different seeds give unrelated hashes, so that whoever chooses the
/// keys cannot choose where they fall.
constexpr std::uint64_t seeded_hash(std::uint64_t number, std::uint64_t seed) noexcept {
  return folded_product(number ^ seed, 0x9e3779b97f4a7c15U ^ (seed << 1));
}

/// The same of a text: eight bytes at a time, those at the end read once more where they overlap. It differs between
/// machines of different byte order.
inline std::uint64_t seeded_hash(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  const char* from = text.data();
  const std::size_t size = text.size();
  std::uint64_t hash = seed ^ 0xd1b54a32d192ed03U;
  std::uint64_t word = 0;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      __builtin_memcpy(&word, from + at, 8);
      hash = folded_product(hash ^ word, odd) + 0xa0761d6478bd642fU;
    }
    __builtin_memcpy(&word, from + size - 8, 8);
  } else if (size >= 4) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __builtin_memcpy(&low, from, 4);
    __builtin_memcpy(&high, from + size - 4, 4);
    word = low | std::uint64_t{high} << 32;
  } else if (size > 0) {
    word = static_cast<unsigned char>(from[0]) |
           static_cast<std::uint64_t>(static_cast<unsigned char>(from[size / 2])) << 8 |
           static_cast<std::uint64_t>(static_cast<unsigned char>(from[size - 1])) << 16;
  }
  hash = folded_product(hash ^ word, odd) + 0xa0761d6478bd642fU;
  return folded_product(hash ^ size, odd ^ seed);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SEEDED_HASH_HPP
