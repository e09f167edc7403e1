#ifndef MILLRACE_MODEL_TREES_ISOLATION_REASONS_HPP
#define MILLRACE_MODEL_TREES_ISOLATION_REASONS_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/isolation_trees.hpp>
#include <millrace/model/trees/isolation_forest.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// How many rows lie in a leaf whose paths are that much longer than its level: the whole number whose average path is
/// nearest.
inline double rows_of_path(double beyond, std::size_t most) noexcept {
  std::size_t low = 1, high = most;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const double between = average_path(static_cast<double>(middle)) + average_path(static_cast<double>(middle + 1));
    if (beyond <= between / 2)
      high = middle;
    else
      low = middle + 1;
  }
  return static_cast<double>(low);
}

/// A tree of an isolation forest as nodes. `unit` is what a split on a path counts.
class isolation_nodes {
 public:
  isolation_nodes(const isolation_trees& trees, std::size_t tree, std::size_t subsample, double unit) {
    std::vector<origin> origins{{1, 0}};
    nodes.resize(1);
    records.resize(1);
    for (std::size_t at = 0; at < nodes.size(); ++at) {
      const auto [place, level] = origins[at];
      if (level == trees.depth() || trees.ends(tree, place)) {
        const double path = trees.path(tree, place, level);
        nodes[at].left = static_cast<std::uint32_t>(at);
        records[at].value = path * unit;
        records[at].cover = rows_of_path(path - level, subsample);
        continue;
      }
      nodes[at] = {trees.split(tree, place).threshold, static_cast<std::uint32_t>(nodes.size()),
                   static_cast<std::uint16_t>(trees.column(tree, place)),
                   static_cast<std::uint8_t>(trees.missing_right(tree, place) ? 1 : 0), 0};
      nodes.resize(nodes.size() + 2);
      records.resize(nodes.size());
      origins.push_back({2 * place, level + 1});
      origins.push_back({2 * place + 1, level + 1});
    }
    for (std::size_t at = nodes.size(); at-- > 0;)
      if (nodes[at].left != at) records[at].cover = records[nodes[at].left].cover + records[nodes[at].left + 1].cover;
  }

  std::vector<tree_node> nodes;
  std::vector<node_record> records;

 private:
  struct origin {
    std::size_t place;
    unsigned level;
  };
};

}  // namespace detail

/// An isolation forest as trees for a `tree_explainer`: they add up to log2(-score) of a row. So a column that adds 0.5
/// has made the score 2^0.5 times as large in size: the columns with the highest contributions are the reasons why a
/// row is unusual, and the score is -2^(base + all contributions).
///
///     auto trees = mr::model::explained_trees(forest);          // to outlive the explainer
///     mr::model::tree_explainer why(*trees, forest.inputs());
///     for (const auto& [name, adds] : why.reason_codes(row, 3, names)) ...
///
/// What a column adds is in proportion to how much it shortens the row's mean path. How many of its rows a tree has in
/// a leaf follows from the leaf's path length.
/// Allocates: 40 bytes a node.
/// Errors: shape_mismatch: more than 65,536 columns.
inline result<tree_ensemble> explained_trees(const isolation_forest& forest) {
  if (forest.columns_ > detail::most_tree_columns)
    return error(errc::shape_mismatch, "isolation forest: there are " + std::to_string(forest.columns_) +
                                           " columns; what explains trees takes 65,536");
  const double average = detail::average_path(static_cast<double>(forest.subsample_));
  const double trees = static_cast<double>(forest.trees());
  tree_ensemble made;
  for (std::size_t tree = 0; tree < forest.trees(); ++tree) {
    detail::isolation_nodes from(forest.trees_, tree, forest.subsample_, average > 0 ? -1 / (trees * average) : 0);
    if (average == 0)
      from.records[0].value = -1 / trees;  // trees of one row tell nothing: the score of an average path
    made.add(from.nodes, from.records);
  }
  return made;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_ISOLATION_REASONS_HPP
