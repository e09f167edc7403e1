#ifndef MILLRACE_DELIVER_PIPELINES_DETAIL_EXPRESSION_TEXT_HPP
#define MILLRACE_DELIVER_PIPELINES_DETAIL_EXPRESSION_TEXT_HPP

#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A text for a platform that replaces `${{ ... }}` in it: each `${{` becomes an expression whose value is `${{`.
/// GitHub and Azure Pipelines take a text in single quotes within an expression as it is.
inline std::string escaped_expression(std::string_view text) {
  constexpr std::string_view begin = "${{";
  std::string made;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, begin.size()) == begin) {
      made += "${{ '${{' }}";
      at += begin.size();
    } else {
      made += text[at++];
    }
  }
  return made;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DETAIL_EXPRESSION_TEXT_HPP
