#ifndef MILLRACE_CORE_DETAIL_NUMBER_TEXT_HPP
#define MILLRACE_CORE_DETAIL_NUMBER_TEXT_HPP

#include <millrace/core/config.hpp>

#include <charconv>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

namespace millrace {
inline namespace v0 {
namespace detail {

/// How messages, logs and JSON spell NaN and the infinities; null for a finite number. (std::to_string writes `nan` or
/// `-nan`, depending on a sign bit that differs between machines.)
template <class T>
constexpr const char* non_finite_name(T value) noexcept {
  if (__builtin_isnan(value)) return "NaN";
  if (__builtin_isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return nullptr;
}

/// Appends a number in the shortest form that reads back to the same value, whatever the locale.
template <class T>
void append_number(std::string& out, T value) {
  char digits[40];
  out.append(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, value).ptr - digits));
}

/// A number as messages spell it.
template <class T>
std::string number_text(T value) {
  std::string text;
  if (const char* name = non_finite_name(value); name != nullptr)
    text = name;
  else
    append_number(text, value);
  return text;
}

/// Reads a number that is all of the text, whatever the locale; also `inf` and `nan`. One beyond the type's range is
/// infinite, one too small for it 0. Returns false, and leaves `value`, if the text is no number.
template <class T>
bool read_real(std::string_view text, T& value) noexcept {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ptr != end || read.ec == std::errc::invalid_argument || text.empty()) return false;
  if (read.ec != std::errc::result_out_of_range) return true;
  const std::size_t exponent = text.find_first_of("eE");
  // Without an exponent, a number out of range has hundreds of digits before its point, or zeros behind it.
  const std::size_t point = text.find('.');
  const bool tiny = exponent != text.npos ? text.substr(exponent + 1).substr(0, 1) == "-"
                                          : point <= static_cast<std::size_t>(std::numeric_limits<T>::max_exponent10);
  value = static_cast<T>((text[0] == '-' ? -1 : 1) * (tiny ? 0 : __builtin_inf()));
  return true;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_NUMBER_TEXT_HPP
