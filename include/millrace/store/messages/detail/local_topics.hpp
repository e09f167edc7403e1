#ifndef MILLRACE_STORE_MESSAGES_DETAIL_LOCAL_TOPICS_HPP
#define MILLRACE_STORE_MESSAGES_DETAIL_LOCAL_TOPICS_HPP

#include <millrace/core/detail/mutex.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/messages/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a local queue holds: topics with their messages, and groups with their members. No locks: the queue's.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Lets a mutex go for a while that the caller holds.
class unlocked {
 public:
  explicit unlocked(mutex& held) noexcept : held_(&held) { held_->unlock(); }
  unlocked(const unlocked&) = delete;
  unlocked& operator=(const unlocked&) = delete;
  ~unlocked() { held_->lock(); }

 private:
  mutex* held_;
};

/// The messages of one partition that are there, in order.
class local_partition {
 public:
  explicit local_partition(std::int64_t first) noexcept : end_(first) {}

  /// The offset of the first message that is there, `end` if there is none; the offset of the next one.
  std::int64_t first() const noexcept { return end_ - static_cast<std::int64_t>(messages_.size() - begin_); }
  std::int64_t end() const noexcept { return end_; }

  /// Puts a message at the end, whose offset it has, or beyond it.
  void push(message&& one) {
    if (messages_.size() == begin_) drop_all();
    end_ = one.offset + 1;
    messages_.push_back(std::move(one));
  }
  /// Moves the end of a partition without messages forward.
  void begin_at(std::int64_t offset) noexcept {
    if (offset > end_ && messages_.size() == begin_) end_ = offset;
  }
  /// Precondition: first() <= offset < end().
  const message& at(std::int64_t offset) const noexcept {
    return messages_[begin_ + static_cast<std::size_t>(offset - first())];
  }
  /// Where objects of the journal begin.
  std::vector<std::int64_t> objects;

  /// Removes messages below an offset; returns how many there were, and adds how many bytes they had.
  std::size_t trim(std::int64_t below, std::size_t& bytes) {
    std::size_t gone = 0;
    while (begin_ < messages_.size() && messages_[begin_].offset < below) {
      bytes += size_of(messages_[begin_]);
      messages_[begin_++] = message();
      ++gone;
    }
    if (begin_ == messages_.size()) {
      drop_all();
    } else if (begin_ > 64 && begin_ > messages_.size() / 2) {
      messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
    }
    return gone;
  }

 private:
  void drop_all() noexcept {
    messages_.clear();
    begin_ = 0;
  }

  std::vector<message> messages_;
  std::size_t begin_ = 0;
  std::int64_t end_;
};

struct local_topic {
  std::string name;
  std::vector<local_partition> partitions;
  std::uint32_t next = 0;  // whose turn it is among messages without a key
};

/// A group's claim on one partition.
struct local_claim {
  std::size_t topic = 0;
  std::int32_t partition = 0;
  std::int64_t committed = no_offset;
  std::uint64_t owner = 0;  // a member's number; 0: nobody's
};

struct local_member {
  std::uint64_t number = 0;
  std::vector<std::size_t> topics;
};

struct local_group {
  std::string name;
  std::vector<local_claim> claims;
  std::vector<local_member> members;  // by their numbers

  local_claim* find(std::size_t topic, std::int32_t partition) noexcept {
    for (local_claim& each : claims)
      if (each.topic == topic && each.partition == partition) return &each;
    return nullptr;
  }
  local_claim& claim(std::size_t topic, std::int32_t partition) {
    if (local_claim* const found = find(topic, partition); found != nullptr) return *found;
    claims.push_back({topic, partition});
    return claims.back();
  }
  /// Whose a partition is meant to be: members of its topic have its partitions in turns. 0: nobody reads it.
  std::uint64_t heir(const local_claim& of) const noexcept {
    std::size_t readers = 0;
    for (const local_member& each : members) readers += reads(each, of.topic);
    if (readers == 0) return 0;
    std::size_t turn = static_cast<std::size_t>(of.partition) % readers;
    for (const local_member& each : members)
      if (reads(each, of.topic) && turn-- == 0) return each.number;
    return 0;
  }
  void leave(std::uint64_t member) noexcept {
    for (local_claim& each : claims)
      if (each.owner == member) each.owner = 0;
    for (std::size_t i = 0; i < members.size(); ++i)
      if (members[i].number == member) {
        members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
        return;
      }
  }

 private:
  static bool reads(const local_member& member, std::size_t topic) noexcept {
    for (const std::size_t each : member.topics)
      if (each == topic) return true;
    return false;
  }
};

/// All topics and groups.
class local_topics {
 public:
  std::vector<local_topic> topics;
  std::vector<local_group> groups;
  std::size_t messages = 0;
  std::size_t bytes = 0;

  /// The topic's index; made where there is none, and given more partitions where it has fewer.
  std::size_t topic(std::string_view name, std::int32_t partitions, std::int64_t first) {
    std::size_t at = 0;
    while (at < topics.size() && topics[at].name != name) ++at;
    if (at == topics.size()) topics.push_back({std::string(name), {}});
    auto& of = topics[at].partitions;
    while (of.size() < static_cast<std::size_t>(partitions)) of.emplace_back(first);
    return at;
  }
  local_group& group(std::string_view name) {
    for (local_group& each : groups)
      if (each.name == name) return each;
    groups.push_back({std::string(name), {}, {}});
    return groups.back();
  }
  local_partition& partition(std::size_t topic, std::int32_t index) noexcept {
    return topics[topic].partitions[static_cast<std::size_t>(index)];
  }
  /// The least offset that some group still needs of a partition: nobody needs what is below. A partition that no group
  /// reads is needed from its first message on. With a group: as if it had committed that.
  std::int64_t needed_from(std::size_t topic, std::int32_t index, std::string_view group = {},
                           std::int64_t committed = no_offset) noexcept {
    local_partition& of = partition(topic, index);
    std::int64_t least = -1;
    for (local_group& each : groups) {
      const local_claim* const claim = each.find(topic, index);
      if (claim == nullptr) continue;
      const std::int64_t next = each.name == group ? committed : claim->committed;
      const std::int64_t from = next == no_offset ? of.first() : next;
      if (least < 0 || from < least) least = from;
    }
    return least < 0 ? of.first() : least;
  }
  void trim(std::size_t topic, std::int32_t index) {
    std::size_t gone = 0;
    messages -= partition(topic, index).trim(needed_from(topic, index), gone);
    bytes -= gone;
  }
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_DETAIL_LOCAL_TOPICS_HPP
