#ifndef MILLRACE_OBSERVE_TRACING_TRACE_STATE_HPP
#define MILLRACE_OBSERVE_TRACING_TRACE_STATE_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/observe/metrics/label_set.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

/// The header `tracestate`: what tracing systems on the way have noted, each under a key of its own, the latest first.
/// It is passed on with the trace.
///
///     auto state = mr::observe::trace_state::parse(request.header("tracestate"));
///     if (state) (void)state->set("fraud", "v3");
///
/// Guarantee: at most 32 members, of no key twice, each valid by the standard's grammar.
/// Source: W3C Trace Context level 2, "tracestate Header Field Values" and "Mutating the tracestate Field".
class trace_state {
 public:
  static constexpr std::size_t most_members = 32;
  static constexpr std::size_t most_bytes = 256;  // of a key, and of a value

  trace_state() = default;
  /// Reads a header's value. Several headers of this name are joined by commas beforehand, in their order. Of a key
  /// that stands there twice, the first counts.
  /// Errors: invalid_data, naming the member; none of it may be passed on then, but `traceparent` still is.
  template <class = void>
  static result<trace_state> parse(std::string_view header);

  /// The header's value; empty if there are no members, and then no header is sent.
  const std::string& header() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  std::size_t size() const noexcept {
    std::size_t commas = 0;
    for (const char c : text_) commas += c == ',' ? 1 : 0;
    return text_.empty() ? 0 : commas + 1;
  }
  /// The value under a key; empty if there is none.
  std::string_view operator[](std::string_view key) const noexcept {
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::string_view member = next_member(rest);
      const std::size_t sign = member.find('=');
      if (member.substr(0, sign) == key) return member.substr(sign + 1);
    }
    return {};
  }
  /// Puts a member in front, in place of one of this key. The last one makes room for a 33rd.
  /// Errors: invalid_argument for a key or a value that the grammar does not allow.
  template <class = void>
  result<void> set(std::string_view key, std::string_view value);
  void erase(std::string_view key) {
    std::string kept;
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::string_view member = next_member(rest);
      if (member.substr(0, member.find('=')) != key) append(kept, member);
    }
    text_ = std::move(kept);
  }

  friend bool operator==(const trace_state&, const trace_state&) = default;

 private:
  static std::string_view next_member(std::string_view& rest) noexcept {
    const std::size_t comma = rest.find(',');
    const std::string_view member = rest.substr(0, comma);
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    return member;
  }
  static void append(std::string& to, std::string_view member) {
    if (!to.empty()) to += ',';
    to += member;
  }
  static constexpr bool is_key(std::string_view key) noexcept {
    const auto begins = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (key.empty() || key.size() > most_bytes || !begins(key[0])) return false;
    for (const char c : key)
      if (!begins(c) && c != '_' && c != '-' && c != '*' && c != '/' && c != '@') return false;
    return true;
  }
  static constexpr bool is_value(std::string_view value) noexcept {
    if (value.empty() || value.size() > most_bytes || value.back() == ' ') return false;
    for (const char c : value)
      if (c < 0x20 || c > 0x7e || c == ',' || c == '=') return false;
    return true;
  }

  std::string text_;
};

template <class>
result<trace_state> trace_state::parse(std::string_view header) {
  constexpr auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  trace_state made;
  std::size_t members = 0;
  while (!header.empty()) {
    std::string_view member = next_member(header);
    while (!member.empty() && is_space(member.front())) member.remove_prefix(1);
    while (!member.empty() && is_space(member.back())) member.remove_suffix(1);
    if (member.empty()) continue;
    const std::size_t sign = member.find('=');
    if (sign == member.npos || !is_key(member.substr(0, sign)) || !is_value(member.substr(sign + 1)))
      return error(errc::invalid_data, "tracestate: the member \"" + detail::valid_utf8(member.substr(0, 64)) +
                                           "\" is not a key, '=' and a value");
    if (++members > most_members) return error(errc::invalid_data, "tracestate: more than 32 members");
    if (made[member.substr(0, sign)].empty()) append(made.text_, member);
  }
  return made;
}

template <class>
result<void> trace_state::set(std::string_view key, std::string_view value) {
  if (!is_key(key))
    return error(errc::invalid_argument, "tracestate: \"" + detail::valid_utf8(key.substr(0, 64)) +
                                             "\" is no key: letters a to z, digits, '_', '-', '*', '/', '@', and a "
                                             "letter or digit first");
  if (!is_value(value))
    return error(errc::invalid_argument, "tracestate: the value of \"" + std::string(key) +
                                             "\" is not 1 to 256 printable characters without ',' and '=' and without "
                                             "a space at the end");
  std::string made(key);
  made.append("=").append(value);
  erase(key);
  std::string_view rest = text_;
  for (std::size_t members = 1; !rest.empty() && members < most_members; ++members) append(made, next_member(rest));
  text_ = std::move(made);
  return {};
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACING_TRACE_STATE_HPP
