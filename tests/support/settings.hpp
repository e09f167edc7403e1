#ifndef MILLRACE_TESTS_SUPPORT_SETTINGS_HPP
#define MILLRACE_TESTS_SUPPORT_SETTINGS_HPP

#include <millrace/core/detail/number_text.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace support {

/// What `of` says of itself by `for_each_setting`: `rate=0.5 steps=10 `, texts in quotes.
template <class T>
std::string settings_of(const T& of) {
  std::string all;
  of.for_each_setting([&](std::string_view key, auto value) {
    all.append(key) += '=';
    if constexpr (std::same_as<decltype(value), bool>)
      all += value ? "true" : "false";
    else if constexpr (std::floating_point<decltype(value)>)
      all += millrace::detail::number_text(value);
    else if constexpr (std::integral<decltype(value)>)
      all += std::to_string(value);
    else
      (all += '\'').append(std::string_view(value)) += '\'';
    all += ' ';
  });
  return all;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SETTINGS_HPP
