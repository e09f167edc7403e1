#ifndef MILLRACE_FEATURE_TABLES_CSV_HPP
#define MILLRACE_FEATURE_TABLES_CSV_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/csv_options.hpp>
#include <millrace/feature/tables/detail/csv_rows.hpp>
#include <millrace/feature/tables/detail/csv_shape.hpp>
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

namespace detail {

inline column_rules rules_of(const csv_options& how) {
  return {how.decimal, how.thousands, how.amounts, how.dates, how.doubtful, how.not_finite, how.exact};
}

/// Whether the options contradict each other.
inline result<void> checked(const csv_options& how) {
  const bool same = how.decimal == how.thousands && how.decimal != csv_options::automatic;
  if (same || how.decimal == 0)
    return error(errc::invalid_argument, "csv: the decimal mark is also what stands between thousands, or nothing");
  return {};
}

template <class Table>
class csv_table {
 public:
  csv_table(std::string text, const csv_options& how, csv_findings& found)
      : text_(std::move(text)), how_(how), found_(found) {
    if (!how.latin1 || is_utf8(text_)) return;
    text_ = latin1_to_utf8(text_);
    note(table_matter::encoding, "the text is not UTF-8 and was read as Latin-1");
  }

  result<Table> read() {
    if (auto possible = checked(how_); !possible) return std::move(possible).error();
    if (auto clean = without_zeros(); !clean) return std::move(clean).error();
    csv_rows<csv_cell> rows(text_.data(), text_.size());
    begin(rows);
    std::vector<csv_cell> cells;
    auto more = rows.next(cells);
    if (!more) return std::move(more).error();
    if (!*more) return error(errc::truncated, "the text is empty: its first line should name the columns");
    if (auto named = take_header(cells, rows.line()); !named) return std::move(named).error();
    for (;;) {
      pass_comments(rows);
      more = rows.next(cells);
      if (!more) return std::move(more).error();
      if (!*more) break;
      if (auto taken = take_row(cells, rows.line()); !taken) return std::move(taken).error();
    }
    if (lines_.empty() && is_file_name())
      return error(errc::invalid_argument, "the text is " + quoted_cell(text_) +
                                               ", which looks like the name of a file: read_csv takes what is in the "
                                               "file, and read_file of <millrace/store.hpp> reads it");
    if (how_.declared_only) keep_declared();
    column_findings columns;
    auto made = table_of<Table>(columns_, rules_of(how_), how_.columns, std::move(lines_), columns, how_.all_declared);
    for (table_note& one : columns.notes) found_.notes.push_back(std::move(one));
    found_.refused = std::move(columns.refused);
    if (made)
      for (std::size_t i = 0; i < made->size(); ++i)
        found_.as.columns.push_back({(*made)[i].name, (*made)[i].kind, (*made)[i].written, true});
    return made;
  }

 private:
  void note(table_matter about, std::string text) { found_.notes.push_back({about, std::move(text), {}, {}}); }
  error refused(table_matter about, error why) {
    found_.refused = {about, std::string(why.message()), {}, {}};
    return why;
  }
  /// Whether the text is one word without an end of line, and ends as names of tables' files do.
  bool is_file_name() const noexcept {
    if (columns_.size() != 1 || text_.find_first_of("\n\r\"") != text_.npos) return false;
    for (const std::string_view end : {".csv", ".tsv", ".txt", ".CSV", ".TSV", ".TXT", ".csv.gz"})
      if (std::string_view(text_).ends_with(end)) return true;
    return false;
  }
  char comment() const noexcept { return how_.comment == csv_options::automatic ? '#' : how_.comment; }

  result<void> without_zeros() {
    const std::size_t zero = text_.find('\0');
    if (zero == text_.npos) return {};
    std::size_t line = 1;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < zero; ++i)
      if (text_[i] == '\n') ++line, begin = i + 1;
    return refused(table_matter::encoding,
                   refused_at(line, 1,
                              "a zero byte stands at character " + std::to_string(zero - begin + 1) +
                                  "; the text should be UTF-8 (a spreadsheet's \"Unicode\" is UTF-16: save as UTF-8)"));
  }
  /// Goes to the header, and says what stands between cells.
  void begin(csv_rows<csv_cell>& rows) {
    const std::string_view first = rows.peek_line();
    char named = 0;
    if (first.size() == 5 && (first.starts_with("sep=") || first.starts_with("SEP="))) {
      named = first[4];
      rows.skip_line();
    }
    while (comment() != 0 && rows.peek() == comment()) pass(rows, passed_line::reason::comment);
    found_.likely_delimiter = likely_delimiter<csv_cell>(rows.rest(), comment(), how_.banner);
    found_.as = how_;
    found_.as.columns.clear();
    found_.as.all_declared = false;
    const bool found = how_.delimiter == csv_options::automatic;
    if (found) found_.as.delimiter = named != 0 ? named : found_.likely_delimiter;
    const char delimiter = found_.as.delimiter;
    rows.use_delimiter(delimiter);
    if (found && delimiter != ',')
      note(table_matter::delimiter,
           "cells are taken apart at " +
               (delimiter == '\t' ? std::string("tab") : "'" + std::string(1, delimiter) + "'") +
               (named != 0 ? ", as the first line says" : ""));
    if (!how_.banner) return;
    const std::size_t above = csv_sample<csv_cell>(rows.rest(), delimiter, comment(), true).banner();
    for (std::size_t i = 0; i < above; ++i) pass(rows, passed_line::reason::banner);
  }
  void pass(csv_rows<csv_cell>& rows, passed_line::reason as) {
    const std::string_view text = rows.peek_line();
    found_.passed.push_back({rows.next_line(), as, std::string(text.substr(0, 1000))});
    rows.skip_line();
  }
  /// Passes over comments. A line that looks like one is a row all the same if it has as many cells as the header.
  void pass_comments(csv_rows<csv_cell>& rows) {
    while (comment() != 0 && rows.peek() == comment()) {
      if (how_.comment == csv_options::automatic) {
        std::string copy(rows.peek_line());
        csv_rows<csv_cell> alone(copy.data(), copy.size());
        alone.use_delimiter(found_.as.delimiter);
        std::vector<csv_cell> cells;
        if (const auto read = alone.next(cells); read && cells.size() == columns_.size()) return;
      }
      pass(rows, passed_line::reason::comment);
    }
  }

  void keep_declared() {
    std::vector<raw_column> kept;
    for (raw_column& one : columns_)
      for (const declared_column& other : how_.columns)
        if (other.name == one.name) {
          kept.push_back(std::move(one));
          break;
        }
    columns_ = std::move(kept);
  }
  std::string_view text_of(const csv_cell& cell) const noexcept {
    return how_.literal_quotes ? cell.text : without_blanks(cell.text);
  }
  result<void> take_header(const std::vector<csv_cell>& cells, std::size_t line) {
    for (const csv_cell& cell : cells) found_.header.push_back(std::string(text_of(cell)));
    for (std::size_t i = 0; i < found_.header.size(); ++i) {
      std::string name = found_.header[i];
      const bool named = !name.empty();
      if (!named && !how_.mend_names)
        return refused(table_matter::names, refused_at(line, i + 1, "the column has no name"));
      if (!named) {
        name = "column " + std::to_string(i + 1);
        note(table_matter::names, name + " has no name");
      }
      if (is_column(name)) {
        if (!how_.mend_names)
          return refused(table_matter::names,
                         refused_at(line, i + 1, "another column is called " + quoted_cell(name) + ", too"));
        name = mended(name, i);
      }
      columns_.push_back({std::move(name), {}});
    }
    return {};
  }
  bool is_column(std::string_view name) const noexcept {
    for (const raw_column& other : columns_)
      if (other.name == name) return true;
    return false;
  }
  std::string mended(const std::string& name, std::size_t at) {
    std::size_t number = 1;
    std::string fresh;
    do fresh = name + " (" + std::to_string(number++) + ')';
    while (is_column(fresh));
    note(table_matter::names, "column " + std::to_string(at + 1) + " repeats the name " + quoted_cell(name) +
                                  " and is called " + quoted_cell(fresh));
    return fresh;
  }

  result<void> take_row(const std::vector<csv_cell>& cells, std::size_t line) {
    if (cells.size() != columns_.size()) return refused(table_matter::cells, uneven(cells, line));
    if (how_.headers_again && columns_.size() > 1 && is_header(cells)) {
      found_.passed.push_back({line, passed_line::reason::header, {}});
      return {};
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string_view text = text_of(cells[i]);
      const bool missing = text.empty() || ((!cells[i].quoted || !how_.literal_quotes) && is_missing(text));
      columns_[i].cells.push_back(
          {text, missing ? raw_cell::form::missing : raw_cell::form::word, static_cast<std::uint32_t>(i + 1)});
    }
    lines_.push_back(line);
    return {};
  }
  bool is_header(const std::vector<csv_cell>& cells) const noexcept {
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (text_of(cells[i]) != found_.header[i]) return false;
    return true;
  }
  bool is_missing(std::string_view text) const noexcept {
    for (const std::string& one : how_.missing)
      if (one == text) return true;
    return false;
  }
  error uneven(const std::vector<csv_cell>& cells, std::size_t line) const {
    const std::string names = ", but the header names " + counted(columns_.size(), "column");
    if (cells.size() < columns_.size())
      return refused_at(line, cells.size() + 1, "the row ends after " + counted(cells.size(), "cell") + names);
    std::string text = "the row has " + counted(cells.size(), "cell") + names;
    // A text of decimal commas outside quotes shows in its first row.
    const auto digits = [](const csv_cell& one) {
      return !one.text.empty() && one.text.find_first_not_of("0123456789") == one.text.npos;
    };
    for (std::size_t i = 1; i < cells.size() && lines_.empty() && found_.as.delimiter == ','; ++i)
      if (digits(cells[i - 1]) && digits(cells[i])) {
        text += "; if " + std::string(cells[i - 1].text) + ',' + std::string(cells[i].text) +
                " is one number, write it with a point";
        break;
      }
    return refused_at(line, columns_.size() + 1, text);
  }

  std::string text_;
  const csv_options& how_;
  csv_findings& found_;
  std::vector<raw_column> columns_;
  std::vector<std::size_t> lines_;
};

}  // namespace detail

/// Reads a table from a text of comma-separated values, as RFC 4180 has them; the first line names the columns. Blanks
/// around cells without quotes are no part of them. The text should be UTF-8, and is read as Latin-1 where it is not.
/// `found`, where given, says what was found and assumed, also of a text that is refused; with `found->as` what comes
/// later is read in the very same way.
/// Errors: invalid_data, with line and column, counted from 1: a quote that is not closed, something behind one, a row
/// of another length than the header, a column without a name or with that of another; type_mismatch, with line and
/// column: a cell that is not of its declared kind, or a doubtful column that is to be refused; not_finite: a cell that
/// says NaN or infinity and is to be refused; truncated: no header; not_found: a declared column is not there, where
/// all have to be;
/// invalid_argument: contradicting options, or a text that is the name of a file. They do not name a file;
/// `.wrap(path)` adds it. Allocates: the table, and for each cell 24 bytes while it reads.
template <class Table = table>
result<Table> read_csv(std::string text, const csv_options& how = {}, csv_findings* found = nullptr) {
  csv_findings own;
  csv_findings& told = found != nullptr ? *found : own;
  told = {};
  return detail::csv_table<Table>(std::move(text), how, told).read();
}

/// Reads a column of texts or categories as `read_csv` would have read it with these options: of the kind that is
/// declared for its name, or is found. Errors: as there; not_found: the table has no such column of texts or
/// categories.
template <class Table>
result<column> reread(const Table& from, std::string_view name, const csv_options& how, csv_findings* found = nullptr) {
  const column* const texts = from.find(name);
  if (texts == nullptr || (texts->kind != column_kind::text && texts->kind != column_kind::category))
    return error(errc::not_found, "no column of texts is called " + detail::quoted_cell(name));
  if (auto possible = detail::checked(how); !possible) return std::move(possible).error();
  detail::raw_column cells{texts->name, {}};
  std::vector<std::size_t> lines;
  const auto place = static_cast<std::uint32_t>(texts - &from[0] + 1);
  for (std::size_t row = 0; row < texts->rows(); ++row) {
    using form = detail::raw_cell::form;
    cells.cells.push_back({texts->text(row), texts->missing(row) ? form::missing : form::word, place});
    lines.push_back(from.line(row));
  }
  const detail::column_rules rules = detail::rules_of(how);
  detail::column_findings told;
  detail::column_maker<Table> maker(rules, lines, told);
  const declared_column* as = nullptr;
  for (const declared_column& one : how.columns)
    if (one.name == name) as = &one;
  auto made = as != nullptr ? maker.make(cells, *as) : maker.make(cells);
  if (found == nullptr) return made;
  *found = {};
  found->notes = std::move(told.notes);
  found->refused = std::move(told.refused);
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_CSV_HPP
