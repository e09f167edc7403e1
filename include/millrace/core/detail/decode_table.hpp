#ifndef MILLRACE_CORE_DETAIL_DECODE_TABLE_HPP
#define MILLRACE_CORE_DETAIL_DECODE_TABLE_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// One Huffman code as a table over the next bits. Codes too long for it are found bit by bit.
template <unsigned Bits>
class decode_table {
 public:
  // An entry: bits 0-5 how many bits it takes; bits 6-7 how many literals it is (0: something else);
  // from bit 8 on the literals, or the symbol.
  static constexpr std::uint32_t symbol_mask = 0xffffU;

  /// False for a set of lengths that no prefix code has. `literals`: symbols below it may be joined.
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
    // A code must fill its space; but one symbol alone may take one bit, and there may be none.
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
        entries_[reversed & (size - 1)] = 0;  // of no length: ask `find_long`
      }
    }
    if (literals != 0) join();
    return true;
  }

  std::uint32_t operator[](std::uint64_t bits) const noexcept { return entries_[bits & (size - 1)]; }

  /// The entry of a code of any length, or 0 if these bits are none. RFC 1951, section 3.2.2.
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

  /// Adds the literals that follow a literal within the same bits, to three in all. From the back,
  /// because what follows stands at a lower index, which still holds a single symbol then.
  void join() noexcept {
    for (std::uint32_t at = size; at-- > 0;) {
      const std::uint32_t own = entries_[at];
      std::uint32_t entry = own;
      for (unsigned joined = 1; joined < 3 && (entry >> 6 & 3U) == joined; ++joined) {
        const unsigned taken = entry & 63U;
        const std::uint32_t rest = at >> taken;
        const std::uint32_t next = rest == at ? own : entries_[rest];  // 0 follows on itself
        if ((next >> 6 & 3U) != 1 || taken + (next & 63U) > Bits) break;
        entry = (entry & ~0xffU) | (next >> 8 & 0xffU) << (8 + 8 * joined) | (joined + 1) << 6 | (taken + (next & 63U));
      }
      entries_[at] = entry;
    }
  }

  std::uint32_t entries_[size];
  std::uint16_t of_length_[16];
  std::uint16_t by_code_[288];
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_DECODE_TABLE_HPP
