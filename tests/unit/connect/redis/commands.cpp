#include <millrace/connect/redis/commands.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace redis = millrace::connect::redis;

TEST_CASE("commands are sent as RESP has them") {
  redis::commands all(redis::effect::reads);
  const std::string binary("k\0\r\n", 4);
  const std::vector<std::byte> bytes = {std::byte{0}, std::byte{255}};
  all.update("GET", "key").update("SET", binary, std::span<const std::byte>(bytes), -12).update("PING");
  all.update_keyed(3, "EVAL", "return 1", 1, "third", "x");
  REQUIRE(all.size() == 4);
  CHECK(all.bytes_of(0) == "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n");
  CHECK(all.bytes_of(1) ==
        "*4\r\n$3\r\nSET\r\n$4\r\n" + binary + "\r\n$2\r\n" + std::string("\0\xff", 2) + "\r\n$3\r\n-12\r\n");
  CHECK(all.bytes_of(2) == "*1\r\n$4\r\nPING\r\n");
  CHECK(all.key_of(0) == "key");
  CHECK(all.key_of(1) == binary);
  CHECK(all.key_of(2).empty());
  CHECK_FALSE(all.has_key(2));
  CHECK(all.key_of(3) == "third");
  CHECK(all.what_they_do() == redis::effect::reads);
  CHECK(redis::commands().what_they_do() == redis::effect::once);
  all.reset();
  CHECK(all.bytes().empty());
}
