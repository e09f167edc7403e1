#include <millrace/connect/kafka/observed.hpp>

#include <millrace/connect/kafka/producer.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/store/messages/local_queue.hpp>

#include <support/catch.hpp>
#include <support/mock_kafka.hpp>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mk = millrace::connect::kafka;
namespace mo = millrace::observe;

TEST_CASE("kafka metrics: what was published and what was not", "[kafka]") {
  const support::mock_kafka kafka;
  kafka.make_topic("t", 1);
  auto connection = kafka.connection();
  connection.statistics_interval = mr::seconds(.05);
  auto producer = mk::producer::open(std::move(connection));
  mo::metrics_registry registry;
  auto shown = mk::kafka_metrics::make(registry);
  REQUIRE(shown);
  for (int i = 0; i < 6; ++i) REQUIRE(producer->send({.topic = "t", .partition = 0}));
  REQUIRE(producer->flush(mr::seconds(10)));
  kafka.fail_requests(0, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  for (int i = 0; i < 2; ++i) REQUIRE(producer->send({.topic = "t", .partition = 0}));
  CHECK_FALSE(producer->flush(mr::seconds(10)));
  for (int i = 0; i < 100 && producer->brokers().empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(shown->update(*producer));
  REQUIRE(shown->update(*producer));  // nothing new
  const std::string text = mo::to_prometheus(registry.snapshot());
  CHECK_THAT(text, ContainsSubstring("\nkafka_messages_published_total 6\n"));
  CHECK_THAT(text, ContainsSubstring("\nkafka_publish_errors_total 2\n"));
  CHECK_THAT(text, ContainsSubstring("\nkafka_publish_error_ratio 0.25\n"));
  CHECK_THAT(text, ContainsSubstring("\nkafka_publish_queue_messages 0\n"));
  CHECK_THAT(text, ContainsSubstring("\nkafka_brokers_available 1\n"));
  CHECK_THAT(text, ContainsSubstring("\nkafka_broker_up{broker=\"127.0.0.1:"));
}

TEST_CASE("kafka metrics: how far behind a consumer is", "[kafka]") {
  auto queue = ms::local_queue<>::open({.partitions = 1});
  auto reader = *queue->subscribe("g", "events.user");
  mo::metrics_registry registry;
  auto shown = mk::kafka_metrics::make(registry);
  for (int i = 0; i < 5; ++i) REQUIRE(queue->send({.topic = "events.user"}));
  REQUIRE(reader.poll(2, mr::duration(0)));
  REQUIRE(shown->update(reader));
  CHECK_THAT(mo::to_prometheus(registry.snapshot()),
             ContainsSubstring("kafka_topic_partition_lag{partition=\"0\",topic=\"events.user\"} 3\n"));
  REQUIRE(reader.close());  // it has none any more
  REQUIRE(shown->update(reader));
  CHECK_THAT(mo::to_prometheus(registry.snapshot()),
             ContainsSubstring("kafka_topic_partition_lag{partition=\"0\",topic=\"events.user\"} 0\n"));
}
