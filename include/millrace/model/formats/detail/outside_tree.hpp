#ifndef MILLRACE_MODEL_FORMATS_DETAIL_OUTSIDE_TREE_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_OUTSIDE_TREE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A node as a file has it. Nodes are numbered by the file; that a leaf leads to no other is all that is certain.
struct outside_node {
  bool leaf = false;
  std::uint64_t left = 0;
  std::uint64_t right = 0;
  std::uint64_t column = 0;
  float threshold = 0;
  bool missing_right = false;
  split_rule rule = split_rule::threshold;
  node_record record;
};

/// A tree in the order of tree_ensemble: children side by side, behind their parent.
struct ordered_tree {
  std::vector<tree_node> nodes;
  std::vector<node_record> records;
  std::vector<std::uint32_t> origins;  // the nodes' numbers in the file
};

/// The largest float that is not above x: a float is at most x if and only if it is at most that.
inline float float_not_above(double x) noexcept {
  const auto nearest = static_cast<float>(x);
  return double{nearest} > x ? __builtin_nextafterf(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

/// Puts the nodes that node 0 leads to in order; `node_of(number)` returns an outside_node, of `count`.
/// Errors: corrupt, unsupported (with the node's number).
template <class NodeOf>
result<ordered_tree> ordered(std::size_t count, std::size_t inputs, const NodeOf& node_of) {
  ordered_tree made;
  const auto wrong = [](std::uint64_t node, const std::string& what) {
    return error(errc::corrupt, "node " + std::to_string(node) + ": " + what);
  };
  std::vector<bool> seen(count, false);
  const auto reach = [&](std::uint64_t node) {
    if (node >= count || seen[node]) return false;
    seen[node] = true;
    made.origins.push_back(static_cast<std::uint32_t>(node));
    return true;
  };
  if (!reach(0)) return error(errc::corrupt, "it has no node");
  for (std::size_t at = 0; at < made.origins.size(); ++at) {
    const std::uint64_t number = made.origins[at];
    const outside_node from = node_of(number);
    tree_node node;
    node.left = static_cast<std::uint32_t>(from.leaf ? at : made.origins.size());
    made.records.push_back(from.record);
    if (!from.leaf) {
      if (from.column >= inputs)
        return wrong(number,
                     "its column is " + std::to_string(from.column) + ", the last one " + std::to_string(inputs - 1));
      for (const std::uint64_t child : {from.left, from.right})
        if (!reach(child))
          return wrong(number, "its child " + std::to_string(child) + " is no node, or another's child too");
      node.threshold = from.threshold;
      node.column = static_cast<std::uint16_t>(from.column);
      node.missing_right = from.missing_right ? 1 : 0;
      node.rule = static_cast<std::uint8_t>(from.rule);
      if (from.threshold != from.threshold) return wrong(number, "its threshold is NaN");
    } else if (!math::is_finite(from.record.value)) {
      return wrong(number, "its leaf's value is not finite");
    }
    if (!(made.records.back().cover >= 0)) made.records.back().cover = 0;  // for explanations only
    if (!math::is_finite(made.records.back().gain)) made.records.back().gain = 0;
    made.nodes.push_back(node);
  }
  return made;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_OUTSIDE_TREE_HPP
