#include <millrace/connect/redis/connection.hpp>

#include <support/catch.hpp>
#include <support/fake_redis.hpp>
#include <support/redis_server.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace redis = mr::connect::redis;
using namespace std::chrono_literals;

namespace {

mr::result<std::vector<redis::reply>> exchanged(redis::connection& on, const redis::commands& all) {
  std::vector<redis::reply> made;
  auto done = on.exchange(all.bytes(), all.size(), [&](redis::reply&& one) { made.push_back(std::move(one)); });
  if (!done) return std::move(done).error();
  return made;
}

}  // namespace

TEST_CASE("a connection to Redis exchanges many commands at a time, of any bytes") {
  if (!support::has_redis()) return;
  support::redis_server server;
  for (const redis::endpoint& at : {server.at(), server.at_socket()}) {
    auto held = redis::connection::open(at, {});
    REQUIRE(held);
    redis::commands all;
    const std::string key("k\0\r\n{}\xff", 7);
    const std::string big(3'000'000, 'x');
    all.update("SET", key, "v\r\n").update("GET", key).update("SET", "big", big).update("GET", "big");
    all.update("LPUSH", "list", "x").update("GET", "list").update("NOSUCH", "x").update("GET", key);
    const auto made = exchanged(**held, all);
    REQUIRE(made);
    REQUIRE(made->size() == 8);
    CHECK((*made)[1].text == "v\r\n");
    CHECK((*made)[3].text == big);
    CHECK((*made)[5].failure_word() == "WRONGTYPE");
    CHECK((*made)[6].is_failure());
    CHECK((*made)[7].text == "v\r\n");  // what was refused has shifted nothing
    const mr::error why = redis::error_of((*made)[5], "list");
    CHECK(why.code() == mr::errc::type_mismatch);
    CHECK_THAT(why.message(), ContainsSubstring("\"list\""));
    CHECK((*held)->is_quiet());
    REQUIRE(exchanged(**held, redis::commands().update("FLUSHALL")));
  }
}

TEST_CASE("who asks Redis is said, and never in an error") {
  if (!support::has_redis()) return;
  support::redis_server server({"--requirepass", "canary1"});
  redis::address who = server.address();
  auto refused = redis::connection::open(server.at(), who);
  REQUIRE(refused);  // only a command is refused
  CHECK((*exchanged(**refused, redis::commands().update("GET", "x")))[0].failure_word() == "NOAUTH");
  who.password = mr::store::secret<std::string>(std::string("canary2"));
  const auto wrong = redis::connection::open(server.at(), who);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == mr::errc::permission_denied);
  CHECK_THAT(wrong.error().describe(), ContainsSubstring("WRONGPASS") && !ContainsSubstring("canary"));
  who.password = mr::store::secret<std::string>(std::string("canary1"));
  who.database = 3;
  auto held = redis::connection::open(server.at(), who);
  REQUIRE(held);
  REQUIRE(exchanged(**held, redis::commands()
                                .update("SET", "x", "of three")
                                .update("ACL", "SETUSER", "reader", "on", ">canary3", "~x", "+get", "+select")));
  who.user = "reader";
  who.password = mr::store::secret<std::string>(std::string("canary3"));
  auto reader = redis::connection::open(server.at(), who);
  REQUIRE(reader);
  const auto made = exchanged(**reader, redis::commands().update("GET", "x").update("SET", "x", "y"));
  REQUIRE(made);
  CHECK((*made)[0].text == "of three");
  CHECK((*made)[1].failure_word() == "NOPERM");
  who.database = 99;
  CHECK(redis::connection::open(server.at(), who).error().code() == mr::errc::permission_denied);
}

TEST_CASE("a server that repeats what it was sent does not get the password into an error") {
  support::fake_redis server([](int, std::string_view received) {
    std::string text(received);
    for (char& c : text)
      if (c == '\r' || c == '\n') c = ' ';
    return support::fake_redis::told{"-ERR unknown command " + text + "\r\n", false};
  });
  redis::address who;
  who.user = "canary";
  who.password = mr::store::secret<std::string>(std::string("canary-password"));
  const auto made = redis::connection::open(server.at(), who);
  REQUIRE_FALSE(made);
  CHECK_THAT(made.error().describe(), !ContainsSubstring("canary"));
}

TEST_CASE("a server of Redis that is slow, gone or silent is an error in time") {
  const redis::connection_limits limits{.connect = 100ms, .exchange = 100ms};
  CHECK(redis::connection::open({"127.0.0.1", 1, ""}, {}, limits).error().code() == mr::errc::unavailable);
  CHECK(redis::connection::open({"", 0, "/nonexistent/s"}, {}, limits).error().code() == mr::errc::unavailable);
  CHECK_FALSE(redis::connection::open({"no such host", 1, ""}, {}, limits));
  if (!support::has_redis()) return;
  support::redis_server server;
  auto held = redis::connection::open(server.at(), {}, limits);
  REQUIRE(held);
  const auto late = exchanged(**held, redis::commands().update_keyed(9, "DEBUG", "SLEEP", "0.3"));
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == mr::errc::timeout);
  CHECK_FALSE((*held)->is_quiet());
  CHECK_FALSE(exchanged(**held, redis::commands().update("PING")));  // its reply would be the late one
  server.freeze();
  auto frozen = redis::connection::open(server.at(), {}, limits);  // the system itself accepts
  if (frozen) {
    CHECK(exchanged(**frozen, redis::commands().update("PING")).error().code() == mr::errc::timeout);
  }
  server.kill();
  if (frozen) {
    CHECK_FALSE((*frozen)->is_quiet());
  }
  CHECK_FALSE(redis::connection::open(server.at(), {}, limits));
}

TEST_CASE("a torn or false reply of Redis ends the connection") {
  struct speech {
    const char* bytes;
    bool closes;
    mr::errc code;
  };
  for (const speech& each : {
           speech{"", true, mr::errc::io},
           speech{"$5\r\nab", true, mr::errc::io},
           speech{"*2\r\n$1\r\na\r\n", true, mr::errc::io},
           speech{"$5\r\nab", false, mr::errc::timeout},
           speech{"hello\r\n", false, mr::errc::invalid_data},
           speech{"$1\r\na\r\n$1\r\nb\r\n", false, mr::errc::invalid_data},
           speech{"*2000000000\r\n", false, mr::errc::invalid_data},
           speech{"HTTP/1.1 400 Bad Request\r\n\r\n", true, mr::errc::invalid_data},
       }) {
    INFO(each.bytes);
    support::fake_redis server(
        [&](int, std::string_view) { return support::fake_redis::told{each.bytes, each.closes}; });
    auto held = redis::connection::open(server.at(), {}, {.exchange = 60ms});
    REQUIRE(held);
    const auto made = exchanged(**held, redis::commands().update("GET", "k"));
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == each.code);
    CHECK_FALSE((*held)->is_quiet());
  }
}
