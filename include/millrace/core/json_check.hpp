#ifndef MILLRACE_CORE_JSON_CHECK_HPP
#define MILLRACE_CORE_JSON_CHECK_HPP

#include <millrace/core/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {

namespace detail {

/// Checks JSON text; builds no values from it.
class json_scanner {
 public:
  constexpr explicit json_scanner(std::string_view text) noexcept : text_(text) {}

  constexpr bool document() noexcept {
    space();
    if (!value()) return false;
    space();
    return at_ == text_.size();
  }

 private:
  // Whether a level is an object or an array is kept in a bit each; there is no recursion, so no input exhausts the
  // stack.
  static constexpr unsigned max_depth = 512;

  constexpr bool more() const noexcept { return at_ < text_.size(); }
  constexpr bool take(char c) noexcept {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  constexpr void space() noexcept {
    while (more() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  constexpr bool word(std::string_view expected) noexcept {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  constexpr bool digits() noexcept {
    const std::size_t begin = at_;
    while (more() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ != begin;
  }
  constexpr bool number() noexcept {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }
  constexpr bool hex() noexcept {
    if (!more()) return false;
    const char c = text_[at_++];
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
  constexpr bool string() noexcept {
    if (!take('"')) return false;
    while (more()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c < 0x20) return false;
      if (c >= 0x80) {
        const std::size_t length = utf8_sequence(text_.substr(at_));
        if (length == 0) return false;
        at_ += length;
        continue;
      }
      ++at_;
      if (c == '"') return true;
      if (c != '\\') continue;
      if (!more()) return false;
      switch (text_[at_++]) {
        case '"':
        case '\\':
        case '/':
        case 'b':
        case 'f':
        case 'n':
        case 'r':
        case 't': break;
        case 'u':
          if (!(hex() && hex() && hex() && hex())) return false;
          break;
        default: return false;
      }
    }
    return false;
  }
  constexpr bool key() noexcept {
    space();
    if (!string()) return false;
    space();
    return take(':');
  }

  constexpr bool value() noexcept {
    for (;;) {
      space();
      if (!more()) return false;
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        ++at_;
        if (depth_ == max_depth) return false;
        push(c == '{');
        space();
        if (!take(c == '{' ? '}' : ']')) {
          if (c == '{' && !key()) return false;
          continue;
        }
        --depth_;
      } else if (!(c == '"'   ? string()
                   : c == 't' ? word("true")
                   : c == 'f' ? word("false")
                   : c == 'n' ? word("null")
                              : number())) {
        return false;
      }
      // After a value: either a comma and the next value, or the ends of the arrays and objects that it was the last
      // of.
      for (;;) {
        if (depth_ == 0) return true;
        space();
        if (take(',')) {
          if (in_object() && !key()) return false;
          break;
        }
        if (!take(in_object() ? '}' : ']')) return false;
        --depth_;
      }
    }
  }

  constexpr void push(bool object) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    objects_[depth_ / 64] = object ? objects_[depth_ / 64] | bit : objects_[depth_ / 64] & ~bit;
    ++depth_;
  }
  constexpr bool in_object() const noexcept { return (objects_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1U) != 0; }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
  std::uint64_t objects_[max_depth / 64]{};
};

}  // namespace detail

/// Whether the text is one strict JSON value in well-formed UTF-8, at most 512 levels deep.
/// Complexity: one pass.
/// Allocates: never.
/// Source: RFC 8259.
constexpr bool is_json(std::string_view text) noexcept { return detail::json_scanner(text).document(); }

/// Whether the text is one strict JSON object from its first byte to its last, as a line of a JSONL file must be.
constexpr bool is_json_object(std::string_view text) noexcept {
  return !text.empty() && text.front() == '{' && text.back() == '}' && is_json(text);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_JSON_CHECK_HPP
