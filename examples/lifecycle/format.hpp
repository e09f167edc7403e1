#ifndef MILLRACE_EXAMPLES_LIFECYCLE_FORMAT_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_FORMAT_HPP

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Numbers and names as people read them: on the terminal and in the report.
namespace lifecycle {

/// 22792 -> "22,792".
inline std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

/// With so many digits after the point, whatever the locale.
inline std::string fixed(double value, int digits) {
  char text[352];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
  return std::string(text, end.ptr);
}

/// Four significant digits, without trailing zeros and without an exponent where it can be helped.
inline std::string brief(double value) {
  if (value == 0 || !std::isfinite(value)) return value == 0 ? "0" : std::isnan(value) ? "NaN" : "infinite";
  const double size = std::fabs(value);
  if (size >= 1e4 && size < 1e15) {
    const std::string digits = grouped(static_cast<std::uint64_t>(std::llround(size)));
    return value < 0 ? "-" + digits : digits;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 4);
  return std::string(text, end.ptr);
}

/// With as few digits as tell it from every other double, without groups: 1000.5.
inline std::string shortest(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

/// A p-value; what is smaller than a double can tell from 0 after many factors is named by its bound.
inline std::string p_value(double p) { return p < 1e-16 ? "< 1e-16" : brief(p); }

/// 0.2408 -> "24.1 %".
inline std::string percent(double share, int digits = 1) { return fixed(100.0 * share, digits) + " %"; }

inline std::string duration(double nanoseconds) {
  if (nanoseconds < 1e3) return fixed(nanoseconds, 0) + " ns";
  if (nanoseconds < 1e6) return fixed(nanoseconds / 1e3, nanoseconds < 1e4 ? 2 : 1) + " µs";
  if (nanoseconds < 1e9) return fixed(nanoseconds / 1e6, nanoseconds < 1e7 ? 2 : 1) + " ms";
  if (nanoseconds < 120e9) return fixed(nanoseconds / 1e9, nanoseconds < 10e9 ? 2 : 1) + " s";
  return fixed(nanoseconds / 60e9, 1) + " min";
}

/// A power of ten as an axis has it: "10 µs".
inline std::string brief_duration(double nanoseconds) {
  if (nanoseconds < 1e3) return fixed(nanoseconds, 0) + " ns";
  if (nanoseconds < 1e6) return fixed(nanoseconds / 1e3, 0) + " µs";
  if (nanoseconds < 1e9) return fixed(nanoseconds / 1e6, 0) + " ms";
  return fixed(nanoseconds / 1e9, 0) + " s";
}

inline std::string bytes(double count) {
  if (count < 1024) return fixed(count, 0) + " B";
  if (count < 1024.0 * 1024) return fixed(count / 1024, 1) + " KiB";
  if (count < 1024.0 * 1024 * 1024) return fixed(count / 1024 / 1024, 1) + " MiB";
  return fixed(count / 1024 / 1024 / 1024, 2) + " GiB";
}

/// The length of the UTF-8 character at `at`, or 0 where the bytes are none.
inline std::size_t character_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte(at);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  unsigned code = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) return 0;
    code = code << 6U | (byte(at + i) & 0x3fU);
  }
  const bool surrogate = length == 3 && code >= 0xd800 && code <= 0xdfff;
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10ffff));
  return surrogate || too_long ? 0 : length;
}

/// How many columns a terminal needs for UTF-8 text of ordinary width.
inline std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1 : 0;
  return columns;
}

/// Cut to `most` columns with an ellipsis; control bytes, which could steer a terminal, become dots.
inline std::string clipped(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t columns = 0;
  const bool cut = columns_of(text) > most;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U && ++columns > most - (cut ? 1 : 0)) break;
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '.' : c;
  }
  if (cut) out += "…";
  return out;
}

inline std::string left(std::string_view text, std::size_t width) {
  std::string out = clipped(text, width);
  out.append(width - columns_of(out), ' ');
  return out;
}
inline std::string right(std::string_view text, std::size_t width) {
  const std::string cell = clipped(text, width);
  return std::string(width - columns_of(cell), ' ') + cell;
}

/// "a" in quotes for a message, cut where it is long.
inline std::string in_quotes(std::string_view text) { return '"' + clipped(text, 60) + '"'; }

/// ASCII letters made small.
inline std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// 1 "row", 2 "rows".
inline std::string counted(std::uint64_t count, std::string_view noun) {
  std::string text = grouped(count) + ' ';
  text += noun;
  if (count != 1) text += noun.ends_with("ss") ? "es" : "s";
  return text;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_FORMAT_HPP
