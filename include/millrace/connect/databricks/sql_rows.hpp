#ifndef MILLRACE_CONNECT_DATABRICKS_SQL_ROWS_HPP
#define MILLRACE_CONNECT_DATABRICKS_SQL_ROWS_HPP

#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// A column of a result: `score`, `DOUBLE`. `type` is spelled as SQL spells it, with what it is made of:
/// `DECIMAL(10,2)`, `ARRAY<INT>`.
struct sql_column {
  std::string name;
  std::string type;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("type_text", self.type);
  }
  friend bool operator==(const sql_column&, const sql_column&) = default;
};

/// Rows of a result, each value a text, as it is sent, or null. The texts stand in one piece of memory.
class sql_rows {
 public:
  explicit sql_rows(std::size_t columns = 0) noexcept : columns_(columns) {}

  std::size_t size() const noexcept { return columns_ == 0 ? 0 : ends_.size() / columns_; }
  bool empty() const noexcept { return size() == 0; }
  std::size_t columns() const noexcept { return columns_; }

  /// Precondition of all three: there are such a row and such a column.
  bool is_null(std::size_t row, std::size_t column) const noexcept { return ends_[row * columns_ + column] < 0; }
  /// Empty for null.
  std::string_view text(std::size_t row, std::size_t column) const noexcept {
    const std::size_t at = row * columns_ + column;
    if (ends_[at] < 0) return {};
    const std::size_t begin = at == 0 ? 0 : static_cast<std::size_t>(end_of(at - 1));
    return std::string_view(texts_).substr(begin, static_cast<std::size_t>(ends_[at]) - begin);
  }
  /// A value as a bool, an integer, a floating-point number or a text.
  /// Errors: not_found: it is null; invalid_data: it is none of the type, or beyond its range.
  template <class T>
  result<T> get(std::size_t row, std::size_t column) const {
    const std::string_view spelled = text(row, column);
    if (is_null(row, column)) return fault(errc::not_found, row, column, "is null");
    if constexpr (std::is_same_v<T, bool>) {
      if (spelled == "true" || spelled == "false") return spelled == "true";
    } else if constexpr (std::integral<T>) {
      T value{};
      const char* const end = spelled.data() + spelled.size();
      const auto read = std::from_chars(spelled.data(), end, value);
      if (read.ec == std::errc() && read.ptr == end) return value;
    } else if constexpr (std::floating_point<T>) {
      T value{};
      if (detail::read_real(spelled, value)) return value;  // Infinity and NaN too
    } else {
      static_assert(std::is_same_v<T, std::string>, "a bool, a number or a std::string");
      return std::string(spelled);
    }
    return fault(errc::invalid_data, row, column, "is no value of the type: ");
  }

  /// Reads rows from JSON, `[["1",null],...]`, and puts them behind those that there are.
  /// Errors: corrupt: it is no such array, or a row has another number of values.
  result<void> update(std::string_view json);
  /// Puts the rows of another result with as many columns behind those that there are.
  void merge(const sql_rows& other) {
    const auto before = static_cast<std::int64_t>(texts_.size());
    ends_.reserve(ends_.size() + other.ends_.size());
    for (const std::int64_t end : other.ends_) ends_.push_back(end < 0 ? ~(~end + before) : end + before);
    texts_ += other.texts_;
  }
  void reset() noexcept {
    ends_.clear();
    texts_.clear();
  }

 private:
  std::int64_t end_of(std::size_t at) const noexcept { return ends_[at] < 0 ? ~ends_[at] : ends_[at]; }
  error fault(errc code, std::size_t row, std::size_t column, const char* why) const {
    std::string message = "row " + std::to_string(row) + ", column " + std::to_string(column) + ": the value " + why;
    if (code == errc::invalid_data) message += detail::quoted_text(text(row, column));
    return error(code, std::move(message));
  }

  std::size_t columns_;
  std::vector<std::int64_t> ends_;  // where each value's text ends, row by row; of null ~end, which is negative
  std::string texts_;
};

inline result<void> sql_rows::update(std::string_view json) {
  const std::size_t values_before = ends_.size();
  const std::size_t bytes_before = texts_.size();
  const auto wrong = [&](const char* why) {
    ends_.resize(values_before);
    texts_.resize(bytes_before);
    return error(errc::corrupt, std::string("rows of a result: ") + why);
  };
  detail::json_reader reader(json);
  if (reader.next() != detail::json_token::array) return wrong("an array is expected");
  for (;;) {
    const detail::json_token outer = reader.next();
    if (outer == detail::json_token::close) break;
    if (outer != detail::json_token::array) return wrong("a row is an array");
    const std::size_t row_begin = ends_.size();
    for (detail::json_token token = reader.next(); token != detail::json_token::close; token = reader.next()) {
      if (ends_.size() - row_begin == columns_) return wrong("a row has more values than there are columns");
      if (token == detail::json_token::text)
        texts_ += detail::json_unescaped(reader.raw());
      else if (token != detail::json_token::null)
        return wrong("a value is a text or null");
      const auto end = static_cast<std::int64_t>(texts_.size());
      ends_.push_back(token == detail::json_token::null ? ~end : end);
    }
    if (ends_.size() - row_begin != columns_) return wrong("a row has fewer values than there are columns");
  }
  if (reader.next() != detail::json_token::end) return wrong("it is no JSON");
  return {};
}

/// A result with all of its rows.
struct sql_table {
  std::vector<sql_column> columns;
  sql_rows rows;
  bool is_truncated = false;  // by `row_limit` or `byte_limit`

  /// The place of the column of a name, letters of ASCII in either case. Errors: not_found, with those that there are.
  result<std::size_t> find(std::string_view name) const;
};

inline result<std::size_t> sql_table::find(std::string_view name) const {
  std::string known;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (millrace::detail::same_but_case(columns[i].name, name)) return i;
    known += (known.empty() ? "" : ", ") + columns[i].name;
  }
  return error(errc::not_found, "the result has no column " + detail::quoted_text(name) + "; it has " + known);
}

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_SQL_ROWS_HPP
