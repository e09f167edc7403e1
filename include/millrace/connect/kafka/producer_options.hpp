#ifndef MILLRACE_CONNECT_KAFKA_PRODUCER_OPTIONS_HPP
#define MILLRACE_CONNECT_KAFKA_PRODUCER_OPTIONS_HPP

#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/duration.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {

/// How a producer sends.
struct producer_options {
  /// Whether a message that is sent again, since nobody knows what became of it, can come twice.
  bool is_idempotent = true;
  /// How many messages wait for their delivery at most; see also the setting `queue.buffering.max.kbytes`.
  std::size_t max_messages = 100'000;
  /// How long `send` waits for room before it says that there is none.
  duration send_wait = duration(0);
  /// How long a message is tried, and a transaction may be open, after which the cluster aborts it.
  duration delivery_limit = seconds(300);
};

}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_PRODUCER_OPTIONS_HPP
