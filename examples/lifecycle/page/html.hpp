#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_HTML_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_HTML_HPP

#include "svg.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The report's pieces of HTML. Whatever text is given is escaped, but `content`, which is HTML already.
namespace lifecycle::html {

inline std::string tile(std::string_view value, std::string_view label) {
  return "<div class=\"tile\"><b>" + escaped(value) + "</b><span>" + escaped(label) + "</span></div>";
}

inline std::string card(std::string_view title, std::string_view says, std::string_view content,
                        std::string_view style = "") {
  std::string out = "<section class=\"card " + std::string(style) + "\"><h3>" + escaped(title) + "</h3>";
  if (!says.empty()) out += "<p>" + escaped(says) + "</p>";
  return out.append(content) + "</section>";
}

/// A heading and the cards under it.
inline std::string section(std::string_view title, std::string_view content) {
  return "<h2>" + escaped(title) + "</h2><div class=\"cards\">" + std::string(content) + "</div>";
}

/// Names beside the colours of their styles.
inline std::string legend(const std::vector<std::pair<std::string_view, std::string>>& entries) {
  std::string out = "<div class=\"legend\">";
  for (const auto& [style, name] : entries)
    out += "<span><i class=\"" + std::string(style) + "\"></i>" + escaped(name) + "</span>";
  return out + "</div>";
}

/// Names and what they are.
inline std::string facts(const std::vector<std::pair<std::string, std::string>>& list) {
  std::string out = "<dl>";
  for (const auto& [name, value] : list) out += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>";
  return out + "</dl>";
}

inline std::string cell(std::string_view text, bool number = false) {
  return (number ? "<td class=\"n\">" : "<td>") + escaped(text) + "</td>";
}
inline std::string number(std::string_view text) { return cell(text, true); }
inline std::string name(std::string_view text) { return "<td class=\"name\">" + escaped(text) + "</td>"; }

/// A table that scrolls sideways where it is too wide. A heading that begins with `#` stands over numbers.
inline std::string table(std::initializer_list<std::string_view> headings, std::string_view rows) {
  std::string out = "<div class=\"scroll\"><table><thead><tr>";
  for (std::string_view heading : headings) {
    const bool numbers = heading.starts_with('#');
    out += (numbers ? "<th class=\"n\">" : "<th>") + escaped(heading.substr(numbers ? 1 : 0)) + "</th>";
  }
  return out + "</tr></thead><tbody>" + std::string(rows) + "</tbody></table></div>";
}

/// Lines of text, one under the other.
inline std::string lines(std::string_view text) {
  std::string out = "<div class=\"chain\">";
  while (!text.empty()) {
    const std::size_t end = (std::min)(text.find('\n'), text.size());
    out += "<div>" + escaped(text.substr(0, end)) + "</div>";
    text.remove_prefix((std::min)(end + 1, text.size()));
  }
  return out + "</div>";
}

}  // namespace lifecycle::html

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_HTML_HPP
