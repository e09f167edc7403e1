#ifndef MILLRACE_MODEL_TREES_DETAIL_ISOLATION_TREES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_ISOLATION_TREES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/transposed_rows.hpp>

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
  std::uint32_t column = 0;  // times eight: where it begins in a tile of rows
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

  /// The sums of rows' path lengths: the same bits as one by one. Eight rows walk through a tree side by side, in tiles
  /// that hold a column's eight numbers together; as many tiles as stay near use a tree before the next one does.
  void sums(const matrix_view& rows, double* out) const noexcept {
    constexpr std::size_t room = 4096;
    constexpr std::size_t most_tiles = 16;
    const std::size_t tile_size = rows.columns() * tile_rows;
    std::size_t done = 0;
    if (tile_size <= room) {
      float tiles[room];
      const std::size_t fitting = room / tile_size < most_tiles ? room / tile_size : most_tiles;
      while (rows.rows() - done >= tile_rows) {
        const std::size_t whole = (rows.rows() - done) / tile_rows;
        const std::size_t count = whole < fitting ? whole : fitting;
        fill(rows, done, count, tiles);
        sum_tiles(tiles, tile_size, count, out + done);
        for (std::size_t i = done; i < done + count * tile_rows; ++i)
          if (has_missing(rows.row(i).data(), rows.columns())) out[i] = sum_with_missing(rows.row(i).data());
        done += count * tile_rows;
      }
    }
    for (; done < rows.rows(); ++done) out[done] = sum(rows.row(done).data(), rows.columns());
  }

 private:
  static constexpr std::size_t tile_rows = 8;

  /// Where eight walks are. Spelled out, because g++ unrolls no loop at -O2, and places in an array stay in memory.
  struct eight_places {
    std::size_t a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1;

    template <class Step>
    [[gnu::always_inline]] void step(Step step) noexcept {
      a = step(0, a), b = step(1, b), c = step(2, c), d = step(3, d);
      e = step(4, e), f = step(5, f), g = step(6, g), h = step(7, h);
    }
    template <class Place>
    [[gnu::always_inline]] void set(Place place) noexcept {
      a = place(0), b = place(1), c = place(2), d = place(3), e = place(4), f = place(5), g = place(6), h = place(7);
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
  static void fill(const matrix_view& rows, std::size_t first, std::size_t count, float* tiles) noexcept {
    const auto row = [&](std::size_t i) { return rows.row(first + i).data(); };
    for (std::size_t i = 0; i < count * tile_rows; i += 4) {
      const float* const four[4] = {row(i), row(i + 1), row(i + 2), row(i + 3)};
      float* const tile = tiles + i / tile_rows * (rows.columns() * tile_rows);
      transpose_four_rows<tile_rows>(four, rows.columns(), tile + i % tile_rows);
    }
  }
  /// Eight rows' answers in a split: -1 where the row goes right.
  using answers = vector<std::int32_t, 4 * tile_rows>;
  [[gnu::always_inline]] static void ask(answers& right, const isolation_split& split, const float* tile) noexcept {
    using v = vector<float, 4 * tile_rows>;
    const float t = split.threshold;
    v x;
    load_vector(x, tile + split.column);
    right = x > v{t, t, t, t, t, t, t, t};
  }
  /// Where eight rows are after four levels. Vectors ask all fifteen splits of these levels, which takes fewer
  /// instructions than four steps of each row.
  [[gnu::always_inline]] static void four_levels(const isolation_split* tree, const float* tile,
                                                 eight_places& at) noexcept {
    answers right[16];
    for (std::size_t k = 1; k < 16; ++k) ask(right[k], tree[k], tile);
    const answers first = right[1];
    const answers second = first ? right[3] : right[2];
    const answers third = first ? (second ? right[7] : right[6]) : (second ? right[5] : right[4]);
    const answers low = second ? (third ? right[11] : right[10]) : (third ? right[9] : right[8]);
    const answers high = second ? (third ? right[15] : right[14]) : (third ? right[13] : right[12]);
    const answers place = 16 - 8 * first - 4 * second - 2 * third - (first ? high : low);
    std::int32_t places[tile_rows];
    store_vector(places, place);
    at.set([&](std::size_t k) { return static_cast<std::size_t>(places[k]); });
  }

  [[gnu::always_inline]] inline void sum_tiles_body(const float* tiles, std::size_t tile_size, std::size_t count,
                                                    double* out) const noexcept {
    for (std::size_t i = 0; i < count * tile_rows; ++i) out[i] = 0;
    for (std::size_t tree = 0; tree < trees_; ++tree) {
      const isolation_split* const first = splits_.data() + (tree << depth_);
      const double* const paths = paths_.data() + (tree << depth_);
      // Two tiles side by side: a step waits for two reads from memory, during which others go on.
      for (std::size_t t = 0; t < count; t += 2) {
        const bool both = t + 1 < count;
        const float* const tile = tiles + t * tile_size;
        const float* const next = both ? tile + tile_size : tile;
        eight_places at, next_at;
        unsigned level = 0;
        if (depth_ >= 4) {
          four_levels(first, tile, at);
          four_levels(first, next, next_at);
          level = 4;
        }
        for (; level < depth_; ++level) {
          at.step([&](std::size_t k, std::size_t place) { return tile_step(first, tile + k, place); });
          next_at.step([&](std::size_t k, std::size_t place) { return tile_step(first, next + k, place); });
        }
        double* const sum = out + t * tile_rows;
        at.for_each([&](std::size_t k, std::size_t place) { sum[k] += paths[leaf(place)]; });
        if (both) next_at.for_each([&](std::size_t k, std::size_t place) { sum[tile_rows + k] += paths[leaf(place)]; });
      }
    }
  }
  void sum_tiles_baseline(const float* tiles, std::size_t tile_size, std::size_t count, double* out) const noexcept {
    sum_tiles_body(tiles, tile_size, count, out);
  }
  MILLRACE_X86_TARGET("avx2")
  void sum_tiles_avx2(const float* tiles, std::size_t tile_size, std::size_t count, double* out) const noexcept {
    sum_tiles_body(tiles, tile_size, count, out);
  }
  void sum_tiles(const float* tiles, std::size_t tile_size, std::size_t count, double* out) const noexcept {
    if (cpu_has_avx2())
      sum_tiles_avx2(tiles, tile_size, count, out);
    else
      sum_tiles_baseline(tiles, tile_size, count, out);
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
