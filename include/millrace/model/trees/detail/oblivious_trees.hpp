#ifndef MILLRACE_MODEL_TREES_DETAIL_OBLIVIOUS_TREES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_OBLIVIOUS_TREES_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/transposed_rows.hpp>
#include <millrace/model/trees/detail/tree_walks.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What all nodes of a level ask. A row goes right if its number is above this one, or, of a category, unless its
/// number without its fraction is this one. Missing numbers of categories go right.
struct oblivious_split {
  float number = 0;
  std::uint32_t what = 0;  // the column (16 bits), whether this is a category, whether a missing number goes right

  static oblivious_split of(float number, std::uint32_t column, bool category, bool missing_right) noexcept {
    return {number, column | (category ? 1U : 0U) << 16 | (missing_right ? 1U : 0U) << 17};
  }
  std::uint32_t column() const noexcept { return what & 0xffffU; }
  bool is_category() const noexcept { return (what >> 16 & 1U) != 0; }
  std::uint32_t missing_right() const noexcept { return what >> 17; }
};

/// A tree as kernels see it: a split a level, from the root on, each of which adds a bit to the leaf's number.
struct oblivious_tree {
  const oblivious_split* splits = nullptr;
  const double* values = nullptr;
  unsigned depth = 0;
  bool has_categories = false;
};

/// Trees once more, all of whose nodes of a level ask the same: no walk has to wait for where the last step led, so
/// that a batch's leaves are found with a comparison a level for as many rows as a register holds.
class oblivious_trees {
 public:
  std::size_t trees() const noexcept { return roots_.size(); }
  /// The first columns of a row, which some split asks for.
  std::size_t columns() const noexcept { return missing_.size(); }
  /// Whether a column's missing numbers go right, at each split; else left.
  bool missing_right(std::size_t column) const noexcept { return missing_[column] == right; }

  oblivious_tree operator[](std::size_t tree) const noexcept {
    const root& of = roots_[tree];
    return {splits_.data() + of.split, values_.data() + of.value, of.depth, of.has_categories};
  }

  /// Adds a tree, or returns false, and adds nothing, where its nodes of some level differ, or where missing numbers of
  /// a column go left here and right there.
  template <class Node, class Record>
  bool add(std::span<const Node> nodes, std::span<const Record> records, std::span<const std::uint64_t> sets) {
    root made{splits_.size(), values_.size(), 0, false};
    flat_vector<std::uint32_t> level(1);
    flat_vector<std::uint32_t> below;
    const auto fails = [&] {
      splits_.truncate(made.split);
      return false;
    };
    while (nodes[level[0]].left != level[0]) {
      oblivious_split split;
      if (!find_split(nodes[level[0]], records[level[0]], sets, split)) return fails();
      below.clear();
      for (const std::uint32_t at : level) {
        if (!is_alike(nodes, records, at, level[0])) return fails();
        below.push_back(nodes[at].left);
        below.push_back(nodes[at].left + 1);
      }
      level.swap(below);
      splits_.push_back(split);
      made.has_categories = made.has_categories || split.is_category();
      ++made.depth;
    }
    for (const std::uint32_t at : level)
      if (nodes[at].left != at) return fails();
    if (!settle_columns(made.split)) return fails();
    for (const std::uint32_t at : level) values_.push_back(records[at].value);
    roots_.push_back(made);
    return true;
  }
  void keep(std::size_t trees) {
    if (trees >= roots_.size()) return;
    splits_.truncate(roots_[trees].split);
    values_.resize(roots_[trees].value);
    roots_.truncate(trees);
  }

  /// The sum of one row's values in trees `first`, `first + stride`, ..
  double sum(std::size_t first, std::size_t stride, const float* row) const noexcept {
    return has_missing(row, columns()) ? sum_of_row<true>(first, stride, row) : sum_of_row<false>(first, stride, row);
  }

 private:
  static constexpr std::uint8_t left = 1, right = 2;
  static constexpr std::uint32_t most_categories = std::uint32_t{1} << 24;

  struct root {
    std::size_t split = 0;
    std::size_t value = 0;
    unsigned depth = 0;
    bool has_categories = false;
  };

  template <bool Missing>
  double sum_of_row(std::size_t first, std::size_t stride, const float* row) const noexcept {
    double total = 0;
    for (std::size_t tree = first; tree < roots_.size(); tree += stride) {
      const oblivious_tree of = (*this)[tree];
      total += of.values[of.has_categories ? leaf_of<Missing, true>(of, row) : leaf_of<Missing, false>(of, row)];
    }
    return total;
  }
  template <bool Missing, bool Categories>
  static std::size_t leaf_of(const oblivious_tree& tree, const float* row) noexcept {
    std::size_t leaf = 0;
    for (unsigned i = 0; i < tree.depth; ++i) {
      const oblivious_split split = tree.splits[i];
      const float x = row[split.column()];
      auto way = static_cast<std::uint32_t>(x > split.number);
      if constexpr (Missing) way |= static_cast<std::uint32_t>(x != x) & split.missing_right();
      if constexpr (Categories)
        if (split.is_category()) way = x >= split.number && x < split.number + 1.0F ? 0 : 1;
      leaf = 2 * leaf + way;
    }
    return leaf;
  }

  template <class Node, class Record>
  static bool find_split(const Node& node, const Record& record, std::span<const std::uint64_t> sets,
                         oblivious_split& to) {
    if (node.rule == 0) {  // by a threshold
      to = oblivious_split::of(node.threshold, node.column, false, node.missing_right != 0);
      // A missing number that goes right is taken for infinity.
      return node.missing_right == 0 || node.threshold < std::numeric_limits<float>::infinity();
    }
    if (node.rule != 3 || node.missing_right == 0) return false;
    // A set of one category. That and the next one are floats.
    std::uint32_t category = most_categories;
    for (std::uint32_t word = 0; word * 64 < record.set_size; ++word) {
      const std::uint32_t left_over = record.set_size - word * 64;
      const std::uint64_t bits =
          sets[record.set + word] & (left_over < 64 ? (std::uint64_t{1} << left_over) - 1 : ~0ULL);
      if (bits == 0) continue;
      if (category != most_categories || !std::has_single_bit(bits)) return false;
      category = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
    }
    if (category >= most_categories) return false;
    to = oblivious_split::of(static_cast<float>(category), node.column, true, true);
    return true;
  }
  template <class Node, class Record>
  static bool is_alike(std::span<const Node> nodes, std::span<const Record> records, std::uint32_t at,
                       std::uint32_t first) noexcept {
    const Node& a = nodes[at];
    const Node& b = nodes[first];
    return a.left != at && a.column == b.column && a.rule == b.rule && a.missing_right == b.missing_right &&
           (a.rule == 0 ? a.threshold == b.threshold
                        : records[at].set == records[first].set && records[at].set_size == records[first].set_size);
  }
  bool settle_columns(std::size_t first_split) {
    for (std::size_t i = first_split; i < splits_.size(); ++i) {
      const oblivious_split& split = splits_[i];
      if (split.column() >= missing_.size()) missing_.resize(split.column() + std::size_t{1});
      std::uint8_t& goes = missing_[split.column()];
      const std::uint8_t wanted = split.missing_right() != 0 ? right : left;
      if (goes != 0 && goes != wanted) return false;
      goes = wanted;
    }
    return true;
  }

  flat_vector<oblivious_split> splits_;
  std::vector<double> values_;
  flat_vector<root> roots_;
  flat_vector<std::uint8_t> missing_;  // of each column, where missing numbers go, or 0 if no split asks for it
};

/// The numbers of the leaves that `Bytes / 2` rows fall into, from `tile` on, whose columns are a tile's.
template <std::size_t Bytes, bool Categories>
[[gnu::always_inline]] inline void find_leaves(const oblivious_tree& tree, const float* tile,
                                               vector<std::int32_t, Bytes> (&leaves)[2]) noexcept {
  using numbers = vector<float, Bytes>;
  using places = vector<std::int32_t, Bytes>;
  leaves[0] = leaves[1] = places{};
  for (unsigned i = 0; i < tree.depth; ++i) {
    const oblivious_split& split = tree.splits[i];
    const float* const from = tile + split.column() * rows_of_tile;
    const numbers number = split.number - numbers{};  // minus 0 changes no number: nothing is subtracted
    for (std::size_t half = 0; half < 2; ++half) {
      numbers x;
      load_vector(x, from + half * Bytes / sizeof(float));
      places way = x > number;
      if constexpr (Categories)
        if (split.is_category()) way = ~((x >= number) & (x < number + 1.0F));
      leaves[half] = leaves[half] + leaves[half] - way;
    }
  }
}
#if defined(__x86_64__)
/// Adds the values of a tile's leaves. Not inlined, since its instructions are no part of kernels for other CPUs.
MILLRACE_X86_TARGET("avx512f")
inline void add_leaves_avx512(const double* values, const std::uint32_t* leaves, double* sums) noexcept {
  static_assert(rows_of_tile == 32);
  sixteen_walks walks[2];
  load_vector(walks[0], leaves);
  load_vector(walks[1], leaves + 16);
  walks[0].add_values(values, sums);
  walks[1].add_values(values, sums + 16);
}
#endif

template <std::size_t Bytes, bool Categories>
[[gnu::always_inline]] inline void add_oblivious_values(const oblivious_tree& tree, const tile_range& tiles,
                                                        double* sums) noexcept {
  constexpr std::size_t lanes = 2 * Bytes / sizeof(float);
  for (std::size_t i = 0; i < tiles.count; ++i) {
    for (std::size_t first = 0; first < rows_of_tile; first += lanes) {
      vector<std::int32_t, Bytes> found[2];
      find_leaves<Bytes, Categories>(tree, tiles.first + i * tiles.numbers + first, found);
      std::uint32_t leaves[lanes];
      store_vector(leaves, found);
      double* const to = sums + i * rows_of_tile + first;
#if defined(__x86_64__)
      if constexpr (lanes == rows_of_tile) {
        add_leaves_avx512(tree.values, leaves, to);
        continue;
      }
#endif
      for (std::size_t k = 0; k < lanes; ++k) to[k] += tree.values[leaves[k]];
    }
  }
}
template <std::size_t Bytes>
[[gnu::always_inline]] inline void add_oblivious_body(const oblivious_tree& tree, const tile_range& tiles,
                                                      double* sums) noexcept {
  if (tree.has_categories)
    add_oblivious_values<Bytes, true>(tree, tiles, sums);
  else
    add_oblivious_values<Bytes, false>(tree, tiles, sums);
}
inline void add_oblivious_baseline(const oblivious_tree& tree, const tile_range& tiles, double* sums) noexcept {
  add_oblivious_body<16>(tree, tiles, sums);
}
MILLRACE_X86_TARGET("avx2")
inline void add_oblivious_avx2(const oblivious_tree& tree, const tile_range& tiles, double* sums) noexcept {
  add_oblivious_body<32>(tree, tiles, sums);
}
MILLRACE_X86_TARGET("avx512f")
inline void add_oblivious_avx512(const oblivious_tree& tree, const tile_range& tiles, double* sums) noexcept {
  add_oblivious_body<64>(tree, tiles, sums);
}

/// The sums of many rows, the same bits as one by one: as tile_sums, of oblivious trees.
class oblivious_sums {
 public:
  using kernel = void (*)(const oblivious_tree&, const tile_range&, double*) noexcept;

  explicit oblivious_sums(const oblivious_trees& trees, kernel add = of_this_cpu()) noexcept
      : trees_(trees), add_(add) {}

  /// Rows that are better asked together than one by one.
  static constexpr std::size_t fewest = 12;

  /// As tile_sums::run.
  std::size_t run(const matrix_view& rows, std::size_t begin, std::size_t first, std::size_t step, double* out,
                  std::size_t width) noexcept {
    const std::size_t numbers = trees_.columns() * rows_of_tile;
    const std::size_t count = tile_room::rows_in(rows.rows() - begin, tile_room::tiles_of(numbers), fewest);
    if (count == 0) return 0;
    const std::size_t tiles = (count + rows_of_tile - 1) / rows_of_tile;
    for (std::size_t tile = 0; tile < tiles; ++tile)
      fill(rows, begin + tile * rows_of_tile, begin + count, room_.numbers + tile * numbers);
    for (std::size_t i = 0; i < tiles * rows_of_tile; ++i) room_.sums[i] = 0;
    for (std::size_t tree = first; tree < trees_.trees(); tree += step)
      add_(trees_[tree], {room_.numbers, numbers, tiles}, room_.sums);
    for (std::size_t i = 0; i < count; ++i) out[i * width] = room_.sums[i];
    return count;
  }

 private:
  static kernel of_this_cpu() noexcept {
    return cpu_has_avx512() ? add_oblivious_avx512 : cpu_has_avx2() ? add_oblivious_avx2 : add_oblivious_baseline;
  }

  /// Behind the last row, that one is there again. A missing number that goes right is infinity; others are above
  /// nothing as they are.
  void fill(const matrix_view& rows, std::size_t begin, std::size_t end, float* tile) const noexcept {
    const auto row = [&](std::size_t i) { return rows.row(begin + i < end ? begin + i : end - 1).data(); };
    for (std::size_t i = 0; i < rows_of_tile; i += 4) {
      const float* const four[4] = {row(i), row(i + 1), row(i + 2), row(i + 3)};
      transpose_four_rows<rows_of_tile>(four, trees_.columns(), tile + i);
    }
    for (std::size_t column = 0; column < trees_.columns(); ++column) {
      if (!trees_.missing_right(column)) continue;
      float* const numbers = tile + column * rows_of_tile;
      for (std::size_t i = 0; i < rows_of_tile; ++i)
        numbers[i] = numbers[i] == numbers[i] ? numbers[i] : std::numeric_limits<float>::infinity();
    }
  }

  const oblivious_trees& trees_;
  kernel add_;
  tile_room room_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_OBLIVIOUS_TREES_HPP
