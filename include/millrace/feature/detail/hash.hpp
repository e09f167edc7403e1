#ifndef MILLRACE_FEATURE_DETAIL_HASH_HPP
#define MILLRACE_FEATURE_DETAIL_HASH_HPP

#include <millrace/core/detail/int128.hpp>
#include <millrace/core/detail/seeded_hash.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A hash of a text, continued from that of another. The same on every machine, since saved models depend on it: eight
/// bytes at a time, the first in the lowest bits, are mixed in by a folded product, and at the end the length.
constexpr std::uint64_t hash_of(std::string_view text, std::uint64_t before = 0) noexcept {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;  // 2^64 divided by the golden ratio
  std::uint64_t hash = before ^ 0xd1b54a32d192ed03U;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * (i % 8));
    if (i % 8 == 7 || i + 1 == text.size()) {
      hash = folded_product(hash ^ word, odd) + 0xa0761d6478bd642fU;
      word = 0;
    }
  }
  return folded_product(hash ^ text.size(), odd ^ hash);
}

/// A hash has at most so many columns.
inline constexpr std::size_t most_places = 65'536;

/// The place in [0, places) of a hash, each equally likely.
constexpr std::size_t place_of(std::uint64_t hash, std::size_t places) noexcept {
  return static_cast<std::size_t>((static_cast<uint128>(hash) * places) >> 64);
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_DETAIL_HASH_HPP
