#ifndef MILLRACE_MODEL_CARD_DETAIL_CARD_MARKDOWN_HPP
#define MILLRACE_MODEL_CARD_DETAIL_CARD_MARKDOWN_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/intervals.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Writes a card as Markdown. Text of the caller's is escaped: it makes no cell, line, tag or link of its own.
class card_markdown {
 public:
  explicit card_markdown(std::string& out) noexcept : out_(out) {}

  void heading(std::string_view marks, std::string_view text) {
    if (!out_.empty()) out_ += '\n';
    out_ += marks;
    out_ += ' ';
    escape(text);
    out_ += "\n\n";
  }
  void paragraph(std::string_view text) {
    escape(text);
    out_ += '\n';
  }
  void item(std::string_view text) {
    out_ += "- ";
    paragraph(text);
  }
  /// The head of a table; its cells are texts of this file.
  void head(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) cell(name);
    end_row();
    for (std::size_t k = 0; k < names.size(); ++k) out_ += "|---";
    end_row();
  }
  card_markdown& cell(std::string_view text) {
    out_ += "| ";
    escape(text);
    out_ += ' ';
    return *this;
  }
  card_markdown& cell(double figure) {
    out_ += "| ";
    number(figure);
    out_ += ' ';
    return *this;
  }
  card_markdown& count(std::uint64_t rows) { return cell(std::to_string(rows)); }
  /// The figure and its interval: `0.91 (0.88 to 0.93)`.
  card_markdown& cell(const measured& figure) {
    out_ += "| ";
    number(figure.value);
    if (figure.interval.level > 0) {
      out_ += " (";
      number(figure.interval.lower);
      out_ += " to ";
      number(figure.interval.upper);
      out_ += ')';
    }
    out_ += ' ';
    return *this;
  }
  void end_row() { out_ += "|\n"; }

 private:
  void number(double figure) {
    if (const char* name = non_finite_name(figure); name != nullptr) {
      out_ += name;
      return;
    }
    char digits[32];
    out_.append(digits,
                static_cast<std::size_t>(
                    std::to_chars(digits, digits + sizeof digits, figure, std::chars_format::general, 4).ptr - digits));
  }
  /// Appends the character at the front, or a byte that is no UTF-8 as the four characters `\xHH`, as JSON has it.
  /// Returns how many bytes that was.
  std::size_t beyond_ascii(std::string_view text) {
    if (const std::size_t length = utf8_sequence(text); length != 0) {
      out_ += text.substr(0, length);
      return length;
    }
    static constexpr char hex[] = "0123456789abcdef";
    const auto c = static_cast<unsigned char>(text[0]);
    const char written[] = {'\\', '\\', 'x', hex[c >> 4], hex[c & 15U]};
    out_.append(written, sizeof written);
    return 1;
  }
  void escape(std::string_view text) {
    bool has_begun = false;
    bool is_number = true;  // of digits alone so far
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (static_cast<unsigned char>(c) >= 0x80) {
        has_begun = true;
        is_number = false;
        i += beyond_ascii(text.substr(i)) - 1;
        continue;
      }
      const bool is_blank = c == ' ' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      if (is_blank && !has_begun) continue;  // four of them would make code of a text
      const bool is_first = !std::exchange(has_begun, true);
      if (is_number && !is_first && (c == '.' || c == ')')) out_ += '\\';  // or it were the item of a list
      is_number = is_number && c >= '0' && c <= '9';
      if (c == '&') {
        out_ += "&amp;";
      } else if (c == '<') {
        out_ += "&lt;";
      } else if (is_blank) {
        out_ += ' ';
      } else {
        // The first might begin a list or an underline.
        const std::string_view marks = is_first ? "-+=\\`*_[]|#~>$!" : "\\`*_[]|#~>$!";
        if (marks.find(c) != std::string_view::npos) out_ += '\\';
        out_ += c;
      }
    }
  }

  std::string& out_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CARD_DETAIL_CARD_MARKDOWN_HPP
