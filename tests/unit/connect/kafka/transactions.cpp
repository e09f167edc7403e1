#include <millrace/connect/kafka/transactions.hpp>

#include <millrace/connect/kafka/producer.hpp>

#include <support/catch.hpp>
#include <support/mock_kafka.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mk = millrace::connect::kafka;

// librdkafka's cluster for tests knows the calls of transactions. It neither keeps consumers from seeing what was
// aborted nor keeps the offsets of transactions, and fences nobody by itself, so these tests are about the order of
// calls and about errors, which it returns when it is told to.

namespace {

constexpr int init_producer_id = 22;  // of Kafka's protocol
constexpr int end_transaction = 26;
constexpr int commit_transaction_offsets = 28;

mr::result<int> send_one(mk::transactional_producer& producer, const char* value) {
  return producer.transact([&](auto& t) -> mr::result<int> {
    if (auto sent = t.send({.topic = "t", .value = value, .partition = 0}); !sent) return std::move(sent).error();
    return 7;
  });
}

}  // namespace

TEST_CASE("kafka transactions: a value commits, and an error or an exception aborts", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  auto producer = mk::transactional_producer::open(kafka.connection(), "scores", {}, mr::seconds(5));
  REQUIRE(producer);
  CHECK(*send_one(*producer, "1") == 7);
  CHECK(producer->delivered() == 1);
  const auto refused = producer->transact([&](auto& t) -> mr::result<int> {
    REQUIRE(t.send({.topic = "t", .value = "no", .partition = 0}));
    return mr::error(mr::errc::invalid_data, "not this one");
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "not this one");
  CHECK_THROWS_AS(producer->transact([&](auto&) -> mr::result<int> { throw std::runtime_error("thrown"); }),
                  std::runtime_error);
  // The next ones are as if nothing had been.
  CHECK(send_one(*producer, "2"));
  CHECK(producer->transact([](auto&) -> mr::result<void> { return {}; }));
  const auto read = support::read_partition(kafka, "t", 0, 3);
  REQUIRE_FALSE(read.empty());
  CHECK(read.front().value == "1");
}

TEST_CASE("kafka transactions: a producer that is fenced is told so, and stays it", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  auto producer = mk::transactional_producer::open(kafka.connection(), "one", {}, mr::seconds(5));
  CHECK(send_one(*producer, "1"));
  kafka.fail_requests(end_transaction, {RD_KAFKA_RESP_ERR_PRODUCER_FENCED});
  for (int i = 0; i < 2; ++i) {
    const auto fenced = send_one(*producer, "2");
    REQUIRE_FALSE(fenced);
    CHECK(fenced.error().code() == mr::errc::conflict);
  }
  // Another one of the same id begins anew.
  auto next = mk::transactional_producer::open(kafka.connection(), "one", {}, mr::seconds(5));
  CHECK(send_one(*next, "3"));
}

TEST_CASE("kafka transactions: what can be tried again is, and a cluster that is away is an error", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  kafka.fail_requests(init_producer_id, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS});
  auto producer = mk::transactional_producer::open(kafka.connection(), "again", {}, mr::seconds(5));
  REQUIRE(producer);
  kafka.fail_requests(end_transaction,
                      {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR});
  CHECK(send_one(*producer, "1"));
  kafka.set_down(1);
  const auto away = mk::transactional_producer::open(kafka.connection(), "away", {}, mr::seconds(.3));
  REQUIRE_FALSE(away);
  CHECK(away.error().code() == mr::errc::timeout);
  CHECK(mk::transactional_producer::open(kafka.connection(), "").error().code() == mr::errc::invalid_argument);
}

TEST_CASE("kafka transactions: offsets go with the messages that were made of theirs", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("in", 1);
  kafka.make_topic("t", 1);
  auto source = mk::producer::open(kafka.connection());
  for (int i = 0; i < 5; ++i) REQUIRE(source->send({.topic = "in", .value = std::to_string(i)}));
  REQUIRE(source->flush(mr::seconds(10)));
  auto producer = mk::transactional_producer::open(kafka.connection(), "copy", {}, mr::seconds(5));
  {
    auto reader = mk::consumer::open(kafka.reading(), {.group = "g"}, "in");
    const auto batch = reader->poll(100, mr::seconds(10));
    REQUIRE(batch);
    REQUIRE(batch->size() == 5);
    const auto done = producer->transact([&](auto& t) -> mr::result<int> {
      for (const auto& each : *batch)
        if (auto sent = t.send({.topic = "t", .value = each.value, .partition = 0}); !sent)
          return std::move(sent).error();
      if (auto kept = t.commit_offsets(*reader, ms::positions_behind(std::span(*batch).first(3))); !kept)
        return std::move(kept).error();
      return 0;
    });
    REQUIRE(done);
    CHECK(producer->transact([&](auto& t) -> mr::result<void> { return t.commit_offsets(*reader, {}); }));
    // What the group has lost meanwhile is not committed, nor what was made of it.
    kafka.fail_requests(commit_transaction_offsets, {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION});
    const auto lost = producer->transact(
        [&](auto& t) -> mr::result<void> { return t.commit_offsets(*reader, ms::positions_behind(*batch)); });
    REQUIRE_FALSE(lost);
    CHECK(lost.error().code() == mr::errc::conflict);
    REQUIRE(reader->close());
    CHECK(producer
              ->transact(
                  [&](auto& t) -> mr::result<void> { return t.commit_offsets(*reader, ms::positions_behind(*batch)); })
              .error()
              .code() == mr::errc::closed);
  }
  CHECK(support::read_partition(kafka, "t", 0, 5).size() == 5);
}
