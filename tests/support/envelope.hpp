#ifndef MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP
#define MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP

#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace support {

/// Makes the checksum of a changed envelope right again.
inline void reseal(std::vector<std::byte>& bytes) {
  if (bytes.size() < 4) return;
  const std::uint32_t sum = millrace::detail::crc32c(bytes.data(), bytes.size() - 4);
  for (unsigned i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<std::byte>(sum >> (8 * i));
}

/// A fuzzer's bytes as they are, and with the checksum that would be right.
template <class Use>
void as_they_are_and_resealed(const std::uint8_t* data, std::size_t size, Use use) {
  const auto bytes = std::as_bytes(std::span(data, size));
  use(bytes);
  std::vector<std::byte> sealed(bytes.begin(), bytes.end());
  reseal(sealed);
  use(std::span<const std::byte>(sealed));
}

/// An envelope with another payload: what a fuzzer's bytes become, so that they get past the type's name.
inline std::vector<std::byte> with_payload(std::vector<std::byte> envelope, std::span<const std::byte> payload) {
  const auto name = std::to_integer<std::size_t>(envelope[6]) + 256 * std::to_integer<std::size_t>(envelope[7]);
  envelope.resize(16 + name);
  envelope.insert(envelope.end(), payload.begin(), payload.end());
  for (unsigned i = 0; i < 8; ++i) envelope[8 + i] = static_cast<std::byte>(payload.size() >> (8 * i));
  envelope.resize(envelope.size() + 4);
  reseal(envelope);
  return envelope;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP
