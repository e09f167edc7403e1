#include <millrace/store/messages/local_consumer.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/messages/local_queue.hpp>

#include <laws/messages.hpp>
#include <support/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("local_consumer: a member that is moved is the same one", "[local_consumer]") {
  auto queue = ms::local_queue<>::open({.partitions = 1});
  auto first = *queue->subscribe("g", "t");
  REQUIRE(queue->send({.topic = "t", .value = "1"}));
  CHECK(laws::read_messages(first, 1).size() == 1);
  auto second = std::move(first);
  CHECK(first.poll(1, mr::duration(0)).error().code() == mr::errc::closed);
  CHECK(first.assignment().empty());
  REQUIRE(queue->send({.topic = "t", .value = "2"}));
  CHECK(laws::read_messages(second, 1)[0].value == "2");
}

TEST_CASE("local_consumer: a member that does not poll keeps its partitions", "[local_consumer]") {
  auto queue = ms::local_queue<>::open({.partitions = 2});
  auto slow = *queue->subscribe("g", "t");
  REQUIRE(slow.poll(1, mr::duration(0)));
  auto other = *queue->subscribe("g", "t");
  REQUIRE(other.poll(1, mr::duration(0)));
  CHECK(other.assignment().empty());
  CHECK(slow.assignment().size() == 2);
  REQUIRE(slow.poll(1, mr::duration(0)));
  REQUIRE(other.poll(1, mr::duration(0)));
  CHECK(other.assignment().size() == 1);
  CHECK(slow.assignment().size() == 1);
}

TEST_CASE("local_consumer: several topics, of which members read different ones", "[local_consumer]") {
  auto queue = ms::local_queue<>::open({.partitions = 2});
  const std::string_view both[] = {"a", "b"};
  auto all = *queue->subscribe("g", both);
  auto some = *queue->subscribe("g", "b");
  for (int i = 0; i < 4; ++i) {
    REQUIRE(all.poll(1, mr::duration(0)));
    REQUIRE(some.poll(1, mr::duration(0)));
  }
  CHECK(all.assignment() == std::vector<ms::topic_partition>{{"a", 0}, {"a", 1}, {"b", 0}});
  CHECK(some.assignment() == std::vector<ms::topic_partition>{{"b", 1}});
}

// Members come and go while messages flow. Each commits what it has read, so each message is read, and those of a
// partition in order; a message is read twice only if its reader went before it had committed.
TEST_CASE("local_consumer: members that come and go leave nothing out", "[local_consumer]") {
  auto queue = ms::local_queue<>::open({.partitions = 4});
  constexpr int count = 4000;
  std::vector<std::atomic<int>> seen(count);
  std::atomic<int> read{0};
  std::vector<std::thread> members;
  for (int m = 0; m < 3; ++m)
    members.emplace_back([&, m] {
      mr::random_engine random(static_cast<std::uint64_t>(m));
      while (read < count) {
        auto member = *queue->subscribe("g", "t");
        for (auto rounds = random.below(20) + 1; rounds > 0 && read < count; --rounds) {
          const auto batch = member.poll(1 + random.below(50), mr::seconds(.002));
          if (!batch) FAIL(batch.error().describe());
          if (!member.commit(ms::positions_behind(*batch))) FAIL("no commit");
          for (const auto& one : *batch) {
            ++seen[static_cast<std::size_t>(std::stoi(one.value))];
            ++read;
          }
        }
      }
    });
  for (int i = 0; i < count; ++i) REQUIRE(queue->send({.topic = "t", .value = std::to_string(i)}));
  for (auto& each : members) each.join();
  for (const auto& each : seen) REQUIRE(each == 1);
}
