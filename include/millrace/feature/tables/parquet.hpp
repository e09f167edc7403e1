#ifndef MILLRACE_FEATURE_TABLES_PARQUET_HPP
#define MILLRACE_FEATURE_TABLES_PARQUET_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/detail/vocabulary.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/findings.hpp>
#include <millrace/feature/tables/table.hpp>
#include <millrace/store/parquet/column.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// How a Parquet file becomes a table.
struct parquet_table_options {
  /// The columns that are read, in this order; if there are none, all that a table can have, in the order of the file.
  std::vector<std::string> columns{};
  /// Of those, columns of texts that are texts and not categories.
  std::vector<std::string> texts{};
};

namespace detail {

/// 10^scale, which a double is exactly up to 10^22.
constexpr double decimal_divisor(std::int32_t scale) noexcept {
  double made = 1;
  for (std::int32_t i = 0; i < scale && i < 400; ++i) made *= 10;
  return made;
}
/// A decimal of bytes, the highest first, as a double.
inline double decimal_of(std::string_view bytes, double divisor) noexcept {
  double made = bytes.empty() || (bytes[0] & 0x80) == 0 ? 0 : -1;
  for (const char c : bytes) made = made * 256 + static_cast<unsigned char>(c);
  return made / divisor;
}

/// Makes columns of a table from those of a Parquet file, row group by row group.
template <class Table, class Reader>
class parquet_table {
 public:
  parquet_table(const Reader& from, const parquet_table_options& how) : from_(from), how_(how) {}

  result<Table> read() {
    Table made;
    std::vector<std::size_t> wanted;
    for (const std::string& name : how_.columns) {
      const auto found = from_.find(name);
      if (!found) return found.error();
      if (kind_of(from_.fields()[*found]) == none) return refused(from_.fields()[*found]);
      wanted.push_back(*found);
    }
    for (std::size_t i = 0; i < from_.fields().size() && how_.columns.empty(); ++i)
      if (kind_of(from_.fields()[i]) != none) wanted.push_back(i);
    for (const std::size_t i : wanted) {
      auto read = column_at(i);
      if (!read) return std::move(read).error();
      if (auto added = made.add(*std::move(read)); !added) return std::move(added).error();
    }
    return made;
  }

 private:
  using logical = store::parquet_logical;
  using cell = store::parquet_cell;
  using field = store::parquet_field;
  static constexpr int none = -1;

  /// The kind of a table's column, or `none`.
  int kind_of(const field& of) const noexcept {
    if (of.type.logical == logical::timestamp || of.type.logical == logical::date ||
        of.type.physical == store::parquet_physical::int96)
      return static_cast<int>(column_kind::time);
    const bool text = store::cell_of(of.type) == cell::text;
    switch (of.type.logical) {
      case logical::string:
      case logical::enumeration:
      case logical::json: break;
      case logical::none:
        if (!text || of.type.physical == store::parquet_physical::byte_array) break;
        return none;
      case logical::decimal: return static_cast<int>(column_kind::number);
      case logical::integer:
      case logical::unknown: break;
      default: return none;  // times of the day, UUIDs and what else there may be
    }
    if (store::cell_of(of.type) == cell::none) return none;
    if (!text) return static_cast<int>(column_kind::number);
    for (const std::string& name : how_.texts)
      if (name == of.name) return static_cast<int>(column_kind::text);
    return static_cast<int>(column_kind::category);
  }
  static error refused(const field& of) {
    return error(errc::unsupported, "parquet: column " + quoted_cell(of.name) + " is " +
                                        std::string(to_string(of.type.physical)) + " of " +
                                        std::string(to_string(of.type.logical)) + ", which a table has no column of");
  }

  result<column> column_at(std::size_t i) {
    const field& of = from_.fields()[i];
    column made{.name = of.name, .kind = static_cast<column_kind>(kind_of(of))};
    vocabulary categories;
    for (std::size_t group = 0; group < from_.groups(); ++group) {
      const auto read = from_.read(group, i);
      if (!read) return read.error();
      if (auto done = append(*read, made, categories); !done) return std::move(done).error();
    }
    if (made.kind != column_kind::category) return made;
    for (std::size_t code = 0; code < categories.size(); ++code) made.texts.push_back(categories[code]);
    return made;
  }
  result<void> append(const store::parquet_column& from, column& to, vocabulary& categories) {
    switch (to.kind) {
      case column_kind::number: return append_numbers(from, to), result<void>();
      case column_kind::time: return append_times(from, to);
      default: return append_texts(from, to, categories);
    }
  }

  void append_numbers(const store::parquet_column& from, column& to) const {
    const store::parquet_type& type = from.field().type;
    const double divisor = type.logical == logical::decimal ? decimal_divisor(type.scale) : 1;
    switch (store::cell_of(type)) {
      case cell::boolean: return append_as<bool>(from, to, divisor);
      case cell::int32: return append_as<std::int32_t>(from, to, divisor);
      case cell::uint32: return append_as<std::uint32_t>(from, to, divisor);
      case cell::int64: return append_as<std::int64_t>(from, to, divisor);
      case cell::uint64: return append_as<std::uint64_t>(from, to, divisor);
      case cell::float32: return append_as<float>(from, to, divisor);
      case cell::float64: return append_as<double>(from, to, divisor);
      default: return append_as<std::string_view>(from, to, divisor);
    }
  }
  template <class T>
  static void append_as(const store::parquet_column& from, column& to, double divisor) {
    const auto values = from.template values<T>().value();
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (from.missing(row))
        to.numbers.push_back(std::numeric_limits<double>::quiet_NaN());
      else if constexpr (sizeof(T) == sizeof(std::string_view))
        to.numbers.push_back(decimal_of(values[row], divisor));
      else
        to.numbers.push_back(static_cast<double>(values[row]) / divisor);
    }
  }

  result<void> append_times(const store::parquet_column& from, column& to) const {
    const store::parquet_type& type = from.field().type;
    if (type.logical == logical::date) return append_counts<std::int32_t>(from, to, 86'400'000'000'000);
    if (type.logical != logical::timestamp) return append_counts<std::int64_t>(from, to, 1);
    const bool ms = type.unit == store::parquet_unit::milliseconds;
    return append_counts<std::int64_t>(from, to,
                                       ms                                               ? 1'000'000
                                       : type.unit == store::parquet_unit::microseconds ? 1000
                                                                                        : 1);
  }
  template <class T>
  static result<void> append_counts(const store::parquet_column& from, column& to, std::int64_t nanoseconds) {
    const auto values = from.template values<T>().value();
    for (std::size_t row = 0; row < values.size(); ++row) {
      std::int64_t time = column::no_time;
      if (!from.missing(row) && __builtin_mul_overflow(std::int64_t{values[row]}, nanoseconds, &time))
        return error(errc::invalid_data, "parquet: column " + quoted_cell(to.name) + ": row " +
                                             std::to_string(to.times.size()) +
                                             " is a time that is not within the years 1678 to 2261");
      to.times.push_back(time);
    }
    return {};
  }

  static result<void> append_texts(const store::parquet_column& from, column& to, vocabulary& categories) {
    const auto values = from.template values<std::string_view>().value();
    const bool as_text = to.kind == column_kind::text;
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (from.missing(row) || (values[row].empty() && !as_text)) {
        to.codes.push_back(column::no_text);
        continue;
      }
      if ((as_text ? to.texts.size() : categories.size()) >= column::no_text - 1)
        return error(errc::unsupported, "parquet: column " + quoted_cell(to.name) + " has more than 2^32 texts");
      if (as_text) {
        to.codes.push_back(static_cast<std::uint32_t>(to.texts.size()));
        to.texts.push_back(std::string(values[row]));
        continue;
      }
      std::size_t code = categories.find(values[row]);
      if (code == vocabulary::none) {
        code = categories.size();
        categories.insert(values[row]);
      }
      to.codes.push_back(static_cast<std::uint32_t>(code));
    }
    return {};
  }

  const Reader& from_;
  const parquet_table_options& how_;
};

}  // namespace detail

/// Reads a table from a Parquet file, which `store::open_parquet` of <millrace/store/parquet.hpp> opens:
///
///     auto file = mr::store::open_parquet("trades.parquet");
///     if (!file) return std::move(file).error();
///     auto table = mr::feature::read_parquet(*file, {.columns = {"price", "symbol", "at"}});
///
/// Booleans, integers, floats and decimals become numbers, dates and timestamps become times, texts become categories,
/// or texts, where the options say so. Missing cells are missing, and so is an empty text in a column of categories.
/// Integers and decimals of more digits than a double has are rounded. Times of the day, bytes of a fixed length,
/// lists, maps and structs are left out, unless they are asked for. Errors: those of the reader; not_found: a column
/// that is asked for is not there; unsupported: it is asked for, and is none that a table has; invalid_data: a time
/// that 64 bits of nanoseconds do not hold; invalid_argument: two columns of one name. Allocates: the table, and a
/// column of a row group while it reads.
template <class Table = table, class Reader>
result<Table> read_parquet(const Reader& from, const parquet_table_options& how = {}) {
  return detail::parquet_table<Table, Reader>(from, how).read();
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TABLES_PARQUET_HPP
