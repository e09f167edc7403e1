#ifndef MILLRACE_MODEL_FORMATS_DETAIL_FLATBUFFER_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_FLATBUFFER_HPP

#include <millrace/model/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

// Tables, vectors and texts of a FlatBuffers file. Each offset is verified where it is followed; what does not lie
// within the bytes is as if it were left out, and is remembered as damage.
// Source: flatbuffers.dev, "FlatBuffer Internals".
namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

class flatbuffer {
 public:
  explicit flatbuffer(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  bool damaged() const noexcept { return damaged_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  void damage() noexcept { damaged_ = true; }

  /// A number at a place; 0 if it does not lie within the bytes.
  template <class T>
  T at(std::size_t place) noexcept {
    using bits =
        std::conditional_t<sizeof(T) == 1, std::uint8_t,
                           std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                              std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;
    if (place > bytes_.size() || bytes_.size() - place < sizeof(T)) {
      damaged_ = true;
      return T();
    }
    bits made = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      made = static_cast<bits>(made | static_cast<bits>(static_cast<bits>(bytes_[place + i]) << (8 * i)));
    return std::bit_cast<T>(made);
  }
  /// Where the offset at a place leads: always forwards.
  std::size_t follow(std::size_t place) noexcept {
    const auto offset = at<std::uint32_t>(place);
    if (offset == 0) damaged_ = true;
    return damaged_ ? nowhere : place + offset;
  }

  static constexpr std::size_t nowhere = ~std::size_t{0};

 private:
  std::span<const std::byte> bytes_;
  bool damaged_ = false;
};

/// A list of numbers, or of offsets. Its elements lie within the bytes.
class flatbuffer_list {
 public:
  flatbuffer_list() noexcept = default;
  flatbuffer_list(flatbuffer& in, std::size_t place, std::size_t element) noexcept : in_(&in), element_(element) {
    const auto count = in.at<std::uint32_t>(place);
    if (in.damaged()) return;
    first_ = place + 4;
    if (count > (in.bytes().size() - first_) / element)
      in.damage();
    else
      count_ = count;
  }
  std::size_t size() const noexcept { return count_; }
  template <class T>
  T number(std::size_t i) const noexcept {
    return i < count_ && sizeof(T) <= element_ ? in_->at<T>(first_ + i * element_) : T();
  }
  /// Where the offset `i` of a list of tables or texts leads.
  std::size_t place(std::size_t i) const noexcept { return in_->follow(first_ + i * element_); }
  std::span<const std::byte> bytes() const noexcept {
    return count_ == 0 ? std::span<const std::byte>() : in_->bytes().subspan(first_, count_ * element_);
  }

 private:
  flatbuffer* in_ = nullptr;
  std::size_t element_ = 1;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

/// A table: its fields by number, each of which may be left out.
class flatbuffer_table {
 public:
  flatbuffer_table() noexcept = default;
  flatbuffer_table(flatbuffer& in, std::size_t place) noexcept : in_(&in) {
    if (place == flatbuffer::nowhere) return;
    const std::int64_t layout = static_cast<std::int64_t>(place) - in.at<std::int32_t>(place);
    if (layout < 0) in.damage();
    if (in.damaged()) return;
    const auto size = in.at<std::uint16_t>(static_cast<std::size_t>(layout));
    const auto own = in.at<std::uint16_t>(static_cast<std::size_t>(layout) + 2);
    if (size < 4 || size % 2 != 0 || in.bytes().size() - static_cast<std::size_t>(layout) < size ||
        in.bytes().size() - place < own)
      in.damage();
    if (in.damaged()) return;
    place_ = place;
    layout_ = static_cast<std::size_t>(layout);
    fields_ = (size - std::size_t{4}) / 2;
    own_ = own;
  }
  explicit operator bool() const noexcept { return place_ != flatbuffer::nowhere; }

  template <class T>
  T number(std::size_t field, T otherwise = T()) const noexcept {
    const std::size_t place = place_of(field, sizeof(T));
    return place == flatbuffer::nowhere ? otherwise : in_->at<T>(place);
  }
  std::string_view text(std::size_t field) const noexcept {
    const auto bytes = list(field, 1).bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  flatbuffer_list list(std::size_t field, std::size_t element) const noexcept {
    const std::size_t place = place_of(field, 4);
    if (place == flatbuffer::nowhere) return {};
    const std::size_t there = in_->follow(place);
    return there == flatbuffer::nowhere ? flatbuffer_list() : flatbuffer_list(*in_, there, element);
  }
  flatbuffer_table table(std::size_t field) const noexcept {
    const std::size_t place = place_of(field, 4);
    return place == flatbuffer::nowhere ? flatbuffer_table() : flatbuffer_table(*in_, in_->follow(place));
  }

 private:
  std::size_t place_of(std::size_t field, std::size_t size) const noexcept {
    if (place_ == flatbuffer::nowhere || field >= fields_) return flatbuffer::nowhere;
    const auto offset = in_->at<std::uint16_t>(layout_ + 4 + 2 * field);
    if (offset == 0) return flatbuffer::nowhere;
    if (offset + size > own_) in_->damage();
    return in_->damaged() ? flatbuffer::nowhere : place_ + offset;
  }

  flatbuffer* in_ = nullptr;
  std::size_t place_ = flatbuffer::nowhere;
  std::size_t layout_ = 0;
  std::size_t fields_ = 0;
  std::size_t own_ = 0;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_FLATBUFFER_HPP
