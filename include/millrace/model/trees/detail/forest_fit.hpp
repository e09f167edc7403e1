#ifndef MILLRACE_MODEL_TREES_DETAIL_FOREST_FIT_HPP
#define MILLRACE_MODEL_TREES_DETAIL_FOREST_FIT_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>
#include <millrace/model/trees/detail/class_search.hpp>
#include <millrace/model/trees/detail/split_nodes.hpp>
#include <millrace/model/trees/detail/tree_grower.hpp>
#include <millrace/model/trees/forest_options.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A tree of a forest, and what it says of each output in each node.
struct forest_tree {
  flat_vector<tree_node> nodes;
  flat_vector<node_record> records;
  std::vector<double> values;
  category_sets sets;

  /// Adds the tree once for each output.
  void add_to(tree_ensemble& ensemble, std::size_t outputs) {
    const std::uint32_t first = sets.words.empty() ? 0 : ensemble.add_set(sets.words);
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (nodes[i].rule != 0) records[i].set += first;
    for (std::size_t k = 0; k < outputs; ++k) {
      for (std::size_t i = 0; i < nodes.size(); ++i) records[i].value = values[i * outputs + k];
      ensemble.add(nodes, records);
    }
  }
};

/// Fits trees of a forest. A tree of numbers is fitted to the targets' deviations from their mean by the squared loss,
/// whose splits are those of the least variance, and, for targets 0 and 1, of the least Gini impurity, which is twice
/// that. A tree of more classes is fitted to the weights of each.
class forest_fit {
 public:
  forest_fit(const binned_rows& rows, std::span<const float> targets, std::span<const float> weights,
             const forest_options& with)
      : rows_(rows),
        targets_(targets),
        weights_(weights),
        with_(with),
        grower_(rows, rules(rows, with), {}),
        g_(targets.size()),
        h_(targets.size()),
        times_(targets.size(), 1) {
    if (with.classes > 0)
      for (const float target : targets) gradients_.class_of_row.push_back(static_cast<std::uint16_t>(target));
    for (std::uint32_t i = 0; i < rows.columns(); ++i) columns_.push_back(i);
    double sum = 0;
    double total = 0;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      sum += weight_of(weights, i) * double{targets[i]};
      total += weight_of(weights, i);
    }
    mean_ = sum / total;
    shares_.assign(with.classes, 0);
    for (std::size_t i = 0; i < gradients_.class_of_row.size(); ++i)
      shares_[gradients_.class_of_row[i]] += weight_of(weights, i) / total;
  }

  /// Leaves the tree without nodes where targets times weights are not finite.
  void grow(forest_tree& tree, std::uint64_t seed) {
    random_ = random_engine(seed);
    draw_rows();
    if (!gradients_.pack_all(g_, h_)) return;
    const flat_vector<grown_node>& grown = grower_.grow(ids_, gradients_, columns_, &random_);
    tree.nodes.assign(grown.size(), {});
    tree.records.assign(grown.size(), {});
    tree.values.assign(grown.size() * outputs(), 0);
    for (std::uint32_t i = 0; i < grown.size(); ++i) {
      tree.nodes[i].left = grown[i].left > 0 ? grown[i].left : i;
      if (grown[i].left > 0)
        set_split(tree.sets, tree.nodes[i], tree.records[i], grown[i].by, rows_.bins(grown[i].by.column));
      set_means(tree, i, grown[i]);
    }
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
    made.classes = with.classes;
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
      g_[row] = with_.classes > 0 ? 0 : weight * static_cast<float>(mean_ - double{targets_[row]});
      h_[row] = weight;
      if (weight > 0) ids_.push_back(row);
    }
  }

  void set_means(forest_tree& tree, std::uint32_t at, const grown_node& node) const {
    const std::span<double> values = std::span(tree.values).subspan(at * outputs(), outputs());
    double h = 0;
    for (std::uint32_t i = node.begin; i < node.end; ++i) {
      const std::uint32_t row = ids_[i];
      h += double{h_[row]};
      if (with_.classes > 0)
        values[gradients_.class_of_row[row]] += double{h_[row]};
      else
        values[0] += double{g_[row]};
    }
    tree.records[at].cover = h;
    const auto trees = static_cast<double>(with_.trees);
    for (std::size_t k = 0; k < values.size(); ++k) {
      double& value = values[k];
      // Where all rows that were drawn have the weight 0, the tree knows no more than what all rows say.
      const double share = h > 0 ? value / h : with_.classes > 0 ? shares_[k] : 0;
      value = node.left > 0 ? 0 : (with_.classes > 0 ? share : mean_ - share) / trees;
    }
  }
  std::size_t outputs() const noexcept { return with_.classes > 0 ? with_.classes : 1; }

  const binned_rows& rows_;
  std::span<const float> targets_;
  std::span<const float> weights_;
  const forest_options& with_;
  random_engine random_{0};
  tree_grower<class_search> grower_;
  packed_gradients gradients_;
  flat_vector<float> g_;
  flat_vector<float> h_;
  flat_vector<std::uint32_t> times_;  // how often a row was drawn
  flat_vector<std::uint32_t> ids_;
  flat_vector<std::uint32_t> columns_;
  double mean_ = 0;
  std::vector<double> shares_;  // of the classes, by weight
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_FOREST_FIT_HPP
