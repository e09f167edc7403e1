#include <millrace/connect/rest/parts/publishing.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/store/messages.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

namespace {

/// Keeps callbacks, and calls them when it is told.
struct slow_producer {
  mr::errc fails_with = mr::errc::closed;
  bool refuses = false;
  std::vector<ms::delivery_callback> waiting;

  mr::result<void> send(ms::message) { return {}; }
  mr::result<void> send(ms::message, ms::delivery_callback told) {
    if (refuses) return mr::error(fails_with, "no room");
    waiting.push_back(std::move(told));
    return {};
  }
  mr::result<void> flush(mr::duration) { return {}; }
};

constexpr const char* event = R"({"topic":"events.metrics","key":"api","event":{"latency": 150.5}})";

}  // namespace

TEST_CASE("an event that is published has been delivered") {
  auto queue = ms::local_queue<>::open({.partitions = 1, .max_messages = 2});
  REQUIRE(queue);
  auto reader = queue->subscribe("test", {"events.metrics"});
  REQUIRE(reader);
  const rest::api api({}, rest::publishing(*queue, {"events.metrics"}));
  const auto done = ask(api, "POST", "/pipeline/publish", event, {{"X-Request-Id", "r1"}});
  CHECK(done.status() == 200);
  CHECK(done.json["status"] == "delivered");
  CHECK(done.json["topic"] == "events.metrics");
  CHECK(done.json["partition"] == 0);
  const auto batch = reader->poll(10, mr::duration(0));
  REQUIRE(batch);
  REQUIRE(batch->size() == 1);
  CHECK(done.json["offset"] == (*batch)[0].offset);
  CHECK((*batch)[0].key == "api");
  CHECK((*batch)[0].value == R"({"latency": 150.5})");
  CHECK(*ms::find_header((*batch)[0].headers, "request_id") == "r1");
  CHECK(ask(api, "POST", "/pipeline/publish", event).json["offset"] == (*batch)[0].offset + 1);
  const auto full = ask(api, "POST", "/pipeline/publish", event);
  CHECK(full.status() == 429);
  CHECK(full.header("Retry-After") == "1");
  CHECK(ask(api, "POST", "/pipeline/publish", R"({"topic":"other","event":{}})").status() == 404);
  CHECK(ask(api, "POST", "/pipeline/publish", R"({"topic":"events.metrics","event":1})").status() == 422);
}

TEST_CASE("an event that is not delivered in time is a timeout, and may be delivered later") {
  slow_producer producer;
  const rest::api api({}, rest::publishing(producer, {}, mr::duration(1'000'000)));
  CHECK(ask(api, "POST", "/pipeline/publish", event).status() == 504);
  REQUIRE(producer.waiting.size() == 1);
  producer.waiting[0](ms::message_position{"t", 0, 0});  // to nobody
  producer.refuses = true;
  CHECK(ask(api, "POST", "/pipeline/publish", event).status() == 503);
  producer.fails_with = mr::errc::unavailable;
  CHECK(ask(api, "POST", "/pipeline/publish", event).status() == 429);
}
