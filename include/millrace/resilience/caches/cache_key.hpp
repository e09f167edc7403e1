#ifndef MILLRACE_RESILIENCE_CACHES_CACHE_KEY_HPP
#define MILLRACE_RESILIENCE_CACHES_CACHE_KEY_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/resilience/fwd.hpp>

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// A key of parts, texts and integers, that no other parts have:
///
///     mr::resilience::cache_key("model", "v1", 7).text()          // model:v1:7
///     mr::resilience::cache_key("model:v1", 7).text()             // model\:v1:7
///
/// Guarantee: two keys have one text if and only if they have the same parts, where a number is the text of its digits.
/// The parts are joined by colons; a colon or backslash within one has a backslash in front.
class cache_key {
 public:
  template <class First, class... Rest>
  requires((std::integral<First> || std::is_convertible_v<const First&, std::string_view>) &&
           ((std::integral<Rest> || std::is_convertible_v<const Rest&, std::string_view>) && ...))
  explicit cache_key(const First& first, const Rest&... rest) {
    add(first);
    (append(rest), ...);
  }

  /// Adds one part more.
  template <class Part>
  cache_key& append(const Part& part) {
    text_ += ':';
    add(part);
    return *this;
  }

  const std::string& text() const noexcept { return text_; }
  operator std::string_view() const noexcept { return text_; }
  /// SHA-256 of the text, in 64 digits: for stores whose keys are short, or must not tell what they are of.
  std::string hashed() const { return to_string(sha256_of(std::as_bytes(std::span(text_)))); }

  friend bool operator==(const cache_key&, const cache_key&) = default;

 private:
  template <class Part>
  void add(const Part& part) {
    if constexpr (std::integral<Part>) {
      detail::append_number(text_, part);
    } else {
      for (const char c : std::string_view(part)) {
        if (c == ':' || c == '\\') text_ += '\\';
        text_ += c;
      }
    }
  }

  std::string text_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_CACHE_KEY_HPP
