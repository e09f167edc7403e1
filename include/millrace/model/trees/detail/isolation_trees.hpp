#ifndef MILLRACE_MODEL_TREES_DETAIL_ISOLATION_TREES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_ISOLATION_TREES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/transposed_rows.hpp>
#include <millrace/model/trees/detail/upper_walk.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The mean length of an unsuccessful search in a binary search tree of `rows` keys, with ln(n - 1) + gamma for the
/// harmonic number as in the paper and in scikit-learn: 1.2074 for 3 rows, where the exact mean is 1.6667.
inline double average_path(double rows) noexcept {
  if (rows <= 1) return 0;
  if (rows <= 2) return 1;
  return 2 * (math::log(rows - 1) + 0.577215664901532861) - 2 * (rows - 1) / rows;
}

/// A split: a row goes right if its column's number is above the threshold.
struct isolation_split {
  float threshold = std::numeric_limits<float>::infinity();
  std::uint32_t column = 0;  // times the rows of a tile: where it begins in one
};

/// Trees of one depth whose leaves hold path lengths. Splits are numbered as in a heap, from 1 on: those below split k
/// are 2 k and 2 k + 1. Where a tree ends earlier, the places below its leaf hold splits that part nothing, and all
/// leaves below hold the same.
class isolation_trees {
 public:
  isolation_trees() = default;
  isolation_trees(std::size_t trees, unsigned depth)
      : trees_(trees), depth_(depth), splits_(trees << depth), missing_right_(trees << depth), paths_(trees << depth) {}

  std::size_t trees() const noexcept { return trees_; }
  unsigned depth() const noexcept { return depth_; }
  const isolation_split& split(std::size_t tree, std::size_t place) const noexcept {
    return splits_[(tree << depth_) + place];
  }
  std::size_t column(std::size_t tree, std::size_t place) const noexcept {
    return split(tree, place).column / tile_rows;
  }
  bool missing_right(std::size_t tree, std::size_t place) const noexcept {
    return missing_right_[(tree << depth_) + place] != 0;
  }
  /// Whether a tree ends at a place on a level above the last.
  bool ends(std::size_t tree, std::size_t place) const noexcept {
    return split(tree, place).threshold == std::numeric_limits<float>::infinity();
  }
  /// The path length below a place on a level, where the tree ends.
  double path(std::size_t tree, std::size_t place, unsigned level) const noexcept {
    return paths_[(tree << depth_) + first_leaf(place, level)];
  }
  /// Precondition: a finite threshold.
  void set_split(std::size_t tree, std::size_t place, std::size_t column, float threshold,
                 bool missing_right) noexcept {
    splits_[(tree << depth_) + place] = {threshold, static_cast<std::uint32_t>(column * tile_rows)};
    missing_right_[(tree << depth_) + place] = missing_right ? 1 : 0;
  }
  void set_path(std::size_t tree, std::size_t place, unsigned level, double path) noexcept {
    double* const first = paths_.data() + (tree << depth_) + first_leaf(place, level);
    for (std::size_t k = 0; k < std::size_t{1} << (depth_ - level); ++k) first[k] = path;
  }

  /// The sum of a row's path lengths, in the order of the trees.
  double sum(const float* row, std::size_t columns) const noexcept {
    if (has_missing(row, columns)) return sum_with_missing(row);
    double total = 0;
    std::size_t tree = 0;
    for (; tree + 8 <= trees_; tree += 8) {
      const isolation_split* const first = splits_.data() + (tree << depth_);
      eight_places at;
      for (unsigned level = 0; level < depth_; ++level)
        at.step([&](std::size_t k, std::size_t place) { return row_step(first + (k << depth_), row, place); });
      const double* const paths = paths_.data() + (tree << depth_);
      at.for_each([&](std::size_t k, std::size_t place) { total += paths[(k << depth_) + leaf(place)]; });
    }
    for (; tree < trees_; ++tree) {
      std::size_t place = 1;
      for (unsigned level = 0; level < depth_; ++level) place = row_step(splits_.data() + (tree << depth_), row, place);
      total += paths_[(tree << depth_) + leaf(place)];
    }
    return total;
  }

  /// The sums of rows' path lengths: the same bits as one by one. Rows walk through a tree side by side, in tiles that
  /// hold a column's numbers together; as many tiles as stay near use a tree before the next one does.
  void sums(const matrix_view& rows, double* out) const noexcept { sums(rows, out, kernel_of_this_cpu()); }

  using tile_kernel = void (isolation_trees::*)(const float*, std::size_t, std::size_t, double*) const noexcept;
  void sums(const matrix_view& rows, double* out, tile_kernel kernel) const noexcept {
    std::size_t done = rows.rows() >= fewest ? sums_by_tiles(rows, out, kernel) : 0;
    for (; done < rows.rows(); ++done) out[done] = sum(rows.row(done).data(), rows.columns());
  }
  /// The kernel for vectors of 16, 32 (AVX2) or 64 bytes (AVX-512).
  static tile_kernel kernel_of(std::size_t bytes) noexcept {
    if (bytes == 64) return &isolation_trees::sum_tiles_avx512;
    return bytes == 32 ? &isolation_trees::sum_tiles_avx2 : &isolation_trees::sum_tiles_baseline;
  }
  static tile_kernel kernel_of_this_cpu() noexcept {
    return kernel_of(cpu_has_avx512() ? 64 : cpu_has_avx2() ? 32 : 16);
  }

 private:
  static constexpr std::size_t tile_rows = 32;
  static constexpr std::size_t most_tiles = 8;
  /// Rows that are better asked together than one by one.
  static constexpr std::size_t fewest = 16;

  /// Returns how many rows it has answered; the last few are left, or all, where a tile would not fit.
  std::size_t sums_by_tiles(const matrix_view& rows, double* out, tile_kernel kernel) const noexcept {
    constexpr std::size_t room = 16'384;
    alignas(64) float tiles[room];
    double found[most_tiles * tile_rows];
    const std::size_t tile_size = rows.columns() * tile_rows;
    const std::size_t fitting = room / tile_size < most_tiles ? room / tile_size : most_tiles;
    std::size_t done = 0;
    while (fitting > 0 && rows.rows() - done >= fewest) {
      const std::size_t left = rows.rows() - done;
      std::size_t count = left < fitting * tile_rows ? left : fitting * tile_rows;
      if (count > tile_rows && count % tile_rows < fewest) count -= count % tile_rows;
      const std::size_t used = (count + tile_rows - 1) / tile_rows;
      fill(rows, done, done + count, used, tiles);
      (this->*kernel)(tiles, tile_size, used, found);
      for (std::size_t i = 0; i < count; ++i) {
        const float* const row = rows.row(done + i).data();
        out[done + i] = has_missing(row, rows.columns()) ? sum_with_missing(row) : found[i];
      }
      done += count;
    }
    return done;
  }

  /// Where eight walks are. Spelled out, because g++ unrolls no loop at -O2, and places in an array stay in memory.
  struct eight_places {
    std::size_t a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1;

    template <class Step>
    [[gnu::always_inline]] void step(Step step) noexcept {
      a = step(0, a), b = step(1, b), c = step(2, c), d = step(3, d);
      e = step(4, e), f = step(5, f), g = step(6, g), h = step(7, h);
    }
    template <class F>
    [[gnu::always_inline]] void for_each(F use) const noexcept {
      use(0, a), use(1, b), use(2, c), use(3, d), use(4, e), use(5, f), use(6, g), use(7, h);
    }
  };

  std::size_t first_leaf(std::size_t place, unsigned level) const noexcept { return leaf(place << (depth_ - level)); }
  std::size_t leaf(std::size_t place) const noexcept { return place - (std::size_t{1} << depth_); }
  [[gnu::always_inline]] static std::size_t row_step(const isolation_split* tree, const float* row,
                                                     std::size_t place) noexcept {
    const isolation_split& split = tree[place];
    return 2 * place + (row[split.column / tile_rows] > split.threshold ? 1 : 0);
  }
  [[gnu::always_inline]] static std::size_t tile_step(const isolation_split* tree, const float* tile,
                                                      std::size_t place) noexcept {
    const isolation_split& split = tree[place];
    return 2 * place + (tile[split.column] > split.threshold ? 1 : 0);
  }
  double sum_with_missing(const float* row) const noexcept {
    double total = 0;
    for (std::size_t tree = 0; tree < trees_; ++tree) {
      std::size_t place = 1;
      for (unsigned level = 0; level < depth_; ++level) {
        const float x = row[split(tree, place).column / tile_rows];
        const bool right = math::is_nan(x) ? missing_right(tree, place) : x > split(tree, place).threshold;
        place = 2 * place + (right ? 1 : 0);
      }
      total += paths_[(tree << depth_) + leaf(place)];
    }
    return total;
  }
  /// Fills tiles with rows from `first` on; behind the last one, with that one again.
  static void fill(const matrix_view& rows, std::size_t first, std::size_t end, std::size_t count,
                   float* tiles) noexcept {
    const auto row = [&](std::size_t i) { return rows.row(first + i < end ? first + i : end - 1).data(); };
    for (std::size_t i = 0; i < count * tile_rows; i += 4) {
      const float* const four[4] = {row(i), row(i + 1), row(i + 2), row(i + 3)};
      float* const tile = tiles + i / tile_rows * (rows.columns() * tile_rows);
      transpose_four_rows<tile_rows>(four, rows.columns(), tile + i % tile_rows);
    }
  }

  static constexpr unsigned upper_levels = 5;

  /// A tree's upper levels, for rows of a tile from some row on.
  struct upper {
    const isolation_split* tree;
    const float* tile;

    [[gnu::always_inline]] std::uint32_t exit(std::uint32_t k) const noexcept { return (1U << upper_levels) + k; }
    [[gnu::always_inline]] float threshold(std::uint32_t place) const noexcept { return tree[place].threshold; }
    [[gnu::always_inline]] const float* numbers(std::uint32_t place) const noexcept {
      return tile + tree[place].column;
    }
  };

  /// Adds a tree's path lengths of two vectors of rows.
  template <std::size_t Bytes>
  [[gnu::always_inline]] void add_paths(const isolation_split* tree, const double* paths, const float* tile,
                                        double* sums) const noexcept {
    constexpr std::size_t lanes = 2 * Bytes / sizeof(float);
    std::uint32_t places[lanes];
    unsigned reached = 0;
    if (depth_ >= upper_levels) {
      const upper above{tree, tile};
      vector<std::int32_t, Bytes> at[2];
      upper_walk<upper_levels, Bytes, upper>{above}.run(at[0], at[1]);
      store_vector(places, at);
      reached = upper_levels;
    } else {
      for (std::uint32_t& place : places) place = 1;
    }
    for (std::size_t row = 0; row < lanes; row += 8) {
      const std::uint32_t* const p = places + row;
      eight_places at{p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]};
      for (unsigned level = reached; level < depth_; ++level)
        at.step([&](std::size_t k, std::size_t place) { return tile_step(tree, tile + row + k, place); });
      at.for_each([&](std::size_t k, std::size_t place) { sums[row + k] += paths[leaf(place)]; });
    }
  }
  template <std::size_t Bytes>
  [[gnu::always_inline]] void sum_tiles_body(const float* tiles, std::size_t tile_size, std::size_t count,
                                             double* out) const noexcept {
    for (std::size_t i = 0; i < count * tile_rows; ++i) out[i] = 0;
    for (std::size_t tree = 0; tree < trees_; ++tree)
      for (std::size_t t = 0; t < count; ++t)
        for (std::size_t row = 0; row < tile_rows; row += 2 * Bytes / sizeof(float))
          add_paths<Bytes>(splits_.data() + (tree << depth_), paths_.data() + (tree << depth_),
                           tiles + t * tile_size + row, out + t * tile_rows + row);
  }
  void sum_tiles_baseline(const float* tiles, std::size_t tile_size, std::size_t count, double* out) const noexcept {
    sum_tiles_body<16>(tiles, tile_size, count, out);
  }
  MILLRACE_X86_TARGET("avx2")
  void sum_tiles_avx2(const float* tiles, std::size_t tile_size, std::size_t count, double* out) const noexcept {
    sum_tiles_body<32>(tiles, tile_size, count, out);
  }
  MILLRACE_X86_TARGET("avx512f")
  void sum_tiles_avx512(const float* tiles, std::size_t tile_size, std::size_t count, double* out) const noexcept {
    sum_tiles_body<64>(tiles, tile_size, count, out);
  }
  std::size_t trees_ = 0;
  unsigned depth_ = 0;
  std::vector<isolation_split> splits_;      // of each tree, 2^depth places of which the first is not used
  std::vector<std::uint8_t> missing_right_;  // whether a row whose number is missing goes right
  std::vector<double> paths_;                // of each tree, its leaves' path lengths
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_ISOLATION_TREES_HPP
