#ifndef MILLRACE_EXAMPLES_LATENCY_MONITOR_SERIES_HPP
#define MILLRACE_EXAMPLES_LATENCY_MONITOR_SERIES_HPP

#include "../common/csv.hpp"

#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
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

/// Seconds since 1970 with or without a fraction, or a date: `2014-03-07`, `2014-03-07 03:41:00`, with T or a space
/// between, fractions of a second and a Z at the end. UTC. Errors: invalid_data.
inline mr::result<std::int64_t> parse_time(std::string_view text) {
  const auto bad = [&] {
    return mr::error(mr::errc::invalid_data,
                     "\"" + std::string(text) + "\" is no time: seconds since 1970, or 2014-03-07 03:41:00");
  };
  const auto part = [](std::string_view from, std::size_t at, std::size_t size, int least, int most, int& value) {
    if (from.size() < at + size) return false;
    const char* const end = from.data() + at + size;
    const auto read = std::from_chars(from.data() + at, end, value);
    return read.ec == std::errc() && read.ptr == end && value >= least && value <= most;
  };
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') {
    double seconds = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || !(std::fabs(seconds) < 9e9))
      return bad();
    return std::llround(seconds * 1e9);
  }
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!part(text, 0, 4, 1700, 2200, year) || !part(text, 5, 2, 1, 12, month) || !part(text, 8, 2, 1, 31, day))
    return bad();
  double fraction = 0;
  if (text.size() > 10) {
    if ((text[10] != ' ' && text[10] != 'T') || text.size() < 19 || text[13] != ':' || text[16] != ':') return bad();
    if (!part(text, 11, 2, 0, 23, hour) || !part(text, 14, 2, 0, 59, minute) || !part(text, 17, 2, 0, 60, second))
      return bad();
    std::string_view rest = text.substr(19);
    if (rest.ends_with('Z')) rest.remove_suffix(1);
    if (!rest.empty()) {
      const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), fraction);
      if (rest[0] != '.' || read.ec != std::errc() || read.ptr != rest.data() + rest.size()) return bad();
    }
  }
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return bad();
  const auto moment = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                      std::chrono::seconds(second);
  return std::chrono::nanoseconds(moment.time_since_epoch()).count() + std::llround(fraction * 1e9);
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
  csv::reader rows(std::move(text));
  std::vector<std::string_view> cells;
  auto more = rows.next(cells);
  if (!more) return std::move(more).error();
  if (!*more) return mr::error(mr::errc::invalid_data, "it is empty: not even a line that names the columns");
  const std::size_t width = cells.size();
  std::string there;
  for (const std::string_view name : cells) there.append(there.empty() ? "" : ", ").append(name);
  mr::result<void> missing;
  const auto column = [&](std::string_view name) {
    const auto found = std::find(cells.begin(), cells.end(), name);
    if (found == cells.end() && missing)
      missing = mr::error(mr::errc::not_found, "no column \"" + std::string(name) + "\"; there are: " + there);
    return static_cast<std::size_t>(found - cells.begin());
  };
  const std::size_t time_at = column(time);
  const std::size_t value_at = column(value);
  const std::size_t label_at = label.empty() ? 0 : column(label);
  if (!missing) return std::move(missing).error();

  std::vector<measurement> made;
  for (;;) {
    more = rows.next(cells);
    if (!more) return std::move(more).error();
    if (!*more) break;
    const auto at_line = [&](std::string what) {
      return mr::error(mr::errc::invalid_data, "line " + std::to_string(rows.line()) + ": " + std::move(what));
    };
    if (cells.size() != width)
      return at_line(std::to_string(cells.size()) + " cells, where the first line has " + std::to_string(width));
    measurement one;
    auto when = parse_time(cells[time_at]);
    if (!when) return at_line(when.error().message());
    one.time = *when;
    const std::string_view number = cells[value_at];
    const auto read = csv::number(number);
    if (!read) return at_line("\"" + std::string(number) + "\" is no number");
    one.value = *read;
    if (!label.empty()) one.label = cells[label_at];
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
