#ifndef MILLRACE_STORE_MESSAGES_MESSAGE_HPP
#define MILLRACE_STORE_MESSAGES_MESSAGE_HPP

#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

// Messages of topics as plain values, so that whoever sends and reads them knows no broker: topics have partitions, a
// partition is a sequence of messages, and a message's place in it is its offset, which only grows and may have gaps.

/// What a message says beside its content. Names may come again; a value is any bytes.
struct message_header {
  std::string name;
  std::string value;

  friend bool operator==(const message_header&, const message_header&) = default;
};

/// One of a topic's partitions.
struct topic_partition {
  std::string topic;
  std::int32_t partition = 0;

  friend bool operator==(const topic_partition&, const topic_partition&) = default;
};

/// A place in a partition: of a message, or of the next one to read.
struct message_position {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  friend bool operator==(const message_position&, const message_position&) = default;
};

/// A message's partition before it has one: the producer chooses it, by the key where there is one.
inline constexpr std::int32_t any_partition = -1;
/// No offset: of a message that is not in a partition yet, and of a group that has committed none.
inline constexpr std::int64_t no_offset = -1;

/// A message as it is sent, and as it is read.
struct message {
  std::string topic;
  /// Any bytes; messages of one key are in one partition, in their order. Empty: it has none.
  std::string key = {};
  /// Any bytes.
  std::string value = {};
  std::vector<message_header> headers = {};
  /// Milliseconds since 1970-01-01T00:00:00Z; 0 in one that is sent: when it is sent.
  std::int64_t timestamp = 0;
  /// It has no value at all, which removes its key from a topic that keeps the last message of each.
  bool is_tombstone = false;
  std::int32_t partition = any_partition;
  std::int64_t offset = no_offset;

  message_position position() const { return {topic, partition, offset}; }

  friend bool operator==(const message&, const message&) = default;
};

/// The value of the first header of a name, or null.
inline const std::string* find_header(const std::vector<message_header>& headers, std::string_view name) noexcept {
  for (const message_header& each : headers)
    if (each.name == name) return &each.value;
  return nullptr;
}

/// How many bytes a message has: its key, value and headers.
inline std::size_t size_of(const message& one) noexcept {
  std::size_t made = one.key.size() + one.value.size();
  for (const message_header& each : one.headers) made += each.name.size() + each.value.size();
  return made;
}

/// Whether a text can be a topic's name: 1 to 249 letters, digits, `.`, `_` and `-`, neither `.` nor `..`.
/// Source: Kafka's own rule, org.apache.kafka.common.internals.Topic.
constexpr bool is_topic_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 249 || name == "." || name == "..") return false;
  for (const char each : name) {
    const bool is_plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                          (each >= '0' && each <= '9') || each == '.' || each == '_' || each == '-';
    if (!is_plain) return false;
  }
  return true;
}
/// Errors: invalid_argument, with the name.
inline result<void> check_topic_name(std::string_view name) {
  if (is_topic_name(name)) return {};
  return error(errc::invalid_argument,
               "not a topic's name, which is 1 to 249 letters, digits, `.`, `_` and `-`: " + detail::quoted_text(name));
}

/// The partition of a key among so many: its CRC-32 modulo their number, as librdkafka's `consistent` has it, so that
/// a local queue and a broker part keys alike. Precondition: `partitions` is positive.
inline std::int32_t partition_of(std::string_view key, std::int32_t partitions) noexcept {
  const auto count = static_cast<std::uint32_t>(partitions);
  return static_cast<std::int32_t>(detail::crc32(0, reinterpret_cast<const unsigned char*>(key.data()), key.size()) %
                                   count);
}

/// `topic[3]`, as messages of errors name a partition.
inline std::string to_string(const topic_partition& at) { return at.topic + '[' + std::to_string(at.partition) + ']'; }
/// `topic[3] at 17`.
inline std::string to_string(const message_position& at) {
  return at.topic + '[' + std::to_string(at.partition) + "] at " + std::to_string(at.offset);
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_MESSAGE_HPP
