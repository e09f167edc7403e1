#ifndef MILLRACE_CORE_DETAIL_INFLATE_HPP
#define MILLRACE_CORE_DETAIL_INFLATE_HPP

#include <millrace/core/detail/decode_table.hpp>

#include <cstddef>
#include <cstdint>

// A DEFLATE decoder (RFC 1951) into one piece of memory of known size. It reads every DEFLATE stream, so that reading a
// compressed tensor needs no third party, and is fastest on the blocks that deflate_block.hpp writes: up to three
// literals with each look-up in a table.
namespace millrace {
inline namespace v0 {
namespace detail {

/// How many bytes beyond the output the decoder may overwrite.
inline constexpr std::size_t inflate_slack = 32;

constexpr std::size_t smaller(std::size_t a, std::size_t b) noexcept { return a < b ? a : b; }

/// Reads bits from bytes, the lowest first. It reads ahead, up to 8 bytes beyond the end.
struct bit_reader {
  const unsigned char* in = nullptr;
  std::size_t size = 0;
  std::size_t at = 0;  // the next byte to look at
  std::uint64_t bits = 0;
  unsigned count = 0;  // how many of these bits may be taken

  /// Makes at least 56 bits available. Returns false if more bits have been taken than the input has.
  ///
  /// It loads whole bytes, (63 - count) / 8 of them; count + 8 ((63 - count) / 8) is count | 56 for every count below
  /// 64.
  bool refill() noexcept {
    if (at <= size) [[likely]] {
      std::uint64_t word = 0;
      __builtin_memcpy(&word, in + at, 8);
      bits |= word << count;
    } else if (at - (count >> 3) > size) {
      return false;
    }
    at += (63 - count) >> 3;
    count |= 56;
    return true;
  }
  std::uint64_t peek() const noexcept { return bits; }
  void drop(unsigned n) noexcept {
    bits >>= n;
    count -= n;
  }
  unsigned take(unsigned n) noexcept {
    const auto taken = static_cast<unsigned>(bits & ((std::uint64_t{1} << n) - 1));
    drop(n);
    return taken;
  }
  /// Skips to the next whole byte. Returns how many bytes have been taken so far, which may be more than the input has.
  std::size_t align() noexcept {
    at -= count >> 3;
    bits = 0;
    count = 0;
    return at;
  }
  void skip(std::size_t bytes) noexcept { at += bytes; }
};

/// Decodes DEFLATE streams, one after the other. Reuse one for many: it holds the tables, about 12 KB.
/// Precondition: 8 bytes behind the input may be read, and `inflate_slack` bytes behind the output may be written.
/// Guarantee: nothing beyond them is read or written, whatever the input.
/// Allocates: never.
class inflater {
 public:
  /// Decodes `in` into `out`. Returns whether `in` is exactly one DEFLATE stream of exactly `out_bytes` bytes; if not,
  /// what `out` holds is unspecified.
  bool inflate(const unsigned char* in, std::size_t in_bytes, unsigned char* out, std::size_t out_bytes) noexcept {
    open(in, in_bytes, out, out_bytes);
    return finish();
  }

  /// `inflate` in two steps. Between them, `advance_both` may do most of the work of two streams at once.
  void open(const unsigned char* in, std::size_t in_bytes, unsigned char* out, std::size_t out_bytes) noexcept {
    reader_ = bit_reader{in, in_bytes};
    out_ = out_begin_ = out;
    out_end_ = out + out_bytes;
    last_ = false;
    broken_ = false;
    coded_ = next_block();
  }
  bool finish() noexcept {
    for (; coded_; coded_ = next_block())
      if (!symbols()) return false;
    return !broken_ && out_ == out_end_ && reader_.align() == reader_.size;
  }
  /// The same for a stream that may end before `in` and `out` do: says how many bytes of each it took.
  bool finish(std::size_t& in_bytes, std::size_t& out_bytes) noexcept {
    for (; coded_; coded_ = next_block())
      if (!symbols()) return false;
    in_bytes = reader_.align();
    out_bytes = static_cast<std::size_t>(out_ - out_begin_);
    return !broken_ && in_bytes <= reader_.size;
  }

  /// Decodes literals of two streams in turn, until one of them has something else. The CPU works on one stream while a
  /// look-up of the other waits for memory.
  static void advance_both(inflater& first, inflater& second) noexcept {
    if (!first.coded_ || !second.coded_) return;
    lane a = first.begin_lane();
    lane b = second.begin_lane();
    for (bool literals = true; literals;) {
      const std::size_t rounds = smaller(first.safe_rounds(a), second.safe_rounds(b));
      if (rounds == 0) break;
      for (std::size_t round = 0; round < rounds && literals; ++round) {
        a.refill();
        b.refill();
        // Five look-ups take at most 55 of the 56 bits. What is no literal is left to `finish`.
        literals = both(a, b, first, second) && both(a, b, first, second) && both(a, b, first, second) &&
                   both(a, b, first, second) && both(a, b, first, second);
      }
    }
    first.end_lane(a);
    second.end_lane(b);
  }

 private:
  /// A stream's state inside a loop without checks of the bounds, as locals, which stay in registers.
  struct lane {
    const unsigned char* in;
    std::uint64_t bits;
    unsigned count;
    unsigned char* out;

    [[gnu::always_inline]] void refill() noexcept {
      std::uint64_t word = 0;
      __builtin_memcpy(&word, in, 8);
      bits |= word << count;
      in += (63 - count) >> 3;
      count |= 56;
    }
    [[gnu::always_inline]] void put(std::uint32_t entry) noexcept {
      const std::uint32_t bytes = entry >> 8;
      __builtin_memcpy(out, &bytes, 4);
      out += entry >> 6 & 3U;
      bits >>= entry & 63U;
      count -= entry & 63U;
    }
  };
  lane begin_lane() const noexcept { return {reader_.in + reader_.at, reader_.bits, reader_.count, out_}; }
  void end_lane(const lane& from) noexcept {
    reader_.at = static_cast<std::size_t>(from.in - reader_.in);
    reader_.bits = from.bits;
    reader_.count = from.count;
    out_ = from.out;
  }
  /// How many rounds, of a refill and five look-ups each, a lane may do without a check: one reads at most 8 bytes and
  /// writes at most 15.
  std::size_t safe_rounds(const lane& from) const noexcept {
    const auto taken = static_cast<std::size_t>(from.in - reader_.in);
    if (taken >= reader_.size || from.out >= out_end_) return 0;
    return smaller((reader_.size - taken) / 8, static_cast<std::size_t>(out_end_ - from.out) / 15);
  }
  /// Decodes one entry of literals of each stream; false, and nothing done, if either has something else next.
  [[gnu::always_inline]] static bool both(lane& a, lane& b, const inflater& first, const inflater& second) noexcept {
    const std::uint32_t x = first.literals_[a.bits];
    const std::uint32_t y = second.literals_[b.bits];
    if ((x & 0xc0U) == 0 || (y & 0xc0U) == 0) return false;
    a.put(x);
    b.put(y);
    return true;
  }
  [[gnu::always_inline]] static bool one(lane& a, const inflater& first) noexcept {
    const std::uint32_t x = first.literals_[a.bits];
    if ((x & 0xc0U) == 0) return false;
    a.put(x);
    return true;
  }

  /// Advances to the first symbol of the next Huffman block. Returns false if the stream has ended or is broken.
  bool next_block() noexcept {
    while (!last_) {
      bool good = reader_.refill();
      last_ = reader_.take(1) != 0;
      const unsigned kind = reader_.take(2);
      if (good && kind == 0 && stored()) continue;
      good = good && (kind == 1 ? fixed_codes() : kind == 2 && read_codes());
      broken_ = !good;
      return good;
    }
    return false;
  }

  bool stored() noexcept {
    const std::size_t at = reader_.align();
    if (at > reader_.size || reader_.size - at < 4) return false;
    std::uint16_t length = 0;
    std::uint16_t complement = 0;
    __builtin_memcpy(&length, reader_.in + at, 2);
    __builtin_memcpy(&complement, reader_.in + at + 2, 2);
    if (length != static_cast<std::uint16_t>(~complement)) return false;
    if (reader_.size - at - 4 < length || static_cast<std::size_t>(out_end_ - out_) < length) return false;
    if (length != 0) __builtin_memcpy(out_, reader_.in + at + 4, length);
    reader_.skip(4U + length);
    out_ += length;
    return true;
  }

  bool fixed_codes() noexcept {
    unsigned char lengths[288];
    for (unsigned symbol = 0; symbol < 288; ++symbol)
      lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    unsigned char distances[32];
    for (unsigned char& length : distances) length = 5;
    return literals_.build(lengths, 288, 256) && distances_.build(distances, 32, 0);
  }

  bool read_codes() noexcept {
    bit_reader& reader = reader_;
    static constexpr unsigned char order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    const unsigned literals = reader.take(5) + 257;
    const unsigned distances = reader.take(5) + 1;
    const unsigned lengths_given = reader.take(4) + 4;
    if (literals > 286 || distances > 30) return false;
    unsigned char lengths[286 + 30 + 138] = {};
    for (unsigned at = 0; at < lengths_given; ++at) {
      if (!reader.refill()) return false;
      lengths[order[at]] = static_cast<unsigned char>(reader.take(3));
    }
    if (!lengths_.build(lengths, 19, 0)) return false;
    unsigned char all[286 + 30 + 138] = {};
    for (unsigned at = 0; at < literals + distances;) {
      if (!reader.refill()) return false;
      const std::uint32_t entry = lengths_[reader.peek()];
      if (entry == 0) return false;
      reader.drop(entry & 63U);
      const unsigned symbol = entry >> 8;
      if (symbol < 16) {
        all[at++] = static_cast<unsigned char>(symbol);
        continue;
      }
      if (symbol == 16 && at == 0) return false;
      const unsigned char repeated = symbol == 16 ? all[at - 1] : 0;
      unsigned run = symbol == 16 ? 3 + reader.take(2) : symbol == 17 ? 3 + reader.take(3) : 11 + reader.take(7);
      while (run-- > 0) all[at++] = repeated;
      if (at > literals + distances) return false;
    }
    return all[256] != 0 && literals_.build(all, literals, 256) && distances_.build(all + literals, distances, 0);
  }

  // Of RFC 1951, section 3.2.5: where the lengths and the distances of each code begin, and a length's extra bits.
  static constexpr std::uint16_t length_base[29] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
  static constexpr unsigned char length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                     2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  static constexpr std::uint16_t distance_base[30] = {1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
                                                      33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
                                                      1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

  // The parts of `symbols` are inlined there, so that the reader and the end of the output stay in registers. Matches
  // are no part: g++ then takes 1 % more instructions a match.

  /// Decodes literals as long as neither input nor output needs a check.
  [[gnu::always_inline]] void unchecked_literals(bit_reader& reader, unsigned char*& out) const noexcept {
    lane a{reader.in + reader.at, reader.bits, reader.count, out};
    for (std::size_t rounds = safe_rounds(a); rounds > 0; --rounds) {
      a.refill();
      if (!(one(a, *this) && one(a, *this) && one(a, *this) && one(a, *this) && one(a, *this))) break;
    }
    reader.at = static_cast<std::size_t>(a.in - reader.in);
    reader.bits = a.bits;
    reader.count = a.count;
    out = a.out;
  }

  /// Puts the literals of one entry out. Returns false if they do not fit.
  [[gnu::always_inline]] bool checked_literals(std::uint32_t entry, bit_reader& reader,
                                               unsigned char*& out) const noexcept {
    const unsigned count = entry >> 6 & 3U;
    if (static_cast<std::size_t>(out_end_ - out) < count) return false;
    const std::uint32_t bytes = entry >> 8;
    __builtin_memcpy(out, &bytes, 4);
    out += count;
    reader.drop(entry & 63U);
    return true;
  }

  /// Decodes a block's symbols up to its end. Returns false if they are broken.
  bool symbols() noexcept {
    bit_reader reader = reader_;  // locals stay in registers
    unsigned char* out = out_;
    for (;;) {
      unchecked_literals(reader, out);
      if (!reader.refill()) return false;
      std::uint32_t entry = literals_[reader.peek()];
      if ((entry & 0xc0U) != 0) {  // literals near the end of the input or of the output
        if (!checked_literals(entry, reader, out)) return false;
        continue;
      }
      if (entry == 0) entry = literals_.find_long(reader.peek());
      if (entry == 0) return false;
      reader.drop(entry & 63U);
      const std::uint32_t symbol = entry >> 8;
      if (symbol < 256) {
        if (out == out_end_) return false;
        *out++ = static_cast<unsigned char>(symbol);
        continue;
      }
      if (symbol == 256) {
        reader_ = reader;
        out_ = out;
        return true;
      }
      if (symbol > 285) return false;
      const std::size_t length = length_base[symbol - 257] + reader.take(length_extra[symbol - 257]);
      entry = distances_[reader.peek()];
      if (entry == 0) entry = distances_.find_long(reader.peek());
      const std::uint32_t code = entry >> 8;
      if (entry == 0 || code > 29) return false;
      reader.drop(entry & 63U);
      const std::size_t distance = distance_base[code] + reader.take(code < 4 ? 0 : code / 2 - 1);
      if (distance > static_cast<std::size_t>(out - out_begin_) || length > static_cast<std::size_t>(out_end_ - out))
        return false;
      copy(out, distance, length);
      out += length;
    }
  }

  /// Repeats `length` bytes from `distance` before `out`; may overwrite up to 15 bytes behind them.
  static void copy(unsigned char* out, std::size_t distance, std::size_t length) noexcept {
    const unsigned char* from = out - distance;
    if (distance == 1) {
      __builtin_memset(out, *from, length);
    } else if (distance >= 16) {
      for (std::size_t at = 0; at < length; at += 16) __builtin_memcpy(out + at, from + at, 16);
    } else {
      for (std::size_t at = 0; at < length; ++at) out[at] = from[at];
    }
  }

  decode_table<11> literals_;
  decode_table<9> distances_;
  decode_table<7> lengths_;
  bit_reader reader_;
  unsigned char* out_ = nullptr;
  unsigned char* out_begin_ = nullptr;
  unsigned char* out_end_ = nullptr;
  bool last_ = false;
  bool coded_ = false;
  bool broken_ = false;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_INFLATE_HPP
