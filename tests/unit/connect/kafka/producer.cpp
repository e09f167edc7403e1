#include <millrace/connect/kafka/producer.hpp>

#include <support/catch.hpp>
#include <support/mock_kafka.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mk = millrace::connect::kafka;

namespace {

static_assert(ms::message_producer<mk::producer>);
static_assert(ms::message_producer<mk::basic_producer<ms::drop_and_count>>);

constexpr int produce_request = 0;  // of Kafka's protocol

std::string numbers(const std::vector<ms::message>& messages) {
  std::string made;
  for (const auto& each : messages) made += each.value + ' ';
  return made;
}
std::string numbers(int from, int to) {
  std::string made;
  for (; from < to; ++from) made += std::to_string(from) + ' ';
  return made;
}
template <class Producer>
void send(Producer& producer, int from, int to) {
  for (int i = from; i < to; ++i) REQUIRE(producer.send({.topic = "t", .value = std::to_string(i), .partition = 0}));
}

}  // namespace

TEST_CASE("kafka producer: a broker that goes and comes back gets each message once, in order", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  auto connection = kafka.connection();
  connection.statistics_interval = mr::seconds(.05);
  auto producer = mk::producer::open(std::move(connection));
  send(*producer, 0, 10);
  REQUIRE(producer->flush(mr::seconds(10)));
  kafka.set_down(1);
  send(*producer, 10, 20);
  const auto waiting = producer->flush(mr::seconds(.3));
  REQUIRE_FALSE(waiting);
  CHECK(waiting.error().code() == mr::errc::timeout);
  CHECK(waiting.error().message() == "10 messages were not delivered in time");
  CHECK(producer->waiting() == 10);
  CHECK(producer->status().error().code() == mr::errc::unavailable);
  for (int i = 0; i < 100 && (producer->brokers().empty() || producer->brokers()[0].is_up); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(producer->brokers().size() == 1);
  CHECK_FALSE(producer->brokers()[0].is_up);
  kafka.set_up(1);
  send(*producer, 20, 30);
  REQUIRE(producer->flush(mr::seconds(10)));
  CHECK(numbers(support::read_partition(kafka, "t", 0, 31)) == numbers(0, 30));
  CHECK(producer->delivered() == 30);
  CHECK(producer->failed() == 0);
  for (int i = 0; i < 100 && !producer->status(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(producer->status());
}

// librdkafka#3712, #4736: what is tried again is what was tried before, and the broker tells it apart.
TEST_CASE("kafka producer: batches that are tried again come once", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  auto producer = mk::producer::open(kafka.connection());
  send(*producer, 0, 5);
  REQUIRE(producer->flush(mr::seconds(10)));
  kafka.fail_requests(produce_request,
                      {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                       RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT,
                       RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND});
  send(*producer, 5, 500);
  REQUIRE(producer->flush(mr::seconds(20)));
  CHECK(numbers(support::read_partition(kafka, "t", 0, 501)) == numbers(0, 500));
}

TEST_CASE("kafka producer: what a broker refuses is told", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  auto producer = mk::producer::open(kafka.connection());
  kafka.fail_requests(produce_request, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  mr::errc told{};
  REQUIRE(producer->send({.topic = "t", .value = "v"}, [&](const mr::result<ms::message_position>& at) noexcept {
    if (!at) told = at.error().code();
  }));
  const auto flushed = producer->flush(mr::seconds(10));
  REQUIRE_FALSE(flushed);
  CHECK(flushed.error().code() == mr::errc::permission_denied);
  CHECK_THAT(flushed.error().message(), ContainsSubstring("a message for the topic \"t\": "));
  CHECK(told == mr::errc::permission_denied);
  CHECK(producer->failed() == 1);
  REQUIRE(producer->flush(mr::seconds(10)));
  // What could never be sent is refused at once.
  CHECK(producer->send({.topic = "t", .value = std::string(2'000'000, 'x')}).error().code() == mr::errc::out_of_range);
}

TEST_CASE("kafka producer: a full queue holds senders back, or drops and counts", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  kafka.set_down(1);
  auto producer = mk::producer::open(kafka.connection(), {.max_messages = 5});
  send(*producer, 0, 5);
  const auto full = producer->send({.topic = "t", .value = "5", .partition = 0});
  REQUIRE_FALSE(full);
  CHECK(full.error().code() == mr::errc::unavailable);
  CHECK(full.error().message() == "the queue of Kafka's producer is full, with 5 messages that were not delivered yet");

  auto lossy = mk::basic_producer<ms::drop_and_count>::open(kafka.connection(), {.max_messages = 3});
  std::atomic<int> dropped{0};
  for (int i = 0; i < 5; ++i)
    REQUIRE(lossy->send({.topic = "t", .value = "lossy"}, [&](const mr::result<ms::message_position>& at) noexcept {
      if (!at && at.error().code() == mr::errc::no_space) ++dropped;
    }));
  CHECK(dropped == 2);
  CHECK(lossy->dropped() == 2);
  CHECK(lossy->waiting() == 3);

  // Who waits for room goes on when the broker is back.
  auto patient = mk::producer::open(kafka.connection(), {.max_messages = 2, .send_wait = mr::seconds(20)});
  std::thread waiting([&] {
    for (int i = 0; i < 20; ++i)
      if (!patient->send({.topic = "t", .key = "patient", .value = std::to_string(i)})) std::abort();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  kafka.set_up(1);
  waiting.join();
  REQUIRE(patient->flush(mr::seconds(10)));
  REQUIRE(producer->flush(mr::seconds(10)));
  CHECK(lossy->flush(mr::seconds(10)).error().code() == mr::errc::no_space);
  std::string of_patient;
  for (const auto& each : support::read_partition(kafka, "t", 0, 28))
    if (each.key == "patient") of_patient += each.value + ' ';
  CHECK(of_patient == numbers(0, 20));
}

TEST_CASE("kafka producer: what is not delivered in time, or at the end, is told", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  kafka.set_down(1);
  std::vector<mr::errc> told;
  {
    auto producer = mk::producer::open(kafka.connection(), {.delivery_limit = mr::seconds(.2)});
    REQUIRE(producer->send({.topic = "t"}, [&](const mr::result<ms::message_position>& at) noexcept {
      told.push_back(at ? mr::errc{} : at.error().code());
    }));
    CHECK(producer->flush(mr::seconds(10)).error().code() == mr::errc::timeout);
  }
  {
    auto producer = mk::producer::open(kafka.connection());
    for (int i = 0; i < 3; ++i)
      REQUIRE(producer->send({.topic = "t"}, [&](const mr::result<ms::message_position>& at) noexcept {
        told.push_back(at ? mr::errc{} : at.error().code());
      }));
    CHECK(producer->close(mr::seconds(.05)).error().code() == mr::errc::timeout);
    CHECK(producer->send({.topic = "t"}).error().code() == mr::errc::closed);
    CHECK(producer->flush(mr::seconds(1)).error().code() == mr::errc::closed);
    CHECK(producer->close(mr::seconds(1)).error().code() == mr::errc::closed);
  }
  CHECK(told ==
        std::vector<mr::errc>{mr::errc::timeout, mr::errc::cancelled, mr::errc::cancelled, mr::errc::cancelled});
}
