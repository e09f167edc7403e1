#ifndef MILLRACE_TENSOR_DETAIL_DECODE_HPP
#define MILLRACE_TENSOR_DETAIL_DECODE_HPP

#include <millrace/core/detail/inflate.hpp>
#include <millrace/core/result.hpp>
#include <millrace/tensor/detail/byte_buffer.hpp>
#include <millrace/tensor/detail/planes.hpp>
#include <millrace/tensor/detail/tensor_file.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace tensor {
namespace detail {

/// Decodes one tensor's parts. Precondition: check_parts found no error in them.
class tensor_decoder {
 public:
  tensor_decoder(const tensor_header& header, const unsigned char* in, std::size_t bytes) noexcept
      : header_(header), parts_(in, bytes), kernels_(kernels_for(header.element_size(), is_floating(header.type))) {}

  /// Writes the elements in memory order, without gaps.
  result<void> decode(unsigned char* elements) {
    const std::size_t width = header_.element_size();
    for (std::size_t first = 0; first < header_.elements();) {
      // Two chunks at a time, because `inflate` is faster on pairs of parts.
      std::size_t counts[2] = {};
      std::size_t ready = 0;
      for (std::size_t n = 0, at = first; n < 2 && at < header_.elements(); ++n, at += counts[0]) {
        counts[n] = smaller(header_.elements() - at, header_.chunk);
        for (std::size_t part = 0; part < parts_of(header_); ++part)
          if (auto done = open(pieces_[ready++]); !done) return done;
      }
      if (auto done = inflate(ready); !done) return done;
      for (std::size_t n = 0; n < 2 && counts[n] != 0; first += counts[n++]) {
        unsigned char* to = elements + first * width;
        const piece* parts = pieces_ + n * parts_of(header_);
        if (auto done = assemble(parts, counts[n], to); !done) return done;
        if (header_.type == dtype::boolean)
          for (std::size_t i = 0; i < counts[n]; ++i)
            if (to[i] > 1) return damaged("a boolean is neither 0 nor 1");
      }
    }
    return {};
  }

 private:
  /// A part and, once it is decoded, its bytes: in the file itself if they are stored there in one block, else in
  /// `inflated`.
  struct piece {
    tensor_part part;
    const unsigned char* bytes = nullptr;
    byte_buffer inflated;
  };

  /// Reads the next part's frame; if the part is stored in one block, its bytes too.
  result<void> open(piece& next) {
    auto part = parts_.next();
    if (!part) return std::move(part.error());
    next.part = *part;
    const unsigned char* head = part->deflated;
    const bool stored = part->deflated_bytes == 5 + std::size_t{part->bytes} && part->bytes <= 65535 && head[0] == 1 &&
                        get<std::uint16_t>(head + 1) == part->bytes &&
                        get<std::uint16_t>(head + 3) == (~part->bytes & 0xffffU);
    next.bytes = stored ? head + 5 : nullptr;
    return {};
  }

  /// Inflates the first `ready` pieces that are not stored, two at a time, and checks the CRC of all.
  result<void> inflate(std::size_t ready) {
    const std::size_t parts = parts_of(header_);
    const piece* waiting = nullptr;
    bool good = true;
    for (std::size_t n = 0; n < 2 * parts; ++n) {
      const std::size_t which = n / 2 + n % 2 * parts;  // pairs the same part of both chunks: mostly of similar length
      if (which >= ready || pieces_[which].bytes != nullptr) continue;
      piece& next = pieces_[which];
      next.inflated.resize(next.part.bytes + inflate_slack);
      next.bytes = next.inflated.data();
      inflater& into = inflaters_[waiting == nullptr ? 0 : 1];
      into.open(next.part.deflated, next.part.deflated_bytes, next.inflated.data(), next.part.bytes);
      if (waiting == nullptr) {
        waiting = &next;
        continue;
      }
      inflater::advance_both(inflaters_[0], inflaters_[1]);
      good = inflaters_[0].finish() && inflaters_[1].finish() && good;
      waiting = nullptr;
    }
    if (waiting != nullptr) good = inflaters_[0].finish() && good;
    if (!good) return damaged("a part cannot be inflated");
    for (std::size_t n = 0; n < ready; ++n)
      if (crc32(0, pieces_[n].bytes, pieces_[n].part.bytes) != pieces_[n].part.crc)
        return error(errc::checksum_mismatch, "compressed tensor: a part does not match its checksum");
    return {};
  }

  /// Undoes the filter: makes `count` elements of a chunk's parts.
  result<void> assemble(const piece* parts, std::size_t count, unsigned char* elements) {
    const std::size_t width = header_.element_size();
    if (header_.filter == tensor_filter::none) {
      __builtin_memcpy(elements, parts[0].bytes, count * width);
      return {};
    }
    const unsigned char* planes[8] = {};
    const bool nonzero = header_.filter == tensor_filter::nonzero_planes;
    for (std::size_t plane = 0; plane < width; ++plane) planes[plane] = parts[plane + (nonzero ? 1 : 0)].bytes;
    if (!nonzero) {
      kernels_.join(planes, count, elements);
      return {};
    }
    const std::size_t kept = parts[1].part.bytes;
    if (count_bits(parts[0].bytes, count) != kept) return damaged("a bitmap does not match its planes");
    packed_.resize((count + 1) * width);
    kernels_.join(planes, kept, packed_.data());
    __builtin_memset(packed_.data() + kept * width, 0, width);
    kernels_.unpack(parts[0].bytes, packed_.data(), count, elements);
    return {};
  }

  const tensor_header& header_;
  part_reader parts_;
  plane_kernels kernels_;
  inflater inflaters_[2];
  piece pieces_[18];  // two chunks of up to nine parts: a bitmap and eight planes
  byte_buffer packed_;
};

}  // namespace detail
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_DECODE_HPP
