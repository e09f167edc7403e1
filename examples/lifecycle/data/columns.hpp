#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_COLUMNS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_COLUMNS_HPP

#include "../format.hpp"
#include "cells.hpp"
#include "grid.hpp"
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
#include <vector>

/// Makes columns of numbers or categories of what cells say.
namespace lifecycle {

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

inline constexpr std::string_view all_the_same = "every cell is the same";

/// A column whose every cell differs says nothing about the next row.
inline void drop_useless(column& made, std::size_t rows) {
  const std::size_t present = rows - made.missing;
  const number_summary& seen = made.summary;
  if (present == 0) {
    made.dropped = "every cell is missing";
  } else if (made.distinct == 1 && made.missing == 0) {
    made.dropped = all_the_same;
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

inline std::vector<parsed_cell> parse_column(const grid& from, std::size_t at, const cell_parser& parse,
                                             const notation& how) {
  std::vector<parsed_cell> cells;
  cells.reserve(from.rows());
  for (std::size_t row = 0; row < from.rows(); ++row) cells.push_back(parse(from.cell(row, at), how));
  return cells;
}

inline mr::result<column> read_column(const grid& from, std::size_t at, std::vector<parsed_cell> cells,
                                      column_type type, const notation& how, bool nan_is_missing) {
  const bool category = type == column_type::category;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const std::string_view cell = from.cell(row, at);
    if (cells[row].kind == cell_kind::not_finite && category && !says_nan(cell)) cells[row].kind = cell_kind::text;
    if (cells[row].kind == cell_kind::not_finite && !nan_is_missing)
      return mr::error(mr::errc::not_finite, from.place(row, at) + ": the cell says " + in_quotes(cell) +
                                                 ", which is no number; --nan missing treats such cells as missing");
    if (cells[row].kind == cell_kind::text && !category)
      return mr::error(mr::errc::type_mismatch,
                       from.place(row, at) + ": " + in_quotes(cell) + " stands in a column of " +
                           (how.dates == date_order::none ? "numbers" : "dates") +
                           "; if it means that the value is missing, say so with --missing " + in_quotes(cell));
  }
  column made = category ? category_column(from, at, cells) : number_column(from, at, cells);
  if (!category) made.written = how;
  drop_useless(made, from.rows());
  const auto other_text = [&](std::size_t row) { return from.cell(row, at) != from.cell(0, at); };
  for (std::size_t row = 0; row < cells.size() && made.dropped == all_the_same; ++row)
    if (other_text(row)) made.dropped = "every cell is the same number";
  return made;
}

}  // namespace detail

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_COLUMNS_HPP
