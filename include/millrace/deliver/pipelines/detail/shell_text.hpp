#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_SHELL_TEXT_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_SHELL_TEXT_HPP

#include <millrace/deliver/fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// One word of a shell, whatever the text is. Source: POSIX.1-2017, Shell Command Language, 2.2.2.
inline std::string shell_word(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '/' || c == '-' || c == '+' || c == ',' || c == ':' || c == '@';
  };
  bool plain = !text.empty();
  for (const char c : text) plain = plain && is_plain(c);
  if (plain) return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'')
      word += "'\\''";
    else
      word += c;
  }
  return word += '\'';
}

/// The texts as words, each behind a space.
inline std::string shell_words(const std::vector<std::string>& texts) {
  std::string words;
  for (const std::string& text : texts) words += ' ' + shell_word(text);
  return words;
}

/// A path as one word that no program takes for an option.
inline std::string shell_path(std::string_view path) {
  return shell_word((path.substr(0, 1) == "-" ? "./" : "") + std::string(path));
}
inline std::string shell_paths(const std::vector<std::string>& paths) {
  std::string words;
  for (const std::string& path : paths) words += ' ' + shell_path(path);
  return words;
}

/// What each script begins with: it ends at the first command that fails, also within a pipe where the shell can say
/// so, and at a variable that is not set.
inline constexpr std::string_view strict_shell =
    "set -eu\n"
    "if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi\n";

/// Lines that fail unless the secret is there. Azure leaves `$(NAME)` where it has none; the quotes keep the test
/// itself from being replaced.
inline std::string asks_for_secret(std::string_view name) {
  const std::string variable(name);
  return "case \"${" + variable + ":-}\" in ''|'$''('*) echo " + "\"the secret " + variable +
         " is not there\" >&2; exit 1;; esac\n";
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_SHELL_TEXT_HPP
