#ifndef MILLRACE_CONNECT_KAFKA_CONSUMER_OPTIONS_HPP
#define MILLRACE_CONNECT_KAFKA_CONSUMER_OPTIONS_HPP

#include <millrace/connect/kafka/fwd.hpp>
#include <millrace/core/duration.hpp>

#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace kafka {

/// How partitions are shared when members come and go.
enum class partition_sharing : std::uint8_t {
  eager,  // all members give all partitions back, and are given theirs (`range,roundrobin`)
  // Members keep what stays theirs (`cooperative-sticky`); all of a group's members have to be so. From librdkafka 2.3
  // on: earlier ones end the process if such a consumer is closed before its first assignment (librdkafka#4312).
  cooperative,
};

/// Where a partition is read from if its group has committed nothing there, or what it has committed is not there any
/// more: too old, and removed, or of a topic that was deleted and made anew.
enum class begin_at : std::uint8_t {
  first_message,
  next_message,
  error,  // `poll` returns errc::out_of_range until somebody seeks: what who counts each message once needs
};

/// How a consumer reads.
struct consumer_options {
  /// The group that shares the partitions.
  std::string group = {};
  partition_sharing sharing = partition_sharing::eager;
  begin_at begin = begin_at::first_message;
  /// How long a call that asks the cluster waits for it: `commit`, `seek`, `close`.
  duration request_limit = seconds(30);
};

}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_CONSUMER_OPTIONS_HPP
