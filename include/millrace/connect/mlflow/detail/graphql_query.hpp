#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_GRAPHQL_QUERY_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_GRAPHQL_QUERY_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// A field that a query asks for, and the fields of what it has.
struct graphql_field {
  std::string label;  // what the response calls it
  std::string name;
  std::string input;  // its argument `input` as JSON; empty: it has none
  std::vector<graphql_field> fields;
};

/// Reads a query of GraphQL as MLflow's pages send them: one operation, fields with labels, an argument that is a
/// variable or is spelled out. Fragments, mutations and directives that leave fields out are refused.
/// Bounds: 10 levels and 1,000 fields, as MLflow's server has them. Allocates: what the query names.
/// Source: the GraphQL specification of October 2021, section 2.
class graphql_parser {
 public:
  /// Errors: invalid_argument.
  static result<std::vector<graphql_field>> parse(std::string_view text, const message& variables) {
    graphql_parser made(text, variables);
    std::vector<graphql_field> fields;
    made.operation(fields);
    if (made.fault_ != nullptr)
      return error(errc::invalid_argument,
                   std::string("the query is refused at byte ") + std::to_string(made.at_) + ": " + made.fault_);
    return fields;
  }

 private:
  static constexpr std::size_t max_depth = 10;
  static constexpr std::size_t max_fields = 1000;

  graphql_parser(std::string_view text, const message& variables) noexcept : text_(text), variables_(&variables) {}

  void operation(std::vector<graphql_field>& fields) {
    if (peek() != '{') {
      const std::string_view kind = name();
      if (kind != "query") return fail("queries alone are answered, not mutations or fragments");
      if (is_name(peek())) name();
      if (peek() == '(') pass_definitions();
      directives();
    }
    selection(fields, 1);
    if (fault_ == nullptr && peek() != '\0') fail("one operation is expected");
  }
  void selection(std::vector<graphql_field>& fields, std::size_t depth) {
    if (depth > max_depth) return fail("it has more than 10 levels");
    if (!take('{')) return fail("`{` is expected");
    while (fault_ == nullptr && !take('}')) {
      if (++count_ > max_fields) return fail("it has more than 1,000 fields");
      if (peek() == '.') return fail("it has fragments");
      graphql_field& each = fields.emplace_back();
      each.name = name();
      each.label = each.name;
      if (take(':')) each.name = name();
      if (fault_ == nullptr && peek() == '(') arguments(each);
      if (fault_ == nullptr && peek() == '@') return fail("a field has a directive");
      if (fault_ == nullptr && peek() == '{') selection(each.fields, depth + 1);
    }
  }
  void arguments(graphql_field& of) {
    take('(');
    while (fault_ == nullptr && !take(')')) {
      const std::string_view key = name();
      if (!take(':')) return fail("`:` is expected");
      std::string value_text;
      value(value_text, 0);
      if (key != "input") return fail("the one argument is `input`");
      of.input = std::move(value_text);
    }
  }
  /// Appends a value as JSON.
  void value(std::string& out, std::size_t depth) {
    if (depth > max_depth) return fail("a value has more than 10 levels");
    const char first = peek();
    if (take('$')) {
      const std::string_view variable = name();
      if (fault_ == nullptr) out += variables_->json(variable);
    } else if (take('[')) {
      out += '[';
      for (bool more = false; fault_ == nullptr && !take(']'); more = true) {
        if (more) out += ',';
        value(out, depth + 1);
      }
      out += ']';
    } else if (take('{')) {
      out += '{';
      for (bool more = false; fault_ == nullptr && !take('}'); more = true) {
        if (more) out += ',';
        append_json(out, name());
        if (!take(':')) return fail("`:` is expected");
        out += ':';
        value(out, depth + 1);
      }
      out += '}';
    } else if (first == '"') {
      text_value(out);
    } else if (is_name(first)) {
      const std::string_view word = name();
      if (word == "true" || word == "false" || word == "null")
        out += word;
      else
        append_json(out, word);  // an enum
    } else {
      number(out);
    }
  }
  /// A text's escapes are JSON's, so it is taken as it is.
  void text_value(std::string& out) {
    const std::size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) return fail("a text has a control character");
      at_ += text_[at_] == '\\' ? 2U : 1U;
    }
    if (at_ >= text_.size()) return fail("a text has no end");
    out += text_.substr(begin, ++at_ - begin);
  }
  void number(std::string& out) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_.substr(at_, 1).find_first_of("+-.eE") == 0)) ++at_;
    if (begin == at_) return fail("a value is expected");
    out += text_.substr(begin, at_ - begin);
  }
  void directives() {
    while (fault_ == nullptr && take('@')) {
      name();
      if (peek() == '(') pass_definitions();
    }
  }
  /// What is between brackets, which is not needed to answer.
  void pass_definitions() {
    while (at_ < text_.size() && text_[at_] != ')') {
      std::string text;
      if (text_[at_] == '"')
        text_value(text);
      else
        ++at_;
      if (fault_ != nullptr) return;
    }
    if (!take(')')) fail("`)` is expected");
  }

  std::string_view name() {
    const std::size_t begin = is_name(peek()) ? at_ : text_.size();
    while (at_ < text_.size() && (is_name(text_[at_]) || is_digit(text_[at_]))) ++at_;
    if (begin == text_.size()) fail("a name is expected");
    return begin == text_.size() ? std::string_view() : text_.substr(begin, at_ - begin);
  }
  /// The next character that is neither space, comma nor comment; 0 at the end.
  char peek() noexcept {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '#')
        while (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
      else if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != ',')
        return c;
    }
    return '\0';
  }
  bool take(char c) noexcept {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void fail(const char* why) noexcept {
    if (fault_ == nullptr) fault_ = why;
  }
  static constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
  static constexpr bool is_name(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  std::string_view text_;
  const message* variables_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
  const char* fault_ = nullptr;
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_GRAPHQL_QUERY_HPP
