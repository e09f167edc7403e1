#ifndef MILLRACE_MODEL_TREES_DETAIL_TREE_WALKS_HPP
#define MILLRACE_MODEL_TREES_DETAIL_TREE_WALKS_HPP

#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/packed_trees.hpp>
#include <millrace/model/trees/detail/transposed_rows.hpp>
#include <millrace/model/trees/detail/upper_walk.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Where eight walks are. Spelled out, because g++ unrolls no loop at -O2, and places in an array stay in memory.
struct eight_walks {
  std::uint32_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;

  /// Takes `levels` steps, fewer if all have arrived and `uneven` trees make it worth a look.
  template <class Step>
  [[gnu::always_inline]] void walk(unsigned levels, bool uneven, Step step) noexcept {
    std::uint32_t before = 0;
    for (; levels > 0; --levels) {
      a = step(0, a), b = step(1, b), c = step(2, c), d = step(3, d);
      e = step(4, e), f = step(5, f), g = step(6, g), h = step(7, h);
      if (!uneven) continue;
      const std::uint32_t sum = a + b + c + d + e + f + g + h;  // each only grows
      if (sum == before) return;
      before = sum;
    }
  }
  template <class F>
  [[gnu::always_inline]] void for_each(F use) const noexcept {
    use(0, a), use(1, b), use(2, c), use(3, d), use(4, e), use(5, f), use(6, g), use(7, h);
  }
};

template <bool Missing>
[[gnu::always_inline]] inline std::uint32_t next_node(const packed_node& node, float x) noexcept {
  std::uint32_t right = x > node.threshold ? 1 : 0;
  if constexpr (Missing) right |= (x != x ? 1U : 0U) & node.missing_right();
  return node.left() + right;
}

/// Calls `use` with one row's value in each of eight perfect trees in turn.
template <bool Missing, class Use>
[[gnu::always_inline]] inline void walk_eight(const perfect_eight& trees, const float* row, Use use) noexcept {
  eight_walks at{8, 9, 10, 11, 12, 13, 14, 15};
  at.walk(trees.levels, false, [&](std::size_t, std::uint32_t place) {
    const perfect_node& node = trees.nodes[place];
    const float x = row[node.column];
    std::uint32_t right = x > node.threshold ? 1 : 0;
    if constexpr (Missing) right |= (x != x ? 1U : 0U) & node.missing_right;
    return 2 * place + right;
  });
  const std::uint32_t first = perfect_eight::trees << trees.levels;
  at.for_each([&](std::size_t, std::uint32_t place) { use(trees.leaves[place - first]); });
}
/// Calls `use` with one row's value in each of the trees `first`, `first + stride`, .. in turn: eight trees are walked
/// side by side, so that their reads from memory overlap. `perfect`: as perfect trees, where they are there so.
template <bool Missing, class Use>
[[gnu::always_inline]] inline void walk_row(const packed_trees& trees, bool perfect, std::size_t first,
                                            std::size_t stride, const float* row, Use use) noexcept {
  perfect = perfect && stride == 1 && first % perfect_eight::trees == 0;
  std::size_t tree = first;
  for (; tree + 7 * stride < trees.trees(); tree += 8 * stride) {
    if (perfect) {
      const perfect_eight eight = trees.eight(tree / perfect_eight::trees);
      if (eight.levels > 0) {
        walk_eight<Missing>(eight, row, use);
        continue;
      }
    }
    const packed_node* nodes[8];
    const double* values[8];
    unsigned depth = 0;
    bool uneven = false;
    for (std::size_t k = 0; k < 8; ++k) {
      const packed_tree of = trees[tree + k * stride];
      nodes[k] = of.nodes;
      values[k] = of.values;
      depth = of.depth > depth ? of.depth : depth;
      uneven = uneven || of.uneven;
    }
    eight_walks at;
    at.walk(depth, uneven, [&](std::size_t k, std::uint32_t place) {
      const packed_node node = nodes[k][place];
      return next_node<Missing>(node, row[node.column()]);
    });
    at.for_each([&](std::size_t k, std::uint32_t place) { use(values[k][place]); });
  }
  for (; tree < trees.trees(); tree += stride) {
    const packed_tree of = trees[tree];
    std::uint32_t at = 0;
    for (unsigned left = of.depth; left > 0; --left) at = next_node<Missing>(of.nodes[at], row[of.nodes[at].column()]);
    use(of.values[at]);
  }
}
template <bool Missing>
double sum_of_row(const packed_trees& trees, bool perfect, std::size_t first, std::size_t stride,
                  const float* row) noexcept {
  double total = 0;
  walk_row<Missing>(trees, perfect, first, stride, row, [&](double value) { total += value; });
  return total;
}
inline double sum_of_row(const packed_trees& trees, bool perfect, std::size_t first, std::size_t stride,
                         const float* row) noexcept {
  return has_missing(row, trees.columns()) ? sum_of_row<true>(trees, perfect, first, stride, row)
                                           : sum_of_row<false>(trees, perfect, first, stride, row);
}

/// A packed tree's upper levels, for rows of a tile from some row on.
template <unsigned Levels, bool Missing>
struct packed_upper {
  const packed_tree& tree;
  const char* tile;

  [[gnu::always_inline]] std::uint32_t exit(std::uint32_t k) const noexcept { return tree.exits[k]; }
  [[gnu::always_inline]] float threshold(std::uint32_t place) const noexcept { return tree.upper[place].threshold; }
  [[gnu::always_inline]] const float* numbers(std::uint32_t place) const noexcept {
    const upper_node& node = tree.upper[place];
    return reinterpret_cast<const float*>(tile + (Missing ? node.offset_if_missing : node.offset));
  }
};

/// Adds a tree's values of eight rows of a tile, from `row` on, which are `left` levels above the lowest leaf.
template <bool Missing>
[[gnu::always_inline]] inline void finish_eight(const packed_tree& tree, const float* tile, std::size_t row,
                                                eight_walks walks, unsigned left, double* sums) noexcept {
  constexpr std::size_t column = (Missing ? 3 : 1) * rows_of_tile;
  const float* const numbers = tile + rows_of_tile + row;
  walks.walk(left, tree.uneven, [&](std::size_t k, std::uint32_t place) {
    const packed_node node = tree.nodes[place];
    return next_node<Missing>(node, numbers[node.column() * column + k]);
  });
  double* const to = sums + row;
  walks.for_each([&](std::size_t k, std::uint32_t place) { to[k] += tree.values[place]; });
}
#if defined(__x86_64__)
/// Where sixteen walks are, whose reads are gathered.
struct sixteen_walks {
  using bits = vector<std::int32_t, 64>;
  using half = vector<std::int32_t, 32>;
  half low;
  half high;

  /// Takes a step, and returns where the walks are. `row`: their rows' numbers in the tile's second column.
  template <bool Missing>
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline bits step(const packed_node* nodes, const float* row) noexcept {
    using pairs = vector<long long, 64>;
    using numbers = vector<float, 64>;
    constexpr std::int32_t column = (Missing ? 3 : 1) * rows_of_tile;
    const bits lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const bits a = bits(__builtin_ia32_gathersiv8di(pairs{}, nodes, low, every_lane{}, 8));
    const bits b = bits(__builtin_ia32_gathersiv8di(pairs{}, nodes, high, every_lane{}, 8));
    const bits threshold = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const bits way = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    const numbers x =
        __builtin_ia32_gathersiv16sf(numbers{}, row, bits((way & 0x7ff) * column + lane), every_lane{}, 4);
    bits right = x > numbers(threshold);
    if constexpr (Missing) right |= (x != x) & -(way >> 11 & 1);
    const bits place = (way >> 12 & 0xf'ffff) - right;
    low = __builtin_shufflevector(place, place, 0, 1, 2, 3, 4, 5, 6, 7);
    high = __builtin_shufflevector(place, place, 8, 9, 10, 11, 12, 13, 14, 15);
    return place;
  }
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline void add_values(const double* values, double* sums) const noexcept {
    using numbers = vector<double, 64>;
    numbers sum;
    load_vector(sum, sums);
    store_vector(sums, numbers(sum + __builtin_ia32_gathersiv8df(numbers{}, values, low, every_lane{}, 8)));
    load_vector(sum, sums + 8);
    store_vector(sums + 8, numbers(sum + __builtin_ia32_gathersiv8df(numbers{}, values, high, every_lane{}, 8)));
  }
};
/// As finish_eight, of all rows of a tile: two times sixteen, so that one's reads wait while the other's are under way.
/// Not inlined, since its instructions are no part of kernels for other CPUs.
template <bool Missing>
MILLRACE_X86_TARGET("avx512f")
void finish_tile(const packed_tree& tree, const float* tile, const std::uint32_t* places, unsigned left,
                 double* sums) noexcept {
  static_assert(rows_of_tile == 32);
  const packed_node* const nodes = tree.nodes;
  const float* const row = tile + rows_of_tile;
  sixteen_walks walks[2];
  load_vector(walks[0], places);
  load_vector(walks[1], places + 16);
  for (sixteen_walks::bits before{}; left > 0; --left) {
    sixteen_walks::bits sum = walks[0].step<Missing>(nodes, row);
    sum += walks[1].step<Missing>(nodes, row + 16);  // each only grows
    if (!tree.uneven) continue;
    if (__builtin_ia32_cmpd512_mask(sum, before, 4, 0xffff) == 0) break;
    before = sum;
  }
  walks[0].add_values(tree.values, sums);
  walks[1].add_values(tree.values, sums + 16);
}
#endif

/// Adds a tree's values of a tile of rows to their sums. Without upper levels, all nodes are asked one by one.
template <unsigned Levels, std::size_t Bytes, bool Missing>
[[gnu::always_inline]] inline void add_values_of(const packed_tree& tree, const float* tile, double* sums) noexcept {
  if constexpr (Levels == 0) {
    for (std::size_t row = 0; row < rows_of_tile; row += 8)
      finish_eight<Missing>(tree, tile, row, {}, tree.depth, sums);
  } else {
    constexpr std::size_t lanes = 2 * Bytes / sizeof(float);
    const unsigned left = tree.depth > Levels ? tree.depth - Levels : 0;
    for (std::size_t first = 0; first < rows_of_tile; first += lanes) {
      using upper = packed_upper<Levels, Missing>;
      const upper above{tree, reinterpret_cast<const char*>(tile + first)};
      vector<std::int32_t, Bytes> at[2];
      upper_walk<Levels, Bytes, upper>{above}.run(at[0], at[1]);
      std::uint32_t places[lanes];
      store_vector(places, at);
#if defined(__x86_64__)
      if constexpr (lanes == rows_of_tile) return finish_tile<Missing>(tree, tile, places, left, sums);
#endif
      for (std::size_t row = 0; row < lanes; row += 8) {
        const std::uint32_t* const p = places + row;
        finish_eight<Missing>(tree, tile, first + row, {p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]}, left, sums);
      }
    }
  }
}

/// Tiles of rows, one behind the other, in a kernel's hands.
struct tile_range {
  const float* first = nullptr;
  std::size_t numbers = 0;  // of a tile
  std::size_t count = 0;
};

template <std::size_t Bytes, bool Missing>
[[gnu::always_inline]] inline void add_tree_body(const packed_tree& tree, const tile_range& tiles,
                                                 double* sums) noexcept {
  for (std::size_t i = 0; i < tiles.count; ++i) {
    const float* const tile = tiles.first + i * tiles.numbers;
    double* const to = sums + i * rows_of_tile;
    // Vectors of 16 bytes hold too few rows to gain by asking upper levels at once. Missing features in shallow trees
    // are too rare for code of their own.
    constexpr unsigned few = Bytes == 16 || Missing ? 0 : packed_trees::few_levels;
    constexpr unsigned many = Bytes == 16 ? 0 : packed_trees::upper_levels;
    if (tree.depth <= packed_trees::few_levels)
      add_values_of<few, Bytes, Missing>(tree, tile, to);
    else
      add_values_of<many, Bytes, Missing>(tree, tile, to);
  }
}
template <bool Missing>
void add_tree_baseline(const packed_tree& tree, const tile_range& tiles, double* sums) noexcept {
  add_tree_body<16, Missing>(tree, tiles, sums);
}
template <bool Missing>
MILLRACE_X86_TARGET("avx2")
void add_tree_avx2(const packed_tree& tree, const tile_range& tiles, double* sums) noexcept {
  add_tree_body<32, Missing>(tree, tiles, sums);
}
template <bool Missing>
MILLRACE_X86_TARGET("avx512f")
void add_tree_avx512(const packed_tree& tree, const tile_range& tiles, double* sums) noexcept {
  add_tree_body<64, Missing>(tree, tiles, sums);
}
#if defined(__x86_64__)
/// What sixteen nodes of a perfect tree ask, in registers: a row finds its node there by the lower bits of its
/// place, without a read from memory.
struct sixteen_nodes {
  using bits = vector<std::int32_t, 64>;
  bits threshold;
  bits what;  // the column, and whether a missing feature goes right

  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline void load(const perfect_node* nodes) noexcept {
    bits a;
    bits b;
    load_vector(a, nodes);
    load_vector(b, nodes + 8);
    threshold = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    what = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  }
  /// The numbers of `table`, or of `table` and `more`, at these places. Compilers share no way to say so.
  template <class Bits>
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] static inline Bits at(const Bits& table, const Bits& places) noexcept {
    if constexpr (requires { __builtin_shuffle(table, places); })
      return __builtin_shuffle(table, places);
    else
      return __builtin_ia32_permvarsi512(table, places);
  }
  template <class Bits>
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] static inline Bits at(const Bits& table, const Bits& more, const Bits& places) noexcept {
    if constexpr (requires { __builtin_shuffle(table, more, places); })
      return __builtin_shuffle(table, more, places);
    else
      return __builtin_ia32_vpermi2vard512(table, places, more);
  }
};
/// Where sixteen rows are in a perfect tree.
template <bool Missing>
struct perfect_walks {
  using bits = vector<std::int32_t, 64>;
  using numbers = vector<float, 64>;
  bits place;

  /// Takes a step from nodes that ask so. `row`: the rows' numbers in the tile's second column.
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline void step(const bits& threshold, const bits& what, const float* row) noexcept {
    constexpr std::int32_t column = (Missing ? 3 : 1) * rows_of_tile;
    const bits lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const numbers x =
        __builtin_ia32_gathersiv16sf(numbers{}, row, bits((what & 0xffff) * column + lane), every_lane{}, 4);
    bits right = x > numbers(threshold);
    if constexpr (Missing) right |= (x != x) & -(what >> 16);
    place = place + place - right;
  }
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline void step(const sixteen_nodes& nodes, const float* row) noexcept {
    step(sixteen_nodes::at(nodes.threshold, place), sixteen_nodes::at(nodes.what, place), row);
  }
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline void step(const sixteen_nodes (&nodes)[2], const float* row) noexcept {
    step(sixteen_nodes::at(nodes[0].threshold, nodes[1].threshold, place),
         sixteen_nodes::at(nodes[0].what, nodes[1].what, place), row);
  }
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline void step(const perfect_node* nodes, const float* row) noexcept {
    step(__builtin_ia32_gathersiv16si(bits{}, nodes, place, every_lane{}, 8),
         __builtin_ia32_gathersiv16si(bits{}, &nodes->column, place, every_lane{}, 8), row);
  }
  MILLRACE_X86_TARGET("avx512f")
  [[gnu::always_inline]] inline void add_values(const double* leaves, std::int32_t first, double* sums) const noexcept {
    const bits leaf = place - first;
    sixteen_walks{__builtin_shufflevector(leaf, leaf, 0, 1, 2, 3, 4, 5, 6, 7),
                  __builtin_shufflevector(leaf, leaf, 8, 9, 10, 11, 12, 13, 14, 15)}
        .add_values(leaves, sums);
  }
};
/// The four upper levels, behind which rows are at places of the fifth. Places are those of a heap of the tree's own,
/// because g++ makes vectors of constants only in one step.
template <bool Missing>
struct perfect_upper : packed_upper<4, Missing> {
  [[gnu::always_inline]] std::uint32_t exit(std::uint32_t k) const noexcept { return 16 + k; }
};
/// As add_tree_avx512, of a perfect tree: the four upper levels are asked at once, the nodes of the next two lie in
/// registers, and those below are gathered.
template <bool Missing>
MILLRACE_X86_TARGET("avx512f")
void add_perfect_avx512(const packed_tree& tree, const tile_range& tiles, double* sums) noexcept {
  static_assert(rows_of_tile == 32);
  const unsigned levels = tree.perfect.levels;
  if (levels < 4 || tree.depth <= packed_trees::few_levels) return add_tree_avx512<Missing>(tree, tiles, sums);
  const perfect_node* const nodes = tree.perfect.nodes;
  const double* const leaves = tree.perfect.leaves + (std::size_t{tree.root - perfect_eight::trees} << levels);
  sixteen_nodes fifth{};
  sixteen_nodes sixth[2]{};
  if (levels > 4) fifth.load(nodes + 16 * tree.root);
  if (levels > 5) {
    sixth[0].load(nodes + 32 * tree.root);
    sixth[1].load(nodes + 32 * tree.root + 16);
  }
  for (std::size_t i = 0; i < tiles.count; ++i) {
    const float* const tile = tiles.first + i * tiles.numbers;
    const float* const row = tile + rows_of_tile;
    perfect_walks<Missing> low;
    perfect_walks<Missing> high;
    const perfect_upper<Missing> above{{tree, reinterpret_cast<const char*>(tile)}};
    upper_walk<4, 64, perfect_upper<Missing>>{above}.run(low.place, high.place);
    if (levels > 4) {
      low.step(fifth, row);
      high.step(fifth, row + 16);
    }
    if (levels > 5) {
      low.step(sixth, row);
      high.step(sixth, row + 16);
    }
    for (unsigned level = 6; level < levels; ++level) {
      const perfect_node* const level_nodes = nodes + (std::size_t{tree.root - 1} << level);
      low.step(level_nodes, row);
      high.step(level_nodes, row + 16);
    }
    const std::int32_t first = std::int32_t{1} << levels;
    double* const to = sums + i * rows_of_tile;
    low.add_values(leaves, first, to);
    high.add_values(leaves, first, to + 16);
  }
}
#endif
/// The kernels of an instruction set: for rows without missing features and with them; and how many rows are better
/// asked together than one by one. A tile takes as long however many of its rows are asked, so that is its time over a
/// row's. Of trees that are perfect, kernels for batches and for rows one by one may make use or not.
struct tree_kernels {
  using kernel = void (*)(const packed_tree&, const tile_range&, double*) noexcept;
  kernel whole = add_tree_baseline<false>;
  kernel missing = add_tree_baseline<true>;
  std::size_t fewest = 26;
  const char* name = "baseline";
  bool perfect_batches = false;
  bool perfect_rows = true;

  /// Of the widest vectors that this CPU has.
  static tree_kernels of_this_cpu() noexcept {
    if (cpu_has_avx512()) return of_avx512_perfect();
    if (cpu_has_avx2()) return of_avx2();
    return {};
  }
  static tree_kernels of_avx512_perfect() noexcept {
#if defined(__x86_64__)
    return {add_perfect_avx512<false>, add_perfect_avx512<true>, 12, "avx512", true};
#else
    return of_avx512();
#endif
  }
  static tree_kernels of_avx512() noexcept { return {add_tree_avx512<false>, add_tree_avx512<true>, 12, "avx512"}; }
  static tree_kernels of_avx2() noexcept { return {add_tree_avx2<false>, add_tree_avx2<true>, 19, "avx2"}; }
};

/// Room for tiles of rows, as many as stay near, and for their sums.
struct tile_room {
  static constexpr std::size_t size = 8'192;
  static constexpr std::size_t most_tiles = 8;
  /// How many tiles fit, of so many numbers each.
  static std::size_t tiles_of(std::size_t numbers_of_tile) noexcept {
    if (numbers_of_tile == 0) return most_tiles;
    const std::size_t fitting = size / numbers_of_tile;
    return fitting < most_tiles ? fitting : most_tiles;
  }
  /// How many of the rows left go into so many tiles; 0 where there are fewer than `fewest`.
  static std::size_t rows_in(std::size_t left, std::size_t tiles, std::size_t fewest) noexcept {
    if (left < fewest) return 0;
    std::size_t count = left < tiles * rows_of_tile ? left : tiles * rows_of_tile;
    if (count > rows_of_tile && count % rows_of_tile < fewest) count -= count % rows_of_tile;
    return count;
  }

  alignas(64) float numbers[size];
  double sums[most_tiles * rows_of_tile];
};

/// The sums of many rows, the same bits as one by one. As many tiles as stay near use a tree before the next one does.
class tile_sums {
 public:
  explicit tile_sums(const packed_trees& trees, tree_kernels kernels = tree_kernels::of_this_cpu()) noexcept
      : trees_(trees), kernels_(kernels) {}

  /// Writes the sums over trees `first`, `first + step`, .. of as many rows as fit, from row `begin` on, to `out`,
  /// `width` numbers apart, and returns how many these are; 0 where a tile would not fit, or where too few are left.
  std::size_t run(const matrix_view& rows, std::size_t begin, std::size_t first, std::size_t step, double* out,
                  std::size_t width) noexcept {
    const std::size_t count = fill_tiles(rows, begin);
    if (count == 0) return 0;
    clear();
    for (std::size_t tree = first; tree < trees_.trees(); tree += step) add(tree);
    for (std::size_t i = 0; i < count; ++i) out[i * width] = room_.sums[i];
    return count;
  }
  /// Calls `use(values, count)` for each tree in turn, with its values of as many rows as fit, from row `begin` on, and
  /// returns how many these are, as `run` does.
  template <class Use>
  std::size_t run_each(const matrix_view& rows, std::size_t begin, const Use& use) noexcept {
    const std::size_t count = fill_tiles(rows, begin);
    for (std::size_t tree = 0; count > 0 && tree < trees_.trees(); ++tree) {
      clear();
      add(tree);
      use(static_cast<const double*>(room_.sums), count);
    }
    return count;
  }

 private:
  std::size_t tiles_of(std::size_t copies) const noexcept {
    return tile_room::tiles_of((1 + copies * trees_.columns()) * rows_of_tile);
  }

  /// Lays out as many rows as fit, and returns how many they are.
  std::size_t fill_tiles(const matrix_view& rows, std::size_t begin) noexcept {
    const std::size_t left = rows.rows() - begin;
    missing_ = false;
    std::size_t count = tile_room::rows_in(left, tiles_of(1), kernels_.fewest);
    for (std::size_t i = 0; i < count && !missing_; ++i)
      missing_ = has_missing(rows.row(begin + i).data(), trees_.columns());
    if (missing_) count = tile_room::rows_in(left, tiles_of(3), kernels_.fewest);
    if (count == 0) return 0;
    const std::size_t numbers = (1 + (missing_ ? 3 : 1) * trees_.columns()) * rows_of_tile;
    tiles_ = {room_.numbers, numbers, (count + rows_of_tile - 1) / rows_of_tile};
    for (std::size_t tile = 0; tile < tiles_.count; ++tile)
      fill(rows, begin + tile * rows_of_tile, begin + count, missing_, room_.numbers + tile * numbers);
    return count;
  }
  void clear() noexcept {
    for (std::size_t i = 0; i < tiles_.count * rows_of_tile; ++i) room_.sums[i] = 0;
  }
  void add(std::size_t tree) noexcept {
    (missing_ ? kernels_.missing : kernels_.whole)(trees_[tree], tiles_, room_.sums);
  }

  /// Fills a tile with rows from `begin` on; behind the last one, with that one again.
  void fill(const matrix_view& rows, std::size_t begin, std::size_t end, bool missing, float* tile) const noexcept {
    const auto row = [&](std::size_t i) { return rows.row(begin + i < end ? begin + i : end - 1).data(); };
    for (std::size_t i = 0; i < rows_of_tile; ++i) tile[i] = -std::numeric_limits<float>::infinity();
    for (std::size_t i = 0; i < rows_of_tile; i += 4) {
      const float* const four[4] = {row(i), row(i + 1), row(i + 2), row(i + 3)};
      if (missing)
        for (std::size_t k = 0; k < 4; ++k) fill_with_copies(four[k], tile + rows_of_tile + i + k);
      else
        transpose_four_rows<rows_of_tile>(four, trees_.columns(), tile + rows_of_tile + i);
    }
  }
  /// Writes a row with each of its features three times, as upper_node says.
  void fill_with_copies(const float* row, float* to) const noexcept {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (std::size_t column = 0; column < trees_.columns(); ++column, to += 3 * rows_of_tile) {
      const float x = row[column];
      to[0] = x;
      to[rows_of_tile] = x == x ? x : infinity;
      to[2 * rows_of_tile] = x == x ? -infinity : infinity;
    }
  }

  const packed_trees& trees_;
  tree_kernels kernels_;
  tile_range tiles_;
  bool missing_ = false;
  tile_room room_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_TREE_WALKS_HPP
