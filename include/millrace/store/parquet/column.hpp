#ifndef MILLRACE_STORE_PARQUET_COLUMN_HPP
#define MILLRACE_STORE_PARQUET_COLUMN_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/parquet/field.hpp>
#include <millrace/store/parquet/statistics.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

template <class T>
inline constexpr bool is_text = std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;
template <class T>
inline constexpr bool is_written =
    is_text<T> || std::is_same_v<T, float> || std::is_same_v<T, double> ||
    (std::is_integral_v<T> && sizeof(T) <= 8 && !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t>);

template <class Decompress>
class parquet_decoder;

}  // namespace detail

/// Cells to write, which it refers to: values, and where some may be missing, a bool for each that says whether it is
/// there. A missing cell's value is not looked at.
///
///     const std::vector<double> prices = ...;
///     const bool known[] = {true, false, true};
///     writer->write({ids, {prices, known}, names});
///
/// T is bool or an integer for BOOLEAN's and integers' columns, of the sign and at most the width that the column has;
/// float, double; std::string or std::string_view for all kinds of bytes.
class parquet_cells {
 public:
  /// From anything contiguous: a vector, an array, a span.
  template <class Values>
  requires requires(const Values& values) { std::span(values); }
  parquet_cells(const Values& values, std::span<const bool> valid = {}) noexcept : valid_(valid) {
    const std::span from(values);
    using value = std::remove_cv_t<typename decltype(from)::element_type>;
    static_assert(detail::is_written<value>,
                  "millrace[PARQUET-2]: cells for a Parquet column are bool, integers, float, double, std::string or "
                  "std::string_view");
    data_ = from.data();
    size_ = from.size();
    width_ = sizeof(value);
    kind_ = std::is_same_v<value, bool>               ? kind::boolean
            : std::is_same_v<value, std::string>      ? kind::string
            : std::is_same_v<value, std::string_view> ? kind::view
            : std::is_floating_point_v<value>         ? kind::real
            : std::is_signed_v<value>                 ? kind::integer
                                                      : kind::unsigned_integer;
  }

  std::size_t size() const noexcept { return size_; }
  std::span<const bool> valid() const noexcept { return valid_; }

  enum class kind : std::uint8_t { boolean, integer, unsigned_integer, real, string, view };
  kind what() const noexcept { return kind_; }
  /// How many bytes a value has.
  std::size_t width() const noexcept { return width_; }
  const void* data() const noexcept { return data_; }
  bool missing(std::size_t row) const noexcept { return !valid_.empty() && !valid_[row]; }
  /// Precondition: it is texts.
  std::string_view text(std::size_t row) const noexcept {
    return kind_ == kind::view ? static_cast<const std::string_view*>(data_)[row]
                               : std::string_view(static_cast<const std::string*>(data_)[row]);
  }

 private:
  std::span<const bool> valid_;
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t width_ = 0;
  kind kind_ = kind::boolean;
};

/// A column of a row group, as it was read. It owns its cells.
class parquet_column {
 public:
  parquet_column() = default;
  /// A column without rows.
  explicit parquet_column(parquet_field field) : field_(std::move(field)) {}
  parquet_column(parquet_column&&) noexcept = default;
  parquet_column& operator=(parquet_column&&) noexcept = default;

  const parquet_field& field() const noexcept { return field_; }
  std::size_t rows() const noexcept { return rows_; }
  /// Whether each cell is there; empty if all are.
  std::span<const bool> valid() const noexcept { return {valid_.data(), valid_.size()}; }
  /// Precondition: row < rows().
  bool missing(std::size_t row) const noexcept { return !valid_.empty() && !valid_[row]; }
  std::size_t missing_count() const noexcept { return missing_; }

  /// The cells, one for each row; a missing one is 0 or empty. T is what `cell_of` says of the type: bool, an integer
  /// of 32 or 64 bits with a sign or without, float, double, or std::string_view, whose texts stay as long as the
  /// column does.
  /// Errors: type_mismatch: the cells are another type.
  template <class T>
  result<std::span<const T>> values() const {
    static_assert(
        detail::read_as<T> != parquet_cell::none,
        "millrace[PARQUET-1]: cells of a Parquet column are bool, integers of 32 or 64 bits, float, double or "
        "std::string_view");
    if (cell_of(field_.type) != detail::read_as<T>) return detail::wrong_parquet_cell(field_, detail::read_as<T>);
    return std::span<const T>(reinterpret_cast<const T*>(cells_.data()), rows_);
  }

 private:
  template <class Decompress>
  friend class detail::parquet_decoder;

  parquet_field field_;
  std::size_t rows_ = 0;
  std::size_t missing_ = 0;
  detail::flat_vector<bool> valid_;
  detail::flat_vector<std::byte> cells_;               // of the width of their type
  std::vector<detail::flat_vector<std::byte>> pages_;  // what texts are in
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_COLUMN_HPP
