#ifndef MILLRACE_STORE_SEARCH_LIKE_PATTERN_HPP
#define MILLRACE_STORE_SEARCH_LIKE_PATTERN_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// The most bytes of a pattern.
inline constexpr std::size_t max_like_pattern = 8'000;

/// A pattern of SQL's LIKE: `%` stands for any characters, `_` for one, everything else for itself.
///
/// A character is one of UTF-8. Without regard to case (`ILIKE`), letters of ASCII are equal to each other, and all
/// other characters only to themselves, as in SQLite. With an escape character, this one and the character behind it
/// are that character; without one, `%` and `_` cannot be searched for.
///
/// Guarantee: a text is looked at once from its beginning to its end, whatever the pattern is: no pattern is slow.
/// Complexity: of a match, linear in the text times one word of 64 bits for each 64 bytes of the pattern. Allocates:
/// a match never. Threads: any number match at once. Errors: invalid_argument: the pattern is too long, or ends with
/// its escape character.
/// Source: G. Navarro, M. Raffinot, "Flexible Pattern Matching in Strings", 2002, 4.2: all prefixes of the pattern that
/// end here are bits of a word, and each byte of the text moves them all.
class like_pattern {
 public:
  /// `escape`: 0 for none.
  static result<like_pattern> make(std::string_view pattern, bool ignore_case = false, char escape = 0);

  bool matches(std::string_view text) const noexcept;
  /// What all texts that match begin with; empty if case is ignored.
  const std::string& prefix() const noexcept { return prefix_; }

 private:
  static constexpr std::size_t most_words = (max_like_pattern + 64) / 64;

  std::size_t row_of(char c) const noexcept { return std::size_t{rows_[static_cast<unsigned char>(c)]} * words_; }
  // State i: the first i characters of the pattern have been met. `steps_` has, for each byte in the pattern and for
  // all other ones in two rows, the states that this byte leads into from the one before; row 0 is for other bytes
  // that begin a character, row 1 for other bytes that continue one.
  std::size_t words_ = 1;
  std::size_t last_ = 0;
  std::uint16_t rows_[256] = {};
  std::vector<std::uint64_t> steps_;
  std::vector<std::uint64_t> stays_;  // states that any byte leaves as they are: behind `%`
  std::vector<std::uint64_t> tails_;  // states that a byte which continues a character leaves as they are: behind `_`
  std::string prefix_;
};

namespace detail {

/// The other case of a letter of ASCII; any other character as it is.
constexpr char other_case(char c) noexcept {
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z' ? static_cast<char>(c ^ 0x20) : c;
}
constexpr bool continues_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

}  // namespace detail

inline result<like_pattern> like_pattern::make(std::string_view pattern, bool ignore_case, char escape) {
  if (pattern.size() > max_like_pattern)
    return error(errc::invalid_argument, "a pattern has " + std::to_string(pattern.size()) + " bytes; " +
                                             std::to_string(max_like_pattern) + " at most");
  // What the characters are, whether each is `_`, and whether a `%` stands behind as many of them.
  std::string characters;
  std::string any;
  std::string open(1, '\0');
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool escaped = escape != 0 && pattern[i] == escape;
    if (escaped && ++i == pattern.size())
      return error(errc::invalid_argument, "a pattern ends with its escape character");
    if (!escaped && pattern[i] == '%') {
      open.back() = 1;
      continue;
    }
    characters += pattern[i];
    any += static_cast<char>(!escaped && pattern[i] == '_');
    open += '\0';
  }

  like_pattern made;
  made.last_ = characters.size();
  made.words_ = characters.size() / 64 + 1;
  for (int c = 0; c < 256; ++c) made.rows_[c] = detail::continues_character(static_cast<char>(c)) ? 1 : 0;
  std::uint16_t rows = 2;
  for (std::size_t i = 0; i < characters.size(); ++i)
    for (const char c : {characters[i], ignore_case ? detail::other_case(characters[i]) : characters[i]})
      if (std::uint16_t& row = made.rows_[static_cast<unsigned char>(c)]; any[i] == 0 && row < 2) row = rows++;
  made.steps_.resize(rows * made.words_);
  made.stays_.resize(made.words_);
  made.tails_.resize(made.words_);
  for (std::size_t i = 0; i <= characters.size(); ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i % 64;
    if (open[i] != 0) made.stays_[i / 64] |= bit;
    if (i == 0) continue;
    if (any[i - 1] != 0) {
      made.tails_[i / 64] |= bit;
      for (int c = 0; c < 256; ++c)
        if (!detail::continues_character(static_cast<char>(c)))
          made.steps_[made.row_of(static_cast<char>(c)) + i / 64] |= bit;
    } else {
      made.steps_[made.row_of(characters[i - 1]) + i / 64] |= bit;
      if (ignore_case) made.steps_[made.row_of(detail::other_case(characters[i - 1])) + i / 64] |= bit;
    }
  }
  if (!ignore_case)
    for (std::size_t i = 0; i < characters.size() && open[i] == 0 && any[i] == 0; ++i) made.prefix_ += characters[i];
  return made;
}

inline bool like_pattern::matches(std::string_view text) const noexcept {
  const auto is_last = [&](const std::uint64_t* states) { return (states[last_ / 64] >> last_ % 64 & 1U) != 0; };
  const bool open = is_last(stays_.data());
  if (words_ == 1) {
    std::uint64_t states = 1;
    for (const char c : text) {
      const std::uint64_t kept = stays_[0] | (detail::continues_character(c) ? tails_[0] : 0);
      states = ((states << 1) & steps_[row_of(c)]) | (states & kept);
      if (states == 0) return false;
      if (open && is_last(&states)) return true;
    }
    return is_last(&states);
  }
  std::uint64_t states[most_words] = {1};
  for (const char c : text) {
    const bool continues = detail::continues_character(c);
    const std::uint64_t* const steps = &steps_[row_of(c)];
    std::uint64_t carry = 0;
    std::uint64_t any = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      const std::uint64_t moved = states[w] << 1 | carry;
      carry = states[w] >> 63;
      states[w] = (moved & steps[w]) | (states[w] & (stays_[w] | (continues ? tails_[w] : 0)));
      any |= states[w];
    }
    if (any == 0) return false;
    if (open && is_last(states)) return true;
  }
  return is_last(states);
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_LIKE_PATTERN_HPP
