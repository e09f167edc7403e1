#ifndef MILLRACE_CORE_DETAIL_DEFLATE_BLOCK_HPP
#define MILLRACE_CORE_DETAIL_DEFLATE_BLOCK_HPP

#include <millrace/core/detail/huffman.hpp>
#include <millrace/core/detail/simd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

// A DEFLATE encoder (RFC 1951) for bytes whose frequencies say more than their order: exponents, bitmaps, small
// integers. It writes one dynamic Huffman block of literals, with runs of one byte as matches of distance 1 where that
// saves bits. It does not search for other matches, which is what makes deflate slow.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Writes bits into bytes, the first bit in the lowest place.
class bit_writer {
 public:
  explicit bit_writer(unsigned char* out) noexcept : out_(out) {}

  /// Precondition: no more than 57 bits since the last flush.
  void put(std::uint64_t bits, unsigned count) noexcept {
    pending_ |= bits << count_;
    count_ += count;
  }
  void put(huffman_code code) noexcept { put(code.bits, code.length); }
  /// Precondition: 8 bytes may be written, though at most 7 of them count.
  void flush() noexcept {
    __builtin_memcpy(out_, &pending_, 8);
    out_ += count_ >> 3;
    pending_ >>= count_ & ~7U;
    count_ &= 7U;
  }
  /// Writes the last bits, zeros above them, and returns the end. Precondition: nothing was put since the last flush.
  unsigned char* finish() noexcept {
    if (count_ != 0) *out_++ = static_cast<unsigned char>(pending_);
    pending_ = 0;
    count_ = 0;
    return out_;
  }

 private:
  unsigned char* out_;
  std::uint64_t pending_ = 0;
  unsigned count_ = 0;
};

/// The symbol that stands for a match of 3 to 258 bytes, and the extra bits behind it. From 11 bytes on, each number of
/// extra bits serves four symbols.
/// Source: RFC 1951, section 3.2.5.
struct length_symbol {
  std::uint16_t symbol = 0;
  unsigned char extra_count = 0;
  unsigned char extra_bits = 0;
};
constexpr length_symbol length_symbol_of(unsigned length) noexcept {
  if (length == 258) return {285, 0, 0};
  const unsigned above = length - 3;
  if (above < 8) return {static_cast<std::uint16_t>(257 + above), 0, 0};
  const auto extra = static_cast<unsigned>(std::bit_width(above)) - 3;
  return {static_cast<std::uint16_t>(257 + 4 * extra + (above >> extra)), static_cast<unsigned char>(extra),
          static_cast<unsigned char>(above & ((1U << extra) - 1U))};
}

/// Counts how often each byte occurs. Four tables take turns, so that equal bytes in a row do not wait for one counter.
inline void count_bytes(const unsigned char* data, std::size_t bytes, std::uint32_t* counts) noexcept {
  std::uint32_t table[4][256] = {};
  std::size_t at = 0;
  for (; at + 8 <= bytes; at += 8) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, data + at, 8);
    ++table[0][word & 0xffU];  // spelled out: -O2 does not unroll loops
    ++table[1][word >> 8 & 0xffU];
    ++table[2][word >> 16 & 0xffU];
    ++table[3][word >> 24 & 0xffU];
    ++table[0][word >> 32 & 0xffU];
    ++table[1][word >> 40 & 0xffU];
    ++table[2][word >> 48 & 0xffU];
    ++table[3][word >> 56];
  }
  for (; at < bytes; ++at) ++table[0][data[at]];
  for (std::size_t byte = 0; byte < 256; ++byte)
    counts[byte] = table[0][byte] + table[1][byte] + table[2][byte] + table[3][byte];
}

/// How many bytes equal the one before them. Each lane of `sum` counts to 255, so the sums are emptied that often.
inline std::size_t count_repeats(const unsigned char* data, std::size_t bytes) noexcept {
  using v = vector<unsigned char, 16>;
  std::size_t repeats = 0;
  std::size_t at = 1;
  while (at + 16 <= bytes) {
    v sum{};
    for (int rounds = 0; rounds < 255 && at + 16 <= bytes; ++rounds, at += 16) {
      v here, before;
      load_vector(here, data + at);
      load_vector(before, data + at - 1);
      sum -= reinterpret_cast<v>(here == before);
    }
    for (int lane = 0; lane < 16; ++lane) repeats += sum[lane];
  }
  for (; at < bytes; ++at) repeats += data[at] == data[at - 1] ? 1U : 0U;
  return repeats;
}

/// How many bytes from `at` on equal the one before it, up to `most`.
inline std::size_t run_length(const unsigned char* at, std::size_t most) noexcept {
  const unsigned char* before = at - 1;
  std::size_t length = 0;
  for (; length + 8 <= most; length += 8) {
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    __builtin_memcpy(&x, at + length, 8);
    __builtin_memcpy(&y, before + length, 8);
    if (x != y) return length + static_cast<std::size_t>(std::countr_zero(x ^ y)) / 8;
  }
  while (length < most && at[length] == before[length]) ++length;
  return length;
}

inline constexpr std::size_t shortest_run = 4;   // DEFLATE would allow 3
inline constexpr std::size_t longest_run = 258;  // DEFLATE's limit

/// Splits bytes into literals and runs and calls literal(byte) or run(length) for each, in order. A run repeats the
/// byte before it.
template <class Literal, class Run>
void for_each_token(const unsigned char* data, std::size_t bytes, Literal&& literal, Run&& run) {
  std::size_t at = 0;
  if (bytes != 0) literal(data[at++]);
  while (at < bytes) {
    if (data[at] == data[at - 1]) {
      const std::size_t left = bytes - at;
      const std::size_t length = run_length(data + at, left < longest_run ? left : longest_run);
      if (length >= shortest_run) {
        run(static_cast<unsigned>(length));
        at += length;
        continue;
      }
    }
    literal(data[at++]);
  }
}

/// One dynamic Huffman block. `plan_literals` or `plan_runs` chooses its codes and computes how many bits it takes;
/// `write` writes it.
class huffman_block {
 public:
  /// Plans a block of literals alone for data in which each byte occurs `counts` times.
  void plan_literals(const std::uint32_t* counts) noexcept {
    for (std::size_t byte = 0; byte < 256; ++byte) counts_[byte] = counts[byte];
    for (std::size_t symbol = 256; symbol < literal_symbols; ++symbol) counts_[symbol] = 0;
    runs_ = false;
    plan();
  }
  /// Plans a block of literals and runs.
  void plan_runs(const unsigned char* data, std::size_t bytes) noexcept {
    for (std::uint32_t& count : counts_) count = 0;
    for_each_token(
        data, bytes, [&](unsigned char byte) { ++counts_[byte]; },
        [&](unsigned length) { ++counts_[length_symbol_of(length).symbol]; });
    runs_ = true;
    plan();
  }

  std::uint64_t bits() const noexcept { return bits_; }
  /// How many of these bits describe the code.
  std::uint64_t header_bits() const noexcept { return header_bits_; }

  /// Writes the block, as the last of its stream, and returns the end.
  /// Precondition: the block was planned for this data, and `out` has room for bits() / 8 + 16 bytes.
  unsigned char* write(const unsigned char* data, std::size_t bytes, unsigned char* out) const noexcept {
    bit_writer writer(out);
    write_header(writer);
    huffman_code codes[literal_symbols];
    huffman_codes(lengths_, literal_symbols, codes);
    if (runs_)
      write_runs(writer, codes, data, bytes);
    else
      write_literals(writer, codes, data, bytes);
    writer.put(codes[end_of_block]);
    writer.flush();
    return writer.finish();
  }

 private:
  void plan() noexcept {
    counts_[end_of_block] = 1;
    huffman_lengths(counts_, literal_symbols, encoder_code_limit, lengths_);
    symbols_ = literal_symbols;
    while (symbols_ > 257 && lengths_[symbols_ - 1] == 0) --symbols_;
    plan_header();
    bits_ = header_bits_;
    for (std::size_t symbol = 0; symbol < symbols_; ++symbol) {
      std::uint64_t each = lengths_[symbol];
      // A match also takes its extra bits, (symbol - 261) / 4 from symbol 265 on, and one bit for its distance.
      if (symbol > end_of_block) each += 1U + (symbol < 265 || symbol == 285 ? 0U : (symbol - 261) / 4);
      bits_ += counts_[symbol] * each;
    }
  }

  /// Plans the block's header: the code lengths, run-length coded, in a Huffman code of their own. Symbol 16 repeats
  /// the length before it 3 to 6 times; 17 and 18 stand for 3 to 10 and for 11 to 138 zeros.
  /// Source: RFC 1951, section 3.2.7.
  void plan_header() noexcept {
    unsigned char all[literal_symbols + 1];
    for (std::size_t symbol = 0; symbol < symbols_; ++symbol) all[symbol] = lengths_[symbol];
    all[symbols_] = 1;  // one distance, 1, of one bit
    const std::size_t total = symbols_ + 1;
    std::uint32_t counts[19] = {};
    header_size_ = 0;
    const auto emit = [&](unsigned symbol, std::size_t extra) {
      header_[header_size_++] = static_cast<std::uint16_t>(symbol | extra << 8);
      ++counts[symbol];
    };
    for (std::size_t at = 0; at < total;) {
      std::size_t run = 1;
      while (at + run < total && all[at + run] == all[at]) ++run;
      at += run;
      const unsigned char length = all[at - 1];
      if (length != 0) {
        emit(length, 0);
        --run;
      }
      while (run >= 3) {
        const std::size_t most = length != 0 ? 6 : 138;
        const std::size_t now = run < most ? run : most;
        if (length != 0)
          emit(16, now - 3);
        else
          emit(now <= 10 ? 17U : 18U, now <= 10 ? now - 3 : now - 11);
        run -= now;
      }
      while (run-- > 0) emit(length, 0);
    }
    huffman_lengths(counts, 19, 7, header_lengths_);
    order_size_ = 19;
    while (order_size_ > 4 && header_lengths_[order[order_size_ - 1]] == 0) --order_size_;
    header_bits_ = 3 + 5 + 5 + 4 + 3 * order_size_;  // as write_header writes them
    for (std::size_t symbol = 0; symbol < 19; ++symbol)
      header_bits_ += static_cast<std::uint64_t>(counts[symbol]) * (header_lengths_[symbol] + header_extra(symbol));
  }
  static constexpr unsigned header_extra(std::size_t symbol) noexcept {
    return symbol == 16 ? 2U : symbol == 17 ? 3U : symbol == 18 ? 7U : 0U;
  }

  void write_header(bit_writer& writer) const noexcept {
    writer.put(1 | 2 << 1, 3);  // last block, dynamic codes
    writer.put(symbols_ - 257, 5);
    writer.put(0, 5);  // one distance
    writer.put(order_size_ - 4, 4);
    for (std::size_t at = 0; at < order_size_; ++at) {
      writer.flush();
      writer.put(header_lengths_[order[at]], 3);
    }
    huffman_code codes[19];
    huffman_codes(header_lengths_, 19, codes);
    for (std::size_t at = 0; at < header_size_; ++at) {
      const unsigned symbol = header_[at] & 0xffU;
      writer.flush();
      writer.put(codes[symbol]);
      writer.put(static_cast<std::uint64_t>(header_[at] >> 8), header_extra(symbol));
    }
    writer.flush();
  }

  static void write_literals(bit_writer& out, const huffman_code* codes, const unsigned char* data,
                             std::size_t bytes) noexcept {
    bit_writer writer = out;  // a local of its own stays in registers
    std::size_t at = 0;
    for (; at + 5 <= bytes; at += 5) {  // five codes of at most 11 bits to a flush
      writer.put(codes[data[at]]);
      writer.put(codes[data[at + 1]]);
      writer.put(codes[data[at + 2]]);
      writer.put(codes[data[at + 3]]);
      writer.put(codes[data[at + 4]]);
      writer.flush();
    }
    for (; at < bytes; ++at) {
      writer.put(codes[data[at]]);
      writer.flush();
    }
    out = writer;
  }
  static void write_runs(bit_writer& out, const huffman_code* codes, const unsigned char* data,
                         std::size_t bytes) noexcept {
    bit_writer writer = out;
    for_each_token(
        data, bytes,
        [&](unsigned char byte) {
          writer.put(codes[byte]);
          writer.flush();
        },
        [&](unsigned length) {
          const length_symbol s = length_symbol_of(length);
          writer.put(codes[s.symbol]);
          writer.put(s.extra_bits, s.extra_count);
          writer.put(0, 1);  // the one distance
          writer.flush();
        });
    out = writer;
  }

  /// The order in which a header gives the lengths of its own code. Source: RFC 1951, section 3.2.7.
  static constexpr unsigned char order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

  std::uint32_t counts_[literal_symbols] = {};
  unsigned char lengths_[literal_symbols] = {};
  std::size_t symbols_ = 0;
  std::uint16_t header_[literal_symbols + 1] = {};  // symbols of the header's code, extra bits from bit 8 on
  std::size_t header_size_ = 0;
  unsigned char header_lengths_[19] = {};
  std::size_t order_size_ = 0;
  std::uint64_t header_bits_ = 0;
  std::uint64_t bits_ = 0;
  bool runs_ = false;
};

/// How many bytes `write_stored` writes: each block of up to 65,535 bytes has a header of 5.
constexpr std::size_t stored_size(std::size_t bytes) noexcept {
  return bytes + 5 * (bytes == 0 ? 1 : (bytes + 65534) / 65535);
}

/// Writes the bytes as they are, in stored blocks, and returns the end.
/// Source: RFC 1951, section 3.2.4.
inline unsigned char* write_stored(const unsigned char* data, std::size_t bytes, unsigned char* out) noexcept {
  do {
    const std::size_t now = bytes < 65535 ? bytes : 65535;
    bytes -= now;
    *out++ = bytes == 0 ? 1 : 0;
    const auto length = static_cast<std::uint16_t>(now);
    const auto complement = static_cast<std::uint16_t>(~length);
    __builtin_memcpy(out, &length, 2);
    __builtin_memcpy(out + 2, &complement, 2);
    out += 4;
    if (now != 0) __builtin_memcpy(out, data, now);
    out += now;
    data += now;
  } while (bytes != 0);
  return out;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_DEFLATE_BLOCK_HPP
