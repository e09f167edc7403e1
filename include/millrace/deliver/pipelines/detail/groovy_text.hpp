#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_GROOVY_TEXT_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_GROOVY_TEXT_HPP

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/pipelines/detail/yaml_writer.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A code unit of UTF-16, as Groovy reads it wherever it stands.
inline void append_unit(std::string& to, char32_t unit) {
  static constexpr char hex[] = "0123456789abcdef";
  to += "\\u";
  for (int at = 3; at >= 0; --at) to += hex[(unit >> (4 * at)) & 15U];
}

/// A text as a string of Groovy's in which nothing is replaced: in single quotes, or in three of them if it has several
/// lines. What is not ASCII is escaped, because Jenkins reads files in whatever encoding its machine has. No backslash
/// of the text is left as it is, so none begins an escape, not even `\u`, which Groovy reads before all others.
/// `text` is well-formed UTF-8. Source: The Groovy 2.4 documentation, "Syntax", 4.
inline std::string groovy_text(std::string_view text) {
  const std::string_view quote = text.find('\n') == text.npos ? "'" : "'''";
  std::string made(quote);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(i));
    const char32_t c = length == 0 ? 0xfffd : code_point(text.substr(i, length));
    i += length == 0 ? 1 : length;
    if (c == '\\' || c == '\'') {
      made += '\\';
      made += static_cast<char>(c);
    } else if (c == '\n' || (c >= 0x20 && c < 0x7f)) {
      made += static_cast<char>(c);
    } else if (c == '\t') {
      made += "\\t";
    } else if (c == '\r') {
      made += "\\r";
    } else if (c > 0xffff) {
      append_unit(made, 0xd800 + ((c - 0x10000) >> 10));
      append_unit(made, 0xdc00 + ((c - 0x10000) & 0x3ffU));
    } else {
      append_unit(made, c);
    }
  }
  return made += quote;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_GROOVY_TEXT_HPP
