#include <millrace/store/event_feed.hpp>

#include <support/catch.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ms = millrace::store;

namespace {

std::string read(const ms::http_stream& stream) {
  std::string piece;
  static_cast<void>(stream.read(piece));
  return piece;
}

}  // namespace

// Source: HTML Living Standard, section 9.2.6.
TEST_CASE("a server-sent event has its lines of data, and no name breaks it") {
  const auto text = [](std::uint64_t id, const char* name, const char* data) {
    std::string made;
    ms::append_server_sent_event(made, id, name, data);
    return made;
  };
  CHECK(text(7, "stats", "{}") == "id: 7\nevent: stats\ndata: {}\n\n");
  CHECK(text(0, "", "a\nb\r\nc\rd") == "data: a\ndata: b\ndata: c\ndata: d\n\n");
  CHECK(text(0, "x\ndata: y", "") == "event: x\ndata: \n\n");
}

TEST_CASE("who listens to a feed gets what is published from then on, or from where it was") {
  ms::event_feed feed({.max_clients = 2, .max_events = 3});
  CHECK(feed.publish("a", "1") == 1);
  const auto first = feed.respond({});
  CHECK(first.status == 200);
  CHECK(*ms::find_header(first.headers, "Content-Type") == "text/event-stream");
  CHECK(read(first.stream) == "retry: 2000\n\n");
  CHECK(read(first.stream).empty());
  CHECK(feed.publish("a", "2") == 2);
  CHECK(read(first.stream) == "id: 2\nevent: a\ndata: 2\n\n");
  {
    const auto again = feed.respond({.headers = {{"last-event-id", "0"}}});
    CHECK(read(again.stream) == "retry: 2000\n\nid: 1\nevent: a\ndata: 1\n\nid: 2\nevent: a\ndata: 2\n\n");
    CHECK(feed.clients() == 2);
    const auto refused = feed.respond({});
    CHECK(refused.status == 503);
    CHECK(ms::retry_after(refused).nanoseconds == 5'000'000'000);
    CHECK_FALSE(refused.stream);
  }
  CHECK(feed.clients() == 1);
  for (const char* told : {"x", "-1", "99999999999999999999999"})
    CHECK(read(feed.respond({.headers = {{"Last-Event-ID", told}}}).stream) == "retry: 2000\n\n");
  CHECK(read(feed.respond({.headers = {{"Last-Event-ID", "9"}}}).stream).find("id: 1\n") != std::string::npos);
}

TEST_CASE("a client that is too slow for a feed misses events, and is told how many") {
  ms::event_feed feed({.max_events = 3});
  const auto slow = feed.respond({});
  CHECK(read(slow.stream) == "retry: 2000\n\n");
  for (int i = 1; i <= 8; ++i) feed.publish("", std::to_string(i));
  CHECK(read(slow.stream) == "event: missed\ndata: 5\n\nid: 6\ndata: 6\n\nid: 7\ndata: 7\n\nid: 8\ndata: 8\n\n");
  CHECK(feed.missed() == 5);
  CHECK(ms::event_feed({.max_events = 0}).publish("", "") == 0);
}

TEST_CASE("streams of a feed end with it, once they have sent what there was") {
  ms::http_stream stream;
  {
    ms::event_feed feed;
    stream = feed.respond({}).stream;
    std::string piece;
    CHECK(stream.read(piece));
    feed.publish("", "last");
    feed.close();
    CHECK(feed.publish("", "later") == 0);
    CHECK(feed.respond({}).status == 503);
  }
  std::string piece;
  CHECK_FALSE(stream.read(piece));
  CHECK(piece == "id: 1\ndata: last\n\n");
}

TEST_CASE("threads publish to a feed while others listen to it, and each event comes once") {
  ms::event_feed feed({.max_events = 4096});
  const auto response = feed.respond({});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) feed.publish("", "x");
    });
  std::string all;
  const auto count = [&] {
    std::size_t found = 0;
    for (std::size_t at = all.find("data: x"); at != all.npos; at = all.find("data: x", at + 1)) ++found;
    return found;
  };
  while (all.size() < 60'000 && response.stream.read(all)) std::this_thread::yield();
  for (std::thread& each : threads) each.join();
  for (int i = 0; i < 10; ++i) static_cast<void>(response.stream.read(all));
  CHECK(count() == 4000);
  CHECK(feed.missed() == 0);
}
