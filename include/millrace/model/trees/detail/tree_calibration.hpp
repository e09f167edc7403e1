#ifndef MILLRACE_MODEL_TREES_DETAIL_TREE_CALIBRATION_HPP
#define MILLRACE_MODEL_TREES_DETAIL_TREE_CALIBRATION_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/packed_trees.hpp>
#include <millrace/model/trees/detail/tree_walks.hpp>

#include <cstddef>
#include <cstdint>

// Which kernels are fastest on this machine, and on which layout of trees: nodes of eight bytes by level, with the
// upper levels once more as a heap; or, of trees that are nearly perfect, heaps of eight trees without pointers. In
// measurements these were ahead for batches with vectors of 64 bytes, and level or ahead for one row; a bit vector for
// each tree never was. How far depends on the machine and the trees: how dear gathers are, and how much is padding.
namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The least of three times that a piece of work took, in nanoseconds, at least 1.
template <class Clock, class Work>
std::uint64_t time_of(const Clock& clock, const Work& work) {
  std::uint64_t least = ~std::uint64_t{0};
  for (int again = 0; again < 3; ++again) {
    const std::uint64_t begun = clock.ticks();
    work();
    const std::uint64_t took = clock.nanoseconds(clock.ticks()) - clock.nanoseconds(begun);
    least = took < least ? took : least;
  }
  return least > 0 ? least : 1;
}

/// Chooses how rows are asked one by one, and among the kernels of this CPU by their time for whole tiles of rows, and
/// counts how many rows one by one take as long as a tile.
template <class Clock>
void calibrate_trees(const packed_trees& trees, const matrix_view& rows, const Clock& clock, tree_kernels& chosen) {
  const std::size_t count = (rows.rows() < 1024 ? rows.rows() : 1024) / rows_of_tile * rows_of_tile;
  if (count == 0) return;
  const matrix_view sample(rows.data(), count, rows.columns(), rows.stride());
  flat_vector<double> sums(count);
  const auto time_one_by_one = [&](bool perfect) {
    return time_of(clock, [&] {
      for (std::size_t i = 0; i < count; ++i) sums[i] = sum_of_row(trees, perfect, 0, 1, sample.row(i).data());
    });
  };
  std::uint64_t one_by_one = time_one_by_one(false);
  bool perfect_rows = false;
  if (trees.any_perfect()) {
    const std::uint64_t took = time_one_by_one(true);
    perfect_rows = took < one_by_one;
    one_by_one = perfect_rows ? took : one_by_one;
  }
  std::uint64_t fastest = ~std::uint64_t{0};
  const auto try_one = [&](const tree_kernels& kernels) {
    tile_sums tiles(trees, kernels);
    bool fits = true;
    const std::uint64_t took = time_of(clock, [&] {
      std::size_t done = 0;
      while (const std::size_t more = tiles.run(sample, done, 0, 1, sums.data() + done, 1)) done += more;
      fits = done == count;
    });
    if (!fits || took >= fastest) return;
    fastest = took;
    chosen = kernels;
  };
  if (cpu_has_avx512() && trees.any_perfect()) try_one(tree_kernels::of_avx512_perfect());
  if (cpu_has_avx512()) try_one(tree_kernels::of_avx512());
  if (cpu_has_avx2()) try_one(tree_kernels::of_avx2());
  try_one({});
  chosen.perfect_rows = perfect_rows;
  if (fastest == ~std::uint64_t{0}) return;  // tiles of so many columns have no room
  const double rows_in_the_time = static_cast<double>(fastest) / static_cast<double>(one_by_one) * rows_of_tile;
  chosen.fewest = rows_in_the_time < rows_of_tile ? static_cast<std::size_t>(rows_in_the_time) + 1 : rows_of_tile;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_TREE_CALIBRATION_HPP
