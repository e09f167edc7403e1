#ifndef MILLRACE_STORE_SEARCH_DETAIL_FILTER_PARSER_HPP
#define MILLRACE_STORE_SEARCH_DETAIL_FILTER_PARSER_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/search/detail/condition.hpp>
#include <millrace/store/search/detail/scanner.hpp>
#include <millrace/store/search/like_pattern.hpp>
#include <millrace/store/search/node.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/search/value.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Reads a filter's text, by descent. A group of ANDs or ORs becomes a node in front of its children once the second
/// one is met.
class filter_parser {
 public:
  filter_parser(std::string_view text, const search_schema& schema, search_grammar grammar)
      : scan_(text, "filter", schema, grammar), strict_(grammar == search_grammar::mlflow) {}

  result<filter_tree> parse() {
    const std::string_view text = scan_.rest();
    if (text.size() > max_search_filter) {
      scan_.fail("a filter of " + std::to_string(text.size()) + " bytes; " + std::to_string(max_search_filter) +
                 " at most");
    } else if (strict_) {
      parse_mlflow(text);
    } else if (!scan_.at_end() && parse_any(0) && !scan_.at_end()) {
      scan_.expected("AND, OR or the end");
    }
    if (!scan_.failure()) return scan_.failure().error();
    return std::move(made_);
  }

 private:
  using op = search_operation;

  /// MLflow takes conditions one behind the other, and AND wherever it stands.
  void parse_mlflow(std::string_view text) {
    if (text.empty()) return;
    if (scan_.at_end()) {
      scan_.expected("a condition");
      return;
    }
    std::size_t conditions = 0;
    for (;;) {
      while (scan_.skip_keyword("AND")) {
      }
      if (scan_.at_end()) break;
      if (!parse_condition()) return;
      ++conditions;
    }
    if (conditions > 1) group(0, op::conjunction);
  }

  bool parse_any(std::size_t depth) {
    const std::size_t start = made_.nodes.size();
    if (!parse_all(depth)) return false;
    if (!scan_.skip_keyword("OR")) return true;
    do
      if (!parse_all(depth)) return false;
    while (scan_.skip_keyword("OR"));
    group(start, op::disjunction);
    return true;
  }
  bool parse_all(std::size_t depth) {
    const std::size_t start = made_.nodes.size();
    if (!parse_one(depth)) return false;
    if (!scan_.skip_keyword("AND")) return true;
    do
      if (!parse_one(depth)) return false;
    while (scan_.skip_keyword("AND"));
    group(start, op::conjunction);
    return true;
  }
  bool parse_one(std::size_t depth) {
    if (depth >= max_search_depth) return scan_.fail("nested more than " + std::to_string(max_search_depth) + " deep");
    if (scan_.skip("(")) {
      if (!parse_any(depth + 1)) return false;
      return scan_.skip(")") || scan_.expected("AND, OR or `)`");
    }
    if (scan_.skip_keyword("NOT")) {
      const std::size_t start = made_.nodes.size();
      if (!parse_one(depth + 1)) return false;
      group(start, op::negation);
      return true;
    }
    return parse_condition();
  }
  void group(std::size_t start, op operation) {
    search_node node;
    node.operation = operation;
    node.size = static_cast<std::uint32_t>(made_.nodes.size() - start + 1);
    made_.nodes.insert(made_.nodes.begin() + static_cast<std::ptrdiff_t>(start), node);
  }

  bool parse_condition() {
    if (++conditions_ > max_search_conditions)
      return scan_.fail("more than " + std::to_string(max_search_conditions) + " conditions");
    search_field field;
    bool ordered = false;
    if (!scan_.read_field(field, asks_, ordered)) return false;
    search_node node;
    node.first = static_cast<std::uint32_t>(made_.literals.size());
    if (!parse_comparison(field, node)) return false;
    node.count = static_cast<std::uint32_t>(made_.literals.size() - node.first);
    node.field = number_of(std::move(field));
    made_.nodes.push_back(node);
    return true;
  }
  std::uint16_t number_of(search_field field) {
    for (std::size_t i = 0; i < made_.fields.size(); ++i)
      if (made_.fields[i] == field) return static_cast<std::uint16_t>(i);
    made_.fields.push_back(std::move(field));
    return static_cast<std::uint16_t>(made_.fields.size() - 1);
  }

  bool parse_comparison(const search_field& field, search_node& node) {
    struct sign {
      std::string_view text;
      op operation;
    };
    static constexpr sign signs[] = {{"<=", op::less_equal}, {">=", op::greater_equal}, {"!=", op::not_equal},
                                     {"<>", op::not_equal},  {"=", op::equal},          {"<", op::less},
                                     {">", op::greater}};
    const bool text = field.type == search_type::text;
    for (const sign& each : signs) {
      if (strict_ && each.text == "<>") continue;
      const std::size_t start = scan_.position();
      if (!scan_.skip(each.text)) continue;
      node.operation = each.operation;
      const bool order = each.operation != op::equal && each.operation != op::not_equal;
      return allowed(order ? search_asks::order : search_asks::equality, start) && parse_value(field);
    }
    scan_.at_end();
    const std::size_t start = scan_.position();
    if (scan_.skip_keyword("IS")) return parse_is(field, node, start);
    node.negated = scan_.skip_keyword("NOT");
    if (scan_.skip_keyword("IN")) {
      node.operation = op::in;
      return allowed(search_asks::lists, start) && parse_list(field);
    }
    if (!strict_ && scan_.skip_keyword("BETWEEN")) {
      node.operation = op::between;
      if (!parse_value(field)) return false;
      return scan_.skip_keyword("AND") ? parse_value(field) : scan_.expected("AND and the other end of BETWEEN");
    }
    if ((text || strict_) && !(strict_ && node.negated)) {
      const bool any_case = scan_.skip_keyword("ILIKE");
      if (any_case || scan_.skip_keyword("LIKE")) {
        node.operation = any_case ? op::ilike : op::like;
        return allowed(search_asks::patterns, start) && parse_pattern(node);
      }
    }
    if (node.negated)
      return scan_.expected(text ? "IN, LIKE, ILIKE or BETWEEN behind NOT" : "IN or BETWEEN behind NOT");
    return scan_.expected(text ? "=, != or another comparison" : "=, !=, <, <=, > or >=");
  }
  bool parse_is(const search_field& field, search_node& node, std::size_t start) {
    node.negated = scan_.skip_keyword("NOT");
    if (scan_.skip_keyword("NULL")) {
      node.operation = op::is_null;
      return allowed(search_asks::nulls, start);
    }
    if (strict_ || field.type == search_type::text || !scan_.skip_keyword("NAN"))
      return scan_.expected(strict_ || field.type == search_type::text ? "NULL or NOT NULL"
                                                                       : "[NOT] NULL or [NOT] NAN");
    node.operation = op::is_nan;
    return true;
  }
  /// Whether MLflow takes it for this key, if that matters.
  bool allowed(search_asks asked, std::size_t start) {
    if (!strict_ || includes(asks_, asked)) return true;
    return scan_.fail_at(start, "MLflow does not take this comparison for this key");
  }

  bool parse_value(const search_field& field) {
    if (scan_.is_next("'\"")) {
      const std::size_t start = scan_.position();
      std::string text;
      if (!scan_.read_quoted(text)) return false;
      if (field.type == search_type::text) {
        made_.literals.emplace_back(std::move(text));
        return true;
      }
      const search_value number = number_in(text);
      if (!includes(asks_, search_asks::quoted_number) || number.holds() != search_value::form::integer)
        return scan_.fail_at(start, "expected a number, without quotes");
      made_.literals.emplace_back(number);
      return true;
    }
    if (strict_ && field.type == search_type::text) return scan_.expected("a text in quotes");
    return parse_number(field);
  }
  bool parse_number(const search_field& field) {
    scan_.at_end();
    const std::string_view text = scan_.rest();
    std::size_t end = !text.empty() && (text[0] == '-' || (text[0] == '+' && !strict_)) ? 1 : 0;
    const std::size_t first = end;
    const auto digits = [&] {
      const std::size_t from = end;
      while (end < text.size() && is_digit(text[end])) ++end;
      return end != from;
    };
    bool found = digits();
    bool whole = true;
    if (end < text.size() && text[end] == '.') {
      ++end;
      found = digits() || found;
      whole = false;
    }
    if (found && end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
      ++end;
      if (end < text.size() && (text[end] == '-' || (text[end] == '+' && !strict_))) ++end;
      found = digits();
      whole = false;
    }
    if (!found && !strict_) {  // an infinity
      end = first;
      while (end < text.size() && is_word_character(text[end])) ++end;
      found =
          is_keyword(text.substr(first, end - first), "INF") || is_keyword(text.substr(first, end - first), "INFINITY");
      if (is_keyword(text.substr(first, end - first), "NAN"))
        return scan_.fail("nothing compares with NaN; ask IS NAN or IS NOT NAN");
    }
    if (!found || (end < text.size() && is_word_character(text[end])))
      return scan_.expected(field.type == search_type::text ? "a text in quotes or a number" : "a number");
    if (strict_ && field.type == search_type::integer && !whole) return scan_.expected("a whole number");
    search_value number = number_in(text.substr(text[0] == '+' ? 1 : 0, end - (text[0] == '+' ? 1 : 0)));
    // A whole number is one, however it is written, so that a filter has one form.
    if (!number.is_nan() && number.real() >= -0x1p63 && number.real() < 0x1p63 &&
        number.holds() == search_value::form::real &&
        number.real() == static_cast<double>(static_cast<std::int64_t>(number.real())))
      number = static_cast<std::int64_t>(number.real());
    made_.literals.emplace_back(number);
    scan_.skip_bytes(end);
    return true;
  }

  bool parse_list(const search_field& field) {
    if (!scan_.skip("(")) return scan_.expected("a list in parentheses");
    const std::size_t first = made_.literals.size();
    do {
      const std::size_t start = scan_.position();
      if (strict_ && made_.literals.size() != first && scan_.is_next(")")) break;
      if (!parse_value(field)) return false;
      if (strict_ && !read_escapes(start)) return false;
      if (made_.literals[first].is_text() != made_.literals.back().is_text())
        return scan_.fail_at(start, "a list has either texts or numbers");
    } while (scan_.skip(","));
    if (!scan_.skip(")")) return scan_.expected("`,` or `)`");
    put_in_order(first);
    return true;
  }
  /// MLflow reads lists as Python does, with backslashes; other texts it leaves as they are.
  bool read_escapes(std::size_t start) {
    const search_value value = made_.literals.back().value();
    if (!value.is_text() || value.text().find('\\') == std::string_view::npos) return true;
    static constexpr std::string_view names = "\\'\"nrt";
    static constexpr std::string_view meant = "\\'\"\n\r\t";
    std::string text;
    for (std::size_t i = 0; i < value.text().size(); ++i) {
      char c = value.text()[i];
      if (c == '\\') {
        const std::size_t which = ++i < value.text().size() ? names.find(value.text()[i]) : names.npos;
        if (which == names.npos)
          return scan_.fail_at(start, "in a list, a backslash stands before \\, ', \", n, r or t");
        c = meant[which];
      }
      text += c;
    }
    made_.literals.back() = search_literal(std::move(text));
    return true;
  }
  /// Sorts a list and leaves each value in it once, so that it is searched by halves and has one form.
  void put_in_order(std::size_t first) {
    std::vector<search_literal> list;
    std::vector<std::size_t> places(made_.literals.size() - first);
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = first + i;
    heap_sort(places.data(), places.size(), [&](std::size_t a, std::size_t b) {
      return compare_values(made_.literals[a].value(), made_.literals[b].value()) < 0;
    });
    for (const std::size_t each : places)
      if (list.empty() || !(list.back() == made_.literals[each])) list.push_back(std::move(made_.literals[each]));
    made_.literals.erase(made_.literals.begin() + static_cast<std::ptrdiff_t>(first), made_.literals.end());
    for (search_literal& each : list) made_.literals.push_back(std::move(each));
  }

  bool parse_pattern(search_node& node) {
    std::string text;
    std::string escape;
    if (!scan_.is_next("'\"")) return scan_.expected("a pattern in quotes");
    const std::size_t start = scan_.position();
    if (!scan_.read_quoted(text)) return false;
    if (!strict_ && scan_.skip_keyword("ESCAPE")) {
      if (!scan_.is_next("'\"")) return scan_.expected("a character in quotes");
      if (!scan_.read_quoted(escape)) return false;
      if (escape.size() != 1) return scan_.fail("an escape is one character of ASCII");
    }
    auto pattern = like_pattern::make(text, node.operation == op::ilike, escape.empty() ? char{0} : escape[0]);
    if (!pattern) return scan_.fail_at(start, pattern.error().message());
    node.pattern = static_cast<std::uint32_t>(made_.patterns.size());
    made_.patterns.push_back(std::move(*pattern));
    made_.literals.emplace_back(std::move(text));
    if (!escape.empty()) made_.literals.emplace_back(std::move(escape));
    return true;
  }

  scanner scan_;
  bool strict_;
  filter_tree made_;
  search_asks asks_ = search_asks::nothing;
  std::size_t conditions_ = 0;
};

}  // namespace detail

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_DETAIL_FILTER_PARSER_HPP
