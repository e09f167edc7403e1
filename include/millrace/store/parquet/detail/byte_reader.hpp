#ifndef MILLRACE_STORE_PARQUET_DETAIL_BYTE_READER_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_BYTE_READER_HPP

#include <millrace/core/detail/protobuf.hpp>
#include <millrace/store/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

static_assert(std::endian::native == std::endian::little, "Parquet's numbers are copied as they stand");

/// Reads bytes from the front to the end. Beyond the end it reads zeros, and `ok` returns false from then on.
class byte_reader {
 public:
  explicit byte_reader(std::span<const std::byte> bytes) noexcept
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const noexcept { return ok_; }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  const std::byte* position() const noexcept { return at_; }
  std::span<const std::byte> rest() const noexcept { return {at_, left()}; }

  std::uint8_t byte() noexcept {
    if (at_ == end_) return fail(), std::uint8_t{0};
    return static_cast<std::uint8_t>(*at_++);
  }
  /// The next bytes; none, if there are not so many.
  std::span<const std::byte> bytes(std::uint64_t count) noexcept {
    if (count > left()) return fail(), std::span<const std::byte>();
    const std::span<const std::byte> taken(at_, static_cast<std::size_t>(count));
    at_ += count;
    return taken;
  }
  /// A number of Size bytes, the lowest first.
  template <class T>
  T number() noexcept {
    T value{};
    const auto from = bytes(sizeof(T));
    if (!from.empty()) __builtin_memcpy(&value, from.data(), sizeof(T));
    return value;
  }
  /// A number of seven bits a byte, the lowest first.
  std::uint64_t varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && at_ != end_; shift += 7) {
      const auto one = static_cast<std::uint64_t>(*at_++);
      if (shift == 63 && one > 1) break;
      value |= (one & 0x7fU) << shift;
      if (one < 0x80) return value;
    }
    fail();
    return 0;
  }
  /// The same, of both signs.
  std::int64_t signed_varint() noexcept { return unzigzag(varint()); }
  void fail() noexcept {
    ok_ = false;
    at_ = end_;
  }

 private:
  const std::byte* at_;
  const std::byte* end_;
  bool ok_ = true;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_BYTE_READER_HPP
