#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_DATES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_DATES_HPP

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

/// Dates in cells, as days since 1970-01-01; the time of the day is the fraction.
namespace lifecycle {

/// What stands first where a date is three numbers. A year of four digits in front, or a month's name, needs no order.
enum class date_order : std::uint8_t { none, year_first, day_first, month_first };

namespace detail {

/// Takes a text apart from its front.
class date_scanner {
 public:
  explicit date_scanner(std::string_view text) : rest_(text) {}

  bool done() const noexcept { return rest_.empty(); }

  /// A number of so many digits, or nothing.
  std::optional<int> number(std::size_t fewest, std::size_t most) {
    std::size_t size = 0;
    while (size < rest_.size() && rest_[size] >= '0' && rest_[size] <= '9') ++size;
    if (size < fewest || size > most) return std::nullopt;
    int value = 0;
    std::from_chars(rest_.data(), rest_.data() + size, value);
    rest_.remove_prefix(size);
    return value;
  }
  /// Digits behind a point: "25" is 0.25.
  double fraction() {
    double value = 0;
    for (double digit = 0.1; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; digit /= 10) {
      value += digit * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  /// One of these characters, or 0.
  char mark(std::string_view any) {
    if (rest_.empty() || any.find(rest_.front()) == any.npos) return 0;
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  void skip(std::string_view any) {
    while (mark(any) != 0) continue;
  }
  /// The month whose English name, or its first three letters, comes next.
  std::optional<int> month() {
    static constexpr std::array<std::string_view, 12> names{"january",   "february", "march",    "april",
                                                            "may",       "june",     "july",     "august",
                                                            "september", "october",  "november", "december"};
    std::size_t size = 0;
    while (size < rest_.size() && letter(rest_[size]) != 0) ++size;
    for (std::size_t i = 0; i < names.size() && size >= 3; ++i)
      if (same(rest_.substr(0, size), names[i]) || (size == 3 && same(rest_.substr(0, 3), names[i].substr(0, 3)))) {
        rest_.remove_prefix(size);
        return static_cast<int>(i) + 1;
      }
    return std::nullopt;
  }
  bool word(std::string_view lower) {
    if (!same(rest_.substr(0, lower.size()), lower)) return false;
    rest_.remove_prefix(lower.size());
    return true;
  }

 private:
  static char letter(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    return c >= 'a' && c <= 'z' ? c : '\0';
  }
  static bool same(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return letter(a) == b; });
  }

  std::string_view rest_;
};

inline std::optional<double> days_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count());
}

/// 99 is 1999 and 24 is 2024. Source: POSIX, strptime, %y.
inline int full_year(int year, bool two_digits) { return !two_digits ? year : year + (year < 69 ? 2000 : 1900); }

inline std::optional<double> scan_date(date_scanner& from, date_order order) {
  if (const auto year = from.number(4, 4)) {  // 2024-01-31
    const char mark = from.mark("-/.");
    const auto month = from.number(1, 2);
    if (mark == 0 || !month || from.mark(std::string_view(&mark, 1)) == 0) return std::nullopt;
    const auto day = from.number(1, 2);
    return day ? days_of(*year, *month, *day) : std::nullopt;
  }
  auto month = from.month();  // Jan 31, 2024
  from.skip(month ? ". " : "");
  const auto first = from.number(1, 2);
  if (!first) return std::nullopt;
  char mark = 0;
  std::optional<int> second;
  if (month) {
    from.skip(", ");
  } else {
    mark = from.mark("-/. ");
    if (mark == 0) return std::nullopt;
    from.skip(" ");
    month = from.month();
    if (month)  // 31 Jan 2024
      from.skip("-/., ");
    else if (mark == ' ' || !(second = from.number(1, 2)) || from.mark(std::string_view(&mark, 1)) == 0)
      return std::nullopt;
  }
  std::optional<int> year = from.number(4, 4);
  const bool two_digits = !year;
  if (!year) year = from.number(2, 2);
  if (!year) return std::nullopt;
  if (month) return days_of(full_year(*year, two_digits), *month, *first);
  if (order == date_order::day_first) return days_of(full_year(*year, two_digits), *second, *first);
  if (order == date_order::month_first && mark != '.') return days_of(full_year(*year, two_digits), *first, *second);
  return std::nullopt;  // three numbers of which none is surely the year
}

/// A time as the fraction of a day; what an offset from UTC takes off may make it negative.
inline std::optional<double> scan_time(date_scanner& from) {
  const auto hour = from.number(1, 2);
  if (!hour || from.mark(":") == 0) return std::nullopt;
  const auto minute = from.number(2, 2);
  std::optional<int> second = 0;
  double fraction = 0;
  if (from.mark(":") != 0) {
    second = from.number(2, 2);
    if (second && from.mark(".,") != 0) fraction = from.fraction();
  }
  if (!minute || !second || *minute > 59 || *second > 60) return std::nullopt;
  int hours = *hour;
  from.skip(" ");
  const bool afternoon = from.word("pm");
  if (afternoon || from.word("am")) {
    if (hours < 1 || hours > 12) return std::nullopt;
    hours = hours % 12 + (afternoon ? 12 : 0);
  }
  if (hours > 23) return std::nullopt;
  double offset = 0;
  if (!from.word("z") && !from.word("utc"))
    if (const char sign = from.mark("+-")) {  // +0530, +05:30, +05
      const auto together = from.number(4, 4);
      const auto whole = together ? std::optional(*together / 100) : from.number(2, 2);
      const int minutes = together ? *together % 100 : from.mark(":") != 0 ? from.number(2, 2).value_or(99) : 0;
      if (!whole || *whole > 14 || minutes > 59) return std::nullopt;
      offset = (sign == '-' ? -1 : 1) * (*whole * 60 + minutes);
    }
  return (hours * 60 + *minute - offset) / 1440.0 + (*second + fraction) / 86400.0;
}

}  // namespace detail

/// The date that a cell says, in this order; nothing where it is none: 2024-01-31, 31/01/2024, 31 Jan 2024, with or
/// without a time behind it. Years of two digits are those from 1969 to 2068.
inline std::optional<double> parse_date(std::string_view cell, date_order order) {
  if (order == date_order::none || cell.size() < 6) return std::nullopt;
  detail::date_scanner from(cell);
  const auto date = detail::scan_date(from, order);
  if (!date || from.done()) return date;
  if (from.mark("Tt ") == 0) return std::nullopt;
  const auto time = detail::scan_time(from);
  if (!time || !from.done()) return std::nullopt;
  return *date + *time;
}

/// 2024-01-31, and behind it 14:30 where that is not midnight.
inline std::string date_text(double days) {
  double whole = std::floor(days);
  int minutes = static_cast<int>(std::lround((days - whole) * 1440));
  if (minutes == 1440) {
    whole += 1;
    minutes = 0;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(static_cast<int>(whole)))};
  char text[48];
  const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  std::string out(text, static_cast<std::size_t>(size));
  if (minutes == 0) return out;
  std::snprintf(text, sizeof text, " %02d:%02d", minutes / 60, minutes % 60);
  return out + text;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_DATES_HPP
