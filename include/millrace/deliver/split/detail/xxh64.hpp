#ifndef MILLRACE_DELIVER_SPLIT_DETAIL_XXH64_HPP
#define MILLRACE_DELIVER_SPLIT_DETAIL_XXH64_HPP

#include <millrace/deliver/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// XXH64 of a text, and of the eight bytes of a number with the lowest first. The library's other hashes do not serve
/// here: `seeded_hash` differs between machines, and MurmurHash3 has 32 bits of seed where others wrote it.
/// Source: Y. Collet, "xxHash fast digest algorithm", XXH64, version 0.1.1, 2018.
class xxh64 {
 public:
  static constexpr std::uint64_t hash(std::string_view text, std::uint64_t seed) noexcept {
    const char* from = text.data();
    std::size_t left = text.size();
    std::uint64_t hash = seed + prime_5;
    if (left >= 32) {
      std::uint64_t lanes[4] = {seed + prime_1 + prime_2, seed + prime_2, seed, seed - prime_1};
      for (; left >= 32; left -= 32, from += 32)
        for (std::size_t i = 0; i < 4; ++i) lanes[i] = round(lanes[i], word(from + 8 * i));
      hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
      for (const std::uint64_t lane : lanes) hash = (hash ^ round(0, lane)) * prime_1 + prime_4;
    }
    hash += text.size();
    for (; left >= 8; left -= 8, from += 8) hash = with_word(hash, word(from));
    if (left >= 4) {
      hash = std::rotl(hash ^ half(from) * prime_1, 23) * prime_2 + prime_3;
      left -= 4;
      from += 4;
    }
    for (; left != 0; --left, ++from) hash = std::rotl(hash ^ byte(from) * prime_5, 11) * prime_1;
    return scattered(hash);
  }

  static constexpr std::uint64_t hash(std::uint64_t number, std::uint64_t seed) noexcept {
    return scattered(with_word(seed + prime_5 + 8, number));
  }

 private:
  static constexpr std::uint64_t prime_1 = 0x9e3779b185ebca87U;
  static constexpr std::uint64_t prime_2 = 0xc2b2ae3d27d4eb4fU;
  static constexpr std::uint64_t prime_3 = 0x165667b19e3779f9U;
  static constexpr std::uint64_t prime_4 = 0x85ebca77c2b2ae63U;
  static constexpr std::uint64_t prime_5 = 0x27d4eb2f165667c5U;

  static constexpr std::uint64_t round(std::uint64_t lane, std::uint64_t word) noexcept {
    return std::rotl(lane + word * prime_2, 31) * prime_1;
  }
  static constexpr std::uint64_t with_word(std::uint64_t hash, std::uint64_t word) noexcept {
    return std::rotl(hash ^ round(0, word), 27) * prime_1 + prime_4;
  }
  static constexpr std::uint64_t scattered(std::uint64_t hash) noexcept {
    hash = (hash ^ (hash >> 33)) * prime_2;
    hash = (hash ^ (hash >> 29)) * prime_3;
    return hash ^ (hash >> 32);
  }

  // The lowest byte first on every machine. Where that is the machine's own order, compilers make one load of it.
  static constexpr std::uint64_t byte(const char* at) noexcept { return static_cast<unsigned char>(*at); }
  static constexpr std::uint64_t half(const char* at) noexcept {
    return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
  }
  static constexpr std::uint64_t word(const char* at) noexcept {
    return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24 | byte(at + 4) << 32 |
           byte(at + 5) << 40 | byte(at + 6) << 48 | byte(at + 7) << 56;
  }
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_DETAIL_XXH64_HPP
