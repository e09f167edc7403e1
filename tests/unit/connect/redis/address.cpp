#include <millrace/connect/redis/address.hpp>

#include <support/catch.hpp>

#include <cstdlib>
#include <string>

namespace mr = millrace;
namespace redis = mr::connect::redis;

TEST_CASE("an address of Redis has all its parts") {
  const auto full = redis::parse_address("redis://ann%40home:p%2Fw%25@cache.example:6380/3");
  REQUIRE(full);
  CHECK(full->at == redis::endpoint{"cache.example", 6380, ""});
  CHECK(full->user == "ann@home");
  CHECK(full->password.expose() == "p/w%");
  CHECK(full->database == 3);
  CHECK(redis::to_string(full->at) == "cache.example:6380");

  const auto bare = redis::parse_address("redis://localhost");
  REQUIRE(bare);
  CHECK(bare->at == redis::endpoint{"localhost", 6379, ""});
  CHECK(bare->password.expose().empty());

  const auto six = redis::parse_address("redis://:only@[::1]:7000/");
  REQUIRE(six);
  CHECK(six->at == redis::endpoint{"::1", 7000, ""});
  CHECK(six->user.empty());
  CHECK(six->password.expose() == "only");
  CHECK(redis::to_string(six->at) == "[::1]:7000");

  const auto local = redis::parse_address("unix://u:p@/run/redis.sock?db=2");
  REQUIRE(local);
  CHECK(local->at == redis::endpoint{"", 0, "/run/redis.sock"});
  CHECK(local->database == 2);
  CHECK(redis::to_string(local->at) == "unix:/run/redis.sock");
}

TEST_CASE("what is wrong with an address of Redis is named, and nothing of it repeated") {
  struct wrong {
    const char* url;
    const char* part;
  };
  for (const wrong& each : {
           wrong{"", "redis://"},
           wrong{"localhost:6379", "redis://"},
           wrong{"http://canary@host", "redis://"},
           wrong{"redis://", "host"},
           wrong{"redis://canary@host", "user without a password"},
           wrong{"redis://canary:@host", "password is empty"},
           wrong{"redis://u:%zzcanary@host", "password"},
           wrong{"redis://u:canary%00@host", "password"},
           wrong{"redis://u:canary%4@host", "password"},
           wrong{"redis://%f:canary@host", "user"},
           wrong{"redis://u:can/ary@host", "port"},
           wrong{"redis://host:canary", "port"},
           wrong{"redis://host:0", "port"},
           wrong{"redis://host:65536", "port"},
           wrong{"redis://host:", "port"},
           wrong{"redis://[::1", "]"},
           wrong{"redis://[::1]6379", "no port"},
           wrong{"redis://ho st", "host"},
           wrong{"redis://host/canary", "database"},
           wrong{"redis://host/-1", "database"},
           wrong{"redis://host/99999999999", "database"},
           wrong{"redis://host/1?db=2", "twice"},
           wrong{"redis://host?canary=1", "db="},
           wrong{"redis://host#canary", "#"},
           wrong{"unix://run/redis.sock", "unix socket"},
           wrong{"unix:///", "empty"},
       }) {
    INFO(each.url);
    const auto made = redis::parse_address(each.url);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(made.error().message(), ContainsSubstring(each.part));
    CHECK_THAT(made.error().describe(), !ContainsSubstring("canary") && !ContainsSubstring("ary@"));
  }
  CHECK(redis::parse_address("rediss://host").error().code() == mr::errc::unsupported);
  CHECK_FALSE(redis::parse_address("unix:///" + std::string(200, 'x')));
}

TEST_CASE("the address of Redis comes from the environment") {
  ::unsetenv("MILLRACE_TEST_REDIS");
  CHECK(redis::environment_address("MILLRACE_TEST_REDIS").error().code() == mr::errc::not_found);
  ::setenv("MILLRACE_TEST_REDIS", "redis://h:canary", 1);
  const auto wrong = redis::environment_address("MILLRACE_TEST_REDIS");
  REQUIRE_FALSE(wrong);
  CHECK_THAT(wrong.error().describe(), ContainsSubstring("MILLRACE_TEST_REDIS") && !ContainsSubstring("canary"));
  ::setenv("MILLRACE_TEST_REDIS", "redis://h:1", 1);
  CHECK(redis::environment_address("MILLRACE_TEST_REDIS")->at.port == 1);
}
