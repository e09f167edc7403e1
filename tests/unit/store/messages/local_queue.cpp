#include <millrace/store/messages/local_queue.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/store/sqlite.hpp>

#include <laws/messages.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using in_memory = ms::local_queue<>;
using lossy = ms::local_queue<ms::drop_and_count>;
using kept = ms::local_queue<ms::block, ms::kept_in_storage<ms::memory_storage>>;

static_assert(ms::message_producer<in_memory> && ms::message_producer<lossy> && ms::message_producer<kept>);
static_assert(ms::message_consumer<in_memory::consumer> && ms::message_consumer<kept::consumer>);
static_assert(ms::knows_lag<kept::consumer>);

template <class Queue>
void keeps_the_laws(Queue& queue) {
  const auto subscribe = [&](const char* group, const std::string& topic) { return queue.subscribe(group, topic); };
  laws::carries_messages(queue, subscribe, "carried", 4, .01);
  laws::carries_what_is_empty(queue, subscribe, "empty");
  laws::shares_partitions(queue, subscribe, "shared", 4);
  laws::begins_where_it_is_told(queue, subscribe, "told");
  laws::takes_many_threads(queue, subscribe, "threads");
  laws::refuses_bad_messages(queue);
}

}  // namespace

TEST_CASE("a local queue keeps the laws of messages", "[local_queue]") {
  auto queue = in_memory::open();
  REQUIRE(queue);
  keeps_the_laws(*queue);
}

TEST_CASE("a local queue in a storage keeps the laws of messages", "[local_queue]") {
  ms::memory_storage storage;
  auto queue = kept::open({}, ms::kept_in_storage(storage));
  REQUIRE(queue);
  keeps_the_laws(*queue);
}

TEST_CASE("a local queue that keeps messages in batches keeps the laws of messages", "[local_queue]") {
  ms::memory_storage storage;
  auto queue = kept::open({.batch = 32}, ms::kept_in_storage(storage));
  REQUIRE(queue);
  keeps_the_laws(*queue);
}

TEST_CASE("local_queue: a full queue holds its senders back until a group has committed", "[local_queue]") {
  auto queue = in_memory::open({.partitions = 1, .max_messages = 3});
  REQUIRE(queue);
  for (int i = 0; i < 3; ++i) REQUIRE(queue->send({.topic = "t", .value = std::to_string(i)}));
  const auto refused = queue->send({.topic = "t", .value = "3"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::unavailable);
  CHECK(refused.error().message() == "the local queue is full, with 3 messages that some group has not committed");
  auto one = queue->subscribe("one", "t");
  auto two = queue->subscribe("two", "t");
  const auto read = laws::read_messages(*one, 3);
  REQUIRE(one->commit(ms::positions_behind(read)));
  CHECK_FALSE(queue->send({.topic = "t", .value = "3"}));  // the other group has not read them
  REQUIRE(two->commit(ms::positions_behind(laws::read_messages(*two, 2))));
  CHECK(queue->size() == 1);
  REQUIRE(queue->send({.topic = "t", .value = "3"}));
  REQUIRE(queue->send({.topic = "t", .value = "4"}));
  CHECK_FALSE(queue->send({.topic = "t", .value = "5"}));
  CHECK(laws::read_messages(*two, 3).size() == 3);
  CHECK(laws::read_messages(*one, 2).size() == 2);
}

TEST_CASE("local_queue: who waits for room goes on when there is some", "[local_queue]") {
  auto queue = in_memory::open({.partitions = 1, .max_messages = 2, .send_wait = mr::seconds(20)});
  auto reader = queue->subscribe("g", "t");
  int sent = 0;
  std::thread sender([&] {
    for (int i = 0; i < 50; ++i) sent += queue->send({.topic = "t", .value = std::to_string(i)}).has_value();
  });
  int next = 0;
  while (next < 50) {
    const auto batch = reader->poll(10, mr::seconds(5));
    REQUIRE(batch);
    REQUIRE_FALSE(batch->empty());
    for (const auto& one : *batch) CHECK(one.value == std::to_string(next++));
    REQUIRE(reader->commit(ms::positions_behind(*batch)));
  }
  sender.join();
  CHECK(sent == 50);
}

TEST_CASE("local_queue: room is of bytes, too, and what never fits is refused", "[local_queue]") {
  auto queue = in_memory::open({.max_bytes = 10});
  CHECK(queue->send({.topic = "t", .value = std::string(11, 'x')}).error().code() == mr::errc::out_of_range);
  REQUIRE(queue->send({.topic = "t", .value = std::string(6, 'x')}));
  CHECK(queue->send({.topic = "t", .value = std::string(6, 'x')}).error().code() == mr::errc::unavailable);
}

TEST_CASE("local_queue: drop_and_count drops what finds no room, tells of it and counts it", "[local_queue]") {
  auto queue = lossy::open({.partitions = 1, .max_messages = 2});
  int failed = 0;
  for (int i = 0; i < 5; ++i)
    REQUIRE(queue->send({.topic = "t", .value = std::to_string(i)},
                        [&](const mr::result<ms::message_position>& at) noexcept {
                          if (!at && at.error().code() == mr::errc::no_space) ++failed;
                        }));
  CHECK(failed == 3);
  CHECK(queue->dropped() == 3);
  CHECK(queue->flush(mr::seconds(1)).error().code() == mr::errc::no_space);
  CHECK(queue->flush(mr::seconds(1)));
  auto reader = queue->subscribe("g", "t");
  CHECK(laws::read_messages(*reader, 2).size() == 2);
}

TEST_CASE("local_queue: a group begins with the first message or the next one", "[local_queue]") {
  auto queue = in_memory::open({.partitions = 1});
  REQUIRE(queue->send({.topic = "t", .value = "old"}));
  auto late = queue->subscribe("late", "t", ms::read_from::next_message);
  auto early = queue->subscribe("early", "t");
  REQUIRE(queue->send({.topic = "t", .value = "new"}));
  CHECK(laws::read_messages(*late, 1)[0].value == "new");
  CHECK(laws::read_messages(*early, 2)[0].value == "old");
}

TEST_CASE("local_queue: lag is what is there and was not read", "[local_queue]") {
  auto queue = in_memory::open({.partitions = 1});
  auto reader = queue->subscribe("g", "t");
  CHECK(reader->lag().empty());
  for (int i = 0; i < 5; ++i) REQUIRE(queue->send({.topic = "t"}));
  REQUIRE(reader->poll(2, mr::duration(0)));
  CHECK(reader->lag() == std::vector<ms::partition_lag>{{{"t", 0}, 3}});
}

TEST_CASE("local_queue: an offset beyond the end is an error as long as it is one", "[local_queue]") {
  auto queue = in_memory::open({.partitions = 1});
  struct beyond {
    void assigned(std::span<ms::message_position> starts) noexcept { starts[0].offset = 0x7fff'ffff'ffff'ffff; }
    void revoked(std::span<const ms::topic_partition>) noexcept {}
    void abandoned(std::span<const ms::topic_partition>) noexcept {}
  } hooks;
  auto reader = queue->subscribe("g", "t");
  for (int i = 0; i < 2; ++i) {
    const auto polled = reader->poll(1, mr::duration(0), hooks);
    REQUIRE_FALSE(polled);
    CHECK(polled.error().code() == mr::errc::out_of_range);
    CHECK_THAT(polled.error().message(), ContainsSubstring("the partition t[0] of the local queue ends at"));
  }
  REQUIRE(queue->send({.topic = "t", .value = "v"}));
  CHECK(laws::read_messages(*reader, 1).size() == 1);
  CHECK(reader->seek({"t", 0, 0x7fff'ffff'ffff'ffff}).error().code() == mr::errc::out_of_range);
  const ms::message_position far{"t", 0, 0x7fff'ffff'ffff'ffff};
  CHECK(reader->commit(std::span(&far, 1)).error().code() == mr::errc::out_of_range);
}

TEST_CASE("local_queue: a queue in memory begins beyond the offsets of earlier ones", "[local_queue]") {
  std::int64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    auto queue = in_memory::open();
    std::int64_t at = 0;
    REQUIRE(queue->send({.topic = "t"}, [&](const mr::result<ms::message_position>& to) noexcept { at = to->offset; }));
    CHECK(at > last);
    last = at;
  }
}

TEST_CASE("local_queue: a callback may send", "[local_queue]") {
  auto queue = in_memory::open();
  std::atomic<int> second{0};
  REQUIRE(queue->send({.topic = "t", .value = "1"}, [&](const mr::result<ms::message_position>&) noexcept {
    (void)queue->send({.topic = "t", .value = "2"},
                      [&](const mr::result<ms::message_position>&) noexcept { ++second; });
  }));
  REQUIRE(queue->flush(mr::seconds(1)));
  CHECK(second == 1);
}

TEST_CASE("local_queue: a kept queue is there again, with what groups have committed", "[local_queue]") {
  support::temp_dir folder;
  const std::string path = folder / "queue.db";
  std::vector<std::string> first;
  {
    auto storage = ms::sqlite_storage<ms::durable::os>::open(path);
    REQUIRE(storage);
    using queue_type = ms::local_queue<ms::block, ms::kept_in_storage<ms::sqlite_storage<ms::durable::os>>>;
    auto queue = queue_type::open({.partitions = 2}, ms::kept_in_storage(*storage, "a b"));
    for (int i = 0; i < 20; ++i)
      REQUIRE(queue->send({.topic = "t.x", .key = std::to_string(i), .value = std::to_string(i)}));
    auto reader = queue->subscribe("g/1", "t.x");
    const auto read = laws::read_messages(*reader, 7);
    for (const auto& one : read) first.push_back(one.value);
    REQUIRE(reader->commit(ms::positions_behind(read)));
  }
  auto storage = ms::sqlite_storage<ms::durable::os>::open(path);
  using queue_type = ms::local_queue<ms::block, ms::kept_in_storage<ms::sqlite_storage<ms::durable::os>>>;
  {
    auto queue = queue_type::open({.partitions = 1}, ms::kept_in_storage(*storage, "a b"));
    REQUIRE(queue);
    auto reader = queue->subscribe("g/1", "t.x");
    const auto rest = laws::read_messages(*reader, 13);
    REQUIRE(rest.size() == 13);
    for (const auto& one : rest) first.push_back(one.value);
    std::sort(first.begin(), first.end());
    CHECK(std::unique(first.begin(), first.end()) == first.end());
    CHECK(first.size() == 20);
    REQUIRE(reader->commit(ms::positions_behind(rest)));
    CHECK(queue->size() == 0);
  }
  // All is committed, and still no offset comes a second time.
  auto queue = queue_type::open({}, ms::kept_in_storage(*storage, "a b"));
  REQUIRE(queue);
  CHECK(queue->size() == 0);
  auto reader = queue->subscribe("g/1", "t.x");
  for (int i = 0; i < 20; ++i) REQUIRE(queue->send({.topic = "t.x", .value = "new", .partition = i % 2}));
  CHECK(laws::read_messages(*reader, 20).size() == 20);
  // Another name is another queue.
  auto other = queue_type::open({}, ms::kept_in_storage(*storage, "other"));
  CHECK(other->size() == 0);
}

TEST_CASE("local_queue: a group that is forgotten holds nothing back", "[local_queue]") {
  ms::memory_storage storage;
  auto queue = kept::open({.partitions = 1, .max_messages = 2}, ms::kept_in_storage(storage));
  {
    auto gone = queue->subscribe("gone", "t");
    CHECK(queue->remove_group("gone").error().code() == mr::errc::conflict);
  }
  auto reader = queue->subscribe("g", "t");
  for (int i = 0; i < 2; ++i) REQUIRE(queue->send({.topic = "t"}));
  REQUIRE(reader->commit(ms::positions_behind(laws::read_messages(*reader, 2))));
  CHECK(queue->size() == 2);
  REQUIRE(queue->remove_group("gone"));
  CHECK(queue->size() == 0);
  REQUIRE(queue->remove_group("unknown"));
}

TEST_CASE("local_queue: options and names that are none are refused", "[local_queue]") {
  CHECK(in_memory::open({.partitions = 0}).error().code() == mr::errc::invalid_argument);
  CHECK(in_memory::open({.partitions = 5000}).error().code() == mr::errc::invalid_argument);
  CHECK(in_memory::open({.max_messages = 0}).error().code() == mr::errc::invalid_argument);
  auto queue = in_memory::open();
  CHECK(queue->subscribe("", "t").error().code() == mr::errc::invalid_argument);
  CHECK(queue->subscribe(std::string(201, 'g'), "t").error().code() == mr::errc::invalid_argument);
  CHECK(queue->subscribe("g", "no name").error().code() == mr::errc::invalid_argument);
  CHECK(queue->subscribe("g", std::span<const std::string_view>()).error().code() == mr::errc::invalid_argument);
  CHECK(queue->send({.topic = "t", .partition = 4}).error().message() ==
        "the topic \"t\" of a local queue has 4 partitions, and none 4");
}
