#ifndef MILLRACE_TRAIN_DETAIL_NETWORK_BYTES_HPP
#define MILLRACE_TRAIN_DETAIL_NETWORK_BYTES_HPP

#include <millrace/core/result.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace train {
namespace detail {

inline constexpr std::string_view network_magic = "MRNETWRK";
inline constexpr std::size_t network_length_at = 16;
inline constexpr std::size_t network_header = 24;

/// CRC-32 of IEEE 802.3: polynomial 04C11DB7 reflected, all ones before and after.
constexpr std::uint32_t network_checksum(std::string_view bytes) noexcept {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
      entries[i] = value;
    }
    return entries;
  }();
  std::uint32_t value = ~std::uint32_t{0};
  for (const char byte : bytes) value = (value >> 8) ^ table[(value ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~value;
}

template <class Scalar>
using bits_of = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;

class network_writer {
 public:
  void text(std::string_view characters) { bytes_ += characters; }
  template <class Unsigned>
  void number(Unsigned value) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
      bytes_ += static_cast<char>((std::uint64_t{value} >> (8 * i)) & 0xFFU);
  }
  template <class Scalar>
  void real(Scalar value) {
    number(std::bit_cast<bits_of<Scalar>>(value));
  }
  /// Puts the length in its place and the checksum at the end.
  std::string finish() && {
    const std::uint64_t length = bytes_.size() + sizeof(std::uint32_t);
    for (std::size_t i = 0; i < sizeof length; ++i)
      bytes_[network_length_at + i] = static_cast<char>((length >> (8 * i)) & 0xFFU);
    number(network_checksum(bytes_));
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
};

/// Takes numbers off the front of bytes that may be anything; each answers whether it was there.
class network_reader {
 public:
  explicit network_reader(std::string_view bytes) noexcept : rest_(bytes) {}

  /// Everything before the content: whose bytes these are, and whether they are whole.
  result<void> open(std::size_t scalar) {
    const std::string_view all = rest_;
    if (all.substr(0, network_magic.size()) != network_magic.substr(0, all.size()) || all.empty())
      return corrupt("it does not begin with " + std::string(network_magic));
    if (all.size() < network_header) return short_of("the header");
    rest_.remove_prefix(network_magic.size());
    std::uint32_t version = 0;
    std::uint32_t size = 0;
    std::uint64_t length = 0;
    number(version);
    number(size);
    number(length);
    if (version != 1)
      return error(errc::unsupported, "the network is of version " + std::to_string(version) + ", known is 1");
    if (all.size() < length)
      return error(errc::truncated,
                   "the network ends after " + std::to_string(all.size()) + " of " + std::to_string(length) + " bytes");
    if (all.size() > length || length < network_header + sizeof(std::uint32_t))
      return corrupt("it says that it is " + std::to_string(length) + " bytes long, there are " +
                     std::to_string(all.size()));
    const std::string_view content = all.substr(0, all.size() - sizeof(std::uint32_t));
    network_reader end(all.substr(content.size()));
    std::uint32_t checksum = 0;
    end.number(checksum);
    if (checksum != network_checksum(content))
      return error(errc::checksum_mismatch, "the network's bytes do not match their checksum");
    if (size != 4 && size != 8) return corrupt("its numbers have " + std::to_string(size) + " bytes");
    if (size != scalar)
      return error(errc::type_mismatch, "the network's numbers have " + std::to_string(size) +
                                            " bytes, asked for are " + std::to_string(scalar));
    rest_.remove_suffix(sizeof checksum);
    return {};
  }

  std::size_t left() const noexcept { return rest_.size(); }

  template <class Unsigned>
  bool number(Unsigned& value) noexcept {
    if (rest_.size() < sizeof(Unsigned)) return false;
    value = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
      value = static_cast<Unsigned>(value | static_cast<Unsigned>(static_cast<unsigned char>(rest_[i])) << (8 * i));
    rest_.remove_prefix(sizeof(Unsigned));
    return true;
  }
  template <class Scalar>
  bool real(Scalar& value) noexcept {
    bits_of<Scalar> bits = 0;
    if (!number(bits)) return false;
    value = std::bit_cast<Scalar>(bits);
    return true;
  }
  bool name(std::string_view& characters) noexcept {
    std::uint8_t size = 0;
    if (!number(size) || rest_.size() < size) return false;
    characters = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  static error corrupt(const std::string& why) { return error(errc::corrupt, "these bytes are no network: " + why); }
  static error short_of(const std::string& what) { return error(errc::truncated, "the network ends before " + what); }
  static error unknown_activation(std::uint32_t layer, std::string_view name) {
    return error(errc::unsupported, "layer " + std::to_string(layer) + " has the activation \"" + std::string(name) +
                                        "\", which is unknown");
  }

 private:
  std::string_view rest_;
};

}  // namespace detail
}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_DETAIL_NETWORK_BYTES_HPP
