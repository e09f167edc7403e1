#ifndef MILLRACE_CORE_DETAIL_NUMBER_TEXT_HPP
#define MILLRACE_CORE_DETAIL_NUMBER_TEXT_HPP

#include <millrace/core/config.hpp>

#include <charconv>
#include <cstddef>
#include <string>

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

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_NUMBER_TEXT_HPP
