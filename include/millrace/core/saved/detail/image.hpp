#ifndef MILLRACE_CORE_SAVED_DETAIL_IMAGE_HPP
#define MILLRACE_CORE_SAVED_DETAIL_IMAGE_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/result.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

static_assert(std::endian::native == std::endian::little, "millrace's sketches are for little-endian machines");

/// Writes the fields of a saved sketch one after the other, little-endian. An image is a sketch's bytes in the format
/// of another project, Apache DataSketches, without this library's envelope.
class image_writer {
 public:
  explicit image_writer(std::size_t expected) { bytes_.reserve(expected); }

  template <class T>
  image_writer& put(const T& value) {
    static_assert(std::is_arithmetic_v<T>);
    return put_array(&value, 1);
  }
  template <class T>
  image_writer& put_array(const T* values, std::size_t count) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + count * sizeof(T));
    if (count != 0) std::memcpy(bytes_.data() + before, values, count * sizeof(T));
    return *this;
  }
  std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// An error about an image, whose message names the sketch: `KLL image: it ends too soon`.
inline error image_fault(const char* of, errc code, const char* what) {
  return error(code, std::string(of) + " image: " + what);
}

/// The first three bytes of every image of DataSketches.
struct image_start {
  std::uint8_t preamble = 0;  // its length, in ints or in 8 bytes
  std::uint8_t version = 0;
  std::uint8_t family = 0;
};

/// Reads the fields back from bytes that may be anything, and makes the errors about them. A read past the end returns
/// zero and marks the reader as failed, so a parser may read a whole header and ask `ok` once; nothing outside the span
/// is ever read.
class image_reader {
 public:
  /// `of` is the sketch's name for errors, such as "KLL"; the text must outlive the reader.
  image_reader(std::span<const std::byte> bytes, const char* of) noexcept : rest_(bytes), of_(of) {}

  template <class T>
  T take() noexcept {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    take_array(&value, 1);
    return value;
  }
  /// Takes a number whose highest byte comes first.
  template <class T>
  T take_big() noexcept {
    unsigned char bytes[sizeof(T)];
    T value{};
    if (!take_array(bytes, sizeof(T))) return value;
    for (std::size_t i = 0; i < sizeof(T) / 2; ++i) {
      const unsigned char kept = bytes[i];
      bytes[i] = bytes[sizeof(T) - 1 - i];
      bytes[sizeof(T) - 1 - i] = kept;
    }
    std::memcpy(&value, bytes, sizeof(T));
    return value;
  }
  /// Takes `count` numbers, or none of them and returns false if the bytes are too few.
  template <class T>
  bool take_array(T* values, std::size_t count) noexcept {
    if (!holds<T>(count)) return fail();
    if (count != 0) std::memcpy(values, rest_.data(), count * sizeof(T));
    rest_ = rest_.subspan(count * sizeof(T));
    return true;
  }
  bool skip(std::size_t count) noexcept {
    if (count > rest_.size()) return fail();
    rest_ = rest_.subspan(count);
    return true;
  }
  /// Whether `count` more numbers can be taken.
  template <class T>
  bool holds(std::size_t count) const noexcept {
    return count <= rest_.size() / sizeof(T);
  }

  image_start take_start() noexcept {
    image_start start;
    start.preamble = take<std::uint8_t>();
    start.version = take<std::uint8_t>();
    start.family = take<std::uint8_t>();
    return start;
  }
  /// Refuses a head that was cut off, or is of another family, or of neither version.
  result<void> recognize(const image_start& start, std::uint8_t family, std::uint8_t version,
                         std::uint8_t other_version) const {
    if (!ok_) return truncated();
    if (start.family != family) return fault(errc::type_mismatch, "it is of another family of sketches");
    if (start.version != version && start.version != other_version)
      return fault(errc::unsupported, "unknown serial version");
    return {};
  }
  result<void> recognize(const image_start& start, std::uint8_t family, std::uint8_t version) const {
    return recognize(start, family, version, version);
  }

  bool ok() const noexcept { return ok_; }
  std::span<const std::byte> rest() const noexcept { return rest_; }

  error fault(errc code, const char* what) const { return image_fault(of_, code, what); }
  error corrupt(const char* what) const { return fault(errc::corrupt, what); }
  error truncated() const { return fault(errc::truncated, "it ends too soon"); }
  error too_long() const { return corrupt("bytes after the end"); }

 private:
  bool fail() noexcept {
    rest_ = {};
    return ok_ = false;
  }

  std::span<const std::byte> rest_;
  const char* of_;
  bool ok_ = true;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_SAVED_DETAIL_IMAGE_HPP
