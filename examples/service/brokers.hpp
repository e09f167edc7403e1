#ifndef MILLRACE_EXAMPLES_SERVICE_BROKERS_HPP
#define MILLRACE_EXAMPLES_SERVICE_BROKERS_HPP

#include "events.hpp"
#include "models.hpp"
#include "settings.hpp"

#include <millrace/store/messages/local_queue.hpp>

#include <memory>
#include <string>
#include <utility>

namespace service {

/// Where events wait, as a policy: a producer, and a consumer of the service's group.
///
/// This one is a queue of the service's own in a file of SQLite: what was accepted outlives the process.
/// kafka_broker.hpp has the other.
class local_broker {
 public:
  using queue_type = ms::local_queue<ms::block, ms::kept_in_storage<storage_type>>;
  using consumer_type = queue_type::consumer;
  /// Nobody else sends to it: at the end it is emptied.
  static constexpr bool ends = true;

  static mr::result<local_broker> open(const service_settings& with) {
    auto storage = storage_type::open(with.path("queue.db"));
    if (!storage) return std::move(storage).error();
    local_broker made;
    made.storage_ = std::make_unique<storage_type>(*std::move(storage));
    auto queue = queue_type::open({.partitions = with.source.partitions,
                                   .max_messages = with.source.max_waiting,
                                   .send_wait = mr::seconds(1),
                                   .batch = 256},
                                  ms::kept_in_storage(*made.storage_));
    if (!queue) return std::move(queue).error();
    made.queue_ = std::make_unique<queue_type>(*std::move(queue));
    return made;
  }
  queue_type& producer() { return *queue_; }
  mr::result<consumer_type> subscribe(const service_settings& with) {
    return queue_->subscribe(with.source.group, all_topics::names);
  }

 private:
  std::unique_ptr<storage_type> storage_;
  std::unique_ptr<queue_type> queue_;
};

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_BROKERS_HPP
