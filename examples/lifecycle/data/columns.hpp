#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_COLUMNS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_COLUMNS_HPP

#include "table.hpp"

#include <millrace/feature/tables/table.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Looks at the columns of a table that was read: what they hold, and whether they can help.
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

/// A column whose every cell differs says nothing about the next row.
inline void drop_useless(column& made, std::size_t rows) {
  const std::size_t present = rows - made.missing;
  const number_summary& seen = made.summary;
  if (present == 0) {
    made.dropped = "every cell is missing";
  } else if (made.distinct == 1 && made.missing == 0) {
    made.dropped = made.type == column_type::number ? "every cell is the same number" : "every cell is the same";
  } else if (made.type == column_type::category && made.distinct > 20 && made.distinct * 20 > present * 19) {
    made.dropped = "nearly every cell is different, like an identifier";
  } else if (made.type == column_type::number && rows > 20 && made.distinct == rows &&
             seen.largest - seen.smallest == static_cast<double>(rows - 1) &&
             std::floor(seen.smallest) == seen.smallest) {
    made.dropped = "counts the rows";
  }
}

inline column look_at_numbers(const mr::feature::column& from, const std::vector<std::size_t>& rows) {
  column made;
  made.name = from.name;
  made.written = from.written;
  made.numbers.reserve(rows.size());
  std::vector<double> present;
  for (const std::size_t row : rows) {
    constexpr double day = 86'400e9;
    const bool missing = from.missing(row);
    const bool time = from.kind == mr::feature::column_kind::time;
    const double value = missing ? std::nan("") : time ? static_cast<double>(from.times[row]) / day : from.numbers[row];
    made.numbers.push_back(value);
    if (!missing) present.push_back(value);
  }
  made.missing = rows.size() - present.size();
  std::sort(present.begin(), present.end());
  made.summary = summarize(present);
  made.distinct = static_cast<std::size_t>(std::unique(present.begin(), present.end()) - present.begin());
  return made;
}

inline column look_at_texts(const mr::feature::column& from, const std::vector<std::size_t>& rows) {
  column made;
  made.name = from.name;
  made.type = column_type::category;
  made.codes.reserve(rows.size());
  std::unordered_map<std::string_view, std::uint32_t> known;
  for (const std::size_t row : rows) {
    if (from.missing(row)) {
      made.codes.push_back(missing_code);
      ++made.missing;
      continue;
    }
    const auto [entry, fresh] = known.try_emplace(from.text(row), static_cast<std::uint32_t>(known.size()));
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

}  // namespace detail

/// A column as it stands in these rows.
inline column look_at(const mr::feature::column& from, const std::vector<std::size_t>& rows) {
  using mr::feature::column_kind;
  const bool texts = from.kind == column_kind::category || from.kind == column_kind::text;
  column made = texts ? detail::look_at_texts(from, rows) : detail::look_at_numbers(from, rows);
  detail::drop_useless(made, rows.size());
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_COLUMNS_HPP
