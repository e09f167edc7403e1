#include <millrace/connect/redis/storage.hpp>

#include <millrace/resilience/caches/two_level_cache.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>
#include <support/redis_server.hpp>

#include <chrono>
#include <string>
#include <thread>

namespace mr = millrace;
namespace redis = mr::connect::redis;
using laws::bytes_of;
using namespace std::chrono_literals;

static_assert(mr::store::versioned_storage<redis::storage>);
static_assert(mr::store::creates_objects<redis::storage>);

TEST_CASE("a storage in Redis keeps the laws of a storage") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address()});
  redis::storage storage(client);
  laws::storage_laws(storage, 31, 600, 15);
  redis::storage other(client, {.name = "other"});
  REQUIRE(storage.write("a", bytes_of("one")));
  CHECK(other.read("a").error().code() == mr::errc::not_found);
  CHECK(other.list("", "", 10)->empty());
}

TEST_CASE("what else stands under an object's key in Redis is an error that names it") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address(), .retry = {.attempts = 1}});
  redis::storage storage(client, {.name = "s"});
  REQUIRE(client.call(redis::effect::once, "LPUSH", "{s}:o:strange", "x"));
  REQUIRE(client.call(redis::effect::once, "HSET", "{s}:o:half", "b", "x"));
  const auto wrong = [](const auto& made) {
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == mr::errc::type_mismatch);
    CHECK_THAT(made.error().describe(), ContainsSubstring("\"strange\""));
  };
  wrong(storage.read("strange"));
  wrong(storage.examine("strange"));
  wrong(storage.write("strange", bytes_of("x")));
  wrong(storage.create("strange", bytes_of("x")));
  wrong(storage.remove("strange"));
  CHECK(storage.read("half").error().code() == mr::errc::corrupt);
  CHECK(storage.list("", "", 9)->empty());  // a write that was refused has left no name
  REQUIRE(storage.write("good", bytes_of("x")));
  CHECK(laws::text_of(*storage.read("good")) == "x");
}

TEST_CASE("objects in Redis are gone when their time is over, and off the list") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address()});
  redis::storage brief(client, {.name = "s", .ttl = 120ms});
  redis::storage lasting(client, {.name = "s"});
  REQUIRE(brief.write("a", bytes_of("1")));
  REQUIRE(brief.write("b", bytes_of("2")));
  REQUIRE(lasting.write("b", bytes_of("3")));  // written again, without an end
  REQUIRE(brief.list("", "", 9)->size() == 2);
  std::this_thread::sleep_for(180ms);
  CHECK(brief.read("a").error().code() == mr::errc::not_found);
  const auto left = brief.list("", "", 9);
  REQUIRE(left);
  REQUIRE(left->size() == 1);
  CHECK(left->front().key == "b");
  CHECK(client.call(redis::effect::reads, "ZCARD", "{s}:i")->integer == 1);
}

TEST_CASE("a write to Redis whose reply was lost knows itself again") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address()});
  redis::storage storage(client, {.name = "s"});
  const auto first = storage.write_if("a", bytes_of("1"), "");
  REQUIRE(first);
  // The same words again, as they are sent when the reply is lost.
  redis::commands again(redis::effect::repeatable);
  again.update_keyed(3, "EVAL", redis::detail::write_script, 2, "{s}:o:a", "{s}:i", "1", *first, 0, "if", "", "a");
  CHECK(client.only(again)->text == "done");
  CHECK(storage.write_if("a", bytes_of("2"), "").error().code() == mr::errc::conflict);
}

TEST_CASE("a server of Redis whose memory is full refuses, and keeps what it has") {
  if (!support::has_redis()) return;
  support::redis_server server({"--maxmemory", "3mb", "--maxmemory-policy", "noeviction"});
  redis::client client({.server = server.address(), .retry = {.attempts = 1}});
  redis::storage storage(client);
  const std::string value(100'000, 'x');
  int written = 0;
  mr::result<void> done;
  while (written < 100 && (done = storage.write("k" + std::to_string(written), bytes_of(value)))) ++written;
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::no_space);
  CHECK_THAT(done.error().describe(), ContainsSubstring("\"k" + std::to_string(written) + "\""));
  CHECK(storage.list("", "", 200)->size() == static_cast<std::size_t>(written));
  CHECK(storage.read("k" + std::to_string(written)).error().code() == mr::errc::not_found);
}

TEST_CASE("Redis is the second level of a cache") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address(), .retry = {.attempts = 1}});
  redis::storage copies(client, {.name = "pages", .ttl = 60s});
  using cache = mr::resilience::two_level_cache<std::string, redis::storage>;
  int loads = 0;
  const auto load = [&]() -> std::string { return "page " + std::to_string(++loads); };
  {
    cache one(copies, {.storage_ttl = 60s});
    CHECK(*one.get_or_load("/", load) == "page 1");
    CHECK(*one.get_or_load("/", load) == "page 1");
  }
  cache two(copies, {.storage_ttl = 60s});  // another process
  CHECK(*two.get_or_load("/", load) == "page 1");
  CHECK(two.statistics().storage_hits == 1);
  REQUIRE(two.invalidate("/"));
  CHECK(*two.get_or_load("/", load) == "page 2");
  server.kill();
  CHECK(*two.get_or_load("/other", load) == "page 3");  // a help, not a condition
  CHECK(two.statistics().storage_errors > 0);
}
