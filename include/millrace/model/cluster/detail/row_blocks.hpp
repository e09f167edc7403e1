#ifndef MILLRACE_MODEL_CLUSTER_DETAIL_ROW_BLOCKS_HPP
#define MILLRACE_MODEL_CLUSTER_DETAIL_ROW_BLOCKS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Rows of a block: they lie side by side, so that a vector holds one column of several rows.
inline constexpr std::size_t block_rows = 16;
/// Centres of a group: their distances from a block are computed together, from one load of the rows.
inline constexpr std::size_t group_centres = 4;

/// Of the rows of a block: the nearest centre, and the squared distances from it and from the second nearest.
struct block_nearest {
  std::int32_t label[block_rows];
  float best[block_rows];
  float second[block_rows];
};

/// Adds the square of how far rows are apart from a centre, in one column. Without fused operations, so every CPU finds
/// the same bits.
template <class V>
[[gnu::always_inline]] inline void add_square(V& sum, const V& x, float centre) noexcept {
  const V apart = x - centre;
  V square = apart * apart;
  rounded(square);
  sum += square;
}

/// The squared distances of a vector of rows from a group of centres, in single precision: a lane adds up its columns
/// in their order. Spelled out, because g++ unrolls no loop at -O2, and sums in an array stay in memory.
template <class V>
struct group_distances {
  V a{}, b{}, c{}, d{};

  [[gnu::always_inline]] void add(const float* rows, std::size_t columns, const float* centres) noexcept {
    for (std::size_t column = 0; column < columns; ++column, rows += block_rows, centres += group_centres) {
      V x;
      load_vector(x, rows);
      add_square(a, x, centres[0]);
      add_square(b, x, centres[1]);
      add_square(c, x, centres[2]);
      add_square(d, x, centres[3]);
    }
  }
};

/// Of `blocks` blocks, the distances from the first `Count` centres of one group, 1 or 4: as many times 16 numbers a
/// block.
template <std::size_t Bytes, std::size_t Count>
[[gnu::always_inline]] inline void distances_body(const float* rows, std::size_t blocks, std::size_t columns,
                                                  const float* centres, float* out) noexcept {
  using v = vector<float, Bytes>;
  for (std::size_t b = 0; b < blocks; ++b, rows += block_rows * columns, out += Count * block_rows)
    for (std::size_t first = 0; first < block_rows; first += Bytes / 4) {
      if constexpr (Count == 1) {
        v sum{};
        for (std::size_t c = 0; c < columns; ++c) {
          v x;
          load_vector(x, rows + first + c * block_rows);
          add_square(sum, x, centres[c * group_centres]);
        }
        store_vector(out + first, sum);
      } else {
        group_distances<v> sum;
        sum.add(rows + first, columns, centres);
        store_vector(out + first, sum.a);
        store_vector(out + block_rows + first, sum.b);
        store_vector(out + 2 * block_rows + first, sum.c);
        store_vector(out + 3 * block_rows + first, sum.d);
      }
    }
}

/// The nearest of the centres so far, for each of a vector of rows.
template <std::size_t Bytes>
struct nearest_lanes {
  using v = vector<float, Bytes>;
  using w = vector<std::int32_t, Bytes>;
  v best = v{} + std::numeric_limits<float>::infinity();
  v second = v{} + std::numeric_limits<float>::infinity();
  w label{};

  [[gnu::always_inline]] void add(const v& squared, std::int32_t centre) noexcept {
    const w nearer = squared < best;
    const v other = nearer ? best : squared;
    second = other < second ? other : second;
    best = nearer ? squared : best;
    label = nearer ? w{} + centre : label;
  }
};
/// Of `blocks` blocks, the nearest of the centres of `groups` groups.
template <std::size_t Bytes>
[[gnu::always_inline]] inline void nearest_body(const float* rows, std::size_t blocks, std::size_t columns,
                                                const float* centres, std::size_t groups, block_nearest* out) noexcept {
  using v = vector<float, Bytes>;
  for (std::size_t b = 0; b < blocks; ++b, rows += block_rows * columns, ++out)
    for (std::size_t first = 0; first < block_rows; first += Bytes / 4) {
      nearest_lanes<Bytes> found;
      for (std::size_t g = 0; g < groups; ++g) {
        group_distances<v> sum;
        sum.add(rows + first, columns, centres + g * group_centres * columns);
        const auto k = static_cast<std::int32_t>(g * group_centres);
        found.add(sum.a, k);
        found.add(sum.b, k + 1);
        found.add(sum.c, k + 2);
        found.add(sum.d, k + 3);
      }
      store_vector(out->label + first, found.label);
      store_vector(out->best + first, found.best);
      store_vector(out->second + first, found.second);
    }
}

template <std::size_t Count>
void distances_baseline(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                        float* out) noexcept {
  distances_body<16, Count>(rows, blocks, columns, centres, out);
}
template <std::size_t Count>
MILLRACE_X86_TARGET("avx2")
void distances_avx2(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                    float* out) noexcept {
  distances_body<32, Count>(rows, blocks, columns, centres, out);
}
template <std::size_t Count>
MILLRACE_X86_TARGET("avx512f")
void distances_avx512(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                      float* out) noexcept {
  distances_body<64, Count>(rows, blocks, columns, centres, out);
}
template <std::size_t Count>
void distances_of_blocks(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                         float* out) noexcept {
  if (cpu_has_avx512()) return distances_avx512<Count>(rows, blocks, columns, centres, out);
  if (cpu_has_avx2()) return distances_avx2<Count>(rows, blocks, columns, centres, out);
  distances_baseline<Count>(rows, blocks, columns, centres, out);
}

inline void nearest_baseline(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                             std::size_t groups, block_nearest* out) noexcept {
  nearest_body<16>(rows, blocks, columns, centres, groups, out);
}
MILLRACE_X86_TARGET("avx2")
inline void nearest_avx2(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                         std::size_t groups, block_nearest* out) noexcept {
  nearest_body<32>(rows, blocks, columns, centres, groups, out);
}
MILLRACE_X86_TARGET("avx512f")
inline void nearest_avx512(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                           std::size_t groups, block_nearest* out) noexcept {
  nearest_body<64>(rows, blocks, columns, centres, groups, out);
}
inline void nearest_of_blocks(const float* rows, std::size_t blocks, std::size_t columns, const float* centres,
                              std::size_t groups, block_nearest* out) noexcept {
  if (cpu_has_avx512()) return nearest_avx512(rows, blocks, columns, centres, groups, out);
  if (cpu_has_avx2()) return nearest_avx2(rows, blocks, columns, centres, groups, out);
  nearest_baseline(rows, blocks, columns, centres, groups, out);
}

/// A copy of a table for the kernels: in blocks, less about the columns' means, so that single precision keeps small
/// differences of large numbers; and if its numbers are so large or small that their squares over- or underflow,
/// multiplied by a power of two.
class row_blocks {
 public:
  /// Precondition: finite numbers, at least one row and column; no weights, or one for each row.
  row_blocks(const matrix_view& rows, std::span<const float> weights)
      : rows_(rows.rows()),
        columns_(rows.columns()),
        blocks_((rows.rows() + block_rows - 1) / block_rows),
        shift_(columns_),
        numbers_(blocks_ * block_rows * columns_ + block_rows),
        weights_(blocks_ * block_rows) {
    const auto off = reinterpret_cast<std::uintptr_t>(numbers_.data()) / sizeof(float) % block_rows;
    first_ = off == 0 ? 0 : block_rows - off;  // at the start of a cache line
    for (std::size_t i = 0; i < rows_; ++i) weights_[i] = weights.empty() ? 1.0F : weights[i];
    shift_by_means(rows);
    const double most = copy(rows);
    if (most > 0 && !(most > 0x1p-40 && most < 0x1p40)) {
      int exponent = 0;
      math::frexp(most, &exponent);
      unit_ = math::ldexp(1, -exponent);
      copy(rows);
    }
  }
  row_blocks(const row_blocks&) = delete;
  row_blocks& operator=(const row_blocks&) = delete;

  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  std::size_t blocks() const noexcept { return blocks_; }
  const float* block(std::size_t at) const noexcept { return numbers_.data() + first_ + at * block_rows * columns_; }
  float at(std::size_t row, std::size_t column) const noexcept {
    return block(row / block_rows)[column * block_rows + row % block_rows];
  }
  /// Of all rows, and 0 for the places behind them in the last block.
  const float* weights() const noexcept { return weights_.data(); }
  /// The mean of the columns' variances.
  double variance() const noexcept { return variance_; }
  /// What a coordinate of the copy was in the table.
  double original(double x, std::size_t column) const noexcept { return x / unit_ + shift_[column]; }

 private:
  /// The means of up to 1,024 rows, evenly spread: near enough.
  void shift_by_means(const matrix_view& rows) noexcept {
    const std::size_t step = (rows_ + 1023) / 1024;
    double count = 0;
    for (std::size_t i = 0; i < rows_; i += step, ++count)
      for (std::size_t c = 0; c < columns_; ++c) shift_[c] += double{rows(i, c)};
    for (double& one : shift_) one /= count;
  }
  /// Returns the largest absolute number before it is multiplied by the unit.
  double copy(const matrix_view& rows) noexcept {
    using v = vector<double, 16>;
    v most{}, squares{};
    variance_ = 0;
    for (std::size_t b = 0; b < blocks_; ++b) {
      const std::size_t here = rows_ - b * block_rows < block_rows ? rows_ - b * block_rows : block_rows;
      float* to = block(b);
      for (std::size_t c = 0; c < columns_; ++c, to += block_rows) {
        double x[block_rows]{};
        for (std::size_t i = 0; i < here; ++i) x[i] = (double{rows(b * block_rows + i, c)} - shift_[c]) * unit_;
        for (std::size_t i = 0; i < block_rows; i += 2) {
          v pair;
          load_vector(pair, x + i);
          v square = pair * pair;
          rounded(square);
          squares += square;
          most = square > most ? square : most;
        }
        for (std::size_t i = 0; i < block_rows; ++i) to[i] = static_cast<float>(x[i]);
      }
    }
    variance_ = (squares[0] + squares[1]) / (static_cast<double>(rows_) * static_cast<double>(columns_));
    return math::sqrt(most[0] > most[1] ? most[0] : most[1]) / unit_;
  }
  float* block(std::size_t at) noexcept { return numbers_.data() + first_ + at * block_rows * columns_; }

  std::size_t rows_;
  std::size_t columns_;
  std::size_t blocks_;
  std::size_t first_ = 0;
  double unit_ = 1;
  double variance_ = 0;
  std::vector<double> shift_;
  std::vector<float> numbers_;
  std::vector<float> weights_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CLUSTER_DETAIL_ROW_BLOCKS_HPP
