#ifndef MILLRACE_STORE_SEARCH_DETAIL_CONDITION_HPP
#define MILLRACE_STORE_SEARCH_DETAIL_CONDITION_HPP

#include <millrace/store/fwd.hpp>
#include <millrace/store/search/like_pattern.hpp>
#include <millrace/store/search/node.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/search/value.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

enum class search_truth : std::uint8_t { no, unknown, yes };
constexpr search_truth negated(search_truth truth) noexcept {
  return static_cast<search_truth>(2 - static_cast<int>(truth));
}
constexpr search_truth truth_of(bool holds) noexcept { return holds ? search_truth::yes : search_truth::no; }

/// A number or a text of a filter.
class search_literal {
 public:
  search_literal(search_value number) noexcept : number_(number) {}  // NOLINT(*-explicit-*): a number is a literal
  explicit search_literal(std::string text) noexcept : text_(std::move(text)) {}

  bool is_text() const noexcept { return number_.is_absent(); }
  search_value value() const noexcept { return is_text() ? search_value(text_) : number_; }

  friend bool operator==(const search_literal&, const search_literal&) noexcept = default;

 private:
  search_value number_;  // absent: it is a text
  std::string text_;
};

/// What a filter was read into.
struct filter_tree {
  std::vector<search_node> nodes;  // each in front of its children
  std::vector<search_field> fields;
  std::vector<search_literal> literals;
  std::vector<like_pattern> patterns;
};

constexpr bool holds(search_operation operation, std::partial_ordering order) noexcept {
  switch (operation) {
    case search_operation::equal: return order == 0;
    case search_operation::not_equal: return order != 0;
    case search_operation::less: return order < 0;
    case search_operation::less_equal: return order <= 0;
    case search_operation::greater: return order > 0;
    default: return order >= 0;
  }
}
inline search_truth test_order(search_value value, search_operation operation, search_value literal) noexcept {
  if (!make_comparable(value, literal)) return search_truth::unknown;
  return truth_of(holds(operation, compare_values(value, literal)));
}

/// Whether a value is in a list that is in order and whose values are all texts, or all numbers.
inline search_truth test_list(search_value value, std::span<const search_literal> list) noexcept {
  if (value.is_number() && list[0].is_text()) {  // the texts are not in the order of the numbers that they are
    search_truth found = search_truth::unknown;
    for (const search_literal& each : list) {
      const search_truth one = test_order(value, search_operation::equal, each.value());
      if (one == search_truth::yes) return one;
      if (one == search_truth::no) found = one;
    }
    return found;
  }
  search_value first = list[0].value();
  if (!make_comparable(value, first)) return search_truth::unknown;
  std::size_t low = 0;
  for (std::size_t high = list.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (compare_values(list[middle].value(), value) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return truth_of(low < list.size() && compare_values(list[low].value(), value) == 0);
}

/// Whether a value meets a condition.
inline search_truth test_condition(const search_value& value, search_operation operation,
                                   std::span<const search_literal> literals, const like_pattern* pattern) noexcept {
  switch (operation) {
    case search_operation::is_null: return truth_of(value.is_absent());
    case search_operation::is_nan: return value.is_absent() ? search_truth::unknown : truth_of(value.is_nan());
    case search_operation::like:
    case search_operation::ilike:
      return value.is_text() ? truth_of(pattern->matches(value.text())) : search_truth::unknown;
    case search_operation::in: return test_list(value, literals);
    case search_operation::between: {
      const search_truth low = test_order(value, search_operation::greater_equal, literals[0].value());
      const search_truth high = test_order(value, search_operation::less_equal, literals[1].value());
      return low < high ? low : high;
    }
    default: return test_order(value, operation, literals[0].value());
  }
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_DETAIL_CONDITION_HPP
