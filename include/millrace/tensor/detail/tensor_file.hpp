#ifndef MILLRACE_TENSOR_DETAIL_TENSOR_FILE_HPP
#define MILLRACE_TENSOR_DETAIL_TENSOR_FILE_HPP

#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/result.hpp>
#include <millrace/tensor/dtype.hpp>
#include <millrace/tensor/fwd.hpp>
#include <millrace/tensor/layout.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

// The bytes of a compressed tensor: gzip members (RFC 1952) one after the other, so gunzip reads them.
//
// The first member is empty; the subfield "MT" of its extra field describes the tensor. Numbers are little-endian:
//   u8 version (1), u8 dtype, u8 filter, u8 rank, u8 axis order [rank] (outermost in memory first),
//   u64 extent [rank], u32 elements in a chunk, u64 filtered bytes, u32 CRC-32 of the filtered bytes,
//   u32 CRC-32 of the subfield up to here.
// Elements follow in memory order, chunk by chunk; the last chunk may have fewer. A chunk is one or more parts. A part
// is a member; the subfield "MP" of its extra field is a u32, the size of its DEFLATE stream in bytes. Parts of a
// chunk:
//   filter none:            the elements
//   filter planes:          a part for each byte of an element, the lowest first
//   filter nonzero_planes:  a bitmap of the elements that are not zero, then planes of those alone
// Planes of floating-point dtypes are made of the bits rotated left by one: the exponent on top, the sign lowest.
namespace millrace {
inline namespace v0 {
namespace tensor {

/// What is done to elements before they are deflated: see `compress`. The numbers are stored in compressed tensors.
enum class tensor_filter : std::uint8_t { none = 0, planes = 1, nonzero_planes = 2 };

/// The filter's name for messages.
constexpr std::string_view to_string(tensor_filter filter) noexcept {
  switch (filter) {
    case tensor_filter::none: return "none";
    case tensor_filter::planes: return "planes";
    case tensor_filter::nonzero_planes: return "nonzero_planes";
  }
  return "unknown";
}

namespace detail {

/// The most elements that a chunk has, with a filter: a plane of them fits one stored block (65,535 bytes), and a
/// multiple of 8 makes whole bytes of a bitmap.
inline constexpr std::size_t plane_chunk = 65528;
/// The most bytes that a part has, without a filter.
inline constexpr std::size_t plain_chunk_bytes = std::size_t{1} << 20;
/// How many bytes a byte of DEFLATE can stand for at most: matches of 258 bytes in two bits each.
inline constexpr std::size_t deflate_ratio = 1032;

/// The description in the first member.
struct tensor_header {
  dtype type = dtype::f32;
  tensor_filter filter = tensor_filter::none;
  tensor_shape shape;
  axis_order order;
  std::uint32_t chunk = 1;  // elements
  std::uint64_t filtered_bytes = 0;
  std::uint32_t checksum = 0;  // CRC-32 of the filtered bytes

  std::size_t element_size() const noexcept { return size_of(type); }
  std::size_t elements() const noexcept { return shape.element_count(); }
  std::size_t bytes() const noexcept { return elements() * element_size(); }
};

inline constexpr std::size_t member_head = 12;             // gzip_head and the extra field's length
inline constexpr std::size_t member_tail = 8;              // CRC-32 and length
inline constexpr std::size_t part_head = member_head + 8;  // with the subfield "MP"

template <class Integer>
unsigned char* put(unsigned char* out, Integer value) noexcept {
  __builtin_memcpy(out, &value, sizeof value);
  return out + sizeof value;
}
template <class Integer>
Integer get(const unsigned char* in) noexcept {
  Integer value{};
  __builtin_memcpy(&value, in, sizeof value);
  return value;
}

// Magic, method DEFLATE, flag "extra field", no time, no hints, unknown system.
inline constexpr unsigned char gzip_head[10] = {0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff};

/// Writes a member's head and that of its subfield 'M', `kind`, with `payload` bytes to follow. Returns the end.
inline unsigned char* put_member_head(unsigned char* out, char kind, std::size_t payload) noexcept {
  __builtin_memcpy(out, gzip_head, sizeof gzip_head);
  out = put(out + sizeof gzip_head, static_cast<std::uint16_t>(4 + payload));
  *out++ = 'M';
  *out++ = static_cast<unsigned char>(kind);
  return put(out, static_cast<std::uint16_t>(payload));
}

/// The size of the subfield "MT", and of the whole first member.
constexpr std::size_t header_payload(std::size_t rank) noexcept { return 4 + rank + 8 * rank + 4 + 8 + 4 + 4; }
constexpr std::size_t header_size(std::size_t rank) noexcept {
  return member_head + 4 + header_payload(rank) + 2 + member_tail;
}

/// Writes the first member. Precondition: `out` has room for header_size(rank) bytes.
inline void write_header(const tensor_header& header, unsigned char* out) noexcept {
  const std::size_t rank = header.shape.rank();
  out = put_member_head(out, 'T', header_payload(rank));
  const unsigned char* begin = out;
  *out++ = 1;
  *out++ = static_cast<unsigned char>(header.type);
  *out++ = static_cast<unsigned char>(header.filter);
  *out++ = static_cast<unsigned char>(rank);
  for (std::size_t place = 0; place < rank; ++place) *out++ = header.order[place];
  for (const std::size_t extent : header.shape) out = put(out, static_cast<std::uint64_t>(extent));
  out = put(out, header.chunk);
  out = put(out, header.filtered_bytes);
  out = put(out, header.checksum);
  out = put(out, crc32(0, begin, static_cast<std::size_t>(out - begin)));
  *out++ = 3;  // an empty DEFLATE stream
  *out++ = 0;
  out = put(out, std::uint64_t{0});  // its CRC-32 and length
}

inline error damaged(std::string what) { return error(errc::corrupt, "compressed tensor: " + std::move(what)); }
inline error cut_off(std::string what) { return error(errc::truncated, "compressed tensor: " + std::move(what)); }

/// Refuses what is not a whole first member, with a description of the length that its rank gives and a right checksum.
inline result<void> test_first_member(const unsigned char* in, std::size_t bytes) {
  if (bytes < header_size(0)) return cut_off("shorter than a header");
  for (std::size_t at = 0; at < sizeof gzip_head; ++at)
    if (in[at] != gzip_head[at]) return damaged("does not begin as one");
  const std::size_t extra = get<std::uint16_t>(in + 10);
  if (in[12] != 'M' || in[13] != 'T' || get<std::uint16_t>(in + 14) + 4U != extra) return damaged("has no description");
  if (bytes < member_head + extra + 2 + member_tail) return cut_off("ends within its header");
  const unsigned char* at = in + 16;
  const std::size_t rank = at[3];
  if (at[0] != 1) return error(errc::unsupported, "compressed tensor: format version " + std::to_string(at[0]));
  if (rank > max_rank || extra != 4 + header_payload(rank)) return damaged("its header's length is wrong");
  const unsigned char* last = in + member_head + extra - 4;
  if (get<std::uint32_t>(last) != crc32(0, at, static_cast<std::size_t>(last - at)))
    return error(errc::checksum_mismatch, "compressed tensor: its header does not match its checksum");
  const unsigned char* end = last + 4;
  if (end[0] != 3 || end[1] != 0 || get<std::uint64_t>(end + 2) != 0)
    return damaged("its header is not an empty member");
  return {};
}

/// Reads the axes' order. Returns false if it is none.
inline bool read_order(const unsigned char* at, std::size_t rank, axis_order& order) noexcept {
  unsigned axes = 0;
  for (std::size_t place = 0; place < rank; ++place) {
    const unsigned char axis = at[place];
    if (axis >= rank || (axes >> axis & 1U) != 0) return false;
    axes |= 1U << axis;
    order.axes[place] = axis;
  }
  return true;
}

/// Reads the extents. Returns false if a tensor of them has a size in bytes that does not fit std::ptrdiff_t.
inline bool read_shape(const unsigned char* at, std::size_t rank, std::size_t element_size, tensor_shape& shape) {
  std::size_t size = element_size;
  bool fits = true;
  for (std::size_t axis = 0; axis < rank; ++axis, at += 8) {
    const auto extent = get<std::uint64_t>(at);
    // An extent of 0 counts as 1 here, because strides are products of extents in an empty tensor too.
    fits = fits && extent <= PTRDIFF_MAX && !__builtin_mul_overflow(size, extent == 0 ? 1 : extent, &size);
    shape.push_back(static_cast<std::size_t>(extent));
  }
  return fits && size <= PTRDIFF_MAX;
}

/// Reads the first member. Whatever the bytes are, a header that is returned has a size in bytes that fits
/// std::ptrdiff_t, and chunks within the bounds above.
inline result<tensor_header> read_header(const unsigned char* in, std::size_t bytes) {
  if (auto whole = test_first_member(in, bytes); !whole) return std::move(whole).error();
  const unsigned char* at = in + member_head + 4;
  const std::size_t rank = at[3];
  if (!is_dtype(at[1])) return error(errc::unsupported, "compressed tensor: dtype number " + std::to_string(at[1]));
  if (at[2] > 2) return error(errc::unsupported, "compressed tensor: filter number " + std::to_string(at[2]));
  tensor_header header;
  header.type = static_cast<dtype>(at[1]);
  header.filter = static_cast<tensor_filter>(at[2]);
  at += 4;
  if (!read_order(at, rank, header.order)) return damaged("its axes' order is none");
  at += rank;
  if (!read_shape(at, rank, header.element_size(), header.shape)) return damaged("its extents are too large");
  at += 8 * rank;
  header.chunk = get<std::uint32_t>(at);
  header.filtered_bytes = get<std::uint64_t>(at + 4);
  header.checksum = get<std::uint32_t>(at + 12);
  const std::size_t most =
      header.filter == tensor_filter::none ? plain_chunk_bytes / header.element_size() : plane_chunk;
  if (header.chunk == 0 || header.chunk > most) return damaged("its chunks' size is out of range");
  return header;
}

/// One part as it is in the file; `bytes` is its size once inflated.
struct tensor_part {
  const unsigned char* deflated = nullptr;
  std::size_t deflated_bytes = 0;
  std::uint32_t crc = 0;
  std::uint32_t bytes = 0;
};

/// Reads parts one after the other.
class part_reader {
 public:
  part_reader(const unsigned char* in, std::size_t bytes) noexcept : at_(in), left_(bytes) {}

  std::size_t left() const noexcept { return left_; }

  /// Checks the next part's frame and returns the part, not yet inflated.
  result<tensor_part> next() {
    if (left_ < part_head + member_tail) return cut_off("ends before its last part");
    for (std::size_t at = 0; at < sizeof gzip_head; ++at)
      if (at_[at] != gzip_head[at]) return damaged("a part does not begin as one");
    if (get<std::uint16_t>(at_ + 10) != 8 || at_[12] != 'M' || at_[13] != 'P' || get<std::uint16_t>(at_ + 14) != 4)
      return damaged("a part's head is wrong");
    tensor_part part;
    part.deflated = at_ + part_head;
    part.deflated_bytes = get<std::uint32_t>(at_ + 16);
    if (left_ - part_head - member_tail < part.deflated_bytes) return cut_off("ends within a part");
    const unsigned char* tail = part.deflated + part.deflated_bytes;
    part.crc = get<std::uint32_t>(tail);
    part.bytes = get<std::uint32_t>(tail + 4);
    if (part.bytes / deflate_ratio > part.deflated_bytes) return damaged("a part says to be larger than it can be");
    at_ = tail + member_tail;
    left_ -= part_head + part.deflated_bytes + member_tail;
    return part;
  }

 private:
  const unsigned char* at_;
  std::size_t left_;
};

/// How many parts a chunk has.
constexpr std::size_t parts_of(const tensor_header& header) noexcept {
  switch (header.filter) {
    case tensor_filter::planes: return header.element_size();
    case tensor_filter::nonzero_planes: return 1 + header.element_size();
    case tensor_filter::none: break;
  }
  return 1;
}

/// Checks number, sizes and checksum of the parts against the header. What they contain is checked when they are
/// decoded; the sizes checked here bound the memory that decoding takes.
inline result<void> check_parts(const tensor_header& header, const unsigned char* in, std::size_t bytes) {
  part_reader parts(in, bytes);
  const std::size_t width = header.element_size();
  std::uint64_t filtered = 0;
  std::uint32_t checksum = 0;
  for (std::size_t left = header.elements(); left != 0;) {
    const std::size_t count = left < header.chunk ? left : header.chunk;
    std::size_t packed = count;
    for (std::size_t n = 0; n < parts_of(header); ++n) {
      auto part = parts.next();
      if (!part) return std::move(part.error());
      const bool bitmap = header.filter == tensor_filter::nonzero_planes && n == 0;
      const bool sizes = header.filter == tensor_filter::nonzero_planes && n == 1;
      if (sizes && part->bytes <= count) packed = part->bytes;
      const std::size_t expected = header.filter == tensor_filter::none ? count * width
                                   : bitmap                             ? (count + 7) / 8
                                                                        : packed;
      if (part->bytes != expected) return damaged("a part has the wrong size");
      filtered += part->bytes;
      checksum = crc32_combine(checksum, part->crc, part->bytes);
    }
    left -= count;
  }
  if (parts.left() != 0) return damaged("bytes follow its last part");
  if (filtered != header.filtered_bytes) return damaged("its parts' sizes do not add up");
  if (checksum != header.checksum)
    return error(errc::checksum_mismatch, "compressed tensor: its parts do not match its checksum");
  return {};
}

}  // namespace detail
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DETAIL_TENSOR_FILE_HPP
