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

/// How many letters have to be changed, added or taken away, or pairs of neighbours exchanged, to make one name of the
/// other. Source: the optimal string alignment of Damerau's distance, in which no letter is touched twice.
/// Precondition: neither has more than `max_near_name`.
inline std::size_t edits_between(std::string_view a, std::string_view b) noexcept {
  std::size_t rows[3][max_near_name + 1];  // of the last letters of `a`
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const std::size_t* const older = rows[(i + 1) % 3];
    const std::size_t* const old = rows[(i - 1) % 3];
    std::size_t* const row = rows[i % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t shorter = (row[j - 1] < old[j] ? row[j - 1] : old[j]) + 1;
      const std::size_t changed = old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = changed < shorter ? changed : shorter;
      const bool is_exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_exchanged && older[j - 2] + 1 < row[j]) row[j] = older[j - 2] + 1;
    }
  }
  return rows[a.size() % 3][b.size()];
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
