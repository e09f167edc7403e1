#ifndef MILLRACE_MODEL_TO_GRAPH_DETAIL_TREE_OPERATOR_HPP
#define MILLRACE_MODEL_TO_GRAPH_DETAIL_TREE_OPERATOR_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>
#include <millrace/tensor/dtype.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Trees as one node of ONNX's operators for them: TreeEnsemble in doubles, TreeEnsembleRegressor in floats.
///
/// What these operators do not ask is asked of columns that are made for it: one whose number is missing where it is no
/// whole number, the whole part of one, one whose zeros are missing. Trees of one leaf are added to the start.
class tree_operator {
 public:
  tree_operator(graph_builder& to, const tree_ensemble& trees, std::size_t inputs, std::span<const double> start)
      : to_(to), trees_(trees), inputs_(inputs), start_(start.begin(), start.end()) {
    for (std::size_t tree = 0; tree < trees.trees(); ++tree) {
      if (trees.is_leaf(trees.root(tree)))
        start_[tree % start_.size()] += trees.records()[trees.root(tree)].value;
      else
        whole_.push_back(tree);
    }
  }

  /// The scores of rows of floats.
  graph_builder::value scores(graph_builder::value rows) {
    const graph_builder::value starts = to_.numbers(start_, {1, static_cast<std::int64_t>(start_.size())});
    const graph_builder::value numbers = to_.real(rows);
    if (whole_.empty()) {  // an output for each row, whatever it is
      const graph_builder::value any = to_.columns(numbers, {0});
      return to_.call("Where", {to_.call("IsNaN", {any}), starts, starts});
    }
    const graph_builder::value asked = with_made_columns(numbers);
    return to_.call("Add", {to_.is_double() ? add_ensemble(asked) : add_regressor(asked), starts});
  }

 private:
  using integers = std::vector<std::int64_t>;

  /// By what a row goes to a node's first child: a number that is at most the threshold, or one of a set.
  struct question {
    std::int64_t column = 0;
    float threshold = 0;
    bool never = false;  // all rows go to the second child, but missing ones where the first is theirs
    std::vector<std::uint32_t> members{};
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    std::int64_t missing_first = 0;
  };
  enum class mode : std::uint8_t { at_most = 0, below = 1, equal = 4, member = 6 };
  static mode mode_of(const question& asked) noexcept {
    return asked.never ? mode::below : asked.members.empty() ? mode::at_most : mode::member;
  }

  question question_of(std::uint32_t at) const {
    const tree_node& node = trees_.nodes()[at];
    const auto rule = static_cast<split_rule>(node.rule);
    question made;
    made.column = rule == split_rule::threshold ? node.column : columns_[node.rule][node.column];
    made.first = node.left;
    made.second = node.left + 1;
    made.missing_first = node.missing_right == 0 ? 1 : 0;
    made.threshold = node.threshold;
    if (rule == split_rule::threshold || rule == split_rule::zero_is_missing) return made;
    const node_record& record = trees_.records()[at];
    // Where unknown categories go left, those that go right are asked for, and all others go left.
    const bool turned = rule == split_rule::known_categories && node.missing_right == 0;
    for (std::uint32_t k = 0; k < record.set_size; ++k)
      if ((trees_.sets()[record.set + k / 64] >> k % 64 & 1) != (turned ? 1U : 0U)) made.members.push_back(k);
    if (turned) std::swap(made.first, made.second);
    if (rule == split_rule::known_categories) made.missing_first = 0;
    made.never = made.members.empty();
    made.threshold = -std::numeric_limits<float>::infinity();
    return made;
  }

  /// The rows, and behind their columns those that splits by categories or without zeros ask for.
  graph_builder::value with_made_columns(graph_builder::value numbers) {
    std::vector<graph_builder::value> parts{numbers};
    auto next = static_cast<std::int64_t>(inputs_);
    for (std::uint8_t rule = 1; rule < rules; ++rule) {
      integers& places = columns_[rule];
      for (std::uint32_t i = 0; i < trees_.nodes().size(); ++i) {
        const tree_node& node = trees_.nodes()[i];
        if (node.rule != rule || trees_.is_leaf(i)) continue;
        places.resize(inputs_, -1);
        places[node.column] = 0;
      }
      integers from;
      for (std::size_t j = 0; j < places.size(); ++j) {
        if (places[j] < 0) continue;
        places[j] = next++;
        from.push_back(static_cast<std::int64_t>(j));
      }
      if (!from.empty()) parts.push_back(made_column(static_cast<split_rule>(rule), numbers, std::move(from)));
    }
    return parts.size() == 1 ? numbers : to_.beside(std::move(parts));
  }
  graph_builder::value made_column(split_rule rule, graph_builder::value numbers, integers from) {
    const graph_builder::value some = to_.columns(numbers, std::move(from));
    const graph_builder::value size = to_.call("Abs", {some});
    switch (rule) {
      case split_rule::known_categories: {
        const graph_builder::value is_whole = to_.call("Equal", {to_.call("Floor", {some}), some});
        return to_.call("Where", {is_whole, some, to_.number(math::nan)});
      }
      case split_rule::whole_part_in_set: return to_.call("Mul", {to_.call("Sign", {some}), to_.call("Floor", {size})});
      case split_rule::category_in_set: return to_.call("Floor", {some});
      case split_rule::zero_is_missing: {
        const graph_builder::value is_zero = to_.call("LessOrEqual", {size, to_.number(double{1e-35F})});
        return to_.call("Where", {is_zero, to_.number(math::nan), some});
      }
      case split_rule::threshold: break;
    }
    return some;
  }

  std::uint32_t end_of(std::size_t tree) const noexcept {
    return tree + 1 < trees_.trees() ? trees_.root(tree + 1) : static_cast<std::uint32_t>(trees_.nodes().size());
  }
  /// Calls f(node, tree) for the nodes of all trees that have a split.
  template <class F>
  void for_each_node(F f) const {
    for (const std::size_t tree : whole_)
      for (std::uint32_t i = trees_.root(tree); i < end_of(tree); ++i) f(i, tree);
  }

  /// TreeEnsemble of the fifth version: splits and leaves are numbered apart, over all trees.
  graph_builder::value add_ensemble(graph_builder::value rows) {
    integers number(trees_.nodes().size());
    integers targets, roots, columns, firsts, first_leaves, seconds, second_leaves, missing;
    std::vector<double> weights, thresholds, members;
    std::vector<std::byte> modes;
    std::int64_t splits = 0;
    for_each_node([&](std::uint32_t i, std::size_t tree) {
      if (trees_.is_leaf(i)) {
        number[i] = static_cast<std::int64_t>(weights.size());
        weights.push_back(trees_.records()[i].value);
        targets.push_back(static_cast<std::int64_t>(tree % start_.size()));
      } else {
        number[i] = splits++;
      }
    });
    for (const std::size_t tree : whole_) roots.push_back(number[trees_.root(tree)]);
    for_each_node([&](std::uint32_t i, std::size_t) {
      if (trees_.is_leaf(i)) return;
      const question asked = question_of(i);
      columns.push_back(asked.column);
      thresholds.push_back(mode_of(asked) == mode::member ? 0 : double{asked.threshold});
      modes.push_back(static_cast<std::byte>(mode_of(asked)));
      for (const std::uint32_t member : asked.members) members.push_back(static_cast<double>(member));
      if (!asked.members.empty()) members.push_back(math::nan);  // the end of a node's set
      firsts.push_back(number[asked.first]);
      first_leaves.push_back(trees_.is_leaf(asked.first) ? 1 : 0);
      seconds.push_back(number[asked.second]);
      second_leaves.push_back(trees_.is_leaf(asked.second) ? 1 : 0);
      missing.push_back(asked.missing_first);
    });
    std::vector<graph_attribute> with{
        {"aggregate_function", std::int64_t{1}},  // the sum
        {"leaf_targetids", std::move(targets)},
        {"leaf_weights", list_of(weights)},
        {"n_targets", static_cast<std::int64_t>(start_.size())},
        {"nodes_falseleafs", std::move(second_leaves)},
        {"nodes_falsenodeids", std::move(seconds)},
        {"nodes_featureids", std::move(columns)},
        {"nodes_missing_value_tracks_true", std::move(missing)},
        {"nodes_modes", graph_tensor{graph_kind::tensor, tensor::dtype::u8, {splits}, std::move(modes), {}}},
        {"nodes_splits", list_of(thresholds)},
        {"nodes_trueleafs", std::move(first_leaves)},
        {"nodes_truenodeids", std::move(firsts)},
        {"post_transform", std::int64_t{0}},
        {"tree_roots", std::move(roots)}};
    if (!members.empty()) with.push_back({"membership_values", list_of(members)});
    return to_.call("TreeEnsemble", {rows}, std::move(with), "ai.onnx.ml");
  }
  graph_tensor list_of(std::span<const double> numbers) {
    return to_.tensor_of(numbers, {static_cast<std::int64_t>(numbers.size())});
  }

  /// The lists of a TreeEnsembleRegressor, whose nodes are numbered tree by tree.
  struct regressor {
    integers trees, nodes, columns, firsts, seconds, missing;
    std::vector<std::string> modes;
    std::vector<float> thresholds;
    integers leaf_trees, leaf_nodes, leaf_targets;
    std::vector<float> leaf_weights;

    void add(std::int64_t tree, std::int64_t node, std::int64_t column, const char* mode, float threshold,
             std::int64_t first, std::int64_t second, std::int64_t missing_first) {
      trees.push_back(tree);
      nodes.push_back(node);
      columns.push_back(column);
      modes.emplace_back(mode);
      thresholds.push_back(threshold);
      firsts.push_back(first);
      seconds.push_back(second);
      missing.push_back(missing_first);
    }
  };
  graph_builder::value add_regressor(graph_builder::value rows) {
    regressor lists;
    std::int64_t number = 0;
    for (const std::size_t tree : whole_) add_tree(lists, number++, tree);
    std::vector<graph_attribute> with{{"aggregate_function", std::string("SUM")},
                                      {"n_targets", static_cast<std::int64_t>(start_.size())},
                                      {"nodes_falsenodeids", std::move(lists.seconds)},
                                      {"nodes_featureids", std::move(lists.columns)},
                                      {"nodes_missing_value_tracks_true", std::move(lists.missing)},
                                      {"nodes_modes", std::move(lists.modes)},
                                      {"nodes_nodeids", std::move(lists.nodes)},
                                      {"nodes_treeids", std::move(lists.trees)},
                                      {"nodes_truenodeids", std::move(lists.firsts)},
                                      {"nodes_values", std::move(lists.thresholds)},
                                      {"post_transform", std::string("NONE")},
                                      {"target_ids", std::move(lists.leaf_targets)},
                                      {"target_nodeids", std::move(lists.leaf_nodes)},
                                      {"target_treeids", std::move(lists.leaf_trees)},
                                      {"target_weights", std::move(lists.leaf_weights)}};
    return to_.call("TreeEnsembleRegressor", {rows}, std::move(with), "ai.onnx.ml");
  }
  /// A set becomes questions for each of its members, one behind the other, whose first children are the same.
  void add_tree(regressor& to, std::int64_t number, std::size_t tree) {
    const std::uint32_t root = trees_.root(tree);
    std::int64_t more = end_of(tree) - root;
    for (std::uint32_t i = root; i < end_of(tree); ++i) {
      if (trees_.is_leaf(i)) {
        to.add(number, i - root, 0, "LEAF", 0, 0, 0, 0);
        to.leaf_trees.push_back(number);
        to.leaf_nodes.push_back(i - root);
        to.leaf_targets.push_back(static_cast<std::int64_t>(tree % start_.size()));
        to.leaf_weights.push_back(to_.narrowed(trees_.records()[i].value));
        continue;
      }
      const question asked = question_of(i);
      const std::int64_t first = asked.first - root;
      const std::int64_t second = asked.second - root;
      if (asked.members.empty()) {
        to.add(number, i - root, asked.column, asked.never ? "BRANCH_LT" : "BRANCH_LEQ", asked.threshold, first, second,
               asked.missing_first);
        continue;
      }
      std::int64_t at = i - root;
      for (std::size_t k = 0; k < asked.members.size(); ++k) {
        const std::int64_t next = k + 1 < asked.members.size() ? more++ : second;
        to.add(number, at, asked.column, "BRANCH_EQ", static_cast<float>(asked.members[k]), first, next,
               asked.missing_first);
        at = next;
      }
    }
  }

  static constexpr std::uint8_t rules = 5;

  graph_builder& to_;
  const tree_ensemble& trees_;
  std::size_t inputs_;
  std::vector<double> start_;
  std::vector<std::size_t> whole_;       // trees that have a split
  std::array<integers, rules> columns_;  // of each rule, where the column stands that is made of another; -1: nowhere
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_DETAIL_TREE_OPERATOR_HPP
