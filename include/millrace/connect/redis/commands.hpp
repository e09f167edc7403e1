#ifndef MILLRACE_CONNECT_REDIS_COMMANDS_HPP
#define MILLRACE_CONNECT_REDIS_COMMANDS_HPP

#include <millrace/connect/redis/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace redis {

/// What commands do to what is kept, which decides where they may be sent and whether they may be sent again.
enum class effect : std::uint8_t {
  reads,       // nothing: a replica may be asked, and asked again
  repeatable,  // the same, however often: SET, DEL, HSET
  once,        // another thing each time: INCR, LPUSH, APPEND
};

/// Commands that are sent together, and whose replies come together: a pipeline.
///
///     mr::connect::redis::commands ask(mr::connect::redis::effect::reads);
///     for (const std::string& key : keys) ask.update("GET", key);
///     auto replies = client.exchange(ask);
///
/// Words are text, bytes (std::span<const std::byte>) and integers, of any content: none is looked into or escaped. The
/// key, by which a cluster's node is found and errors are named, is the second word.
/// Allocates: one buffer for all commands.
class commands {
 public:
  explicit commands(effect what = effect::once) noexcept : effect_(what) {}

  template <class... Words>
  commands& update(const Words&... words) {
    return update_keyed(1, words...);
  }
  /// The key is the word of this number: 3 for `EVAL script 1 key`. One that is not there: no key.
  template <class... Words>
  requires(sizeof...(Words) > 0)
  commands& update_keyed(std::size_t key_word, const Words&... words) {
    begin(sizeof...(words), key_word);
    (word(words), ...);
    places_.back().end = bytes_.size();
    return *this;
  }
  void reset() noexcept {
    bytes_.clear();
    places_.clear();
  }

  redis::effect what_they_do() const noexcept { return effect_; }
  std::size_t size() const noexcept { return places_.size(); }
  /// As they are sent.
  std::string_view bytes() const noexcept { return bytes_; }
  std::string_view bytes_of(std::size_t i) const noexcept {
    return std::string_view(bytes_).substr(places_[i].begin, places_[i].end - places_[i].begin);
  }
  /// The command's key; empty if it has none.
  std::string_view key_of(std::size_t i) const noexcept {
    return std::string_view(bytes_).substr(places_[i].key, places_[i].key_size);
  }
  bool has_key(std::size_t i) const noexcept { return places_[i].has_key; }

 private:
  struct place {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t key = 0;
    std::size_t key_size = 0;
    bool has_key = false;
  };

  void begin(std::size_t count, std::size_t key_word) {
    places_.push_back({bytes_.size(), 0, 0, 0, false});
    left_to_key_ = key_word;
    bytes_ += '*';
    number(static_cast<std::uint64_t>(count));
    bytes_ += "\r\n";
  }
  void number(std::uint64_t value) {
    char digits[20];
    std::size_t at = sizeof digits;
    do digits[--at] = static_cast<char>('0' + value % 10);
    while ((value /= 10) != 0);
    bytes_.append(digits + at, sizeof digits - at);
  }
  void word(std::string_view text) {
    bytes_ += '$';
    number(text.size());
    bytes_ += "\r\n";
    if (left_to_key_-- == 0) {
      places_.back().key = bytes_.size();
      places_.back().key_size = text.size();
      places_.back().has_key = true;
    }
    bytes_ += text;
    bytes_ += "\r\n";
  }
  void word(std::span<const std::byte> bytes) {
    word(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  template <std::integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
  void word(Number value) {
    word(std::string_view(std::to_string(value)));
  }

  std::string bytes_;
  std::vector<place> places_;
  std::size_t left_to_key_ = 0;
  redis::effect effect_;
};

}  // namespace redis
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REDIS_COMMANDS_HPP
