#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_TOKEN_SHAPES_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_TOKEN_SHAPES_HPP

#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// How keys and tokens of well-known services begin, how many characters of which kind follow at least, and the same as
/// a POSIX extended regular expression, for `git grep`.
struct token_shape {
  std::string_view name;
  std::string_view prefix;
  std::size_t least;  // characters of `alphabet` behind the prefix
  std::string_view alphabet;
  std::string_view expression;
};

inline constexpr std::string_view capitals_and_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
inline constexpr std::string_view word_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz_";
inline constexpr std::string_view url_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz_-";

/// Source: the prefixes that the services document for their tokens (GitHub, GitLab, Slack, AWS, Google, npm, PyPI),
/// and RFC 7468 for keys in PEM. No expression matches itself, so a file that holds them all is none with a token.
inline constexpr token_shape token_shapes[] = {
    {"a private key", "-----BEGIN ", 0, "", "-----BEGIN ([A-Z ]+ )?PRIVATE KEY-----"},
    {"an AWS access key", "AKIA", 16, capitals_and_digits, "AKIA[0-9A-Z]{16}"},
    {"a temporary AWS access key", "ASIA", 16, capitals_and_digits, "ASIA[0-9A-Z]{16}"},
    {"a GitHub token", "ghp_", 36, word_characters, "ghp_[0-9A-Za-z_]{36}"},
    {"a GitHub token", "gho_", 36, word_characters, "gho_[0-9A-Za-z_]{36}"},
    {"a GitHub token", "ghs_", 36, word_characters, "ghs_[0-9A-Za-z_]{36}"},
    {"a GitHub token", "github_pat_", 40, word_characters, "github_pat_[0-9A-Za-z_]{40}"},
    {"a GitLab token", "glpat-", 20, url_characters, "glpat-[0-9A-Za-z_-]{20}"},
    {"a Slack token", "xoxb-", 20, url_characters, "xoxb-[0-9A-Za-z_-]{20}"},
    {"a Slack token", "xoxp-", 20, url_characters, "xoxp-[0-9A-Za-z_-]{20}"},
    {"a Google API key", "AIza", 35, url_characters, "AIza[0-9A-Za-z_-]{35}"},
    {"an npm token", "npm_", 36, word_characters, "npm_[0-9A-Za-z_]{36}"},
    {"a PyPI token", "pypi-AgEIcHlwaS5vcmc", 50, url_characters, "pypi-AgEIcHlwaS5vcmc[0-9A-Za-z_-]{50}"},
};

/// Whether what stands behind "-----BEGIN " is the label of a private key and its dashes.
constexpr bool is_key_label(std::string_view text) noexcept {
  constexpr std::string_view label = "PRIVATE KEY";
  std::size_t end = 0;
  while (end < text.size() && ((text[end] >= 'A' && text[end] <= 'Z') || text[end] == ' ')) ++end;
  if (end < label.size() || text.substr(end, 5) != "-----" || text.substr(end - label.size(), label.size()) != label)
    return false;
  return end == label.size() || (end > label.size() + 1 && text[end - label.size() - 1] == ' ');
}

/// The name of the first shape that a part of the text has, or nothing.
constexpr std::string_view token_in(std::string_view text) noexcept {
  for (const token_shape& shape : token_shapes) {
    for (std::size_t at = text.find(shape.prefix); at != text.npos; at = text.find(shape.prefix, at + 1)) {
      if (shape.least == 0) {
        if (is_key_label(text.substr(at + shape.prefix.size()))) return shape.name;
        continue;
      }
      const std::size_t begin = at + shape.prefix.size();
      std::size_t end = begin;
      while (end < text.size() && shape.alphabet.find(text[end]) != shape.alphabet.npos) ++end;
      if (end - begin >= shape.least) return shape.name;
    }
  }
  return {};
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_TOKEN_SHAPES_HPP
