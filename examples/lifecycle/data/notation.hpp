#ifndef MILLRACE_EXAMPLES_LIFECYCLE_DATA_NOTATION_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_DATA_NOTATION_HPP

#include "../format.hpp"
#include "dates.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

/// How numbers are written in tables made by spreadsheets and people: 1,020.5 and 1.020,5, $7.25, 12 %, 31/01/2024.
namespace lifecycle {

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

/// Blanks that do not break, the minus sign and the typographic apostrophe as the keyboard has them.
inline std::string keyboard_spelling(std::string_view cell) {
  struct spelling {
    std::string_view fancy;
    char plain;
  };
  static constexpr std::array<spelling, 5> all{{{"\xc2\xa0", ' '},         // no-break space
                                                {"\xe2\x80\xaf", ' '},     // narrow no-break space
                                                {"\xe2\x80\x89", ' '},     // thin space
                                                {"\xe2\x88\x92", '-'},     // minus sign
                                                {"\xe2\x80\x99", '\''}}};  // right single quotation mark
  std::string out;
  for (std::size_t i = 0; i < cell.size();) {
    std::size_t taken = 0;
    for (const spelling& one : all)
      if (cell.substr(i).starts_with(one.fancy)) {
        out += one.plain;
        taken = one.fancy.size();
        break;
      }
    if (taken == 0) out += cell[i];
    i += taken == 0 ? 1 : taken;
  }
  return out;
}

/// The signs and codes of the world's more common currencies, and the percent sign; longer ones first, so that US$ is
/// not taken for $.
inline constexpr std::array<std::string_view, 26> units{
    "USD", "EUR", "GBP",          "JPY",      "CNY",      "CHF",          "INR",          "AUD",         "CAD",
    "SEK", "NOK", "DKK",          "PLN",      "CZK",      "BRL",          "KRW",          "US$",         "R$",
    "%",   "$",   "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5", "\xe2\x82\xb9", "\xe2\x82\xbd", "\xe2\x82\xa9"};

/// A number's digits without what stands around them.
struct undressed {
  std::string_view digits;  // with its marks
  std::string_view unit;
  bool negative = false;
};

/// Takes sign, unit and an accountant's brackets off: -$7.25, 7.25 EUR, (7.25). Nothing where no digits are left.
inline std::optional<undressed> undress(std::string_view cell) {
  undressed made;
  std::string_view rest = trimmed(cell);
  bool signed_already = false;
  const auto take_sign = [&] {
    if (signed_already || rest.empty() || (rest.front() != '-' && rest.front() != '+')) return;
    signed_already = true;
    made.negative = rest.front() == '-';
    rest = trimmed(rest.substr(1));
  };
  if (rest.size() > 2 && rest.front() == '(' && rest.back() == ')') {
    signed_already = made.negative = true;
    rest = trimmed(rest.substr(1, rest.size() - 2));
  }
  take_sign();
  for (const std::string_view unit : units)
    if (made.unit.empty() && rest.starts_with(unit) && unit != "%") {
      made.unit = unit;
      rest = trimmed(rest.substr(unit.size()));
    }
  take_sign();
  for (const std::string_view unit : units)
    if (made.unit.empty() && rest.ends_with(unit)) {
      made.unit = unit;
      rest = trimmed(rest.substr(0, rest.size() - unit.size()));
    }
  if (rest.empty() || !(is_digit(rest.front()) || rest.front() == '.' || rest.front() == ',')) return std::nullopt;
  made.digits = rest;
  return made;
}

/// Whether a whole number is grouped as it should be: 1,234,567, or as in India 12,34,567.
inline bool is_grouped(std::string_view whole, char mark) {
  std::size_t first = whole.find(mark);
  if (first == whole.npos || first == 0 || first > 3 || whole.front() == '0') return false;
  bool threes = true;
  bool twos = first <= 2;
  for (std::size_t at = first; at < whole.size();) {
    const std::size_t next = (std::min)(whole.find(mark, at + 1), whole.size());
    const std::size_t size = next - at - 1;
    threes = threes && size == 3;
    twos = twos && size == (next == whole.size() ? 3U : 2U);
    at = next;
  }
  return threes || (mark == ',' && twos);
}

/// The digits as C++ spells them, or nothing where they are not written so.
inline std::optional<std::string> plain_spelling(std::string_view digits, const notation& how) {
  const std::size_t exponent = digits.find_first_of("eE");
  const std::string_view mantissa = digits.substr(0, exponent);
  const std::size_t mark = mantissa.find(how.decimal);
  const std::string_view whole = mantissa.substr(0, mark);
  const std::string_view fraction = mark == mantissa.npos ? "" : mantissa.substr(mark + 1);
  const auto all_digits = [](std::string_view text) { return text.find_first_not_of("0123456789") == text.npos; };
  if (!all_digits(fraction)) return std::nullopt;
  std::string out;
  if (all_digits(whole)) {
    out = whole;
  } else {
    if (how.thousands == 0 || !is_grouped(whole, how.thousands)) return std::nullopt;
    for (const char c : whole)
      if (c != how.thousands) out += c;
    if (!all_digits(out)) return std::nullopt;
  }
  if (mark != mantissa.npos) out.append(".").append(fraction);
  if (exponent != digits.npos) out += digits.substr(exponent);
  return out;
}

}  // namespace detail

/// What a cell that is not missing says in a column that writes its numbers so.
inline parsed_cell parse_number(std::string_view cell, const notation& how) {
  if (how.dates != date_order::none) {
    const auto days = parse_date(detail::keyboard_spelling(cell), how.dates);
    return days ? parsed_cell{cell_kind::number, true, *days} : parsed_cell{cell_kind::text};
  }
  const parsed_cell plain = detail::parse_plain(cell);
  if (how.plain() || plain.kind == cell_kind::not_finite) return plain;
  const std::string spelled = detail::keyboard_spelling(cell);
  const auto found = detail::undress(spelled);
  if (!found || (!found->unit.empty() && found->unit != how.unit)) return {cell_kind::text};
  const auto digits = detail::plain_spelling(found->digits, how);
  return digits ? detail::parse_plain((found->negative ? "-" : "") + *digits) : parsed_cell{cell_kind::text};
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_DATA_NOTATION_HPP
