#ifndef MILLRACE_TESTS_LAWS_MESSAGES_HPP
#define MILLRACE_TESTS_LAWS_MESSAGES_HPP

// The laws of store::message_producer and store::message_consumer (store/messages/) as tests, for every pair of them.
// A test brings a producer and a function that makes members: `subscribe(group, topic)`, a result<consumer>. Topics are
// made when they are used, and have `partitions` partitions. After `quiet` seconds nothing comes any more.

#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/producer.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace laws {

namespace mr = millrace;
namespace ms = millrace::store;

/// Hooks that write down what they are told.
struct told_rebalances {
  std::vector<std::string> told;
  std::set<std::pair<std::string, std::int32_t>> has;

  void assigned(std::span<ms::message_position> starts) noexcept {
    for (const auto& each : starts) {
      has.insert({each.topic, each.partition});
      told.push_back("+" + std::to_string(each.partition));
    }
  }
  void revoked(std::span<const ms::topic_partition> gone) noexcept {
    for (const auto& each : gone) {
      has.erase({each.topic, each.partition});
      told.push_back("-" + std::to_string(each.partition));
    }
  }
  void abandoned(std::span<const ms::topic_partition> gone) noexcept { revoked(gone); }
};

/// Polls until `count` messages have come, or none for a while.
template <class Consumer>
std::vector<ms::message> read_messages(Consumer& from, std::size_t count, double patience = 10) {
  std::vector<ms::message> all;
  while (all.size() < count) {
    auto batch = from.poll(count - all.size(), mr::seconds(patience));
    REQUIRE(batch);
    if (batch->empty()) break;
    for (auto& each : *batch) all.push_back(std::move(each));
  }
  return all;
}
/// Polls until it has so many partitions.
template <class Consumer, class Hooks>
bool gains(Consumer& from, Hooks& hooks, std::size_t partitions, std::vector<ms::message>* into = nullptr) {
  for (int i = 0; i < 400 && from.assignment().size() != partitions; ++i) {
    auto batch = from.poll(100, mr::seconds(.05), hooks);
    REQUIRE(batch);
    if (into != nullptr) into->insert(into->end(), batch->begin(), batch->end());
  }
  return from.assignment().size() == partitions;
}

/// What is sent comes out: any bytes, by partition in order, each once, with its headers, to each group.
template <class Producer, class Subscribe>
void carries_messages(Producer& producer, Subscribe&& subscribe, const std::string& topic, std::int32_t partitions,
                      double quiet, bool by_two_groups = true) {
  const std::string bytes("\0\xff\r\n{}", 6);
  std::atomic<int> told{0};
  std::map<std::string, ms::message_position> places;
  std::mutex guard;
  for (int i = 0; i < 200; ++i) {
    ms::message one{.topic = topic, .key = "key" + std::to_string(i % 20), .value = bytes + std::to_string(i)};
    one.headers = {{"kind", "a"}, {"kind", bytes}, {"empty", ""}};
    one.timestamp = 1'700'000'000'000 + i;
    REQUIRE(producer.send(std::move(one), [&, i](const mr::result<ms::message_position>& at) noexcept {
      ++told;
      const std::lock_guard held(guard);
      if (at) places["key" + std::to_string(i % 20) + '/' + std::to_string(i)] = *at;
    }));
  }
  REQUIRE(producer.flush(mr::seconds(30)));
  CHECK(told == 200);
  std::vector<const char*> groups{"first"};
  if (by_two_groups) groups.push_back("second");
  std::vector<std::decay_t<decltype(*subscribe("first", topic))>> readers;
  for (const char* const group : groups) {
    auto made = subscribe(group, topic);
    REQUIRE(made);
    readers.push_back(*std::move(made));
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const char* const group = groups[i];
    auto* const reader = &readers[i];
    const auto all = read_messages(*reader, 200);
    REQUIRE(all.size() == 200);
    std::map<std::string, int> last;
    std::map<std::int32_t, std::int64_t> offsets;
    for (const auto& each : all) {
      CHECK(each.topic == topic);
      REQUIRE(each.value.substr(0, 6) == bytes);
      const int number = std::stoi(each.value.substr(6));
      CHECK(each.key == "key" + std::to_string(number % 20));
      CHECK(each.timestamp == 1'700'000'000'000 + number);
      CHECK(each.headers == std::vector<ms::message_header>{{"kind", "a"}, {"kind", bytes}, {"empty", ""}});
      CHECK_FALSE(each.is_tombstone);
      CHECK(each.partition == ms::partition_of(each.key, partitions));
      CHECK(each.position() == places[each.key + '/' + std::to_string(number)]);
      if (const auto before = last.find(each.key); before != last.end()) CHECK(before->second < number);
      last[each.key] = number;
      if (const auto before = offsets.find(each.partition); before != offsets.end())
        CHECK(before->second < each.offset);
      offsets[each.partition] = each.offset;
    }
    CHECK(reader->poll(10, mr::seconds(quiet))->empty());
    // Nothing was committed: a member behind it is given all of them again; once that has, none.
    REQUIRE(reader->close());
    CHECK(reader->poll(1, mr::duration(0)).error().code() == mr::errc::closed);
    CHECK(reader->close().error().code() == mr::errc::closed);
    auto again = subscribe(group, topic);
    REQUIRE(again);
    const auto repeated = read_messages(*again, 200);
    CHECK(repeated.size() == 200);
    REQUIRE(again->commit(ms::positions_behind(repeated)));
    REQUIRE(again->close());
    auto after = subscribe(group, topic);
    REQUIRE(after);
    CHECK(after->poll(10, mr::seconds(quiet))->empty());
  }
}

/// A value that is none, an empty one, and no key; the partition that is asked for.
template <class Producer, class Subscribe>
void carries_what_is_empty(Producer& producer, Subscribe&& subscribe, const std::string& topic) {
  REQUIRE(producer.send({.topic = topic, .key = "k", .is_tombstone = true, .partition = 0}));
  REQUIRE(producer.send({.topic = topic, .key = "k", .partition = 0}));
  REQUIRE(producer.send({.topic = topic, .value = "v", .partition = 0}));
  REQUIRE(producer.flush(mr::seconds(30)));
  auto reader = subscribe("empty", topic);
  const auto all = read_messages(*reader, 3);
  REQUIRE(all.size() == 3);
  CHECK(all[0].is_tombstone);
  CHECK(all[0].value.empty());
  CHECK_FALSE(all[1].is_tombstone);
  CHECK(all[1].value.empty());
  CHECK(all[2].key.empty());
  CHECK(all[2].value == "v");
  CHECK(all[2].timestamp > 1'600'000'000'000);
  for (const auto& each : all) CHECK(each.partition == 0);
}

/// Members share partitions, each of which is one member's at a time; a member that goes leaves them to the others, who
/// go on where it has committed. A partition that is another one's is neither committed nor sought.
template <class Producer, class Subscribe>
void shares_partitions(Producer& producer, Subscribe&& subscribe, const std::string& topic, std::int32_t partitions) {
  const auto send = [&](int from, int to) {
    for (int i = from; i < to; ++i)
      REQUIRE(producer.send({.topic = topic, .key = {}, .value = std::to_string(i), .partition = i % partitions}));
    REQUIRE(producer.flush(mr::seconds(30)));
  };
  send(0, 40);
  const auto count = static_cast<std::size_t>(partitions);
  told_rebalances first_told;
  auto first = subscribe("shared", topic);
  REQUIRE(first);
  std::vector<ms::message> read;
  REQUIRE(gains(*first, first_told, count, &read));
  while (read.size() < 40) {
    auto more = first->poll(100, mr::seconds(5), first_told);
    REQUIRE(more);
    REQUIRE_FALSE(more->empty());
    read.insert(read.end(), more->begin(), more->end());
  }
  REQUIRE(first->commit(ms::positions_behind(read)));

  told_rebalances second_told;
  auto second = subscribe("shared", topic);
  REQUIRE(second);
  for (int i = 0; i < 400 && (first->assignment().size() != count / 2 || second->assignment().size() != count / 2);
       ++i) {
    CHECK(first->poll(100, mr::seconds(.02), first_told)->empty());
    CHECK(second->poll(100, mr::seconds(.02), second_told)->empty());
  }
  REQUIRE(first_told.has.size() == count / 2);
  REQUIRE(second_told.has.size() == count / 2);
  for (const auto& each : first_told.has) CHECK(second_told.has.count(each) == 0);
  const auto not_its = *second_told.has.begin();
  const ms::message_position other{not_its.first, not_its.second, 0};
  CHECK(first->commit(std::span(&other, 1)).error().code() == mr::errc::conflict);
  CHECK(first->seek(other).error().code() == mr::errc::conflict);

  send(40, 80);
  std::set<std::string> seen;
  for (auto* each : {&*first, &*second})
    for (const auto& one : read_messages(*each, 20)) CHECK(seen.insert(one.value).second);
  CHECK(seen.size() == 40);
  // The second goes without a commit, and the first is given what it had read.
  const auto gone = second_told.has;
  REQUIRE(second->close(second_told));
  CHECK(second_told.has.empty());
  std::vector<ms::message> again;
  REQUIRE(gains(*first, first_told, count, &again));
  const auto of_the_second = [&] {
    return std::count_if(again.begin(), again.end(),
                         [&](const ms::message& one) { return gone.count({one.topic, one.partition}) == 1; });
  };
  while (of_the_second() < 20) {
    auto more = first->poll(100, mr::seconds(5), first_told);
    REQUIRE(more);
    REQUIRE_FALSE(more->empty());
    again.insert(again.end(), more->begin(), more->end());
  }
  CHECK(of_the_second() == 20);
}

/// A hook says where to begin; a seek goes back.
template <class Producer, class Subscribe>
void begins_where_it_is_told(Producer& producer, Subscribe&& subscribe, const std::string& topic) {
  std::vector<std::int64_t> offsets;
  for (int i = 0; i < 10; ++i)
    REQUIRE(producer.send({.topic = topic, .value = std::to_string(i), .partition = 0},
                          [&](const mr::result<ms::message_position>& at) noexcept { offsets.push_back(at->offset); }));
  REQUIRE(producer.flush(mr::seconds(30)));
  REQUIRE(offsets.size() == 10);
  struct from_six {
    std::int64_t offset;
    std::vector<std::int64_t> had;
    void assigned(std::span<ms::message_position> starts) noexcept {
      for (auto& each : starts)
        if (each.partition == 0) {
          had.push_back(each.offset);
          each.offset = offset;
        }
    }
    void revoked(std::span<const ms::topic_partition>) noexcept {}
    void abandoned(std::span<const ms::topic_partition>) noexcept {}
  } hooks{offsets[6], {}};
  auto reader = subscribe("told", topic);
  std::vector<ms::message> all;
  for (int i = 0; i < 100 && all.size() < 4; ++i) {
    auto batch = reader->poll(100, mr::seconds(.2), hooks);
    REQUIRE(batch);
    all.insert(all.end(), batch->begin(), batch->end());
  }
  REQUIRE(all.size() == 4);
  CHECK(hooks.had == std::vector<std::int64_t>{ms::no_offset});
  CHECK(all[0].value == "6");
  REQUIRE(reader->seek({topic, 0, offsets[2]}));
  const auto again = read_messages(*reader, 8);
  REQUIRE(again.size() == 8);
  CHECK(again[0].value == "2");
  CHECK(again[7].value == "9");
  CHECK(reader->seek({topic, 77, 0}).error().code() == mr::errc::conflict);
}

/// Many threads send at once; what each has sent is in order.
template <class Producer, class Subscribe>
void takes_many_threads(Producer& producer, Subscribe&& subscribe, const std::string& topic) {
  constexpr int threads = 4;
  constexpr int each_sends = 200;
  std::atomic<int> told{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      for (int i = 0; i < each_sends; ++i)
        while (!producer.send({.topic = topic, .key = std::to_string(t), .value = std::to_string(i)},
                              [&](const mr::result<ms::message_position>& at) noexcept { told += at.has_value(); }))
          std::this_thread::yield();
    });
  for (auto& each : running) each.join();
  REQUIRE(producer.flush(mr::seconds(30)));
  CHECK(told == threads * each_sends);
  auto reader = subscribe("threads", topic);
  std::map<std::string, int> next;
  for (const auto& one : read_messages(*reader, threads * each_sends)) CHECK(next[one.key]++ == std::stoi(one.value));
  for (int t = 0; t < threads; ++t) CHECK(next[std::to_string(t)] == each_sends);
}

/// A message that could never be sent is refused, and nobody is told of it.
template <class Producer>
void refuses_bad_messages(Producer& producer) {
  for (const char* name : {"", ".", "..", "a b", "a/b", "\xc3\xa9"}) {
    bool is_told = false;
    const auto sent = producer.send({.topic = name, .value = "v"},
                                    [&](const mr::result<ms::message_position>&) noexcept { is_told = true; });
    REQUIRE_FALSE(sent);
    CHECK(sent.error().code() == mr::errc::invalid_argument);
    CHECK_FALSE(is_told);
  }
  CHECK_FALSE(producer.send({.topic = std::string(250, 'a'), .value = "v"}));
  REQUIRE(producer.flush(mr::seconds(30)));
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_MESSAGES_HPP
