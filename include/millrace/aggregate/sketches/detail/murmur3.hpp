#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_MURMUR3_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_MURMUR3_HPP

#include <millrace/core/config.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace detail {

struct hash128 {
  std::uint64_t low;
  std::uint64_t high;
};

/// MurmurHash3 of 128 bits for 64-bit machines. It is the hash of Apache DataSketches, whose sketches these must equal.
/// Source: A. Appleby, MurmurHash3_x64_128, 2011, public domain.
class murmur3 {
 public:
  static constexpr std::uint64_t sketch_seed = 9001;
  static constexpr std::uint64_t first = 0x87c37b91114253d5U;
  static constexpr std::uint64_t second = 0x4cf5ad432745937fU;
  static constexpr std::uint64_t scatter_first = 0xff51afd7ed558ccdU;
  static constexpr std::uint64_t scatter_second = 0xc4ceb9fe1a85ec53U;

  static hash128 hash(const void* data, std::size_t size, std::uint64_t seed = sketch_seed) noexcept {
    const auto* bytes = static_cast<const unsigned char*>(data);
    std::uint64_t low = seed;
    std::uint64_t high = seed;
    std::size_t left = size;
    for (; left >= 16; left -= 16, bytes += 16) {
      std::uint64_t words[2];
      std::memcpy(words, bytes, sizeof words);
      low = (std::rotl(low ^ mix_low(words[0]), 27) + high) * 5 + 0x52dce729;
      high = (std::rotl(high ^ mix_high(words[1]), 31) + low) * 5 + 0x38495ab5;
    }
    std::uint64_t words[2] = {0, 0};  // what is left, zeros behind: they mix to zero
    if (left != 0) std::memcpy(words, bytes, left);
    return finish(low ^ mix_low(words[0]), high ^ mix_high(words[1]), size);
  }

  /// The hash of the eight bytes of a word.
  static constexpr hash128 hash(std::uint64_t word, std::uint64_t seed = sketch_seed) noexcept {
    return finish(seed ^ mix_low(word), seed, 8);
  }

  /// The hash's last step: makes every bit of the result depend on every bit of the word.
  static constexpr std::uint64_t scatter(std::uint64_t word) noexcept {
    word = (word ^ (word >> 33)) * scatter_first;
    word = (word ^ (word >> 33)) * scatter_second;
    return word ^ (word >> 33);
  }

 private:
  static constexpr std::uint64_t mix_low(std::uint64_t word) noexcept { return std::rotl(word * first, 31) * second; }
  static constexpr std::uint64_t mix_high(std::uint64_t word) noexcept { return std::rotl(word * second, 33) * first; }
  static constexpr hash128 finish(std::uint64_t low, std::uint64_t high, std::uint64_t size) noexcept {
    low ^= size;
    high ^= size;
    low += high;
    high += low;
    low = scatter(low);
    high = scatter(high);
    low += high;
    return {low, high + low};
  }
};

/// A hash of the seed that images carry, so that sketches whose items were hashed with different seeds are not merged.
constexpr std::uint16_t seed_hash() noexcept {
  return static_cast<std::uint16_t>(murmur3::hash(murmur3::sketch_seed, 0).low);
}

/// What sketches of items take: whole numbers, floating-point numbers, text.
template <class Item>
concept hashable_item = std::is_arithmetic_v<Item> || std::convertible_to<const Item&, std::string_view>;

/// A container of contiguous items: a vector, a span.
template <class Row>
concept row_of_items = !hashable_item<Row> && requires(const Row& row) {
  row.size();
  requires hashable_item<std::remove_cvref_t<decltype(*row.data())>>;
};
template <class X>
inline constexpr bool takes_items = hashable_item<X> || row_of_items<X>;

/// The 64 bits of a number that are hashed: of a whole number its value, so that 7 is one item whatever its type; of a
/// floating-point number the double, with one zero and one NaN.
template <class Number>
constexpr std::uint64_t item_word(Number number) noexcept {
  if constexpr (std::is_integral_v<Number>) {
    return static_cast<std::uint64_t>(number);
  } else {
    const auto value = static_cast<double>(number);
    return value == 0 ? 0 : value != value ? 0x7ff8000000000000U : std::bit_cast<std::uint64_t>(value);
  }
}

/// The hash of an item as DataSketches hashes it: a number as its word, text as its bytes.
template <hashable_item Item>
constexpr hash128 hash_item(const Item& item, std::uint64_t seed = murmur3::sketch_seed) noexcept {
  if constexpr (std::is_arithmetic_v<Item>) {
    return murmur3::hash(item_word(item), seed);
  } else {
    const std::string_view text = item;
    return murmur3::hash(text.data(), text.size(), seed);
  }
}

/// Is the item empty text, which DataSketches leaves out?
template <class Item>
constexpr bool is_no_item(const Item& item) noexcept {
  if constexpr (std::is_arithmetic_v<Item>)
    return false;
  else
    return std::string_view(item).empty();
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_MURMUR3_HPP
