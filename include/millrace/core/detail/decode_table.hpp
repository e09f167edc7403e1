#ifndef MILLRACE_CORE_DETAIL_DECODE_TABLE_HPP
#define MILLRACE_CORE_DETAIL_DECODE_TABLE_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A decoder for one Huffman code: a table with an entry for every value of the next `Bits` bits. Codes longer than
/// that are decoded bit by bit.
template <unsigned Bits>
class decode_table {
 public:
  // An entry holds, in bits 0-5, how many input bits it takes; in bits 6-7, how many literals it stands for, or 0 for
  // another symbol; from bit 8 on, the literals' bytes, or the symbol. The entry 0 is none.
  static constexpr std::uint32_t symbol_mask = 0xffffU;

  /// Builds the table from each symbol's code length; 0 is a symbol that does not occur. Returns false if no complete
  /// prefix code has these lengths. Symbols below `literals` are bytes, of which an entry may hold several.
  bool build(const unsigned char* lengths, std::size_t symbols, std::uint32_t literals) noexcept {
    for (std::uint16_t& n : of_length_) n = 0;
    for (std::size_t symbol = 0; symbol < symbols; ++symbol) ++of_length_[lengths[symbol]];
    const std::size_t used = symbols - of_length_[0];
    of_length_[0] = 0;
    std::uint32_t code[16] = {};
    std::uint16_t place[16] = {};
    std::uint32_t space = 0;
    for (unsigned length = 1; length < 16; ++length) {
      code[length] = (code[length - 1] + of_length_[length - 1]) << 1;
      place[length] = static_cast<std::uint16_t>(place[length - 1] + of_length_[length - 1]);
      space += static_cast<std::uint32_t>(of_length_[length]) << (15 - length);
    }
    // A code of n bits takes 2^(15 - n) of the 2^15 values of 15 bits, and together they must take all. Two exceptions
    // are allowed: a single code of one bit, and no code at all.
    const bool full = space == 1U << 15;
    if (!full && !(used == 0 || (used == 1 && of_length_[1] == 1))) return false;
    if (!full)
      for (std::uint32_t& entry : entries_) entry = 0;
    for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
      const unsigned length = lengths[symbol];
      if (length == 0) continue;
      by_code_[place[length]++] = static_cast<std::uint16_t>(symbol);
      std::uint32_t reversed = 0;
      for (std::uint32_t bit = 0, rest = code[length]++; bit < length; ++bit, rest >>= 1)
        reversed = reversed << 1 | (rest & 1U);
      if (length <= Bits) {
        const std::uint32_t entry =
            static_cast<std::uint32_t>(symbol) << 8 | (symbol < literals ? 1U << 6 : 0U) | length;
        for (std::uint32_t at = reversed; at < size; at += 1U << length) entries_[at] = entry;
      } else {
        entries_[reversed & (size - 1)] = 0;  // none: the caller asks `find_long`
      }
    }
    if (literals != 0) join();
    return true;
  }

  /// The entry of the next bits, the first in the lowest bit.
  std::uint32_t operator[](std::uint64_t bits) const noexcept { return entries_[bits & (size - 1)]; }

  /// The entry of the code at the front of `bits`, of any length, or 0 if no code is there. Canonical codes of one
  /// length are consecutive numbers: those of `length` bits begin at `first`.
  /// Source: RFC 1951, section 3.2.2.
  std::uint32_t find_long(std::uint64_t bits) const noexcept {
    std::uint32_t code = 0;
    std::uint32_t first = 0;
    std::uint32_t index = 0;
    for (unsigned length = 1; length < 16; ++length, bits >>= 1) {
      code |= static_cast<std::uint32_t>(bits & 1U);
      const std::uint32_t count = of_length_[length];
      if (code < first + count) return static_cast<std::uint32_t>(by_code_[index + code - first]) << 8 | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return 0;
  }

 private:
  static constexpr std::uint32_t size = 1U << Bits;

  /// Adds to each literal's entry the literals that follow it within the same `Bits` bits, up to three in all. The loop
  /// runs from the highest index down: what follows has a lower index, whose entry then still holds one symbol only.
  void join() noexcept {
    for (std::uint32_t at = size; at-- > 0;) {
      const std::uint32_t own = entries_[at];
      std::uint32_t entry = own;
      for (unsigned joined = 1; joined < 3 && (entry >> 6 & 3U) == joined; ++joined) {
        const unsigned taken = entry & 63U;
        const std::uint32_t rest = at >> taken;
        const std::uint32_t next = rest == at ? own : entries_[rest];  // index 0 is followed by itself
        if ((next >> 6 & 3U) != 1 || taken + (next & 63U) > Bits) break;
        entry = (entry & ~0xffU) | (next >> 8 & 0xffU) << (8 + 8 * joined) | (joined + 1) << 6 | (taken + (next & 63U));
      }
      entries_[at] = entry;
    }
  }

  std::uint32_t entries_[size];
  std::uint16_t of_length_[16];  // how many codes have this length
  std::uint16_t by_code_[288];   // the symbols in the order of their codes
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_DECODE_TABLE_HPP
