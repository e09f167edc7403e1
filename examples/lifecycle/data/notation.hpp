#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_NOTATION_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_NOTATION_HPP

#include "../format.hpp"
#include "dates.hpp"

#include <millrace/feature/tables/amounts.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

/// How numbers are written in tables made by spreadsheets and people: 1,020.5 and 1.020,5, $7.25, 12 %, 31/01/2024.
namespace lifecycle {

namespace mr = millrace;

/// `text` without the blanks around it.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// How a column writes its numbers.
struct notation {
  char decimal = '.';
  char thousands = 0;  // what stands between groups of three digits; 0: nothing
  std::string unit;    // what is set aside: "$", "EUR" or "%"
  date_order dates = date_order::none;

  friend bool operator==(const notation&, const notation&) = default;
  /// Whether it is 1234.5.
  bool plain() const { return *this == notation{}; }
};

enum class cell_kind : std::uint8_t { missing, number, not_finite, text };

struct parsed_cell {
  cell_kind kind;
  bool exact = true;  // false: a whole number of so many digits that its neighbours are the same double
  double number = std::numeric_limits<double>::quiet_NaN();
};

namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// What a number of C++'s own spelling says.
inline parsed_cell parse_plain(std::string_view cell) {
  const char* begin = cell.data();
  const char* const end = begin + cell.size();
  if (cell.size() > 1 && *begin == '+' && begin[1] != '-') ++begin;
  double value = 0;
  const auto read = std::from_chars(begin, end, value);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return {cell_kind::text};
  if (read.ec == std::errc::result_out_of_range) {  // too small is zero; too large is no finite number
    const std::size_t exponent = cell.find_first_of("eE");
    const bool tiny = exponent == cell.npos || cell.substr(exponent + 1).starts_with('-');
    return tiny ? parsed_cell{cell_kind::number, true, 0.0} : parsed_cell{cell_kind::not_finite};
  }
  if (!std::isfinite(value)) return {cell_kind::not_finite};
  const bool exact = std::fabs(value) < 9007199254740992.0 || cell.find_first_of(".eE") != cell.npos;  // 2^53
  return {cell_kind::number, exact, value};
}

}  // namespace detail

/// What a cell that is not missing says in a column that writes its numbers so.
inline parsed_cell parse_number(std::string_view cell, const notation& how) {
  if (how.dates != date_order::none) {
    const auto days = parse_date(mr::feature::keyboard_spelling(cell), how.dates);
    return days ? parsed_cell{cell_kind::number, true, *days} : parsed_cell{cell_kind::text};
  }
  const parsed_cell plain = detail::parse_plain(cell);
  if (how.plain() || plain.kind == cell_kind::not_finite) return plain;
  const std::string spelled = mr::feature::keyboard_spelling(cell);
  mr::feature::amount found;
  if (!mr::feature::take_amount(spelled, found) || (!found.unit.empty() && found.unit != how.unit))
    return {cell_kind::text};
  std::string digits;
  if (!mr::feature::plain_spelling(found.digits, how.decimal, how.thousands, digits)) return {cell_kind::text};
  return detail::parse_plain((found.negative ? "-" : "") + digits);
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_NOTATION_HPP
