#ifndef MILLRACE_FEATURE_TABLES_DATES_HPP
#define MILLRACE_FEATURE_TABLES_DATES_HPP

#include <millrace/core/timestamp.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/detail/time_text.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace feature {

/// How dates are written, and what stands first where one is three numbers.
enum class date_order : std::uint8_t {
  iso,          ///< ISO 8601 alone: 2024-01-31
  year_first,   ///< what needs no order: a year of four digits in front, or a month's name
  day_first,    ///< that, and 31/01/2024 or 31.1.24
  month_first,  ///< that, and 01/31/2024
  automatic     ///< for a reader of whole columns: found by all cells of one
};

namespace detail {

/// Reads a date as people and spreadsheets write it, and a time of the day behind it.
template <class Number>
class date_scanner {
 public:
  date_scanner(std::string_view text, date_order order) noexcept : rest_(text), order_(order) {}

  bool read(Number& nanoseconds) noexcept {
    if (rest_.size() < 6 || !date()) return false;
    if (!rest_.empty() && (mark("Tt ") == 0 || !time() || !rest_.empty())) return false;
    return since_1970(at_, nanoseconds);
  }

 private:
  bool date() noexcept {
    if (number(4, 4, at_.year)) {  // 2024-01-31
      const char first = mark("-/.");
      return first != 0 && number(1, 2, at_.month) && mark(std::string_view(&first, 1)) != 0 && number(1, 2, at_.day);
    }
    if (month()) {  // Jan 31, 2024
      skip(". ");
      if (!number(1, 2, at_.day)) return false;
      skip(", ");
      return year();
    }
    Number first = 0;
    Number second = 0;
    if (!number(1, 2, first)) return false;
    const char between = mark("-/. ");
    if (between == 0) return false;
    skip(" ");
    if (month()) {  // 31 Jan 2024
      at_.day = first;
      skip("-/., ");
      return year();
    }
    if (between == ' ' || !number(1, 2, second) || mark(std::string_view(&between, 1)) == 0 || !year()) return false;
    at_.day = order_ == date_order::day_first ? first : second;
    at_.month = order_ == date_order::day_first ? second : first;
    // Without an order none of the three numbers is surely the year; and points stand behind a day alone.
    return order_ == date_order::day_first || (order_ == date_order::month_first && between != '.');
  }
  /// 99 is 1999 and 24 is 2024. Source: POSIX, strptime, %y.
  bool year() noexcept {
    if (number(4, 4, at_.year)) return true;
    if (!number(2, 2, at_.year)) return false;
    at_.year += at_.year < 69 ? 2000 : 1900;
    return true;
  }
  bool time() noexcept {
    if (!number(1, 2, at_.hour) || mark(":") == 0 || !number(2, 2, at_.minute)) return false;
    if (mark(":") != 0) {
      if (!number(2, 2, at_.second)) return false;
      if (mark(".,") != 0) fraction();
    }
    if (at_.minute > 59 || at_.second > 60) return false;
    skip(" ");
    const bool afternoon = word("pm");
    if (afternoon || word("am")) {
      if (at_.hour < 1 || at_.hour > 12) return false;
      at_.hour = at_.hour % 12 + (afternoon ? 12 : 0);
    }
    return at_.hour <= 23 && (word("z") || word("utc") || zone());
  }
  bool zone() noexcept {  // +0530, +05:30, +05, or nothing
    const char sign = mark("+-");
    if (sign == 0) return true;
    Number hours = 0;
    Number minutes = 0;
    if (number(4, 4, hours)) {
      minutes = hours % 100;
      hours /= 100;
    } else if (!number(2, 2, hours) || (mark(":") != 0 && !number(2, 2, minutes))) {
      return false;
    }
    at_.offset = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
    return hours <= 14 && minutes <= 59;
  }
  void fraction() noexcept {
    for (Number digit = 100'000'000; !rest_.empty() && is_digit(rest_.front()); digit /= 10) {
      at_.fraction += digit * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
  }
  /// Takes a number of so many digits.
  bool number(std::size_t fewest, std::size_t most, Number& value) noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && is_digit(rest_[size])) ++size;
    if (size < fewest || size > most) return false;
    value = 0;
    for (const char c : rest_.substr(0, size)) value = 10 * value + (c - '0');
    rest_.remove_prefix(size);
    return true;
  }
  /// Takes one of these characters; 0 where none is next.
  char mark(std::string_view any) noexcept {
    if (rest_.empty() || any.find(rest_.front()) == any.npos) return 0;
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }
  void skip(std::string_view any) noexcept {
    while (mark(any) != 0) continue;
  }
  /// Takes a month's English name, or its first three letters.
  bool month() noexcept {
    constexpr std::string_view names[] = {"january", "february", "march",     "april",   "may",      "june",
                                          "july",    "august",   "september", "october", "november", "december"};
    std::size_t size = 0;
    while (size < rest_.size() && lower_case(rest_[size]) >= 'a' && lower_case(rest_[size]) <= 'z') ++size;
    for (std::size_t i = 0; i < 12 && size >= 3; ++i)
      if (size == 3 ? word(names[i].substr(0, 3)) : size == names[i].size() && word(names[i])) {
        at_.month = static_cast<Number>(i) + 1;
        return true;
      }
    return false;
  }
  /// Takes a word, whatever its case.
  bool word(std::string_view lower) noexcept {
    if (rest_.size() < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i)
      if (lower_case(rest_[i]) != lower[i]) return false;
    rest_.remove_prefix(lower.size());
    return true;
  }
  static bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  static char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

  std::string_view rest_;
  date_order order_;
  calendar_text at_;
};

}  // namespace detail

/// Reads a moment, in nanoseconds since 1970-01-01T00:00:00Z: a date, with or without a time of the day behind it
/// (14:30, 2:30:22.5 PM, 14:30+01:00; UTC where no zone stands there). Years of two digits are those from 1969 to 2068;
/// names of months are English. `automatic` is read as `year_first`. False where the text is no moment, or one before
/// 1678 or after 2261. Allocates: never.
inline bool read_time(std::string_view text, date_order order, std::int64_t& nanoseconds) noexcept {
  if (detail::time_reader(text).read(nanoseconds)) return true;
  return order != date_order::iso && detail::date_scanner<std::int64_t>(text, order).read(nanoseconds);
}

/// A moment to the minute, as 2024-01-31, and 2024-01-31 14:30 where that is not midnight. Allocates: the text.
inline std::string date_text(std::int64_t nanoseconds) {
  // Calendars repeat after 400 years, and `to_calendar` begins in 1970.
  constexpr std::uint64_t era = 146'097ULL * 86'400 * 1'000'000'000;
  auto shifted = static_cast<std::uint64_t>(nanoseconds);
  if (nanoseconds < 0) shifted += era;
  char iso[iso8601_size];
  write_iso8601(iso, shifted);
  std::string text(iso, 10);
  if (nanoseconds < 0) text.replace(0, 4, std::to_string(to_calendar(shifted).year - 400));
  const std::string_view time(iso + 11, 5);
  return time == "00:00" ? text : text.append(1, ' ').append(time);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DATES_HPP
