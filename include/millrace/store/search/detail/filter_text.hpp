#ifndef MILLRACE_STORE_SEARCH_DETAIL_FILTER_TEXT_HPP
#define MILLRACE_STORE_SEARCH_DETAIL_FILTER_TEXT_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/search/detail/condition.hpp>
#include <millrace/store/search/detail/scanner.hpp>
#include <millrace/store/search/node.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/search/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

inline void append_value(std::string& out, const search_value& value) {
  if (value.is_text()) {
    append_quoted(out, value.text(), '\'');
  } else if (value.holds() == search_value::form::integer) {
    append_number(out, value.integer());
  } else if (__builtin_isinf(value.real())) {
    out += value.real() < 0 ? "-inf" : "inf";
  } else {
    append_number(out, value.real());
  }
}

inline void append_condition(std::string& out, const filter_tree& filter, const search_node& node) {
  const search_field& field = filter.fields[node.field];
  (out += field.group) += '.';
  append_key(out, field.key);
  static constexpr std::string_view words[] = {
      " = ", " != ", " < ", " <= ", " > ", " >= ", " BETWEEN ", " IN (", " LIKE ", " ILIKE ", " IS NULL", " IS NAN"};
  const std::string_view word =
      words[static_cast<std::size_t>(node.operation) - static_cast<std::size_t>(search_operation::equal)];
  if (node.operation >= search_operation::is_null)
    ((out += " IS") += node.negated ? " NOT" : "") += word.substr(3);
  else
    (out += node.negated ? " NOT" : "") += word;
  for (std::size_t i = 0; i < node.count; ++i) {
    if (i != 0) {
      const bool list = node.operation == search_operation::in;
      out += list ? ", " : node.operation == search_operation::between ? " AND " : " ESCAPE ";
    }
    append_value(out, filter.literals[node.first + i].value());
  }
  if (node.operation == search_operation::in) out += ')';
}

inline void append_node(std::string& out, const filter_tree& filter, std::size_t at) {
  const search_node& node = filter.nodes[at];
  if (is_condition(node.operation)) return append_condition(out, filter, node);
  // What binds less than its parent stands in parentheses, and so does what would melt into it.
  const auto append_child = [&](std::size_t child) {
    const search_operation below = filter.nodes[child].operation;
    const bool open = !is_condition(below) && below != search_operation::negation &&
                      (node.operation != search_operation::disjunction || below != search_operation::conjunction);
    if (open) out += '(';
    append_node(out, filter, child);
    if (open) out += ')';
  };
  if (node.operation == search_operation::negation) {
    out += "NOT ";
    append_child(at + 1);
    return;
  }
  for (std::size_t child = at + 1; child < at + node.size; child += filter.nodes[child].size) {
    if (child != at + 1) out += node.operation == search_operation::conjunction ? " AND " : " OR ";
    append_child(child);
  }
}

inline std::string filter_text(const filter_tree& filter) {
  std::string text;
  if (!filter.nodes.empty()) append_node(text, filter, 0);
  return text;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_DETAIL_FILTER_TEXT_HPP
