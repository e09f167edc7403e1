#ifndef MILLRACE_CORE_TIMESTAMP_HPP
#define MILLRACE_CORE_TIMESTAMP_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {

/// A moment in UTC, split into the fields of the Gregorian calendar.
struct calendar_time {
  int year = 1970;
  unsigned month = 1;  // 1..12
  unsigned day = 1;    // 1..31
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  unsigned nanosecond = 0;
};

/// Splits nanoseconds since 1970-01-01T00:00:00Z into calendar fields.
///
/// Years are counted from March, so that a leap day is a year's last. An era is 400 years, 146,097 days; within one,
/// the days of 4 years (1,461), 100 years (36,524) and 400 years correct the division by 365. The months from March
/// have 31, 30, 31, 30, 31 days over and over, 153 in five months, which gives the month by a division.
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
constexpr calendar_time to_calendar(std::uint64_t unix_nanoseconds) noexcept {
  const std::uint64_t seconds = unix_nanoseconds / 1'000'000'000U;
  const auto of_day = static_cast<unsigned>(seconds % 86'400U);
  const std::uint64_t shifted = seconds / 86'400U + 719'468U;  // days since 0000-03-01
  const std::uint64_t era = shifted / 146'097U;
  const auto day_of_era = static_cast<unsigned>(shifted - era * 146'097U);
  const unsigned year_of_era = (day_of_era - day_of_era / 1'460U + day_of_era / 36'524U - day_of_era / 146'096U) / 365U;
  const unsigned day_of_year = day_of_era - (365U * year_of_era + year_of_era / 4U - year_of_era / 100U);
  const unsigned shifted_month = (5U * day_of_year + 2U) / 153U;  // March is 0
  calendar_time at;
  at.day = day_of_year - (153U * shifted_month + 2U) / 5U + 1U;
  at.month = shifted_month < 10U ? shifted_month + 3U : shifted_month - 9U;
  at.year = static_cast<int>(year_of_era) + static_cast<int>(era) * 400 + (at.month <= 2U ? 1 : 0);
  at.hour = of_day / 3'600U;
  at.minute = of_day / 60U % 60U;
  at.second = of_day % 60U;
  at.nanosecond = static_cast<unsigned>(unix_nanoseconds % 1'000'000'000U);
  return at;
}

namespace detail {
/// Writes the last `width` decimal digits of `value`, zeros in front, and returns the end.
constexpr char* write_digits(char* out, unsigned value, int width) noexcept {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10U);
    value /= 10U;
  }
  return out + width;
}
}  // namespace detail

/// How many characters `write_iso8601` writes, without a terminating zero.
inline constexpr std::size_t iso8601_size = 27;  // 2025-01-21T14:30:22.123456Z

/// Writes nanoseconds since 1970-01-01T00:00:00Z as ISO 8601 text in UTC, cut to microseconds: `iso8601_size`
/// characters. Returns the end.
/// Allocates: never.
constexpr char* write_iso8601(char* out, std::uint64_t unix_nanoseconds) noexcept {
  const calendar_time at = to_calendar(unix_nanoseconds);
  out = detail::write_digits(out, static_cast<unsigned>(at.year), 4);
  *out++ = '-';
  out = detail::write_digits(out, at.month, 2);
  *out++ = '-';
  out = detail::write_digits(out, at.day, 2);
  *out++ = 'T';
  out = detail::write_digits(out, at.hour, 2);
  *out++ = ':';
  out = detail::write_digits(out, at.minute, 2);
  *out++ = ':';
  out = detail::write_digits(out, at.second, 2);
  *out++ = '.';
  out = detail::write_digits(out, at.nanosecond / 1'000U, 6);
  *out++ = 'Z';
  return out;
}

/// The same text as a string.
inline std::string to_iso8601(std::uint64_t unix_nanoseconds) {
  std::string text(iso8601_size, '\0');
  write_iso8601(text.data(), unix_nanoseconds);
  return text;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_TIMESTAMP_HPP
