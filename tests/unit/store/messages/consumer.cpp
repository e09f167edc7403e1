#include <millrace/store/messages/consumer.hpp>

#include <support/catch.hpp>

#include <vector>

namespace ms = millrace::store;

TEST_CASE("where to go on behind messages of several partitions", "[messages]") {
  std::vector<ms::message> read;
  const auto at = [&](const char* topic, std::int32_t partition, std::int64_t offset) {
    ms::message one{.topic = topic};
    one.partition = partition;
    one.offset = offset;
    read.push_back(one);
  };
  CHECK(ms::positions_behind(read).empty());
  at("a", 0, 5);
  at("b", 0, 1);
  at("a", 1, 0);
  at("a", 0, 9);  // with a gap
  CHECK(ms::positions_behind(read) == std::vector<ms::message_position>{{"a", 0, 10}, {"b", 0, 2}, {"a", 1, 1}});
  STATIC_REQUIRE(ms::rebalance_hooks<ms::ignored_rebalances>);
  STATIC_REQUIRE_FALSE(ms::rebalance_hooks<int>);
}
