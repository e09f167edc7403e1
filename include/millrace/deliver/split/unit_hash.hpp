#ifndef MILLRACE_DELIVER_SPLIT_UNIT_HASH_HPP
#define MILLRACE_DELIVER_SPLIT_UNIT_HASH_HPP

#include <millrace/deliver/split/detail/xxh64.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What decides together with a unit's id where the unit falls. Two different salts place the same units independently
/// of each other; one salt places a unit at the same point for ever.
/// Guarantee: the seed is XXH64 of the text's bytes with seed 0.
/// Complexity: linear in the text. Allocates: never. Keep the value where many units are hashed.
class salt {
 public:
  template <std::convertible_to<std::string_view> Text>
  constexpr salt(const Text& text) noexcept : seed_(detail::xxh64::hash(std::string_view(text), 0)) {}

  constexpr std::uint64_t seed() const noexcept { return seed_; }
  /// The salt of a part of what this one salts: its seed is XXH64 of the part's name with this seed. The parts of one
  /// layer place units independently of the layer and of each other.
  constexpr salt within(std::string_view part) const noexcept {
    salt made(*this);
    made.seed_ = detail::xxh64::hash(part, seed_);
    return made;
  }
  friend constexpr bool operator==(salt, salt) noexcept = default;

 private:
  std::uint64_t seed_;
};

/// What a unit (a user, a session, a device) is known by: a whole number, or bytes.
template <class Id>
concept unit_id = (std::integral<Id> && !std::same_as<Id, bool>) || std::convertible_to<const Id&, std::string_view>;

/// Is this the id of nobody: empty text?
template <unit_id Id>
constexpr bool is_missing(const Id& id) noexcept {
  if constexpr (std::integral<Id>)
    return false;
  else
    return std::string_view(id).empty();
}

/// The 64 bits that place a unit in a split.
///
/// To the byte: XXH64 with the seed `by.seed()`, which is XXH64 of the salt's bytes with seed 0. Hashed are the bytes
/// of a text as they are, without a terminating zero; of a whole number its value in two's complement in 64 bits, eight
/// bytes with the lowest first. So a number has one hash whatever its type, and 42 and "42" are two units: let all
/// sides agree on one. The empty text has a hash as any other, but splits give it no variant.
///
/// Guarantee: the same on every machine, in every process and with every compiler; it will not change.
/// tests/golden/deliver/unit_hash.txt has vectors that tests/oracle/unit_hash.py, a second implementation, wrote.
/// Complexity: five multiplications for a number, linear in a text. Allocates: never. Threads: any.
/// Not for secrets: whoever knows the salt can look for ids that fall where he wants.
template <unit_id Id>
constexpr std::uint64_t unit_hash(salt by, const Id& id) noexcept {
  if constexpr (std::integral<Id>)
    return detail::xxh64::hash(static_cast<std::uint64_t>(id), by.seed());
  else
    return detail::xxh64::hash(std::string_view(id), by.seed());
}

/// The point in [0, 1) where a hash falls: its upper 53 bits as a multiple of 2^-53, which a double holds exactly.
/// A share of `s` has the units whose point is less than `s`. So a share of 0 has nobody, a share of 1 has everybody,
/// and whoever is in stays in as the share grows.
constexpr double unit_point(std::uint64_t hash) noexcept { return static_cast<double>(hash >> 11) * 0x1p-53; }

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_UNIT_HASH_HPP
