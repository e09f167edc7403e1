#ifndef MILLRACE_FEATURE_BATCH_BATCH_ROWS_HPP
#define MILLRACE_FEATURE_BATCH_BATCH_ROWS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// A column that groups are made by, and what it says in a row's group.
struct group_text {
  std::string column;
  std::string text{};
  bool missing = false;
};

/// A value that comes up often. It was there at least `lower` and at most `upper` times.
struct frequent_value {
  std::string value;
  std::uint64_t lower = 0;
  std::uint64_t upper = 0;
};

/// What a `batch_summary` found of one column in one group. NaN for what was not asked for, or has too few values.
struct batch_row {
  /// The window of time, in nanoseconds since 1970: from `begin` on, and before `end`. `no_time` without windows.
  std::int64_t begin = column::no_time;
  std::int64_t end = column::no_time;
  std::vector<group_text> group{};
  std::string column{};
  std::uint64_t count = 0;    ///< cells that are there
  std::uint64_t missing = 0;  ///< cells that are not
  double sum = detail::math::nan;
  double mean = detail::math::nan;
  double variance = detail::math::nan;  ///< of a sample: divided by count - 1
  double stddev = detail::math::nan;
  double min = detail::math::nan;
  double max = detail::math::nan;
  double p50 = detail::math::nan;  ///< the percentiles of the finite values, within 1 % of the value
  double p90 = detail::math::nan;
  double p95 = detail::math::nan;
  double p99 = detail::math::nan;
  double distinct = detail::math::nan;        ///< how many different values
  double distinct_error = detail::math::nan;  ///< its standard deviation as a fraction of it; 0: it is exact
  std::vector<frequent_value> frequent{};     ///< at most ten, the most frequent first
  bool statistics = false, quantiles = false, distincts = false, frequents = false;  ///< which of these were asked for
};

/// A value far from the mean of its group.
struct anomaly_row {
  std::size_t row = 0;  ///< of the batch, from 0
  std::vector<group_text> group{};
  double value = 0;
  double mean = 0;  ///< of the finite values of the group, this one among them, as is the deviation
  double stddev = 0;
  double score = 0;  ///< how many standard deviations the value is above the mean
};

namespace detail {

/// ISO 8601 in UTC to the microsecond, of any time from 1677 to 2262.
inline std::string time_text(std::int64_t nanoseconds) {
  if (nanoseconds >= 0) return to_iso8601(static_cast<std::uint64_t>(nanoseconds));
  // Calendars repeat after 400 years, and `to_iso8601` begins in 1970.
  constexpr std::uint64_t era = 146'097ULL * 86'400 * 1'000'000'000;
  std::string made = to_iso8601(static_cast<std::uint64_t>(nanoseconds) + era);
  unsigned year = 0;
  for (int i = 0; i < 4; ++i) year = year * 10 + static_cast<unsigned>(made[static_cast<std::size_t>(i)] - '0');
  write_digits(made.data(), year - 400, 4);
  return made;
}
/// A number, or null where there is none.
inline void put_figure(json_writer& to, std::string_view name, double value) {
  to.key(name);
  if (math::is_nan(value))
    to.value(nullptr);
  else
    to.value(value);
}
inline void put_group(json_writer& to, const std::vector<group_text>& group) {
  if (group.empty()) return;
  to.key("group").begin_object();
  for (const group_text& one : group) {
    to.key(one.column);
    if (one.missing)
      to.value(nullptr);
    else
      to.value(std::string_view(one.text));
  }
  to.end_object();
}
inline void put_row(json_writer& to, const batch_row& row) {
  to.begin_object();
  if (row.begin != column::no_time) {
    to.member("window_begin", std::string_view(time_text(row.begin)));
    to.key("window_end");
    if (row.end == column::no_time)
      to.value(nullptr);
    else
      to.value(std::string_view(time_text(row.end)));
  }
  put_group(to, row.group);
  to.member("column", std::string_view(row.column)).member("count", row.count).member("missing", row.missing);
  if (row.statistics) {
    put_figure(to, "sum", row.sum);
    put_figure(to, "mean", row.mean);
    put_figure(to, "variance", row.variance);
    put_figure(to, "stddev", row.stddev);
    put_figure(to, "min", row.min);
    put_figure(to, "max", row.max);
  }
  if (row.quantiles) {
    put_figure(to, "p50", row.p50);
    put_figure(to, "p90", row.p90);
    put_figure(to, "p95", row.p95);
    put_figure(to, "p99", row.p99);
  }
  if (row.distincts) {
    put_figure(to, "distinct", row.distinct);
    put_figure(to, "distinct_error", row.distinct_error);
  }
  if (row.frequents) {
    to.key("frequent").begin_array();
    for (const frequent_value& one : row.frequent)
      to.begin_object()
          .member("value", std::string_view(one.value))
          .member("lower", one.lower)
          .member("upper", one.upper)
          .end_object();
    to.end_array();
  }
  to.end_object();
}
inline void put_row(json_writer& to, const anomaly_row& row) {
  to.begin_object().member("row", row.row);
  put_group(to, row.group);
  put_figure(to, "value", row.value);
  put_figure(to, "mean", row.mean);
  put_figure(to, "stddev", row.stddev);
  put_figure(to, "score", row.score);
  to.end_object();
}
/// A cell: a number, a text, a time as ISO 8601, or null.
inline void put_cell(json_writer& to, const column& from, std::size_t row) {
  if (from.missing(row))
    to.value(nullptr);
  else if (from.kind == column_kind::number)
    to.value(from.numbers[row]);
  else if (from.kind == column_kind::time)
    to.value(std::string_view(time_text(from.times[row])));
  else
    to.value(from.text(row));
}

}  // namespace detail

/// An array of objects, one for each row; a figure that is not defined is null, an infinite one a string.
template <class Row>
std::string to_json(const std::vector<Row>& rows)
requires(requires(json_writer& to, const Row& row) { detail::put_row(to, row); })
{
  std::string made;
  json_writer to(made);
  to.begin_array();
  for (const Row& one : rows) detail::put_row(to, one);
  to.end_array();
  return made;
}
/// An array of objects, one for each row of the table, with its columns' names as keys.
inline std::string to_json(const table& rows) {
  std::string made;
  json_writer to(made);
  to.begin_array();
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    to.begin_object();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      to.key(rows[i].name);
      detail::put_cell(to, rows[i], row);
    }
    to.end_object();
  }
  to.end_array();
  return made;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_BATCH_BATCH_ROWS_HPP
