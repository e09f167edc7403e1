#ifndef MILLRACE_MODEL_TREES_DETAIL_TRANSPOSED_ROWS_HPP
#define MILLRACE_MODEL_TREES_DETAIL_TRANSPOSED_ROWS_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Whether one of a row's first features is missing.
inline bool has_missing(const float* row, std::size_t columns) noexcept {
  using four = vector<float, 16>;
  vector<std::int32_t, 16> missing{};
  std::size_t i = 0;
  for (; i + 4 <= columns; i += 4) {
    four x;
    load_vector(x, row + i);
    missing |= x != x;
  }
  bool found = (missing[0] | missing[1] | missing[2] | missing[3]) != 0;
  for (; i < columns; ++i) found |= row[i] != row[i];
  return found;
}

/// Writes four rows into a tile that holds each column's numbers together: number c of row k goes to
/// `to[c * Apart + k]`.
template <std::size_t Apart>
inline void transpose_four_rows(const float* const (&rows)[4], std::size_t columns, float* to) noexcept {
  using four = vector<float, 16>;
  std::size_t c = 0;
  for (; c + 4 <= columns; c += 4) {
    four a;
    four b;
    four p;
    four q;
    load_vector(a, rows[0] + c);
    load_vector(b, rows[1] + c);
    load_vector(p, rows[2] + c);
    load_vector(q, rows[3] + c);
    const four low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const four high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const four other_low = __builtin_shufflevector(p, q, 0, 4, 1, 5);
    const four other_high = __builtin_shufflevector(p, q, 2, 6, 3, 7);
    float* const column = to + c * Apart;
    store_vector(column, four(__builtin_shufflevector(low, other_low, 0, 1, 4, 5)));
    store_vector(column + Apart, four(__builtin_shufflevector(low, other_low, 2, 3, 6, 7)));
    store_vector(column + 2 * Apart, four(__builtin_shufflevector(high, other_high, 0, 1, 4, 5)));
    store_vector(column + 3 * Apart, four(__builtin_shufflevector(high, other_high, 2, 3, 6, 7)));
  }
  for (; c < columns; ++c)
    for (std::size_t k = 0; k < 4; ++k) to[c * Apart + k] = rows[k][c];
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_TRANSPOSED_ROWS_HPP
