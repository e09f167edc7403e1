#ifndef MILLRACE_STORE_MESSAGES_LOCAL_CONSUMER_HPP
#define MILLRACE_STORE_MESSAGES_LOCAL_CONSUMER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/messages/consumer.hpp>
#include <millrace/store/messages/detail/local_queue_state.hpp>
#include <millrace/store/messages/detail/local_topics.hpp>
#include <millrace/store/messages/local_queue_options.hpp>
#include <millrace/store/messages/message.hpp>
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

/// A member of a group that reads a local queue, which outlives it: `local_queue::subscribe` makes one.
/// Models: message_consumer, knows_lag. Threads: one at a time; the members of a queue at once. Complexity: a poll is
/// linear in the messages that it returns, which are copied, and in the group's partitions.
template <full_policy Full, queue_journal Journal>
class local_consumer {
  using state = detail::local_queue_state<Full, Journal>;

 public:
  static result<local_consumer> make(state& queue, std::string_view group, std::span<const std::string_view> topics,
                                     read_from start) {
    const auto number = queue.subscribe(group, topics, start);
    if (!number) return number.error();
    return local_consumer(queue, group, *number);
  }
  local_consumer(local_consumer&& other) noexcept
      : queue_(std::exchange(other.queue_, nullptr)),
        group_(std::move(other.group_)),
        number_(other.number_),
        own_(std::move(other.own_)),
        turn_(other.turn_) {}
  local_consumer& operator=(local_consumer other) noexcept {
    std::swap(queue_, other.queue_);
    std::swap(group_, other.group_);
    std::swap(number_, other.number_);
    std::swap(own_, other.own_);
    std::swap(turn_, other.turn_);
    return *this;
  }
  /// Leaves its group; what it has not committed, others read again.
  ~local_consumer() { leave(); }

  result<std::vector<message>> poll(std::size_t most, duration wait) {
    ignored_rebalances none;
    return poll(most, wait, none);
  }
  /// Errors: closed; out_of_range: a hook or the group says to go on where the partition ends before.
  template <rebalance_hooks Hooks>
  result<std::vector<message>> poll(std::size_t most, duration wait, Hooks& hooks);

  result<void> commit(std::span<const message_position> next) {
    if (queue_ == nullptr) return closed();
    return queue_->commit(group_, number_, next);
  }
  /// Errors: also out_of_range: the partition ends before.
  result<void> seek(const message_position& next) {
    if (queue_ == nullptr) return closed();
    const detail::lock_guard held(queue_->guard());
    for (owned& each : own_) {
      if (each.partition != next.partition || name_of(each) != next.topic) continue;
      if (auto fine = check_start(each, next.offset); !fine) return fine;
      each.next = next.offset;
      return {};
    }
    return error(errc::conflict, "the partition " + to_string(topic_partition{next.topic, next.partition}) +
                                     " is not this consumer's, so it cannot seek in it");
  }

  std::vector<topic_partition> assignment() const {
    if (queue_ == nullptr) return {};
    const detail::lock_guard held(queue_->guard());
    return names_of(own_);
  }
  std::vector<partition_lag> lag() const {
    if (queue_ == nullptr) return {};
    const detail::lock_guard held(queue_->guard());
    std::vector<partition_lag> made;
    for (const owned& each : own_) {
      const detail::local_partition& of = queue_->all().partition(each.topic, each.partition);
      const std::int64_t from = each.next > of.first() ? each.next : of.first();
      made.push_back({{name_of(each), each.partition}, of.end() - from});
    }
    return made;
  }

  result<void> close() {
    ignored_rebalances none;
    return close(none);
  }
  template <rebalance_hooks Hooks>
  result<void> close(Hooks& hooks) {
    if (queue_ == nullptr) return closed();
    const auto gone = assignment();
    if (!gone.empty()) hooks.revoked(gone);
    leave();
    return {};
  }

 private:
  struct owned {
    std::size_t topic = 0;
    std::int32_t partition = 0;
    std::int64_t next = 0;
  };

  local_consumer(state& queue, std::string_view group, std::uint64_t number)
      : queue_(&queue), group_(group), number_(number) {}

  static error closed() { return error(errc::closed, "the consumer of a local queue is closed"); }
  void leave() noexcept {
    if (queue_ != nullptr) std::exchange(queue_, nullptr)->leave(group_, number_);
    own_.clear();
  }
  // What follows is called with the queue's mutex held.
  const std::string& name_of(const owned& one) const noexcept { return queue_->all().topics[one.topic].name; }
  std::vector<topic_partition> names_of(const std::vector<owned>& which) const {
    std::vector<topic_partition> made;
    for (const owned& each : which) made.push_back({name_of(each), each.partition});
    return made;
  }
  result<void> check_start(const owned& of, std::int64_t offset) const {
    const std::int64_t end = queue_->all().partition(of.topic, of.partition).end();
    if (offset >= 0 && offset <= end) return {};
    return error(errc::out_of_range, "the partition " + to_string(topic_partition{name_of(of), of.partition}) +
                                         " of the local queue ends at " + std::to_string(end) + ", before " +
                                         std::to_string(offset));
  }
  template <class Hooks>
  void give_back(Hooks& hooks);
  template <class Hooks>
  result<void> obtain(Hooks& hooks);
  std::vector<message> gather(std::size_t most);

  state* queue_;
  std::string group_;
  std::uint64_t number_;
  std::vector<owned> own_;
  std::size_t turn_ = 0;  // which partition the next poll begins with
};

/// Gives back what is another member's to be.
template <full_policy Full, queue_journal Journal>
template <class Hooks>
void local_consumer<Full, Journal>::give_back(Hooks& hooks) {
  std::vector<owned> gone;
  std::vector<owned> kept;
  for (const owned& each : own_) {
    detail::local_group& group = queue_->all().group(group_);
    (group.heir(*group.find(each.topic, each.partition)) == number_ ? kept : gone).push_back(each);
  }
  if (gone.empty()) return;
  {
    const auto names = names_of(gone);
    const detail::unlocked meanwhile(queue_->guard());
    hooks.revoked(std::span<const topic_partition>(names));
  }
  for (const owned& each : gone) queue_->all().group(group_).find(each.topic, each.partition)->owner = 0;
  own_ = std::move(kept);
  queue_->changed().notify_all();
}

/// Takes what is this member's to be and nobody's any more.
template <full_policy Full, queue_journal Journal>
template <class Hooks>
result<void> local_consumer<Full, Journal>::obtain(Hooks& hooks) {
  std::vector<owned> added;
  std::vector<message_position> starts;
  detail::local_group& group = queue_->all().group(group_);
  for (detail::local_claim& each : group.claims) {
    if (each.owner != 0 || group.heir(each) != number_) continue;
    each.owner = number_;
    added.push_back({each.topic, each.partition, 0});
    starts.push_back({name_of(added.back()), each.partition, each.committed});
  }
  if (added.empty()) return {};
  {
    const detail::unlocked meanwhile(queue_->guard());
    hooks.assigned(std::span(starts));
  }
  result<void> done;
  for (std::size_t i = 0; i < added.size(); ++i) {
    owned& each = added[i];
    const std::int64_t first = queue_->all().partition(each.topic, each.partition).first();
    each.next = starts[i].offset == no_offset ? first : starts[i].offset;
    if (auto fine = check_start(each, each.next); !fine) {
      // Whoever polls next is told the same: reading on elsewhere would leave messages out, or read them again.
      queue_->all().group(group_).find(each.topic, each.partition)->owner = 0;
      done = std::move(fine);
    } else {
      own_.push_back(each);
    }
  }
  return done;
}

template <full_policy Full, queue_journal Journal>
std::vector<message> local_consumer<Full, Journal>::gather(std::size_t most) {
  std::vector<message> made;
  if (!own_.empty()) turn_ = (turn_ + 1) % own_.size();
  for (std::size_t i = 0; i < own_.size(); ++i) {
    owned& from = own_[(turn_ + i) % own_.size()];
    const detail::local_partition& of = queue_->all().partition(from.topic, from.partition);
    if (from.next < of.first()) from.next = of.first();
    for (; made.size() < most && from.next < of.end(); ++from.next) made.push_back(of.at(from.next));
  }
  return made;
}

template <full_policy Full, queue_journal Journal>
template <rebalance_hooks Hooks>
result<std::vector<message>> local_consumer<Full, Journal>::poll(std::size_t most, duration wait, Hooks& hooks) {
  if (queue_ == nullptr) return closed();
  const std::uint64_t limit =
      steady_clock().ticks() + static_cast<std::uint64_t>(wait.nanoseconds < 0 ? 0 : wait.nanoseconds);
  const detail::lock_guard held(queue_->guard());
  for (;;) {
    give_back(hooks);
    if (auto done = obtain(hooks); !done) return std::move(done).error();
    std::vector<message> made = gather(most);
    if (made.empty() && queue_->has_waiting()) {
      queue_->settle(queue_->accepted());
      made = gather(most);
    }
    if (!made.empty() || steady_clock().ticks() >= limit) return made;
    queue_->changed().wait_until(queue_->guard(), limit);
  }
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_LOCAL_CONSUMER_HPP
