#include <millrace/connect/redis/feature_rows.hpp>

#include <millrace/resilience/caches/feature_cache.hpp>

#include <support/catch.hpp>
#include <support/redis_server.hpp>

#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace redis = mr::connect::redis;
using namespace std::chrono_literals;

TEST_CASE("a row of features is kept as it was before") {
  const float row[] = {1.0F, -0.0F, 0.5F};
  const std::string bytes = redis::detail::row_bytes(0x0102030405060708U, row);
  // The checksum by Python's zlib.crc32 of the other bytes.
  const std::string golden(
      "MRF1"
      "\x06\x36\x5b\xcb"
      "\x08\x07\x06\x05\x04\x03\x02\x01"
      "\0\0\x80\x3f"
      "\0\0\0\x80"
      "\0\0\0\x3f",
      28);
  CHECK(bytes == golden);
}

TEST_CASE("rows of features are shared by Redis") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address()});
  redis::feature_rows rows(client, 3, {.name = "f"});
  const std::string_view entities[] = {"a", std::string_view("b\0\r\n", 4), "c"};
  const float numbers[] = {1, 2, 3, 4, std::numeric_limits<float>::infinity(), 6, 7, 8, 9};
  REQUIRE(rows.write(entities, 1, numbers));
  float got[12] = {};
  bool found[4] = {};
  const std::string_view asked[] = {"c", "none", entities[1], "a"};
  auto count = rows.read(asked, 1, got, found);
  REQUIRE(count);
  CHECK(*count == 3);
  CHECK(found[0]);
  CHECK_FALSE(found[1]);
  CHECK(got[0] == 7);
  CHECK(got[7] == std::numeric_limits<float>::infinity());
  CHECK(got[9] == 1);
  CHECK_FALSE(*rows.read("a", 2, std::span(got, 3)));  // of other features
  REQUIRE(rows.remove("a"));
  CHECK_FALSE(*rows.read("a", 1, std::span(got, 3)));
  CHECK(rows.statistics().hits == 3);
  CHECK(rows.statistics().misses == 3);

  CHECK(rows.read("a", 1, std::span(got, 2)).error().code() == mr::errc::shape_mismatch);
  CHECK(rows.write("a", 1, std::span(numbers, 4)).error().code() == mr::errc::shape_mismatch);
  redis::feature_rows wider(client, 4, {.name = "f"});
  CHECK(wider.read("c", 1, std::span(got, 4)).error().code() == mr::errc::corrupt);
}

TEST_CASE("what is no row of features is an error that names the key, and moves no other row") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address()});
  redis::feature_rows rows(client, 1, {.name = "f"});
  const float seven = 7;
  REQUIRE(rows.write("good", 1, std::span(&seven, 1)));
  float got[1] = {};
  const std::string whole = redis::detail::row_bytes(1, std::span(&seven, 1));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    REQUIRE(client.call(redis::effect::repeatable, "SET", "f:bad", damaged));
    CHECK(rows.read("bad", 1, got).error().code() == mr::errc::corrupt);
    REQUIRE(client.call(redis::effect::repeatable, "SET", "f:bad", std::string_view(whole).substr(0, i)));
    CHECK(rows.read("bad", 1, got).error().code() == mr::errc::corrupt);
  }
  REQUIRE(client.call(redis::effect::once, "LPUSH", "f:list", "x"));
  const auto wrong = rows.read("list", 1, got);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == mr::errc::type_mismatch);
  CHECK_THAT(wrong.error().message(), ContainsSubstring("\"f:list\""));
  CHECK(*rows.read("good", 1, got));
  CHECK(got[0] == 7);
}

TEST_CASE("rows of features end with their time") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address()});
  redis::feature_rows rows(client, 1, {.name = "f", .ttl = 1s});
  redis::feature_rows fine(client, 1, {.name = "g", .ttl = 1500us});
  const float seven = 7;
  float got[1] = {};
  REQUIRE(rows.write("a", 1, std::span(&seven, 1)));
  REQUIRE(fine.write("a", 1, std::span(&seven, 1)));
  const std::int64_t left = client.call(redis::effect::reads, "PTTL", "f:a")->integer;
  CHECK(left > 700);
  CHECK(left <= 1000);
  std::this_thread::sleep_for(50ms);
  CHECK_FALSE(*fine.read("a", 1, got));
  CHECK(*rows.read("a", 1, got));
  std::this_thread::sleep_for(1s);
  CHECK_FALSE(*rows.read("a", 1, got));
}

TEST_CASE("a local cache of features stands before Redis, and Redis before the computation") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address(), .retry = {.attempts = 1}});
  redis::feature_rows shared(client, 2, {.name = "f"});
  mr::resilience::feature_cache local(2);
  int computed = 0;
  const auto read = [&](auto& cache, std::string_view entity, std::uint64_t version) {
    std::vector<float> row(2);
    REQUIRE(cache.get_or_load(entity, version, row, [&](std::string_view which) {
      return shared.load(which, version, [&] { return std::vector<float>{static_cast<float>(++computed), 0}; });
    }));
    return row[0];
  };
  CHECK(read(local, "a", 1) == 1);
  CHECK(read(local, "a", 1) == 1);
  mr::resilience::feature_cache another(2);
  CHECK(read(another, "a", 1) == 1);
  CHECK(computed == 1);
  CHECK(read(another, "a", 2) == 2);
  server.kill();
  CHECK(read(another, "b", 1) == 3);
  CHECK(shared.statistics().errors >= 1);
}
