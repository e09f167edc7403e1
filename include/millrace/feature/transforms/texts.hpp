#ifndef MILLRACE_FEATURE_TRANSFORMS_TEXTS_HPP
#define MILLRACE_FEATURE_TRANSFORMS_TEXTS_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/hash.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/transforms/numbers.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// Whether a byte begins a character in UTF-8. A byte that belongs to none counts with the character before it, or as
/// one where there is none.
constexpr bool begins_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }
constexpr bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct text_length_kernel : plain_column {
  static constexpr std::string_view kind = "text_length";
  static constexpr trouble_set meets = of_categories;
  using cell = text_cell;
  static trouble write(const text_cell& x, float* out) noexcept {
    std::size_t characters = 0;
    for (const char c : x.value) characters += begins_character(c) ? 1U : 0U;
    *out = static_cast<float>(characters);
    return trouble::none;
  }
};
struct word_count_kernel : plain_column {
  static constexpr std::string_view kind = "word_count";
  static constexpr trouble_set meets = of_categories;
  using cell = text_cell;
  static trouble write(const text_cell& x, float* out) noexcept {
    std::size_t words = 0;
    bool inside = false;
    for (const char c : x.value) {
      words += !inside && !is_space(c) ? 1U : 0U;
      inside = !is_space(c);
    }
    *out = static_cast<float>(words);
    return trouble::none;
  }
};

inline constexpr std::size_t most_gram_length = 8;
// How long n-grams are, and how many columns they have; in the type, or given at run time.
template <std::size_t Length, std::size_t Width>
struct fixed_grams {
  static_assert(Length >= 1 && Length <= most_gram_length, "millrace[FEATURE-21]: n-grams have 1 to 8 characters");
  static_assert(Width >= 1 && Width <= most_places, "millrace[FEATURE-16]: a hash has 1 to 65,536 columns");
  static constexpr std::size_t length = Length;
  static constexpr std::size_t longest = Length;
  static constexpr std::size_t width = Width;
};
struct given_grams {
  static constexpr std::size_t longest = most_gram_length;
  std::size_t length = 1;
  std::size_t width = 1;
};
template <class Grams>
struct ngrams_kernel : Grams {
  using Grams::length;
  static constexpr std::string_view kind = "ngrams";
  using cell = text_cell;
  static constexpr trouble_set meets = of_categories;

  void describe(std::string& text) const {
    ((((text += '(') += std::to_string(length)) += ", ") += std::to_string(this->width)) += ')';
  }
  static void suffix(std::string& text, std::size_t i) { (text += '#') += std::to_string(i); }
  void absent(float* out) const noexcept { fill_columns(out, this->width, 0); }
  trouble write(const text_cell& x, float* out) const noexcept {
    absent(out);
    std::size_t begins[Grams::longest];  // where the last characters begin, those of the gram in the making
    std::size_t characters = 0;
    const std::string_view text = x.value;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && !begins_character(text[i]) && i != 0) continue;
      // A character ends here, and with it a gram that began `length` characters before.
      if (characters >= length)
        count(text.substr(begins[characters % length], i - begins[characters % length]), out);
      else if (i == text.size() && i != 0)
        count(text, out);
      begins[characters % length] = i;
      ++characters;
    }
    return trouble::none;
  }
  template <class Give>
  void parameters(const Give& give) const {
    give("length", static_cast<double>(length));
    give("columns", static_cast<double>(this->width));
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }

 private:
  void count(std::string_view gram, float* out) const noexcept {
    char lower[4 * Grams::longest + 1];
    const bool short_enough = gram.size() <= 4 * length + 1;  // only text that is no UTF-8 is longer
    for (std::size_t i = 0; short_enough && i < gram.size(); ++i)
      lower[i] = gram[i] >= 'A' && gram[i] <= 'Z' ? static_cast<char>(gram[i] - 'A' + 'a') : gram[i];
    out[place_of(hash_of(short_enough ? std::string_view(lower, gram.size()) : gram), this->width)] += 1;
  }
};

}  // namespace detail

/// Transform: how many characters a text has, in UTF-8.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto text_length(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::text_length_kernel(), rules...);
}

/// Transform: how many words a text has, which white space of ASCII separates.
template <fixed_string Name, class Accessor, class... Rules>
constexpr auto word_count(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::word_count_kernel(), rules...);
}

/// Transform: how often each run of `Length` characters of a text comes up, hashed into `Width` columns:
/// `ngrams<"text", 3, 256>(&ticket::text)`. Characters are those of UTF-8, letters of ASCII in lower case. A text that
/// is shorter is one run. The hash is the same on every machine.
/// Complexity: O(text), 8 bytes of a run at a time.
template <fixed_string Name, std::size_t Length, std::size_t Width, class Accessor, class... Rules>
constexpr auto ngrams(Accessor accessor, Rules... rules) {
  return detail::make_transform<Name>(std::move(accessor), detail::ngrams_kernel<detail::fixed_grams<Length, Width>>(),
                                      rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_TEXTS_HPP
