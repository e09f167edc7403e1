#ifndef MILLRACE_MODEL_TREES_DETAIL_TREE_CALIBRATION_HPP
#define MILLRACE_MODEL_TREES_DETAIL_TREE_CALIBRATION_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/packed_trees.hpp>
#include <millrace/model/trees/detail/transposed_rows.hpp>
#include <millrace/model/trees/detail/tree_walks.hpp>

#include <cstddef>
#include <cstdint>

// Which kernels are fastest on this machine. Candidates share one layout of trees, nodes of eight bytes by level with
// the upper levels once more as a heap: a bit vector for each tree was never ahead in measurements, and a heap of all
// levels only for one row of trees whose leaves all lie at one depth. What does differ by machine is how dear gathers
// are, so how far vectors pay, and from how many rows on.
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

/// Chooses among the kernels of this CPU by their time for whole tiles of rows, and counts how many rows one by one
/// take as long as a tile.
template <class Clock>
void calibrate_trees(const packed_trees& trees, const matrix_view& rows, const Clock& clock, tree_kernels& chosen) {
  const std::size_t count = (rows.rows() < 1024 ? rows.rows() : 1024) / rows_of_tile * rows_of_tile;
  if (count == 0) return;
  const matrix_view sample(rows.data(), count, rows.columns(), rows.stride());
  flat_vector<double> sums(count);
  const std::uint64_t one_by_one = time_of(clock, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      const float* const row = sample.row(i).data();
      sums[i] =
          has_missing(row, trees.columns()) ? sum_of_row<true>(trees, 0, 1, row) : sum_of_row<false>(trees, 0, 1, row);
    }
  });
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
  if (cpu_has_avx512()) try_one(tree_kernels::of_avx512());
  if (cpu_has_avx2()) try_one(tree_kernels::of_avx2());
  try_one({});
  if (fastest == ~std::uint64_t{0}) return;  // tiles of so many columns have no room
  const double rows_in_the_time = static_cast<double>(fastest) / static_cast<double>(one_by_one) * rows_of_tile;
  chosen.fewest = rows_in_the_time < rows_of_tile ? static_cast<std::size_t>(rows_in_the_time) + 1 : rows_of_tile;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_TREE_CALIBRATION_HPP
