#include <millrace/store/messages/queue_journal.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/local_queue.hpp>

#include <laws/messages.hpp>
#include <laws/storage.hpp>
#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using journal = ms::kept_in_storage<ms::memory_storage>;
using queue_type = ms::local_queue<ms::block, journal>;
static_assert(ms::queue_journal<journal> && ms::queue_journal<ms::kept_in_memory>);

std::vector<std::string> keys(const ms::memory_storage& storage) {
  std::vector<std::string> made;
  REQUIRE(ms::for_each_object(storage, "", [&](const ms::storage_entry& each) { made.push_back(each.key); }));
  return made;
}

}  // namespace

TEST_CASE("queue_journal: objects go when all groups are beyond them, but for the last", "[queue_journal]") {
  ms::memory_storage storage;
  auto queue = queue_type::open({.partitions = 1, .batch = 2}, journal(storage));
  auto reader = queue->subscribe("g", "t");
  for (int i = 0; i < 6; ++i) REQUIRE(queue->send({.topic = "t", .value = std::to_string(i)}));
  CHECK(keys(storage) == std::vector<std::string>{"queues/local/messages/t/0000000000000000/0000000000000000",
                                                  "queues/local/messages/t/0000000000000000/0000000000000002",
                                                  "queues/local/messages/t/0000000000000000/0000000000000004"});
  REQUIRE(reader->commit(ms::positions_behind(laws::read_messages(*reader, 3))));
  CHECK(keys(storage) == std::vector<std::string>{"queues/local/groups/g/t/0000000000000000",
                                                  "queues/local/messages/t/0000000000000000/0000000000000002",
                                                  "queues/local/messages/t/0000000000000000/0000000000000004"});
  CHECK(laws::text_of(*storage.read("queues/local/groups/g/t/0000000000000000")) == "3");
  REQUIRE(reader->commit(ms::positions_behind(laws::read_messages(*reader, 3))));
  CHECK(keys(storage) == std::vector<std::string>{"queues/local/groups/g/t/0000000000000000",
                                                  "queues/local/messages/t/0000000000000000/0000000000000004"});
}

TEST_CASE("queue_journal: what is not a queue's own is an error with its key", "[queue_journal]") {
  const auto fault = [](const std::string& key, std::string_view bytes) {
    ms::memory_storage storage;
    {
      auto queue = queue_type::open({.partitions = 1}, journal(storage));
      for (int i = 0; i < 2; ++i) REQUIRE(queue->send({.topic = "t"}));
    }
    REQUIRE(storage.write(key, laws::bytes_of(bytes)));
    const auto opened = queue_type::open({}, journal(storage));
    REQUIRE_FALSE(opened);
    return opened.error().describe();
  };
  const std::string messages = "queues/local/messages/t/0000000000000000/";
  CHECK_THAT(fault(messages + "0000000000000001", "torn"), ContainsSubstring(messages + "0000000000000001"));
  const auto empty = ms::save_messages({});
  CHECK_THAT(fault(messages + "0000000000000002", laws::text_of(empty)), ContainsSubstring("0000000000000002"));
  ms::message far{.topic = "t"};
  far.partition = 0;
  far.offset = 7;
  const auto gap = ms::save_messages(std::vector<ms::message>{far});
  CHECK(fault(messages + "0000000000000007", laws::text_of(gap)) ==
        "a local queue lacks messages of t[0] at 7, behind 2");
  CHECK_THAT(fault(messages + "0000000000000006", laws::text_of(gap)), ContainsSubstring("is not what a local queue"));
  far.partition = 1'000'000;
  CHECK_THAT(fault("queues/local/messages/t/00000000000f4240/0000000000000007",
                   laws::text_of(ms::save_messages(std::vector<ms::message>{far}))),
             ContainsSubstring("has a partition t[1000000]"));
  for (const char* text : {"", "x", "-1", "1 ", "99999999999999999999"})
    CHECK_THAT(fault("queues/local/groups/g/t/0000000000000000", text),
               ContainsSubstring("groups/g/t/0000000000000000"));
  for (const char* key : {"queues/local/groups/g", "queues/local/groups/g/t", "queues/local/groups/g/t/0",
                          "queues/local/groups/g/t/0000000000000000/x", "queues/local/groups/g/a b/0000000000000000"})
    CHECK_THAT(fault(key, "1"), ContainsSubstring(key));
  CHECK(fault("queues/local/groups/g/t/0000000000000000", "3") ==
        "a group of a local queue has committed t[0] at 3, and its messages end at 2");
}

TEST_CASE("queue_journal: a message that is not kept is told of, and leaves no gap", "[queue_journal]") {
  ms::memory_storage storage({.max_bytes = 400});
  auto queue = queue_type::open({.partitions = 1}, journal(storage));
  int good = 0;
  int bad = 0;
  const auto send = [&](std::size_t size) {
    REQUIRE(queue->send({.topic = "t", .value = std::string(size, 'x')},
                        [&](const mr::result<ms::message_position>& at) noexcept {
                          ++(at ? good : bad);
                          if (!at) CHECK(at.error().code() == mr::errc::no_space);
                        }));
  };
  send(1);
  send(1000);
  CHECK(queue->flush(mr::seconds(1)).error().code() == mr::errc::no_space);
  REQUIRE(queue->flush(mr::seconds(1)));
  CHECK(queue->size() == 1);
  send(2);
  CHECK(good == 2);
  CHECK(bad == 1);
  auto reader = queue->subscribe("g", "t");
  const auto read = laws::read_messages(*reader, 2);
  REQUIRE(read.size() == 2);
  CHECK(read[1].offset == read[0].offset + 1);
}
