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

/// Each of the following returns how long the personal data is that begins at `at`, and 0 if none begins there.

constexpr bool is_mail_local(char c) noexcept {
  return is_word(c) || std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}
/// An e-mail address without quotes. `at` is the first character that may stand in front of an `@`.
constexpr std::size_t email_at(std::string_view text, std::size_t at) noexcept {
  std::size_t sign = at;
  bool says = false;  // stars alone are what a mask leaves
  for (; sign < text.size() && is_mail_local(text[sign]); ++sign) says = says || text[sign] != '*';
  if (!says || sign == text.size() || text[sign] != '@') return 0;
  std::size_t end = sign + 1;
  while (end < text.size() && end - sign <= 253 && (is_word(text[end]) || text[end] == '.' || text[end] == '-')) ++end;
  // What is behind the domain may be the sentence's: a stop, a dash. The longest domain counts.
  while (end > sign + 1 && !is_domain(text.substr(sign + 1, end - sign - 1))) --end;
  return end > sign + 1 ? end - at : 0;
}

/// The number of a payment card: 13 to 19 digits, also in groups between single spaces, hyphens or dots, not zero
/// first, of which Luhn holds.
constexpr std::size_t card_at(std::string_view text, std::size_t at) noexcept {
  if (text[at] == '0') return 0;
  const auto separates = [](char c) { return c == ' ' || c == '-' || c == '.'; };
  std::size_t digits = 0;
  std::size_t longest = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (separates(text[i]) && i + 1 < text.size() && is_digit(text[i + 1])) continue;
    if (!is_digit(text[i]) || ++digits > 19) break;
    const bool whole = i + 1 == text.size() || !is_alphanumeric(text[i + 1]);
    if (digits >= 13 && whole && luhn_holds(text.substr(at, i + 1 - at))) longest = i + 1 - at;
  }
  return longest;
}

/// An IBAN, also in groups between single spaces.
constexpr std::size_t iban_at(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 15 || !is_letter(text[at]) || !is_letter(text[at + 1]) || !is_digit(text[at + 2])) return 0;
  std::size_t letters = 0;
  std::size_t longest = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    if (text[i] == ' ' && i + 1 < text.size() && is_alphanumeric(text[i + 1])) continue;
    if (!is_alphanumeric(text[i]) || ++letters > 34) break;
    const bool whole = i + 1 == text.size() || !is_alphanumeric(text[i + 1]);
    if (letters >= 15 && whole && is_iban(text.substr(at, i + 1 - at))) longest = i + 1 - at;
  }
  return longest;
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

/// An IPv6 address.
constexpr std::size_t ipv6_at(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  bool digits = false;  // `::` alone is nobody's
  for (; end < text.size() && end - at < 46 && (hex_value(text[end]) < 16 || text[end] == '.' || text[end] == ':');
       ++end)
    digits = digits || hex_value(text[end]) < 16;
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
