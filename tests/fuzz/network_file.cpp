// Any bytes either are no network, with an error that says why, or are one that writes the same bytes again. Length and
// checksum are put right first, since few random bytes would get past them; every second input goes in as it is.
#include <millrace/train/network_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace mr = millrace;

namespace {

std::string sealed(std::string bytes) {
  constexpr std::size_t least = mr::train::detail::network_header + 4;
  if (bytes.size() < least) bytes.resize(least);
  bytes.replace(0, mr::train::detail::network_magic.size(), mr::train::detail::network_magic);
  for (std::size_t i = 0; i < 8; ++i)
    bytes[mr::train::detail::network_length_at + i] = static_cast<char>((bytes.size() >> (8 * i)) & 0xFFU);
  const std::uint32_t sum = mr::train::detail::network_checksum(std::string_view(bytes).substr(0, bytes.size() - 4));
  for (std::size_t i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<char>((sum >> (8 * i)) & 0xFFU);
  return bytes;
}

template <class Scalar>
void read(const std::string& bytes) {
  const auto net = mr::train::network_from_bytes<Scalar>(bytes);
  if (!net) {
    if (net.error().message().empty()) std::abort();
    return;
  }
  if (mr::train::to_bytes(*net) != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) bytes = sealed(std::move(bytes));
  read<float>(bytes);
  read<double>(bytes);
  return 0;
}
