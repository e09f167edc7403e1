#ifndef MILLRACE_CONNECT_REST_DETAIL_EVENT_ROWS_HPP
#define MILLRACE_CONNECT_REST_DETAIL_EVENT_ROWS_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

/// The numbers of events, an array of objects: a row of `keys.size()` for each, NaN where an event has no such member,
/// or `null`. Members whose name is no key are passed over, of two of one name the last one counts; true and false are
/// 1 and 0. Errors: invalid_data: a member is no number, or an infinite one in single precision, with the event from 0.
/// Precondition: `json` has been read as an array of objects.
inline result<std::vector<float>> read_event_rows(std::string_view json, std::span<const std::string> keys) {
  std::vector<float> made;
  json_reader reader(json);
  static_cast<void>(reader.next());
  std::size_t events = 0;
  for (json_token token = reader.next(); token == json_token::object; token = reader.next(), ++events) {
    const std::size_t row = made.size();
    made.resize(row + keys.size(), __builtin_nanf(""));
    for (token = reader.next(); token == json_token::key; token = reader.next()) {
      const std::string name = json_unescaped(reader.raw());
      std::size_t depth = 0;
      json_token value = reader.next();
      for (json_token at = value;; at = reader.next()) {
        if (at == json_token::object || at == json_token::array) ++depth;
        if (at == json_token::close) --depth;
        if (depth == 0 || at == json_token::wrong) break;
      }
      double number = __builtin_nan("");
      const bool is_number = value == json_token::null ||
                             (value == json_token::number && read_real(reader.raw(), number)) ||
                             value == json_token::yes || value == json_token::no;
      if (value == json_token::yes || value == json_token::no) number = value == json_token::yes;
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i] != name) continue;
        const auto single = static_cast<float>(number);
        if (!is_number || __builtin_isinf(single))
          return error(errc::invalid_data, "event " + std::to_string(events) + ": " + quoted_text(name) +
                                               " is no number of single precision");
        made[row + i] = single;
      }
    }
  }
  return made;
}

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_EVENT_ROWS_HPP
