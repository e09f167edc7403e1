#ifndef MILLRACE_CONNECT_DATABRICKS_STATEMENT_HPP
#define MILLRACE_CONNECT_DATABRICKS_STATEMENT_HPP

#include <millrace/connect/databricks/detail/sql_markers.hpp>
#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// A day, for a parameter of the type DATE.
struct sql_date {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
};

/// A moment, for a parameter of the type TIMESTAMP: nanoseconds since 1970-01-01T00:00:00Z, kept to microseconds.
struct sql_timestamp {
  std::uint64_t unix_nanoseconds = 0;
};

/// A number with a fixed count of digits, for a parameter of the type DECIMAL(digits, behind): `{"12.30", 10, 2}`.
struct sql_decimal {
  std::string text;
  unsigned digits = 38;
  unsigned behind = 0;  // the point
};

/// A parameter of a statement: its name, the name of its SQL type, and its value as a text, or null.
struct sql_parameter {
  std::string name;
  std::string type;
  std::string value;
  bool is_null = false;

  friend bool operator==(const sql_parameter&, const sql_parameter&) = default;
};

/// How a type of C++ is bound: `type(value)` names the SQL type and `text(value)` spells the value as a cast from a
/// string reads it. For a type of your own, specialize it.
template <class T>
struct sql_binding;

template <>
struct sql_binding<bool> {
  static std::string type(bool) { return "BOOLEAN"; }
  static std::string text(bool value) { return value ? "true" : "false"; }
};
/// Integers of up to 32 bits are INT, unsigned ones of 32 and all of 64 bits BIGINT, and unsigned ones of 64 bits
/// DECIMAL(20,0), which holds them all.
template <class T>
requires(std::integral<T> && !std::same_as<T, bool>)
struct sql_binding<T> {
  static std::string type(T) {
    if constexpr (sizeof(T) < 4 || (sizeof(T) == 4 && std::signed_integral<T>))
      return "INT";
    else
      return std::signed_integral<T> || sizeof(T) == 4 ? "BIGINT" : "DECIMAL(20,0)";
  }
  static std::string text(T value) { return std::to_string(value); }
};
/// NaN and the infinities too.
template <std::floating_point T>
struct sql_binding<T> {
  static std::string type(T) { return sizeof(T) == 4 ? "FLOAT" : "DOUBLE"; }
  static std::string text(T value) { return detail::number_text(value); }
};
template <class T>
requires std::convertible_to<const T&, std::string_view>
struct sql_binding<T> {
  static std::string type(std::string_view) { return "STRING"; }
  static std::string text(std::string_view value) { return std::string(value); }
};
template <>
struct sql_binding<sql_date> {
  static std::string type(sql_date) { return "DATE"; }
  static std::string text(sql_date value) {
    std::string made;
    for (int power = 1000; power > 0; power /= 10) made += static_cast<char>('0' + value.year / power % 10);
    for (const unsigned part : {value.month, value.day})
      ((made += '-') += static_cast<char>('0' + part / 10 % 10)) += static_cast<char>('0' + part % 10);
    return made;
  }
};
template <>
struct sql_binding<sql_timestamp> {
  static std::string type(sql_timestamp) { return "TIMESTAMP"; }
  static std::string text(sql_timestamp value) { return to_iso8601(value.unix_nanoseconds); }
};
template <>
struct sql_binding<sql_decimal> {
  static std::string type(const sql_decimal& value) {
    return "DECIMAL(" + std::to_string(value.digits) + ',' + std::to_string(value.behind) + ')';
  }
  static std::string text(const sql_decimal& value) { return value.text; }
};

/// Says that a type can be bound to a parameter.
template <class T>
concept sql_bindable = requires(const T& value) {
  { sql_binding<T>::type(value) } -> std::same_as<std::string>;
  { sql_binding<T>::text(value) } -> std::same_as<std::string>;
};

/// A value that is bound to the parameter of a name.
template <fixed_string Name>
struct bound_value {
  static constexpr std::string_view name = Name.view();
  sql_parameter parameter;
};

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
sql_parameter made_parameter(std::string_view name, const T& value) {
  if constexpr (is_optional<T>) {
    using inner = typename T::value_type;
    if (value) return made_parameter(name, *value);
    return {std::string(name), sql_binding<inner>::type(inner()), {}, true};
  } else {
    return {std::string(name), sql_binding<T>::type(value), sql_binding<T>::text(value)};
  }
}
template <class T>
struct bindable : std::bool_constant<sql_bindable<T>> {};
template <class T>
struct bindable<std::optional<T>> : std::bool_constant<sql_bindable<T>> {};

template <class T>
inline constexpr bool is_bound_value = false;
template <fixed_string Name>
inline constexpr bool is_bound_value<bound_value<Name>> = true;

/// What is wrong with the values that are bound to a statement. `marker`: the first marker that has none.
template <fixed_string Sql, class... Bound>
struct statement_check {
  static constexpr bool has_names() noexcept {
    sql_markers markers(Sql.view());
    for (std::string_view each = markers.next(); !each.empty(); each = markers.next())
      if (each == "?") return false;
    return true;
  }
  static constexpr std::string_view unbound() noexcept {
    sql_markers markers(Sql.view());
    for (std::string_view each = markers.next(); !each.empty(); each = markers.next())
      if (each != "?" && !((Bound::name == each) || ...)) return each;
    return {};
  }
  static constexpr bool is_once(std::string_view name) noexcept {
    return (std::size_t{0} + ... + std::size_t{Bound::name == name}) == 1 && has_marker(Sql.view(), name);
  }
};
/// The marker that has no value, as a message can show it.
template <class Check>
struct unbound_marker {
  static constexpr std::string_view name = Check::unbound();
};

}  // namespace detail

/// Binds a value to the parameter `:name`: `bind<"least">(0.9)`. A `std::optional` without a value is NULL of its type.
/// The value goes beside the statement and never into its text, so that no content of it is ever read as SQL.
template <fixed_string Name, class T>
bound_value<Name> bind(const T& value) {
  using kept = std::conditional_t<std::is_array_v<T>, std::string_view, T>;
  static_assert(millrace::detail::requirement<detail::bindable<kept>::value, T>,
                "millrace[DATABRICKS-2]: a parameter is a bool, a number, a text, an sql_date, sql_timestamp or "
                "sql_decimal, a std::optional of these, or of a type with an sql_binding");
  if constexpr (detail::bindable<kept>::value)
    return {detail::made_parameter<kept>(Name.view(), value)};
  else
    return {};
}

/// A statement of SQL with its parameters, for a `warehouse`. It is made by `sql<"...">`, whose text is a literal, so
/// that there is no place where a text from elsewhere could get into it.
class statement {
 public:
  /// For SQL that is itself data, such as what people type or a file holds: whoever writes it may do all that the token
  /// may. What is searched for in a review. Errors: invalid_argument: a marker without a parameter, a parameter without
  /// a marker or twice, a `?`, or more than 16 MiB.
  static result<statement> of_trusted_text(std::string text, std::vector<sql_parameter> parameters = {}) {
    const auto fault = [](std::string why) {
      return error(errc::invalid_argument, "not a statement: " + std::move(why));
    };
    if (text.size() > std::size_t{16} << 20) return fault("it has more than 16 MiB");
    detail::sql_markers markers(text);
    for (std::string_view each = markers.next(); !each.empty(); each = markers.next()) {
      if (each == "?") return fault("parameters have names, as in :name; ? is none");
      bool is_bound = false;
      for (const sql_parameter& one : parameters) is_bound = is_bound || one.name == each;
      if (!is_bound) return fault("there is no parameter :" + std::string(each));
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (!detail::has_marker(text, parameters[i].name))
        return fault("it has no marker for the parameter " + detail::quoted_text(parameters[i].name));
      for (std::size_t j = 0; j < i; ++j)
        if (parameters[i].name == parameters[j].name)
          return fault("two parameters have the name " + detail::quoted_text(parameters[i].name));
    }
    return statement(std::move(text), std::move(parameters));
  }

  const std::string& text() const noexcept { return text_; }
  const std::vector<sql_parameter>& parameters() const noexcept { return parameters_; }

 private:
  template <fixed_string Sql, class... Bound>
  friend statement sql(Bound... bound);

  statement(std::string text, std::vector<sql_parameter> parameters) noexcept
      : text_(std::move(text)), parameters_(std::move(parameters)) {}

  std::string text_;
  std::vector<sql_parameter> parameters_;
};

/// A statement from a literal and the values of its parameters:
///
///     sql<"SELECT id, score FROM IDENTIFIER(:table) WHERE score >= :least">(bind<"table">(name), bind<"least">(0.9))
///
/// Guarantee, when it compiles: each marker has a value, and each value a marker. `IDENTIFIER(:table)` is how a name of
/// a table is a parameter too.
template <fixed_string Sql, class... Bound>
statement sql(Bound... bound) {
  static_assert((detail::is_bound_value<Bound> && ...),
                "millrace[DATABRICKS-3]: the values of a statement are bound by name: bind<\"least\">(0.9)");
  if constexpr ((detail::is_bound_value<Bound> && ...)) {
    using check = detail::statement_check<Sql, Bound...>;
    static_assert(check::has_names(),
                  "millrace[DATABRICKS-4]: the parameters of a statement have names, as in :least; ? is none");
    static_assert(millrace::detail::requirement<check::unbound().empty(),
                                                millrace::detail::spelling_t<detail::unbound_marker<check>>>,
                  "millrace[DATABRICKS-5]: a marker of the statement has no value; bind<\"name\">(value) gives it one");
    static_assert(
        (millrace::detail::requirement<check::is_once(Bound::name), millrace::detail::spelling_t<Bound>> && ...),
        "millrace[DATABRICKS-6]: a value is bound that the statement has no marker for, or twice");
  }
  std::vector<sql_parameter> parameters;
  parameters.reserve(sizeof...(Bound));
  if constexpr ((detail::is_bound_value<Bound> && ...)) (parameters.push_back(std::move(bound.parameter)), ...);
  return statement(std::string(Sql.view()), std::move(parameters));
}

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_STATEMENT_HPP
