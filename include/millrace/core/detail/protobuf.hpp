#ifndef MILLRACE_CORE_DETAIL_PROTOBUF_HPP
#define MILLRACE_CORE_DETAIL_PROTOBUF_HPP

#include <millrace/core/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

// The wire format of Protocol Buffers, as far as the messages of DDSketch, OTLP and ONNX need it.
// Source: protobuf.dev, "Encoding".
namespace millrace {
inline namespace v0 {
namespace detail {

enum class wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// Maps 0, -1, 1, -2, ... to 0, 1, 2, 3, ..., so that numbers near zero of both signs take few bytes.
constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

// A template, so that it is compiled only where a program writes this format.
template <class = void>
class basic_protobuf_writer {
 public:
  void varint(std::uint64_t value) {
    std::byte made[10] = {};
    put(made, static_cast<std::size_t>(encode(made, value) - made));
  }
  void tag(unsigned field, wire type) { varint(field << 3 | static_cast<unsigned>(type)); }
  void fixed64(std::uint64_t value) {
    std::byte made[8];
    for (unsigned i = 0; i < 8; ++i) made[i] = static_cast<std::byte>(value >> (8 * i));
    put(made, 8);
  }

  void varint(unsigned field, std::uint64_t value) {
    std::byte made[20] = {};
    put(made, static_cast<std::size_t>(encode_tagged(made, field, wire::varint, value) - made));
  }
  void sint(unsigned field, std::int64_t value) { varint(field, zigzag(value)); }
  void fixed64(unsigned field, std::uint64_t value) {
    tag(field, wire::fixed64);
    fixed64(value);
  }
  void f64(unsigned field, double value) { fixed64(field, std::bit_cast<std::uint64_t>(value)); }
  void f32(unsigned field, float value) {
    tag(field, wire::fixed32);
    f32(value);
  }
  void f32(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    std::byte made[4];
    for (unsigned i = 0; i < 4; ++i) made[i] = static_cast<std::byte>(bits >> (8 * i));
    put(made, 4);
  }
  void bytes(unsigned field, std::span<const std::byte> inner) {
    std::byte made[20] = {};
    put(made, static_cast<std::size_t>(encode_tagged(made, field, wire::bytes, inner.size()) - made));
    put(inner.data(), inner.size());
  }
  void text(unsigned field, std::string_view inner) {
    bytes(field, {reinterpret_cast<const std::byte*>(inner.data()), inner.size()});
  }
  const std::vector<std::byte>& written() const noexcept { return bytes_; }
  /// Empties it, and keeps its memory.
  void clear() noexcept { bytes_.clear(); }

 private:
  /// Writes the number and returns the end. It takes ten bytes at most.
  static std::byte* encode(std::byte* out, std::uint64_t value) noexcept {
    for (; value >= 0x80; value >>= 7) *out++ = static_cast<std::byte>(value | 0x80);
    *out++ = static_cast<std::byte>(value);
    return out;
  }
  static std::byte* encode_tagged(std::byte* out, unsigned field, wire type, std::uint64_t value) noexcept {
    return encode(encode(out, field << 3 | static_cast<unsigned>(type)), value);
  }
  void put(const std::byte* from, std::size_t size) { bytes_.insert(bytes_.end(), from, from + size); }

  std::vector<std::byte> bytes_;
};
using protobuf_writer = basic_protobuf_writer<>;

/// Reads the fields of a message one after the other: after `next`, `field`, `type` and `number` or `inner` hold one.
/// Malformed bytes end the reading, and `ok` returns false.
class protobuf_reader {
 public:
  explicit protobuf_reader(std::span<const std::byte> bytes) noexcept
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  /// Reads the next field; returns false at the end.
  bool next() noexcept {
    if (!ok_ || at_ == end_) return false;
    tag_ = varint();
    field = static_cast<unsigned>(tag_ >> 3 & 0x1fff'ffff);
    if (tag_ > 0xffff'ffffU || field == 0) return fail();
    type = static_cast<wire>(tag_ & 7);
    number = 0;
    inner = {};
    switch (type) {
      case wire::varint: number = varint(); break;
      case wire::fixed64: number = fixed(8); break;
      case wire::fixed32: number = fixed(4); break;
      case wire::bytes: {
        const std::uint64_t size = varint();
        if (size > left()) return fail();
        inner = {at_, static_cast<std::size_t>(size)};
        at_ += size;
        break;
      }
      default: return fail();
    }
    return ok_;
  }
  /// Reads the next field if it is the last one again, as in lists that are not packed; else returns false.
  bool again() noexcept {
    if (at_ == end_ || tag_ >= 0x80 || std::to_integer<std::uint64_t>(*at_) != tag_) return false;
    return next();
  }
  /// The same for a number's field of this type, which `next` has read before.
  template <wire Type>
  [[gnu::always_inline]] bool number_again() noexcept {
    static_assert(Type != wire::bytes);
    if (at_ == end_ || tag_ >= 0x80 || std::to_integer<std::uint64_t>(*at_) != tag_) return false;
    ++at_;
    number = Type == wire::varint ? varint() : fixed(Type == wire::fixed32 ? 4 : 8);
    return ok_;
  }
  bool ok() const noexcept { return ok_; }
  bool empty() const noexcept { return at_ == end_; }
  /// How many bytes are still to be read.
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  double real() const noexcept { return std::bit_cast<double>(number); }
  std::int64_t sint() const noexcept { return unzigzag(number); }

  /// Reads the next number from a packed field, in which numbers stand one after the other; `fixed(size)` one of `size`
  /// bytes.
  [[gnu::always_inline]] std::uint64_t varint() noexcept {
    if (at_ != end_ && std::to_integer<unsigned>(*at_) < 0x80) return std::to_integer<std::uint64_t>(*at_++);
    return long_varint();
  }
  [[gnu::always_inline]] std::uint64_t fixed(std::size_t size) noexcept {
    if (left() < size) {
      fail();
      return 0;
    }
    std::uint64_t value = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&value, at_, size);
    } else {
      for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(at_[i]) << (8 * i);
    }
    at_ += size;
    return value;
  }

  unsigned field = 0;
  wire type = wire::varint;
  std::uint64_t number = 0;          // of a field of type varint, fixed64 or fixed32
  std::span<const std::byte> inner;  // of a field of type bytes

 private:
  [[gnu::noinline]] std::uint64_t long_varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && at_ != end_; shift += 7) {
      const auto byte = std::to_integer<std::uint64_t>(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  bool fail() noexcept {
    ok_ = false;
    at_ = end_;
    return false;
  }

  const std::byte* at_;
  const std::byte* end_;
  std::uint64_t tag_ = 0;
  bool ok_ = true;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_PROTOBUF_HPP
