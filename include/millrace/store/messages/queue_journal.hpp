#ifndef MILLRACE_STORE_MESSAGES_QUEUE_JOURNAL_HPP
#define MILLRACE_STORE_MESSAGES_QUEUE_JOURNAL_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/saved_messages.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/store/transaction.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// What a group has committed in a partition.
struct group_offset {
  std::string group;
  message_position next;
};

/// What a local queue keeps beside its memory, and finds again when it is opened. A queue calls `append` from one
/// thread at a time, and `commit` from any; both return once what they were given is kept. `restore` calls
/// `message_found(messages)` with what one `append` was given for one partition, in order, then `offset_found(offset)`
/// for each group and partition. `first_offset` is that of a partition that has had no message.
template <class J>
concept queue_journal =
    requires(J& journal, std::span<message> messages, std::string_view group, std::span<const message_position> next,
             void (*message_found)(std::vector<message>), void (*offset_found)(const group_offset&)) {
      { std::as_const(journal).first_offset() } -> std::same_as<std::int64_t>;
      { journal.restore(message_found, offset_found) } -> std::same_as<result<void>>;
      { journal.append(messages) } -> std::same_as<result<void>>;
      { journal.commit(group, next, next) } -> std::same_as<result<void>>;
      { journal.forget(group) } -> std::same_as<result<void>>;
    };

/// A journal that keeps nothing: messages are gone with the process. Offsets begin with the microseconds since 1970, so
/// that what another process has kept of an earlier queue's offsets is below them.
struct kept_in_memory {
  static std::int64_t first_offset() noexcept { return static_cast<std::int64_t>(unix_nanoseconds() / 1000); }
  template <class Messages, class Offsets>
  result<void> restore(Messages&&, Offsets&&) const {
    return {};
  }
  result<void> append(std::span<message>) const { return {}; }
  result<void> commit(std::string_view, std::span<const message_position>, std::span<const message_position>) const {
    return {};
  }
  result<void> forget(std::string_view) const { return {}; }
};

/// A journal in a storage: messages and groups' offsets outlive the process as the storage's `Durability` says.
/// Messages that one `append` was given for a partition are one object, at
/// `queues/<name>/messages/<topic>/<partition>/<first offset>`; it is removed once all groups have committed beyond it,
/// but for a partition's last one. Offsets are at `queues/<name>/groups/<group>/<topic>/<partition>`.
/// The storage outlives it. Threads: as the storage. Errors: those of the storage; corrupt: with the key.
template <transactional_storage Storage>
class kept_in_storage {
 public:
  explicit kept_in_storage(Storage& storage, std::string_view name = "local")
      : storage_(&storage), root_("queues/" + text_key_part(name)) {}
  explicit kept_in_storage(Storage&& storage, std::string_view name = "local") : kept_in_storage(storage, name) {
    static_cast<void>(sizeof(temporary_storage<Storage>));
  }

  static std::int64_t first_offset() noexcept { return 0; }

  template <class Messages, class Offsets>
  result<void> restore(Messages&& messages_found, Offsets&& offset_found) const {
    auto done = for_each_object(*storage_, root_ + "/messages/", [&](const storage_entry& each) -> result<void> {
      const auto bytes = std::as_const(*storage_).read(each.key);
      if (!bytes) return bytes.error();
      auto loaded = load_messages(*bytes);
      if (!loaded) return std::move(loaded).error().wrap("the messages " + detail::quoted_text(each.key));
      if (!is_of(*loaded, each.key)) return no_object(each.key);
      messages_found(*std::move(loaded));
      return {};
    });
    if (!done) return done;
    return for_each_object(*storage_, root_ + "/groups/", [&](const storage_entry& each) -> result<void> {
      const auto bytes = std::as_const(*storage_).read(each.key);
      if (!bytes) return bytes.error();
      const auto found = read_offset(each.key, *bytes);
      if (!found) return found.error();
      offset_found(*found);
      return {};
    });
  }

  /// Messages that are sorted by their partitions, with offsets that follow each other. All of them are kept or none.
  result<void> append(std::span<message> messages) {
    auto done = storage_->transact([&](auto& t) -> result<int> {
      for (std::size_t begin = 0; begin < messages.size();) {
        std::size_t end = begin + 1;
        while (end < messages.size() && messages[end].partition == messages[begin].partition &&
               messages[end].topic == messages[begin].topic)
          ++end;
        const auto key = message_key(messages[begin].position());
        if (auto kept = t.create(key, save_messages(messages.subspan(begin, end - begin))); !kept)
          return std::move(kept).error();
        begin = end;
      }
      return 0;
    });
    if (!done) return std::move(done).error();
    return {};
  }
  /// `unused`: the first offsets of objects that no group needs any more.
  result<void> commit(std::string_view group, std::span<const message_position> next,
                      std::span<const message_position> unused) {
    auto done = storage_->transact([&](auto& t) -> result<int> {
      for (const message_position& each : next) {
        const std::string text = std::to_string(each.offset);
        if (auto kept = t.write(offset_key(group, each), std::as_bytes(std::span(text.data(), text.size()))); !kept)
          return std::move(kept).error();
      }
      for (const message_position& each : unused)
        if (auto gone = t.remove(message_key(each)); !gone) return std::move(gone).error();
      return 0;
    });
    if (!done) return std::move(done).error();
    return {};
  }
  /// Removes what a group has committed.
  result<void> forget(std::string_view group) {
    return for_each_object(*storage_, root_ + "/groups/" + text_key_part(group) + '/',
                           [&](const storage_entry& each) { return storage_->remove(each.key); });
  }

 private:
  std::string message_key(const message_position& at) const {
    return root_ + "/messages/" + at.topic + '/' + number_key_part(static_cast<std::uint64_t>(at.partition)) + '/' +
           number_key_part(static_cast<std::uint64_t>(at.offset));
  }
  std::string offset_key(std::string_view group, const message_position& at) const {
    return root_ + "/groups/" + text_key_part(group) + '/' + at.topic + '/' +
           number_key_part(static_cast<std::uint64_t>(at.partition));
  }
  static error no_object(std::string_view key) {
    return error(errc::corrupt, "the object " + detail::quoted_text(key) + " is not what a local queue keeps there");
  }
  /// Whether messages stand under the key that they have, one behind the other.
  bool is_of(const std::vector<message>& messages, std::string_view key) const {
    if (messages.empty() || messages[0].partition < 0 || messages[0].offset < 0) return false;
    for (std::size_t i = 0; i < messages.size(); ++i)
      if (messages[i].topic != messages[0].topic || messages[i].partition != messages[0].partition ||
          messages[i].offset - messages[0].offset != static_cast<std::int64_t>(i))
        return false;
    return message_key(messages[0].position()) == key;
  }
  result<group_offset> read_offset(std::string_view key, std::span<const std::byte> bytes) const {
    std::string_view rest = key.substr(root_.size() + 8);
    std::string_view parts[3];
    for (std::string_view& each : parts) {
      const std::size_t slash = rest.find('/');
      each = rest.substr(0, slash);
      rest = slash == rest.npos ? std::string_view() : rest.substr(slash + 1);
    }
    group_offset made;
    const auto group = read_key_part_text(parts[0]);
    const auto partition = read_key_part_number<std::uint64_t>(parts[2]);
    const char* const text = reinterpret_cast<const char*>(bytes.data());
    const auto read = std::from_chars(text, text + bytes.size(), made.next.offset);
    if (!group || !group->whole || !is_topic_name(parts[1]) || !partition || *partition > 0x7fff'ffffU ||
        !rest.empty() || read.ec != std::errc() || read.ptr != text + bytes.size() || made.next.offset < 0)
      return no_object(key);
    made.group = group->text;
    made.next.topic = parts[1];
    made.next.partition = static_cast<std::int32_t>(*partition);
    return made;
  }

  Storage* storage_;
  std::string root_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_QUEUE_JOURNAL_HPP
