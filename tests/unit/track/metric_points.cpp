#include <millrace/track/metric_points.hpp>

#include <millrace/core/seed.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;
namespace mt = millrace::track;

namespace {

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

/// The points of tests/oracle/metric_points.py.
std::vector<mt::metric_point> golden_points() {
  std::vector<mt::metric_point> made;
  for (std::int64_t i = 0; i < 100; ++i)
    made.push_back({i * i % 37 * (i % 2 == 0 ? 1 : -1), 1'700'000'000'000 + 250 * i, static_cast<double>(i) / 8 - 3});
  made.push_back({least, most, std::numeric_limits<double>::infinity()});
  made.push_back({most, least, -std::numeric_limits<double>::infinity()});
  made.push_back({0, 0, std::bit_cast<double>(std::uint64_t{0x7ff8'0000'0000'0001U})});
  made.push_back({0, 0, -0.0});
  made.push_back({-1, -1, std::numeric_limits<double>::denorm_min()});
  return made;
}

}  // namespace

TEST_CASE("a chunk's bytes are those that are documented") {
  CHECK(mt::save_points(golden_points()) == support::golden("track/points.bin"));
  const auto read = mt::load_points(support::golden("track/points.bin"));
  REQUIRE(read);
  CHECK(*read == golden_points());
}

TEST_CASE("a chunk comes back bit by bit, whatever the numbers") {
  mr::random_engine random(1);
  for (const std::size_t count : {1UL, 2UL, 7UL, 1023UL, 1024UL}) {
    std::vector<mt::metric_point> points(count);
    for (mt::metric_point& each : points)
      each = {std::bit_cast<std::int64_t>(random() >> random.below(64)), std::bit_cast<std::int64_t>(random()),
              std::bit_cast<double>(random())};
    const auto read = mt::load_points(mt::save_points(points));
    REQUIRE(read);
    CHECK(*read == points);
  }
}

TEST_CASE("points logged one after the other take ten or eleven bytes each") {
  std::vector<mt::metric_point> points(1024);
  for (std::int64_t i = 0; i < 1024; ++i)
    points[static_cast<std::size_t>(i)] = {i, 1'700'000'000'000 + 100 * i, std::sin(static_cast<double>(i))};
  CHECK(mt::save_points(points).size() < 11 * 1024 + 60);
}

TEST_CASE("a chunk that is cut or changed anywhere is refused") {
  const auto points = golden_points();
  const auto bytes = mt::save_points(std::span(points).first(20));
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(mt::load_points(std::span(bytes).first(size)));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto wrong = bytes;
      wrong[i] ^= static_cast<std::byte>(1U << bit);
      CHECK_FALSE(mt::load_points(wrong));
    }
}

TEST_CASE("a chunk whose checksum is right and whose numbers are not is refused") {
  const auto made = [](std::uint32_t count, const std::vector<std::uint8_t>& bytes) {
    mr::envelope_writer to("metric_points<1>");
    to.u32(count);
    for (const std::uint8_t each : bytes) to.u8(each);
    return mt::load_points(std::move(to).finish());
  };
  const auto refused = [&](std::uint32_t count, std::vector<std::uint8_t> bytes) {
    const auto read = made(count, bytes);
    return !read && read.error().code() == mr::errc::corrupt;
  };
  std::vector<std::uint8_t> one = {2, 2, 0, 0, 0, 0, 0, 0, 0, 0};  // step 1, time 1, value 0
  CHECK(made(1, one));
  CHECK(refused(0, {}));
  CHECK(refused(1025, std::vector<std::uint8_t>(1025 * 10)));
  CHECK(refused(0xffffffffU, one));
  CHECK(refused(2, one));
  CHECK(refused(1, {2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0}));     // a byte too many
  CHECK(refused(1, {0x80, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}));  // a varint longer than it must be
  CHECK(refused(1, {255, 255, 255, 255, 255, 255, 255, 255, 255, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0}));  // beyond 64 bits
  CHECK(refused(1, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0}));
  // Another type, and a newer format, are told by name.
  mr::envelope_writer newer("metric_points<2>");
  const auto read = mt::load_points(std::move(newer).finish());
  REQUIRE_FALSE(read);
  CHECK(read.error().code() == mr::errc::type_mismatch);
  CHECK(read.error().message().find("metric_points<2>") != std::string::npos);
}
