#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_GRID_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_GRID_HPP

#include "../../common/csv.hpp"
#include "../format.hpp"
#include "delimiter.hpp"
#include "notation.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/feature/tables/encoding.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lifecycle {

namespace mr = millrace;

/// How a file is taken apart.
struct grid_format {
  char delimiter = 0;  // 0: the one that fits
  char comment = '#';  // what a line begins with that is none of the table; 0: nothing
};

/// A table as it stands in its file: a header, and rows of trimmed cells of text, all of one length.
class grid {
 public:
  /// A first line `sep=;`, as Excel writes it, names the delimiter. Lines that begin with the comment's character are
  /// passed over before the header, and later where they have not as many cells as the header.
  ///
  /// Errors: errc::invalid_data where the text is not such a table, errc::truncated where it has no row. Both name
  /// `name`, and the line and column where they apply.
  static mr::result<grid> read(std::string name, std::string text, grid_format how) {
    const bool utf8 = mr::feature::is_utf8(text);
    grid made(std::move(name), utf8 ? std::move(text) : mr::feature::latin1_to_utf8(text), how);
    if (!utf8) made.notes_.push_back("the file is not UTF-8 and was read as Latin-1");
    made.choose_delimiter();
    std::vector<std::string_view> row;
    mr::result<bool> more = made.reader_->next(row);
    if (!more) return made.in_file(more.error());
    if (!*more) return mr::error(mr::errc::truncated, made.name_ + " is empty: the first line should name the columns");
    made.take_header(row);
    while ((more = made.next(row)) && *more) {
      if (row.size() != made.columns()) return made.ragged(row);
      for (const std::string_view cell : row) made.cells_.push_back(trimmed(cell));
      made.lines_.push_back(made.reader_->line());
    }
    if (!more) return made.in_file(more.error());
    if (made.rows() == 0)
      return mr::error(mr::errc::truncated,
                       made.name_ + " has a header of " + counted(made.columns(), "column") + " and no rows");
    if (!made.comments_.empty())
      made.notes_.push_back(counted(made.comments_.size(), "line") + " that " +
                            (made.comments_.size() == 1 ? "begins" : "begin") + " with " + how.comment +
                            (made.comments_.size() == 1 ? " was" : " were") + " passed over, the first being line " +
                            std::to_string(made.comments_.front().line) + "; --comment none reads them as rows");
    return made;
  }

  const std::string& name() const noexcept { return name_; }
  std::size_t rows() const noexcept { return lines_.size(); }
  std::size_t columns() const noexcept { return names_.size(); }
  const std::string& column_name(std::size_t column) const noexcept { return names_[column]; }
  std::string_view cell(std::size_t row, std::size_t column) const noexcept { return cells_[row * columns() + column]; }
  const std::vector<std::size_t>& lines() const noexcept { return lines_; }

  /// Keeps the rows for which `wanted(row)`.
  template <class Wanted>
  void keep_rows(Wanted wanted) {
    std::size_t kept = 0;
    for (std::size_t row = 0; row < rows(); ++row) {
      if (!wanted(row)) continue;
      for (std::size_t at = 0; at < columns(); ++at) cells_[kept * columns() + at] = cell(row, at);
      lines_[kept++] = lines_[row];
    }
    lines_.resize(kept);
    cells_.resize(kept * columns());
  }
  const std::vector<std::string>& notes() const noexcept { return notes_; }

  /// `adult.csv, line 17, column 3 ("age")`.
  std::string place(std::size_t row, std::size_t column) const {
    return name_ + ", line " + std::to_string(lines_[row]) + ", column " + std::to_string(column + 1) + " (" +
           in_quotes(names_[column]) + ")";
  }

  /// Where the column of that name stands. Errors: errc::not_found, with the names there are.
  mr::result<std::size_t> find(std::string_view wanted) const {
    const auto found = std::find(header_.begin(), header_.end(), trimmed(wanted));
    if (found == header_.end()) return no_such_column(wanted);
    if (std::find(found + 1, header_.end(), *found) != header_.end())
      return mr::error(mr::errc::not_found, name_ + " has more than one column named " + in_quotes(wanted) +
                                                ": rename all but the one that is meant");
    return static_cast<std::size_t>(found - header_.begin());
  }

 private:
  /// A line that was passed over.
  struct comment_line {
    std::size_t line;
    std::string_view text;
  };

  grid(std::string name, std::string text, grid_format how)
      : name_(std::move(name)), how_(how), reader_(std::make_unique<csv::reader>(std::move(text))) {}

  void choose_delimiter() {
    const std::string_view first = reader_->peek_line();
    char named = 0;
    if (first.size() == 5 && (first.starts_with("sep=") || first.starts_with("SEP="))) {
      named = first[4];
      reader_->skip_line();
    }
    while (is_comment(reader_->peek_line())) pass_comment();
    likely_ = likely_delimiter(reader_->rest());
    const bool told = how_.delimiter != 0;
    if (!told) how_.delimiter = named != 0 ? named : likely_;
    if (!told && how_.delimiter != ',')
      notes_.push_back("cells are taken apart at " + shell_spelling(how_.delimiter) +
                       (named != 0 ? ", as the first line says" : "; --delimiter names another character"));
    reader_->use_delimiter(how_.delimiter);
  }

  bool is_comment(std::string_view line) const {
    return how_.comment != 0 && !line.empty() && line.front() == how_.comment;
  }
  void pass_comment() {
    const std::string_view text = reader_->peek_line();
    comments_.push_back({reader_->next_line(), text});
    reader_->skip_line();
  }

  /// The next row of the table. A line that looks like a comment is a row if it has as many cells as one.
  mr::result<bool> next(std::vector<std::string_view>& row) {
    for (;;) {
      const std::string_view line = reader_->peek_line();
      if (!is_comment(line)) break;
      csv::reader alone{std::string(line), how_.delimiter};
      if (const auto read = alone.next(row); read && row.size() == columns()) break;
      pass_comment();
    }
    return reader_->next(row);
  }

  mr::error in_file(const mr::error& why) const {
    return mr::error(why.code(), name_ + ", " + why.describe() + hint());
  }

  /// Every column gets a name of its own: an empty one its number, a repeated one a number behind it.
  void take_header(const std::vector<std::string_view>& row) {
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < row.size(); ++i) {
      header_.emplace_back(trimmed(row[i]));
      std::string name = header_.back();
      if (name.empty()) {
        name = "column " + std::to_string(i + 1);
        notes_.push_back("column " + std::to_string(i + 1) + " has no name");
      }
      if (seen[name]++ > 0) {
        const std::string repeated = name;
        do name = repeated + " (" + std::to_string(seen[repeated]++) + ")";
        while (seen.contains(name));
        seen[name] = 1;
        notes_.push_back("column " + std::to_string(i + 1) + " repeats the name " + in_quotes(repeated) +
                         " and is called " + in_quotes(name));
      }
      names_.push_back(std::move(name));
    }
  }

  static bool is_digits(std::string_view cell) {
    cell = trimmed(cell);
    return !cell.empty() && cell.find_first_not_of("0123456789") == cell.npos;
  }
  /// What would help where another delimiter fits better than the one that was asked for.
  std::string hint() const {
    return likely_ == how_.delimiter ? "" : "; --delimiter " + shell_spelling(likely_) + " would take it apart";
  }

  mr::error ragged(const std::vector<std::string_view>& row) const {
    const std::size_t got = row.size();
    const std::string line = name_ + ", line " + std::to_string(reader_->line()) + ", column ";
    std::string wanted = "the header names " + counted(columns(), "column");
    if (columns() == 1 && !hint().empty()) wanted += ", " + in_quotes(header_[0]);
    wanted += hint();
    if (got < columns())
      return mr::error(mr::errc::invalid_data, line + std::to_string(got + 1) + ": the row ends after " +
                                                   counted(got, "cell") + ", but " + wanted);
    // A file of decimal commas outside quotes shows in its first row.
    for (std::size_t i = 1; i < got && rows() == 0 && hint().empty(); ++i)
      if (is_digits(row[i - 1]) && is_digits(row[i])) {
        const std::string number = std::string(trimmed(row[i - 1])) + ',' + std::string(trimmed(row[i]));
        wanted += "; if " + number + " is one number, write it with a point";
        break;
      }
    return mr::error(mr::errc::invalid_data, line + std::to_string(columns() + 1) + ": the row has " +
                                                 counted(got, "cell") + ", but " + wanted);
  }

  mr::error no_such_column(std::string_view wanted) const {
    std::string message = name_ + " has no column named " + in_quotes(wanted);
    const auto alike = std::find_if(header_.begin(), header_.end(), [&](const std::string& name) {
      return lower_case(name) == lower_case(trimmed(wanted));
    });
    if (alike != header_.end())
      return mr::error(mr::errc::not_found, message + "; did you mean " + in_quotes(*alike) + "?");
    if (columns() == 1 && !hint().empty())
      return mr::error(mr::errc::not_found,
                       message + ": the whole header is one cell, " + in_quotes(header_[0]) + hint());
    for (const comment_line& one : comments_)
      if (one.text.find(trimmed(wanted)) != std::string_view::npos)
        return mr::error(mr::errc::not_found, message + "; line " + std::to_string(one.line) +
                                                  " names it, and was passed over because it begins with " +
                                                  how_.comment + ": --comment none reads it");
    message += "; its columns are ";
    constexpr std::size_t most = 20;
    for (std::size_t i = 0; i < (std::min)(columns(), most); ++i)
      message += (i > 0 ? ", " : "") + clipped(names_[i], 60);
    if (columns() > most) message += ", and " + std::to_string(columns() - most) + " more";
    return mr::error(mr::errc::not_found, std::move(message));
  }

  std::string name_;
  grid_format how_;
  char likely_ = ',';                    // the delimiter that fits best
  std::unique_ptr<csv::reader> reader_;  // owns what the cells point into; on the heap, so that the grid can move
  std::vector<std::string> header_;      // as written
  std::vector<std::string> names_;       // made unique
  std::vector<std::string_view> cells_;
  std::vector<std::size_t> lines_;
  std::vector<comment_line> comments_;
  std::vector<std::string> notes_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_GRID_HPP
