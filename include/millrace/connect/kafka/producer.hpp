#ifndef MILLRACE_CONNECT_KAFKA_PRODUCER_HPP
#define MILLRACE_CONNECT_KAFKA_PRODUCER_HPP

#include <millrace/connect/kafka/connection.hpp>
#include <millrace/connect/kafka/detail/client.hpp>
#include <millrace/connect/kafka/detail/errors.hpp>
#include <millrace/connect/kafka/detail/sending.hpp>
#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/connect/kafka/producer_options.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {

/// Sends messages to a cluster of Kafka's:
///
///     auto events = mr::connect::kafka::producer::open({.brokers = "kafka:9092"});
///     auto sent = events->send({.topic = "events.user", .key = "ann", .value = "login"});
///     auto done = events->flush(mr::seconds(10));
///
/// A message that `send` has taken is tried again, with growing pauses (`retry.backoff.ms`), until a broker has it or
/// `delivery_limit` is over. An idempotent producer, the default, sends no message twice and keeps their order over
/// retries; all in-sync replicas have a message before its callback is told. `Full` says what becomes of a message that
/// finds the queue full: with `block`, `send` waits `send_wait`, then returns errc::unavailable; with `drop_and_count`
/// it is dropped, its callback told errc::no_space, and `dropped()` is one more.
/// Keys choose partitions by their CRC-32, as `store::partition_of` does; messages without one go to any.
/// While others go on sending, `flush` waits for their messages, too.
/// Models: store::message_producer. Threads: any number; callbacks are called on a thread of its own. Complexity: a
/// copy of the message. Allocates: the copy, and a callback.
/// Its end waits for nothing: what was not delivered is told errc::cancelled. `close` waits.
template <class Full = store::block>
class basic_producer {
  static_assert(millrace::detail::requirement<store::full_policy<Full>, Full>,
                "millrace[KAFKA-1]: what a full queue does with a message is store::block or store::drop_and_count");

 public:
  /// Errors: invalid_argument, with the setting at fault. Brokers that are away are no error: messages wait for them.
  static result<basic_producer> open(connection_options connection, const producer_options& options = {}) {
    basic_producer made(new detail::sending_client(std::move(connection), options));
    if (auto begun = made.client_->begin({}); !begun) return std::move(begun).error();
    return made;
  }

  result<void> send(store::message one, store::delivery_callback told = {}) {
    if (client_->is_closed()) return closed();
    return client_->send(one, std::move(told), Full::waits);
  }
  result<void> flush(duration limit) {
    if (client_->is_closed()) return closed();
    return client_->flush(limit);
  }
  /// Waits like `flush`, then ends: later calls are errc::closed, and what was not delivered is told errc::cancelled.
  /// Precondition: no other thread sends.
  result<void> close(duration limit) {
    if (client_->is_closed()) return closed();
    auto done = client_->flush(limit);
    client_->end();
    return done;
  }

  /// How many messages were delivered, were not, and were dropped for want of room.
  std::uint64_t delivered() const noexcept { return client_->delivered(); }
  std::uint64_t failed() const noexcept { return client_->failed(); }
  std::uint64_t dropped() const noexcept { return client_->dropped(); }
  /// How many wait for their delivery.
  std::uint64_t waiting() const noexcept { return client_->waiting(); }
  /// The brokers that it knows of, as of the last look; none before the first.
  std::vector<broker_state> brokers() const { return client_->brokers(); }
  /// The last error that no call has returned, such as brokers that are away; success once all of them are back.
  result<void> status() const { return client_->status(); }

 private:
  explicit basic_producer(detail::sending_client* owned) noexcept : client_(owned) {}
  static error closed() { return error(errc::closed, "the producer of Kafka's is closed"); }

  detail::owning_pointer<detail::sending_client> client_;
};

/// One whose `send` says that there is no room.
using producer = basic_producer<store::block>;

}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_PRODUCER_HPP
