#ifndef MILLRACE_STORE_SEARCH_RANGES_HPP
#define MILLRACE_STORE_SEARCH_RANGES_HPP

#include <millrace/store/fwd.hpp>
#include <millrace/store/search/filter.hpp>
#include <millrace/store/search/node.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/search/value.hpp>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where all rows that match a filter have their value under one key, for who has an index of that key.
///
/// A text lives as long as the filter does.
struct search_range {
  std::size_t field = 0;  // of `filter.fields()`
  /// The ends; absent: none at this side. With both absent, the row has any value there, perhaps NaN.
  search_value low;
  search_value high;
  bool low_open = false;   // `low` itself is not in the range
  bool high_open = false;  // nor `high`
  /// Texts that begin with this one, if it is not empty.
  std::string_view prefix;
  /// One of these values, in order, if there are any.
  std::vector<search_value> values;
};

namespace detail {

/// An end of a range. Under a key of doubles it is a double; where it has to be rounded to be one, the range keeps what
/// rounding might have cut off.
inline void tighten(search_value& end, bool& open, search_value limit, bool limit_open, bool low,
                    search_type type) noexcept {
  if (type == search_type::number && limit.holds() == search_value::form::integer) {
    const double nearest = limit.real();
    if (beyond_nearest(limit.integer(), nearest) != 0) limit_open = false;
    limit = nearest;
  }
  const auto order = end.is_absent() ? std::partial_ordering::equivalent : compare_values(limit, end);
  if (end.is_absent() || (low ? order > 0 : order < 0)) {
    end = limit;
    open = limit_open;
  } else if (order == 0) {
    open = open || limit_open;
  }
}

inline void narrow(search_range& range, const search_filter& filter, const search_node& node, search_type type) {
  const bool text = type == search_type::text;
  const search_value first = node.count == 0 ? search_value() : filter.value(node.first);
  if (node.negated || first.is_absent() || first.is_text() != text) return;
  switch (node.operation) {
    case search_operation::less:
    case search_operation::less_equal:
      return tighten(range.high, range.high_open, first, node.operation == search_operation::less, false, type);
    case search_operation::greater:
    case search_operation::greater_equal:
      return tighten(range.low, range.low_open, first, node.operation == search_operation::greater, true, type);
    case search_operation::between:
      if (filter.value(node.first + 1).is_text() != text) return;
      tighten(range.low, range.low_open, first, false, true, type);
      return tighten(range.high, range.high_open, filter.value(node.first + 1), false, false, type);
    case search_operation::equal:
    case search_operation::in:
      if (!range.values.empty()) return;
      for (std::size_t i = 0; i < node.count; ++i) range.values.push_back(filter.value(node.first + i));
      return;
    case search_operation::like:
      if (filter.prefix(node).size() > range.prefix.size()) range.prefix = filter.prefix(node);
      return;
    default: return;
  }
}

}  // namespace detail

/// What a filter requires of single keys: ranges outside of which no row matches. A key has one, in which all
/// conditions on it are put together that stand at the filter's top, alone or with AND; a key of which a row may have
/// several values has one for each condition. A filter of another form has none, and all rows have to be looked at.
/// Rows that an index finds are still asked by `matches`.
///
/// A text that is compared with a number is in no range, because an index of texts does not sort as numbers.
inline std::vector<search_range> required_ranges(const search_filter& filter) {
  std::vector<search_range> ranges;
  const auto nodes = filter.nodes();
  const auto read_condition = [&](const search_node& node) {
    if (!is_condition(node.operation) || (node.operation == search_operation::is_null && !node.negated)) return;
    const search_field& field = filter.fields()[node.field];
    if (!field.otherwise.empty()) return;  // rows without a value may match
    std::size_t at = 0;
    while (at < ranges.size() && (field.repeated || ranges[at].field != node.field)) ++at;
    if (at == ranges.size()) ranges.emplace_back().field = node.field;
    detail::narrow(ranges[at], filter, node, field.type);
  };
  if (nodes.empty()) return ranges;
  // Conjunctions of conjunctions are one.
  for (std::size_t at = 0; at < nodes.size();) {
    if (nodes[at].operation == search_operation::conjunction) {
      ++at;
      continue;
    }
    read_condition(nodes[at]);
    at += nodes[at].size;
  }
  return ranges;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_RANGES_HPP
