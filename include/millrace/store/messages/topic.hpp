#ifndef MILLRACE_STORE_MESSAGES_TOPIC_HPP
#define MILLRACE_STORE_MESSAGES_TOPIC_HPP

#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/messages/codec.hpp>
#include <millrace/store/messages/message.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

template <class Key>
concept key_of_message = std::convertible_to<Key, std::string_view> ||
                         (std::integral<std::remove_cvref_t<Key>> && !std::same_as<std::remove_cvref_t<Key>, bool>);

/// What `Key` makes of an event: a member of it, or what a function returns.
template <auto Key, class T>
constexpr decltype(auto) message_key(const T& event) {
  if constexpr (std::is_member_object_pointer_v<decltype(Key)>)
    return event.*Key;
  else
    return Key(event);
}
template <auto Key, class T>
concept makes_key = std::same_as<decltype(Key), std::nullptr_t> ||
                    requires(const T& event) { requires key_of_message<decltype(message_key<Key>(event))>; };

/// Kafka calls the metrics of topics `a.b` and `a_b` alike, and warns of them.
constexpr bool same_topic(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char left = a[i] == '.' ? '_' : a[i];
    if (left != (b[i] == '.' ? '_' : b[i])) return false;
  }
  return true;
}

}  // namespace detail

/// A topic as a type: its name, what its messages are, how these become bytes, and what their key is, which messages
/// that have to stay in order share: a member of the event, or a function, whose value is a text or an integer. Without
/// one, messages have none.
///
///     using devices = mr::store::topic<"events.devices", reading, mr::store::json_members, &reading::device>;
///
template <fixed_string Name, class T, class Codec, auto Key = nullptr>
struct topic {
  static_assert(is_topic_name(Name.view()),
                "millrace[MESSAGES-1]: a topic's name has 1 to 249 letters, digits, `.`, `_` and `-`");
  static_assert(millrace::detail::requirement<message_codec<Codec, T>, Codec, T>,
                "millrace[MESSAGES-2]: the codec of a topic encodes and decodes its events: json_members those that "
                "say their members, saved_form those with save and load, raw_bytes a std::string");
  static_assert(
      millrace::detail::requirement<detail::makes_key<Key, T>, T, decltype(Key)>,
      "millrace[MESSAGES-3]: the key of a topic is a member of its event, or a function of it, whose value is "
      "a text or an integer");

  using event_type = T;
  static constexpr std::string_view name = Name.view();

  /// The message that an event is, to be sent. Errors: those of the codec, with the topic's name.
  static result<message> make(const T& event) {
    message made{.topic = std::string(name)};
    if constexpr (!std::same_as<decltype(Key), std::nullptr_t>) {
      const auto& key = detail::message_key<Key>(event);
      if constexpr (std::convertible_to<decltype(key), std::string_view>)
        made.key = std::string_view(key);
      else
        made.key = std::to_string(key);
    }
    auto value = Codec::encode(event);
    if (!value) return std::move(value).error().wrap("an event for the topic " + detail::quoted_text(name));
    made.value = *std::move(value);
    return made;
  }
  /// The event that a message of the topic has. Errors: those of the codec, with the message's place; invalid_data: it
  /// has no value.
  static result<T> read(const message& from) {
    if (from.is_tombstone) return error(errc::invalid_data, to_string(from.position()) + " has no value");
    auto made = Codec::template decode<T>(from.value);
    if (!made) return std::move(made).error().wrap("the message " + to_string(from.position()));
    return made;
  }
};

/// Several topics: what a program sends to, or reads.
template <class... Topics>
class topics {
  static constexpr bool are_different() {
    constexpr std::string_view all[] = {Topics::name...};
    for (std::size_t i = 0; i < sizeof...(Topics); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (detail::same_topic(all[i], all[j])) return false;
    return true;
  }
  static_assert(sizeof...(Topics) > 0, "millrace[MESSAGES-4]: there is at least one topic");
  static_assert(
      millrace::detail::requirement<are_different(), Topics...>,
      "millrace[MESSAGES-5]: two topics have one name, or names that differ in `.` and `_` alone, which Kafka "
      "does not tell apart everywhere");

 public:
  /// What a consumer subscribes to.
  static constexpr std::array<std::string_view, sizeof...(Topics)> names{Topics::name...};

  /// Whether messages of some topic are made of a T.
  template <class T>
  static constexpr bool carry = (std::same_as<T, typename Topics::event_type> || ...);

  /// Reads a message by its topic and returns what `handle(event)` does, a result<void>: one overload, or `if
  /// constexpr`, for each type of event. With `handle(topic, event)`, it is told the topic as well.
  /// Errors: not_found: a message of another topic; those of `topic::read` and of `handle`.
  template <class Handle>
  static result<void> visit(const message& from, Handle&& handle) {
    static_assert(millrace::detail::requirement<(can_handle<Topics, Handle> && ...), Handle>,
                  "millrace[MESSAGES-6]: what handles messages takes the events of each topic, as handle(event) or "
                  "handle(topic, event), and returns a result<void>");
    result<void> done = error(errc::not_found, "a message of the topic " + detail::quoted_text(from.topic) +
                                                   ", which is none of those that are read");
    (void)((from.topic == Topics::name && (done = visit_as<Topics>(from, handle), true)) || ...);
    return done;
  }

 private:
  template <class Topic, class Handle>
  static constexpr bool takes_topic =
      std::is_invocable_r_v<result<void>, Handle&, Topic, const typename Topic::event_type&>;
  template <class Topic, class Handle>
  static constexpr bool can_handle =
      takes_topic<Topic, Handle> || std::is_invocable_r_v<result<void>, Handle&, const typename Topic::event_type&>;

  template <class Topic, class Handle>
  static result<void> visit_as(const message& from, Handle& handle) {
    const auto event = Topic::read(from);
    if (!event) return event.error();
    if constexpr (takes_topic<Topic, Handle>)
      return handle(Topic(), *event);
    else
      return handle(*event);
  }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MESSAGES_TOPIC_HPP
