#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_METRIC_TEXT_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_METRIC_TEXT_HPP

#include <millrace/observe/metrics/label_set.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

// The parts of lines that Prometheus' text format and OpenMetrics have in common.
// Source: Prometheus, "Exposition formats", text 0.0.4; OpenMetrics 1.0.0.
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// Appends a text with backslash and newline escaped, and with `quotes` also quotation marks, for a text between such.
inline void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '"':
        if (quotes) out += '\\';
        out += '"';
        break;
      default: out += c;
    }
  }
}

/// The labels as in a line: `a="1",b="2"`.
inline std::string label_text(const label_set& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out += name;
    out += "=\"";
    append_escaped(out, value, true);
    out += '"';
  }
  return out;
}

inline constexpr std::size_t longest_number = 32;  // more than any number below takes

inline char* write_number(char* out, std::uint64_t value) noexcept {
  return std::to_chars(out, out + longest_number, value).ptr;
}
/// Writes the shortest form that reads back to the same double, or NaN, +Inf or -Inf, and returns the end.
inline char* write_number(char* out, double value) noexcept {
  if (__builtin_isfinite(value)) [[likely]]
    return std::to_chars(out, out + longest_number, value).ptr;
  const char* name = __builtin_isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  const std::size_t size = std::strlen(name);
  std::memcpy(out, name, size);
  return out + size;
}

/// A bucket's bound in OpenMetrics' canonical form: without an exponent from 0.0001 to below a million, and then with
/// `.0` if it is whole; else with an exponent. Prometheus reads `le="1"` and `le="1.0"` as two series, so both formats
/// use this form.
/// Source: OpenMetrics 1.0.0, "Canonical Numbers".
inline std::string bound_text(double bound) {
  char digits[longest_number];
  const auto text = [&](std::chars_format format) {
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, bound, format).ptr);
  };
  std::string scientific = text(std::chars_format::scientific);
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const std::size_t sign = scientific[e + 1] == '+' ? 2 : 1;
  std::from_chars(scientific.data() + e + sign, scientific.data() + scientific.size(), exponent);
  if (exponent < -4 || exponent >= 6) return scientific;
  std::string plain = text(std::chars_format::fixed);
  if (plain.find('.') == std::string::npos) plain += ".0";
  return plain;
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_METRIC_TEXT_HPP
