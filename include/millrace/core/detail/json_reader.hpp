#ifndef MILLRACE_CORE_DETAIL_JSON_READER_HPP
#define MILLRACE_CORE_DETAIL_JSON_READER_HPP

#include <millrace/core/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace detail {

enum class json_token : std::uint8_t {
  wrong,  // no JSON from here on, whatever is asked
  end,    // of the text, behind its one value
  object,
  array,
  close,  // of the object or array begun last
  key,
  text,
  number,
  yes,
  no,
  null,
};

/// Reads JSON text token by token, at most 512 levels deep, and builds no values from it: `raw` is what a key, a text
/// or a number is spelled as. Source: RFC 8259.
class json_reader {
 public:
  /// `names_numbers`: NaN, Infinity and -Infinity are numbers too, as several libraries write.
  constexpr explicit json_reader(std::string_view text, bool names_numbers = false) noexcept
      : text_(text), names_numbers_(names_numbers) {}

  constexpr json_token next() noexcept {
    space();
    if (due_ == due::no_more) return json_token::wrong;
    if (due_ == due::comma) {
      if (depth_ == 0) return at_ == text_.size() ? json_token::end : wrong();
      if (take(in_object() ? '}' : ']')) return close();
      if (!take(',')) return wrong();
      space();
      due_ = in_object() ? due::key : due::value;
    } else if (due_ == due::first) {
      if (take(in_object() ? '}' : ']')) return close();
      due_ = in_object() ? due::key : due::value;
    }
    return due_ == due::key ? key() : value();
  }

  /// What the last key or text is between its quotes, with its escapes, or how the last number is spelled.
  constexpr std::string_view raw() const noexcept { return raw_; }
  /// Bytes read so far; after `wrong`, up to what is wrong.
  constexpr std::size_t at() const noexcept { return at_; }

 private:
  // Whether a level is an object or an array is kept in a bit each; there is no recursion, so no input exhausts the
  // stack.
  static constexpr unsigned max_depth = 512;
  enum class due : std::uint8_t { value, first, key, comma, no_more };

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
    const std::size_t begin = at_;
    const bool negative = take('-');
    if (names_numbers_ && more() && (text_[at_] == 'I' || (text_[at_] == 'N' && !negative))) {
      if (!word(text_[at_] == 'I' ? "Infinity" : "NaN")) return false;
      raw_ = text_.substr(begin, at_ - begin);
      return true;
    }
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    raw_ = text_.substr(begin, at_ - begin);
    return true;
  }
  constexpr bool hex() noexcept {
    if (!more()) return false;
    const char c = text_[at_++];
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }
  constexpr bool string() noexcept {
    if (!take('"')) return false;
    const std::size_t begin = at_;
    while (more()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
        ++at_;
        continue;
      }
      if (c < 0x20) return false;
      if (c >= 0x80) {
        const std::size_t length = utf8_sequence(text_.substr(at_));
        if (length == 0) return false;
        at_ += length;
        continue;
      }
      ++at_;
      if (c == '"') {
        raw_ = text_.substr(begin, at_ - 1 - begin);
        return true;
      }
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }
  constexpr bool escape() noexcept {
    if (!more()) return false;
    switch (text_[at_++]) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't': return true;
      case 'u': return hex() && hex() && hex() && hex();
      default: return false;
    }
  }

  constexpr json_token wrong() noexcept {
    due_ = due::no_more;
    return json_token::wrong;
  }
  constexpr json_token close() noexcept {
    --depth_;
    due_ = due::comma;
    return json_token::close;
  }
  constexpr json_token key() noexcept {
    if (!string()) return wrong();
    space();
    if (!take(':')) return wrong();
    due_ = due::value;
    return json_token::key;
  }
  constexpr json_token value() noexcept {
    space();
    if (!more()) return wrong();
    const char c = text_[at_];
    if (c == '{' || c == '[') {
      if (depth_ == max_depth) return wrong();
      ++at_;
      push(c == '{');
      due_ = due::first;
      return c == '{' ? json_token::object : json_token::array;
    }
    due_ = due::comma;
    switch (c) {
      case '"': return string() ? json_token::text : wrong();
      case 't': return word("true") ? json_token::yes : wrong();
      case 'f': return word("false") ? json_token::no : wrong();
      case 'n': return word("null") ? json_token::null : wrong();
      default: return number() ? json_token::number : wrong();
    }
  }

  constexpr void push(bool object) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
    objects_[depth_ / 64] = object ? objects_[depth_ / 64] | bit : objects_[depth_ / 64] & ~bit;
    ++depth_;
  }
  constexpr bool in_object() const noexcept { return (objects_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1U) != 0; }

  std::string_view text_;
  std::string_view raw_;
  std::size_t at_ = 0;
  bool names_numbers_ = false;
  unsigned depth_ = 0;
  due due_ = due::value;
  std::uint64_t objects_[max_depth / 64]{};
};

/// Calls `put` with the bytes of a code point in UTF-8, each as a number.
template <class Put>
void put_utf8(std::uint32_t code, const Put& put) {
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

/// What the text of a json_reader means without its escapes; half of a pair of UTF-16 is U+FFFD.
inline std::string json_unescaped(std::string_view raw) {
  constexpr std::string_view letters = "bfnrt", meant = "\b\f\n\r\t";
  const auto code_at = [&](std::size_t at) {
    std::uint32_t code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      const auto c = static_cast<unsigned char>(raw[i]);
      code = code * 16 + (c <= '9' ? c - '0' : (c | 0x20U) - 'a' + 10U);
    }
    return code;
  };
  std::size_t at = raw.find('\\');
  if (at == raw.npos) return std::string(raw);
  std::string made(raw.substr(0, at));
  while (at < raw.size()) {
    if (raw[at] != '\\') {
      made += raw[at++];
    } else if (raw[at + 1] != 'u') {
      const std::size_t which = letters.find(raw[at + 1]);
      made += which == letters.npos ? raw[at + 1] : meant[which];
      at += 2;
    } else {
      std::uint32_t code = code_at(at + 2);
      at += 6;
      const bool first_half = code >= 0xd800 && code < 0xdc00;
      const std::uint32_t low = first_half && raw.substr(at, 2) == "\\u" ? code_at(at + 2) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      } else if (code >= 0xd800 && code < 0xe000) {
        code = 0xfffd;
      }
      put_utf8(code, [&](std::uint32_t byte) { made += static_cast<char>(byte); });
    }
  }
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_JSON_READER_HPP
