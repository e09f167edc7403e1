#ifndef MILLRACE_STORE_MESSAGES_DEAD_LETTERS_HPP
#define MILLRACE_STORE_MESSAGES_DEAD_LETTERS_HPP

#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/messages/message.hpp>
#include <millrace/store/messages/producer.hpp>
#include <millrace/store/messages/router.hpp>
#include <millrace/store/messages/saved_messages.hpp>
#include <millrace/store/storage.hpp>

#include <concepts>
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

// Dead letters: messages that cannot be used, however often they are read again. What becomes of them is a policy of
// their reader's. A message is one if it was refused for an error of the caller's or of the data's (codes below 300 and
// from 400 on); an error of the world, such as a database that is away, is not the message's fault and stops its
// reader.

/// Whether an error is the message's own, so that reading it again would not help.
constexpr bool is_dead_letter(errc code) noexcept {
  return static_cast<unsigned>(code) < 300 || static_cast<unsigned>(code) >= 400;
}

/// Policy: a dead letter is an error, and nothing is read behind it until it is dealt with.
struct stop_at_dead_letters {
  template <class Transaction>
  result<void> bury(Transaction&, std::string_view, const message& letter, const error& why) {
    return error(why).wrap("the message " + to_string(letter.position()) + " cannot be used");
  }
  result<void> flush() { return {}; }
};

/// Policy: dead letters are left out and counted.
struct skip_dead_letters {
  template <class Transaction>
  result<void> bury(Transaction&, std::string_view, const message&, const error&) {
    return {};
  }
  result<void> flush() { return {}; }
};

namespace detail {

/// The headers by which a dead letter says where it was and why it is one.
inline constexpr std::string_view dead_topic = "millrace-dead-topic";
inline constexpr std::string_view dead_partition = "millrace-dead-partition";
inline constexpr std::string_view dead_offset = "millrace-dead-offset";
inline constexpr std::string_view dead_code = "millrace-dead-code";
inline constexpr std::string_view dead_reason = "millrace-dead-reason";

inline message dead_message(const message& letter, const error& why) {
  message made = letter;
  const auto put = [&](std::string_view name, std::string value) {
    made.headers.push_back({std::string(name), std::move(value)});
  };
  put(dead_topic, letter.topic);
  put(dead_partition, std::to_string(letter.partition));
  put(dead_offset, std::to_string(letter.offset));
  put(dead_code, std::string(to_string(why.code())));
  put(dead_reason, why.describe());
  return made;
}

}  // namespace detail

/// Policy: dead letters are kept in the storage, in the transaction in which their offset is passed, so that each is
/// there once: at `dead_letters/<group>/<topic>/<partition>/<offset>`, as `save_messages` writes it, with the reason in
/// its headers. `for_each_dead_letter` reads them.
struct keep_dead_letters {
  template <class Transaction>
  result<void> bury(Transaction& t, std::string_view group, const message& letter, const error& why) {
    const message kept = detail::dead_message(letter, why);
    return t.write("dead_letters/" + text_key_part(group) + '/' + letter.topic + '/' +
                       number_key_part(static_cast<std::uint64_t>(letter.partition)) + '/' +
                       number_key_part(static_cast<std::uint64_t>(letter.offset)),
                   save_messages(std::span(&kept, 1)));
  }
  result<void> flush() { return {}; }
};

/// Policy: dead letters are sent to a topic, with where they were and why in their headers `millrace-dead-...`. They
/// are delivered before their offset is passed, so each is there at least once. The producer outlives it.
template <message_producer Producer>
class send_dead_letters {
 public:
  /// `suffix`: the topic is that of the letter with this behind its name. `limit`: how long a delivery may take.
  explicit send_dead_letters(Producer& producer, std::string_view suffix = ".dead", duration limit = seconds(30))
      : producer_(&producer), suffix_(suffix), limit_(limit) {}
  explicit send_dead_letters(Producer&& producer, std::string_view suffix = ".dead", duration limit = seconds(30))
      : send_dead_letters(producer, suffix, limit) {
    static_cast<void>(sizeof(temporary_producer<Producer>));
  }

  template <class Transaction>
  result<void> bury(Transaction&, std::string_view, const message& letter, const error& why) {
    message sent = detail::dead_message(letter, why);
    sent.topic += suffix_;
    sent.partition = any_partition;
    sent.offset = no_offset;
    is_waiting_ = true;
    return producer_->send(std::move(sent));
  }
  result<void> flush() {
    if (!std::exchange(is_waiting_, false)) return {};
    return producer_->flush(limit_);
  }

 private:
  Producer* producer_;
  std::string suffix_;
  duration limit_;
  bool is_waiting_ = false;
};

/// What becomes of messages that cannot be used: `bury(transaction, group, letter, why)`, within the transaction in
/// which the letter's offset is passed, and `flush()` at its end; an error of either undoes the transaction.
template <class P, class Transaction>
concept dead_letter_policy =
    requires(P& policy, Transaction& t, std::string_view group, const message& letter, const error& why) {
      { policy.bury(t, group, letter, why) } -> std::same_as<result<void>>;
      { policy.flush() } -> std::same_as<result<void>>;
    };

/// A message that `keep_dead_letters` has kept, as it was, and why it was refused.
struct dead_letter {
  message letter;
  errc code = errc::invalid_data;
  std::string reason;
};

namespace detail {

/// Takes the reason off a message's headers. False: it has none.
inline bool read_dead_letter(message&& kept, dead_letter& made) {
  auto& headers = kept.headers;
  if (headers.size() < 5) return false;
  const std::size_t first = headers.size() - 5;
  constexpr std::string_view names[] = {dead_topic, dead_partition, dead_offset, dead_code, dead_reason};
  for (std::size_t i = 0; i < 5; ++i)
    if (headers[first + i].name != names[i]) return false;
  made.reason = std::move(headers[first + 4].value);
  bool is_known = false;
  for (unsigned code = 100; code < 500 && !is_known; ++code) {
    made.code = static_cast<errc>(code);
    is_known = to_string(made.code) != "unknown" && to_string(made.code) == headers[first + 3].value;
  }
  headers.resize(first);
  made.letter = std::move(kept);
  return is_known;
}

}  // namespace detail

/// Calls `use(key, letter)` for all dead letters that a group has kept in a storage, by topic, partition and offset.
/// Who has dealt with one removes its key. Where `use` returns a `result<void>`, its first error ends the walk. Errors:
/// those of the storage and of `use`; corrupt: with the key.
template <storage Storage, class Use>
result<void> for_each_dead_letter(const Storage& storage, std::string_view group, Use&& use) {
  return for_each_object(
      storage, "dead_letters/" + text_key_part(group) + '/', [&](const storage_entry& each) -> result<void> {
        const auto bytes = storage.read(each.key);
        if (!bytes) return bytes.error();
        auto loaded = load_messages(*bytes);
        if (!loaded) return std::move(loaded).error().wrap("the dead letter " + detail::quoted_text(each.key));
        dead_letter made;
        if (loaded->size() != 1 || !detail::read_dead_letter(std::move(loaded->front()), made))
          return error(errc::corrupt, "the object " + detail::quoted_text(each.key) + " is no dead letter");
        if constexpr (requires { use(each.key, made).error(); })
          return use(each.key, made);
        else
          use(each.key, made);
        return {};
      });
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_DEAD_LETTERS_HPP
