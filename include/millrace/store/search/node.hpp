#ifndef MILLRACE_STORE_SEARCH_NODE_HPP
#define MILLRACE_STORE_SEARCH_NODE_HPP

#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace store {

/// What a node of a filter does.
enum class search_operation : std::uint8_t {
  conjunction,  // all children, two or more
  disjunction,  // one of the children, two or more
  negation,     // not the child
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  between,  // two values, the ends belong to it
  in,       // one value or more, in order
  like,     // the pattern, and the escape character if there is one
  ilike,    // the pattern, without regard to case
  is_null,  // no value
  is_nan    // no value
};
/// Whether it asks a row for a field; else it is about its children.
constexpr bool is_condition(search_operation operation) noexcept { return operation >= search_operation::equal; }

/// A node of a filter's tree. Its children stand behind it.
struct search_node {
  search_operation operation = search_operation::conjunction;
  bool negated = false;       // NOT IN, NOT LIKE, NOT BETWEEN, IS NOT NULL, IS NOT NAN
  std::uint16_t field = 0;    // of a condition
  std::uint32_t first = 0;    // its first value
  std::uint32_t count = 0;    // how many values it has
  std::uint32_t size = 1;     // nodes of it and all below it
  std::uint32_t pattern = 0;  // of LIKE and ILIKE: which one of the filter's patterns

  friend bool operator==(const search_node&, const search_node&) = default;
};

/// The most bytes, conditions, and nestings of a filter.
inline constexpr std::size_t max_search_filter = std::size_t{1} << 20;
inline constexpr std::size_t max_search_conditions = 1'000;
inline constexpr std::size_t max_search_depth = 64;

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_NODE_HPP
