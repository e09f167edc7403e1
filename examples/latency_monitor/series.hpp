#ifndef MILLRACE_EXAMPLES_LATENCY_MONITOR_SERIES_HPP
#define MILLRACE_EXAMPLES_LATENCY_MONITOR_SERIES_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/feature/tables.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace latency_monitor {

namespace mr = millrace;

/// One measurement: when, how much, of what.
struct measurement {
  std::int64_t time = 0;  // nanoseconds since 1970
  double value = 0;
  std::string label;
};

/// Seconds since 1970 with or without a fraction, or a moment as ISO 8601 has it: `2014-03-07`, `2014-03-07 03:41:00`.
/// False where it is neither.
inline bool parse_time(std::string_view text, std::int64_t& nanoseconds) {
  if (mr::feature::read_time(text, mr::feature::date_order::iso, nanoseconds)) return true;
  double seconds = 0;
  if (!mr::feature::read_number(text, {}, seconds) || !(std::fabs(seconds) < 9e9)) return false;
  nanoseconds = std::llround(seconds * 1e9);
  return true;
}

/// `90`, `30s`, `5min`, `1h`, `1d`, in nanoseconds. Errors: invalid_argument.
inline mr::result<std::int64_t> parse_length(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(read.ptr, static_cast<std::size_t>(text.data() + text.size() - read.ptr));
  const std::int64_t seconds = unit.empty() || unit == "s" ? 1
                               : unit == "min"             ? 60
                               : unit == "h"               ? 3600
                               : unit == "d"               ? 86400
                                                           : 0;
  if (read.ec != std::errc() || seconds == 0 || number <= 0 || number > 100'000'000 / seconds)
    return mr::error(mr::errc::invalid_argument,
                     "\"" + std::string(text) + "\" is no length of time: 30s, 5min, 1h or 1d, up to three years");
  return number * seconds * 1'000'000'000;
}

/// The rows of a CSV text whose first line names the columns; `label` may be empty: then a label is made of the value.
/// Errors: not_found for a column that is not there, with those that are; invalid_data with the line.
inline mr::result<std::vector<measurement>> read_series(std::string text, std::string_view time, std::string_view value,
                                                        std::string_view label) {
  namespace mf = mr::feature;
  mf::csv_options how;
  how.missing.clear();
  how.not_finite = mf::not_finite_cells::refused;
  how.columns = {{std::string(value), mf::column_kind::number}, {std::string(time), mf::column_kind::text}};
  if (!label.empty()) how.columns.push_back({std::string(label), mf::column_kind::text});
  how.declared_only = true;
  mf::csv_findings found;
  auto table = mf::read_csv(std::move(text), how, &found);
  if (!table && table.error().code() == mr::errc::not_found) {
    std::string there;
    for (const std::string& name : found.header) there.append(there.empty() ? "" : ", ").append(name);
    return mr::error(mr::errc::not_found, std::string(table.error().message()) + "; there are: " + there);
  }
  if (!table) return std::move(table).error();
  const mf::column& times = *table->find(time);
  const mf::column& values = *table->find(value);
  const mf::column* const labels = label.empty() ? nullptr : table->find(label);
  std::vector<measurement> made;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    const auto no = [&](std::string_view cell, std::string_view what) {
      return mr::error(mr::errc::invalid_data, "line " + std::to_string(table->line(row)) + ": \"" + std::string(cell) +
                                                   "\" is no " + std::string(what));
    };
    measurement one;
    if (!parse_time(times.text(row), one.time))
      return no(times.text(row), "time: seconds since 1970, or 2014-03-07 03:41:00");
    if (values.missing(row)) return no("", "number");
    one.value = values.numbers[row];
    if (labels != nullptr) one.label = labels->text(row);
    made.push_back(std::move(one));
  }
  if (made.empty()) return mr::error(mr::errc::invalid_data, "it has no rows, only the line that names the columns");
  return made;
}

/// Ten minutes of requests to a service, as a log would have them: a little out of order, log-normal, with a slow
/// spell in the seventh minute. The same seed, the same requests.
inline std::vector<measurement> made_up_requests(std::uint64_t seed) {
  constexpr std::string_view endpoints[] = {"/score",  "/score",  "/score", "/score",
                                            "/search", "/search", "/login", "/export"};
  constexpr double usual[] = {12, 12, 12, 12, 35, 35, 80, 400};
  mr::random_engine random(seed);
  std::vector<measurement> made;
  double seconds = 0;
  while (seconds < 600) {
    seconds += -std::log(1 - random.uniform()) / 50;
    const std::size_t which = random.below(std::size(endpoints));
    const bool slow = seconds >= 360 && seconds < 420;
    const double milliseconds = usual[which] * std::exp(0.4 * random.normal()) * (slow ? 4 : 1);
    // Logged when it is done, which may be after a later one.
    const auto start = 1'700'000'000'000'000'000 + static_cast<std::int64_t>(seconds * 1e9);
    made.push_back({start, milliseconds, std::string(endpoints[which])});
  }
  std::vector<std::pair<double, std::size_t>> done;
  for (std::size_t i = 0; i < made.size(); ++i)
    done.emplace_back(static_cast<double>(made[i].time - made.front().time) / 1e6 + made[i].value, i);
  std::sort(done.begin(), done.end());
  std::vector<measurement> logged;
  logged.reserve(made.size());
  for (const auto& [when, i] : done) logged.push_back(std::move(made[i]));
  return logged;
}

}  // namespace latency_monitor

#endif  // MILLRACE_EXAMPLES_LATENCY_MONITOR_SERIES_HPP
