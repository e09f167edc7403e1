#ifndef MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP
#define MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP

#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <span>
#include <string_view>
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

/// A fuzzer's bytes as they are, resealed, and as the payload of each of these types.
template <class Use>
void as_payload_of_each(std::initializer_list<std::string_view> types, const std::uint8_t* data, std::size_t size,
                        Use use) {
  as_they_are_and_resealed(data, size, use);
  for (const std::string_view type : types)
    use(with_payload(millrace::envelope_writer(type).finish(), std::as_bytes(std::span(data, size))));
}

/// Stops the fuzzer unless what an object saves is loaded again, and saves the same.
template <class Object, class Load>
void stop_unless_reloaded(const Object& object, Load load) {
  const std::vector<std::byte> saved = object.save();
  if (auto back = load(saved); !back || back->save() != saved) std::abort();
}
template <class Object>
void stop_unless_reloaded(const Object& object) {
  stop_unless_reloaded(object, [](std::span<const std::byte> bytes) { return Object::load(bytes); });
}

/// Asks what bytes load as, if anything, after having saved and loaded it again.
template <class Object, class Ask>
void ask_loaded(std::span<const std::byte> bytes, Ask ask) {
  auto loaded = Object::load(bytes);
  if (!loaded) return;
  stop_unless_reloaded(*loaded);
  ask(*loaded);
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_ENVELOPE_HPP
