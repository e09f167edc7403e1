#ifndef MILLRACE_STORE_SEARCH_SCHEMA_HPP
#define MILLRACE_STORE_SEARCH_SCHEMA_HPP

#include <millrace/store/fwd.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {

// What can be searched for, as a table: which groups of keys there are, what they are called, and what may be asked of
// them. A schema is a constant; filters and orders refer to it. Rows of your own need a schema and a `find`.

/// Which filters and orders are taken.
enum class search_grammar : unsigned char {
  full,   // everything
  mlflow  // what MLflow takes, read as MLflow reads it: for those who speak to its clients
};

/// The group that a key is in. What numbers from 16 mean is said by the schema that has them.
enum class search_kind : std::uint8_t { attribute, metric, param, tag, dataset };

/// What is under a key.
enum class search_type : std::uint8_t { text, number, integer };

/// What MLflow's grammar lets a filter ask of a key, together a set. The full grammar asks what the type allows.
enum class search_asks : std::uint8_t {
  nothing = 0,
  equality = 1,       // = !=
  order = 2,          // < <= > >=
  patterns = 4,       // LIKE ILIKE
  lists = 8,          // IN, NOT IN
  nulls = 16,         // IS NULL, IS NOT NULL
  quoted_number = 32  // the number may be in quotes
};
constexpr search_asks operator|(search_asks a, search_asks b) noexcept {
  return static_cast<search_asks>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Whether the set has all of the other one.
constexpr bool includes(search_asks set, search_asks asked) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(asked)) == static_cast<unsigned>(asked);
}

/// A key that rows have by definition, such as `start_time`.
struct searched_key {
  std::string_view name;
  search_type type = search_type::text;
  search_asks asks = search_asks::nothing;
  bool ordered = false;           // MLflow's grammar takes it in `order_by`
  std::string_view aliases[3]{};  // other names of it in filters and orders
  /// A text that filters compare as such, and that is sorted as the integer that it spells.
  bool sorted_as_integer = false;
};

/// What a row that lacks a key counts as having under it.
struct searched_default {
  std::string_view key;
  std::string_view text;
};

/// Keys with something in common before the dot: `metrics.loss`, `tags.team`.
struct searched_group {
  search_kind kind = search_kind::attribute;
  std::string_view names[5]{};  // the first one is printed
  /// The keys that there are; none: users choose them, and the members below are about them all.
  std::span<const searched_key> keys{};
  search_type type = search_type::text;
  search_asks asks = search_asks::nothing;
  bool ordered = false;
  /// A row may have several values under one key, as a run has several data sets. A condition is met if one of them
  /// meets it.
  bool repeated = false;
  /// Keys that filters find in every row.
  std::span<const searched_default> defaults{};
};

/// One of the keys that rows are sorted by.
struct searched_order {
  std::string_view key;  // of the first group
  bool descending = false;
};

/// Everything that can be asked of one kind of rows.
struct search_schema {
  std::string_view name;  // in errors: `runs`
  /// The first is the group of a key that stands alone.
  std::span<const searched_group> groups;
  /// How rows are sorted if nobody says how.
  std::span<const searched_order> order{};
  /// What decides between rows that are equal in the order that was asked for. The last one is different in every row.
  std::span<const searched_order> ties{};
};

/// What a filter or an order asks a row for.
struct search_field {
  search_kind kind = search_kind::attribute;
  search_type type = search_type::text;
  bool repeated = false;
  std::string_view group;  // its name, as the schema has it
  std::string key;
  std::string_view otherwise{};  // what a filter takes for the value of a row that has none, unless it is empty

  friend bool operator==(const search_field&, const search_field&) = default;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_SCHEMA_HPP
