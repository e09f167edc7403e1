#ifndef MILLRACE_STORE_SETTINGS_DETAIL_SCALAR_TEXT_HPP
#define MILLRACE_STORE_SETTINGS_DETAIL_SCALAR_TEXT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/store/detail/digits.hpp>
#include <millrace/store/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// An integer of any type up to 64 bits. Zero is not negative.
struct whole_number {
  std::uint64_t magnitude = 0;
  bool is_negative = false;

  template <std::integral Integer>
  static constexpr whole_number from(Integer value) noexcept {
    if constexpr (std::signed_integral<Integer>)
      if (value < 0) return {std::uint64_t{0} - static_cast<std::uint64_t>(value), true};
    return {static_cast<std::uint64_t>(value), false};
  }
  template <std::integral Integer>
  constexpr Integer as() const noexcept {
    return static_cast<Integer>(is_negative ? std::uint64_t{0} - magnitude : magnitude);
  }
  friend constexpr bool operator==(const whole_number&, const whole_number&) noexcept = default;
  friend constexpr bool operator<(const whole_number& a, const whole_number& b) noexcept {
    if (a.is_negative != b.is_negative) return a.is_negative;
    return a.is_negative ? b.magnitude < a.magnitude : a.magnitude < b.magnitude;
  }
  std::string text() const { return (is_negative ? "-" : "") + std::to_string(magnitude); }
};

/// Reads the core schema's booleans of YAML 1.2.2 (10.3.2). Returns why not, or null.
inline const char* read_flag(std::string_view text, bool& value) noexcept {
  constexpr std::string_view spelt[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
  for (std::size_t i = 0; i < 6; ++i)
    if (text == spelt[i]) {
      value = i < 3;
      return nullptr;
    }
  return "is neither true nor false (yes, no, on and off are texts since YAML 1.2)";
}

/// Reads the core schema's integers of YAML 1.2.2: 12, -12, 0o17, 0x1F. Returns why not, or null.
inline const char* read_whole(std::string_view text, whole_number& value) noexcept {
  std::string_view digits = text;
  whole_number made;
  unsigned base = 10;
  if (digits.starts_with("0o") || digits.starts_with("0x")) {
    base = digits[1] == 'o' ? 8 : 16;
    digits.remove_prefix(2);
  } else if (digits.starts_with('-') || digits.starts_with('+')) {
    made.is_negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  if (digits.find('_') != digits.npos) return "is no integer (digits are not parted by _ since YAML 1.2)";
  if (digits.find(':') != digits.npos) return "is no integer (numbers to the base 60 went with YAML 1.1)";
  if (digits.empty()) return "is no integer";
  if (base == 10 && digits.size() > 1 && digits[0] == '0')
    return "is no integer: a zero before it would be octal in YAML 1.1, and decimal in 1.2; write 0o17 for an octal "
           "one";
  for (const char c : digits) {
    const unsigned digit = is_digit(c)              ? static_cast<unsigned>(c - '0')
                           : (c >= 'a' && c <= 'f') ? static_cast<unsigned>(c - 'a' + 10)
                           : (c >= 'A' && c <= 'F') ? static_cast<unsigned>(c - 'A' + 10)
                                                    : 99U;
    if (digit >= base) return "is no integer";
    if (made.magnitude > (~std::uint64_t{0} - digit) / base) return "is an integer of more than 64 bits";
    made.magnitude = made.magnitude * base + digit;
  }
  if (made.magnitude == 0) made.is_negative = false;
  value = made;
  return nullptr;
}

/// Whether a text is a decimal number, with or without a point and an exponent, and nothing else: no infinity.
inline bool is_decimal(std::string_view text, bool with_exponent) noexcept {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  std::size_t digits = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) ++digits;
  if (at < text.size() && text[at] == '.')
    for (++at; at < text.size() && is_digit(text[at]); ++at) ++digits;
  if (digits == 0) return false;
  if (with_exponent && at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == begin) return false;
  }
  return at == text.size();
}

/// Reads a finite number of YAML 1.2.2's core schema. Returns why not, or null.
inline const char* read_finite(std::string_view text, double& value) noexcept {
  const std::string_view bare = text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
  if (bare == ".inf" || bare == ".Inf" || bare == ".INF" || bare == ".nan" || bare == ".NaN" || bare == ".NAN")
    return "is no number that a setting can be: it has to be finite";
  if (text.find('_') != text.npos) return "is no number (digits are not parted by _ since YAML 1.2)";
  if (text.find(':') != text.npos) return "is no number (numbers to the base 60 went with YAML 1.1)";
  if (!is_decimal(text, true)) return "is no number";
  double made = 0;
  if (!read_real(text.starts_with('+') ? text.substr(1) : text, made)) return "is no number";
  if (!(made - made == 0)) return "is a number that no double can hold";
  value = made;
  return nullptr;
}

struct unit_name {
  std::string_view name;
  std::uint64_t factor;
};
inline constexpr unit_name duration_units[] = {{"ns", 1},
                                               {"us", 1'000},
                                               {"µs", 1'000},
                                               {"ms", 1'000'000},
                                               {"s", 1'000'000'000},
                                               {"m", 60'000'000'000},
                                               {"h", 3'600'000'000'000},
                                               {"d", 86'400'000'000'000}};
inline constexpr unit_name size_units[] = {
    {"B", 1},  // in the order in which the largest that divides is looked for from the end
    {"kB", 1'000},
    {"KB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
    {"KiB", std::uint64_t{1} << 10},
    {"MiB", std::uint64_t{1} << 20},
    {"GiB", std::uint64_t{1} << 30},
    {"TiB", std::uint64_t{1} << 40}};

/// Reads one number and its unit off the front, as a whole number of the smallest unit. Returns whether it could; false
/// also for fractions of the smallest unit, and for what `most` is too small for.
template <std::size_t Count>
bool read_unit(std::string_view& text, const unit_name (&units)[Count], std::uint64_t most, std::uint64_t& value) {
  std::size_t at = 0;
  while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
  const std::string_view number = text.substr(0, at);
  if (!is_decimal(number, false)) return false;
  while (at < text.size() && text[at] == ' ') ++at;
  std::size_t end = at;
  while (end < text.size() && !is_digit(text[end]) && text[end] != '.' && text[end] != ' ') ++end;
  const std::string_view name = text.substr(at, end - at);
  for (const unit_name& unit : units) {
    if (unit.name != name) continue;
    const std::size_t point = number.find('.');
    std::uint64_t made = 0;
    for (const char c : number.substr(0, point)) {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (made > (most - digit) / 10) return false;
      made = made * 10 + digit;
    }
    if (made > most / unit.factor) return false;
    made *= unit.factor;
    // 0.d1..dk of the factor is whole if and only if each tail of its digits, brought before the point one by one, is.
    std::uint64_t part = 0;
    for (std::size_t i = number.size(); point != number.npos && i > point + 1; --i) {
      part += static_cast<std::uint64_t>(number[i - 1] - '0') * unit.factor;
      if (part % 10 != 0) return false;
      part /= 10;
    }
    if (part > most - made) return false;
    made += part;
    if (made > most - value) return false;
    value += made;
    text.remove_prefix(end);
    return true;
  }
  return false;
}

/// Reads `1h30m`, `50ms`, `1.5s`, 0, or where `bare` is not 0 a number of so many nanoseconds. Returns why not, or
/// null.
inline const char* read_duration(std::string_view text, std::int64_t bare, whole_number& value) {
  constexpr std::uint64_t most = 0x7fff'ffff'ffff'ffff;
  whole_number made;
  if (text.starts_with('-')) {
    made.is_negative = true;
    text.remove_prefix(1);
  }
  if (is_decimal(text, false)) {
    const unit_name one[] = {{"", bare != 0 ? static_cast<std::uint64_t>(bare) : 1}};
    if (!read_unit(text, one, most, made.magnitude) || !text.empty())
      return "is longer than 292 years, or finer than a nanosecond";
    if (bare == 0 && made.magnitude != 0) return "is a length of time without its unit: ns, us, ms, s, m, h, d";
  } else {
    if (text.empty()) return "is no length of time, such as 50ms or 1h30m";
    while (!text.empty())
      if (!read_unit(text, duration_units, most, made.magnitude)) return "is no length of time, such as 50ms or 1h30m";
  }
  if (made.magnitude == 0) made.is_negative = false;
  value = made;
  return nullptr;
}

/// Reads `64KiB`, `1.5 GB`, `512`. Returns why not, or null.
inline const char* read_size(std::string_view text, whole_number& value) {
  constexpr const char* why = "is no size, such as 512, 64KiB or 1.5GB";
  constexpr std::uint64_t most = ~std::uint64_t{0};
  std::uint64_t made = 0;
  if (is_decimal(text, false)) {
    constexpr unit_name one[] = {{"", 1}};
    if (text.starts_with('-') || !read_unit(text, one, most, made)) return why;
  } else if (!read_unit(text, size_units, most, made)) {
    return why;
  }
  if (!text.empty()) return why;
  value = {made, false};
  return nullptr;
}

/// By the largest unit that divides it: `90s`, `5m`, `0s`.
inline std::string duration_text(whole_number value) {
  const unit_name* unit = &duration_units[4];
  if (value.magnitude != 0)
    for (const unit_name& each : duration_units)
      if (value.magnitude % each.factor == 0 && each.name != "µs") unit = &each;
  if (value.magnitude != 0 && value.magnitude % unit->factor != 0) unit = &duration_units[0];
  return (value.is_negative ? "-" : "") + std::to_string(value.magnitude / unit->factor) + std::string(unit->name);
}
inline std::string size_text(whole_number value) {
  const unit_name* unit = nullptr;
  for (const unit_name& each : size_units)
    if (value.magnitude != 0 && each.factor != 1 && each.name != "KB" && value.magnitude % each.factor == 0 &&
        (unit == nullptr || each.factor > unit->factor))
      unit = &each;
  if (unit == nullptr) return std::to_string(value.magnitude);
  return std::to_string(value.magnitude / unit->factor) + std::string(unit->name);
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_DETAIL_SCALAR_TEXT_HPP
