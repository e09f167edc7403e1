#ifndef MILLRACE_MODEL_TREES_RANDOM_FOREST_HPP
#define MILLRACE_MODEL_TREES_RANDOM_FOREST_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/detail/column_codes.hpp>
#include <millrace/model/trees/detail/split_nodes.hpp>
#include <millrace/model/trees/detail/tree_grower.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a forest is fitted.
struct forest_options {
  std::size_t trees = 100;
  /// The most splits between the root and a leaf, 1 to 64.
  unsigned depth = 10;
  /// The least sum of weights in a leaf.
  double min_leaf_weight = 1;
  /// How many columns are drawn for each node to be parted by; 0: the square root of their number.
  std::size_t columns_of_node = 0;
  /// Fit each tree on as many rows as there are, drawn with replacement; else on all rows.
  bool bootstrap = true;
  /// Part columns of numbers at random and not at the best place: extremely randomized trees, mostly without bootstrap.
  bool random_splits = false;
  /// How many groups of neighbouring values a column is split into, 2 to 255; trees part between groups.
  std::size_t bins = 255;
  /// The columns of categories: whole numbers from 0 to 65535.
  std::vector<std::size_t> categories = {};
  /// The same seed and data give the same trees.
  std::uint64_t seed = 1;
};

/// The mean of many trees, each on rows drawn with replacement and, at each node, on columns drawn at random. Targets
/// are numbers, or two classes as 0 and 1: then the output is the probability of 1, and splits are those by Gini's
/// impurity.
///
///     auto fitted = mr::model::random_forest::fit(rows, targets, {.trees = 200});
///     double mean = (*fitted)(row);
///
/// Missing values (NaN) go to the side of each split that lowers the loss most; infinities are values; a category never
/// seen counts as missing.
///
/// Shapes: rows x columns; one output.
/// Guarantee: the same seed and data give the same trees. A row's output has the same bits alone and in any batch.
/// Complexity: fitting, trees x rows x columns x depth at most; asking, the sum of the trees' depths.
/// Allocates: while fitting, three bytes a number of the table, and 2 KiB x columns x depth; asking, never.
/// Threads: const calls from any number.
/// Source: Breiman, "Random forests", Machine Learning 45, 2001; Geurts, Ernst, Wehenkel, "Extremely randomized trees",
/// Machine Learning 63, 2006.
class random_forest {
 public:
  using options_type = forest_options;

  /// `targets` and, if there are any, `weights`: one for each row.
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), out_of_range and not_finite (a target, a weight
  /// or a category, with its row or column), invalid_data (no row weighs anything).
  static result<random_forest> fit(const matrix_view& rows, std::span<const float> targets,
                                   const forest_options& with = {}, std::span<const float> weights = {});

  std::size_t inputs() const noexcept { return inputs_; }
  static constexpr std::size_t outputs() noexcept { return 1; }
  /// The trees, whose leaves' values are those of the mean: they add up to the output.
  const tree_ensemble& trees() const noexcept { return trees_; }

  /// The output of a row; NaN for one of fewer columns than the model's.
  double operator()(std::span<const float> row) const noexcept {
    return row.size() < inputs_ ? detail::math::nan : trees_.sum(row.data());
  }
  /// Precondition: `out` is not empty.
  void predict(std::span<const float> row, std::span<double> out) const noexcept { out[0] = (*this)(row); }
  /// All rows' outputs, as far as `out` has room.
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t count = rows.rows() < out.size() ? rows.rows() : out.size();
    if (rows.columns() >= inputs_)
      trees_.sums({rows.data(), count, rows.columns(), rows.stride()}, out.data());
    else
      for (std::size_t i = 0; i < count; ++i) out[i] = detail::math::nan;
  }

  /// How much each column's splits lowered the loss, as shares of 1.
  std::vector<double> importance() const { return trees_.importance(inputs_); }

  std::vector<std::byte> save() const;
  /// Errors: as envelope_reader::open and finish.
  static result<random_forest> load(std::span<const std::byte> bytes);

 private:
  random_forest() = default;

  static constexpr const char* type = "random_forest";

  std::size_t inputs_ = 0;
  tree_ensemble trees_;
};

namespace detail {

inline result<void> check_forest(const matrix_view& rows, std::span<const float> targets,
                                 std::span<const float> weights, const forest_options& with) {
  const char* const model = "random forest";
  if (auto right = check_coded_table(model, rows, weights, with.bins, with.categories); !right) return right;
  if (auto right = finite_targets(model, targets, rows.rows()); !right) return right;
  if (with.trees < 1 || with.trees > 1'000'000) return wrong_option(model, "trees", "in [1, 1000000]");
  if (with.depth < 1 || with.depth > 64) return wrong_option(model, "depth", "in [1, 64]");
  if (!(with.min_leaf_weight >= 0 && math::is_finite(with.min_leaf_weight)))
    return wrong_option(model, "min_leaf_weight", "0 or above");
  if (with.columns_of_node > rows.columns()) return wrong_option(model, "columns_of_node", "at most the columns");
  return {};
}

/// Fits the trees of a forest. A tree is fitted to the targets' deviations from their mean by the squared loss, whose
/// splits are those of the least variance, and, for targets 0 and 1, of the least Gini impurity, which is twice that.
class forest_fit {
 public:
  forest_fit(const binned_rows& rows, std::span<const float> targets, std::span<const float> weights,
             const forest_options& with, random_engine& random)
      : rows_(rows),
        targets_(targets),
        weights_(weights),
        with_(with),
        random_(random),
        grower_(rows, rules(rows, with), {}),
        g_(targets.size()),
        h_(targets.size()),
        times_(targets.size(), 1) {
    for (std::uint32_t i = 0; i < rows.columns(); ++i) columns_.push_back(i);
    double sum = 0;
    double total = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      sum += weight_of(weights, i) * double{targets[i]};
      total += weight_of(weights, i);
    }
    mean_ = sum / total;
  }

  /// Returns false, and adds no tree, where targets times weights are not finite.
  bool add_tree(tree_ensemble& to) {
    draw_rows();
    if (!gradients_.pack_all(g_, h_)) return false;
    const std::vector<grown_node>& grown = grower_.grow(ids_, gradients_, columns_, &random_);
    nodes_.assign(grown.size(), {});
    records_.assign(grown.size(), {});
    for (std::uint32_t i = 0; i < grown.size(); ++i) {
      nodes_[i].left = grown[i].left > 0 ? grown[i].left : i;
      if (grown[i].left > 0) set_split(to, nodes_[i], records_[i], grown[i].by, rows_.bins(grown[i].by.column));
      set_mean(records_[i], grown[i]);
    }
    to.add(nodes_, records_);
    return true;
  }

 private:
  static growth_rules rules(const binned_rows& rows, const forest_options& with) {
    growth_rules made;
    made.splits.l2 = 0;
    // A leaf has some weight, or its mean is not defined.
    made.splits.min_child_weight = with.min_leaf_weight > 1e-30 ? with.min_leaf_weight : 1e-30;
    made.splits.at_random = with.random_splits;
    made.leaves = 0;
    made.depth = with.depth;
    made.columns_of_node = with.columns_of_node;
    if (made.columns_of_node == 0)
      made.columns_of_node = static_cast<std::size_t>(math::sqrt(static_cast<double>(rows.columns())));
    return made;
  }

  void draw_rows() {
    const std::size_t rows = targets_.size();
    if (with_.bootstrap) {
      times_.assign(rows, 0);
      for (std::size_t i = 0; i < rows; ++i) ++times_[static_cast<std::size_t>(random_.below(rows))];
    }
    ids_.clear();
    for (std::uint32_t row = 0; row < rows; ++row) {
      const auto weight = static_cast<float>(times_[row] * weight_of(weights_, row));
      g_[row] = weight * static_cast<float>(mean_ - double{targets_[row]});
      h_[row] = weight;
      if (weight > 0) ids_.push_back(row);
    }
  }

  void set_mean(node_record& record, const grown_node& node) {
    double g = 0;
    double h = 0;
    for (std::uint32_t i = node.begin; i < node.end; ++i) {
      g += double{g_[ids_[i]]};
      h += double{h_[ids_[i]]};
    }
    record.cover = h;
    if (node.left == 0) record.value = (mean_ - (h > 0 ? g / h : 0)) / static_cast<double>(with_.trees);
  }

  const binned_rows& rows_;
  std::span<const float> targets_;
  std::span<const float> weights_;
  const forest_options& with_;
  random_engine& random_;
  tree_grower grower_;
  packed_gradients gradients_;
  std::vector<float> g_;
  std::vector<float> h_;
  std::vector<std::uint32_t> times_;  // how often a row was drawn
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint32_t> columns_;
  std::vector<tree_node> nodes_;
  std::vector<node_record> records_;
  double mean_ = 0;
};

}  // namespace detail

inline result<random_forest> random_forest::fit(const matrix_view& rows, std::span<const float> targets,
                                                const forest_options& with, std::span<const float> weights) {
  if (auto right = detail::check_forest(rows, targets, weights, with); !right) return std::move(right).error();
  random_engine random(with.seed);
  auto bins = detail::bins_of_columns(rows, with.categories, with.bins, random);
  if (!bins) return std::move(bins).error();
  const detail::binned_rows binned(rows, std::move(*bins));
  detail::forest_fit trees(binned, targets, weights, with, random);
  random_forest fitted;
  for (std::size_t i = 0; i < with.trees; ++i)
    if (!trees.add_tree(fitted.trees_))
      return error(errc::not_finite, "random forest: targets times weights are beyond float: scale them");
  fitted.inputs_ = rows.columns();
  return fitted;
}

inline std::vector<std::byte> random_forest::save() const {
  envelope_writer to(type);
  to.u64(inputs_);
  trees_.save_to(to);
  return std::move(to).finish();
}

inline result<random_forest> random_forest::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, type);
  if (!from) return std::move(from).error();
  random_forest loaded;
  loaded.inputs_ = from->u64();
  const bool valid = loaded.inputs_ >= 1 && loaded.inputs_ <= detail::most_tree_columns &&
                     loaded.trees_.load_from(*from, loaded.inputs_);
  if (auto done = from->finish(valid); !done) return std::move(done).error();
  return loaded;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_RANDOM_FOREST_HPP
