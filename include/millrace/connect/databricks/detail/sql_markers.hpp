#ifndef MILLRACE_CONNECT_DATABRICKS_DETAIL_SQL_MARKERS_HPP
#define MILLRACE_CONNECT_DATABRICKS_DETAIL_SQL_MARKERS_HPP

#include <millrace/connect/databricks/fwd.hpp>

#include <cstddef>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {
namespace detail {

constexpr bool begins_identifier(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_in_identifier(char c) noexcept { return begins_identifier(c) || (c >= '0' && c <= '9'); }

/// Walks over the parameter markers of a statement of Databricks SQL: `:name`. Passed over are what stands in quotes,
/// in backticks and in comments, the cast `a::int`, and a path into JSON, `column:field`, whose colon touches what is
/// before it. Source: Databricks SQL language manual, "Parameter markers", "String literal", "Comments".
class sql_markers {
 public:
  constexpr explicit sql_markers(std::string_view sql) noexcept : sql_(sql) {}

  /// The name of the next marker; empty: there is none. `?`: a marker without a name.
  constexpr std::string_view next() noexcept {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (c == '\'' || c == '"' || c == '`')
        pass_quoted(c);
      else if (c == '-' && peek(1) == '-')
        pass_line();
      else if (c == '/' && peek(1) == '*')
        pass_comment();
      else if (c == ':' && peek(1) == ':')
        at_ += 2;
      else if (c == ':' && begins_identifier(peek(1)) && !touches_value())
        return take_name();
      else if (c == '?' && peek(1) == ':' && peek(2) == ':')
        at_ += 3;  // the cast that may fail
      else if (c == '?')
        return sql_.substr(at_++, 1);
      else
        ++at_;
    }
    return {};
  }

 private:
  constexpr char peek(std::size_t ahead) const noexcept { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  constexpr bool touches_value() const noexcept {
    if (at_ == 0) return false;
    const char before = sql_[at_ - 1];
    return is_in_identifier(before) || before == ')' || before == ']' || before == '`' || before == '\'' ||
           before == '"';
  }
  constexpr std::string_view take_name() noexcept {
    const std::size_t begin = ++at_;
    while (at_ < sql_.size() && is_in_identifier(sql_[at_])) ++at_;
    return sql_.substr(begin, at_ - begin);
  }
  /// A literal ends with its quote; a backslash hides one, but in a raw literal, `r'\'`. A quote that is doubled ends
  /// one literal and begins the next, which comes to the same.
  constexpr void pass_quoted(char quote) noexcept {
    const bool is_raw =
        at_ > 0 && (sql_[at_ - 1] == 'r' || sql_[at_ - 1] == 'R') && (at_ < 2 || !is_in_identifier(sql_[at_ - 2]));
    for (++at_; at_ < sql_.size() && sql_[at_] != quote; ++at_)
      if (sql_[at_] == '\\' && quote != '`' && !is_raw) ++at_;
    at_ = at_ < sql_.size() ? at_ + 1 : sql_.size();
  }
  constexpr void pass_line() noexcept {
    while (at_ < sql_.size() && sql_[at_] != '\n') ++at_;
  }
  /// Comments nest.
  constexpr void pass_comment() noexcept {
    std::size_t depth = 0;
    do {
      if (sql_[at_] == '/' && peek(1) == '*') {
        ++depth;
        at_ += 2;
      } else if (sql_[at_] == '*' && peek(1) == '/') {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < sql_.size());
  }

  std::string_view sql_;
  std::size_t at_ = 0;
};

constexpr bool has_marker(std::string_view sql, std::string_view name) noexcept {
  sql_markers markers(sql);
  for (std::string_view each = markers.next(); !each.empty(); each = markers.next())
    if (each == name) return true;
  return false;
}

}  // namespace detail
}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_DETAIL_SQL_MARKERS_HPP
