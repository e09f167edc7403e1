#ifndef MILLRACE_CORE_DETAIL_HUFFMAN_HPP
#define MILLRACE_CORE_DETAIL_HUFFMAN_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

// Huffman codes as DEFLATE has them (RFC 1951): of limited length, and canonical, which is to say that the lengths
// alone decide the codes.
namespace millrace {
inline namespace v0 {
namespace detail {

/// The length in bits of the longest code that the encoder makes. Short enough that the decoder finds every code in its
/// table of 2^11 entries and that five codes fit between two flushes; long enough that the limit makes the output less
/// than 0.1 % longer.
inline constexpr unsigned encoder_code_limit = 11;

inline constexpr std::size_t literal_symbols = 286;  // 256 bytes, the end of the block, 29 lengths of matches
inline constexpr std::size_t end_of_block = 256;

/// A symbol's code, its bits in the order in which they are written.
struct huffman_code {
  std::uint16_t bits = 0;
  std::uint16_t length = 0;
};

/// Sorts keys of the form (count << 16 | symbol) by count, stably: a radix sort by one byte of the count at a time,
/// from the lowest. A comparison sort would spend its time on branches that the CPU cannot predict.
inline void sort_by_count(std::uint64_t* keys, std::size_t size, std::uint32_t largest) noexcept {
  std::uint64_t other[literal_symbols];
  std::uint64_t* from = keys;
  std::uint64_t* to = other;
  for (unsigned shift = 16; largest != 0; shift += 8, largest >>= 8) {
    std::uint16_t starts[257] = {};
    for (std::size_t at = 0; at < size; ++at) ++starts[(from[at] >> shift & 0xffU) + 1];
    for (std::size_t digit = 0; digit < 256; ++digit)
      starts[digit + 1] = static_cast<std::uint16_t>(starts[digit + 1] + starts[digit]);
    for (std::size_t at = 0; at < size; ++at) to[starts[from[at] >> shift & 0xffU]++] = from[at];
    std::swap(from, to);
  }
  if (from != keys)
    for (std::size_t at = 0; at < size; ++at) keys[at] = from[at];
}

/// Puts the symbols that occur into `sorted`, as (count << 16 | symbol), by count. Returns how many they are.
inline std::size_t sort_used(const std::uint32_t* counts, std::size_t symbols, std::uint64_t* sorted) noexcept {
  std::size_t used = 0;
  std::uint32_t largest = 0;
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
    largest = counts[symbol] > largest ? counts[symbol] : largest;
    sorted[used] = static_cast<std::uint64_t>(counts[symbol]) << 16 | symbol;
    used += counts[symbol] != 0 ? 1U : 0U;
  }
  if (used > 1) sort_by_count(sorted, used, largest);
  return used;
}

/// Counts the leaves of Huffman's tree by depth; one deeper than `limit` counts as at it. The tree grows from two
/// queues, the leaves and the inner nodes, each in ascending weight. Precondition: two leaves at least.
inline void count_depths(const std::uint64_t* sorted, std::size_t used, unsigned limit,
                         std::uint32_t* of_length) noexcept {
  std::uint64_t weight[literal_symbols];
  std::uint16_t parent[2 * literal_symbols];
  std::size_t leaf = 0;
  std::size_t inner = 0;
  for (std::size_t made = 0; made + 1 < used; ++made) {
    std::uint64_t sum = 0;
    for (int child = 0; child < 2; ++child) {
      const bool take_leaf = leaf < used && (inner == made || sorted[leaf] >> 16 <= weight[inner]);
      sum += take_leaf ? sorted[leaf] >> 16 : weight[inner];
      parent[take_leaf ? leaf++ : used + inner++] = static_cast<std::uint16_t>(used + made);
    }
    weight[made] = sum;
  }
  std::uint16_t depth[2 * literal_symbols];
  const std::size_t root = 2 * used - 2;
  depth[root] = 0;
  for (std::size_t node = root; node-- > 0;) {
    depth[node] = static_cast<std::uint16_t>(depth[parent[node]] + 1);
    if (node < used) ++of_length[depth[node] < limit ? depth[node] : limit];
  }
}

/// Brings codes that were cut to the limit back into the space that codes have.
///
/// A code of `length` bits takes 2^(limit - length) units of a space of 2^limit. Cut to the limit, the codes may take
/// more. Each step gives back one unit: the longest code below the limit becomes one bit longer, and a code of the
/// limit's length moves to the place beside it, which frees its own unit.
inline void fit_code_space(std::uint32_t* of_length, unsigned limit) noexcept {
  std::uint64_t space = 0;
  for (unsigned length = 1; length <= limit; ++length)
    space += static_cast<std::uint64_t>(of_length[length]) << (limit - length);
  for (; space > std::uint64_t{1} << limit; --space) {
    unsigned length = limit - 1;
    while (of_length[length] == 0) --length;
    --of_length[limit];
    --of_length[length];
    of_length[length + 1] += 2;
  }
}

/// Computes the lengths of a prefix code, none above `limit`, for symbols that occur `counts` times; the length is 0
/// for those that do not occur. The code is the shortest possible unless the limit cuts it; then it is close to that.
/// Equal counts are ordered by symbol, so the same counts give the same code.
/// Precondition: at most 286 symbols, at most 2^limit of them used, counts that sum to less than 2^32.
inline void huffman_lengths(const std::uint32_t* counts, std::size_t symbols, unsigned limit,
                            unsigned char* lengths) noexcept {
  __builtin_memset(lengths, 0, symbols);
  std::uint64_t sorted[literal_symbols + 1];
  const std::size_t used = sort_used(counts, symbols, sorted);
  if (used <= 1) {
    if (used == 1) lengths[sorted[0] & 0xffffU] = 1;
    return;
  }
  std::uint32_t of_length[64] = {};
  count_depths(sorted, used, limit, of_length);
  fit_code_space(of_length, limit);
  std::size_t at = 0;
  for (unsigned length = limit; length > 0; --length)
    for (std::uint32_t n = of_length[length]; n > 0; --n)
      lengths[sorted[at++] & 0xffffU] = static_cast<unsigned char>(length);
}

/// Computes the canonical codes of these lengths.
/// Source: RFC 1951, section 3.2.2.
inline void huffman_codes(const unsigned char* lengths, std::size_t symbols, huffman_code* codes) noexcept {
  std::uint32_t of_length[17] = {};
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) ++of_length[lengths[symbol]];
  of_length[0] = 0;
  std::uint32_t next[17] = {};
  for (unsigned length = 1; length < 17; ++length) next[length] = (next[length - 1] + of_length[length - 1]) << 1;
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
    const unsigned length = lengths[symbol];
    if (length == 0) continue;
    std::uint32_t reversed = 0;
    for (std::uint32_t bit = 0, code = next[length]++; bit < length; ++bit, code >>= 1)
      reversed = reversed << 1 | (code & 1U);
    codes[symbol] = {static_cast<std::uint16_t>(reversed), static_cast<std::uint16_t>(length)};
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_HUFFMAN_HPP
