#ifndef MILLRACE_CONNECT_KAFKA_OBSERVED_HPP
#define MILLRACE_CONNECT_KAFKA_OBSERVED_HPP

/// observed: producers and consumers of Kafka's on the metrics of observe. connect/kafka.hpp leaves it out, since it
/// needs observe/metrics.
///
/// - `kafka_metrics`: what was published, what was not, how far behind consumers are, and which brokers are there

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/store/messages/consumer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {

/// Shows in a metrics registry, before each snapshot, what a producer and consumers have done:
///
///   kafka_messages_published_total   delivered to a broker: a rate of it is messages published per second
///   kafka_publish_errors_total       not delivered, or dropped for want of room
///   kafka_publish_error_ratio        of those since the last update, how many were not delivered: 0 to 1
///   kafka_publish_queue_messages     that wait for their delivery
///   kafka_topic_partition_lag        by topic and partition: messages that a consumer has not been given yet
///   kafka_broker_up                  by broker: 1 with a connection, 0 without
///   kafka_brokers_available          how many of these are 1
///
///     auto shown = mr::connect::kafka::kafka_metrics::make(registry);
///     ...
///     if (auto done = shown->update(*producer); !done) ...   // and update(*consumer)
///
/// A partition that went to another member stays at the lag that it had last until that is 0: `update` sets it so.
/// Threads: one at a time, and the consumer's own for `update(consumer)`. The registry outlives it.
/// Errors: those of `metrics_registry`.
class kafka_metrics {
 public:
  static result<kafka_metrics> make(observe::metrics_registry& shown) {
    kafka_metrics made(shown);
    auto published = shown.counter({"kafka_messages_published_total", "Messages that a broker has."});
    if (!published) return std::move(published).error();
    made.published_ = *published;
    auto errors = shown.counter({"kafka_publish_errors_total", "Messages that were not delivered."});
    if (!errors) return std::move(errors).error();
    made.errors_ = *errors;
    struct row {
      const char* name;
      const char* help;
      observe::gauge* shows;
    };
    const row rows[] = {
        {"kafka_publish_error_ratio", "Of the last messages, the part that was not delivered.", &made.ratio_},
        {"kafka_publish_queue_messages", "Messages that wait for their delivery.", &made.waiting_},
        {"kafka_brokers_available", "Brokers with a connection.", &made.available_}};
    for (const row& each : rows) {
      const auto shows = shown.gauge({each.name, each.help});
      if (!shows) return shows.error();
      *each.shows = *shows;
    }
    return made;
  }

  /// Of a producer, transactional or not.
  template <class Producer>
  requires requires(const Producer& of) { of.delivered() + of.failed(); }
  result<void> update(const Producer& of) {
    const std::uint64_t delivered = of.delivered();
    const std::uint64_t failed = of.failed();
    const std::uint64_t more = delivered - last_delivered_;
    const std::uint64_t worse = failed - last_failed_;
    published_.add(more);
    errors_.add(worse);
    if (more + worse > 0) ratio_.set(static_cast<double>(worse) / static_cast<double>(more + worse));
    last_delivered_ = delivered;
    last_failed_ = failed;
    if constexpr (requires { of.waiting(); }) waiting_.set(static_cast<double>(of.waiting()));
    return show_brokers(of.brokers());
  }
  /// Of a consumer: any that knows its lag, a local queue's among them.
  template <store::knows_lag Consumer>
  result<void> update(const Consumer& of) {
    for (partition& each : partitions_) each.is_seen = false;
    for (const store::partition_lag& each : of.lag()) {
      auto found = find(each.partition);
      if (!found) return std::move(found).error();
      (*found)->gauge.set(static_cast<double>(each.messages));
      (*found)->is_seen = true;
    }
    for (const partition& each : partitions_)
      if (!each.is_seen) each.gauge.set(0);
    if constexpr (requires { of.brokers(); }) return show_brokers(of.brokers());
    return {};
  }

 private:
  struct partition {
    store::topic_partition at;
    observe::gauge gauge;
    bool is_seen = false;
  };
  struct broker {
    std::string name;
    observe::gauge gauge;
  };

  explicit kafka_metrics(observe::metrics_registry& shown) noexcept : registry_(&shown) {}

  result<partition*> find(const store::topic_partition& at) {
    for (partition& each : partitions_)
      if (each.at == at) return &each;
    const std::string number = std::to_string(at.partition);
    auto made = registry_->gauge({"kafka_topic_partition_lag", "Messages that a consumer was not given yet."},
                                 {{"topic", at.topic}, {"partition", number}});
    if (!made) return std::move(made).error();
    partitions_.push_back({at, *made, false});
    return &partitions_.back();
  }
  result<void> show_brokers(const std::vector<broker_state>& now) {
    if (now.empty()) return {};
    std::size_t available = 0;
    for (const broker_state& each : now) {
      std::size_t i = 0;
      while (i < brokers_.size() && brokers_[i].name != each.name) ++i;
      if (i == brokers_.size()) {
        auto made = registry_->gauge({"kafka_broker_up", "Whether there is a connection to a broker."},
                                     {{"broker", each.name}});
        if (!made) return std::move(made).error();
        brokers_.push_back({each.name, *made});
      }
      brokers_[i].gauge.set(each.is_up ? 1 : 0);
      available += each.is_up ? 1U : 0U;
    }
    available_.set(static_cast<double>(available));
    return {};
  }

  observe::metrics_registry* registry_;
  observe::counter published_;
  observe::counter errors_;
  observe::gauge ratio_;
  observe::gauge waiting_;
  observe::gauge available_;
  std::uint64_t last_delivered_ = 0;
  std::uint64_t last_failed_ = 0;
  std::vector<partition> partitions_;
  std::vector<broker> brokers_;
};

}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_OBSERVED_HPP
