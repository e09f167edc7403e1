#ifndef MILLRACE_INFER_DETAIL_OPERATORS_TREES_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_TREES_HPP

#include <millrace/infer/detail/operators/class_scores.hpp>
#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/operators/tree_nodes.hpp>
#include <millrace/infer/detail/planner.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>
#include <millrace/model/trees/vector_leaf_trees.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Trees of `ai.onnx.ml`: TreeEnsembleClassifier, TreeEnsembleRegressor, TreeEnsemble. Their leaves are those of the
// definition, to the last bit of a threshold; how scores become classes is ONNX Runtime's way, which the definition
// leaves open. Sums are of doubles in the order of the trees.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

enum class tree_sum : std::uint8_t { average, sum, least, most };  // as TreeEnsemble counts

/// The trees of one target, where all are of floats and each leaf has one weight: for the walks of `model`'s trees.
template <class Trees>
struct target_trees {
  std::uint32_t target = 0;
  Trees trees;
};

/// What a node of trees has in its attributes.
struct scored_trees {
  walk_trees walks;
  // None of these: the trees are walked node by node.
  std::vector<target_trees<model::vector_leaf_trees>> fast;
  std::vector<target_trees<model::tree_ensemble>> large;  // one of the trees does not fit there
  std::optional<model::vector_leaf_trees> wide;           // each leaf weighs every target, once
  std::vector<double> base;
  tree_sum sum = tree_sum::sum;
  post_transform transform = post_transform::none;
  bool one_class = false;     // of two classes, the leaves weigh but one
  bool all_positive = false;  // no weight is below zero
};

/// A threshold of floats that says the same as a node's: `flipped` is whether its children change places.
template <class = void>
bool float_split(const walk_node& node, float& threshold, bool& flipped) noexcept {
  flipped = node.by == branch::at_least || node.by == branch::above;
  const bool keeps_equal = node.by == branch::at_most || node.by == branch::above;
  if (!keeps_equal && node.by != branch::below && node.by != branch::at_least) return false;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  threshold = static_cast<float>(node.threshold);
  const auto nearest = static_cast<double>(threshold);
  if (nearest != nearest) return false;
  // The largest float that is at most the threshold, or, where an equal one goes the other way, below it.
  if (nearest > node.threshold || (!keeps_equal && nearest == node.threshold)) {
    if (threshold == -infinity) return false;
    threshold = std::nextafter(threshold, -infinity);
  }
  return true;
}
/// A tree with splits of floats, and the leaf of `walks` for each of its leaves in turn.
struct float_tree {
  std::vector<model::tree_node> nodes;
  std::vector<std::uint32_t> leaves;
};
/// Reads the tree of a root; false if it has other splits.
template <class = void>
bool read_float_tree(const walk_trees& walks, std::uint32_t root, float_tree& made) {
  made.nodes.clear();
  made.leaves.clear();
  std::vector<std::uint32_t> order{root};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const walk_node& from = walks.nodes[order[i]];
    model::tree_node& node = made.nodes.emplace_back();
    if (from.by == branch::leaf) {
      made.leaves.push_back(order[i]);
      node.left = static_cast<std::uint32_t>(i);
      continue;
    }
    bool flipped = false;
    if (from.column > 0xffffU || !float_split(from, node.threshold, flipped)) return false;
    node.column = static_cast<std::uint16_t>(from.column);
    node.missing_right = flipped == from.missing_is_yes ? 1 : 0;
    node.left = static_cast<std::uint32_t>(order.size());
    order.push_back(flipped ? from.no : from.yes);
    order.push_back(flipped ? from.yes : from.no);
  }
  return true;
}
/// Adds a tree whose leaves weigh one target; false if it is not such a tree, or does not fit.
template <class Trees>
bool add_fast_tree(std::vector<target_trees<Trees>>& made, const walk_trees& walks, const float_tree& tree,
                   std::vector<double>& values) {
  values.clear();
  const std::uint32_t target = walks.weights[walks.nodes[tree.leaves[0]].yes].target;
  for (const std::uint32_t leaf : tree.leaves) {
    const walk_node& from = walks.nodes[leaf];
    if (from.no != from.yes + 1 || walks.weights[from.yes].target != target) return false;
    values.push_back(walks.weights[from.yes].weight);
  }
  std::size_t at = 0;
  while (at < made.size() && made[at].target != target) ++at;
  if constexpr (std::is_same_v<Trees, model::tree_ensemble>) {
    if (at == made.size()) made.push_back({target, {}});
    std::vector<model::node_record> records(tree.nodes.size());
    std::size_t leaf = 0;
    for (std::size_t i = 0; i < records.size(); ++i)
      if (tree.nodes[i].left == i) records[i].value = values[leaf++];
    made[at].trees.add(tree.nodes, records);
    return true;
  } else {
    if (at == made.size()) made.push_back({target, Trees(1)});
    return made[at].trees.add(tree.nodes, values);
  }
}
/// Adds all trees, or leaves none.
template <class Trees>
void add_trees_of_one_target(std::vector<target_trees<Trees>>& made, const walk_trees& walks) {
  float_tree tree;
  std::vector<double> values;
  for (const std::uint32_t root : walks.roots) {
    const bool is_float = read_float_tree(walks, root, tree);
    const walk_node& leaf = walks.nodes[is_float ? tree.leaves[0] : root];
    if (is_float && leaf.no > leaf.yes && made.size() <= 256 && add_fast_tree(made, walks, tree, values)) continue;
    made.clear();
    return;
  }
}
/// Adds a tree whose leaves weigh every target once; false if it is not such a tree.
template <class = void>
bool add_wide_tree(model::vector_leaf_trees& made, const walk_trees& walks, const float_tree& tree) {
  if (tree.leaves.size() > walks.weights.size() / walks.targets) return false;
  std::vector<double> values(tree.leaves.size() * walks.targets);
  std::vector<bool> given(values.size(), false);
  for (std::size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
    const walk_node& from = walks.nodes[tree.leaves[leaf]];
    if (from.no - from.yes != walks.targets) return false;
    for (std::uint32_t i = from.yes; i < from.no; ++i) {
      const std::size_t at = leaf * walks.targets + walks.weights[i].target;
      if (given[at]) return false;
      given[at] = true;
      values[at] = walks.weights[i].weight;
    }
  }
  return made.add(tree.nodes, values);
}
/// Chooses the kernels for the trees.
template <class = void>
void add_fast_trees(scored_trees& made) {
  const walk_trees& walks = made.walks;
  if (made.sum == tree_sum::least || made.sum == tree_sum::most || walks.weights.empty()) return;
  add_trees_of_one_target(made.fast, walks);
  if (!made.fast.empty() || walks.roots.empty()) return;
  made.wide.emplace(walks.targets);
  float_tree tree;
  for (const std::uint32_t root : walks.roots)
    if (!read_float_tree(walks, root, tree) || !add_wide_tree(*made.wide, walks, tree)) {
      made.wide.reset();
      return add_trees_of_one_target(made.large, walks);
    }
}

template <class = void>
bool read_tree_scores(planner& at, scored_trees& made, std::int64_t targets) {
  if (targets < 1 || targets > std::int64_t{1} << 24)
    return at.refuse("it has " + std::to_string(targets) + " targets");
  made.walks.targets = static_cast<std::size_t>(targets);
  return true;
}
template <class = void>
bool read_base(planner& at, scored_trees& made) {
  return read_reals(at, "base_values", made.base);
}
template <class = void>
ready_state ready_tree_classifier(planner& at) {
  auto made = std::make_shared<scored_trees>();
  const std::size_t texts = at.texts("classlabels_strings").size();
  const std::size_t classes = texts != 0 ? texts : at.wholes("classlabels_int64s").size();
  if (!read_tree_scores(at, *made, static_cast<std::int64_t>(classes)) || !read_post_transform(at, made->transform) ||
      !read_base(at, *made) || !read_numbered_trees(at, made->walks, "class"))
    return nullptr;
  const std::size_t base = made->base.size();
  if (base != 0 && base != classes && !(base == 1 && classes == 2))
    return has_size(at, "base_values", base, classes), nullptr;
  made->all_positive = true;
  made->one_class = classes == 2;
  for (const leaf_weight& each : made->walks.weights) {
    made->all_positive = made->all_positive && !(each.weight < 0);
    made->one_class = made->one_class && each.target == made->walks.weights[0].target;
  }
  add_fast_trees(*made);
  return made;
}
template <class = void>
ready_state ready_tree_regressor(planner& at) {
  auto made = std::make_shared<scored_trees>();
  if (!read_tree_scores(at, *made, at.whole("n_targets", 1)) || !read_post_transform(at, made->transform) ||
      !read_base(at, *made) || !read_numbered_trees(at, made->walks, "target"))
    return nullptr;
  const std::string_view sum = at.text("aggregate_function", "SUM");
  constexpr std::string_view names[] = {"AVERAGE", "SUM", "MIN", "MAX"};
  std::uint8_t which = 0;
  while (which < 4 && names[which] != sum) ++which;
  if (which == 4) return at.refuse("attribute aggregate_function: \"" + std::string(sum) + '"'), nullptr;
  made->sum = static_cast<tree_sum>(which);
  if (!made->base.empty() && !has_size(at, "base_values", made->base.size(), made->walks.targets)) return nullptr;
  add_fast_trees(*made);
  return made;
}
template <class = void>
ready_state ready_tree_ensemble(planner& at) {
  auto made = std::make_shared<scored_trees>();
  const std::int64_t sum = at.whole("aggregate_function", 1);
  const std::int64_t transform = at.whole("post_transform", 0);
  if (sum < 0 || sum > 3) return at.refuse("attribute aggregate_function: " + std::to_string(sum)), nullptr;
  if (transform < 0 || transform > 4)
    return at.refuse("attribute post_transform: " + std::to_string(transform)), nullptr;
  made->sum = static_cast<tree_sum>(sum);
  made->transform = static_cast<post_transform>(transform);
  if (!read_tree_scores(at, *made, at.whole("n_targets", 1)) || !read_joined_trees(at, made->walks)) return nullptr;
  add_fast_trees(*made);
  return made;
}

/// The sums of a block of rows, and which targets a leaf of each row weighs.
class tree_block {
 public:
  static constexpr std::size_t most_rows = 1024;

  tree_block(const scored_trees& of, const table_shape& table, bool of_doubles)
      : of_(&of),
        count_(static_cast<std::size_t>(table.rows)),
        columns_(static_cast<std::size_t>(table.columns)),
        rows_(count_ < most_rows ? count_ : most_rows) {
    // As many rows as have room in about a MiB, if there are many targets.
    const std::size_t fit = (std::size_t{1} << 17) / of.walks.targets;
    rows_ = rows_ < fit ? rows_ : fit < 1 ? 1 : fit;
    scores_.resize(rows_ * of.walks.targets);
    weighed_.resize(rows_ * of.walks.targets);
    if (of_doubles && has_kernels()) narrow_.resize(rows_ * columns_);
  }
  /// Calls `finish(row, scores, weighed)` for each row, one block after another.
  template <class T, class Finish>
  void run(const T* rows, const Finish& finish) noexcept {
    for (std::size_t first = 0; first < count_; first += rows_) {
      const std::size_t some = count_ - first < rows_ ? count_ - first : rows_;
      sum(rows + first * columns_, some);
      for (std::size_t row = 0; row < some; ++row) finish(first + row, scores(row), weighed(row));
    }
  }

 private:
  std::span<double> scores(std::size_t row) noexcept {
    return {scores_.data() + row * of_->walks.targets, of_->walks.targets};
  }
  const char* weighed(std::size_t row) const noexcept { return weighed_.data() + row * of_->walks.targets; }

  template <class T>
  void sum(const T* rows, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count * of_->walks.targets; ++i) {
      scores_[i] = 0;
      weighed_[i] = 0;
    }
    if constexpr (std::is_same_v<T, float>) {
      if (has_kernels()) return run_fast(rows, count);
    } else {
      if (has_kernels() && narrow(rows, count * columns_)) return run_fast(narrow_.data(), count);
    }
    for (std::size_t row = 0; row < count; ++row)
      for (const std::uint32_t root : of_->walks.roots) add(row, of_->walks.leaf_of(root, rows + row * columns_));
    if (of_->sum == tree_sum::average) divide(count);
  }
  bool has_kernels() const noexcept { return of_->wide || !of_->fast.empty() || !of_->large.empty(); }
  /// Makes floats of doubles, and returns whether they are the same numbers: those of floats that the graph widened.
  bool narrow(const double* from, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      narrow_[i] = static_cast<float>(from[i]);
      if (static_cast<double>(narrow_[i]) != from[i] && from[i] == from[i]) return false;
    }
    return true;
  }
  void run_fast(const float* rows, std::size_t count) noexcept {
    const std::size_t targets = of_->walks.targets;
    const model::matrix_view view(rows, count, columns_);
    if (of_->wide) {
      of_->wide->sums(view, scores_.data());
      for (std::size_t i = 0; i < count * targets; ++i) weighed_[i] = 1;
    }
    const auto add_target = [&](const auto& each) noexcept {
      each.trees.sums(view, scores_.data() + each.target, targets);
      for (std::size_t row = 0; row < count; ++row) weighed_[row * targets + each.target] = 1;
    };
    for (const auto& each : of_->fast) add_target(each);
    for (const auto& each : of_->large) add_target(each);
    if (of_->sum == tree_sum::average) divide(count);
  }
  void divide(std::size_t count) noexcept {
    const auto trees = static_cast<double>(of_->walks.roots.size());
    for (std::size_t i = 0; i < count * of_->walks.targets; ++i) scores_[i] /= trees;
  }
  void add(std::size_t row, const walk_node& leaf) noexcept {
    for (std::uint32_t i = leaf.yes; i < leaf.no; ++i) {
      const leaf_weight& weight = of_->walks.weights[i];
      double& score = scores(row)[weight.target];
      char& weighed = weighed_[row * of_->walks.targets + weight.target];
      const bool first = weighed == 0;
      weighed = 1;
      switch (of_->sum) {
        case tree_sum::average:
        case tree_sum::sum: score += weight.weight; break;
        case tree_sum::least: score = first || weight.weight < score ? weight.weight : score; break;
        case tree_sum::most: score = first || weight.weight > score ? weight.weight : score; break;
      }
    }
  }

  const scored_trees* of_;
  std::size_t count_;
  std::size_t columns_;
  std::size_t rows_;  // of a block
  std::vector<double> scores_;
  std::vector<char> weighed_;
  std::vector<float> narrow_;
};

/// Reads how many rows there are, of enough columns, and the type that they are walked in: whole numbers as floats.
template <class = void>
bool read_tree_rows(planner& at, const scored_trees& of, table_shape& table, dtype& type) {
  if (!read_table_shape(at, table)) return false;
  if (of.walks.columns > static_cast<std::size_t>(table.columns))
    return at.refuse("a node asks for column " + std::to_string(of.walks.columns - 1) + " of rows of " +
                     std::to_string(table.columns));
  const planned_value& rows = at.in(0);
  const bool whole = rows.is(dtype::i64) || rows.is(dtype::i32);
  type = whole ? dtype::f32 : rows.type;
  return whole || rows.is(dtype::f32) || rows.is(dtype::f64) || at.refuse_type(0);
}

/// Scores become outputs: a base is added, and all are transformed. A single target knows no transform but PROBIT.
inline void finish_targets(const scored_trees& of, std::span<double> scores) noexcept {
  for (std::size_t k = 0; k < of.base.size(); ++k) scores[k] += of.base[k];
  if (scores.size() > 1)
    transform_scores(of.transform, scores);
  else if (of.transform == post_transform::probit)
    scores[0] = probit_score(scores[0]);
}
/// `single`: results are floats, whatever the rows are of.
template <class = void>
bool plan_tree_targets(planner& at, bool single) {
  const auto& of = at.ready<scored_trees>();
  table_shape table;
  dtype type{};
  if (!read_tree_rows(at, of, table, type)) return false;
  const shape sizes{table.rows, static_cast<std::int64_t>(of.walks.targets)};
  if (!at.has_room(sizes)) return false;
  const element_pointer rows = at.as(0, type);
  const element_pointer to{at.out(0, graph_kind::tensor, single ? dtype::f32 : type, sizes)};
  tree_block block(of, table, type == dtype::f64);
  return at.run_as<float, double>(0, type, [=, &of, block = std::move(block)]<class T>(T) mutable {
    block.run<T>(rows, [&](std::size_t row, std::span<double> scores, const char*) noexcept {
      finish_targets(of, scores);
      for (std::size_t k = 0; k < scores.size(); ++k) {
        if (single)
          static_cast<float*>(to)[row * scores.size() + k] = static_cast<float>(scores[k]);
        else
          static_cast<T*>(to)[row * scores.size() + k] = static_cast<T>(scores[k]);
      }
    });
  });
}
template <class = void>
bool plan_tree_regressor(planner& at) {
  return plan_tree_targets(at, true);
}
template <class = void>
bool plan_tree_ensemble(planner& at) {
  return plan_tree_targets(at, false);
}

/// Scores of two classes, and which is chosen.
inline std::size_t finish_two_classes(const scored_trees& of, std::span<double> scores, const char* weighed) noexcept {
  bool has[] = {weighed[0] != 0, weighed[1] != 0};
  const bool both = has[1] || of.base.size() == 2;
  if (of.base.size() == 2 && has[1]) {
    scores[1] = of.base[1] + scores[0];
    scores[0] = -scores[1];
  } else {
    for (std::size_t k = 0; k < of.base.size(); ++k) scores[k] += of.base[k];
  }
  const double score = has[1] ? scores[1] : has[0] ? scores[0] : 0;
  const std::size_t chosen = score > (of.one_class && of.all_positive ? 0.5 : 0) ? 1 : 0;
  second_class second = of.base.empty() ? second_class::negative : second_class::none;
  if (of.one_class) second = of.all_positive ? second_class::complement : second_class::negative;
  for (std::size_t k = 0; k < 2; ++k) scores[k] = has[k] ? scores[k] : 0;
  if (both)
    transform_scores(of.transform, scores);
  else
    pair_scores(of.transform, second, scores[0], scores.first<2>());
  return chosen;
}
/// Scores of any number of classes, and which is chosen: the first of the largest, of those that a leaf weighs.
inline std::size_t finish_classes(const scored_trees& of, std::span<double> scores, const char* weighed) noexcept {
  if (scores.size() == 2) return finish_two_classes(of, scores, weighed);
  std::size_t best = scores.size();
  for (std::size_t k = 0; k < scores.size(); ++k) {
    const bool has = weighed[k] != 0 || !of.base.empty();
    scores[k] = has ? scores[k] + (of.base.empty() ? 0 : of.base[k]) : 0;
    if (has && (best == scores.size() || scores[k] > scores[best])) best = k;
  }
  if (scores.size() > 1)
    transform_scores(of.transform, scores);
  else if (of.transform == post_transform::probit)
    scores[0] = probit_score(scores[0]);
  return best == scores.size() ? 0 : best;
}
template <class = void>
bool plan_tree_classifier(planner& at) {
  const auto& of = at.ready<scored_trees>();
  table_shape table;
  dtype type{};
  if (!read_tree_rows(at, of, table, type)) return false;
  const shape sizes{table.rows, static_cast<std::int64_t>(of.walks.targets)};
  class_output classes;
  if (!at.has_room(sizes) || !classes.plan(at, "classlabels_int64s", table.rows)) return false;
  const element_pointer rows = at.as(0, type);
  float* const to = at.out<float>(1, sizes);
  tree_block block(of, table, type == dtype::f64);
  return at.run_as<float, double>(0, type, [=, &of, block = std::move(block)]<class T>(T) mutable {
    block.run<T>(rows, [&](std::size_t row, std::span<double> scores, const char* weighed) noexcept {
      for (double& each : scores) each = static_cast<double>(static_cast<T>(each));
      classes.write(row, finish_classes(of, scores, weighed));
      for (std::size_t k = 0; k < scores.size(); ++k) to[row * scores.size() + k] = static_cast<float>(scores[k]);
    });
  });
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_TREES_HPP
