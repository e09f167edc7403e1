#ifndef MILLRACE_STORE_MESSAGES_SAVED_MESSAGES_HPP
#define MILLRACE_STORE_MESSAGES_SAVED_MESSAGES_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/messages/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

// Messages as bytes, in an envelope (core/saved/envelope.hpp) of the type `messages`: their number (u64), then for each
// the topic (text), partition (u32), offset (i64), timestamp (i64), what it has (u8: 1 no value at all), key (text),
// value (text), the number of headers (u64), and each header's name and value (text, text).

namespace detail {

inline void write_message(envelope_writer& to, const message& one) {
  to.text(one.topic);
  to.u32(static_cast<std::uint32_t>(one.partition));
  to.i64(one.offset);
  to.i64(one.timestamp);
  to.u8(one.is_tombstone ? 1 : 0);
  to.text(one.key);
  to.text(one.value);
  to.u64(one.headers.size());
  for (const message_header& each : one.headers) {
    to.text(each.name);
    to.text(each.value);
  }
}

/// The fewest bytes that a message has: four texts and numbers of headers at 8, two numbers at 8, one at 4 and one
/// at 1.
inline constexpr std::size_t min_saved_message = 4 * 8 + 2 * 8 + 4 + 1;

/// Whether its numbers are those of a message; it is only looked at where the reader is still `ok`.
inline bool read_message(envelope_reader& from, message& one) {
  one.topic = from.text();
  one.partition = static_cast<std::int32_t>(from.u32());
  one.offset = from.i64();
  one.timestamp = from.i64();
  const std::uint8_t has = from.u8();
  one.is_tombstone = has == 1;
  one.key = from.text();
  one.value = from.text();
  one.headers.resize(from.count(16));
  for (message_header& each : one.headers) {
    each.name = from.text();
    each.value = from.text();
  }
  return has <= 1 && one.partition >= any_partition && one.offset >= no_offset && is_topic_name(one.topic) &&
         (!one.is_tombstone || one.value.empty());
}

}  // namespace detail

/// Writes messages as bytes, whole: with where they are. Complexity: linear. Allocates: the bytes.
inline std::vector<std::byte> save_messages(std::span<const message> messages) {
  envelope_writer to("messages");
  to.u64(messages.size());
  for (const message& each : messages) detail::write_message(to, each);
  return std::move(to).finish();
}

/// Reads what `save_messages` wrote. Complexity: linear. Allocates: the messages.
/// Errors: those of `envelope_reader`; corrupt: a topic's name, a partition or an offset is none.
inline result<std::vector<message>> load_messages(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, "messages");
  if (!from) return std::move(from).error();
  std::vector<message> made;
  std::size_t left = from->count(detail::min_saved_message);
  bool valid = true;
  while (left-- > 0 && from->ok())
    if (!detail::read_message(*from, made.emplace_back())) valid = false;
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return made;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_SAVED_MESSAGES_HPP
