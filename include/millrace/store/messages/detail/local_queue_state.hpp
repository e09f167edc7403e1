#ifndef MILLRACE_STORE_MESSAGES_DETAIL_LOCAL_QUEUE_STATE_HPP
#define MILLRACE_STORE_MESSAGES_DETAIL_LOCAL_QUEUE_STATE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/messages/detail/local_topics.hpp>
#include <millrace/store/messages/local_queue_options.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>
#include <millrace/store/messages/queue_journal.hpp>

#include <pthread.h>
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

namespace detail {

template <full_policy Full, queue_journal Journal>
class local_queue_state {
 public:
  local_queue_state(const local_queue_options& options, Journal journal)
      : options_(options), journal_(std::move(journal)) {}

  result<void> restore();
  result<void> send(message&& one, delivery_callback&& told);
  result<void> flush(duration limit);
  result<void> remove_group(std::string_view name);
  std::size_t size() const noexcept {
    const lock_guard held(mutex_);
    return all_.messages;
  }
  std::uint64_t dropped() const noexcept {
    const lock_guard held(mutex_);
    return dropped_;
  }

  result<std::uint64_t> subscribe(std::string_view group, std::span<const std::string_view> topics, read_from start);
  void leave(std::string_view group, std::uint64_t member) noexcept {
    const lock_guard held(mutex_);
    all_.group(group).leave(member);
    changed_.notify_all();
  }
  result<void> commit(std::string_view group, std::uint64_t member, std::span<const message_position> next);

  /// Writes what waits to be written, until of `until` messages it is known what became of them; false: another thread
  /// writes them, and has not done so by `limit`. The mutex is held, and let go in between.
  bool settle(std::uint64_t until, std::uint64_t limit = ~std::uint64_t{0});

  mutex& guard() noexcept { return mutex_; }
  condition& changed() noexcept { return changed_; }
  local_topics& all() noexcept { return all_; }
  std::uint64_t accepted() const noexcept { return accepted_; }
  bool has_waiting() const noexcept { return !waiting_.empty(); }
  std::size_t find_topic(std::string_view name) {
    return all_.topic(name, options_.partitions, journal_.first_offset());
  }

 private:
  struct sending {
    message content;
    delivery_callback told;
  };
  /// The turn of the thread that writes. The mutex is held when it begins and ends.
  class writing {
   public:
    explicit writing(local_queue_state& queue) noexcept : queue_(&queue) {
      queue_->is_writing_ = true;
      queue_->writer_ = ::pthread_self();
    }
    writing(const writing&) = delete;
    writing& operator=(const writing&) = delete;
    ~writing() {
      queue_->is_writing_ = false;
      queue_->changed_.notify_all();
    }

   private:
    local_queue_state* queue_;
  };

  static constexpr std::int32_t max_partitions = 4096;

  static std::uint64_t now() noexcept { return steady_clock().ticks(); }
  static std::uint64_t limit_of(duration wait) noexcept {
    return now() + static_cast<std::uint64_t>(wait.nanoseconds < 0 ? 0 : wait.nanoseconds);
  }
  bool has_room(std::size_t bytes) const noexcept {
    return all_.messages < options_.max_messages && all_.bytes + bytes <= options_.max_bytes;
  }
  result<void> place(message& one);
  void write_batch();
  result<void> restored(std::vector<message>&& messages);
  result<void> restored(const group_offset& found);

  local_queue_options options_;
  Journal journal_;
  mutable mutex mutex_;  // guards what follows
  condition changed_;
  local_topics all_;
  std::vector<sending> waiting_;  // accepted, and not written yet
  bool is_writing_ = false;
  pthread_t writer_{};
  std::uint64_t accepted_ = 0;  // how many messages `send` has taken
  std::uint64_t told_ = 0;      // of how many of these it is known, and was told, what became of them
  std::uint64_t dropped_ = 0;
  std::uint64_t members_ = 0;  // how many there have been
  result<void> failed_;        // the first failure since the last flush
};

template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::restored(std::vector<message>&& messages) {
  const message& head = messages.front();
  const std::size_t topic = find_topic(head.topic);
  if (head.partition >= max_partitions)
    return error(errc::corrupt, "a local queue has a partition " + to_string(head.position()));
  all_.topic(head.topic, head.partition + 1, journal_.first_offset());
  local_partition& of = all_.partition(topic, head.partition);
  if (of.first() == of.end()) of.begin_at(head.offset);
  if (of.end() != head.offset)
    return error(errc::corrupt, "a local queue lacks messages of " + to_string(head.position()) + ", behind " +
                                    std::to_string(of.end()));
  of.objects.push_back(head.offset);
  for (message& each : messages) {
    ++all_.messages;
    all_.bytes += size_of(each);
    of.push(std::move(each));
  }
  return {};
}

template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::restored(const group_offset& found) {
  const message_position& next = found.next;
  if (next.partition >= max_partitions) return error(errc::corrupt, "a local queue has a partition " + to_string(next));
  const std::size_t topic = find_topic(next.topic);
  all_.topic(next.topic, next.partition + 1, journal_.first_offset());
  local_partition& of = all_.partition(topic, next.partition);
  of.begin_at(next.offset);
  if (next.offset > of.end())
    return error(errc::corrupt, "a group of a local queue has committed " + to_string(next) +
                                    ", and its messages end at " + std::to_string(of.end()));
  all_.group(found.group).claim(topic, next.partition).committed = next.offset;
  return {};
}

template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::restore() {
  result<void> done;
  const auto note = [&](result<void> more) {
    if (done && !more) done = std::move(more);
  };
  auto read = journal_.restore([&](std::vector<message> messages) { note(restored(std::move(messages))); },
                               [&](const group_offset& found) { note(restored(found)); });
  if (!read) return read;
  if (!done) return done;
  for (std::size_t t = 0; t < all_.topics.size(); ++t)
    for (std::size_t p = 0; p < all_.topics[t].partitions.size(); ++p) all_.trim(t, static_cast<std::int32_t>(p));
  return {};
}

/// Chooses the partition of a message, and gives it its time.
template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::place(message& one) {
  local_topic& topic = all_.topics[find_topic(one.topic)];
  const auto count = static_cast<std::int32_t>(topic.partitions.size());
  if (one.partition == any_partition)
    one.partition = one.key.empty() ? static_cast<std::int32_t>(topic.next++ % static_cast<std::uint32_t>(count))
                                    : partition_of(one.key, count);
  if (one.partition < 0 || one.partition >= count)
    return error(errc::invalid_argument, "the topic " + quoted_text(one.topic) + " of a local queue has " +
                                             std::to_string(count) + " partitions, and none " +
                                             std::to_string(one.partition));
  if (one.timestamp == 0) one.timestamp = static_cast<std::int64_t>(unix_nanoseconds() / 1'000'000);
  return {};
}

template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::send(message&& one, delivery_callback&& told) {
  if (auto fine = check_topic_name(one.topic); !fine) return fine;
  const std::size_t bytes = size_of(one);
  if (bytes > options_.max_bytes)
    return error(errc::out_of_range, "a message of " + std::to_string(bytes) + " bytes is larger than its local queue");
  const lock_guard held(mutex_);
  if (auto placed = place(one); !placed) return placed;
  if constexpr (Full::waits) {
    for (const std::uint64_t limit = limit_of(options_.send_wait); !has_room(bytes) && now() < limit;)
      changed_.wait_until(mutex_, limit);
    if (!has_room(bytes))
      return error(errc::unavailable, "the local queue is full, with " + std::to_string(all_.messages) +
                                          " messages that some group has not committed");
  } else if (!has_room(bytes)) {
    ++dropped_;
    error why(errc::no_space, "the local queue was full and dropped a message of " + to_string(one.position()));
    if (failed_) failed_ = why;
    const unlocked meanwhile(mutex_);
    told(result<message_position>(std::move(why)));
    return {};
  }
  ++all_.messages;
  all_.bytes += bytes;
  waiting_.push_back({std::move(one), std::move(told)});
  const std::uint64_t own = ++accepted_;
  if (waiting_.size() >= options_.batch) settle(own);
  return {};
}

template <full_policy Full, queue_journal Journal>
bool local_queue_state<Full, Journal>::settle(std::uint64_t until, std::uint64_t limit) {
  while (told_ < until) {
    if (!is_writing_) {
      const writing own(*this);
      while (!waiting_.empty()) write_batch();
    } else if (::pthread_equal(writer_, ::pthread_self()) != 0) {
      return true;  // from within a callback: it is written once that has returned
    } else {
      const std::uint64_t second = now() + 1'000'000'000;
      if (limit < second && now() >= limit) return false;
      changed_.wait_until(mutex_, limit < second ? limit : second);
    }
  }
  return true;
}

/// Writes what waits. The caller is the only writer.
template <full_policy Full, queue_journal Journal>
void local_queue_state<Full, Journal>::write_batch() {
  std::vector<sending> batch;
  batch.swap(waiting_);
  std::vector<message> messages;
  messages.reserve(batch.size());
  std::vector<std::size_t> order;  // of the batch, by partitions
  order.reserve(batch.size());
  struct object {
    std::size_t topic;
    std::int32_t partition;
    std::int64_t first;
  };
  std::vector<object> objects;
  // As many passes as there are partitions in the batch: few.
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const message& head = batch[i].content;
    if (head.offset != no_offset) continue;
    const std::size_t topic = find_topic(head.topic);
    std::int64_t next = all_.partition(topic, head.partition).end();
    objects.push_back({topic, head.partition, next});
    const std::string name = head.topic;
    const std::int32_t partition = head.partition;
    for (std::size_t j = i; j < batch.size(); ++j) {
      message& each = batch[j].content;
      if (each.offset != no_offset || each.partition != partition || each.topic != name) continue;
      each.offset = next++;
      order.push_back(j);
    }
  }
  for (const std::size_t i : order) messages.push_back(std::move(batch[i].content));

  const result<void> kept = [&] {
    const unlocked meanwhile(mutex_);
    return journal_.append(messages);
  }();

  std::vector<message_position> places(batch.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    if (batch[order[i]].told) places[order[i]] = messages[i].position();
  if (kept) {
    for (const object& each : objects) all_.partition(each.topic, each.partition).objects.push_back(each.first);
    std::size_t topic = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (i == 0 || all_.topics[topic].name != messages[i].topic) topic = find_topic(messages[i].topic);
      all_.partition(topic, messages[i].partition).push(std::move(messages[i]));
    }
  } else {
    all_.messages -= messages.size();
    for (const message& each : messages) all_.bytes -= size_of(each);
    if (failed_) failed_ = kept.error();
  }
  changed_.notify_all();
  {
    const unlocked meanwhile(mutex_);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!batch[i].told) continue;
      if (kept)
        batch[i].told(std::move(places[i]));
      else
        batch[i].told(kept.error());
    }
  }
  told_ += batch.size();
  changed_.notify_all();
}

template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::flush(duration limit) {
  const lock_guard held(mutex_);
  const std::uint64_t until = accepted_;
  if (!settle(until, limit_of(limit)))
    return error(errc::timeout, "a local queue has not kept " + std::to_string(until - told_) + " messages in time");
  return std::exchange(failed_, result<void>());
}

template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::remove_group(std::string_view name) {
  const lock_guard held(mutex_);
  for (std::size_t i = 0; i < all_.groups.size(); ++i) {
    if (all_.groups[i].name != name) continue;
    if (!all_.groups[i].members.empty())
      return error(errc::conflict, "the group " + quoted_text(name) + " of a local queue has members");
    if (auto gone = journal_.forget(name); !gone) return gone;
    std::vector<local_claim> claims = std::move(all_.groups[i].claims);
    all_.groups.erase(all_.groups.begin() + static_cast<std::ptrdiff_t>(i));
    for (const local_claim& each : claims) all_.trim(each.topic, each.partition);
    changed_.notify_all();
    return {};
  }
  return {};
}

template <full_policy Full, queue_journal Journal>
result<std::uint64_t> local_queue_state<Full, Journal>::subscribe(std::string_view group,
                                                                  std::span<const std::string_view> topics,
                                                                  read_from start) {
  if (group.empty() || group.size() > 200)
    return error(errc::invalid_argument, "a group of consumers has a name of 1 to 200 bytes");
  if (topics.empty()) return error(errc::invalid_argument, "a consumer reads at least one topic");
  for (const std::string_view each : topics)
    if (auto fine = check_topic_name(each); !fine) return std::move(fine).error();
  const lock_guard held(mutex_);
  local_member made{++members_, {}};
  for (const std::string_view each : topics) {
    const std::size_t topic = find_topic(each);
    made.topics.push_back(topic);
    for (std::size_t p = 0; p < all_.topics[topic].partitions.size(); ++p) {
      const auto partition = static_cast<std::int32_t>(p);
      local_claim& of = all_.group(group).claim(topic, partition);
      if (of.committed == no_offset && of.owner == 0 && start == read_from::next_message)
        of.committed = all_.partition(topic, partition).end();
    }
  }
  all_.group(group).members.push_back(std::move(made));
  changed_.notify_all();
  return members_;
}

template <full_policy Full, queue_journal Journal>
result<void> local_queue_state<Full, Journal>::commit(std::string_view group, std::uint64_t member,
                                                      std::span<const message_position> next) {
  const lock_guard held(mutex_);
  std::vector<message_position> unused;
  for (const message_position& each : next) {
    const std::size_t topic = find_topic(each.topic);
    const local_claim* const own = all_.group(group).find(topic, each.partition);
    if (own == nullptr || own->owner != member)
      return error(errc::conflict, "the partition " + to_string(topic_partition{each.topic, each.partition}) +
                                       " is not this consumer's, so it cannot commit in it");
    local_partition& of = all_.partition(topic, each.partition);
    if (each.offset < 0 || each.offset > of.end())
      return error(errc::out_of_range, "there is no offset " + to_string(each) + " to commit");
  }
  for (const message_position& each : next) {
    const std::size_t topic = find_topic(each.topic);
    const auto& objects = all_.partition(topic, each.partition).objects;
    const std::int64_t needed = all_.needed_from(topic, each.partition, group, each.offset);
    for (std::size_t i = 0; i + 1 < objects.size() && objects[i + 1] <= needed; ++i)
      unused.push_back({each.topic, each.partition, objects[i]});
  }
  auto kept = [&] {
    const unlocked meanwhile(mutex_);  // no other thread commits for this member, and its partitions stay its own
    return journal_.commit(group, next, unused);
  }();
  if (!kept) return kept;
  for (const message_position& each : unused) {
    auto& objects = all_.partition(find_topic(each.topic), each.partition).objects;
    while (!objects.empty() && objects.front() <= each.offset) objects.erase(objects.begin());
  }
  for (const message_position& each : next) {
    const std::size_t topic = find_topic(each.topic);
    all_.group(group).claim(topic, each.partition).committed = each.offset;
    all_.trim(topic, each.partition);
  }
  changed_.notify_all();
  return {};
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_DETAIL_LOCAL_QUEUE_STATE_HPP
