#ifndef MILLRACE_CORE_FIXED_STRING_HPP
#define MILLRACE_CORE_FIXED_STRING_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <string_view>

namespace millrace {
inline namespace v0 {

/// A string literal that can stand as a template argument: `field<"loss", double>`.
/// `Size` counts the terminating zero.
template <std::size_t Size>
struct fixed_string {
  char text[Size]{};

  constexpr fixed_string(const char (&literal)[Size]) noexcept {
    for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
  }

  constexpr std::string_view view() const noexcept { return {text, Size - 1}; }
  constexpr operator std::string_view() const noexcept { return view(); }
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_FIXED_STRING_HPP
