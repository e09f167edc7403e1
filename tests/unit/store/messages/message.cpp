#include <millrace/store/messages/message.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("a topic's name is what Kafka takes", "[messages]") {
  for (const char* name : {"events.analytics", "a", "A-b_c.9", "...", "_"}) CHECK(ms::is_topic_name(name));
  for (const char* name : {"", ".", "..", "a b", "a/b", "a:b", "\xc3\xa9", "a\n"}) CHECK_FALSE(ms::is_topic_name(name));
  CHECK(ms::is_topic_name(std::string(249, 'a')));
  CHECK_FALSE(ms::is_topic_name(std::string(250, 'a')));
  CHECK(ms::check_topic_name("a b").error().message() ==
        "not a topic's name, which is 1 to 249 letters, digits, `.`, `_` and `-`: \"a b\"");
}

// The CRC-32 of "123456789" is cbf43926 (RFC 1952's polynomial, the catalogue's check value), of "" 0.
TEST_CASE("the partition of a key is its CRC-32 modulo their number", "[messages]") {
  CHECK(ms::partition_of("123456789", 1) == 0);
  CHECK(ms::partition_of("123456789", 1000) == static_cast<std::int32_t>(0xcbf43926U % 1000));
  CHECK(ms::partition_of("", 7) == 0);
}

TEST_CASE("messages: sizes, headers and places", "[messages]") {
  ms::message one{.topic = "t", .key = "key", .value = "value"};
  one.headers = {{"a", "1"}, {"b", ""}, {"a", "2"}};
  CHECK(ms::size_of(one) == 3 + 5 + 2 + 1 + 2);
  CHECK(*ms::find_header(one.headers, "a") == "1");
  CHECK(ms::find_header(one.headers, "A") == nullptr);
  one.partition = 3;
  one.offset = 17;
  CHECK(ms::to_string(one.position()) == "t[3] at 17");
  CHECK(ms::to_string(ms::topic_partition{"t", 3}) == "t[3]");
}
