#include <millrace/store/messages/router.hpp>

#include <millrace/store/messages/local_queue.hpp>

#include <laws/messages.hpp>
#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

mr::result<std::string> no_secrets(const std::string& text) {
  if (text == "secret") return mr::error(mr::errc::invalid_argument, "no secrets");
  return text;
}
std::string same(std::string_view text) { return std::string(text); }

using first = ms::topic<"first", std::string, ms::coded_by<&no_secrets, &same>>;
using second = ms::topic<"second", std::string, ms::raw_bytes, [](const std::string& text) { return text.size(); }>;
using numbers = ms::topic<"numbers", int,
                          ms::coded_by<[](int x) { return std::to_string(x); },
                                       [](std::string_view text) { return std::stoi(std::string(text)); }>>;

}  // namespace

TEST_CASE("router: an event goes to each topic of its type", "[router]") {
  auto queue = ms::local_queue<>::open({.partitions = 1});
  ms::router<ms::local_queue<>, first, second, numbers> events(*queue);
  REQUIRE(events.send(std::string("ab")));
  REQUIRE(events.send(42));
  int told = 0;
  REQUIRE(events.send_to<second>("abc", [&](const mr::result<ms::message_position>& at) noexcept {
    told += at.has_value() && at->topic == "second";
  }));
  REQUIRE(events.flush(mr::seconds(1)));
  CHECK(told == 1);
  const std::string_view names[] = {"first", "second", "numbers"};
  auto reader = *queue->subscribe("g", names);
  std::string seen;
  for (const auto& one : laws::read_messages(reader, 4)) seen += one.topic + ':' + one.key + ':' + one.value + ' ';
  for (const char* each : {"first::ab ", "second:2:ab ", "second:3:abc ", "numbers::42 "})
    CHECK_THAT(seen, ContainsSubstring(each));
}

TEST_CASE("router: an event that its codec refuses is not sent", "[router]") {
  auto queue = ms::local_queue<>::open({.partitions = 1});
  ms::router<ms::local_queue<>, first, second> events(*queue);
  const auto sent = events.send(std::string("secret"));
  REQUIRE_FALSE(sent);
  CHECK(sent.error().describe() == "an event for the topic \"first\": no secrets");
  CHECK(queue->size() == 0);
}
