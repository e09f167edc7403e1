#ifndef MILLRACE_REGISTRY_SEMANTIC_VERSION_HPP
#define MILLRACE_REGISTRY_SEMANTIC_VERSION_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/fwd.hpp>

#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace registry {

inline constexpr std::size_t max_semantic_version = 128;

/// A semantic version: `1.4.0`, `2.0.0-rc.1`, `1.0.0+cuda12`. Two that differ in what is behind `+` are equal in order,
/// and so the same version to a registry.
/// Source: Semantic Versioning 2.0.0, sections 2, 9 to 11.
struct semantic_version {
  std::uint64_t major_number = 0;
  std::uint64_t minor_number = 0;
  std::uint64_t patch_number = 0;
  std::string pre_release = {};  // without the `-`
  std::string build = {};        // without the `+`

  /// Whether it is no pre-release.
  bool is_release() const noexcept { return pre_release.empty(); }
};

/// Which number the next version raises.
enum class raise : std::uint8_t { patch_number, minor_number, major_number };

/// The release behind `version` of which this number is one greater: a pre-release's own release, if it raises it.
/// Errors: out_of_range: the number is the greatest that there is.
inline result<semantic_version> next_version(const semantic_version& version, raise which) {
  semantic_version made{version.major_number, version.minor_number, version.patch_number};
  const bool is_due = !version.is_release();  // 2.0.0-rc.1 raises to 2.0.0
  std::uint64_t* const raised = which == raise::major_number   ? &made.major_number
                                : which == raise::minor_number ? &made.minor_number
                                                               : &made.patch_number;
  const bool covers = is_due && (which == raise::patch_number ||
                                 (made.patch_number == 0 && (which == raise::minor_number || made.minor_number == 0)));
  if (covers) return made;
  if (*raised == ~std::uint64_t{0}) return error(errc::out_of_range, "no version number is greater");
  ++*raised;
  if (which != raise::patch_number) made.patch_number = 0;
  if (which == raise::major_number) made.minor_number = 0;
  return made;
}

namespace detail {

constexpr bool is_digits(std::string_view text) noexcept {
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return !text.empty();
}
/// Whether a text is identifiers of letters, digits and hyphens with dots between; numbers without zeros in front, if
/// it is a pre-release.
constexpr bool are_identifiers(std::string_view text, bool is_pre_release) noexcept {
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view one = text.substr(0, dot);
    if (one.empty()) return false;
    for (const char c : one)
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-')) return false;
    if (is_pre_release && one.size() > 1 && one[0] == '0' && is_digits(one)) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}
inline bool read_core_number(std::string_view& text, std::uint64_t& value) noexcept {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || (text[0] == '0' && read.ptr != text.data() + 1)) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}
inline bool read_dot(std::string_view& text) noexcept {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}
inline std::strong_ordering order_identifiers(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() && !b.empty()) {
    const std::string_view one = a.substr(0, a.find('.')), other = b.substr(0, b.find('.'));
    const bool is_number = is_digits(one), is_other_number = is_digits(other);
    if (is_number != is_other_number) return is_number ? std::strong_ordering::less : std::strong_ordering::greater;
    if (is_number && one.size() != other.size()) return one.size() <=> other.size();  // no zeros in front
    if (const auto order = one.compare(other); order != 0)
      return order < 0 ? std::strong_ordering::less : std::strong_ordering::greater;
    a.remove_prefix(one.size() == a.size() ? one.size() : one.size() + 1);
    b.remove_prefix(other.size() == b.size() ? other.size() : other.size() + 1);
  }
  return a.size() <=> b.size();  // the one that goes on is the greater
}

}  // namespace detail

/// The order of versions: by numbers, a pre-release before its release, its identifiers one by one.
inline std::strong_ordering operator<=>(const semantic_version& a, const semantic_version& b) noexcept {
  if (const auto order = a.major_number <=> b.major_number; order != 0) return order;
  if (const auto order = a.minor_number <=> b.minor_number; order != 0) return order;
  if (const auto order = a.patch_number <=> b.patch_number; order != 0) return order;
  if (a.is_release() != b.is_release())
    return a.is_release() ? std::strong_ordering::greater : std::strong_ordering::less;
  return detail::order_identifiers(a.pre_release, b.pre_release);
}
inline bool operator==(const semantic_version& a, const semantic_version& b) noexcept { return (a <=> b) == 0; }

inline std::string to_string(const semantic_version& version) {
  std::string text = std::to_string(version.major_number) + '.' + std::to_string(version.minor_number) + '.' +
                     std::to_string(version.patch_number);
  if (!version.pre_release.empty()) (text += '-') += version.pre_release;
  if (!version.build.empty()) (text += '+') += version.build;
  return text;
}

/// Reads a semantic version; a `v` in front is passed over.
/// Errors: invalid_argument, with the text.
inline result<semantic_version> parse_semantic_version(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('v')) rest.remove_prefix(1);
  semantic_version made;
  bool is_fine = text.size() <= max_semantic_version && !rest.empty() &&
                 detail::read_core_number(rest, made.major_number) && detail::read_dot(rest) && !rest.empty() &&
                 detail::read_core_number(rest, made.minor_number) && detail::read_dot(rest) && !rest.empty() &&
                 detail::read_core_number(rest, made.patch_number);
  if (is_fine && rest.starts_with('-')) {
    const std::string_view part = rest.substr(1, rest.find('+') == rest.npos ? rest.npos : rest.find('+') - 1);
    made.pre_release = part;
    is_fine = detail::are_identifiers(part, true);
    rest.remove_prefix(1 + part.size());
  }
  if (is_fine && rest.starts_with('+')) {
    made.build = rest.substr(1);
    is_fine = detail::are_identifiers(made.build, false);
    rest = {};
  }
  if (is_fine && rest.empty()) return made;
  return error(errc::invalid_argument, detail::quoted_text(text) +
                                           " is no semantic version, such as 1.4.0 or 2.0.0-rc.1, of at most " +
                                           std::to_string(max_semantic_version) + " characters");
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_SEMANTIC_VERSION_HPP
