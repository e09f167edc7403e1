#ifndef MILLRACE_FEATURE_TABLES_CSV_HPP
#define MILLRACE_FEATURE_TABLES_CSV_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/csv_rows.hpp>
#include <millrace/feature/tables/detail/raw_columns.hpp>
#include <millrace/feature/tables/encoding.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// How a CSV is written.
struct csv_options {
  /// What stands between cells; 0: that of `,` `;` tab `|` which the header has most of, outside quotes.
  char delimiter = 0;
  /// What stands before a number's fraction. Another than '.' makes 3.14 no number.
  char decimal = '.';
  /// What stands between groups of three digits; 0: nothing.
  char thousands = 0;
  /// Whether a column is numbers also where they are written as amounts: with one currency's sign or code or %, and
  /// negative ones with a minus or in an accountant's brackets: -$7.25, 7.25 EUR, 12 %, (7.25). The unit is set aside,
  /// and the column says which it was. A column of two units, or of percents and bare numbers, is none.
  bool amounts = false;
  /// Whether text that is not UTF-8 is read as Latin-1; else its bytes are kept as they are.
  bool latin1 = true;
  /// What a line begins with that is passed over; 0: nothing.
  char comment = 0;
  /// Cells that are missing, besides empty ones, where they stand without quotes.
  std::vector<std::string> missing{"NA", "N/A", "n/a", "NaN", "nan", "?", "null", "NULL", "None"};
  /// Columns whose kind is said, by the names in the header. Of the others it is found: numbers or times (ISO 8601) if
  /// all their cells are, else categories.
  std::vector<declared_column> columns{};
};

namespace detail {

/// That of the usual delimiters which a line has most of, outside quotes.
inline char likely_delimiter(std::string_view line) noexcept {
  constexpr std::string_view usual = ",;\t|";
  std::size_t counts[4] = {};
  bool quoted = false;
  for (const char c : line) {
    quoted = quoted != (c == '"');
    for (std::size_t i = 0; i < usual.size(); ++i) counts[i] += !quoted && c == usual[i] ? 1U : 0U;
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < usual.size(); ++i)
    if (counts[i] > counts[best]) best = i;
  return usual[best];
}

template <class Table>
class csv_table {
 public:
  csv_table(std::string text, const csv_options& how) : text_(std::move(text)), how_(how) {
    if (how.latin1 && !is_utf8(text_)) text_ = latin1_to_utf8(text_);
  }

  result<Table> read() {
    if (auto possible = checked(); !possible) return std::move(possible).error();
    csv_rows<csv_cell> rows(text_.data(), text_.size(), how_.comment);
    rows.use_delimiter(how_.delimiter != 0 ? how_.delimiter : likely_delimiter(rows.peek_line()));
    std::vector<csv_cell> cells;
    auto more = rows.next(cells);
    if (!more) return std::move(more).error();
    if (!*more) return error(errc::truncated, "the text is empty: its first line should name the columns");
    if (auto named = take_header(cells, rows.line()); !named) return std::move(named).error();
    for (;;) {
      more = rows.next(cells);
      if (!more) return std::move(more).error();
      if (!*more) break;
      if (auto taken = take_row(cells, rows.line()); !taken) return std::move(taken).error();
    }
    return table_of<Table>(columns_, {how_.decimal, how_.thousands, how_.amounts}, how_.columns, std::move(lines_));
  }

 private:
  result<void> checked() const {
    const std::size_t zero = text_.find('\0');
    if (zero != text_.npos) {
      std::size_t line = 1;
      std::size_t begin = 0;
      for (std::size_t i = 0; i < zero; ++i)
        if (text_[i] == '\n') ++line, begin = i + 1;
      return refused_at(line, 1,
                        "a zero byte stands at character " + std::to_string(zero - begin + 1) +
                            "; the text should be UTF-8 (a spreadsheet's \"Unicode\" is UTF-16: save as UTF-8)");
    }
    if (how_.decimal == how_.thousands || how_.decimal == 0)
      return error(errc::invalid_argument, "csv: the decimal mark is also what stands between thousands, or nothing");
    return {};
  }
  result<void> take_header(const std::vector<csv_cell>& cells, std::size_t line) {
    for (const csv_cell& cell : cells) {
      if (cell.text.empty()) return refused_at(line, columns_.size() + 1, "the column has no name");
      for (const raw_column& other : columns_)
        if (other.name == cell.text)
          return refused_at(line, columns_.size() + 1, "another column is called \"" + other.name + "\", too");
      columns_.push_back({std::string(cell.text), {}});
    }
    return {};
  }
  result<void> take_row(const std::vector<csv_cell>& cells, std::size_t line) {
    if (cells.size() != columns_.size()) {
      const std::size_t shorter = cells.size() < columns_.size() ? cells.size() : columns_.size();
      return refused_at(
          line, shorter + 1,
          "the row has " + std::to_string(cells.size()) + " cells, the header " + std::to_string(columns_.size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool missing = is_missing(cells[i]);
      columns_[i].cells.push_back(
          {cells[i].text, missing ? raw_cell::form::missing : raw_cell::form::word, static_cast<std::uint32_t>(i + 1)});
    }
    lines_.push_back(line);
    return {};
  }
  bool is_missing(const csv_cell& cell) const {
    if (cell.text.empty()) return true;
    if (cell.quoted) return false;
    for (const std::string& one : how_.missing)
      if (one == cell.text) return true;
    return false;
  }

  std::string text_;
  const csv_options& how_;
  std::vector<raw_column> columns_;
  std::vector<std::size_t> lines_;
};

}  // namespace detail

/// Reads a table from a text of comma-separated values, as RFC 4180 has them; the first line names the columns. Blanks
/// around cells without quotes are no part of them. The text should be UTF-8, and is read as Latin-1 where it is not.
/// Errors: invalid_data, with line and column, counted from 1: a quote that is not closed, something behind one, a row
/// of another length than the header, a column without a name or with that of another, a cell that is not of its
/// declared kind; truncated: no header; not_found: a declared column is not there; invalid_argument: contradicting
/// options. They do not name a file; `.wrap(path)` adds it.
/// Allocates: the table, and for each cell 24 bytes while it reads.
template <class Table = table>
result<Table> read_csv(std::string text, const csv_options& how = {}) {
  return detail::csv_table<Table>(std::move(text), how).read();
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_CSV_HPP
