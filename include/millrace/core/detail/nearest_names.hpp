#ifndef MILLRACE_CORE_DETAIL_NEAREST_NAMES_HPP
#define MILLRACE_CORE_DETAIL_NEAREST_NAMES_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Names of more characters are near to nothing.
inline constexpr std::size_t max_near_name = 128;

/// How many letters have to be changed, added or taken away to make one name of the other (Levenshtein's distance).
/// Precondition: neither has more than `max_near_name`.
inline std::size_t edits_between(std::string_view a, std::string_view b) noexcept {
  std::size_t row[max_near_name + 1];
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      const std::size_t shorter = (row[j] < diagonal ? row[j] : diagonal) + 1;
      row[j + 1] = changed < shorter ? changed : shorter;
    }
  }
  return row[b.size()];
}

/// Up to three of the names that somebody may have meant by a text, the nearest first, with commas between: those at a
/// distance of at most a third of their letters, whatever stands before their last dot, and however the text was
/// written: `Payout-Aproved` is near to `acme.payout_approved`.
inline std::string nearest_names(std::string_view text, std::span<const std::string_view> names) {
  std::string plain(text.substr(0, max_near_name));
  for (char& c : plain) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-' || c == ' ') c = '_';
  }
  std::string made;
  std::size_t count = 0;
  for (std::size_t distance = 0; distance <= max_near_name / 3 && count < 3; ++distance)
    for (std::size_t i = 0; i < names.size() && count < 3; ++i) {
      const std::string_view name = names[i];
      const std::string_view own = name.substr(plain.find('.') == plain.npos ? name.rfind('.') + 1 : 0);
      if (own.size() > max_near_name || distance * 3 > own.size() || edits_between(plain, own) != distance) continue;
      bool again = false;
      for (std::size_t k = 0; k < i; ++k) again |= names[k] == name;
      if (again) continue;
      made.append(made.empty() ? "" : ", ").append(name);
      ++count;
    }
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_NEAREST_NAMES_HPP
