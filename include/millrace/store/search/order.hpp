#ifndef MILLRACE_STORE_SEARCH_ORDER_HPP
#define MILLRACE_STORE_SEARCH_ORDER_HPP

#include <millrace/core/detail/order_key.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/search/detail/scanner.hpp>
#include <millrace/store/search/filter.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/search/value.hpp>

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

/// One key that rows are sorted by.
struct search_order_term {
  search_field field;
  bool descending = false;

  friend bool operator==(const search_order_term&, const search_order_term&) = default;
};

/// The most terms of an order.
inline constexpr std::size_t max_search_order = 64;
/// How many bytes of a text count in an order, but in its last term all of them.
inline constexpr std::size_t max_ordered_text = 1'000;

namespace detail {

/// Appends a value so that the bytes sort as the values do: numbers, texts, then NaN, then what is absent. Descending,
/// numbers and texts are the other way round, and NaN and what is absent are still the last.
inline void append_sort_key(std::string& out, const search_value& value, bool descending, std::size_t most) {
  const auto flip = static_cast<unsigned char>(descending ? 0xff : 0);
  const auto append = [&](unsigned byte) { out += static_cast<char>((byte ^ flip) & 0xffU); };
  if (value.is_absent() || value.is_nan()) {
    out += value.is_absent() ? '\4' : '\3';
  } else if (value.is_number()) {
    out += '\1';
    // The nearest double, then what an integer has beyond it: at most 512 more or less.
    const std::uint64_t nearest = to_unsigned_key(value.real() + 0.0);
    for (unsigned shift = 64; shift != 0; shift -= 8) append(static_cast<unsigned>(nearest >> (shift - 8)));
    const std::int64_t beyond =
        value.holds() == search_value::form::integer ? beyond_nearest(value.integer(), value.real()) : 0;
    const auto rest = static_cast<unsigned>(beyond + 0x8000);
    append(rest >> 8);
    append(rest);
  } else {
    out += '\2';
    for (const char c : value.text().substr(0, most)) {
      append(static_cast<unsigned char>(c));
      if (c == '\0') append(0xff);  // a zero and what is not 0xff end the text
    }
    append(0);
    append(0);
  }
}

}  // namespace detail

/// What rows are sorted by.
///
/// Written as MLflow writes it, one key a term: `metrics.loss DESC`, `attributes.start_time`, `tags.'a b' ASC`; in the
/// full grammar, a term may have several with commas between them. Behind these come those of the schema that decide
/// between equal rows, so that the order of rows is one order, and a page of them begins where the last one ended.
///
/// A row that lacks a key is behind all that have it, and NaN is before that, whichever way the others are sorted.
/// Texts are sorted by their bytes, of which the first `max_ordered_text` count, but where the schema says that they
/// spell integers, such as the ids of experiments.
///
/// Rows are compared by their sort keys: `a` is before `b` if `order.sort_key(a) < order.sort_key(b)`. Errors of
/// `make`: invalid_argument, with the byte of the term.
class search_order {
 public:
  /// No terms: the order of the schema.
  static result<search_order> make(std::span<const std::string> terms, const search_schema& schema,
                                   search_grammar grammar = search_grammar::full);

  /// With those that decide between equal rows.
  std::span<const search_order_term> terms() const noexcept { return terms_; }

  template <searchable Row>
  std::string sort_key(const Row& row) const {
    std::string key;
    append_sort_key(key, row);
    return key;
  }
  /// Appends the row's sort key: for who asks many rows with one text, and keeps few of them.
  template <searchable Row>
  void append_sort_key(std::string& out, const Row& row) const {
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      search_value value = row.find(terms_[i].field);
      if (terms_[i].field.type == search_type::integer && value.is_text())
        if (const search_value number = detail::number_in(value.text()); !number.is_absent()) value = number;
      detail::append_sort_key(out, value, terms_[i].descending,
                              i + 1 == terms_.size() ? out.max_size() : max_ordered_text);
    }
  }

  friend bool operator==(const search_order&, const search_order&) = default;

 private:
  bool has(const search_field& field) const noexcept {
    for (const search_order_term& each : terms_)
      if (each.field == field) return true;
    return false;
  }
  bool read_term(detail::scanner& scan);
  void append_fixed(const search_schema& schema, std::span<const searched_order> fixed);
  void find_integers(const search_schema& schema);

  std::vector<search_order_term> terms_;
};

inline bool search_order::read_term(detail::scanner& scan) {
  search_order_term term;
  search_asks asks = search_asks::nothing;
  bool ordered = false;
  scan.at_end();
  const std::size_t start = scan.position();
  if (!scan.read_field(term.field, asks, ordered)) return false;
  if (term.field.repeated) return scan.fail_at(start, "rows may have several values under this key");
  if (scan.strict() && !ordered) return scan.fail_at(start, "MLflow does not sort by this key");
  if (has(term.field)) return scan.fail_at(start, "this key stands in the order twice");
  if (terms_.size() == max_search_order) return scan.fail_at(start, "the order has too many keys");
  term.descending = scan.skip_keyword("DESC");
  if (!term.descending) scan.skip_keyword("ASC");
  terms_.push_back(std::move(term));
  return true;
}

inline void search_order::append_fixed(const search_schema& schema, std::span<const searched_order> fixed) {
  const searched_group& group = schema.groups[0];
  for (const searched_order& each : fixed) {
    search_order_term term{{group.kind, group.type, false, group.names[0], std::string(each.key)}, each.descending};
    for (const searched_key& key : group.keys)
      if (key.name == each.key) term.field.type = key.type;
    if (!has(term.field)) terms_.push_back(std::move(term));
  }
}

/// Texts that are sorted as integers.
inline void search_order::find_integers(const search_schema& schema) {
  for (const searched_group& group : schema.groups)
    for (const searched_key& key : group.keys)
      for (search_order_term& each : terms_)
        if (key.sorted_as_integer && each.field.kind == group.kind && each.field.key == key.name)
          each.field.type = search_type::integer;
}

inline result<search_order> search_order::make(std::span<const std::string> terms, const search_schema& schema,
                                               search_grammar grammar) {
  search_order made;
  for (const std::string& text : terms) {
    detail::scanner scan(text, "order", schema, grammar);
    bool good = made.read_term(scan);
    while (good && !scan.strict() && scan.skip(",")) good = made.read_term(scan);
    if (good && !scan.at_end()) scan.expected("ASC, DESC or the end");
    if (!scan.failure()) return scan.failure().error();
  }
  if (terms.empty()) made.append_fixed(schema, schema.order);
  made.append_fixed(schema, schema.ties);
  made.find_integers(schema);
  return made;
}

/// The order in one form, whatever it was read from.
inline std::string to_text(const search_order& order) {
  std::string text;
  for (const search_order_term& each : order.terms()) {
    if (!text.empty()) text += ", ";
    (text += each.field.group) += '.';
    detail::append_key(text, each.field.key);
    if (each.descending) text += " DESC";
  }
  return text;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_ORDER_HPP
