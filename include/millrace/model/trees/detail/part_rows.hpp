#ifndef MILLRACE_MODEL_TREES_DETAIL_PART_ROWS_HPP
#define MILLRACE_MODEL_TREES_DETAIL_PART_ROWS_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>
#include <millrace/model/trees/detail/split_search.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Rows on their way to the sides of a split: those that go left come first in `ids`, the others in `right`.
struct parted_rows {
  std::uint32_t* ids;
  std::uint32_t* right;
  std::size_t count;
  std::size_t done = 0;
  std::size_t on_left = 0;
};

#if defined(__x86_64__)
/// Parts sixteen rows at a time by their codes of numbers; up to fifteen are left. Missing values, which have the last
/// code, go left where `missing_left` is 1: then each code counts as the next one, and the last as the first.
MILLRACE_X86_TARGET("avx512f,popcnt")
inline void part_sixteens_avx512(const std::uint8_t* codes, int code, int missing_left, parted_rows& rows) noexcept {
  using sixteen = vector<std::int32_t, 64>;
  const sixteen most = sixteen{} + (code + missing_left);
  for (; rows.done + 16 <= rows.count; rows.done += 16) {
    sixteen ids;
    load_vector(ids, rows.ids + rows.done);
    const sixteen read = __builtin_ia32_gathersiv16si(sixteen{}, codes, ids, every_lane{}, 1);
    const sixteen place = (read + missing_left) & 255;
    const auto left = static_cast<std::uint16_t>(__builtin_ia32_cmpd512_mask(place, most, 2, 0xffff));  // at most
    const auto other = static_cast<std::uint16_t>(~left);
    // Behind the rows of a side, what is written is not yet in use: later rows, or room of `right`.
    store_vector(rows.ids + rows.on_left, sixteen(__builtin_ia32_compresssi512_mask(ids, sixteen{}, left)));
    store_vector(rows.right + (rows.done - rows.on_left),
                 sixteen(__builtin_ia32_compresssi512_mask(ids, sixteen{}, other)));
    rows.on_left += static_cast<std::size_t>(__builtin_popcount(left));
  }
}
#else
inline void part_sixteens_avx512(const std::uint8_t*, int, int, parted_rows&) noexcept {}
#endif

/// Brings the rows that go left before the others, both in their order; returns how many go left. `codes`: of all rows
/// in the split's column, with three bytes more behind the last; `right`: room for as many rows, and sixteen.
/// Precondition: by.code is below that of missing values.
inline std::size_t part_rows(const split& by, const std::uint8_t* codes, std::span<std::uint32_t> ids,
                             std::uint32_t* right, bool in_sixteens = cpu_has_avx512()) noexcept {
  std::uint8_t goes_left[256];
  for (unsigned code = 0; code < 256; ++code) goes_left[code] = by.goes_left(static_cast<std::uint8_t>(code)) ? 1 : 0;
  parted_rows rows{ids.data(), right, ids.size()};
  if (in_sixteens && !by.parts_categories) part_sixteens_avx512(codes, by.code, by.missing_left ? 1 : 0, rows);
  std::size_t on_right = rows.done - rows.on_left;
  for (std::size_t i = rows.done; i < rows.count; ++i) {
    const std::uint32_t id = ids[i];
    const std::size_t is_left = goes_left[codes[id]];
    ids[rows.on_left] = id;
    right[on_right] = id;
    rows.on_left += is_left;
    on_right += 1 - is_left;
  }
  if (on_right > 0) std::memcpy(ids.data() + rows.on_left, right, on_right * sizeof(std::uint32_t));
  return rows.on_left;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_PART_ROWS_HPP
