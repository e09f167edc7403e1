#ifndef MILLRACE_FEATURE_TABLES_ENCODING_HPP
#define MILLRACE_FEATURE_TABLES_ENCODING_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace feature {

namespace detail {

/// Of the UTF-8 character at the front, in bytes; 0 where there is none. Precondition: `text` is not empty.
constexpr std::size_t character_length(std::string_view text) noexcept { return utf8_sequence(text); }

}  // namespace detail

/// Whether the bytes are UTF-8. Complexity: one pass. Allocates: never.
inline bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    if (i + 8 <= text.size()) {  // most text is ASCII
      std::uint64_t eight = 0;
      __builtin_memcpy(&eight, text.data() + i, 8);
      if ((eight & 0x8080'8080'8080'8080U) == 0) {
        i += 8;
        continue;
      }
    }
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = detail::character_length(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

/// The UTF-8 of bytes that are Latin-1 (ISO 8859-1), where each is a character. Allocates: the text.
inline std::string latin1_to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0U | (byte >> 6U));
      text += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return text;
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_ENCODING_HPP
