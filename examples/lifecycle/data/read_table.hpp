#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP

#include "../format.hpp"
#include "cells.hpp"
#include "grid.hpp"
#include "read_target.hpp"
#include "table.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace lifecycle {

/// How a table is to be read.
struct reading {
  std::string target;                // empty: no column is to be learned
  std::string positive;              // empty: chosen, see read_target.hpp
  bool nan_is_missing = false;       // else a cell that says NaN is an error
  std::vector<std::string> missing;  // further spellings of "missing"
  char delimiter = ',';
  decimal_mark decimal = decimal_mark::point;
  std::vector<std::pair<std::string, column_type>> wanted;  // read only these, as these; empty: all, by what they hold
};

namespace detail {

/// Of sorted numbers.
inline number_summary summarize(const std::vector<double>& present) {
  number_summary summary;
  if (present.empty()) return summary;
  const std::size_t half = present.size() / 2;
  summary.smallest = present.front();
  summary.largest = present.back();
  summary.median = present.size() % 2 == 1 ? present[half] : present[half - 1] / 2 + present[half] / 2;
  const auto count = static_cast<double>(present.size());
  for (const double value : present) summary.mean += value / count;
  double second = 0;
  double third = 0;
  for (const double value : present) {
    const double from = value - summary.mean;
    second += from * from / count;
    third += from * from * from / count;
  }
  summary.deviation = std::sqrt(second);
  if (second > 0) summary.skewness = third / (second * summary.deviation);
  return summary;
}

/// Among categories NaN still marks a value that somebody failed to compute; "Inf" or "Nan" are words like others.
inline bool says_nan(std::string_view cell) {
  return cell == "NaN" || cell == "nan" || cell == "NAN" || cell == "-nan";
}

/// A column whose every cell differs says nothing about the next row.
inline void drop_useless(column& made, std::size_t rows) {
  const std::size_t present = rows - made.missing;
  const number_summary& seen = made.summary;
  if (present == 0) {
    made.dropped = "every cell is missing";
  } else if (made.distinct == 1 && made.missing == 0) {
    made.dropped = "every cell is the same";
  } else if (made.type == column_type::category && made.distinct > 20 && made.distinct * 20 > present * 19) {
    made.dropped = "nearly every cell is different, like an identifier";
  } else if (made.type == column_type::number && rows > 20 && made.distinct == rows &&
             seen.largest - seen.smallest == static_cast<double>(rows - 1) &&
             std::floor(seen.smallest) == seen.smallest) {
    made.dropped = "counts the rows";
  }
}

inline column number_column(const grid& from, std::size_t at, const std::vector<parsed_cell>& cells) {
  column made;
  made.name = from.column_name(at);
  made.numbers.reserve(cells.size());
  std::vector<double> present;
  for (const parsed_cell& cell : cells) {
    made.numbers.push_back(cell.number);
    if (cell.kind == cell_kind::number) present.push_back(cell.number);
  }
  made.missing = cells.size() - present.size();
  std::sort(present.begin(), present.end());
  made.summary = summarize(present);
  made.distinct = static_cast<std::size_t>(std::unique(present.begin(), present.end()) - present.begin());
  return made;
}

inline column category_column(const grid& from, std::size_t at, const std::vector<parsed_cell>& cells) {
  column made;
  made.name = from.column_name(at);
  made.type = column_type::category;
  made.codes.reserve(cells.size());
  std::unordered_map<std::string_view, std::uint32_t> known;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    if (cells[row].kind == cell_kind::missing || cells[row].kind == cell_kind::not_finite) {
      made.codes.push_back(missing_code);
      ++made.missing;
      continue;
    }
    const auto [entry, fresh] = known.try_emplace(from.cell(row, at), static_cast<std::uint32_t>(known.size()));
    if (fresh) {
      made.categories.emplace_back(entry->first);
      made.counts.push_back(0);
    }
    ++made.counts[entry->second];
    made.codes.push_back(entry->second);
  }
  made.distinct = known.size();
  return made;
}

/// Numbers with a few strange cells among them are a mistake in the file; a small set of values that are not all
/// numbers ("1", "2", "3+") are categories.
inline bool is_category(const std::vector<parsed_cell>& cells) {
  const auto count = [&](cell_kind kind) {
    return std::count_if(cells.begin(), cells.end(), [&](const parsed_cell& cell) { return cell.kind == kind; });
  };
  const auto text = count(cell_kind::text);
  if (text == 0 || text * 10 > count(cell_kind::number)) return text > 0;
  std::unordered_set<double> distinct;
  for (const parsed_cell& cell : cells)
    if (cell.kind == cell_kind::number && distinct.insert(cell.number).second && distinct.size() > 50) return false;
  return true;
}

/// A column of categories nearly all of whose cells are numbers: perhaps one spells "missing" in a way of its own.
inline std::string note_on_strange_cells(const grid& from, std::size_t at, const std::vector<parsed_cell>& cells) {
  std::size_t numbers = 0;
  std::size_t texts = 0;
  std::size_t first = cells.size();
  for (std::size_t row = 0; row < cells.size(); ++row) {
    if (cells[row].kind == cell_kind::number) ++numbers;
    if (cells[row].kind != cell_kind::text) continue;
    if (texts++ == 0) first = row;
  }
  if (texts == 0 || texts * 10 > numbers) return {};
  const std::string_view cell = from.cell(first, at);
  return "column " + in_quotes(from.column_name(at)) + " is read as categories, though " + grouped(numbers) + " of " +
         counted(numbers + texts, "cell") + " are numbers: line " + std::to_string(from.lines()[first]) + " says " +
         in_quotes(cell) + "; if that means that the value is missing, --missing " + in_quotes(cell) + " says so";
}

/// The first row of a column whose words all look like numbers with a comma, as spreadsheets write them in half of the
/// world; as categories they would be learned one by one. How many rows there are, if it is no such column.
inline std::size_t first_decimal_comma(const grid& from, std::size_t at, const std::vector<parsed_cell>& cells) {
  std::size_t first = cells.size();
  for (std::size_t row = cells.size(); row-- > 0;) {
    if (cells[row].kind != cell_kind::text) continue;
    if (!has_decimal_comma(from.cell(row, at))) return cells.size();
    first = row;
  }
  return first;
}

/// A column of two values that follow the target's classes row by row: what is learned from it is the target itself.
inline bool repeats_target(const column& made, const std::vector<std::uint8_t>& labels) {
  if (made.distinct != 2 || made.missing != 0 || labels.empty()) return false;
  const auto same_as_first = [&](std::size_t row) {
    return made.type == column_type::number ? made.numbers[row] == made.numbers[0] : made.codes[row] == made.codes[0];
  };
  for (std::size_t row = 0; row < labels.size(); ++row)
    if (same_as_first(row) != (labels[row] == labels[0])) return false;
  return true;
}

inline std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

inline std::vector<parsed_cell> parse_column(const grid& from, std::size_t at, const cell_parser& parse) {
  std::vector<parsed_cell> cells;
  cells.reserve(from.rows());
  for (std::size_t row = 0; row < from.rows(); ++row) cells.push_back(parse(from.cell(row, at)));
  return cells;
}

inline mr::result<column> read_column(const grid& from, std::size_t at, std::vector<parsed_cell> cells,
                                      column_type type, bool nan_is_missing) {
  const bool category = type == column_type::category;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const std::string_view cell = from.cell(row, at);
    if (cells[row].kind == cell_kind::not_finite && category && !says_nan(cell)) cells[row].kind = cell_kind::text;
    if (cells[row].kind == cell_kind::not_finite && !nan_is_missing)
      return mr::error(mr::errc::not_finite, from.place(row, at) + ": the cell says " + in_quotes(cell) +
                                                 ", which is no number; --nan missing treats such cells as missing");
    if (cells[row].kind == cell_kind::text && !category)
      return mr::error(mr::errc::type_mismatch, from.place(row, at) + ": " + in_quotes(cell) +
                                                    " stands in a column of numbers; if it means that the value is "
                                                    "missing, say so with --missing " +
                                                    in_quotes(cell));
  }
  column made = category ? category_column(from, at, cells) : number_column(from, at, cells);
  drop_useless(made, from.rows());
  return made;
}

}  // namespace detail

/// Reads a table out of CSV text: finds each column's type, sets aside the columns that cannot help, and turns the
/// target into two classes. `name` is what messages call it.
///
/// Errors: errc::invalid_data (not a table), errc::truncated (no rows), errc::not_found (no such column),
/// errc::unsupported (a target that is not two classes), errc::not_finite and errc::type_mismatch (a cell that is no
/// number); each names the line and column where there is one.
inline mr::result<table> read_table(std::string name, std::string text, const reading& how) {
  mr::result<grid> from = grid::read(std::move(name), std::move(text), how.delimiter);
  if (!from) return std::move(from).error();
  const cell_parser parse(how.missing, how.decimal);
  table made;
  made.name = from->name();
  made.lines = from->lines();
  made.notes = from->notes();
  std::size_t target = from->columns();
  if (!how.target.empty()) {
    const mr::result<std::size_t> at = from->find(how.target);
    if (!at) return at.error();
    target = *at;
    mr::result<target_column> read = read_target(*from, target, how.positive, parse);
    if (!read) return std::move(read).error();
    made.target = *std::move(read);
    if (detail::lower_case(made.target.positive) == detail::lower_case(made.target.negative))
      made.notes.push_back("the target's classes " + in_quotes(made.target.positive) + " and " +
                           in_quotes(made.target.negative) + " differ in their case alone");
  }
  const auto add = [&](std::size_t at, const column_type* type) -> mr::result<void> {
    std::vector<parsed_cell> cells = detail::parse_column(*from, at, parse);
    if (how.decimal == decimal_mark::point) {
      const std::size_t row = detail::first_decimal_comma(*from, at, cells);
      if (row < cells.size())
        return mr::error(mr::errc::type_mismatch,
                         from->place(row, at) + ": " + in_quotes(from->cell(row, at)) +
                             " looks like a number with a decimal comma; --decimal comma reads it so, --decimal point "
                             "takes it for a word");
    }
    const column_type found = detail::is_category(cells) ? column_type::category : column_type::number;
    if (type == nullptr && found == column_type::category) {
      std::string note = detail::note_on_strange_cells(*from, at, cells);
      if (!note.empty()) made.notes.push_back(std::move(note));
    }
    mr::result<column> read =
        detail::read_column(*from, at, std::move(cells), type != nullptr ? *type : found, how.nan_is_missing);
    if (!read) return std::move(read).error();
    if (detail::repeats_target(*read, made.target.labels))
      made.notes.push_back("column " + in_quotes(read->name) + " tells the target in every row: was it made from it?");
    made.columns.push_back(*std::move(read));
    return {};
  };
  if (how.wanted.empty()) {
    for (std::size_t at = 0; at < from->columns(); ++at)
      if (at != target)
        if (auto added = add(at, nullptr); !added) return std::move(added).error();
  } else {
    for (const auto& [wanted, type] : how.wanted) {
      const mr::result<std::size_t> at = from->find(wanted);
      if (!at) return at.error();
      if (auto added = add(*at, &type); !added) return std::move(added).error();
    }
  }
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_READ_TABLE_HPP
