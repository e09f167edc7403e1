#ifndef MILLRACE_TRAIN_DETAIL_NETWORK_BYTES_HPP
#define MILLRACE_TRAIN_DETAIL_NETWORK_BYTES_HPP

#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/train/activation.hpp>
#include <millrace/train/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// A network as bytes: an envelope named `network<f32>` or `network<f64>` whose payload is one block. Little-endian:
//
//   8   inputs
//   4   layers; then for each of them
//   8     units
//   1     length of the activation's name, and the name
//   8   parameters; then each of them, in the order of network::parameters()
//
// Before there was an envelope, files had the same after a header of 24 bytes ("MRNETWRK"; version 1, bytes of a
// number, both of 4 bytes; length of the whole, 8 bytes), and a CRC-32 at the end. These are still read.
namespace millrace {
inline namespace v0 {
namespace train {
namespace detail {

template <class Scalar>
inline constexpr std::string_view network_type = sizeof(Scalar) == 4 ? "network<f32>" : "network<f64>";
template <class Scalar>
using bits_of = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;

struct saved_layer {
  std::uint64_t units;
  activation function;
};
/// The contents of bytes that were found to be free of contradictions. The parameters are not copied.
struct saved_network {
  std::uint64_t inputs = 0;
  std::vector<saved_layer> layers{};
  std::span<const std::byte> parameters{};
};

class network_body {
 public:
  template <class Unsigned>
  void number(Unsigned value) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
      bytes_.push_back(static_cast<std::byte>((std::uint64_t{value} >> (8 * i)) & 0xFFU));
  }
  template <class Scalar>
  void real(Scalar value) {
    number(std::bit_cast<bits_of<Scalar>>(value));
  }
  void name(std::string_view characters) {
    number(static_cast<std::uint8_t>(characters.size()));
    for (const char c : characters) bytes_.push_back(static_cast<std::byte>(c));
  }
  template <class Scalar>
  std::vector<std::byte> finish() && {
    envelope_writer out(network_type<Scalar>);
    out.block(bytes_);
    return std::move(out).finish();
  }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads numbers one after the other from bytes that may be anything. Each function returns whether enough were left.
class network_cursor {
 public:
  explicit network_cursor(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

  std::span<const std::byte> rest() const noexcept { return rest_; }

  template <class Unsigned>
  bool number(Unsigned& value) noexcept {
    if (rest_.size() < sizeof(Unsigned)) return false;
    std::uint64_t wide = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) wide |= static_cast<std::uint64_t>(rest_[i]) << (8 * i);
    value = static_cast<Unsigned>(wide);
    rest_ = rest_.subspan(sizeof(Unsigned));
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
    characters = {reinterpret_cast<const char*>(rest_.data()), size};
    rest_ = rest_.subspan(size);
    return true;
  }

 private:
  std::span<const std::byte> rest_;
};

[[gnu::cold]] inline error network_fault(errc code, const std::string& why) {
  return error(code, "saved network: " + why);
}

inline constexpr std::string_view old_network_magic = "MRNETWRK";
inline constexpr std::size_t old_network_header = 24;
inline constexpr std::size_t old_network_checksum = 4;

inline bool is_old_network(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < old_network_magic.size()) return false;
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), old_network_magic.size()) == old_network_magic;
}

/// The part between the header and the checksum of bytes for which `is_old_network`. A template, so that only programs
/// that load networks compile it.
template <class Scalar>
result<std::span<const std::byte>> open_old_network(std::span<const std::byte> all) {
  network_cursor head(all.subspan(old_network_magic.size()));
  std::uint32_t version = 0;
  std::uint32_t scalar = 0;
  std::uint64_t length = 0;
  if (!head.number(version) || !head.number(scalar) || !head.number(length))
    return network_fault(errc::truncated, "it ends in the header");
  if (version != 1)
    return network_fault(errc::unsupported, "version " + std::to_string(version) + " of the old header, known is 1");
  if (all.size() < length)
    return network_fault(errc::truncated,
                         "it ends after " + std::to_string(all.size()) + " of " + std::to_string(length) + " bytes");
  if (all.size() > length || length < old_network_header + old_network_checksum)
    return network_fault(errc::corrupt, "it says that it is " + std::to_string(length) + " bytes long, there are " +
                                            std::to_string(all.size()));
  const std::size_t summed = all.size() - old_network_checksum;
  std::uint32_t checksum = 0;
  network_cursor(all.subspan(summed)).number(checksum);
  if (checksum != crc32(0, reinterpret_cast<const unsigned char*>(all.data()), summed))
    return network_fault(errc::checksum_mismatch, "its bytes do not match their checksum");
  if (scalar != 4 && scalar != 8)
    return network_fault(errc::corrupt, "its numbers have " + std::to_string(scalar) + " bytes");
  if (scalar != sizeof(Scalar))
    return network_fault(errc::type_mismatch, "its numbers have " + std::to_string(scalar) + " bytes, asked for are " +
                                                  std::to_string(sizeof(Scalar)));
  return all.subspan(old_network_header, summed - old_network_header);
}

template <class Scalar>
result<std::span<const std::byte>> open_network(std::span<const std::byte> bytes) {
  if (is_old_network(bytes)) return open_old_network<Scalar>(bytes);
  auto envelope = envelope_reader::open(bytes, network_type<Scalar>);
  if (!envelope) return std::move(envelope).error();
  const auto body = envelope->block();
  if (auto whole = envelope->finish(true); !whole) return std::move(whole).error();
  return body;
}

/// Guarantee: `parameters` has as many numbers as the layers need, so nothing larger than the bytes is ever built.
template <class Scalar>
result<saved_network> read_network(std::span<const std::byte> bytes) {
  const auto body = open_network<Scalar>(bytes);
  if (!body) return body.error();
  network_cursor in(*body);
  saved_network read;
  std::uint32_t count = 0;
  if (!in.number(read.inputs) || !in.number(count)) return network_fault(errc::truncated, "it ends before the layers");
  if (read.inputs == 0) return network_fault(errc::corrupt, "no inputs");
  if (count == 0) return network_fault(errc::corrupt, "no layers");
  const std::uint64_t limit = body->size() / sizeof(Scalar);  // no more parameters than that can follow
  std::uint64_t expected = 0;
  std::uint64_t before = read.inputs;
  for (std::uint32_t k = 0; k < count; ++k) {
    const auto layer = [&] { return "layer " + std::to_string(k); };
    std::uint64_t units = 0;
    std::string_view name;
    if (!in.number(units) || !in.name(name)) return network_fault(errc::truncated, "it ends before " + layer());
    const auto function = parse_activation(name);
    if (!function)
      return network_fault(errc::unsupported,
                           layer() + " has the activation \"" + std::string(name) + "\", which is unknown");
    // units (before + 1) parameters, and no more than fit: checked before multiplying.
    if (units == 0 || before >= limit || units > (limit - expected) / (before + 1))
      return network_fault(errc::corrupt, layer() + " has " + std::to_string(units) + " units");
    expected += units * (before + 1);
    read.layers.push_back({units, *function});
    before = units;
  }
  std::uint64_t parameters = 0;
  if (!in.number(parameters)) return network_fault(errc::truncated, "it ends before the parameters");
  if (parameters != expected || in.rest().size() != parameters * sizeof(Scalar))
    return network_fault(errc::corrupt, std::to_string(parameters) + " parameters in " +
                                            std::to_string(in.rest().size()) + " bytes, but the layers have " +
                                            std::to_string(expected));
  read.parameters = in.rest();
  return read;
}

}  // namespace detail
}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_DETAIL_NETWORK_BYTES_HPP
