#include <millrace/core/saved/envelope.hpp>

#include <support/catch.hpp>

#include <support/envelope.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

std::vector<std::byte> sample() {
  mr::envelope_writer writer("sample");
  writer.u8(7);
  writer.u16(0x1234);
  writer.u32(0xdeadbeef);
  writer.u64(0x0123456789abcdef);
  writer.i64(-5);
  writer.f64(-0.0);
  writer.f64(std::numeric_limits<double>::quiet_NaN());
  writer.text("name");
  return std::move(writer).finish();
}

mr::errc failure(const std::vector<std::byte>& bytes, std::string_view type = "sample") {
  auto opened = mr::envelope_reader::open(bytes, type);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().message().find(type) != std::string::npos);
  return opened.error().code();
}

}  // namespace

TEST_CASE("CRC-32C is the standard's") {
  // RFC 3720, appendix B.4, and the check value of "123456789" in the catalogue of CRC algorithms.
  const auto crc = [](std::string_view text) {
    return mr::detail::crc32c(reinterpret_cast<const std::byte*>(text.data()), text.size());
  };
  CHECK(crc("123456789") == 0xe3069283);
  CHECK(crc("") == 0);
  std::array<std::byte, 32> bytes{};
  CHECK(mr::detail::crc32c(bytes.data(), bytes.size()) == 0x8a9136aa);
  bytes.fill(std::byte{0xff});
  CHECK(mr::detail::crc32c(bytes.data(), bytes.size()) == 0x62a8ab43);
  for (unsigned i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  CHECK(mr::detail::crc32c(bytes.data(), bytes.size()) == 0x46dd794e);
}

TEST_CASE("what is written is read back") {
  const auto bytes = sample();
  auto reader = mr::envelope_reader::open(bytes, "sample");
  REQUIRE(reader.has_value());
  CHECK(reader->u8() == 7);
  CHECK(reader->u16() == 0x1234);
  CHECK(reader->u32() == 0xdeadbeef);
  CHECK(reader->u64() == 0x0123456789abcdef);
  CHECK(reader->i64() == -5);
  CHECK(std::signbit(reader->f64()));
  CHECK(std::isnan(reader->f64()));
  CHECK(reader->text() == "name");
  CHECK(reader->finish(true).has_value());
  CHECK_FALSE(reader->finish(false).has_value());
}

TEST_CASE("the layout is little-endian and as documented") {
  mr::envelope_writer writer("ab");
  writer.u16(0x0102);
  const auto bytes = std::move(writer).finish();
  const std::vector<unsigned> expected{'M', 'R', 'A', 'G', 1, 0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 2, 1};
  REQUIRE(bytes.size() == expected.size() + 4);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::to_integer<unsigned>(bytes[i]) == expected[i]);
}

TEST_CASE("each kind of damage has its own error") {
  const auto bytes = sample();
  CHECK(failure({}) == mr::errc::truncated);
  CHECK(failure({bytes.begin(), bytes.end() - 1}) == mr::errc::truncated);
  auto changed = bytes;
  changed[0] = std::byte{'X'};
  CHECK(failure(changed) == mr::errc::corrupt);
  changed = bytes;
  changed[4] = std::byte{2};
  CHECK(failure(changed) == mr::errc::unsupported);
  changed = bytes;
  changed.push_back(std::byte{0});
  CHECK(failure(changed) == mr::errc::corrupt);
  changed = bytes;
  changed[30] ^= std::byte{1};
  CHECK(failure(changed) == mr::errc::checksum_mismatch);
  changed = bytes;
  changed[5] = std::byte{1};
  support::reseal(changed);
  CHECK(failure(changed) == mr::errc::corrupt);
}

TEST_CASE("another type's bytes are refused by name") {
  auto opened = mr::envelope_reader::open(sample(), "other");
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code() == mr::errc::type_mismatch);
  CHECK(opened.error().message() == "saved form holds sample, expected other");

  mr::envelope_writer writer(std::string(3000, '\n'));
  opened = mr::envelope_reader::open(std::move(writer).finish(), "other");
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().message() == "saved form holds " + std::string(200, '?') + ", expected other");
}

TEST_CASE("every truncation and every bit flip is found") {
  const auto bytes = sample();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    failure({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    failure(flipped);
  }
}

TEST_CASE("a reader that wants more than there is, or less, is told so") {
  mr::envelope_writer writer("short");
  writer.u32(1);
  const auto bytes = std::move(writer).finish();
  auto reader = mr::envelope_reader::open(bytes, "short");
  REQUIRE(reader.has_value());
  CHECK_FALSE(reader->finish(true).has_value());  // four bytes are left
  CHECK(reader->u64() == 0);
  CHECK_FALSE(reader->ok());
  CHECK(reader->u32() == 0);
  CHECK(reader->text().empty());
  CHECK_FALSE(reader->finish(true).has_value());
}

TEST_CASE("a count is never more than the bytes left can hold") {
  mr::envelope_writer writer("many");
  writer.u64(3);
  writer.u64(1);
  writer.u64(2);
  writer.u64(3);
  auto bytes = std::move(writer).finish();
  auto reader = mr::envelope_reader::open(bytes, "many");
  REQUIRE(reader.has_value());
  CHECK(reader->count(8) == 3);
  reader = mr::envelope_reader::open(bytes, "many");
  CHECK(reader->count(9) == 0);
  CHECK_FALSE(reader->ok());

  for (std::size_t i = 20; i < 28; ++i) bytes[i] = std::byte{0xff};
  support::reseal(bytes);
  reader = mr::envelope_reader::open(bytes, "many");
  REQUIRE(reader.has_value());
  CHECK(reader->block().empty());
  CHECK_FALSE(reader->ok());
}
