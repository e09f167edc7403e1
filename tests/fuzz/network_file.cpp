// Any bytes either are no network, with an error that says why, or are one that writes the same bytes again. Length and
// checksum are put right first, since few random bytes would get past them; every fourth input goes in as it is.
#include <millrace/train/network.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

using bytes_type = std::vector<std::byte>;

void put(bytes_type& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

/// The bytes behind the old header, whose checksum the library's own reader asks for.
bytes_type as_old_file(bytes_type bytes) {
  namespace own = mr::train::detail;
  constexpr std::size_t least = own::old_network_header + own::old_network_checksum;
  if (bytes.size() < least) bytes.resize(least);
  for (std::size_t i = 0; i < own::old_network_magic.size(); ++i)
    bytes[i] = static_cast<std::byte>(own::old_network_magic[i]);
  put(bytes, 8, 1, 4);
  put(bytes, 16, bytes.size(), 8);
  const std::size_t summed = bytes.size() - own::old_network_checksum;
  put(bytes, summed, own::crc32(0, reinterpret_cast<const unsigned char*>(bytes.data()), summed), 4);
  return bytes;
}

/// The bytes as the payload of an envelope.
template <class Scalar>
bytes_type as_envelope(const bytes_type& bytes) {
  mr::envelope_writer out(mr::train::detail::network_type<Scalar>);
  out.block(bytes);
  return std::move(out).finish();
}

template <class Scalar>
void read(const bytes_type& bytes) {
  const auto net = mr::train::network<Scalar>::load(bytes);
  if (!net) {
    if (net.error().message().empty()) std::abort();
    return;
  }
  const bytes_type again = net->save();
  const auto back = mr::train::network<Scalar>::load(again);
  if (!back || back->save() != again) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  bytes_type bytes(size - 1);
  for (std::size_t i = 1; i < size; ++i) bytes[i - 1] = static_cast<std::byte>(data[i]);
  switch (data[0] % 4) {
    case 0: bytes = as_old_file(std::move(bytes)); break;
    case 1: bytes = as_envelope<float>(bytes); break;
    case 2: bytes = as_envelope<double>(bytes); break;
    default: break;
  }
  read<float>(bytes);
  read<double>(bytes);
  return 0;
}
