#ifndef MILLRACE_CONNECT_REST_DETAIL_JSON_NUMBERS_HPP
#define MILLRACE_CONNECT_REST_DETAIL_JSON_NUMBERS_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/core/json_writer.hpp>

#include <cstddef>
#include <span>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {
namespace detail {

/// Writes a number; what is not finite, of which JSON has none, is `null`.
inline void write_number(json_writer& out, double value) {
  if (__builtin_isfinite(value))
    out.value(value);
  else
    out.value(nullptr);
}

/// Writes an array of numbers, or an array of rows of so many.
inline void write_numbers(json_writer& out, std::span<const double> values) {
  out.begin_array();
  for (const double each : values) write_number(out, each);
  out.end_array();
}
inline void write_rows(json_writer& out, std::span<const double> values, std::size_t columns) {
  if (columns == 1) return write_numbers(out, values);
  out.begin_array();
  for (; !values.empty(); values = values.subspan(columns)) write_numbers(out, values.first(columns));
  out.end_array();
}

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_JSON_NUMBERS_HPP
