#ifndef MILLRACE_EXAMPLES_SERVICE_KAFKA_BROKER_HPP
#define MILLRACE_EXAMPLES_SERVICE_KAFKA_BROKER_HPP

#include "events.hpp"
#include "settings.hpp"

#include <millrace/connect/kafka.hpp>

#include <string>
#include <utility>

namespace service {

/// Kafka in the place of the service's own queue.
class kafka_broker {
 public:
  using producer_type = mr::connect::kafka::producer;
  using consumer_type = mr::connect::kafka::consumer;
  /// Others go on sending: at the end what was read is used, and the rest is another replica's.
  static constexpr bool ends = false;

  static mr::result<kafka_broker> open(const service_settings& with) {
    auto made = producer_type::open(connection(with));
    if (!made) return std::move(made).error();
    return kafka_broker(*std::move(made));
  }
  producer_type& producer() { return producer_; }
  mr::result<consumer_type> subscribe(const service_settings& with) {
    return consumer_type::open(connection(with), {.group = with.source.group}, all_topics::names);
  }

 private:
  explicit kafka_broker(producer_type producer) : producer_(std::move(producer)) {}

  static mr::connect::kafka::connection_options connection(const service_settings& with) {
    std::string brokers;
    for (const std::string& each : with.source.brokers) brokers += (brokers.empty() ? "" : ",") + each;
    return {.brokers = std::move(brokers)};
  }

  producer_type producer_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_KAFKA_BROKER_HPP
