#ifndef MILLRACE_STORE_MESSAGES_CONSUMER_HPP
#define MILLRACE_STORE_MESSAGES_CONSUMER_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/messages/message.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// What is told when a consumer is given partitions and when it loses them, on the thread that polls and while it does:
/// `assigned(starts)` before their first message, with where each of them will be read from, or `no_offset` where the
/// broker decides; it may change the offsets. `revoked(partitions)` before they are somebody else's, so that what was
/// read of them can still be committed. `abandoned(partitions)` when they are already, so that a commit would fail.
/// None of them throws, and none calls the consumer.
template <class H>
concept rebalance_hooks =
    requires(H& hooks, std::span<message_position> starts, std::span<const topic_partition> partitions) {
      { hooks.assigned(starts) } noexcept;
      { hooks.revoked(partitions) } noexcept;
      { hooks.abandoned(partitions) } noexcept;
    };

/// Hooks of who has no state by partition: partitions are read from where their group has committed.
struct ignored_rebalances {
  void assigned(std::span<message_position>) const noexcept {}
  void revoked(std::span<const topic_partition>) const noexcept {}
  void abandoned(std::span<const topic_partition>) const noexcept {}
};

/// A member of a group that reads topics. Each partition is read by one member at a time. The laws, which
/// tests/laws/messages.hpp asks for:
///
/// - `poll(most, wait)` returns at most `most` messages of the member's partitions, each partition's in the order of
///   their offsets; none if there is none within `wait`. It takes part in rebalances: who does not poll for long loses
///   its partitions. Without hooks they are `ignored_rebalances`.
/// - A message is returned again, to whichever member has its partition, unless an offset beyond its own was committed:
///   at least once.
/// - `commit(next)` keeps, for each partition in it, the offset of the next message to read. errc::conflict: one of
/// them
///   is not the member's any more, and nothing of it is kept. Success: whoever reads the partition next begins there.
/// - `seek(next)`: the next poll reads that partition of the member's from there. errc::conflict: it is not its own.
/// - `assignment()` is what the member has since its last poll.
/// - `close(hooks)` gives its partitions back, after `revoked`; later calls are errc::closed.
/// - One thread at a time.
template <class C>
concept message_consumer = requires(C& consumer, std::size_t most, duration wait, ignored_rebalances& hooks,
                                    std::span<const message_position> next, const message_position& to) {
  { consumer.poll(most, wait) } -> std::same_as<result<std::vector<message>>>;
  { consumer.poll(most, wait, hooks) } -> std::same_as<result<std::vector<message>>>;
  { consumer.commit(next) } -> std::same_as<result<void>>;
  { consumer.seek(to) } -> std::same_as<result<void>>;
  { std::as_const(consumer).assignment() } -> std::same_as<std::vector<topic_partition>>;
  { consumer.close(hooks) } -> std::same_as<result<void>>;
};

/// How far a member is behind in one of its partitions.
struct partition_lag {
  topic_partition partition;
  std::int64_t messages = 0;  ///< that are there and were not returned by a poll yet

  friend bool operator==(const partition_lag&, const partition_lag&) = default;
};

/// A consumer that knows how far behind it is: `lag()` says it of each partition of the member's of which it is known.
template <class C>
concept knows_lag = requires(const C& consumer) {
  { consumer.lag() } -> std::same_as<std::vector<partition_lag>>;
};

/// Where to go on behind messages that a poll has returned: for each of their partitions, the offset behind the last.
/// What `commit` is given. Complexity: messages times partitions among them.
inline std::vector<message_position> positions_behind(std::span<const message> messages) {
  std::vector<message_position> made;
  for (const message& each : messages) {
    message_position* found = nullptr;
    for (message_position& next : made)
      if (next.partition == each.partition && next.topic == each.topic) found = &next;
    if (found == nullptr) found = &made.emplace_back(message_position{each.topic, each.partition, 0});
    if (found->offset <= each.offset) found->offset = each.offset + 1;
  }
  return made;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_CONSUMER_HPP
