#ifndef MILLRACE_CORE_DETAIL_LETTER_CASE_HPP
#define MILLRACE_CORE_DETAIL_LETTER_CASE_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A letter of ASCII as a lower-case one, any other character as it is, whatever the locale.
constexpr char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether two texts are equal but for the case of letters of ASCII.
constexpr bool same_but_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower_case(a[i]) != lower_case(b[i])) return false;
  return true;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_LETTER_CASE_HPP
