#ifndef MILLRACE_DELIVER_DETAIL_FIGURE_TEXT_HPP
#define MILLRACE_DELIVER_DETAIL_FIGURE_TEXT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/deliver/fwd.hpp>

#include <charconv>
#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A number with four digits, whatever the locale, for people: `0.9942`, `1.2e-05`, `NaN`.
inline std::string figure_text(double value) {
  if (const char* name = non_finite_name(value); name != nullptr) return name;
  char digits[40];
  const bool is_whole = value < 1e15 && value > -1e15 && static_cast<double>(static_cast<std::int64_t>(value)) == value;
  const auto end = is_whole ? std::to_chars(digits, digits + sizeof digits, static_cast<std::int64_t>(value))
                            : std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 4);
  return std::string(digits, end.ptr);
}
/// A share in percent: `99.42 %`.
inline std::string percent_text(double share) { return figure_text(100 * share) + " %"; }
/// A length of time in the unit that fits: `840 ns`, `12.5 us`, `3 ms`, `1.2 s`.
inline std::string time_text(double nanoseconds) {
  if (nanoseconds < 1e3) return figure_text(nanoseconds) + " ns";
  if (nanoseconds < 1e6) return figure_text(nanoseconds / 1e3) + " us";
  if (nanoseconds < 1e9) return figure_text(nanoseconds / 1e6) + " ms";
  return figure_text(nanoseconds / 1e9) + " s";
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_DETAIL_FIGURE_TEXT_HPP
