#ifndef MILLRACE_STORE_PARQUET_DETAIL_VALUE_BOUNDS_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_VALUE_BOUNDS_HPP

#include <millrace/store/parquet/detail/column_buffer.hpp>
#include <millrace/store/parquet/detail/footer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The longest text that is written as a bound: readers keep bounds in memory.
inline constexpr std::size_t longest_bound = 1024;

template <class T>
void find_number_bounds(const flat_vector<std::byte>& values, std::size_t count, parquet_chunk& to) {
  bool found = false;
  T least{};
  T most{};
  for (std::size_t i = 0; i < count; ++i) {
    T value{};
    __builtin_memcpy(&value, values.data() + i * sizeof(T), sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      if (value != value) continue;  // NaN is no bound, also where it comes first
    least = !found || value < least ? value : least;
    most = !found || value > most ? value : most;
    found = true;
  }
  if (!found) return;
  if constexpr (std::is_floating_point_v<T>) {
    if (least == 0) least = -T{0};  // whichever zero it is
    if (most == 0) most = T{0};
  }
  to.has_min = to.has_max = true;
  to.min_value.assign(reinterpret_cast<const char*>(&least), sizeof(T));
  to.max_value.assign(reinterpret_cast<const char*>(&most), sizeof(T));
}

/// Finds the least and the greatest of a column's values, and says them in `to`, if there are any.
template <class Buffer>
void find_bounds(const Buffer& column, parquet_chunk& to) {
  const parquet_type& type = column.field().type;
  const std::size_t count = column.value_count();
  switch (cell_of(type)) {
    case parquet_cell::boolean: return find_number_bounds<std::uint8_t>(column.values(), count, to);
    case parquet_cell::int32: return find_number_bounds<std::int32_t>(column.values(), count, to);
    case parquet_cell::uint32: return find_number_bounds<std::uint32_t>(column.values(), count, to);
    case parquet_cell::int64: return find_number_bounds<std::int64_t>(column.values(), count, to);
    case parquet_cell::uint64: return find_number_bounds<std::uint64_t>(column.values(), count, to);
    case parquet_cell::float32: return find_number_bounds<float>(column.values(), count, to);
    case parquet_cell::float64: return find_number_bounds<double>(column.values(), count, to);
    case parquet_cell::none: return;
    case parquet_cell::text: break;
  }
  // Decimals, halves and intervals have orders of their own.
  if (type.logical == parquet_logical::decimal || type.logical == parquet_logical::float16 ||
      type.logical == parquet_logical::interval || count == 0)
    return;
  bool found = false;
  std::string_view least;
  std::string_view most;
  column.for_each_text([&](std::string_view text) {
    if (!found || text < least) least = text;
    if (!found || text > most) most = text;
    found = true;
  });
  if (least.size() > longest_bound || most.size() > longest_bound) return;
  to.has_min = to.has_max = true;
  to.min_value = least;
  to.max_value = most;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_VALUE_BOUNDS_HPP
