#ifndef MILLRACE_FEATURE_TABLES_DETAIL_CSV_ROWS_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_CSV_ROWS_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A cell of CSV: without the quotes around it, or without the blanks around it.
struct csv_cell {
  std::string_view text;
  bool quoted = false;
};

inline error refused_at(std::size_t line, std::size_t column, std::string_view what) {
  std::string text = "line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
  return error(errc::invalid_data, std::move(text += what));
}

/// Takes rows apart as RFC 4180 has them: a cell may stand in quotes, and then hold delimiters, ends of lines and
/// doubled quotes. Lines end with LF, CRLF or CR. Lines with nothing on them are passed over, and so is a byte order
/// mark. Doubled quotes are undone in place, so cells are views of the text.
template <class Cell>
class csv_rows {
 public:
  csv_rows(char* text, std::size_t size) noexcept : text_(text), size_(size) {
    if (std::string_view(text, size).starts_with("\xef\xbb\xbf")) at_ = 3;
  }
  void use_delimiter(char delimiter) noexcept { delimiter_ = delimiter; }
  /// The line on which the last row began, counted from 1.
  std::size_t line() const noexcept { return row_line_; }

  /// The character with which the next line begins; 0 where there is none.
  char peek() noexcept {
    pass_empty_lines();
    return at_ < size_ ? text_[at_] : '\0';
  }
  /// The line that comes next, and what is left of the text from there.
  std::string_view peek_line() noexcept {
    pass_empty_lines();
    std::size_t end = at_;
    while (end < size_ && !ends_line(text_[end])) ++end;
    return {text_ + at_, end - at_};
  }
  std::string_view rest() noexcept {
    pass_empty_lines();
    return {text_ + at_, size_ - at_};
  }
  /// The line that comes next, counted from 1.
  std::size_t next_line() noexcept {
    pass_empty_lines();
    return line_;
  }
  /// Passes over the line that comes next, whatever it holds.
  void skip_line() noexcept {
    at_ += peek_line().size();
    if (at_ < size_) pass_line_end();
  }

  /// Reads the next row; false when there is none. Errors: invalid_data, with line and column.
  result<bool> next(std::vector<Cell>& cells) {
    cells.clear();
    pass_empty_lines();
    if (at_ == size_) return false;
    row_line_ = line_;
    for (;;) {
      while (at_ < size_ && is_blank(text_[at_]) && text_[at_] != delimiter_) ++at_;
      if (at_ < size_ && text_[at_] == '"') {
        if (auto read = quoted(cells); !read) return std::move(read).error();
      } else {
        cells.push_back({unquoted(), false});
      }
      if (at_ == size_) return true;
      if (text_[at_] != delimiter_) break;
      ++at_;
    }
    pass_line_end();
    return true;
  }

 private:
  static bool ends_line(char c) noexcept { return c == '\n' || c == '\r'; }
  static bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

  void pass_line_end() noexcept {
    const bool two = text_[at_] == '\r' && at_ + 1 < size_ && text_[at_ + 1] == '\n';
    at_ += two ? 2 : 1;
    ++line_;
  }
  void pass_empty_lines() noexcept {
    while (at_ < size_ && ends_line(text_[at_])) pass_line_end();
  }
  std::string_view unquoted() noexcept {
    const std::size_t begin = at_;
    while (at_ < size_ && text_[at_] != delimiter_ && !ends_line(text_[at_])) ++at_;
    std::size_t end = at_;
    while (end > begin && is_blank(text_[end - 1])) --end;
    return {text_ + begin, end - begin};
  }
  result<void> quoted(std::vector<Cell>& cells) {
    const std::size_t opened_on = line_;
    const std::size_t begin = ++at_;
    std::size_t end = begin;  // where the next kept character goes
    for (;; ++at_) {
      if (at_ == size_) return refused_at(opened_on, cells.size() + 1, "the quote that opens here is never closed");
      if (text_[at_] == '"') {
        if (at_ + 1 == size_ || text_[at_ + 1] != '"') break;
        ++at_;
      } else if (text_[at_] == '\n' || (text_[at_] == '\r' && !(at_ + 1 < size_ && text_[at_ + 1] == '\n'))) {
        ++line_;
      }
      text_[end++] = text_[at_];
    }
    ++at_;
    while (at_ < size_ && is_blank(text_[at_]) && text_[at_] != delimiter_) ++at_;
    if (at_ < size_ && text_[at_] != delimiter_ && !ends_line(text_[at_]))
      return refused_at(line_, cells.size() + 1, "something follows the closing quote of a cell");
    cells.push_back({{text_ + begin, end - begin}, true});
    return {};
  }

  char* text_;
  std::size_t size_;
  char delimiter_ = ',';
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t row_line_ = 0;
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DETAIL_CSV_ROWS_HPP
