#ifndef MILLRACE_STORE_MESSAGES_LOCAL_QUEUE_OPTIONS_HPP
#define MILLRACE_STORE_MESSAGES_LOCAL_QUEUE_OPTIONS_HPP

#include <millrace/core/duration.hpp>
#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace store {

/// How much a local queue holds, and how it keeps it.
struct local_queue_options {
  /// Of each topic. A queue that is opened again keeps those that it had, if they are more.
  std::int32_t partitions = 4;
  /// Of all topics together. A message stays until all groups that read its topic have committed beyond it.
  std::size_t max_messages = 100'000;
  std::size_t max_bytes = std::size_t{64} << 20;
  /// How long `send` waits for room before it says that there is none; for `block`.
  duration send_wait = duration(0);
  /// How many messages wait for each other before they are kept, which `flush`, and a consumer that finds nothing, do
  /// not wait for. 1: `send` returns once its message is kept or that has failed.
  std::size_t batch = 1;
};

/// Where a group that has committed nothing begins to read a partition.
enum class read_from : std::uint8_t { first_message, next_message };

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_LOCAL_QUEUE_OPTIONS_HPP
