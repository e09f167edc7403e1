// Groups of consumers on librdkafka's cluster for tests, where others have gone wrong.
#include <millrace/connect/kafka/consumer.hpp>
#include <millrace/connect/kafka/producer.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/dead_letters.hpp>
#include <millrace/store/messages/exactly_once.hpp>

#include <laws/messages.hpp>
#include <support/catch.hpp>
#include <support/counted_events.hpp>
#include <support/mock_kafka.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mk = millrace::connect::kafka;

namespace {

mk::consumer open(const support::mock_kafka& kafka, const std::string& topic, mk::consumer_options options,
                  std::vector<mk::setting> settings = {}, std::string_view beside = {}) {
  auto connection = kafka.reading();
  for (auto& each : settings) connection.settings.push_back(std::move(each));
  if (options.group.empty()) options.group = "g." + topic;
  const std::string_view topics[] = {topic, beside};
  auto opened = mk::consumer::open(std::move(connection), options, std::span(topics, beside.empty() ? 1U : 2U));
  REQUIRE(opened);
  return *std::move(opened);
}
void send(mk::producer& producer, const std::string& topic, int from, int to, int partitions = 1) {
  for (int i = from; i < to; ++i)
    REQUIRE(producer.send({.topic = topic, .value = std::to_string(i), .partition = i % partitions}));
  REQUIRE(producer.flush(mr::seconds(30)));
}
std::string values(const std::vector<ms::message>& messages) {
  std::string made;
  for (const auto& each : messages) made += each.value + ' ';
  return made;
}

/// Hooks that begin at an offset, and keep what they are told.
struct beginning {
  std::int64_t offset = ms::no_offset;
  std::string told = {};

  void assigned(std::span<ms::message_position> starts) noexcept {
    for (auto& each : starts) each.offset = offset;
    told += '+' + std::to_string(starts.size()) + ' ';
  }
  void revoked(std::span<const ms::topic_partition> gone) noexcept { told += '-' + std::to_string(gone.size()) + ' '; }
  void abandoned(std::span<const ms::topic_partition> gone) noexcept {
    told += '!' + std::to_string(gone.size()) + ' ';
  }
};

/// Polls once, and adds what comes.
void read_more(mk::consumer& from, std::size_t most, double wait, beginning& told, std::vector<ms::message>& into) {
  auto batch = from.poll(most, mr::seconds(wait), told);
  REQUIRE(batch);
  for (auto& each : *batch) into.push_back(std::move(each));
}

}  // namespace

TEST_CASE("kafka consumers: below the range, at the end, and where they had been", "[kafka]") {
  const support::mock_kafka kafka;
  for (const char* topic : {"old", "beside", "paused", "lost"}) kafka.make_topic(topic, 1);
  auto producer = mk::producer::open(kafka.connection());
  // The cluster keeps 5 MB of a partition.
  for (int i = 0; i < 80; ++i) {
    REQUIRE(producer->send({.topic = "old", .value = std::string(100'000, 'x'), .partition = 0}));
    if (i % 10 == 9) REQUIRE(producer->flush(mr::seconds(30)));
  }
  send(*producer, "paused", 0, 5);
  send(*producer, "lost", 0, 5);

  // All of them wait for their partitions at one time.
  auto first = open(kafka, "old", {.group = "first", .begin = mk::begin_at::first_message});
  auto next = open(kafka, "old", {.group = "next", .begin = mk::begin_at::next_message});
  auto strict = open(kafka, "old", {.group = "strict", .begin = mk::begin_at::error}, {}, "beside");
  auto paused = open(kafka, "paused", {});
  auto lost = open(kafka, "lost", {}, {{"max.poll.interval.ms", "3200"}});

  // librdkafka#730: an offset below the range.
  beginning at_zero{0};
  std::int64_t least = -1;
  for (int i = 0; i < 100 && least < 0; ++i) {
    const auto batch = first.poll(1, mr::seconds(.5), at_zero);
    REQUIRE(batch);
    if (!batch->empty()) least = batch->front().offset;
  }
  CHECK(least > 0);
  beginning also_zero{0};
  for (int i = 0; i < 100 && next.assignment().empty(); ++i) CHECK(next.poll(1, mr::seconds(.1), also_zero)->empty());
  CHECK(next.poll(1, mr::seconds(.5))->empty());
  beginning again_zero{0};
  mr::result<std::vector<ms::message>> refused = std::vector<ms::message>();
  for (int i = 0; i < 100 && refused; ++i) refused = strict.poll(1, mr::seconds(.1), again_zero);
  for (int i = 0; i < 2; ++i) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::out_of_range);
    CHECK_THAT(refused.error().message(), ContainsSubstring("old[0]: "));
    refused = strict.poll(1, mr::seconds(.1));
  }
  const ms::topic_partition beside{"beside", 0};
  REQUIRE(strict.pause(std::span(&beside, 1)));
  const auto sought = strict.seek({"old", 0, least});
  if (!sought) FAIL(sought.error().describe());
  send(*producer, "beside", 0, 5);
  CHECK(laws::read_messages(strict, 1).at(0).offset == least);
  for (const auto& each : laws::read_messages(strict, 200, .5)) CHECK(each.topic == "old");
  REQUIRE(strict.resume(std::span(&beside, 1)));
  CHECK(values(laws::read_messages(strict, 5)) == "0 1 2 3 4 ");

  // librdkafka#1307: paused at the end, resumed where it was.
  REQUIRE(laws::read_messages(paused, 2).size() == 2);
  CHECK(paused.lag() == std::vector<ms::partition_lag>{{{"paused", 0}, 3}});
  REQUIRE(laws::read_messages(paused, 3).size() == 3);
  CHECK(paused.lag() == std::vector<ms::partition_lag>{{{"paused", 0}, 0}});
  CHECK(paused.poll(1, mr::seconds(.2))->empty());
  const auto own = paused.assignment();
  REQUIRE(paused.pause(own));
  send(*producer, "paused", 5, 8);
  CHECK(paused.poll(10, mr::seconds(.5))->empty());
  REQUIRE(paused.resume(own));
  CHECK(values(laws::read_messages(paused, 3)) == "5 6 7 ");
  CHECK(paused.poll(1, mr::seconds(.2))->empty());
  const ms::topic_partition other{"paused", 7};
  CHECK(paused.pause(std::span(&other, 1)).error().code() == mr::errc::conflict);

  // Who does not poll loses its partitions, is told so, and cannot commit; then it is given them again.
  beginning told;
  std::vector<ms::message> read;
  for (int i = 0; i < 100 && read.empty(); ++i) read = *lost.poll(3, mr::seconds(.2), told);
  REQUIRE_FALSE(read.empty());
  std::this_thread::sleep_for(std::chrono::milliseconds(3800));
  for (int i = 0; i < 100 && told.told.find('!') == told.told.npos; ++i) {
    const auto batch = lost.poll(3, mr::seconds(.1), told);
    if (!batch) CHECK(batch.error().code() == mr::errc::conflict);
  }
  CHECK_THAT(told.told, ContainsSubstring("!1 "));
}

// librdkafka#3745: who gets a partition back goes on where the other has committed, not where it was itself.
TEST_CASE("kafka consumers: after a rebalance and back, nothing stale is read or committed", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 2);
  auto producer = mk::producer::open(kafka.connection());
  send(*producer, "t", 0, 200, 2);
  const bool keeps = mk::detail::shares_cooperatively(rd_kafka_version());
  const auto sharing = keeps ? mk::partition_sharing::cooperative : mk::partition_sharing::eager;
  beginning first_told;
  auto first = open(kafka, "t", {.sharing = sharing});
  std::vector<ms::message> read;
  for (int i = 0; i < 600 && read.size() < 6; ++i) read_more(first, 1, .05, first_told, read);
  REQUIRE(read.size() == 6);
  REQUIRE(first.assignment().size() == 2);
  const auto committed = ms::positions_behind(read);
  REQUIRE(first.commit(committed));
  beginning second_told;
  auto second = open(kafka, "t", {.sharing = sharing});
  std::vector<ms::message> more;
  for (int i = 0; i < 600 && (first.assignment().size() != 1 || second.assignment().empty()); ++i) {
    read_more(first, 1, .02, first_told, read);
    read_more(second, 1, .02, second_told, more);
  }
  // A cooperative member keeps what stays its own: one of two was revoked, and none given again.
  CHECK(first_told.told.substr(0, keeps ? 6 : 9) == (keeps ? "+2 -1 " : "+2 -2 +1 "));
  CHECK(first.assignment().size() == 1);
  REQUIRE(second.assignment().size() == 1);
  const std::int32_t moved = second.assignment()[0].partition;
  for (int i = 0; i < 600 && more.size() < 5; ++i) read_more(second, 1, .05, second_told, more);
  REQUIRE(more.size() >= 5);
  for (const auto& each : more) CHECK(each.partition == moved);
  std::int64_t start = 0;
  for (const auto& each : committed)
    if (each.partition == moved) start = each.offset;
  CHECK(more.front().offset == start);
  REQUIRE(second.commit(ms::positions_behind(more)));
  const std::int64_t behind = more.back().offset + 1;
  REQUIRE(second.close());
  std::vector<ms::message> back;
  for (int i = 0; i < 600; ++i) {
    std::vector<ms::message> both;
    read_more(first, 100, .02, first_told, both);
    for (auto& each : both)
      if (each.partition == moved) back.push_back(std::move(each));
    if (first.assignment().size() == 2 && back.size() + static_cast<std::size_t>(behind) >= 100) break;
  }
  CHECK(first_told.told.ends_with(keeps ? "+1 " : "+2 "));
  REQUIRE_FALSE(back.empty());
  CHECK(back.front().offset == behind);
}

TEST_CASE("kafka: who drains has sent and used all, and kept what it cannot use", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 2);
  auto producer = mk::producer::open(kafka.connection());
  for (int i = 0; i < 50; ++i) REQUIRE(producer->send({.topic = "t", .value = std::to_string(i), .partition = i % 2}));
  REQUIRE(producer->send({.topic = "t", .key = "k", .value = "bad", .partition = 1}));
  REQUIRE(producer->close(mr::seconds(10)));

  ms::memory_storage storage;
  auto reader = open(kafka, "t", {.group = "g"});
  auto once = ms::exactly_once<support::counted_events, mk::consumer, ms::memory_storage, ms::keep_dead_letters>::open(
      reader, storage, {.group = "g", .batch = 8});
  const auto use = [](support::counted_events& state, const ms::message& one) { return state.update(one); };
  for (int i = 0; i < 100 && once->counts().total() == 0; ++i) REQUIRE(once->run(use, mr::seconds(.2)));
  CHECK(once->counts().used < 50);
  REQUIRE(once->drain(use, mr::seconds(.3), mr::seconds(30)));
  CHECK(once->merged()->fault(50) == "");
  CHECK(once->counts().dead == 1);
  std::string dead;
  REQUIRE(ms::for_each_dead_letter(storage, "g", [&](const auto&, const ms::dead_letter& one) {
    dead += one.letter.key + ' ' + one.letter.value + ": " + one.reason + '\n';
  }));
  CHECK(dead == "k bad: no event: bad\n");
  CHECK(reader.poll(1, mr::duration(0)).error().code() == mr::errc::closed);
}
