#ifndef MILLRACE_MODEL_TREES_VECTOR_LEAF_TREES_HPP
#define MILLRACE_MODEL_TREES_VECTOR_LEAF_TREES_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/packed_trees.hpp>
#include <millrace/model/trees/detail/transposed_rows.hpp>
#include <millrace/model/trees/detail/tree_walks.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {

/// Decision trees whose leaves have one or several values, which are added up output by output: forests of other
/// libraries whose leaves weigh every class. A row walks a tree once for all outputs. It keeps what predicting needs,
/// and so is built faster than a `tree_ensemble`, and takes less than half of its memory.
///
/// Shapes: `outputs()` numbers for each row.
/// Guarantee: a row's sums have the same bits alone, in any batch and on any CPU: values are added in the order of the
/// trees.
/// Threads: const calls from any number.
class vector_leaf_trees {
 public:
  /// Precondition: outputs > 0.
  explicit vector_leaf_trees(std::size_t outputs) noexcept : outputs_(outputs) {}

  std::size_t trees() const noexcept { return packed_.trees(); }
  std::size_t outputs() const noexcept { return outputs_; }

  /// Adds a tree, whose nodes are as in `tree_ensemble::add`; `values` are `outputs()` for each leaf, in the order of
  /// the leaves among the nodes. Returns false, and adds nothing, where the tree is too large, asks for a column from
  /// 2048 on, or parts categories.
  bool add(std::span<const tree_node> nodes, std::span<const double> values) {
    detail::flat_vector<leaf_number> numbers(nodes.size());
    auto leaf = static_cast<double>(values_.size() / outputs_);
    const double* value = values.data();
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (nodes[i].left == i) numbers[i].value = outputs_ == 1 ? *value++ : leaf++;
    if (!packed_.add(nodes, std::span<const leaf_number>(numbers), detail::depth_of_tree(nodes))) return false;
    if (outputs_ > 1) values_.append(values);
    return true;
  }

  /// The sums of all rows, row after row, `width` numbers apart. Precondition: rows have the columns that nodes ask
  /// for; width >= outputs(), and `out` has `width` numbers for each row. Complexity: for each row, the sum of the
  /// trees' depths, and `outputs()` additions for each tree. Allocates: never; takes 36 KiB of the stack.
  void sums(const matrix_view& rows, double* out, std::size_t width) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t k = 0; k < outputs_; ++k) out[i * width + k] = 0;
    std::size_t done = rows.rows() >= kernels_.fewest ? sums_by_tiles(rows, out, width) : 0;
    for (; done < rows.rows(); ++done) {
      const float* const row = rows.row(done).data();
      double* const to = out + done * width;
      const auto use = [&](double leaf) { add_leaf(leaf, to); };
      if (detail::has_missing(row, packed_.columns()))
        detail::walk_row<true>(packed_, kernels_.perfect_rows, 0, 1, row, use);
      else
        detail::walk_row<false>(packed_, kernels_.perfect_rows, 0, 1, row, use);
    }
  }
  void sums(const matrix_view& rows, double* out) const noexcept { sums(rows, out, outputs_); }

 private:
  /// What the walks know a leaf by: its value, or where its values stand.
  struct leaf_number {
    double value = 0;
  };

  std::size_t sums_by_tiles(const matrix_view& rows, double* out, std::size_t width) const noexcept {
    detail::tile_sums tiles(packed_, kernels_);
    std::size_t done = 0;
    for (;;) {
      double* const to = out + done * width;
      const auto use = [&](const double* leaves, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) add_leaf(leaves[i], to + i * width);
      };
      const std::size_t more = outputs_ == 1 ? tiles.run(rows, done, 0, 1, to, width) : tiles.run_each(rows, done, use);
      if (more == 0) return done;
      done += more;
    }
  }
  [[gnu::always_inline]] void add_leaf(double leaf, double* to) const noexcept {
    if (outputs_ == 1) {
      *to += leaf;
      return;
    }
    using pair = detail::vector<double, 16>;
    const double* const from = values_.data() + static_cast<std::size_t>(leaf) * outputs_;
    std::size_t k = 0;
    for (; k + 2 <= outputs_; k += 2) {
      pair sum;
      pair more;
      detail::load_vector(sum, to + k);
      detail::load_vector(more, from + k);
      detail::store_vector(to + k, pair(sum + more));
    }
    if (k < outputs_) to[k] += from[k];
  }

  std::size_t outputs_;
  detail::tree_kernels kernels_ = detail::tree_kernels::of_this_cpu();
  detail::packed_trees packed_;
  detail::flat_vector<double> values_;  // of each leaf, where there are several
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_VECTOR_LEAF_TREES_HPP
