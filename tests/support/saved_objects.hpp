#ifndef MILLRACE_TESTS_SUPPORT_SAVED_OBJECTS_HPP
#define MILLRACE_TESTS_SUPPORT_SAVED_OBJECTS_HPP

#include <laws/aggregator.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace support {

/// 0, 1 and the eighths between, of exact arithmetic: `seen` of it before saving.
inline double exact_stream(std::uint64_t i) { return static_cast<double>((i * i * 7919 + i) % 97 % 9) / 8; }

/// The envelope with another number in place `field` of a payload whose items are 8 bytes long, resealed.
inline std::vector<std::byte> with_field(std::vector<std::byte> envelope, std::size_t field, double number) {
  const auto name = std::to_integer<std::size_t>(envelope[6]) + 256 * std::to_integer<std::size_t>(envelope[7]);
  const auto bits = std::bit_cast<std::array<std::byte, 8>>(number);
  for (std::size_t b = 0; b < 8; ++b) envelope[16 + name + 8 * field + b] = bits[b];
  reseal(envelope);
  return envelope;
}

/// What holds for every saved object that takes a stream: it goes on as if it had not been saved; the bytes of the
/// first release load and mean what they meant; damaged bytes are an error, and resealed ones too, or an object that
/// works.
template <class D, class Step, class Same>
void saves_and_loads(const D& fresh, const std::string& golden_name, std::uint64_t seen, Step step, Same same,
                     std::size_t hostile_rounds = 3000) {
  D went = fresh;
  for (std::uint64_t i = 0; i < seen; ++i) step(went, exact_stream(i));
  const auto bytes = went.save();
  auto loaded = D::load(bytes);
  REQUIRE(loaded);
  CHECK(loaded->save() == bytes);
  const auto empty = D::load(fresh.save());
  REQUIRE(empty);
  CHECK(empty->save() == fresh.save());

  auto old = D::load(golden(golden_name));
  REQUIRE(old);
  CHECK(old->save() == golden(golden_name));
  same(*old, went, 1e-9);
  for (std::uint64_t i = seen; i < seen + 3000; ++i) {
    step(went, exact_stream(i));
    step(*loaded, exact_stream(i));
    step(*old, exact_stream(i));
  }
  same(*loaded, went, 0);
  same(*old, went, 1e-6);
  CHECK(loaded->save() == went.save());

  const auto use = [&](D& found) {
    for (std::uint64_t i = 0; i < 40; ++i) step(found, exact_stream(i));
    (void)found.save();
  };
  laws::hostile_payload(went, reseal, use, 17, hostile_rounds);
  if (bytes.size() < 6000) laws::hostile_bytes(went, use);
  auto other = bytes;
  other[17] ^= std::byte{1};  // the type's name
  reseal(other);
  CHECK(D::load(other).error().code() == millrace::errc::type_mismatch);
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SAVED_OBJECTS_HPP
