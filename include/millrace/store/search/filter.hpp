#ifndef MILLRACE_STORE_SEARCH_FILTER_HPP
#define MILLRACE_STORE_SEARCH_FILTER_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/search/detail/condition.hpp>
#include <millrace/store/search/detail/filter_parser.hpp>
#include <millrace/store/search/detail/filter_text.hpp>
#include <millrace/store/search/detail/scanner.hpp>
#include <millrace/store/search/node.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/search/value.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {
struct ignored_value {
  void operator()(const search_value&) const noexcept {}
};
}  // namespace detail

/// A row that tells what it has under a key: `find(field)`. The law: asked twice, it returns the same.
template <class R>
concept searchable = requires(const R& row, const search_field& field) {
  { row.find(field) } -> std::convertible_to<search_value>;
};
/// A row that also has several values under one key, of a group that is `repeated`: `for_each(field, use)` calls `use`
/// with each, and for none if there is none.
template <class R>
concept repeatedly_searchable = searchable<R> && requires(const R& row, const search_field& field,
                                                          detail::ignored_value use) { row.for_each(field, use); };

/// What a filter says, read once and asked of many rows.
///
///     const auto good = mr::store::search_filter::make("metrics.loss < 0.1 AND (params.net = 'a' OR tags.ok IS NULL)",
///                                                      mr::store::run_schema);
///     if (good->matches(row)) ...
///
/// The full grammar, in which words have any case:
///
///     filter     one or more conditions with AND, OR, NOT and parentheses; NOT binds most, OR least
///     condition  KEY = VALUE, also != <> < <= > >=
///                KEY [NOT] LIKE 'a%' [ESCAPE '!'], KEY [NOT] ILIKE 'a%'
///                KEY [NOT] IN (VALUE, ...)    KEY [NOT] BETWEEN VALUE AND VALUE
///                KEY IS [NOT] NULL    KEY IS [NOT] NAN
///     KEY        start_time, attributes.start_time, metrics.loss, tags.`a b`, params."a.b"
///     VALUE      a number, or a text in '...' or "..."; the quote mark twice is one of it
///
/// The grammar of MLflow is a part of that: conditions with AND, and of these what MLflow takes for each key. A row
/// matches as it does there: no condition is met by a key that the row lacks, not even `!=`; only IS NULL is. With NOT
/// and OR, that is SQL's logic of three values: a condition on a key that is not there is unknown, and so is NOT of it.
/// NaN is unequal to every number, and neither less nor greater. In the full grammar, a text under a key and a number
/// in the filter compare as numbers (`params.lr < 0.1`); a text that is no number is unknown then.
///
/// Complexity: of a match, linear in the conditions and in what they compare; an IN takes the logarithm of its list.
/// Allocates: a match never. Threads: any number match at once. Errors of `make`: invalid_argument, with the byte of
/// the text, counted from 1, and what was expected there.
class search_filter {
 public:
  /// Matches every row.
  search_filter() = default;
  static result<search_filter> make(std::string_view text, const search_schema& schema,
                                    search_grammar grammar = search_grammar::full) {
    auto tree = detail::filter_parser(text, schema, grammar).parse();
    if (!tree) return tree.error();
    return search_filter(std::move(*tree));
  }

  template <searchable Row>
  bool matches(const Row& row) const {
    return tree_.nodes.empty() || evaluate(row, 0) == detail::search_truth::yes;
  }

  /// The tree, each node in front of its children; empty if every row matches.
  std::span<const search_node> nodes() const noexcept { return tree_.nodes; }
  /// What rows are asked for, each once; nodes say which by number.
  std::span<const search_field> fields() const noexcept { return tree_.fields; }
  /// What is compared with. A text lives as long as the filter does.
  search_value value(std::size_t number) const noexcept { return tree_.literals[number].value(); }

  /// What every text begins with that this node's LIKE takes. Precondition: its operation is `like` or `ilike`.
  std::string_view prefix(const search_node& node) const noexcept { return tree_.patterns[node.pattern].prefix(); }

  friend std::string to_text(const search_filter& filter);
  friend bool operator==(const search_filter& a, const search_filter& b) noexcept {
    return a.tree_.nodes == b.tree_.nodes && a.tree_.fields == b.tree_.fields && a.tree_.literals == b.tree_.literals;
  }

 private:
  explicit search_filter(detail::filter_tree tree) noexcept : tree_(std::move(tree)) {}

  template <class Row>
  detail::search_truth evaluate(const Row& row, std::size_t at) const {
    using detail::search_truth;
    const search_node& node = tree_.nodes[at];
    if (is_condition(node.operation)) return ask(row, node);
    if (node.operation == search_operation::negation) return negated(evaluate(row, at + 1));
    const bool all = node.operation == search_operation::conjunction;
    const search_truth decides = all ? search_truth::no : search_truth::yes;
    search_truth found = negated(decides);
    for (std::size_t child = at + 1; child < at + node.size; child += tree_.nodes[child].size) {
      const search_truth one = evaluate(row, child);
      if (one == decides) return one;
      if (one == search_truth::unknown) found = one;
    }
    return found;
  }
  template <class Row>
  detail::search_truth ask(const Row& row, const search_node& node) const {
    using detail::search_truth;
    const search_field& field = tree_.fields[node.field];
    if constexpr (repeatedly_searchable<Row>) {
      if (field.repeated) {
        // One value that meets the condition is enough; and none is like one that is absent.
        bool any = false;
        search_truth found = search_truth::no;
        row.for_each(field, [&](const search_value& value) {
          any = true;
          if (test(value, node) == search_truth::yes) found = search_truth::yes;
        });
        return any ? found : test(search_value(), node);
      }
    }
    if (!field.otherwise.empty()) {
      const search_value value = row.find(field);
      return test(value.is_absent() ? search_value(field.otherwise) : value, node);
    }
    return test(row.find(field), node);
  }
  detail::search_truth test(const search_value& value, const search_node& node) const noexcept {
    const auto found =
        detail::test_condition(value, node.operation, std::span(tree_.literals).subspan(node.first, node.count),
                               tree_.patterns.data() + node.pattern);
    return node.negated ? negated(found) : found;
  }

  detail::filter_tree tree_;
};

/// The filter in the full grammar, in one form whatever it was read from; reading it gives the same filter.
inline std::string to_text(const search_filter& filter) { return detail::filter_text(filter.tree_); }

/// A text as a filter's value, in quotes: whoever puts a filter together from texts of others puts each through this.
inline std::string quoted_search_text(std::string_view text) {
  std::string quoted;
  detail::append_quoted(quoted, text, '\'');
  return quoted;
}
/// A key as it stands behind a group's dot, in quotes if it has to: `"tags." + quoted_search_key(key)`.
inline std::string quoted_search_key(std::string_view key) {
  std::string quoted;
  detail::append_key(quoted, key);
  return quoted;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_FILTER_HPP
