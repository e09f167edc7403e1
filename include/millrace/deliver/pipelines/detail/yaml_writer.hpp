#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_YAML_WRITER_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_YAML_WRITER_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// The code point of a well-formed sequence of UTF-8.
constexpr char32_t code_point(std::string_view sequence) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(sequence[i])); };
  if (sequence.size() == 1) return byte(0);
  char32_t point = byte(0) & (0xffU >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) point = (point << 6) | (byte(i) & 0x3fU);
  return point;
}

/// Whether a character may stand as it is in all versions of YAML, within a line. Source: YAML 1.2.2, 5.1, and
/// YAML 1.1, where U+0085, U+2028 and U+2029 end a line.
constexpr bool stands_in_yaml(char32_t c) noexcept {
  if (c < 0x20 || c == 0x7f) return false;
  if (c < 0x7f) return true;
  return c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && (c & 0xfffeU) != 0xfffe;
}

/// Whether a text can be a literal block as it is: lines of characters that stand, the first with something other than
/// a space in front, and at most one newline at the end.
inline bool is_yaml_block(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.front() == '\t' || text.front() == '\n') return false;
  if (text.size() > 1 && text.substr(text.size() - 2) == "\n\n") return false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = utf8_sequence(text.substr(i));
    if (size == 0) return false;
    if (const char32_t c = code_point(text.substr(i, size)); c != '\n' && c != '\t' && !stands_in_yaml(c)) return false;
    i += size;
  }
  return text.find('\n') != text.npos;
}

/// A text as a quoted scalar on one line. `text` is well-formed UTF-8. Source: YAML 1.2.2, 5.7 and 7.3.1.
inline std::string yaml_text(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string made = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(i));
    const std::string_view part = text.substr(i, length == 0 ? 1 : length);
    i += part.size();
    const char32_t c = length == 0 ? 0xfffd : code_point(part);
    if (c == '"' || c == '\\') {
      made += '\\';
      made += part;
    } else if (stands_in_yaml(c)) {
      made += part;
    } else if (c == '\n') {
      made += "\\n";
    } else if (c == '\t') {
      made += "\\t";
    } else {
      const int digits = c > 0xffff ? 8 : c > 0xff ? 4 : 2;
      made += digits == 8 ? "\\U" : digits == 4 ? "\\u" : "\\x";
      for (int at = digits - 1; at >= 0; --at) made += hex[(c >> (4 * at)) & 15U];
    }
  }
  return made += '"';
}

/// Writes a document of YAML in blocks: mappings, sequences, and scalars in them. Keys and `plain` values are the
/// caller's own words; a `text` is somebody else's and is quoted, or a literal block if it has several lines.
class yaml_writer {
 public:
  void comment(std::string_view text) { line("# ", text); }
  void blank_line() { out_ += '\n'; }

  void plain(std::string_view key, std::string_view value) { line(key, ": ", value); }
  void text(std::string_view key, std::string_view value) {
    if (is_yaml_block(value))
      block(std::string(key) + ": |", value);
    else
      line(key, ": ", yaml_text(value));
  }
  /// A list of the caller's own words, or of texts, on one line.
  void plain_list(std::string_view key, const std::vector<std::string_view>& values) {
    std::string made = "[";
    for (const std::string_view value : values) {
      if (made.size() > 1) made += ", ";
      made += value;
    }
    line(key, ": ", made + ']');
  }
  void text_list(std::string_view key, const std::vector<std::string>& values) {
    std::string made = "[";
    for (const std::string& value : values) made += (made.size() > 1 ? ", " : "") + yaml_text(value);
    line(key, ": ", made + ']');
  }

  /// A mapping or a sequence as the value of a key, until it is closed.
  void open(std::string_view key) {
    line(key, ":");
    ++depth_;
  }
  void close() { --depth_; }

  /// A mapping as an entry of a sequence, until it is closed: the next line has the dash.
  void open_entry() {
    dash_ = true;
    ++depth_;
  }
  /// A scalar as an entry of a sequence.
  void plain_entry(std::string_view value) { line("- ", value); }
  void text_entry(std::string_view value) {
    if (is_yaml_block(value))
      block("- |", value);
    else
      line("- ", yaml_text(value));
  }

  std::string&& done() && noexcept { return static_cast<std::string&&>(out_); }

 private:
  template <class... Parts>
  void line(Parts... parts) {
    out_.append(2 * (depth_ - (dash_ ? 1U : 0U)), ' ');
    if (dash_) out_ += "- ";
    dash_ = false;
    ((out_ += parts), ...);
    out_ += '\n';
  }
  void block(std::string head, std::string_view value) {
    if (value.back() != '\n') head += '-';
    line(std::string_view(head));
    for (std::size_t at = 0; at < value.size();) {
      const std::size_t end = value.find('\n', at) == value.npos ? value.size() : value.find('\n', at);
      if (end != at) {
        out_.append(2 * (depth_ + 1), ' ');
        out_ += value.substr(at, end - at);
      }
      out_ += '\n';
      at = end + 1;
    }
  }

  std::string out_;
  std::size_t depth_ = 0;
  bool dash_ = false;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_YAML_WRITER_HPP
