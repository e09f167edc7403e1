#ifndef MILLRACE_FEATURE_TABLES_NOTATION_HPP
#define MILLRACE_FEATURE_TABLES_NOTATION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/amounts.hpp>
#include <millrace/feature/tables/dates.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {

/// How a column writes its numbers, or its times.
struct notation {
  /// What stands before a number's fraction.
  char decimal = '.';
  /// What stands between groups of three digits; 0: nothing.
  char thousands = 0;
  /// Whether signs, the unit and an accountant's brackets may stand around the digits: -$7.25, (7.25).
  bool amounts = false;
  /// What is set aside of an amount: $, EUR or %.
  std::string unit{};
  /// How times are written.
  date_order dates = date_order::iso;

  friend bool operator==(const notation&, const notation&) = default;
  /// Whether numbers are 1234.5 and times 2024-01-31.
  bool plain() const { return decimal == '.' && thousands == 0 && !amounts && dates == date_order::iso; }
};

namespace detail {

/// Reads a whole text as a number. A number too small for a double is 0; one too large is infinite.
/// Allocates: where it is not spelled as in C++.
class number_reader {
 public:
  explicit number_reader(notation how) noexcept : how_(std::move(how)) {}

  bool read(std::string_view text, double& value) {
    const std::string_view cell = text;
    if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
    // What holds no point means the same with a decimal comma.
    if ((how_.decimal == '.' || text.find('.') == text.npos) && read_real(text, value)) return true;
    if (how_.decimal == '.' && how_.thousands == 0 && !how_.amounts) return false;
    spelled_ = keyboard_spelling(cell);
    amount found;
    if (how_.amounts) {
      if (!take_amount(spelled_, found) || !(found.unit.empty() || found.unit == how_.unit)) return false;
    } else {
      found.digits = spelled_;
      found.negative = found.digits.starts_with('-');
      if (found.negative || found.digits.starts_with('+')) found.digits.remove_prefix(1);
      if (found.digits.empty() || found.digits.front() == '-' || found.digits.front() == '+') return false;
    }
    if (!plain_spelling(found.digits, how_.decimal, how_.thousands, plain_) ||
        !read_real(std::string_view(plain_), value))
      return false;
    if (found.negative) value = -value;
    return true;
  }
  /// Whether the text is a whole number of so many digits that its neighbours are the same double. Precondition: it was
  /// read as `value`, just now.
  bool is_blurred(std::string_view text, double value) const {
    const double size = math::absolute(value);
    if (!(size >= 9007199254740992.0 && size < __builtin_inf())) return false;  // 2^53
    const char marks[] = {how_.decimal, 'e', 'E', 0};
    return text.find_first_of(std::string_view(marks, 3)) == text.npos;
  }

 private:
  notation how_;
  std::string spelled_;
  std::string plain_;
};

}  // namespace detail

/// Reads one cell as a column of that notation was read, as a service does with what comes later. An amount may lack
/// its unit, and none has another. False where it is no number. Allocates: where it is not spelled as in C++.
inline bool read_number(std::string_view text, const notation& how, double& value) {
  return detail::number_reader(how).read(text, value);
}

/// Reads one cell of times as a column of that notation was read. False where it is none. Allocates: never.
inline bool read_time(std::string_view text, const notation& how, std::int64_t& nanoseconds) noexcept {
  return read_time(text, how.dates, nanoseconds);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_NOTATION_HPP
