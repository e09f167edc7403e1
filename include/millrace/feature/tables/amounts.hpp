#ifndef MILLRACE_FEATURE_TABLES_AMOUNTS_HPP
#define MILLRACE_FEATURE_TABLES_AMOUNTS_HPP

#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace feature {

// Numbers as spreadsheets and people write them: 1,020.5 and 1.020,5, -$7.25, 12 %, (7.25).

/// A number's digits without what stands around them.
struct amount {
  /// With its marks: 1,020.5. A view of the text that it was taken from.
  std::string_view digits;
  /// The sign or the code of a currency, or %; empty if there is none.
  std::string_view unit;
  bool negative = false;
};

namespace detail {

constexpr bool is_decimal_digit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr std::string_view without_blanks(std::string_view text) noexcept {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The signs and codes of the world's more common currencies, and the percent sign; longer ones first, so that US$ is
/// not taken for $.
inline constexpr std::string_view amount_units[] = {
    "USD", "EUR", "GBP",          "JPY",      "CNY",      "CHF",          "INR",          "AUD",         "CAD",
    "SEK", "NOK", "DKK",          "PLN",      "CZK",      "BRL",          "KRW",          "US$",         "R$",
    "%",   "$",   "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5", "\xe2\x82\xb9", "\xe2\x82\xbd", "\xe2\x82\xa9"};

/// Takes an amount apart from its ends.
class amount_scanner {
 public:
  explicit constexpr amount_scanner(std::string_view text) noexcept : rest_(without_blanks(text)) {}

  constexpr bool scan(amount& made) noexcept {
    if (rest_.size() > 2 && rest_.front() == '(' && rest_.back() == ')') {
      signed_already_ = made.negative = true;
      rest_ = without_blanks(rest_.substr(1, rest_.size() - 2));
    }
    take_sign(made);
    for (const std::string_view unit : amount_units)
      if (made.unit.empty() && rest_.starts_with(unit) && unit != "%") {
        made.unit = unit;
        rest_ = without_blanks(rest_.substr(unit.size()));
      }
    take_sign(made);
    for (const std::string_view unit : amount_units)
      if (made.unit.empty() && rest_.ends_with(unit)) {
        made.unit = unit;
        rest_ = without_blanks(rest_.substr(0, rest_.size() - unit.size()));
      }
    made.digits = rest_;
    return !rest_.empty() && (is_decimal_digit(rest_.front()) || rest_.front() == '.' || rest_.front() == ',');
  }

 private:
  constexpr void take_sign(amount& made) noexcept {
    if (signed_already_ || rest_.empty() || (rest_.front() != '-' && rest_.front() != '+')) return;
    signed_already_ = true;
    made.negative = rest_.front() == '-';
    rest_ = without_blanks(rest_.substr(1));
  }

  std::string_view rest_;
  bool signed_already_ = false;
};

}  // namespace detail

/// Takes sign, unit and an accountant's brackets off: -$7.25, 7.25 EUR, (7.25). False where no digits are left.
/// Allocates: never.
constexpr bool take_amount(std::string_view text, amount& made) noexcept {
  made = {};
  return detail::amount_scanner(text).scan(made);
}

/// Blanks that do not break, the minus sign and the typographic apostrophe as a keyboard has them. Allocates: the text.
inline std::string keyboard_spelling(std::string_view text) {
  struct spelling {
    std::string_view fancy;
    char plain;
  };
  constexpr spelling all[] = {{"\xc2\xa0", ' '},        // no-break space
                              {"\xe2\x80\xaf", ' '},    // narrow no-break space
                              {"\xe2\x80\x89", ' '},    // thin space
                              {"\xe2\x88\x92", '-'},    // minus sign
                              {"\xe2\x80\x99", '\''}};  // right single quotation mark
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t taken = 0;
    for (const spelling& one : all)
      if (taken == 0 && text.substr(i).starts_with(one.fancy)) {
        out += one.plain;
        taken = one.fancy.size();
      }
    if (taken == 0) out += text[i];
    i += taken == 0 ? 1 : taken;
  }
  return out;
}

/// Whether a whole number is grouped as it should be: 1,234,567, or with commas as in India 12,34,567.
constexpr bool is_grouped(std::string_view whole, char mark) noexcept {
  const std::size_t first = whole.find(mark);
  if (first == whole.npos || first == 0 || first > 3 || whole.front() == '0') return false;
  bool threes = true;
  bool twos = first <= 2;
  for (std::size_t at = first; at < whole.size();) {
    std::size_t next = whole.find(mark, at + 1);
    if (next == whole.npos) next = whole.size();
    const std::size_t size = next - at - 1;
    threes = threes && size == 3;
    twos = twos && size == (next == whole.size() ? 3U : 2U);
    at = next;
  }
  return threes || (mark == ',' && twos);
}

/// Writes digits as C++ spells them; `thousands` stands between groups, or is 0. False, and nothing of use in `out`,
/// where they are not written so. Allocates: the text.
inline bool plain_spelling(std::string_view digits, char decimal, char thousands, std::string& out) {
  const std::size_t exponent = digits.find_first_of("eE");
  const std::string_view mantissa = digits.substr(0, exponent);
  const std::size_t mark = mantissa.find(decimal);
  const std::string_view whole = mantissa.substr(0, mark);
  const std::string_view fraction = mark == mantissa.npos ? std::string_view() : mantissa.substr(mark + 1);
  const auto all_digits = [](std::string_view text) { return text.find_first_not_of("0123456789") == text.npos; };
  out.clear();
  if (!all_digits(fraction)) return false;
  if (all_digits(whole)) {
    out = whole;
  } else {
    if (thousands == 0 || !is_grouped(whole, thousands)) return false;
    for (const char c : whole)
      if (c != thousands) out += c;
    if (!all_digits(out)) return false;
  }
  if (mark != mantissa.npos) out.append(1, '.').append(fraction);
  if (exponent != digits.npos) out += digits.substr(exponent);
  return true;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_AMOUNTS_HPP
