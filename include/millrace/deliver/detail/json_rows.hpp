#ifndef MILLRACE_DELIVER_DETAIL_JSON_ROWS_HPP
#define MILLRACE_DELIVER_DETAIL_JSON_ROWS_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/deliver/fwd.hpp>

#include <string_view>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A member that is an array of objects, `members(row)` of each row.
template <class Rows, class Members>
void write_rows(json_writer& json, std::string_view name, const Rows& rows, Members members) {
  json.key(name).begin_array();
  for (const auto& each : rows) {
    json.begin_object();
    members(each);
    json.end_object();
  }
  json.end_array();
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_DETAIL_JSON_ROWS_HPP
