// Messages sent to, and read from, librdkafka's own cluster for tests in this process: bare librdkafka, and `producer`
// and `consumer`, in the same run. Values have 100 bytes; a round sends or reads all of 20,000 messages of one
// partition, and a round of sending ends once the broker has them. What is the same in both, the cluster, takes part of
// the time, so the difference between rows says more than their ratio.
//
//     bench_kafka
#include <millrace/connect/kafka.hpp>

#include <support/mock_kafka.hpp>

#include <benchmark/benchmark.h>

#include <librdkafka/rdkafka.h>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace kafka = millrace::connect::kafka;

namespace {

constexpr std::size_t messages = 20'000;  // the cluster keeps 5 MB of a partition
const std::string value(100, 'v');

const support::mock_kafka& cluster() {
  static const support::mock_kafka made;
  static const bool has_topics = (made.make_topic("sent", 1), made.make_topic("read", 1), true);
  (void)has_topics;
  return made;
}

void must(bool is_well) {
  if (!is_well) std::abort();
}

/// A client of librdkafka's without ours around it.
struct bare_client {
  rd_kafka_t* handle = nullptr;
  std::uint64_t told = 0;

  bare_client(rd_kafka_type_t kind, std::vector<std::pair<const char*, std::string>> settings) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    char why[256];
    settings.push_back({"bootstrap.servers", cluster().brokers()});
    for (const auto& [name, text] : settings)
      must(rd_kafka_conf_set(conf, name, text.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK);
    rd_kafka_conf_set_opaque(conf, this);
    if (kind == RD_KAFKA_PRODUCER)
      rd_kafka_conf_set_dr_msg_cb(
          conf, [](rd_kafka_t*, const rd_kafka_message_t*, void* self) { ++static_cast<bare_client*>(self)->told; });
    handle = rd_kafka_new(kind, conf, why, sizeof why);
    must(handle != nullptr);
  }
  bare_client(const bare_client&) = delete;
  bare_client& operator=(const bare_client&) = delete;
  ~bare_client() { rd_kafka_destroy(handle); }
};

void send_librdkafka(benchmark::State& state) {
  bare_client client(RD_KAFKA_PRODUCER, {{"enable.idempotence", "true"}});
  rd_kafka_topic_t* const topic = rd_kafka_topic_new(client.handle, "sent", nullptr);
  for (auto _ : state) {
    for (std::size_t i = 0; i < messages; ++i)
      must(rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()), value.size(), nullptr, 0,
                            nullptr) == 0);
    must(rd_kafka_flush(client.handle, 60'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
  rd_kafka_topic_destroy(topic);
}

template <bool IsTold>
void send_producer(benchmark::State& state) {
  auto producer = kafka::producer::open(cluster().connection());
  std::uint64_t told = 0;  // of one thread
  for (auto _ : state) {
    for (std::size_t i = 0; i < messages; ++i) {
      ms::message one{.topic = "sent", .value = value, .partition = 0};
      if constexpr (IsTold)
        must(producer->send(std::move(one), [&told](const mr::result<ms::message_position>&) noexcept { ++told; })
                 .has_value());
      else
        must(producer->send(std::move(one)).has_value());
    }
    must(producer->flush(mr::seconds(60)).has_value());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
}

/// Fills the topic that is read, once.
void fill() {
  static const bool is_full = [] {
    auto producer = kafka::producer::open(cluster().connection());
    for (std::size_t i = 0; i < messages; ++i)
      must(producer->send({.topic = "read", .value = value, .partition = 0}).has_value());
    return producer->flush(mr::seconds(60)).has_value();
  }();
  must(is_full);
}

void read_librdkafka(benchmark::State& state) {
  fill();
  bare_client client(RD_KAFKA_CONSUMER, {{"group.id", "bare"}, {"enable.auto.commit", "false"}});
  rd_kafka_poll_set_consumer(client.handle);
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, "read", 0)->offset = 0;
  rd_kafka_assign(client.handle, list);
  std::size_t bytes = 0;
  const auto read_all = [&] {
    for (std::size_t i = 0; i < messages;) {
      rd_kafka_message_t* const one = rd_kafka_consumer_poll(client.handle, 1000);
      if (one == nullptr) continue;
      if (one->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        bytes += one->len;
        ++i;
      }
      rd_kafka_message_destroy(one);
    }
  };
  read_all();
  for (auto _ : state) {
    rd_kafka_error_t* const why = rd_kafka_seek_partitions(client.handle, list, 10'000);
    must(why == nullptr);
    read_all();
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_consumer_close(client.handle);
}

void read_consumer(benchmark::State& state) {
  fill();
  static auto consumer = kafka::consumer::open(cluster().reading(), {.group = "ours"}, "read");
  must(consumer.has_value());
  std::size_t bytes = 0;
  const auto read_all = [&] {
    for (std::size_t i = 0; i < messages;) {
      const auto batch = consumer->poll(static_cast<std::size_t>(state.range(0)), mr::seconds(1));
      must(batch.has_value());
      for (const ms::message& each : *batch) bytes += each.value.size();
      i += batch->size();
    }
  };
  static const bool has_begun = (read_all(), true);  // which waits for its partition
  (void)has_begun;
  for (auto _ : state) {
    must(consumer->seek({"read", 0, 0}).has_value());
    read_all();
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
}

BENCHMARK(send_librdkafka)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(send_producer<false>)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(send_producer<true>)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(read_librdkafka)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(read_consumer)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
