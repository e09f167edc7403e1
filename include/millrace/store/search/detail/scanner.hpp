#ifndef MILLRACE_STORE_SEARCH_DETAIL_SCANNER_HPP
#define MILLRACE_STORE_SEARCH_DETAIL_SCANNER_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/digits.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/search/schema.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

constexpr bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_word_character(char c) noexcept {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
/// Whether two texts are equal but for the case of letters; `upper` has capital ones only.
constexpr bool is_keyword(std::string_view text, std::string_view upper) noexcept {
  if (text.size() != upper.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != upper[i] && !(text[i] >= 'a' && text[i] <= 'z' && text[i] - 0x20 == upper[i])) return false;
  return true;
}

/// Goes over a filter's or an order's text, piece by piece. It keeps its first error.
class scanner {
 public:
  /// `what`: its name in errors, such as "filter".
  scanner(std::string_view text, const char* what, const search_schema& schema, search_grammar grammar)
      : text_(text), what_(what), schema_(schema), grammar_(grammar) {}

  bool strict() const noexcept { return grammar_ == search_grammar::mlflow; }
  const search_schema& schema() const noexcept { return schema_; }

  bool at_end() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    return at_ == text_.size();
  }
  std::size_t position() const noexcept { return at_; }
  void return_to(std::size_t position) noexcept { at_ = position; }

  /// Skips a sign, if it is next.
  bool skip(std::string_view sign) {
    if (at_end() || !text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  /// Skips a word of any case, if it is next.
  bool skip_keyword(std::string_view upper) {
    if (at_end() || !is_keyword(text_.substr(at_, upper.size()), upper)) return false;
    const std::size_t end = at_ + upper.size();
    if (end < text_.size() && is_word_character(text_[end])) return false;
    at_ = end;
    return true;
  }
  /// Whether the next character, blanks aside, is one of these.
  bool is_next(std::string_view characters) { return !at_end() && characters.find(text_[at_]) != characters.npos; }

  /// Reads what stands in quotes, which are next. In the full grammar, the quote mark twice is one of it. MLflow leaves
  /// what is between the marks as it is, where a mark twice, or one behind a backslash, does not end it.
  bool read_quoted(std::string& text) {
    const char mark = text_[at_];
    const std::size_t start = at_ + 1;
    std::size_t after_backslash = 0;
    text.clear();
    for (std::size_t i = start; i < text_.size(); ++i) {
      if (strict() && mark != '`' && text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == mark) {
        after_backslash = ++i;
        continue;
      }
      if (text_[i] != mark) continue;
      if (i + 1 < text_.size() && text_[i + 1] == mark) {
        ++i;
        continue;
      }
      return read_up_to(i, text);
    }
    // The last mark of all is behind a backslash: then it ends the text.
    if (after_backslash != 0 && text_.find(mark, after_backslash + 1) == text_.npos)
      return read_up_to(after_backslash, text);
    return fail(std::string("the quote mark ") + mark + " is not closed");
  }

  /// Reads a name: a word, or one in quotes.
  bool read_name(std::string& name) {
    if (at_end()) return expected("a key");
    if (text_[at_] == '`' || text_[at_] == '"') return read_quoted(name);
    std::size_t end = at_;
    while (end < text_.size() && is_word_character(text_[end])) ++end;
    if (end == at_ || is_digit(text_[at_])) return expected("a key");
    name = text_.substr(at_, end - at_);
    at_ = end;
    return true;
  }
  /// Reads what stands behind the dot of a group: a text in quotes, or words with dots between them, which in the full
  /// grammar may have `-`, `/` and `:` in them as well.
  bool read_key(std::string& key) {
    if (at_ < text_.size() && (text_[at_] == '`' || text_[at_] == '"' || text_[at_] == '\'')) {
      if (!read_quoted(key)) return false;
    } else {
      const std::size_t start = at_;
      const auto belongs = [&](char c) {
        return is_word_character(c) || c == '.' || (!strict() && (c == '-' || c == '/' || c == ':'));
      };
      while (at_ < text_.size() && belongs(text_[at_])) ++at_;
      key = text_.substr(start, at_ - start);
      if (key.empty()) return expected("a key behind the dot");
      if (key.back() == '.') return fail("a key that ends with a dot has to stand in quotes");
    }
    if (key.empty()) return fail("the key is empty");
    return true;
  }

  /// Reads a key and finds it in the schema.
  bool read_field(search_field& field, search_asks& asks, bool& ordered);

  /// The next characters, for an error.
  bool expected(std::string_view what) {
    std::string message = "expected ";
    message += what;
    if (at_end()) {
      message += ", found the end";
    } else {
      message += ", found ";
      append_json(message, text_.substr(at_, 40));
    }
    return fail(std::move(message));
  }
  bool fail(std::string message) { return fail_at(at_, std::move(message)); }
  bool fail_at(std::size_t position, std::string message) {
    if (failure_)
      failure_ = error(errc::invalid_argument, std::string(what_) + " of " + std::string(schema_.name) + ", byte " +
                                                   std::to_string(position + 1) + ": " + std::move(message));
    return false;
  }
  const result<void>& failure() const noexcept { return failure_; }

  std::string_view rest() const noexcept { return text_.substr(at_); }
  void skip_bytes(std::size_t count) noexcept { at_ += count; }

 private:
  bool read_up_to(std::size_t end, std::string& text) {
    const char mark = text_[at_];
    for (std::size_t i = at_ + 1; i < end; ++i) {
      text += text_[i];
      if (!strict() && text_[i] == mark) ++i;
    }
    at_ = end + 1;
    return true;
  }
  bool choose_key(const searched_group& group, std::size_t start, search_field& field, search_asks& asks,
                  bool& ordered);

  std::string_view text_;
  const char* what_;
  const search_schema& schema_;
  search_grammar grammar_;
  std::size_t at_ = 0;
  result<void> failure_;
};

inline bool scanner::read_field(search_field& field, search_asks& asks, bool& ordered) {
  at_end();
  const std::size_t start = at_;
  if (!read_name(field.key)) return false;
  if (at_ == text_.size() || text_[at_] != '.') return choose_key(schema_.groups[0], start, field, asks, ordered);
  if (strict() && text_[start] == '"') return fail_at(start, "a group of keys stands without quotes, or in backticks");
  ++at_;
  std::string known;
  for (const searched_group& group : schema_.groups) {
    for (const std::string_view name : group.names)
      if (!name.empty() && field.key == name)
        return read_key(field.key) && choose_key(group, start, field, asks, ordered);
    (known += known.empty() ? "" : ", ") += group.names[0];
  }
  std::string message = "there is no group ";
  append_json(message, std::string_view(field.key).substr(0, 100));
  return fail_at(start, message + " of keys; the groups are " + known);
}

inline bool scanner::choose_key(const searched_group& group, std::size_t start, search_field& field, search_asks& asks,
                                bool& ordered) {
  field.kind = group.kind;
  field.type = group.type;
  field.repeated = group.repeated;
  field.group = group.names[0];
  asks = group.asks;
  ordered = group.ordered;
  for (const searched_default& each : group.defaults)
    if (field.key == each.key) field.otherwise = each.text;
  if (group.keys.empty()) return true;
  std::string known;
  for (const searched_key& key : group.keys) {
    bool found = field.key == key.name;
    for (const std::string_view alias : key.aliases) found = found || (!alias.empty() && field.key == alias);
    if (found) {
      field.key = key.name;
      field.type = key.type;
      asks = key.asks;
      ordered = key.ordered;
      return true;
    }
    (known += known.empty() ? "" : ", ") += key.name;
  }
  std::string message = "there is no key ";
  append_json(message, std::string_view(field.key).substr(0, 100));
  return fail_at(start, message + " among " + std::string(group.names[0]) + ", which are " + known);
}

/// Appends a text in quotes.
inline void append_quoted(std::string& out, std::string_view text, char mark) {
  out += mark;
  for (const char c : text) out.append(c == mark ? 2 : 1, c);
  out += mark;
}
/// Appends a key, in quotes where it has to be.
inline void append_key(std::string& out, std::string_view key) {
  bool plain = !key.empty() && key.back() != '.';
  for (const char c : key) plain = plain && (is_word_character(c) || c == '.');
  if (plain)
    out += key;
  else
    append_quoted(out, key, '`');
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_DETAIL_SCANNER_HPP
