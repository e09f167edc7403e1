#ifndef MILLRACE_FEATURE_TABLES_DETAIL_TIME_TEXT_HPP
#define MILLRACE_FEATURE_TABLES_DETAIL_TIME_TEXT_HPP

#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A moment of a calendar, before it is known whether there is such a day.
struct calendar_text {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::int64_t fraction = 0;  // nanoseconds
  std::int64_t offset = 0;    // of its zone from UTC, in seconds
};

inline std::int64_t days_of_month(std::int64_t year, std::int64_t month) noexcept {
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 ? (leap ? 29 : 28) : 30 + (month + month / 8) % 2;
}

/// The years begin in March, so that a leap day is a year's last, as in `to_calendar`. A month of these begins
/// (153 m + 2) / 5 days after the year does.
inline std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
  const std::int64_t from_march = (month + 9) % 12;
  const std::int64_t shifted = year - (month <= 2 ? 1 : 0);
  return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (153 * from_march + 2) / 5 + day - 1 - 719'468;
}

/// False if there is no such day, or if 64 bits of nanoseconds do not reach it (before 1678, after 2261).
inline bool since_1970(const calendar_text& at, std::int64_t& nanoseconds) noexcept {
  if (at.year < 1678 || at.year > 2261 || at.month < 1 || at.month > 12 || at.day < 1 ||
      at.day > days_of_month(at.year, at.month))
    return false;
  const std::int64_t seconds =
      days_since_1970(at.year, at.month, at.day) * 86'400 + at.hour * 3'600 + at.minute * 60 + at.second - at.offset;
  nanoseconds = seconds * 1'000'000'000 + at.fraction;
  return true;
}

/// Reads a moment as ISO 8601 has it: 2025-01-21, 2025-01-21T14:30, 2025-01-21 14:30:22.123456+01:00, with Z or without
/// for UTC, to nanoseconds since 1970. What is finer is cut off.
class time_reader {
 public:
  explicit time_reader(std::string_view text) noexcept : text_(text) {}

  /// False if the text is no moment, or one that 64 bits of nanoseconds do not reach (before 1678, after 2261).
  bool read(std::int64_t& nanoseconds) noexcept {
    calendar_text at;
    if (!digits(4, at.year) || !pass('-') || !digits(2, at.month) || !pass('-') || !digits(2, at.day)) return false;
    if (more()) {
      if (!pass('T') && !pass(' ')) return false;
      if (!digits(2, at.hour) || !pass(':') || !digits(2, at.minute)) return false;
      if (pass(':') && !(digits(2, at.second) && parts_of_second(at.fraction))) return false;
      if (!zone(at.offset)) return false;
    }
    return !more() && at.hour <= 23 && at.minute <= 59 && at.second <= 59 && since_1970(at, nanoseconds);
  }

 private:
  bool more() const noexcept { return at_ < text_.size(); }
  bool pass(char c) noexcept {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool digit(std::int64_t& value) noexcept {
    if (!more() || text_[at_] < '0' || text_[at_] > '9') return false;
    value = 10 * value + (text_[at_++] - '0');
    return true;
  }
  bool digits(int count, std::int64_t& value) noexcept {
    for (int i = 0; i < count; ++i)
      if (!digit(value)) return false;
    return true;
  }
  bool parts_of_second(std::int64_t& fraction) noexcept {
    if (!pass('.') && !pass(',')) return true;
    int read = 0;
    while (read < 9 && digit(fraction)) ++read;
    if (read == 0) return false;
    for (; read < 9; ++read) fraction *= 10;
    for (std::int64_t finer = 0; digit(finer);) finer = 0;
    return true;
  }
  bool zone(std::int64_t& offset) noexcept {
    if (!more() || pass('Z')) return true;
    const bool west = pass('-');
    if (!west && !pass('+')) return false;
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!digits(2, hours)) return false;
    if (more()) {
      pass(':');
      if (!digits(2, minutes)) return false;
    }
    offset = (hours * 60 + minutes) * (west ? -60 : 60);
    return hours <= 23 && minutes <= 59;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_DETAIL_TIME_TEXT_HPP
