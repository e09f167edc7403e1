#ifndef MILLRACE_STORE_KEY_PART_HPP
#define MILLRACE_STORE_KEY_PART_HPP

#include <millrace/core/detail/order_key.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/detail/text_lines.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/storage.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {

// What users call things, and the numbers that indexes sort by, as parts of a storage's keys.
//
// A text is written character by character. Most characters stand for themselves. Those that no key may hold (slash,
// `#`, `?`, backslash, control characters, bytes that are not UTF-8) become two or three characters whose first sorts
// where the character does, so that parts sort as their texts. The six first ones are therefore written with a second
// character as well:
//
//     U+0000 .. U+001F   ` 00` .. ` 1f`      space   ` _`
//     "   `"-`    #   `"_`                   .   `.-`    /   `._`         (train/loss v1.2 is train._loss _v1.-2)
//     >   `>-`    ?   `>_`                   [   `[-`    \   `[_`
//     ~   `~-`    U+007F   `~7f`             a byte that is not UTF-8   `~80` .. `~ff`
//
// The empty text is one space. A text whose part would have more than 255 bytes becomes its first characters (whole
// ones, at most 189 bytes), `~~`, and the SHA-256 of the text: 64 digits. None of these is `.` or `..` or begins with
// `.millrace-`, and no two texts share a part.

namespace detail {

/// The most bytes of a part.
inline constexpr std::size_t max_key_part = 255;
/// What is behind the beginning of a text that is too long.
inline constexpr std::string_view key_part_cut = "~~";
inline constexpr std::size_t max_cut_key_part = max_key_part - key_part_cut.size() - 64;

/// A character that is written as another one, or as that of its group and a sign behind it.
struct key_part_sign {
  char plain;
  char first;
  char second;
};
inline constexpr key_part_sign key_part_signs[] = {{' ', ' ', '_'},  {'"', '"', '-'}, {'#', '"', '_'}, {'.', '.', '-'},
                                                   {'/', '.', '_'},  {'>', '>', '-'}, {'?', '>', '_'}, {'[', '[', '-'},
                                                   {'\\', '[', '_'}, {'~', '~', '-'}};

/// What the first character of `text`, which is not empty, is in a part: `size` of `chars`, for `taken` bytes of text.
struct key_part_character {
  char chars[4] = {};
  std::size_t size = 0;
  std::size_t taken = 1;
};
constexpr key_part_character key_part_character_of(std::string_view text) noexcept {
  const char c = text[0];
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) {
    if (const std::size_t length = utf8_sequence(text); length != 0) {
      key_part_character plain{{}, length, length};
      for (std::size_t i = 0; i < length; ++i) plain.chars[i] = text[i];
      return plain;
    }
  }
  if (byte < 0x20 || byte >= 0x7f) {
    constexpr char digits[] = "0123456789abcdef";
    return {{byte < 0x20 ? ' ' : '~', digits[byte >> 4], digits[byte & 15U]}, 3};
  }
  for (const key_part_sign& each : key_part_signs)
    if (each.plain == c) return {{each.first, each.second}, 2};
  return {{c}, 1};
}

/// Appends the characters of `text`, as long as they have no more than `most` bytes. Returns how many bytes of the text
/// they are.
inline std::size_t append_key_part(std::string& out, std::string_view text, std::size_t most) {
  std::size_t at = 0;
  while (at < text.size()) {
    const key_part_character next = key_part_character_of(text.substr(at));
    if (out.size() + next.size > most) break;
    out.append(next.chars, next.size);
    at += next.taken;
  }
  return at;
}

/// Reads one byte that was written with a second character, or two digits. `part` begins with it. Returns how many
/// characters it is, 0 if it is none.
inline std::size_t read_key_part_sign(std::string_view part, std::string& text) {
  for (const key_part_sign& each : key_part_signs) {
    if (part.size() >= 2 && part[0] == each.first && part[1] == each.second) {
      text += each.plain;
      return 2;
    }
  }
  std::byte byte{};
  if ((part[0] != ' ' && part[0] != '~') || !read_hex(part.substr(1, 2), std::span(&byte, 1))) return 0;
  text += static_cast<char>(byte);
  return 3;
}

/// Appends what the characters of a part stand for. False: they are not UTF-8.
inline bool read_key_part_characters(std::string_view part, std::string& text) {
  while (!part.empty()) {
    const std::size_t length = utf8_sequence(part);
    if (length == 0) return false;
    std::size_t taken = read_key_part_sign(part, text);
    if (taken == 0) text.append(part.substr(0, taken = length));
    part.remove_prefix(taken);
  }
  return true;
}

inline error no_key_part(std::string_view part, const char* why) {
  return error(errc::invalid_data,
               "not a part of a key that was made of a " + std::string(why) + ": " + quoted_text(part));
}

template <class T>
concept key_number = std::same_as<T, std::int64_t> || std::same_as<T, std::uint64_t> || std::same_as<T, double>;

}  // namespace detail

/// A text as one part of a storage's key, whatever bytes it has: `"models/" + text_key_part(name) + "/latest"`.
///
/// Guarantee: `check_storage_key` takes the part. Texts that differ have parts that differ. Parts of 255 bytes are the
/// longest, so that four of them fit in a key. Where it fits, the text can be read back; where not, the part has the
/// beginning of the text, and what is kept under the key has to hold the whole of it. Parts that can be read back sort
/// as the texts do by their bytes, if these are UTF-8 (a byte that is not sorts in front of all characters that are not
/// ASCII). A text that is too long is sorted by its beginning alone. Complexity: linear in the text.
inline std::string text_key_part(std::string_view text) {
  if (text.empty()) return " ";
  std::string part;
  if (detail::append_key_part(part, text, detail::max_key_part) == text.size()) return part;
  part.clear();
  detail::append_key_part(part, text, detail::max_cut_key_part);
  return (part += detail::key_part_cut) += to_string(sha256_of(detail::bytes_of(text)));
}

/// What the parts of all texts that begin with `text` begin with, to list them by. It is no part itself: the empty text
/// has the empty prefix. If `text` is long, parts of texts that begin in another way may begin with it as well: ask the
/// texts. Precondition: `text` ends where a character does.
inline std::string key_part_prefix(std::string_view text) {
  std::string prefix;
  detail::append_key_part(prefix, text, detail::max_cut_key_part);
  return prefix;
}

/// What a part says of its text.
struct key_part_text {
  std::string text;
  /// False: `text` is only the beginning of a text that is too long for a key.
  bool whole = true;

  friend bool operator==(const key_part_text&, const key_part_text&) = default;
};

/// The text that `text_key_part` made this part of.
/// Errors: invalid_data: it made this part of no text.
inline result<key_part_text> read_key_part_text(std::string_view part) {
  key_part_text read;
  if (part == " ") return read;
  const std::string_view all = part;
  if (all.size() > detail::max_key_part) return detail::no_key_part(all, "text");
  if (all.size() >= 66 && all.substr(all.size() - 66, 2) == detail::key_part_cut) {
    read.whole = false;
    part.remove_suffix(66);
    std::byte digest[32];
    if (!detail::read_hex(all.substr(all.size() - 64), digest)) return detail::no_key_part(all, "text");
  }
  if (!detail::read_key_part_characters(part, read.text)) return detail::no_key_part(all, "text");
  // There may be other ways to write these characters. One of them is right.
  std::string again;
  detail::append_key_part(again, read.text, read.whole ? detail::max_key_part : detail::max_cut_key_part);
  // A beginning is as long as there is room: a character of four bytes did not fit behind it.
  const std::size_t least = read.whole ? 1 : detail::max_cut_key_part - 3;
  if (again != part || again.size() < least) return detail::no_key_part(all, "text");
  return read;
}

/// A number as one part of a storage's key: 16 hexadecimal digits, which sort as the numbers do. The types have digits
/// of their own, so one index holds numbers of one type: `std::int64_t`, `std::uint64_t` or `double`. Times are numbers
/// too, in whatever unit an index has them. -0.0 has the digits of 0.0; NaN, whatever its bits, is behind infinity.
template <class Number>
std::string number_key_part(Number number) {
  static_assert(millrace::detail::requirement<detail::key_number<Number>, Number>,
                "millrace[KEY-1]: a part of a key is made of a std::int64_t, std::uint64_t or double, whose digits "
                "differ: say which, as in number_key_part(std::int64_t{step})");
  std::uint64_t key = 0;
  if constexpr (std::same_as<Number, double>)
    key = __builtin_isnan(number) ? ~std::uint64_t{0} : millrace::detail::to_unsigned_key(number + 0.0);
  else if constexpr (std::same_as<Number, std::int64_t>)
    key = static_cast<std::uint64_t>(number) ^ std::uint64_t{1} << 63;
  else
    key = number;
  std::string part(16, '0');
  for (unsigned i = 0; i < 16; ++i) part[i] = "0123456789abcdef"[key >> (60 - 4 * i) & 15U];
  return part;
}

/// The number that `number_key_part` made this part of. Errors: invalid_data: it made it of none.
template <class Number>
result<Number> read_key_part_number(std::string_view part) {
  static_assert(millrace::detail::requirement<detail::key_number<Number>, Number>,
                "millrace[KEY-1]: a part of a key is made of a std::int64_t, std::uint64_t or double, whose digits "
                "differ: say which, as in read_key_part_number<std::int64_t>(part)");
  std::byte bytes[8];
  if (!detail::read_hex(part, bytes)) return detail::no_key_part(part, "number");
  std::uint64_t key = 0;
  for (const std::byte each : bytes) key = key << 8 | std::to_integer<std::uint64_t>(each);
  if constexpr (std::same_as<Number, std::int64_t>) {
    return static_cast<std::int64_t>(key ^ std::uint64_t{1} << 63);
  } else if constexpr (std::same_as<Number, double>) {
    const double number = millrace::detail::from_unsigned_key(key);
    if (number_key_part(number) != part) return detail::no_key_part(part, "number");  // -0.0, or a NaN of other bits
    return number;
  } else {
    return key;
  }
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_KEY_PART_HPP
