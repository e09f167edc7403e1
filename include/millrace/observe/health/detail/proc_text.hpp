#ifndef MILLRACE_OBSERVE_HEALTH_DETAIL_PROC_TEXT_HPP
#define MILLRACE_OBSERVE_HEALTH_DETAIL_PROC_TEXT_HPP

#include <millrace/observe/fwd.hpp>
#include <millrace/store/file.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Reading the texts of /proc and /sys, which may be missing, cut off, or say what no system says: then a number is not
// there.
namespace millrace {
inline namespace v0 {
namespace observe {

/// A number that the system reports, or does not.
struct reported_number {
  std::uint64_t value = 0;
  bool is_there = false;

  constexpr explicit operator bool() const noexcept { return is_there; }
};

namespace detail {

/// The text of a file below `root`; empty if it cannot be read.
inline std::string read_text(const std::string& root, std::string_view path) {
  auto text = store::read_file(root + std::string(path));
  return text ? *std::move(text) : std::string();
}

/// Takes the next line, or the next word of a line, off the front of a text.
constexpr std::string_view next_line(std::string_view& rest) noexcept {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}
constexpr std::string_view next_word(std::string_view& rest) noexcept {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  std::size_t size = 0;
  while (size < rest.size() && rest[size] != ' ' && rest[size] != '\t' && rest[size] != '\n') ++size;
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  return word;
}

/// A word that is a whole number of at most 64 bits.
constexpr reported_number number_of(std::string_view word) noexcept {
  std::uint64_t value = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return {};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (~std::uint64_t{0} - digit) / 10) return {};
    value = value * 10 + digit;
  }
  return {value, !word.empty()};
}
/// A number such as `12.34`; negative if the word is none.
constexpr double decimal_of(std::string_view word) noexcept {
  if (word.size() > 20) return -1;
  double value = 0;
  double unit = 0;
  bool has_digit = false;
  for (const char c : word) {
    if (c == '.' && unit == 0) {
      unit = 1;
    } else if (c >= '0' && c <= '9') {
      has_digit = true;
      value = value * 10 + (c - '0');
      unit *= 10;
    } else {
      return -1;
    }
  }
  return has_digit ? (unit > 1 ? value / unit : value) : -1;
}

/// The number behind `key` at the beginning of a line, such as `VmRSS:` or `inactive_file`.
constexpr reported_number number_after(std::string_view text, std::string_view key) noexcept {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (next_word(line) == key) return number_of(next_word(line));
  }
  return {};
}
/// The whole text as a number.
constexpr reported_number only_number(std::string_view text) noexcept {
  const std::string_view word = next_word(text);
  return number_of(word);
}

/// The number of an interval in a line of pressure: `avg10` of `some avg10=1.50 avg60=...`; negative if it is not
/// there.
constexpr double pressure_of(std::string_view text, std::string_view kind, std::string_view interval) noexcept {
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (next_word(line) != kind) continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line))
      if (word.size() > interval.size() && word.substr(0, interval.size()) == interval && word[interval.size()] == '=')
        return decimal_of(word.substr(interval.size() + 1));
  }
  return -1;
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_DETAIL_PROC_TEXT_HPP
