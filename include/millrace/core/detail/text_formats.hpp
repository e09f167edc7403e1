#ifndef MILLRACE_CORE_DETAIL_TEXT_FORMATS_HPP
#define MILLRACE_CORE_DETAIL_TEXT_FORMATS_HPP

#include <millrace/core/json_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Texts of others in what is written for people: JSON, YAML, CSV and HTML.
namespace millrace {
inline namespace v0 {
namespace detail {

/// Whether text begins with an escape as `valid_utf8` writes it: `\xHH`, with two lower-case hexadecimal digits.
constexpr bool begins_as_byte(std::string_view text) noexcept {
  const auto digit = [&](std::size_t i) {
    return (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
  };
  return text.size() >= 4 && text[0] == '\\' && text[1] == 'x' && digit(2) && digit(3);
}

/// `text` with each byte that is not part of well-formed UTF-8 as the four characters `\xHH`. A backslash that begins
/// four such characters already becomes `\x5c`, so different bytes stay different: replacing each `\xHH` by its byte,
/// from the left, gives back the text. All other well-formed text stays as it is.
inline std::string valid_utf8(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = begins_as_byte(text) ? 0 : utf8_sequence(text);
    if (length != 0) {
      out.append(text.substr(0, length));
    } else {
      const auto byte = static_cast<unsigned char>(text.front());
      out += {'\\', 'x', hex[byte >> 4], hex[byte & 15U]};
    }
    text.remove_prefix(length != 0 ? length : 1);
  }
  return out;
}

/// Text in which every byte that is no UTF-8 is the four characters `\xHH`, as `valid_utf8` writes it, and every
/// control character but tab, newline and carriage return too: CSV and HTML have no way to say them.
inline std::string printable(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string made;
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f)
      made += {'\\', 'x', hex[byte >> 4], hex[byte & 15U]};
    else
      made += c;
  }
  return made;
}

/// Appends a text as JSON; bytes that are no UTF-8 as `valid_utf8` writes them.
inline void append_json_text(std::string& out, std::string_view text) {
  append_json(out, std::string_view(valid_utf8(text)));
}

/// Appends a text as a double-quoted scalar of YAML, which no reader takes for a number, a date, `no` or a tag. It is a
/// string of JSON, and besides has no character that YAML 1.1 or 1.2 takes for a line's end or forbids: those are
/// `\uHHHH`. Source: YAML 1.2.2, productions [1] c-printable and [24] to [29]; YAML 1.1 has the line ends U+0085,
/// U+2028, U+2029.
inline void append_yaml(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string json;
  append_json_text(json, text);
  for (std::size_t i = 0; i < json.size();) {
    const std::string_view rest = std::string_view(json).substr(i);
    const std::size_t length = utf8_sequence(rest);
    std::uint32_t code = static_cast<unsigned char>(rest[0]);
    if (length == 2) code = (code & 0x1fU) << 6 | (static_cast<unsigned char>(rest[1]) & 0x3fU);
    if (length == 3)
      code = (code & 0x0fU) << 12 | (static_cast<unsigned char>(rest[1]) & 0x3fU) << 6 |
             (static_cast<unsigned char>(rest[2]) & 0x3fU);
    const bool hides = length < 4 && ((code >= 0x7f && code <= 0xa0) || code == 0x2028 || code == 0x2029 ||
                                      code == 0xfeff || code == 0xfffe || code == 0xffff);
    if (hides)
      out += {'\\', 'u', hex[code >> 12], hex[code >> 8 & 15U], hex[code >> 4 & 15U], hex[code & 15U]};
    else
      out.append(rest.substr(0, length));
    i += length;
  }
}

/// Whether a spreadsheet may take a cell for a formula, or is hidden by one: where it begins so, an apostrophe is put
/// in front. So one that is there already gets another, and taking away one gives back the text. Source: OWASP, CSV
/// Injection; also the wide forms of the four signs, which some take for the same.
inline bool begins_formula(std::string_view text) noexcept {
  if (text.empty()) return false;
  if (std::string_view("=+-@\t\r\n'").find(text[0]) != std::string_view::npos) return true;
  for (const std::string_view wide : {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"})
    if (text.starts_with(wide)) return true;
  return false;
}

/// Appends a text that is UTF-8 as a cell of CSV, in quotes. Source: RFC 4180.
inline void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

/// Appends any text as a cell of CSV.
inline void append_csv(std::string& out, std::string_view text) {
  const std::string shown = printable(text);
  append_quoted(out, begins_formula(shown) ? '\'' + shown : shown);
}

/// Appends a text to HTML, where text or a quoted attribute may stand.
inline void append_html(std::string& out, std::string_view text) {
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\r': out += "&#13;"; break;  // a bare one would be read as a newline
      default: out += c;
    }
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_TEXT_FORMATS_HPP
