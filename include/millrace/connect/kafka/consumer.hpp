#ifndef MILLRACE_CONNECT_KAFKA_CONSUMER_HPP
#define MILLRACE_CONNECT_KAFKA_CONSUMER_HPP

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/consumer_options.hpp>
#include <millrace/connect/kafka/detail/receiving.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/message.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {

class transactional_producer;

/// A member of a consumer group of Kafka's:
///
///     auto reader = mr::connect::kafka::consumer::open({.brokers = "kafka:9092"}, {.group = "dashboard"},
///     "events.user"); auto batch = reader->poll(1000, mr::seconds(1));
///     ...
///     auto kept = reader->commit(mr::store::positions_behind(*batch));
///
/// Nothing is committed but what `commit` is told, and librdkafka keeps no offsets of its own, so none of them is stale
/// after a rebalance. What a poll has found of a partition that goes in the same poll is not returned. Who does not
/// poll for `max.poll.interval.ms` loses its partitions, whatever else it does. With `begin_at::error`, a partition
/// whose offset is not there makes each `poll` errc::out_of_range until somebody seeks, or the partition goes to
/// another member. Models: store::message_consumer, store::knows_lag. Threads: one at a time. Complexity, allocation: a
/// copy of each message. Its end leaves the group. Errors of the group and of its topics are `poll`'s; brokers that are
/// away are none: nothing comes, and `status` says why.
class consumer {
 public:
  /// Errors: invalid_argument, with the setting, or the topic's name; unsupported: cooperative sharing, before
  /// librdkafka 2.3.
  static result<consumer> open(connection_options connection, const consumer_options& options,
                               std::span<const std::string_view> topics) {
    consumer made(new detail::receiving_client(std::move(connection), options));
    if (auto begun = made.client_->begin(topics); !begun) return std::move(begun).error();
    return made;
  }
  static result<consumer> open(connection_options connection, const consumer_options& options, std::string_view topic) {
    return open(std::move(connection), options, std::span(&topic, 1));
  }

  result<std::vector<store::message>> poll(std::size_t most, duration wait) {
    store::ignored_rebalances none;
    return poll(most, wait, none);
  }
  template <store::rebalance_hooks Hooks>
  result<std::vector<store::message>> poll(std::size_t most, duration wait, Hooks& hooks) {
    if (client_->is_closed()) return closed();
    return client_->poll(most, wait, detail::hooks_ref::make(hooks));
  }
  /// Waits until the cluster has it. Errors: conflict; those of the cluster.
  result<void> commit(std::span<const store::message_position> next) {
    if (client_->is_closed()) return closed();
    return client_->commit(next);
  }
  /// Errors: conflict; timeout.
  result<void> seek(const store::message_position& to) {
    if (client_->is_closed()) return closed();
    return client_->seek(to);
  }
  /// Has these partitions of the member's return nothing until they are resumed, which go on where they were. A
  /// partition that is given to the member anew is not paused. Errors: conflict.
  result<void> pause(std::span<const store::topic_partition> partitions) {
    if (client_->is_closed()) return closed();
    return client_->pause(partitions, true);
  }
  result<void> resume(std::span<const store::topic_partition> partitions) {
    if (client_->is_closed()) return closed();
    return client_->pause(partitions, false);
  }

  std::vector<store::topic_partition> assignment() const {
    return client_->is_closed() ? std::vector<store::topic_partition>() : client_->assignment();
  }
  /// Of the partitions of which a message was read, or whose hook said where to begin: by what the last fetch has said
  /// of their ends.
  std::vector<store::partition_lag> lag() const {
    return client_->is_closed() ? std::vector<store::partition_lag>() : client_->lag();
  }
  std::vector<broker_state> brokers() const { return client_->brokers(); }
  /// The last error that no call has returned.
  result<void> status() const { return client_->status(); }

  result<void> close() {
    store::ignored_rebalances none;
    return close(none);
  }
  template <store::rebalance_hooks Hooks>
  result<void> close(Hooks& hooks) {
    if (client_->is_closed()) return closed();
    return client_->close(detail::hooks_ref::make(hooks));
  }

 private:
  friend transactional_producer;
  explicit consumer(detail::receiving_client* owned) noexcept : client_(owned) {}
  static error closed() { return error(errc::closed, "the consumer of Kafka's is closed"); }

  detail::owning_pointer<detail::receiving_client> client_;
};

}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_CONSUMER_HPP
