#ifndef MILLRACE_TENSOR_DETAIL_ENCODE_HPP
#define MILLRACE_TENSOR_DETAIL_ENCODE_HPP

#include <millrace/core/detail/deflate_block.hpp>
#include <millrace/core/result.hpp>
#include <millrace/tensor/detail/byte_buffer.hpp>
#include <millrace/tensor/detail/planes.hpp>
#include <millrace/tensor/detail/tensor_file.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace tensor {
namespace detail {

/// How a part becomes a DEFLATE stream: as stored blocks, by `entropy_coder`, or by the backend.
enum class part_method : std::uint8_t { stored, entropy, general };

/// The filter and the methods for a tensor's parts, chosen once, by samples. methods[0] is for the bytes without a
/// filter or for the bitmap, methods[1 + plane] for a plane.
struct encode_plan {
  tensor_filter filter = tensor_filter::none;
  part_method methods[9] = {};
  std::uint64_t bits = 0;  // how many bits the samples would take
};

/// log2(x) * 256 for x >= 1, too low by less than 4. In integers, so that it is the same with every compiler.
///
/// log2(x) is the exponent plus log2 of the top 8 bits as a number in [1, 2), from a table. An entry's bits come one by
/// one: if the number's square is 2 or more, the next bit of its logarithm is 1, and the square is halved.
inline std::uint64_t log2_256ths(std::uint64_t x) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint8_t, 128> of{};  // of[i] is 256 log2(1 + i / 128)
    for (unsigned i = 0; i < 128; ++i) {
      std::uint64_t mantissa = std::uint64_t{128U + i} << 23;
      unsigned bits = 0;
      for (int bit = 0; bit < 8; ++bit) {
        mantissa = mantissa * mantissa >> 30;
        bits = bits << 1 | static_cast<unsigned>(mantissa >> 31);
        mantissa >>= mantissa >> 31;
      }
      of[i] = static_cast<std::uint8_t>(bits);
    }
    return of;
  }();
  const auto exponent = static_cast<unsigned>(std::bit_width(x)) - 1;
  const std::uint64_t top = exponent >= 7 ? x >> (exponent - 7) : x << (7 - exponent);
  return exponent * 256ULL + table[top - 128];
}

/// An estimate of how many bits a Huffman code takes for bytes of these counts, without the code's own description.
/// Making the code would take ten times as long.
///
/// It is bytes times their entropy, n log2(n) - sum of c log2(c), but at least one bit for each byte. The entropy of a
/// sample is too low on average: for k distinct bytes by (k - 1) / (2 n) nats, which times n is 0.72 (k - 1) bits.
/// Source: Miller, "Note on the bias of information estimates", 1955.
inline std::uint64_t literal_bits(const std::uint32_t* counts, std::size_t bytes) noexcept {
  std::uint64_t sum = bytes * log2_256ths(bytes);
  std::uint64_t distinct = 0;
  for (std::size_t byte = 0; byte < 256; ++byte)
    if (counts[byte] != 0) {
      sum -= counts[byte] * log2_256ths(counts[byte]);
      ++distinct;
    }
  const std::uint64_t coded =
      sum / 256 + sum / 16384;  // a Huffman code, of whole bits for a symbol, takes about a 64th more
  return (coded < bytes ? bytes : coded) + 3 * (distinct - 1) / 4;
}

/// Whether bytes of these counts are so unevenly distributed that a Huffman code may gain. The test is the sum of
/// squared counts: for evenly distributed bytes it is about bytes^2 / 256 + bytes, for an entropy of 7.5 bits about a
/// third more.
inline bool collide(const std::uint32_t* counts, std::size_t bytes) noexcept {
  std::uint64_t collisions = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) collisions += std::uint64_t{counts[byte]} * counts[byte];
  const std::uint64_t even = std::uint64_t{bytes} * bytes / 256 + bytes;
  return collisions > even + even / 4;
}

/// Whether a Huffman code may make these bytes smaller; far cheaper than to plan one.
inline bool looks_uneven(const unsigned char* data, std::size_t bytes) noexcept {
  std::uint32_t counts[256];
  count_bytes(data, bytes, counts);
  return collide(counts, bytes) || 2 * count_repeats(data, bytes) >= bytes;
}

/// Plans a Huffman block of literals alone and, if half of the bytes repeat the one before, one with runs too; `best`
/// is the smaller.
class entropy_coder {
 public:
  void plan(const unsigned char* data, std::size_t bytes) noexcept {
    std::uint32_t counts[256];
    count_bytes(data, bytes, counts);
    literals_.plan_literals(counts);
    best_ = &literals_;
    if (2 * count_repeats(data, bytes) < bytes) return;
    runs_.plan_runs(data, bytes);
    if (runs_.bits() < literals_.bits()) best_ = &runs_;
  }
  const huffman_block& best() const noexcept { return *best_; }

  /// An estimate of how many bits a part of a longer stream takes that is like this sample, without the code's own
  /// description; all 8 for each byte if a code would not gain.
  std::uint64_t estimate(const unsigned char* data, std::size_t bytes) noexcept {
    std::uint32_t counts[256];
    count_bytes(data, bytes, counts);
    if (2 * count_repeats(data, bytes) >= bytes) {
      runs_.plan_runs(data, bytes);
      const std::uint64_t runs = runs_.bits() - runs_.header_bits();
      const std::uint64_t literals = literal_bits(counts, bytes);
      return runs < literals ? runs : literals;
    }
    return collide(counts, bytes) ? literal_bits(counts, bytes) : 8 * bytes;
  }

 private:
  huffman_block literals_;
  huffman_block runs_;
  const huffman_block* best_ = &literals_;
};

/// An estimate, rather too high, of how many bits these bytes take with a search for matches; all 8 for each byte if
/// matches cover less than a sixteenth. It is a greedy search with a small hash table, so that the choice of a filter
/// neither runs the backend nor depends on its version. A match counts 8 bits for its two symbols, and their extra
/// bits.
inline std::uint64_t matched_bits(const unsigned char* data, std::size_t bytes) noexcept {
  std::uint32_t last[2048] = {};
  std::uint32_t literals[256] = {};
  std::uint64_t bits = 0;
  std::size_t matched = 0;
  std::size_t at = 0;
  while (at + 4 <= bytes) {
    const auto word = get<std::uint32_t>(data + at);
    std::uint32_t& seen = last[word * 0x9e37'79b1U >> 21];
    const std::size_t before = seen;
    seen = static_cast<std::uint32_t>(at + 1);
    if (before == 0 || get<std::uint32_t>(data + before - 1) != word) {
      ++literals[data[at++]];
      if (matched == 0 && at > bytes / 4) break;
      continue;
    }
    std::size_t length = 4;
    while (length < longest_run && at + length < bytes && data[at + length] == data[before - 1 + length]) ++length;
    const std::size_t distance = at - (before - 1);
    const length_symbol symbol = length_symbol_of(static_cast<unsigned>(length));
    bits += 8 + symbol.extra_count + (distance < 5 ? 0U : static_cast<unsigned>(std::bit_width(distance)) - 2);
    at += length;
    matched += length;
  }
  if (matched < bytes / 16) return 8 * bytes;
  for (; at < bytes; ++at) ++literals[data[at]];
  const std::size_t unmatched = bytes - matched;
  return unmatched == 0 ? bits : bits + unmatched + literal_bits(literals, unmatched);
}

/// Whether a backend searches for matches: true unless it says that it does not.
template <class Backend>
constexpr bool finds_matches() noexcept {
  if constexpr (requires { Backend::finds_matches; })
    return Backend::finds_matches;
  else
    return true;
}

/// Writes one tensor's parts.
template <class Backend>
class tensor_encoder {
 public:
  tensor_encoder(const tensor_header& header, int level, const Backend& backend)
      : header_(header), level_(level), backend_(backend), kernels_(kernels_for(width(), is_floating(header.type))) {}

  /// Encodes `elements`, which are in memory order and without gaps. Returns the whole file.
  result<byte_buffer> encode(const unsigned char* elements) {
    encode_plan plan;
    if (level_ > 0 && header_.elements() > 0) {
      plan = choose(elements);
    }
    header_.filter = plan.filter;
    const bool plain = plan.filter == tensor_filter::none && plan.methods[0] != part_method::entropy;
    header_.chunk = static_cast<std::uint32_t>(plain ? plain_chunk_bytes / width() : plane_chunk);
    used_ = header_size(header_.shape.rank());
    reserve(expected_size(plan));
    for (std::size_t first = 0; first < header_.elements(); first += header_.chunk) {
      const std::size_t left = header_.elements() - first;
      const std::size_t count = left < header_.chunk ? left : header_.chunk;
      if (auto done = chunk(plan, elements + first * width(), count); !done) return std::move(done.error());
    }
    write_header(header_, out_.data());
    out_.resize(used_);
    out_.shrink();
    return std::move(out_);
  }

  /// The header of the file that was encoded.
  const tensor_header& header() const noexcept { return header_; }

 private:
  std::size_t width() const noexcept { return header_.element_size(); }

  /// Appends a chunk: filters its elements and appends the parts.
  result<void> chunk(const encode_plan& plan, const unsigned char* elements, std::size_t count) {
    if (plan.filter == tensor_filter::none) return part(elements, count * width(), plan.methods[0]);
    if (plan.filter == tensor_filter::nonzero_planes) {
      packed_.resize((count + 1) * width());
      bitmap_.resize((count + 7) / 8);
      const std::size_t packed = kernels_.pack(elements, count, bitmap_.data(), packed_.data());
      if (auto done = part(bitmap_.data(), (count + 7) / 8, plan.methods[0]); !done) return done;
      elements = packed_.data();
      count = packed;
    }
    planes_.resize(count * width());
    kernels_.split(elements, count, planes_.data(), count);
    for (std::size_t plane = 0; plane < width(); ++plane)
      if (auto done = part(planes_.data() + plane * count, count, plan.methods[1 + plane]); !done) return done;
    return {};
  }

  /// Appends a part, by `method` or, if that gains nothing, as stored blocks.
  result<void> part(const unsigned char* data, std::size_t bytes, part_method method) {
    reserve(used_ + part_head + stored_size(bytes) + 16 + member_tail);
    unsigned char* begin = out_.data() + used_ + part_head;
    unsigned char* end = nullptr;
    if (bytes == 0) {
      begin[0] = 3;  // an empty DEFLATE stream
      begin[1] = 0;
      end = begin + 2;
    } else {
      method = settle(data, bytes, method);
      if (method == part_method::entropy) end = entropy_.best().write(data, bytes, begin);
      if (method == part_method::general) {
        auto size = backend_.deflate(data, bytes, level_, begin, bytes);
        if (!size) return std::move(size.error());
        if (*size != 0) end = begin + *size;
      }
    }
    if (end == nullptr) end = write_stored(data, bytes, begin);
    const auto size = static_cast<std::uint32_t>(end - begin);
    put(put_member_head(begin - part_head, 'P', 4), size);
    const std::uint32_t crc = crc32(0, data, bytes);
    put(put(end, crc), static_cast<std::uint32_t>(bytes));
    header_.checksum = crc32_combine(header_.checksum, crc, bytes);
    header_.filtered_bytes += bytes;
    used_ += part_head + size + member_tail;
    return {};
  }

  /// Returns the method for this part. The plan's method was chosen by samples; it is checked against the part itself
  /// if it is a Huffman code and, at the thorough levels, 7 to 9, also if it is to store the part. If the result is
  /// `entropy`, entropy_ holds the planned block.
  part_method settle(const unsigned char* data, std::size_t bytes, part_method method) noexcept {
    if (method == part_method::general || level_ == 0) return method;
    if (method == part_method::stored && !thorough()) return method;
    std::uint64_t least = 8 * bytes;
    if (method == part_method::entropy || looks_uneven(data, bytes)) {
      entropy_.plan(data, bytes);
      method = gains(entropy_.best().bits(), least, 64) ? part_method::entropy : part_method::stored;
      if (method == part_method::entropy) least = entropy_.best().bits();
    }
    if constexpr (finds_matches<Backend>()) {
      if (thorough() || (method == part_method::stored && level_ > 3)) {
        const std::size_t slice = bytes < 16384 ? bytes : 16384;
        const std::uint64_t matched = matched_bits(data + (bytes - slice) / 2, slice) * bytes / slice;
        if (gains(matched, least, general_share())) method = part_method::general;
      }
    }
    return method;
  }

  // ---- the plan ----

  /// Whether a is less than b by more than one `share`-th of b.
  static bool gains(std::uint64_t a, std::uint64_t b, std::uint64_t share) noexcept { return a < b - b / share; }

  bool thorough() const noexcept { return level_ >= 7; }
  /// What a method must save to be worth its time, as one n-th of the bytes, by level.
  std::uint64_t entropy_share() const noexcept { return level_ <= 3 ? 8 : level_ <= 6 ? 16 : 64; }
  std::uint64_t general_share() const noexcept { return level_ <= 3 ? 6 : level_ <= 6 ? 10 : 50; }

  /// Copies up to four windows of the tensor, one after the other, into a buffer with room for one element more;
  /// `count` becomes how many elements they have. A window has a quarter of a 64th of the tensor's elements, but from
  /// 128 to 1024 of them; at the thorough levels a quarter of a 16th, up to 4096.
  byte_buffer take_sample(const unsigned char* elements, std::size_t& count) const {
    const std::size_t all = header_.elements();
    constexpr std::size_t windows = 4;
    const std::size_t most = thorough() ? 4096 : 1024;
    std::size_t window = all / (thorough() ? 16 : 64) / windows / 8 * 8;
    window = window < 128 ? 128 : window > most ? most : window;
    const bool whole = all <= windows * window;
    count = whole ? all : windows * window;
    byte_buffer sample((count + 1) * width());
    for (std::size_t n = 0; n < (whole ? 1 : windows); ++n) {
      const std::size_t first = whole ? 0 : (all - window) / (windows - 1) * n;
      __builtin_memcpy(sample.data() + n * window * width(), elements + first * width(),
                       (whole ? all : window) * width());
    }
    return sample;
  }

  /// Chooses the plan: estimates the size that each filter reaches on a sample of the tensor.
  encode_plan choose(const unsigned char* elements) {
    std::size_t count = 0;
    const byte_buffer sample = take_sample(elements, count);
    sampled_bits_ = 8 * count * width();

    encode_plan best;  // no filter; for one-byte elements also with a Huffman code, since they are a plane already
    best.methods[0] = weigh(sample.data(), count * width(), width() == 1, best.bits);
    if (width() == 1) return best;
    // No filter and the backend is the slowest plan, so it must be smaller by enough to be worth its time.
    const auto beats_best = [&](const encode_plan& plan) {
      return best.methods[0] == part_method::general && best.filter == tensor_filter::none
                 ? !gains(best.bits, plan.bits, general_share())
                 : gains(plan.bits, best.bits, 128);
    };
    byte_buffer planes(count * width());
    encode_plan split;
    split.filter = tensor_filter::planes;
    weigh_planes(sample.data(), count, planes.data(), split);
    if (beats_best(split)) best = split;

    byte_buffer packed((count + 1) * width());
    byte_buffer bitmap(count / 8 + 1);
    const std::size_t kept = kernels_.pack(sample.data(), count, bitmap.data(), packed.data());
    if (kept > count - count / 16) return best;
    encode_plan nonzero;
    nonzero.filter = tensor_filter::nonzero_planes;
    nonzero.methods[0] = weigh(bitmap.data(), (count + 7) / 8, true, nonzero.bits);
    weigh_planes(packed.data(), kept, planes.data(), nonzero);
    if (beats_best(nonzero)) best = nonzero;
    return best;
  }

  /// Splits the elements of a sample into planes and weighs each.
  void weigh_planes(const unsigned char* elements, std::size_t count, unsigned char* planes, encode_plan& plan) {
    kernels_.split(elements, count, planes, count);
    for (std::size_t plane = 0; plane < width(); ++plane)
      plan.methods[1 + plane] = weigh(planes + plane * count, count, true, plan.bits);
  }

  /// Returns the method for a part like this sample, and adds to `bits` how many the sample takes by it.
  part_method weigh(const unsigned char* data, std::size_t bytes, bool try_entropy, std::uint64_t& bits) {
    std::uint64_t least = 8 * bytes;
    part_method method = part_method::stored;
    if (try_entropy && bytes != 0) {
      const std::uint64_t coded = entropy_.estimate(data, bytes);
      if (gains(coded, least, entropy_share())) {
        least = coded;
        method = part_method::entropy;
      }
    }
    if constexpr (finds_matches<Backend>()) {
      const std::uint64_t matched = matched_bits(data, bytes);
      if (gains(matched, least, general_share())) {
        least = matched;
        method = part_method::general;
      }
    }
    bits += least;
    return method;
  }

  /// The file's size, estimated from the samples with 4 % to spare, so that the buffer seldom grows.
  std::size_t expected_size(const encode_plan& plan) const noexcept {
    const std::size_t bytes = header_.bytes();
    const double share = sampled_bits_ == 0 ? 1.0 : static_cast<double>(plan.bits) / static_cast<double>(sampled_bits_);
    return static_cast<std::size_t>(static_cast<double>(bytes) * share * 1.04) + 1024;
  }
  /// Makes out_ at least `size` bytes long, and a quarter longer than what is used when it grows.
  void reserve(std::size_t size) {
    if (size > out_.size()) out_.resize(size > used_ + used_ / 4 ? size : used_ + used_ / 4);
  }

  tensor_header header_;
  int level_;
  const Backend& backend_;
  plane_kernels kernels_;
  entropy_coder entropy_;
  byte_buffer out_;
  std::size_t used_ = 0;  // how many bytes of out_ are written
  std::uint64_t sampled_bits_ = 0;
  byte_buffer bitmap_;
  byte_buffer packed_;
  byte_buffer planes_;
};

}  // namespace detail
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_ENCODE_HPP
