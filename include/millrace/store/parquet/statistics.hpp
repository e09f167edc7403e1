#ifndef MILLRACE_STORE_PARQUET_STATISTICS_HPP
#define MILLRACE_STORE_PARQUET_STATISTICS_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/parquet/field.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

/// The cell that a C++ type is read as; `none` for other types.
template <class T>
inline constexpr parquet_cell read_as = parquet_cell::none;
template <>
inline constexpr parquet_cell read_as<bool> = parquet_cell::boolean;
template <>
inline constexpr parquet_cell read_as<std::int32_t> = parquet_cell::int32;
template <>
inline constexpr parquet_cell read_as<std::uint32_t> = parquet_cell::uint32;
template <>
inline constexpr parquet_cell read_as<long> = sizeof(long) == 8 ? parquet_cell::int64 : parquet_cell::int32;
template <>
inline constexpr parquet_cell read_as<unsigned long> = sizeof(long) == 8 ? parquet_cell::uint64 : parquet_cell::uint32;
template <>
inline constexpr parquet_cell read_as<long long> = parquet_cell::int64;
template <>
inline constexpr parquet_cell read_as<unsigned long long> = parquet_cell::uint64;
template <>
inline constexpr parquet_cell read_as<float> = parquet_cell::float32;
template <>
inline constexpr parquet_cell read_as<double> = parquet_cell::float64;
template <>
inline constexpr parquet_cell read_as<std::string_view> = parquet_cell::text;

inline error wrong_parquet_cell(const parquet_field& field, parquet_cell asked) {
  return parquet_error(
      errc::type_mismatch, field.name,
      "its cells are " + std::string(to_string(cell_of(field.type))) + ", not " + std::string(to_string(asked)));
}

}  // namespace detail

/// What a file says about a column of a row group, so that a reader may leave the group out.
struct parquet_statistics {
  parquet_field field{};
  /// How many cells are missing; below 0 if the file does not say.
  std::int64_t missing = -1;
  /// Whether there are bounds; not of a group without values, nor where the format's order is not known. Bounds that
  /// are NaN count as none. A lower bound of 0 is -0.0, an upper one of -0.0 is 0: files do not tell these apart.
  bool has_bounds = false;
  /// The bounds, as the file has them. They may be wider than the values are.
  std::string lower_bytes{};
  std::string upper_bytes{};

  /// The bound as a value. T: as in `parquet_column::values`.
  /// Errors: type_mismatch: the column's cells are another type; not_found: there is none.
  template <class T>
  result<T> lower() const {
    return bound<T>(lower_bytes);
  }
  template <class T>
  result<T> upper() const {
    return bound<T>(upper_bytes);
  }

 private:
  template <class T>
  result<T> bound(const std::string& bytes) const {
    static_assert(
        detail::read_as<T> != parquet_cell::none,
        "millrace[PARQUET-1]: cells of a Parquet column are bool, integers of 32 or 64 bits, float, double or "
        "std::string_view");
    if (cell_of(field.type) != detail::read_as<T>) return detail::wrong_parquet_cell(field, detail::read_as<T>);
    if (!has_bounds) return detail::parquet_error(errc::not_found, field.name, "the file says no bounds of its values");
    if constexpr (detail::read_as<T> == parquet_cell::text) {
      return std::string_view(bytes);
    } else {
      T value{};
      __builtin_memcpy(&value, bytes.data(), sizeof(T));
      return value;
    }
  }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_STATISTICS_HPP
