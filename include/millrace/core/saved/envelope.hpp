#ifndef MILLRACE_CORE_SAVED_ENVELOPE_HPP
#define MILLRACE_CORE_SAVED_ENVELOPE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/crc32c.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

// The layout of a saved state, for every type that does not have to write another project's format. Numbers are
// little-endian; the columns are offset, bytes, content:
//
//   0  4  "MRAG"
//   4  1  version of this layout: 1
//   5  1  0
//   6  2  s, the length of the type's name
//   8  8  p, the length of the payload
//  16  s  the type's name with the parameters that decide what the payload means: `mean`, `kll<200>`
//   .  p  the payload, as the type documents it
//   .  4  CRC-32C of all before
//
// The name is there so that an error years later can say "saved form holds kll<200>, expected mean".

/// Writes an envelope: a constructor for its head, one call for each item of the payload, and `finish`. Numbers are
/// stored little-endian, doubles by their IEEE 754 bits.
/// Precondition: the type's name is at most 65,535 bytes long.
/// Allocates: the bytes; nothing, if it is given memory of earlier ones that suffices.
class envelope_writer {
 public:
  /// `memory`: bytes that nobody needs any more; the new ones stand in their place.
  explicit envelope_writer(std::string_view type, std::vector<std::byte> memory = {}) : bytes_(std::move(memory)) {
    bytes_.resize(0);
    put(0x1'4741'524dU, 6);  // "MRAG", 1, 0
    u16(static_cast<std::uint16_t>(type.size()));
    u64(0);  // the payload's length, which `finish` writes
    put(type.data(), type.size());
    payload_ = bytes_.size();
  }

  void u8(std::uint8_t value) { put(value, 1); }
  void u16(std::uint16_t value) { put(value, 2); }
  void u32(std::uint32_t value) { put(value, 4); }
  void u64(std::uint64_t value) { put(value, 8); }
  void i64(std::int64_t value) { put(static_cast<std::uint64_t>(value), 8); }
  void f64(double value) { put(std::bit_cast<std::uint64_t>(value), 8); }

  /// Writes a length (u64) and that many bytes: `block` those of another object's saved form, `text` those of a text.
  void block(std::span<const std::byte> bytes) {
    u64(bytes.size());
    put(bytes.data(), bytes.size());
  }
  void text(std::string_view text) {
    u64(text.size());
    put(text.data(), text.size());
  }

  /// Adds the payload's length and the checksum and returns the bytes; the writer cannot be used afterwards.
  std::vector<std::byte> finish() && {
    const std::uint64_t length = bytes_.size() - payload_;
    for (unsigned i = 0; i < 8; ++i) bytes_[8 + i] = static_cast<std::byte>(length >> (8 * i));
    u32(detail::crc32c(bytes_.data(), bytes_.size()));
    return std::move(bytes_);
  }

 private:
  // Of the vector's members only `resize` is used: each further one would add to every including file's compile time.
  std::byte* more(std::size_t size) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + size);
    return bytes_.data() + before;
  }
  void put(std::uint64_t value, unsigned size) {
    std::byte* const at = more(size);
    for (unsigned i = 0; i < size; ++i) at[i] = static_cast<std::byte>(value >> (8 * i));
  }
  void put(const void* from, std::size_t size) {
    std::byte* const at = more(size);
    if (size != 0) std::memcpy(at, from, size);
  }

  std::vector<std::byte> bytes_;
  std::size_t payload_ = 0;  // where in bytes_ the payload begins
};

/// Reads an envelope's payload, in the order in which it was written. A read beyond the end returns zero and marks the
/// reader as failed, so a loader may read everything first and ask `finish` once.
/// Precondition: the bytes and the type's name outlive the reader.
/// Allocates: never, except for an error's text.
// Some members are templates so that files that load nothing need not compile texts of errors and spans.
class envelope_reader {
 public:
  /// Checks the envelope around `bytes` and returns a reader of its payload.
  /// Errors: truncated, corrupt (no envelope, or bytes behind it), unsupported (another version of the layout),
  /// checksum_mismatch, type_mismatch (the bytes of another type, which the message names).
  template <class = void>
  static result<envelope_reader> open(std::span<const std::byte> bytes, std::string_view type) {
    if (bytes.size() < header + checksum)
      return error(errc::truncated, "saved " + std::string(type) + ": " + std::to_string(bytes.size()) +
                                        " bytes are too few for an envelope");
    const std::byte* const at = bytes.data();
    if (get(at, 4) != magic) return error(errc::corrupt, "saved " + std::string(type) + ": does not begin with MRAG");
    if (const unsigned version = static_cast<unsigned>(at[4]); version != 1)
      return error(errc::unsupported, "saved " + std::string(type) + ": envelope version " + std::to_string(version) +
                                          ", this library reads 1");
    const std::size_t name = static_cast<std::size_t>(get(at + 6, 2));
    const std::uint64_t payload = get(at + 8, 8);
    const std::size_t room = bytes.size() - header - checksum;
    if (name > room || payload > room - name)
      return error(errc::truncated, "saved " + std::string(type) + ": " + std::to_string(bytes.size()) +
                                        " bytes, fewer than its header promises");
    if (payload < room - name)
      return error(errc::corrupt,
                   "saved " + std::string(type) + ": " + std::to_string(room - name - payload) + " bytes too many");
    const std::size_t summed = bytes.size() - checksum;
    if (detail::crc32c(at, summed) != get(at + summed, 4))
      return error(errc::checksum_mismatch, "saved " + std::string(type) + ": damaged, its checksum does not match");
    if (at[5] != std::byte{0}) return error(errc::corrupt, "saved " + std::string(type) + ": reserved byte is set");
    const auto* text = reinterpret_cast<const char*>(at) + header;
    if (const std::string_view found(text, name); found != type)
      return error(errc::type_mismatch, "saved form holds " + printable(found) + ", expected " + std::string(type));
    return envelope_reader(at + header + name, room - name, type);
  }

  std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(take(1)); }
  std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(take(2)); }
  std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(take(4)); }
  std::uint64_t u64() noexcept { return take(8); }
  std::int64_t i64() noexcept { return static_cast<std::int64_t>(take(8)); }
  double f64() noexcept { return std::bit_cast<double>(take(8)); }

  /// Reads a number of elements (u64), of at least `least` bytes each. The result is never more than the bytes left can
  /// hold, so it is safe to allocate for; a larger number marks the reader as failed and gives 0.
  std::size_t count(std::size_t least) noexcept {
    const std::uint64_t n = u64();
    if (n <= left_ / (least == 0 ? 1 : least)) return static_cast<std::size_t>(n);
    failed_ = true;
    return 0;
  }
  /// Reads what `envelope_writer::block` or `text` wrote; the result points into the bytes being read.
  template <class Byte = std::byte>
  std::span<const Byte> block() noexcept {
    const std::size_t size = count(1);
    return {skip(size), size};
  }
  std::string_view text() noexcept {
    const std::size_t size = count(1);
    return {reinterpret_cast<const char*>(skip(size)), size};
  }

  /// Whether no read has failed so far.
  bool ok() const noexcept { return !failed_; }
  std::size_t remaining() const noexcept { return left_; }

  /// Call it before using what was read. It fails if a read went beyond the end, if bytes are left over, or if the
  /// type's own check of its numbers, `valid`, did.
  /// Errors: corrupt.
  template <class = void>
  result<void> finish(bool valid) const {
    if (failed_) return error(errc::corrupt, "saved " + std::string(type_) + ": its payload ends too early");
    if (left_ != 0)
      return error(errc::corrupt,
                   "saved " + std::string(type_) + ": its payload is " + std::to_string(left_) + " bytes too long");
    if (!valid) return error(errc::corrupt, "saved " + std::string(type_) + ": its numbers contradict each other");
    return {};
  }

 private:
  static constexpr std::size_t header = 16;
  static constexpr std::size_t checksum = 4;
  static constexpr std::uint64_t magic = 0x4741524dU;

  envelope_reader(const std::byte* payload, std::size_t size, std::string_view type) noexcept
      : at_(payload), left_(size), type_(type) {}

  static std::uint64_t get(const std::byte* at, unsigned size) noexcept {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(at[i]) << (8 * i);
    return value;
  }
  /// The first 200 characters of a name read from bytes, those that are not printable ASCII as `?`.
  static std::string printable(std::string_view name) {
    std::string made(name.substr(0, 200));
    for (char& c : made)
      if (c < ' ' || c > '~') c = '?';
    return made;
  }
  std::uint64_t take(unsigned size) noexcept {
    if (left_ < size) {
      failed_ = true;
      left_ = 0;
      return 0;
    }
    return get(skip(size), size);
  }
  /// Returns where the next `size` bytes are and moves past them; the caller has checked that there are as many.
  const std::byte* skip(std::size_t size) noexcept {
    const std::byte* const at = at_;
    at_ += size;
    left_ -= size;
    return at;
  }

  const std::byte* at_;
  std::size_t left_;
  std::string_view type_;
  bool failed_ = false;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SAVED_ENVELOPE_HPP
