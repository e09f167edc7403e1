#ifndef MILLRACE_OBSERVE_TRACE_ID_HPP
#define MILLRACE_OBSERVE_TRACE_ID_HPP

#include <millrace/observe/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

/// The value of a lower-case hexadecimal digit; 16 if the character is none.
constexpr unsigned hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  return 16;
}

/// Reads up to 16 lower-case hexadecimal digits. Returns false if another character is among them.
constexpr bool read_hex(std::string_view text, std::uint64_t& value) noexcept {
  value = 0;
  for (const char c : text) {
    const unsigned digit = hex_digit(c);
    if (digit > 15) return false;
    value = value << 4U | digit;
  }
  return true;
}

/// Writes a number's last `digits` hexadecimal digits and returns the end.
constexpr char* write_hex(char* out, std::uint64_t value, std::size_t digits) noexcept {
  for (std::size_t i = digits; i-- > 0; value >>= 4U) out[i] = "0123456789abcdef"[value & 15U];
  return out + digits;
}

}  // namespace detail

/// The identifier of a trace, 16 bytes: what all that one request caused has in common, in every process it came to.
/// All zeros is no trace. As text: 32 lower-case hexadecimal digits.
/// Source: W3C Trace Context, "trace-id".
struct trace_id {
  std::uint64_t high = 0;  // the first 8 bytes, the most significant one first
  std::uint64_t low = 0;

  static constexpr std::size_t digits = 32;
  constexpr explicit operator bool() const noexcept { return (high | low) != 0; }
  friend constexpr bool operator==(const trace_id&, const trace_id&) = default;
};

/// The identifier of a span within its trace, 8 bytes. All zeros is no span. As text: 16 hexadecimal digits.
/// Source: W3C Trace Context, "parent-id".
struct span_id {
  std::uint64_t value = 0;

  static constexpr std::size_t digits = 16;
  constexpr explicit operator bool() const noexcept { return value != 0; }
  friend constexpr bool operator==(const span_id&, const span_id&) = default;
};

/// Appends the identifier's hexadecimal digits.
inline void append_hex(std::string& out, trace_id id) {
  char digits[trace_id::digits];
  detail::write_hex(detail::write_hex(digits, id.high, 16), id.low, 16);
  out.append(digits, sizeof digits);
}
inline void append_hex(std::string& out, span_id id) {
  char digits[span_id::digits];
  detail::write_hex(digits, id.value, 16);
  out.append(digits, sizeof digits);
}
/// Returns the identifier's hexadecimal digits.
template <class Id>
requires requires(std::string& out, Id id) { observe::append_hex(out, id); }
std::string to_hex(Id id) {
  std::string text;
  append_hex(text, id);
  return text;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACE_ID_HPP
