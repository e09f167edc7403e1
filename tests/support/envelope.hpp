#ifndef MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP
#define MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP

#include <millrace/aggregate/envelope.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace support {

/// Makes the checksum of a changed envelope right again.
inline void reseal(std::vector<std::byte>& bytes) {
  if (bytes.size() < 4) return;
  const std::uint32_t sum = millrace::detail::crc32c(std::span(bytes).first(bytes.size() - 4));
  for (unsigned i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<std::byte>(sum >> (8 * i));
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP
