#ifndef MILLRACE_STORE_DETAIL_TEXT_LINES_HPP
#define MILLRACE_STORE_DETAIL_TEXT_LINES_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/fwd.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// Texts whose bytes are signed, such as a file's signature and a tree head: a line that says what the text is and in
// which version, then lines of a name, one blank and a value, each with a line feed at its end. A value has one form
// only: decimal digits without leading zeros, hexadecimal digits of lower case, words of visible ASCII characters.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

inline void append_hex(std::string& out, std::span<const std::byte> bytes) {
  for (const std::byte one : bytes)
    for (const unsigned shift : {4U, 0U}) out += "0123456789abcdef"[std::to_integer<unsigned>(one) >> shift & 15U];
}
/// Whether the text is hexadecimal digits of lower case, two for each byte of `bytes`, which it fills.
inline bool read_hex(std::string_view text, std::span<std::byte> bytes) noexcept {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    bytes[i / 2] = static_cast<std::byte>(i % 2 == 0 ? digit << 4 : std::to_integer<unsigned>(bytes[i / 2]) | digit);
  }
  return true;
}
inline std::span<const std::byte> bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

inline bool is_word(std::string_view text) noexcept {
  for (const char c : text)
    if (c <= ' ' || c > '~') return false;
  return !text.empty() && text.size() <= 1024;
}

inline void append_line(std::string& out, std::string_view name, std::string_view value) {
  (((out += name) += ' ') += value) += '\n';
}

/// Takes such a text to pieces, line by line. It keeps its first error: a reader asks for every line in turn, and once
/// at the end whether all was as it should be. What it returns until then is of no use if it was not.
/// Allocates: no more than the text is long.
class line_reader {
 public:
  /// `kind`: the first line with its line feed, such as "millrace signature 1\n"; `what`: its name in errors.
  line_reader(std::string_view text, std::string_view kind, std::string_view what) : text_(text), what_(what) {
    if (text.starts_with(kind)) {
      at_ = kind.size();
    } else if (kind.starts_with(text)) {
      ends_too_soon();
    } else if (text.starts_with(kind.substr(0, kind.rfind(' ') + 1))) {
      refuse(errc::unsupported, "a " + std::string(what) + " of another version");
    } else {
      refuse(errc::corrupt, "this is no " + std::string(what));
    }
  }

  std::string_view word(std::string_view name) {
    const std::string_view value = line(name);
    if (!is_word(value)) wrong_line();
    return value;
  }
  std::uint64_t number(std::string_view name) {
    const std::string_view value = line(name);
    std::uint64_t made = 0;
    const char* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, made);
    if (read.ec != std::errc() || read.ptr != end || (value[0] == '0' && value.size() != 1)) wrong_line();
    return made;
  }
  sha256_digest digest(std::string_view name) {
    sha256_digest made;
    if (!read_hex(line(name), std::as_writable_bytes(std::span(made.bytes)))) wrong_line();
    return made;
  }
  /// One byte or more.
  std::vector<std::byte> bytes(std::string_view name) {
    const std::string_view value = line(name);
    std::vector<std::byte> made(value.size() / 2);
    if (made.empty() || !read_hex(value, made)) wrong_line();
    return made;
  }

  /// The lines that were read.
  std::string_view so_far() const noexcept { return text_.substr(0, at_); }
  bool at_end() const noexcept { return !failure_ || at_ == text_.size(); }

  /// Errors: truncated; corrupt, with the line; unsupported: another version.
  result<void> finish() {
    if (at_ != text_.size()) refuse(errc::corrupt, "bytes behind the end of the " + std::string(what_));
    return failure_;
  }

 private:
  std::string_view line(std::string_view name) {
    if (!failure_) return {};
    ++line_;
    const std::size_t end = text_.find('\n', at_);
    if (end == text_.npos) {
      ends_too_soon();
      return {};
    }
    const std::string_view whole = text_.substr(at_, end - at_);
    if (!whole.starts_with(name) || whole.size() <= name.size() || whole[name.size()] != ' ') {
      wrong_line();
      return {};
    }
    at_ = end + 1;
    return whole.substr(name.size() + 1);
  }
  void ends_too_soon() { refuse(errc::truncated, "the " + std::string(what_) + " ends too soon"); }
  void wrong_line() {
    refuse(errc::corrupt, "line " + std::to_string(line_) + " of the " + std::string(what_) + " is not of its form");
  }
  void refuse(errc code, std::string message) {
    if (failure_) failure_ = error(code, std::move(message));
  }

  std::string_view text_;
  std::string_view what_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  result<void> failure_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_TEXT_LINES_HPP
