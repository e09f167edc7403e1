#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_PII_DETECTORS_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_PII_DETECTORS_HPP

#include <millrace/observe/fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alphanumeric(char c) noexcept { return is_digit(c) || is_letter(c); }
/// A letter or digit, or a byte of a letter beyond ASCII.
constexpr bool is_word(char c) noexcept { return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80; }
constexpr unsigned hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const unsigned low = static_cast<unsigned char>(c) | 0x20U;
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : 16;
}

/// Whether a text is a domain of at least two labels: letters, digits, `-` and bytes beyond ASCII; the last label does
/// not begin with a digit.
constexpr bool is_domain(std::string_view text) noexcept {
  std::size_t label = 0;  // where the last label begins
  bool dots = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (i == label) return false;
      dots = true;
      label = i + 1;
    } else if (!is_word(text[i]) && (text[i] != '-' || i == label)) {
      return false;
    }
  }
  return dots && text.size() <= 253 && text.size() >= label + 2 && !is_digit(text[label]) && text.back() != '-';
}

/// The sum of Luhn over the digits of a text is a multiple of ten; other characters are skipped.
/// Source: ISO/IEC 7812-1, annex B.
constexpr bool luhn_holds(std::string_view text) noexcept {
  unsigned sum = 0;
  bool twice = false;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (!is_digit(text[i])) continue;
    const auto digit = static_cast<unsigned>(text[i] - '0');
    sum += !twice ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
    twice = !twice;
  }
  return sum % 10 == 0;
}

/// Whether the letters and digits of a text are an IBAN: two letters and two digits first, 15 to 34 in all, and 1 is
/// left of them modulo 97 when the first four stand behind the others and A is 10, B is 11, ...; other characters are
/// skipped.
/// Source: ISO 13616-1.
constexpr bool is_iban(std::string_view text) noexcept {
  std::array<char, 34> kept{};
  std::size_t size = 0;
  for (const char c : text) {
    if (!is_alphanumeric(c)) continue;
    if (size == kept.size()) return false;
    kept[size++] = c;
  }
  if (size < 15 || !is_letter(kept[0]) || !is_letter(kept[1]) || !is_digit(kept[2]) || !is_digit(kept[3])) return false;
  unsigned rest = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const char c = kept[(i + 4) % size];
    const unsigned value =
        is_digit(c) ? static_cast<unsigned>(c - '0') : (static_cast<unsigned char>(c) | 0x20U) - 'a' + 10U;
    rest = (rest * (value < 10 ? 10U : 100U) + value) % 97;
  }
  return rest == 1;
}

/// An IP address: 4 or 16 bytes.
struct parsed_ip {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 0;  // 0: the text is none
};

/// Four numbers of at most three digits, each at most 255, between dots.
constexpr parsed_ip parse_ipv4(std::string_view text) noexcept {
  parsed_ip made;
  std::size_t at = 0;
  for (std::size_t part = 0; part < 4; ++part) {
    if (part != 0 && (at == text.size() || text[at++] != '.')) return {};
    unsigned value = 0;
    std::size_t digits = 0;
    for (; at < text.size() && is_digit(text[at]) && digits < 4; ++at, ++digits)
      value = 10 * value + static_cast<unsigned>(text[at] - '0');
    if (digits == 0 || digits > 3 || value > 255) return {};
    made.bytes[part] = static_cast<std::uint8_t>(value);
  }
  if (at == text.size()) made.size = 4;
  return made;
}

/// Eight groups of at most four hexadecimal digits between colons; `::` once for groups of zeros; the last two groups
/// may be an IPv4 address.
/// Source: RFC 4291, section 2.2.
constexpr parsed_ip parse_ipv6(std::string_view text) noexcept {
  std::array<std::uint8_t, 16> front{};
  std::size_t size = 0;
  std::size_t gap = 17;  // bytes before `::`
  std::size_t at = 0;
  if (text.substr(0, 2) == "::") {
    gap = 0;
    at = 2;
  }
  while (at < text.size()) {
    if (size == 16) return {};
    std::size_t end = at;
    unsigned value = 0;
    for (; end < text.size() && hex_value(text[end]) < 16 && end - at < 5; ++end)
      value = 16 * value + hex_value(text[end]);
    if (end < text.size() && text[end] == '.') {
      const parsed_ip low = parse_ipv4(text.substr(at));
      if (low.size == 0 || size > 12) return {};
      for (std::size_t i = 0; i < 4; ++i) front[size++] = low.bytes[i];
      at = text.size();
      break;
    }
    if (end == at || end - at > 4) return {};
    front[size++] = static_cast<std::uint8_t>(value >> 8);
    front[size++] = static_cast<std::uint8_t>(value & 0xff);
    at = end;
    if (at == text.size()) break;
    if (text[at++] != ':' || at == text.size()) return {};
    if (text[at] == ':') {
      if (gap != 17) return {};
      gap = size;
      ++at;
    }
  }
  if (gap == 17 ? size != 16 : size > 14) return {};
  parsed_ip made;
  made.size = 16;
  if (gap == 17) gap = size;
  for (std::size_t i = 0; i < gap; ++i) made.bytes[i] = front[i];
  for (std::size_t i = gap; i < size; ++i) made.bytes[16 - size + i] = front[i];
  return made;
}

constexpr bool is_mail_local(char c) noexcept {
  return is_word(c) || std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}
/// The characters that may stand in front of an `@`, and what follows them. Found once for all that begins in them, so
/// that a text of nothing else is not searched to its end again and again.
struct mail_run {
  std::size_t end = 0;     // behind the last of them
  std::size_t domain = 0;  // behind the domain; 0: no `@` and domain follow

  /// How long the address without quotes is that begins at `at`, in the run. Stars alone are what a mask leaves.
  constexpr std::size_t email_at(std::string_view text, std::size_t at) const noexcept {
    return domain != 0 && text.find_first_not_of('*', at) < end ? domain - at : 0;
  }
};
constexpr mail_run mail_run_at(std::string_view text, std::size_t at) noexcept {
  mail_run run{at, 0};
  while (run.end < text.size() && is_mail_local(text[run.end])) ++run.end;
  if (run.end == text.size() || text[run.end] != '@') return run;
  const std::size_t begin = run.end + 1;
  std::size_t end = begin;
  while (end < text.size() && end - begin < 253 && (is_word(text[end]) || text[end] == '.' || text[end] == '-')) ++end;
  // What is behind the domain may be the sentence's: a stop, a dash. The longest domain counts.
  while (end > begin && !is_domain(text.substr(begin, end - begin))) --end;
  if (end > begin) run.domain = end;
  return run;
}

/// Each of the functions ..._at below returns how long the personal data is that begins at `at`, and 0 if none begins
/// there. Each reads a few characters alone, whatever the text.

/// Whether issuers have cards whose numbers begin with this digit and have so many digits. That a time in milliseconds
/// or nanoseconds begins with 1 and has 13 or 19 is why this is asked.
/// Source: ISO/IEC 7812-1, the issuers' lengths and prefixes: airlines 1; Mastercard 2 and 5; American Express, Diners
/// Club and JCB 3; Visa 4; Maestro 5 and 6; Discover and UnionPay 6; national schemes 8 and 9.
constexpr bool is_card_size(char first, std::size_t digits) noexcept {
  switch (first) {
    case '1': return digits == 15;
    case '2': return digits == 15 || digits == 16;
    case '3': return digits >= 14 && digits <= 19;
    case '4': return digits == 13 || (digits >= 16 && digits <= 19);
    case '5':
    case '6': return digits >= 13 && digits <= 19;
    case '7':
    case '8': return digits == 16;
    case '9': return digits == 16 || digits == 19;
    default: return false;
  }
}

/// The number of a payment card: 13 to 19 digits of which Luhn holds, not behind a decimal point, also in groups of at
/// least three between single characters of one kind: spaces, hyphens or dots; the last one may be shorter. One dot
/// alone is a decimal point.
constexpr std::size_t card_at(std::string_view text, std::size_t at) noexcept {
  if (at >= 2 && text[at - 1] == '.' && is_digit(text[at - 2])) return 0;
  std::size_t digits = 0;
  std::size_t group = 0;  // digits in the last group
  char separator = 0;
  std::size_t groups = 1;
  std::size_t longest = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == ' ' || c == '-' || c == '.') && i + 1 < text.size() && is_digit(text[i + 1])) {
      if (group < 3 || (groups > 1 && c != separator)) break;
      separator = c;
      group = 0;
      ++groups;
      continue;
    }
    if (!is_digit(c) || ++digits > 19) break;
    ++group;
    const bool whole = i + 1 == text.size() || !is_alphanumeric(text[i + 1]);
    if (whole && is_card_size(text[at], digits) && (separator != '.' || groups > 2) &&
        luhn_holds(text.substr(at, i + 1 - at)))
      longest = i + 1 - at;
  }
  return longest;
}

/// An IBAN, also in groups of four between single spaces, of which the last may be shorter; its letters are all large
/// or all small.
constexpr std::size_t iban_at(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 15 || !is_letter(text[at]) || !is_letter(text[at + 1]) || !is_digit(text[at + 2])) return 0;
  const bool lower = text[at] >= 'a';
  std::size_t letters = 0;
  std::size_t group = 0;  // characters in the last group
  bool groups = false;
  std::size_t longest = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' && i + 1 < text.size() && is_alphanumeric(text[i + 1])) {
      if (group != 4) break;
      groups = true;
      group = 0;
      continue;
    }
    if (!is_alphanumeric(c) || (is_letter(c) && (c >= 'a') != lower) || ++letters > 34) break;
    if (++group > 4 && groups) break;
    const bool whole = i + 1 == text.size() || !is_alphanumeric(text[i + 1]);
    if (letters >= 15 && whole && is_iban(text.substr(at, i + 1 - at))) longest = i + 1 - at;
  }
  return longest;
}

/// A telephone number in the international form: `+`, the country, 9 to 15 digits in all, also in groups with at most
/// two of space, hyphen, dot, slash and parentheses between them. One dot alone is a decimal point. A number of +1 has
/// ten more digits, of which neither the first nor the fourth is 0 or 1.
/// Source: ITU-T E.164 and E.123; North American Numbering Plan.
constexpr std::size_t phone_at(std::string_view text, std::size_t at) noexcept {
  if (at + 1 >= text.size() || !is_digit(text[at + 1]) || text[at + 1] == '0') return 0;
  std::array<char, 15> digits{};
  std::size_t size = 0;
  std::size_t between = 0;  // characters since the last digit
  std::size_t dots = 0;
  std::size_t others = 0;
  bool open = false;  // within parentheses
  std::size_t longest = 0;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_digit(c)) {
      if (std::string_view(" -./()").find(c) == std::string_view::npos || ++between > 2 || (c == '(' && open) ||
          (c == ')' && !open))
        break;
      open = c == '(' || (open && c != ')');
      continue;
    }
    if (between == 1 && text[i - 1] == '.')
      ++dots;
    else if (between != 0)
      ++others;
    between = 0;
    // "+44 (0)20" says both that a 0 is dialled from within the country, and that it is not part of the number.
    if (c == '0' && text[i - 1] == '(' && i + 1 < text.size() && text[i + 1] == ')') continue;
    if (size == digits.size()) break;
    digits[size++] = c;
    const char after = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool decimals = after == ',' && i + 2 < text.size() && is_digit(text[i + 2]);
    if (size < 9 || open || is_alphanumeric(after) || decimals || (dots == 1 && others == 0)) continue;
    if (digits[0] == '1' && (size != 11 || digits[1] < '2' || digits[4] < '2')) continue;
    longest = i + 1 - at;
  }
  return longest;
}

/// A social security number of the United States, 3, 2 and 4 digits between hyphens, which the administration can have
/// given: no area 000, 666 or from 900, no group 00, no serial 0000.
/// Source: Social Security Administration, "Social Security Number Randomization", 2011.
constexpr std::size_t ssn_at(std::string_view text, std::size_t at) noexcept {
  constexpr std::size_t size = 11;
  const std::string_view number = text.substr(at, size);
  if (number.size() != size) return 0;
  for (std::size_t i = 0; i < size; ++i)
    if (i == 3 || i == 6 ? number[i] != '-' : !is_digit(number[i])) return 0;
  const std::string_view area = number.substr(0, 3);
  if (area == "000" || area == "666" || area[0] == '9' || number.substr(4, 2) == "00" || number.substr(7) == "0000")
    return 0;
  if (at >= 2 && (text[at - 1] == '-' || text[at - 1] == '.') && is_digit(text[at - 2])) return 0;
  const std::string_view rest = text.substr(at + size);
  if (!rest.empty() && is_alphanumeric(rest[0])) return 0;
  return rest.size() >= 2 && rest[0] == '-' && is_alphanumeric(rest[1]) ? 0 : size;
}

/// The address of a network device: six pairs of hexadecimal digits between colons or, with a letter among them,
/// hyphens, and not a part of more pairs. Source: IEEE 802, EUI-48.
constexpr std::size_t mac_at(std::string_view text, std::size_t at) noexcept {
  constexpr std::size_t size = 17;
  if (text.size() - at < size) return 0;
  const char separator = text[at + 2];
  if (separator != ':' && separator != '-') return 0;
  bool letters = separator == ':';
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text[at + i];
    if (i % 3 == 2 ? c != separator : hex_value(c) == 16) return 0;
    letters = letters || is_letter(c);
  }
  const auto pair_at = [&](std::size_t i) { return hex_value(text[i]) < 16 && hex_value(text[i + 1]) < 16; };
  if (at >= 3 && text[at - 1] == separator && pair_at(at - 3) && (at == 3 || !is_alphanumeric(text[at - 4]))) return 0;
  const std::string_view rest = text.substr(at + size);
  if (!rest.empty() && is_alphanumeric(rest[0])) return 0;
  return !letters || (rest.size() >= 2 && rest[0] == separator && is_alphanumeric(rest[1])) ? 0 : size;
}

/// An IPv4 address, and not the beginning of more numbers between dots.
constexpr std::size_t ipv4_at(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  for (unsigned dots = 0; end < text.size() && (is_digit(text[end]) || (text[end] == '.' && dots < 3)); ++end)
    dots += text[end] == '.';
  if (end < text.size() && is_alphanumeric(text[end])) return 0;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) return 0;
  return parse_ipv4(text.substr(at, end - at)).size != 0 ? end - at : 0;
}

/// An IPv6 address that has a digit below ten.
constexpr std::size_t ipv6_at(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  bool digits = false;  // `::` alone is nobody's, and `dead::beef` may be a name of a program's
  for (; end < text.size() && end - at < 46 && (hex_value(text[end]) < 16 || text[end] == '.' || text[end] == ':');
       ++end)
    digits = digits || is_digit(text[end]);
  if (!digits || (end < text.size() && is_alphanumeric(text[end]))) return 0;
  for (; end > at + 1; --end) {
    if (parse_ipv6(text.substr(at, end - at)).size != 0) return end - at;
    if (text[end - 1] != '.' && text[end - 1] != ':') break;  // the sentence's
  }
  return 0;
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_PII_DETECTORS_HPP
