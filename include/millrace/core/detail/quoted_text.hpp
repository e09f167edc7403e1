#ifndef MILLRACE_CORE_DETAIL_QUOTED_TEXT_HPP
#define MILLRACE_CORE_DETAIL_QUOTED_TEXT_HPP

#include <millrace/core/json_writer.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A text of somebody else's as messages quote it: readable whatever its bytes are, and not longer than a line or two.
/// It is not called `quoted`: of a std::string that would be std::quoted wherever <iomanip> is included.
inline std::string quoted_text(std::string_view text) {
  std::string made;
  append_json(made, text.substr(0, 200));
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_QUOTED_TEXT_HPP
