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

/// How a part becomes a DEFLATE stream: as it is, by the Huffman coder, or by the backend.
enum class part_method : std::uint8_t { stored, entropy, general };

/// What is done to a tensor: chosen once, from samples. Method 0 is for plain bytes or the bitmap, 1 +
/// plane for the planes.
struct encode_plan {
  tensor_filter filter = tensor_filter::none;
  part_method methods[9] = {};
  std::uint64_t bits = 0;  // what the samples would take
};

/// log2(x) * 256 of x >= 1, low by at most 3: an estimate that is the same with every compiler.
inline std::uint64_t log2_256ths(std::uint64_t x) noexcept {
  static constexpr auto table = [] {
    std::array<std::uint8_t, 128> of{};  // of 1 + i / 128, by squaring: each doubling past 2 is a bit
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

/// About how many bits a Huffman code brings bytes of these counts to, without its own description:
/// their entropy, at least a bit each, and what a small sample flatters itself by (Miller 1955).
/// Making the code would take ten times as long.
inline std::uint64_t literal_bits(const std::uint32_t* counts, std::size_t bytes) noexcept {
  std::uint64_t sum = bytes * log2_256ths(bytes);
  std::uint64_t distinct = 0;
  for (std::size_t byte = 0; byte < 256; ++byte)
    if (counts[byte] != 0) {
      sum -= counts[byte] * log2_256ths(counts[byte]);
      ++distinct;
    }
  const std::uint64_t coded = sum / 256 + sum / 16384;  // whole bits for a symbol cost about a 64th
  return (coded < bytes ? bytes : coded) + 3 * (distinct - 1) / 4;
}

/// Whether bytes of these counts collide, two by two, more often than even ones, which do it about
/// bytes^2 / 256 times; those of 7.5 bits' entropy do a third more often.
inline bool collide(const std::uint32_t* counts, std::size_t bytes) noexcept {
  std::uint64_t collisions = 0;
  for (std::size_t byte = 0; byte < 256; ++byte) collisions += std::uint64_t{counts[byte]} * counts[byte];
  const std::uint64_t even = std::uint64_t{bytes} * bytes / 256 + bytes;
  return collisions > even + even / 4;
}

/// Whether a Huffman code could gain on these bytes: far cheaper than to plan one.
inline bool looks_uneven(const unsigned char* data, std::size_t bytes) noexcept {
  std::uint32_t counts[256];
  count_bytes(data, bytes, counts);
  return collide(counts, bytes) || 2 * count_repeats(data, bytes) >= bytes;
}

/// The better of both Huffman blocks for these bytes.
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

  /// About the bits per sample's worth of a longer stream like this sample; all of them where a code
  /// could not gain.
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

/// About how many bits a search for matches would bring these bytes to; on the high side, and all of
/// them where there are few matches. One greedy parse, so that choosing a filter costs no run of the
/// backend and does not depend on its version.
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

/// Whether a backend looks for matches; one may say that it does not.
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

  /// `elements` in memory order, without gaps. Returns the whole file.
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

  /// Of the file that was encoded.
  const tensor_header& header() const noexcept { return header_; }

 private:
  std::size_t width() const noexcept { return header_.element_size(); }

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

  /// What is done to this part. The plan was made from samples: where its Huffman code gains nothing,
  /// and at the thorough levels for every part, the part is looked at by itself. If the answer is
  /// entropy, that is planned.
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

  /// Whether a is less than b by one part in `share`.
  static bool gains(std::uint64_t a, std::uint64_t b, std::uint64_t share) noexcept { return a < b - b / share; }

  bool thorough() const noexcept { return level_ >= 7; }
  /// What a step must save for its time to be worth it, by level.
  std::uint64_t entropy_share() const noexcept { return level_ <= 3 ? 8 : level_ <= 6 ? 16 : 64; }
  std::uint64_t general_share() const noexcept { return level_ <= 3 ? 6 : level_ <= 6 ? 10 : 50; }

  /// The sizes that all filters would reach on four windows of the tensor, each up to 1024 elements,
  /// at the thorough levels 4096.
  encode_plan choose(const unsigned char* elements) {
    const std::size_t all = header_.elements();
    constexpr std::size_t windows = 4;
    const std::size_t most = thorough() ? 4096 : 1024;
    std::size_t window = all / (thorough() ? 16 : 64) / windows / 8 * 8;
    window = window < 128 ? 128 : window > most ? most : window;
    const bool whole = all <= windows * window;
    const std::size_t count = whole ? all : windows * window;
    byte_buffer sample((count + 1) * width());
    for (std::size_t n = 0; n < (whole ? 1 : windows); ++n) {
      const std::size_t first = whole ? 0 : (all - window) / (windows - 1) * n;
      __builtin_memcpy(sample.data() + n * window * width(), elements + first * width(),
                       (whole ? all : window) * width());
    }
    sampled_bits_ = 8 * count * width();

    encode_plan best;  // plain; the bytes of one-byte elements are their own plane
    best.methods[0] = weigh(sample.data(), count * width(), width() == 1, best.bits);
    if (width() == 1) return best;
    // Plain is the slow one: it must be the smaller by what deflate's time is worth.
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

  void weigh_planes(const unsigned char* elements, std::size_t count, unsigned char* planes, encode_plan& plan) {
    kernels_.split(elements, count, planes, count);
    for (std::size_t plane = 0; plane < width(); ++plane)
      plan.methods[1 + plane] = weigh(planes + plane * count, count, true, plan.bits);
  }

  /// The method for a part like this sample; adds the bits that it takes.
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

  std::size_t expected_size(const encode_plan& plan) const noexcept {
    const std::size_t bytes = header_.bytes();
    const double share = sampled_bits_ == 0 ? 1.0 : static_cast<double>(plan.bits) / static_cast<double>(sampled_bits_);
    return static_cast<std::size_t>(static_cast<double>(bytes) * share * 1.04) + 1024;
  }
  void reserve(std::size_t size) {
    if (size > out_.size()) out_.resize(size > used_ + used_ / 4 ? size : used_ + used_ / 4);
  }

  tensor_header header_;
  int level_;
  const Backend& backend_;
  plane_kernels kernels_;
  entropy_coder entropy_;
  byte_buffer out_;
  std::size_t used_ = 0;
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
