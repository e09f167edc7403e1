#ifndef MILLRACE_CORE_JSON_CHECK_HPP
#define MILLRACE_CORE_JSON_CHECK_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/json_reader.hpp>

#include <string_view>

namespace millrace {
inline namespace v0 {

/// Whether the text is one strict JSON value in well-formed UTF-8, at most 512 levels deep.
/// Complexity: one pass.
/// Allocates: never.
/// Source: RFC 8259.
constexpr bool is_json(std::string_view text) noexcept {
  detail::json_reader reader(text);
  for (;;) {
    const detail::json_token token = reader.next();
    if (token == detail::json_token::end || token == detail::json_token::wrong) return token == detail::json_token::end;
  }
}

/// Whether the text is one strict JSON object from its first byte to its last, as a line of a JSONL file must be.
constexpr bool is_json_object(std::string_view text) noexcept {
  return !text.empty() && text.front() == '{' && text.back() == '}' && is_json(text);
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_JSON_CHECK_HPP
