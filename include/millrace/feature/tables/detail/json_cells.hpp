#ifndef MILLRACE_FEATURE_TABLES_DETAIL_JSON_CELLS_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_JSON_CELLS_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/csv_rows.hpp>
#include <millrace/feature/tables/detail/raw_cells.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// Takes lines of JSON objects apart. Escapes in strings are undone in place, which never makes them longer, so cells
/// are views of the text. Source: RFC 8259.
class json_cells {
 public:
  json_cells(char* text, std::size_t size) noexcept : text_(text), size_(size) {
    if (std::string_view(text, size).starts_with("\xef\xbb\xbf")) at_ = 3;
    begin_ = at_;
  }
  /// The line of the object, counted from 1.
  std::size_t line() const noexcept { return line_; }

  /// Goes to the next line with something on it; false if there is none.
  bool next_line() noexcept {
    for (;;) {
      blanks();
      if (at_ == size_) return false;
      if (text_[at_] != '\n') return true;
      begin_ = ++at_;
      ++line_;
    }
  }

  /// Reads an object and the rest of its line. `take(key, cell)` returns false for a key that came before.
  template <class Take>
  result<void> object(const Take& take) {
    if (!pass('{')) return refused("a line begins with no {");
    blanks();
    bool first = true;
    while (!pass('}')) {
      if (!first && !pass(',')) return refused("after a value stands , or }");
      first = false;
      blanks();
      std::string_view key;
      const std::size_t key_at = at_;
      if (const char* wrong = string(key)) return refused(wrong);
      blanks();
      if (!pass(':')) return refused("after a key stands :");
      blanks();
      raw_cell cell{{}, raw_cell::form::missing, static_cast<std::uint32_t>(at_ - begin_ + 1)};
      if (const char* wrong = value(cell)) return refused(wrong);
      if (!take(key, cell)) {
        at_ = key_at;
        return refused("the line has this key twice");
      }
      blanks();
    }
    blanks();
    return at_ == size_ || text_[at_] == '\n' ? result<void>() : refused("something follows the object on its line");
  }

 private:
  bool more() const noexcept { return at_ < size_; }
  bool pass(char c) noexcept {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void blanks() noexcept {
    while (more() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  error refused(std::string_view why) const { return refused_at(line_, at_ - begin_ + 1, why); }

  /// What is wrong with the value, or null.
  const char* value(raw_cell& cell) noexcept {
    if (!more()) return "the text ends where a value should stand";
    const std::string_view rest(text_ + at_, size_ - at_);
    cell.as = raw_cell::form::number;
    switch (rest[0]) {
      case '"': cell.as = raw_cell::form::text; return string(cell.spelled);
      case '{':
      case '[': return "a value is an object or an array; a table has numbers, strings, true, false and null";
      case 't': cell.spelled = "1"; return word("true");
      case 'f': cell.spelled = "0"; return word("false");
      case 'n': cell.as = raw_cell::form::missing; return word("null");
      default: return number(cell.spelled);
    }
  }
  const char* word(std::string_view expected) noexcept {
    if (std::string_view(text_ + at_, size_ - at_).substr(0, expected.size()) != expected) return "no JSON value";
    at_ += expected.size();
    return nullptr;
  }
  bool digits() noexcept {
    const std::size_t before = at_;
    while (more() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ != before;
  }
  const char* number(std::string_view& spelled) noexcept {
    constexpr const char* wrong = "no JSON value";
    const std::size_t before = at_;
    pass('-');
    if (!pass('0') && !digits()) return wrong;
    if (pass('.') && !digits()) return wrong;
    if (pass('e') || pass('E')) {
      if (!pass('+')) pass('-');
      if (!digits()) return wrong;
    }
    spelled = {text_ + before, at_ - before};
    return nullptr;
  }

  /// Reads a string, undoes its escapes, and returns what is wrong with it, or null.
  const char* string(std::string_view& made) noexcept {
    if (!pass('"')) return "a key is a string";
    const std::size_t before = at_;
    std::size_t end = at_;  // where the next kept byte goes
    while (more() && text_[at_] != '"') {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte < 0x20) return byte == '\n' ? "the string does not end on its line" : "a control character in a string";
      if (byte == '\\') {
        if (const char* wrong = escape(end)) return wrong;
        continue;
      }
      const std::size_t length = byte < 0x80 ? 1 : utf8_sequence(std::string_view(text_ + at_, size_ - at_));
      if (length == 0) return "a string that is no UTF-8";
      for (std::size_t i = 0; i < length; ++i) text_[end++] = text_[at_++];
    }
    if (!more()) return "the string does not end on its line";
    ++at_;
    made = {text_ + before, end - before};
    return nullptr;
  }
  const char* escape(std::size_t& end) noexcept {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (pass('u')) return unicode(end);
    const std::size_t which = more() ? letters.find(text_[at_]) : letters.npos;
    if (which == letters.npos) return "no escape of JSON";
    text_[end++] = meant[which];
    ++at_;
    return nullptr;
  }
  bool hex(std::uint32_t& code) noexcept {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = more() ? text_[at_] : '?';
      const std::uint32_t digit = c >= '0' && c <= '9'   ? static_cast<std::uint32_t>(c - '0')
                                  : c >= 'a' && c <= 'f' ? static_cast<std::uint32_t>(c - 'a' + 10)
                                  : c >= 'A' && c <= 'F' ? static_cast<std::uint32_t>(c - 'A' + 10)
                                                         : 16U;
      if (digit == 16) return false;
      code = code * 16 + digit;
    }
    return true;
  }
  const char* unicode(std::size_t& end) noexcept {
    std::uint32_t code = 0;
    if (!hex(code)) return "no escape of JSON";
    if (code >= 0xd800 && code < 0xe000) {  // half of a pair of UTF-16
      std::uint32_t low = 0;
      if (code >= 0xdc00 || !pass('\\') || !pass('u') || !hex(low) || low < 0xdc00 || low >= 0xe000)
        return "half of a pair of UTF-16";
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    put_utf8(code, [&](std::uint32_t byte) { text_[end++] = static_cast<char>(byte); });
    return nullptr;
  }

  char* text_;
  std::size_t size_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  // of the line
  std::size_t line_ = 1;
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DETAIL_JSON_CELLS_HPP
