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

template <std::size_t Length, std::size_t Width>
struct ngrams_kernel {
  static_assert(Length >= 1 && Length <= 8, "millrace[FEATURE-21]: n-grams have 1 to 8 characters");
  static_assert(Width >= 1 && Width <= 65'536, "millrace[FEATURE-16]: a hash has 1 to 65,536 columns");
  static constexpr std::string_view kind = "ngrams";
  using cell = text_cell;
  static constexpr std::size_t width = Width;
  static constexpr trouble_set meets = of_categories;

  static void describe(std::string& text) {
    ((((text += '(') += std::to_string(Length)) += ", ") += std::to_string(Width)) += ')';
  }
  static void suffix(std::string& text, std::size_t i) { (text += '#') += std::to_string(i); }
  static void absent(float* out) noexcept { fill_columns(out, Width, 0); }
  static trouble write(const text_cell& x, float* out) noexcept {
    absent(out);
    std::size_t begins[Length];  // where the last characters begin, those of the gram in the making
    std::size_t characters = 0;
    const std::string_view text = x.value;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && !begins_character(text[i]) && i != 0) continue;
      // A character ends here, and with it a gram that began Length characters before.
      if (characters >= Length)
        count(text.substr(begins[characters % Length], i - begins[characters % Length]), out);
      else if (i == text.size() && i != 0)
        count(text, out);
      begins[characters % Length] = i;
      ++characters;
    }
    return trouble::none;
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }

 private:
  static void count(std::string_view gram, float* out) noexcept {
    char lower[4 * Length + 1];
    const bool short_enough = gram.size() <= sizeof lower;  // only text that is no UTF-8 is longer
    for (std::size_t i = 0; short_enough && i < gram.size(); ++i)
      lower[i] = gram[i] >= 'A' && gram[i] <= 'Z' ? static_cast<char>(gram[i] - 'A' + 'a') : gram[i];
    out[place_of(hash_of(short_enough ? std::string_view(lower, gram.size()) : gram), Width)] += 1;
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
  return detail::make_transform<Name>(std::move(accessor), detail::ngrams_kernel<Length, Width>(), rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_TEXTS_HPP
