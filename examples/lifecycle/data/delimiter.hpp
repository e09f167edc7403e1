#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_DELIMITER_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_DELIMITER_HPP

#include "../../common/csv.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Which character stands between a file's cells.
namespace lifecycle {

inline constexpr std::string_view delimiters = ",;\t|";

/// A delimiter as the shell wants it.
inline std::string shell_spelling(char delimiter) {
  if (delimiter == '\t') return "tab";
  return delimiter == ',' ? "," : std::string("'") + delimiter + "'";
}

namespace detail {

/// How many cells each of the first rows has, if all have as many; else 0.
inline std::size_t even_columns(std::string_view sample, char delimiter, bool cut) {
  csv::reader reader(std::string(sample), delimiter);
  std::vector<std::string_view> row;
  std::size_t columns = 0;
  for (std::size_t rows = 0; rows < 100; ++rows) {
    const auto more = reader.next(row);
    if (!more) return cut && rows > 1 ? columns : 0;  // the sample may end within a cell in quotes
    if (!*more) break;
    if (rows == 0) columns = row.size();
    if (row.size() != columns) return 0;
  }
  return columns;
}

}  // namespace detail

/// The delimiter that takes the first rows of a text apart into the most cells, as many in each; a comma where none
/// does, unless only another stands in the first line.
inline char likely_delimiter(std::string_view text) {
  constexpr std::size_t most = 1U << 16U;
  const bool cut = text.size() > most;
  std::string_view sample = text.substr(0, most);
  if (cut) sample = sample.substr(0, (std::min)(sample.rfind('\n'), sample.size() - 1) + 1);
  char best = ',';
  std::size_t columns = 1;
  for (const char one : delimiters)
    if (const std::size_t found = detail::even_columns(sample, one, cut); found > columns) {
      columns = found;
      best = one;
    }
  if (columns > 1) return best;
  const std::string_view header = sample.substr(0, sample.find_first_of("\r\n"));
  std::size_t often = 0;
  if (header.find(',') != header.npos) return ',';
  for (const char one : delimiters)
    if (const auto count = static_cast<std::size_t>(std::count(header.begin(), header.end(), one)); count > often) {
      often = count;
      best = one;
    }
  return best;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_DELIMITER_HPP
