#ifndef MILLRACE_INFER_DETAIL_OPERATORS_TREE_NODES_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_TREE_NODES_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Trees as nodes of `ai.onnx.ml` have them: read, checked, walked.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// By what a node chooses, in the order in which TreeEnsemble counts.
enum class branch : std::uint8_t { at_most, below, at_least, above, equal, unequal, member, leaf };

struct walk_node {
  double threshold = 0;  // of a member: the number of its set
  std::uint32_t column = 0;
  std::uint32_t yes = 0;  // where the comparison holds; of a leaf, its first weight
  std::uint32_t no = 0;   // of a leaf, behind its last weight
  branch by = branch::leaf;
  bool missing_is_yes = false;
};
struct leaf_weight {
  std::uint32_t target = 0;
  double weight = 0;
};

/// The trees of a node. Every walk from a root ends: no node is another's child twice.
struct walk_trees {
  std::vector<walk_node> nodes;
  std::vector<std::uint32_t> roots;
  std::vector<leaf_weight> weights;
  std::vector<std::vector<double>> sets;
  std::size_t targets = 1;
  std::size_t columns = 0;  // that some node asks for

  bool holds(const walk_node& at, double x) const noexcept {
    if (x != x && at.missing_is_yes) return true;
    switch (at.by) {
      case branch::at_most: return x <= at.threshold;
      case branch::below: return x < at.threshold;
      case branch::at_least: return x >= at.threshold;
      case branch::above: return x > at.threshold;
      case branch::equal: return x == at.threshold;
      case branch::unequal: return x != at.threshold;
      case branch::member:
        for (const double each : sets[static_cast<std::size_t>(at.threshold)])
          if (x == each) return true;
        return false;
      case branch::leaf: break;
    }
    return false;
  }
  /// The leaf that a row comes to. Comparisons are of doubles, which hold a float and its threshold as they are.
  template <class T>
  const walk_node& leaf_of(std::uint32_t root, const T* row) const noexcept {
    const walk_node* at = nodes.data() + root;
    while (at->by != branch::leaf) {
      const bool yes = holds(*at, static_cast<double>(row[at->column]));
      at = nodes.data() + (yes ? at->yes : at->no);
    }
    return *at;
  }
};

/// Real numbers of an attribute: floats, or, since version 3 of the domain, a tensor under `name` + `_as_tensor`.
template <class = void>
bool read_tensor(planner& at, std::string_view name, std::vector<double>& made) {
  const auto* tensor = at.attribute<model::graph_tensor>(name);
  if (tensor == nullptr) return !at.has_attribute(name) || at.refuse("attribute " + std::string(name) + ": no tensor");
  const std::size_t count =
      tensor->kind == graph_kind::tensor ? tensor->bytes.size() / tensor::size_of(tensor->dtype) : 0;
  const bool known = tensor->kind == graph_kind::tensor && with_type<float, double>(tensor->dtype, [&]<class T>(T) {
                       made.reserve(made.size() + count);
                       for (std::size_t i = 0; i < count; ++i) {
                         T x;
                         std::memcpy(&x, tensor->bytes.data() + i * sizeof(T), sizeof(T));
                         made.push_back(static_cast<double>(x));
                       }
                     });
  return known || at.refuse("attribute " + std::string(name) + ": not of float or double");
}
template <class = void>
bool read_reals(planner& at, const std::string& name, std::vector<double>& made) {
  made.reserve(at.reals(name).size());
  for (const float each : at.reals(name)) made.push_back(static_cast<double>(each));
  return read_tensor(at, name + "_as_tensor", made);
}
template <class = void>
bool has_size(planner& at, std::string_view name, std::size_t size, std::size_t wanted) {
  return size == wanted || at.refuse("attribute " + std::string(name) + ": " + std::to_string(size) +
                                     " elements, not " + std::to_string(wanted));
}

/// Finds nodes by the numbers of their tree and in it. Where each tree's nodes stand together and are numbered from 0
/// on, as all writers known here number them, the place is a sum; else it is searched for.
class node_places {
 public:
  node_places(std::span<const std::int64_t> trees, std::span<const std::int64_t> numbers) {
    if (find_runs(trees, numbers)) return;
    runs_.clear();
    order_.reserve(trees.size());
    bool sorted = true;
    for (std::uint32_t i = 0; i < trees.size(); ++i) {
      order_.push_back({trees[i], numbers[i], i});
      sorted = sorted && (i == 0 || before(order_[i - 1], order_[i]));
    }
    if (!sorted) sort_by(order_, before);
  }
  /// Whether two nodes have the same numbers: which.
  bool twice(std::size_t& which) const noexcept {
    for (std::size_t i = 1; i < order_.size(); ++i)
      if (!before(order_[i - 1], order_[i])) {
        which = order_[i].place;
        return true;
      }
    return false;
  }
  std::size_t trees() const noexcept {
    std::size_t count = runs_.size();
    for (std::size_t i = 0; i < order_.size(); ++i) count += i == 0 || order_[i].tree != order_[i - 1].tree;
    return count;
  }
  /// One that asks for a tree's nodes after another's keeps `hint`, 0 at first.
  bool find(std::int64_t tree, std::int64_t number, std::uint32_t& place, std::size_t& hint) const noexcept {
    if (runs_.empty()) return search(tree, number, place);
    if (runs_[hint].tree != tree) {
      hint = first_from(runs_, [&](const run& each) { return each.tree < tree; });
      if (hint == runs_.size()) hint = 0;
    }
    const run& of = runs_[hint];
    if (of.tree != tree || number < 0 || number >= std::int64_t{of.count}) return false;
    place = of.first + static_cast<std::uint32_t>(number);
    return true;
  }

 private:
  struct entry {
    std::int64_t tree = 0;
    std::int64_t number = 0;
    std::uint32_t place = 0;
  };
  /// A tree whose nodes stand together.
  struct run {
    std::int64_t tree = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  /// Returns whether trees are numbered upwards, and their nodes from 0 on.
  bool find_runs(std::span<const std::int64_t> trees, std::span<const std::int64_t> numbers) {
    for (std::uint32_t i = 0; i < trees.size(); ++i) {
      if (runs_.empty() || runs_.back().tree < trees[i]) runs_.push_back({trees[i], i, 0});
      if (runs_.back().tree != trees[i] || numbers[i] != std::int64_t{runs_.back().count++}) return false;
    }
    return true;
  }
  bool search(std::int64_t tree, std::int64_t number, std::uint32_t& place) const noexcept {
    const entry wanted{tree, number, 0};
    const std::size_t first = first_from(order_, [&](const entry& each) { return before(each, wanted); });
    if (first == order_.size() || before(wanted, order_[first])) return false;
    place = order_[first].place;
    return true;
  }
  /// The first of a sorted list that is not before what is wanted.
  template <class T, class Before>
  static std::size_t first_from(const std::vector<T>& list, const Before& is_before) noexcept {
    std::size_t first = 0;
    for (std::size_t left = list.size(); left > 0;) {
      const std::size_t half = left / 2;
      const bool behind = is_before(list[first + half]);
      first = behind ? first + half + 1 : first;
      left = behind ? left - half - 1 : half;
    }
    return first;
  }
  static bool before(const entry& a, const entry& b) noexcept {
    return a.tree != b.tree ? a.tree < b.tree : a.number < b.number;
  }

  std::vector<run> runs_;
  std::vector<entry> order_;
};

template <class = void>
bool read_column(planner& at, std::int64_t column, walk_trees& made, walk_node& node) {
  if (column < 0 || column >= std::int64_t{1} << 31)
    return at.refuse("attribute nodes_featureids: " + std::to_string(column));
  node.column = static_cast<std::uint32_t>(column);
  made.columns = made.columns > node.column ? made.columns : std::size_t{node.column} + 1;
  return true;
}
/// Whether no node is a child of two, and no root of any: then every walk from a root ends.
template <class = void>
bool has_one_parent_each(const walk_trees& made) {
  std::vector<char> seen(made.nodes.size(), 0);
  char twice = 0;
  const auto reach = [&](std::uint32_t node) { twice = static_cast<char>(twice | seen[node]), seen[node] = 1; };
  for (const walk_node& node : made.nodes)
    if (node.by != branch::leaf) reach(node.yes), reach(node.no);
  for (const std::uint32_t root : made.roots) reach(root);
  return twice == 0;
}
/// Marks what the roots lead to, and refuses a node that two lead to.
template <class = void>
bool check_walks(planner& at, const walk_trees& made) {
  if (has_one_parent_each(made)) return true;
  std::vector<bool> seen(made.nodes.size(), false);
  std::vector<std::uint32_t> open;
  const auto reach = [&](std::uint32_t node, const char* attribute) {
    if (seen[node])
      return at.refuse("attribute " + std::string(attribute) + ": node " + std::to_string(node) + " is reached twice");
    seen[node] = true;
    open.push_back(node);
    return true;
  };
  for (const std::uint32_t root : made.roots) {
    if (!reach(root, "tree_roots")) return false;
    while (!open.empty()) {
      const walk_node node = made.nodes[open.back()];
      open.pop_back();
      if (node.by != branch::leaf && (!reach(node.yes, "nodes_truenodeids") || !reach(node.no, "nodes_falsenodeids")))
        return false;
    }
  }
  return true;
}

template <class = void>
bool branch_of(std::string_view name, branch& made) noexcept {
  constexpr std::string_view names[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                        "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
  if (name == "LEAF") {
    made = branch::leaf;
    return true;
  }
  for (std::size_t i = 0; i < 6; ++i)
    if (name == names[i]) {
      made = static_cast<branch>(i);
      return true;
    }
  return false;
}

/// The nodes of TreeEnsembleClassifier and TreeEnsembleRegressor, and where each has its numbers.
template <class = void>
bool read_numbered_nodes(planner& at, walk_trees& made, const node_places& places) {
  const auto trees = at.wholes("nodes_treeids");
  std::vector<double> thresholds;
  if (!read_reals(at, "nodes_values", thresholds) || !has_size(at, "nodes_values", thresholds.size(), trees.size()))
    return false;
  const auto columns = at.wholes("nodes_featureids");
  const auto modes = at.texts("nodes_modes");
  const auto missing = at.wholes("nodes_missing_value_tracks_true");
  const auto yes = at.wholes("nodes_truenodeids");
  const auto no = at.wholes("nodes_falsenodeids");
  std::size_t hint = 0;
  made.nodes.reserve(trees.size());
  for (std::size_t i = 0; i < trees.size(); ++i) {
    walk_node& node = made.nodes.emplace_back();
    if (!branch_of(modes[i], node.by)) return at.refuse("attribute nodes_modes: \"" + modes[i] + '"');
    if (i == 0 || trees[i] != trees[i - 1]) made.roots.push_back(static_cast<std::uint32_t>(i));
    if (node.by == branch::leaf) continue;
    node.threshold = thresholds[i];
    node.missing_is_yes = !missing.empty() && missing[i] == 1;
    if (!read_column(at, columns[i], made, node)) return false;
    const auto child = [&](const char* name, std::int64_t number, std::uint32_t& to) {
      return places.find(trees[i], number, to, hint) ||
             at.refuse("attribute " + std::string(name) + ": tree " + std::to_string(trees[i]) + " has no node " +
                       std::to_string(number));
    };
    if (!child("nodes_truenodeids", yes[i], node.yes) || !child("nodes_falsenodeids", no[i], node.no)) return false;
  }
  return made.roots.size() == places.trees() || at.refuse("attribute nodes_treeids: a tree stands in two places");
}
/// The weights of leaves; `kind`: "class" or "target".
template <class = void>
bool read_numbered_weights(planner& at, walk_trees& made, const node_places& places, const std::string& kind) {
  const auto targets = at.wholes(kind + "_ids");
  const auto trees = at.wholes(kind + "_treeids");
  const auto numbers = at.wholes(kind + "_nodeids");
  std::vector<double> weights;
  if (!read_reals(at, kind + "_weights", weights) || !has_size(at, kind + "_ids", targets.size(), weights.size()) ||
      !has_size(at, kind + "_treeids", trees.size(), weights.size()) ||
      !has_size(at, kind + "_nodeids", numbers.size(), weights.size()))
    return false;
  std::vector<std::uint32_t> owner(weights.size());
  std::vector<std::uint32_t> counts(made.nodes.size() + 1, 0);
  std::size_t hint = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!places.find(trees[i], numbers[i], owner[i], hint))
      return at.refuse("attribute " + kind + "_nodeids: tree " + std::to_string(trees[i]) + " has no node " +
                       std::to_string(numbers[i]));
    if (targets[i] < 0 || static_cast<std::uint64_t>(targets[i]) >= made.targets)
      return at.refuse("attribute " + kind + "_ids: " + std::to_string(targets[i]) + " of " +
                       std::to_string(made.targets));
    ++counts[owner[i] + 1];
  }
  for (std::size_t i = 1; i < counts.size(); ++i) counts[i] += counts[i - 1];
  for (std::size_t i = 0; i < made.nodes.size(); ++i)
    if (made.nodes[i].by == branch::leaf) made.nodes[i].yes = made.nodes[i].no = counts[i];
  made.weights.resize(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    walk_node& leaf = made.nodes[owner[i]];  // weights of other nodes count for nothing
    if (leaf.by == branch::leaf) made.weights[leaf.no++] = {static_cast<std::uint32_t>(targets[i]), weights[i]};
  }
  return true;
}
template <class = void>
bool read_numbered_trees(planner& at, walk_trees& made, const std::string& kind) {
  const auto trees = at.wholes("nodes_treeids");
  if (trees.size() >= std::size_t{1} << 31) return at.refuse("attribute nodes_treeids: too many nodes");
  for (const std::string_view name : {"nodes_nodeids", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids"})
    if (!has_size(at, name, at.wholes(name).size(), trees.size())) return false;
  if (!has_size(at, "nodes_modes", at.texts("nodes_modes").size(), trees.size())) return false;
  const std::size_t missing = at.wholes("nodes_missing_value_tracks_true").size();
  if (missing != 0 && !has_size(at, "nodes_missing_value_tracks_true", missing, trees.size())) return false;
  const node_places places(trees, at.wholes("nodes_nodeids"));
  if (std::size_t which = 0; places.twice(which))
    return at.refuse("attribute nodes_nodeids: tree " + std::to_string(trees[which]) + " has two nodes " +
                     std::to_string(at.wholes("nodes_nodeids")[which]));
  return read_numbered_nodes(at, made, places) && read_numbered_weights(at, made, places, kind) &&
         check_walks(at, made);
}

/// The sets of TreeEnsemble, in the order of the nodes that have one: NaN stands behind each.
template <class = void>
bool read_sets(planner& at, walk_trees& made, std::size_t wanted) {
  std::vector<double> members;
  if (!read_tensor(at, "membership_values", members)) return false;
  made.sets.emplace_back();
  for (const double each : members) {
    if (each == each)
      made.sets.back().push_back(each);
    else
      made.sets.emplace_back();
  }
  if (made.sets.back().empty() && made.sets.size() > 1) made.sets.pop_back();
  return made.sets.size() >= wanted || at.refuse("attribute membership_values: " + std::to_string(made.sets.size()) +
                                                 " sets, not " + std::to_string(wanted));
}
/// A child among `count` nodes, or a leaf, which becomes a node of its own.
template <class = void>
bool read_child(planner& at, walk_trees& made, const char* name, std::int64_t number, bool leaf, std::size_t count,
                std::uint32_t& to) {
  if (number < 0 || static_cast<std::uint64_t>(number) >= (leaf ? made.weights.size() : count))
    return at.refuse("attribute " + std::string(name) + ": " + std::to_string(number) + " is no " +
                     (leaf ? "leaf" : "node"));
  to = static_cast<std::uint32_t>(number);
  if (!leaf) return true;
  walk_node node;
  node.yes = to;
  node.no = to + 1;
  to = static_cast<std::uint32_t>(made.nodes.size());
  made.nodes.push_back(node);
  return true;
}
/// The nodes of TreeEnsemble, whose leaves are numbered apart.
template <class = void>
bool read_joined_nodes(planner& at, walk_trees& made, std::span<const double> splits,
                       std::span<const std::byte> modes) {
  const std::size_t count = splits.size();
  const auto missing = at.wholes("nodes_missing_value_tracks_true");
  const auto columns = at.wholes("nodes_featureids");
  const auto yes = at.wholes("nodes_truenodeids");
  const auto yes_leaf = at.wholes("nodes_trueleafs");
  const auto no = at.wholes("nodes_falsenodeids");
  const auto no_leaf = at.wholes("nodes_falseleafs");
  made.nodes.reserve(count + made.weights.size());  // each leaf becomes one
  made.nodes.resize(count);
  std::size_t sets = 0;
  for (std::size_t i = 0; i < count; ++i) {
    walk_node node;
    if (modes[i] > std::byte{6}) return at.refuse("attribute nodes_modes: an element is above 6");
    node.by = static_cast<branch>(modes[i]);
    node.threshold = node.by == branch::member ? static_cast<double>(sets++) : splits[i];
    node.missing_is_yes = !missing.empty() && missing[i] == 1;
    if (!read_column(at, columns[i], made, node)) return false;
    if (!read_child(at, made, "nodes_truenodeids", yes[i], yes_leaf[i] != 0, count, node.yes) ||
        !read_child(at, made, "nodes_falsenodeids", no[i], no_leaf[i] != 0, count, node.no))
      return false;
    made.nodes[i] = node;
  }
  return sets == 0 || read_sets(at, made, sets);
}
template <class = void>
bool read_joined_trees(planner& at, walk_trees& made) {
  std::vector<double> splits;
  std::vector<double> weights;
  if (!read_tensor(at, "nodes_splits", splits) || !read_tensor(at, "leaf_weights", weights)) return false;
  if (splits.size() >= std::size_t{1} << 30 || weights.size() >= std::size_t{1} << 31)
    return at.refuse("attribute nodes_splits: too many nodes");
  for (const char* name :
       {"nodes_featureids", "nodes_truenodeids", "nodes_trueleafs", "nodes_falsenodeids", "nodes_falseleafs"})
    if (!has_size(at, name, at.wholes(name).size(), splits.size())) return false;
  const std::size_t missing = at.wholes("nodes_missing_value_tracks_true").size();
  if (missing != 0 && !has_size(at, "nodes_missing_value_tracks_true", missing, splits.size())) return false;
  const auto* modes = at.attribute<model::graph_tensor>("nodes_modes");
  if (modes == nullptr || modes->kind != graph_kind::tensor || modes->dtype != dtype::u8)
    return at.refuse("attribute nodes_modes: no tensor of uint8");
  if (!has_size(at, "nodes_modes", modes->bytes.size(), splits.size()) ||
      !has_size(at, "leaf_targetids", at.wholes("leaf_targetids").size(), weights.size()))
    return false;
  const auto targets = at.wholes("leaf_targetids");
  made.weights.reserve(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::int64_t target = targets[i];
    if (target < 0 || static_cast<std::uint64_t>(target) >= made.targets)
      return at.refuse("attribute leaf_targetids: " + std::to_string(target) + " of " + std::to_string(made.targets));
    made.weights.push_back({static_cast<std::uint32_t>(target), weights[i]});
  }
  if (!read_joined_nodes(at, made, splits, modes->bytes)) return false;
  for (const std::int64_t root : at.wholes("tree_roots")) {
    if (root < 0 || static_cast<std::uint64_t>(root) >= splits.size())
      return at.refuse("attribute tree_roots: " + std::to_string(root) + " is no node");
    made.roots.push_back(static_cast<std::uint32_t>(root));
  }
  return check_walks(at, made);
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_TREE_NODES_HPP
