#ifndef MILLRACE_TESTS_SUPPORT_MOCK_KAFKA_HPP
#define MILLRACE_TESTS_SUPPORT_MOCK_KAFKA_HPP

// librdkafka's own cluster of brokers for tests, in this process and on loopback.

#include <millrace/connect/kafka/connection.hpp>

#include <millrace/store/messages/message.hpp>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

class mock_kafka {
 public:
  explicit mock_kafka(int brokers = 1) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    char why[256];
    rd_kafka_conf_set(conf, "test.mock.num.brokers", std::to_string(brokers).c_str(), why, sizeof why);
    rd_kafka_conf_set(conf, "bootstrap.servers", "127.0.0.1:1", why, sizeof why);
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (handle_ == nullptr) throw std::runtime_error(why);
    cluster_ = rd_kafka_handle_mock_cluster(handle_);
  }
  mock_kafka(const mock_kafka&) = delete;
  mock_kafka& operator=(const mock_kafka&) = delete;
  ~mock_kafka() { rd_kafka_destroy(handle_); }

  rd_kafka_mock_cluster_t* cluster() const noexcept { return cluster_; }
  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void make_topic(const std::string& name, int partitions) const {
    if (rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1) != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error("no topic " + name);
  }
  /// Has requests of a kind fail, one after the other.
  void fail_requests(int kind, const std::vector<rd_kafka_resp_err_t>& errors) const {
    rd_kafka_mock_push_request_errors_array(cluster_, static_cast<std::int16_t>(kind), errors.size(), errors.data());
  }
  void set_down(int broker) const { rd_kafka_mock_broker_set_down(cluster_, broker); }
  void set_up(int broker) const { rd_kafka_mock_broker_set_up(cluster_, broker); }

  /// How to reach it, with pauses that suit tests.
  millrace::connect::kafka::connection_options connection() const {
    millrace::connect::kafka::connection_options made;
    made.brokers = brokers();
    made.settings = {{"reconnect.backoff.ms", "10"},
                     {"reconnect.backoff.max.ms", "100"},
                     {"retry.backoff.ms", "20"},
                     {"topic.metadata.refresh.interval.ms", "1000"},
                     {"topic.metadata.refresh.fast.interval.ms", "20"}};
    return made;
  }
  /// The same of a consumer's. The cluster waits 3 s for other members before a group's first one is given anything,
  /// and for a session's length less a second when one comes or goes later; a session has to be longer than both.
  millrace::connect::kafka::connection_options reading(const char* session_ms = "3100") const {
    auto made = connection();
    made.settings.push_back({"session.timeout.ms", session_ms});
    made.settings.push_back({"heartbeat.interval.ms", "50"});
    made.settings.push_back({"fetch.wait.max.ms", "20"});
    made.settings.push_back({"allow.auto.create.topics", "true"});
    return made;
  }

 private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

/// The messages of a partition from an offset on, by librdkafka alone and without a group: until `count` have come, or
/// none for a while.
inline std::vector<millrace::store::message> read_partition(const mock_kafka& kafka, const std::string& topic,
                                                            std::int32_t partition, std::size_t count,
                                                            std::int64_t from = 0) {
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  char why[256];
  rd_kafka_conf_set(conf, "bootstrap.servers", kafka.brokers().c_str(), why, sizeof why);
  rd_kafka_conf_set(conf, "group.id", "none", why, sizeof why);
  rd_kafka_conf_set(conf, "fetch.wait.max.ms", "10", why, sizeof why);
  rd_kafka_t* const reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = from;
  rd_kafka_assign(reader, list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<millrace::store::message> made;
  while (made.size() < count) {
    rd_kafka_message_t* const one = rd_kafka_consumer_poll(reader, made.empty() ? 5000 : 500);
    if (one == nullptr) break;
    if (one->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      millrace::store::message& next = made.emplace_back(millrace::store::message{.topic = topic});
      next.value.assign(static_cast<const char*>(one->payload), one->len);
      next.key.assign(static_cast<const char*>(one->key), one->key_len);
      next.partition = one->partition;
      next.offset = one->offset;
    }
    rd_kafka_message_destroy(one);
  }
  rd_kafka_destroy(reader);
  return made;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_MOCK_KAFKA_HPP
