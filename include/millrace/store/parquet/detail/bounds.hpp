#ifndef MILLRACE_STORE_PARQUET_DETAIL_BOUNDS_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_BOUNDS_HPP

#include <millrace/store/parquet/detail/footer.hpp>
#include <millrace/store/parquet/field.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The least and the greatest value of a column in a row group: which a file may be believed, and how they are found.
// Source: apache/parquet-format, parquet.thrift, `ColumnOrder` and `Statistics`.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Whether a chunk has bounds in an order that is known.
inline bool have_order(const parquet_type& type, const parquet_chunk& chunk, bool has_orders) noexcept {
  const bool bytes = cell_of(type) == parquet_cell::text;
  switch (type.logical) {
    case parquet_logical::interval:
    case parquet_logical::float16:  // in the order of halves, which texts do not have
    case parquet_logical::unknown:
    case parquet_logical::other: return false;
    case parquet_logical::decimal:
      if (bytes) return false;  // in the order of the numbers
      break;
    default: break;
  }
  if (type.physical == parquet_physical::int96) return false;
  if (chunk.has_min && chunk.has_max) return has_orders;
  // What came before the orders: compared as numbers with a sign, by some writers also where they have none.
  const bool has_sign = type.logical != parquet_logical::integer || type.has_sign;
  return chunk.has_older_min && chunk.has_older_max && !chunk.has_min && !chunk.has_max && !bytes && has_sign;
}

template <class T>
bool mend_real_bounds(std::string& lower, std::string& upper) noexcept {
  T least{};
  T most{};
  __builtin_memcpy(&least, lower.data(), sizeof(T));
  __builtin_memcpy(&most, upper.data(), sizeof(T));
  if (least != least || most != most) return false;
  if (least == 0) least = -T{0};
  if (most == 0) most = T{0};
  __builtin_memcpy(lower.data(), &least, sizeof(T));
  __builtin_memcpy(upper.data(), &most, sizeof(T));
  return true;
}

/// Makes bounds of reals safe: none are NaN, and zeros are of the sign that bounds more. Returns whether they are of
/// any use.
inline bool mend_bounds(const parquet_type& type, std::string& lower, std::string& upper) noexcept {
  const parquet_cell cell = cell_of(type);
  if (cell == parquet_cell::text)
    return type.physical != parquet_physical::fixed_bytes ||
           (lower.size() == parquet_width(type) && upper.size() == parquet_width(type));
  const std::size_t width = cell == parquet_cell::boolean ? 1 : parquet_width(type);
  if (lower.size() != width || upper.size() != width) return false;
  if (cell == parquet_cell::float32) return mend_real_bounds<float>(lower, upper);
  if (cell == parquet_cell::float64) return mend_real_bounds<double>(lower, upper);
  if (cell == parquet_cell::boolean) return (lower[0] | upper[0] | 1) == 1;  // bools, that is
  return true;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_BOUNDS_HPP
