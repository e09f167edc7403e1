#ifndef MILLRACE_FEATURE_TABLES_DETAIL_CSV_SHAPE_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_CSV_SHAPE_HPP

#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/csv_rows.hpp>
#include <millrace/feature/tables/notation.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

inline constexpr std::string_view usual_delimiters = ",;\t|";

/// The first rows of a text, by their shape.
template <class Cell>
class csv_sample {
 public:
  /// `comment`: what a line begins with that may be none of the table; 0: nothing. `banner`: whether there may be lines
  /// above the header.
  csv_sample(std::string_view text, char delimiter, char comment, bool banner) {
    constexpr std::size_t most = 1U << 16U;
    const bool cut = text.size() > most;
    std::string part(text.substr(0, most));
    if (cut) part.resize(part.find_last_of("\r\n") == part.npos ? part.size() : part.find_last_of("\r\n"));
    csv_rows<Cell> rows(part.data(), part.size());
    rows.use_delimiter(delimiter);
    std::vector<Cell> cells;
    while (rows_.size() < 100) {
      const bool comments = comment != 0 && rows.peek() == comment;
      const auto more = rows.next(cells);
      if (!more) broken_ = !cut || rows_.size() < 2;  // the sample may end within a cell in quotes
      if (!more || !*more) break;
      rows_.push_back(shape_of(cells, comments));
    }
    if (banner) find_banner();
  }

  /// How many lines stand above the header.
  std::size_t banner() const noexcept { return banner_; }
  /// How many cells each row has, if all have as many; else 0.
  std::size_t even_columns() const noexcept {
    if (broken_ || rows_.size() <= banner_) return 0;
    const std::size_t columns = rows_[banner_].cells;
    for (std::size_t i = banner_; i < rows_.size(); ++i)
      if (rows_[i].cells != columns && !rows_[i].comment) return 0;
    return columns;
  }

 private:
  struct shape {
    std::size_t cells = 0;
    std::size_t filled = 0;
    bool numbers = false;
    bool comment = false;
  };

  static shape shape_of(const std::vector<Cell>& cells, bool comment) {
    shape made{cells.size(), 0, false, comment};
    double value = 0;
    for (const Cell& one : cells) {
      made.filled += one.text.empty() ? 0U : 1U;
      made.numbers = made.numbers || read_number(one.text, {}, value);
    }
    return made;
  }
  /// The header is the first row with two cells that are filled. Above it stands a banner if that names all columns,
  /// rows of as many cells follow, and what is above is shorter, or of three cells at least with one that is filled.
  void find_banner() noexcept {
    std::size_t header = 0;
    while (header < rows_.size() && rows_[header].filled < 2) ++header;
    if (header == 0 || header + 1 >= rows_.size()) return;
    const shape& names = rows_[header];
    if (names.filled < names.cells || names.numbers) return;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i < header ? rows_[i].cells == names.cells && names.cells < 3
                     : rows_[i].cells != names.cells && !rows_[i].comment)
        return;
    }
    banner_ = header;
  }

  std::vector<shape> rows_;
  bool broken_ = false;
  std::size_t banner_ = 0;
};

/// That of the usual delimiters which takes the first rows of a text apart into the most cells, as many in each; or
/// else that which its first line has most of, outside quotes.
template <class Cell>
char likely_delimiter(std::string_view text, char comment, bool banner) {
  char best = ',';
  std::size_t columns = 1;
  // A banner is looked for only where the rows are not even without: it would let one tear cells apart.
  for (const bool with_banner : {false, true}) {
    if (with_banner && (!banner || columns > 1)) break;
    for (const char one : usual_delimiters) {
      const std::size_t found = csv_sample<Cell>(text, one, comment, with_banner).even_columns();
      if (found <= columns) continue;
      columns = found;
      best = one;
    }
  }
  if (columns > 1) return best;
  std::size_t most = 0;
  for (const char one : usual_delimiters) {
    std::size_t count = 0;
    bool quoted = false;
    for (const char c : text.substr(0, text.find_first_of("\r\n"))) {
      quoted = quoted != (c == '"');
      count += !quoted && c == one ? 1U : 0U;
    }
    if (count > most) {
      most = count;
      best = one;
    }
  }
  return best;
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DETAIL_CSV_SHAPE_HPP
