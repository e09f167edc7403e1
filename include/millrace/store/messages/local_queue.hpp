#ifndef MILLRACE_STORE_MESSAGES_LOCAL_QUEUE_HPP
#define MILLRACE_STORE_MESSAGES_LOCAL_QUEUE_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/detail/local_queue_state.hpp>
#include <millrace/store/messages/local_consumer.hpp>
#include <millrace/store/messages/local_queue_options.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>
#include <millrace/store/messages/queue_journal.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Topics without a broker, for one process: what it sends, its groups of consumers read, with the same concepts as
/// those of a broker's adapter, so that a program runs on either:
///
///     auto events = mr::store::local_queue<>::open();
///     auto sent = events->send({.topic = "events.metrics", .key = "api", .value = "150.5"});
///     auto reader = events->subscribe("dashboard", {"events.metrics"});
///     auto batch = reader->poll(100, mr::seconds(1));
///
/// It is bounded: a message stays until all groups that read its topic have committed beyond it, or, while no group
/// does, until the first one has. `Full` says what becomes of a message that finds no room. `block`: `send` waits
/// `send_wait` for room, then is refused with errc::unavailable. `drop_and_count`: the message is dropped, its callback
/// told errc::no_space, and `dropped()` is one more.
/// `Journal` is where it is kept: `kept_in_memory`, which the process takes with it, or `kept_in_storage`:
///
///     auto events = mr::store::local_queue<mr::store::block, mr::store::kept_in_storage<db>>::open({}, kept(storage));
///
/// A message is delivered once the journal has kept it; messages that threads send at once are kept together.
/// Guarantee: each group is given each message at least once, and those of a partition in order. A partition is one
/// member's at a time, and goes to another one only when its member has polled or is closed.
/// Models: message_producer. Threads: any number. Allocates: messages. Two processes do not share one: each would read
/// all messages of a journal.
template <full_policy Full = block, queue_journal Journal = kept_in_memory>
class local_queue {
  using state = detail::local_queue_state<Full, Journal>;

 public:
  using consumer = local_consumer<Full, Journal>;

  /// Errors: invalid_argument: no partition or no room; those of the journal's `restore`; corrupt: messages are missing
  /// among those that it has.
  static result<local_queue> open(const local_queue_options& options = {}, Journal journal = Journal()) {
    if (options.partitions < 1 || options.partitions > 4096 || options.max_messages == 0 || options.batch == 0)
      return error(errc::invalid_argument, "a local queue has 1 to 4096 partitions, and room for at least one message");
    local_queue made(new state(options, std::move(journal)));
    if (auto done = made.state_->restore(); !done) return std::move(done).error();
    return made;
  }

  /// Errors: unavailable: it is full; invalid_argument: the topic's name or the partition is none; out_of_range: the
  /// message is larger than the queue.
  result<void> send(message one, delivery_callback told = {}) { return state_->send(std::move(one), std::move(told)); }
  /// Errors: also those of the journal, of messages that failed.
  result<void> flush(duration limit) { return state_->flush(limit); }

  /// Makes a member of a group that reads these topics, which need not have messages yet.
  /// Errors: invalid_argument: a topic's name is none, there is none, or the group's has no or more than 200 bytes.
  result<consumer> subscribe(std::string_view group, std::span<const std::string_view> topics,
                             read_from start = read_from::first_message) {
    return consumer::make(*state_, group, topics, start);
  }
  result<consumer> subscribe(std::string_view group, std::string_view topic,
                             read_from start = read_from::first_message) {
    return subscribe(group, std::span(&topic, 1), start);
  }
  /// Forgets a group, so that nothing is kept for it any more. Errors: conflict: it has members; those of the journal.
  result<void> remove_group(std::string_view group) { return state_->remove_group(group); }

  /// How many messages are there, and how many were dropped for want of room.
  std::size_t size() const noexcept { return state_->size(); }
  std::uint64_t dropped() const noexcept { return state_->dropped(); }

 private:
  explicit local_queue(state* owned) noexcept : state_(owned) {}

  detail::owning_pointer<state> state_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_LOCAL_QUEUE_HPP
