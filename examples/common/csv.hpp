#ifndef MILLRACE_EXAMPLES_COMMON_CSV_HPP
#define MILLRACE_EXAMPLES_COMMON_CSV_HPP

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace csv {

namespace mr = millrace;

/// A cell as it is written: in quotes where it needs them.
inline std::string quoted(std::string_view cell) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  const bool plain = cell.find_first_of(",\"\r\n") == std::string_view::npos && !cell.empty() && !blank(cell.front()) &&
                     !blank(cell.back());
  if (plain) return std::string(cell);
  std::string text = "\"";
  for (const char c : cell) text.append(c == '"' ? 2 : 1, c);
  return text += '"';
}

/// The finite number that a whole cell is, or nothing: "1,000" is none, rather than 1.
inline std::optional<double> number(std::string_view cell) noexcept {
  double value = 0;
  const auto read = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  const bool whole = read.ec == std::errc() && read.ptr == cell.data() + cell.size();
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Reads comma-separated rows as RFC 4180 has them: a cell may stand in quotes and then hold
/// delimiters, line breaks and doubled quotes. Rows end with LF, CRLF or CR, the last one also with
/// the text; lines with nothing on them are passed over, and so is a UTF-8 byte order mark. A quote
/// in the middle of an unquoted cell is a character like any other.
///
/// The reader owns the text and unescapes in place, so cells are views that live as long as it does.
/// Allocates: never, beyond the caller's vector of cells.
/// Errors: errc::invalid_data with the line and column, both counted from 1.
class reader {
 public:
  explicit reader(std::string text, char delimiter = ',') : text_(std::move(text)), delimiter_(delimiter) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  /// Reads the next row into `cells`; false when there is none.
  mr::result<bool> next(std::vector<std::string_view>& cells) {
    cells.clear();
    if (!searched_for_zeros_) {
      searched_for_zeros_ = true;
      if (const void* zero = std::memchr(text_.data(), 0, text_.size())) return not_text(zero);
    }
    peek_line();
    if (at_ == text_.size()) return false;
    row_line_ = line_;
    for (;;) {
      if (at_ < text_.size() && text_[at_] == '"') {
        if (auto read = quoted(cells); !read) return std::move(read).error();
      } else {
        cells.push_back(unquoted());
      }
      if (at_ == text_.size()) return true;
      if (text_[at_] == delimiter_) {
        ++at_;
        continue;
      }
      pass_line_end();
      return true;
    }
  }

  /// The text that no row has been read from yet.
  std::string_view rest() const noexcept { return std::string_view(text_).substr(at_); }
  /// The line that comes next, without its end, after blank ones, which are passed over.
  std::string_view peek_line() noexcept {
    while (at_ < text_.size() && is_line_end(text_[at_])) pass_line_end();
    return rest().substr(0, rest().find_first_of("\r\n"));
  }
  /// Passes over the line that comes next, whatever it holds.
  void skip_line() noexcept {
    at_ += peek_line().size();
    if (at_ < text_.size()) pass_line_end();
  }
  /// The line that comes next, counted from 1.
  std::size_t next_line() const noexcept { return line_; }
  /// What stands between cells from here on.
  void use_delimiter(char delimiter) noexcept { delimiter_ = delimiter; }

  /// The line on which the last row began, counted from 1.
  std::size_t line() const noexcept { return row_line_; }

 private:
  static bool is_line_end(char c) noexcept { return c == '\n' || c == '\r'; }

  void pass_line_end() noexcept {
    const bool two = text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
    at_ += two ? 2 : 1;
    ++line_;
  }

  std::string_view unquoted() noexcept {
    const std::size_t start = at_;
    while (at_ < text_.size() && text_[at_] != delimiter_ && !is_line_end(text_[at_])) ++at_;
    return std::string_view(text_).substr(start, at_ - start);
  }

  mr::result<void> quoted(std::vector<std::string_view>& cells) {
    const std::size_t opened_on = line_;
    const std::size_t start = ++at_;
    std::size_t end = start;  // where the next kept character goes: doubled quotes shrink to one
    for (;;) {
      const auto* quote = static_cast<const char*>(std::memchr(text_.data() + at_, '"', text_.size() - at_));
      if (quote == nullptr) return fault(opened_on, cells.size() + 1, "the quote that opens here is never closed");
      const auto run = static_cast<std::size_t>(quote - text_.data()) - at_;
      count_lines(at_, run);
      if (end != at_) std::memmove(text_.data() + end, text_.data() + at_, run);
      end += run;
      at_ += run + 1;
      if (at_ == text_.size() || text_[at_] != '"') break;
      text_[end++] = '"';
      ++at_;
    }
    if (at_ < text_.size() && text_[at_] != delimiter_ && !is_line_end(text_[at_]))
      return fault(line_, cells.size() + 1, "something follows the closing quote of a cell");
    cells.push_back(std::string_view(text_).substr(start, end - start));
    return {};
  }

  void count_lines(std::size_t from, std::size_t size) noexcept {
    for (std::size_t i = from; i < from + size; ++i) {
      const bool return_of_pair = text_[i] == '\r' && text_[i + 1] == '\n';  // the closing quote bounds i + 1
      if (is_line_end(text_[i]) && !return_of_pair) ++line_;
    }
  }

  static mr::error fault(std::size_t line, std::size_t column, std::string_view what) {
    std::string message = "line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
    return mr::error(mr::errc::invalid_data, message.append(what));
  }
  mr::error not_text(const void* zero) const {
    const auto before = static_cast<std::size_t>(static_cast<const char*>(zero) - text_.data());
    std::size_t line = 1;
    for (const char c : std::string_view(text_).substr(0, before)) line += c == '\n' ? 1 : 0;
    return mr::error(
        mr::errc::invalid_data,
        "line " + std::to_string(line) +
            ": a zero byte; this is not UTF-8 text (a spreadsheet's \"Unicode\" is UTF-16: save as UTF-8)");
  }

  std::string text_;
  char delimiter_;
  bool searched_for_zeros_ = false;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t row_line_ = 0;
};

}  // namespace csv

#endif  // MILLRACE_EXAMPLES_COMMON_CSV_HPP
