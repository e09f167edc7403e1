#include <millrace/connect/redis/slots.hpp>

#include <support/catch.hpp>

namespace redis = millrace::connect::redis;

// The specification's test vector ("123456789" has the checksum 0x31c3), and what `CLUSTER KEYSLOT` of Redis 7.0.15
// says.
TEST_CASE("keys are in the slots that Redis says") {
  CHECK(redis::key_slot("123456789") == 0x31c3 % redis::slot_count);
  CHECK(redis::key_slot("") == 0);
  CHECK(redis::key_slot("foo") == 12182);
  CHECK(redis::key_slot("bar") == 5061);
  CHECK(redis::key_slot("{user1000}.following") == redis::key_slot("user1000"));
  CHECK(redis::key_slot("foo{}{bar}") == 8363);
  CHECK(redis::key_slot("foo{{bar}}zap") == redis::key_slot("{bar"));
  CHECK(redis::key_slot("foo{bar}{zap}") == redis::key_slot("bar"));
  CHECK(redis::key_slot("foo{bar") != redis::key_slot("bar"));
}

TEST_CASE("redirects of a cluster are read") {
  const auto moved = redis::parse_redirect("MOVED 3999 127.0.0.1:6381");
  REQUIRE(moved);
  CHECK(moved->is_for_good);
  CHECK(moved->slot == 3999);
  CHECK(moved->to == redis::endpoint{"127.0.0.1", 6381, ""});
  const auto ask = redis::parse_redirect("ASK 0 ::1:7000");
  REQUIRE(ask);
  CHECK_FALSE(ask->is_for_good);
  CHECK(ask->to == redis::endpoint{"::1", 7000, ""});
  CHECK(redis::parse_redirect("MOVED 1 :7000")->to.host.empty());
  CHECK(redis::parse_redirect("MOVED 1 ?:7000")->to.host.empty());
  for (const char* const each :
       {"", "MOVED", "MOVED ", "MOVED 1", "MOVED 16384 a:1", "MOVED -1 a:1", "MOVED 1 a:0", "MOVED 1 a:65536",
        "MOVED 1 a", "MOVED 1 a:", "MOVED x a:1", "ERR MOVED 1 a:1", "moved 1 a:1", "ASK a:1"}) {
    INFO(each);
    CHECK_FALSE(redis::parse_redirect(each));
  }
}
