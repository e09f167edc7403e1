#ifndef MILLRACE_MODEL_TREES_DETAIL_PACKED_TREES_HPP
#define MILLRACE_MODEL_TREES_DETAIL_PACKED_TREES_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/model/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A node of a tree in eight bytes, so that one read brings all that a row asks on its way: what it is compared with,
/// the column (11 bits), whether a missing feature goes right (one bit), and the left child's place in the tree.
struct packed_node {
  float threshold = std::numeric_limits<float>::infinity();
  std::uint32_t way = 0;

  static constexpr std::size_t most_columns = std::size_t{1} << 11;
  static constexpr std::size_t most_nodes = std::size_t{1} << 20;

  static packed_node of(float threshold, std::uint32_t column, bool missing_right, std::uint32_t left) noexcept {
    return {threshold, column | (missing_right ? 1U : 0U) << 11 | left << 12};
  }
  std::uint32_t column() const noexcept { return way & 0x7ffU; }
  std::uint32_t missing_right() const noexcept { return way >> 11 & 1; }
  std::uint32_t left() const noexcept { return way >> 12; }
};

/// Of how many rows a tile holds each column's numbers together.
inline constexpr std::size_t rows_of_tile = 32;

/// A node of a tree's upper levels. A row goes right if the number `offset` bytes into its tile is above the threshold.
/// The first column of a tile holds -infinity: nothing there goes right. In tiles of rows with missing features, each
/// column is there three times: as it is, for nodes where missing ones go left; with infinity for missing ones, for
/// nodes where these go right; and with infinity for missing ones and -infinity for all else, for nodes with the
/// threshold infinity, where nothing else goes right.
struct upper_node {
  float threshold = 0;
  std::uint32_t offset = 0;
  std::uint32_t offset_if_missing = 0;

  static constexpr std::uint32_t column_bytes = rows_of_tile * sizeof(float);
};

/// A node of a perfect tree, all of whose leaves lie at one depth: its children need no pointers, they are 2 n and
/// 2 n + 1. Kernels read the last four bytes as one number.
struct perfect_node {
  float threshold = std::numeric_limits<float>::infinity();
  std::uint16_t column = 0;
  std::uint16_t missing_right = 0;
};

/// Eight trees as the subtrees of one heap, whose roots are its places 8 to 15, padded to one depth: below a leaf
/// further up, all leaves have its value. Walks of one row through them share all but their places, which stay in
/// registers. A tree's nodes of a level stand together.
struct perfect_eight {
  static constexpr unsigned trees = 8;
  static constexpr unsigned most_levels = 8;

  const perfect_node* nodes = nullptr;
  const double* leaves = nullptr;
  unsigned levels = 0;  // 0 where the trees are not there so
};

/// A tree as kernels see it: its nodes by level, and what each returns. A leaf leads to itself, so walks of one length
/// do for rows whose leaves lie at different depths. Upper nodes are numbered as in a heap, from 1 on; `exits` says
/// where in the tree a row is behind them. The same tree may be the subtree of `perfect` at place `root`.
struct packed_tree {
  const packed_node* nodes = nullptr;
  const double* values = nullptr;
  const upper_node* upper = nullptr;
  const std::uint32_t* exits = nullptr;
  unsigned depth = 0;
  bool uneven = false;  // most leaves lie well above the lowest
  perfect_eight perfect;
  std::uint32_t root = 0;
};

/// How many levels of splits a tree has, whose children stand behind their parents.
template <class Node>
unsigned depth_of_tree(std::span<const Node> nodes) {
  unsigned depth = 0;
  flat_vector<unsigned> level(nodes.size(), 0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].left == i) continue;
    level[nodes[i].left] = level[nodes[i].left + 1] = level[i] + 1;
    depth = level[i] + 1 > depth ? level[i] + 1 : depth;
  }
  return depth;
}

/// Trees once more, as predicting wants them. Eight trees in a row that are nearly perfect are there as such, too, if
/// that at most doubles their nodes: that takes no more memory again than their packed nodes and values do.
class packed_trees {
 public:
  static constexpr unsigned upper_levels = 5;
  static constexpr unsigned few_levels = 3;  // of a tree that is no deeper

  std::size_t trees() const noexcept { return roots_.size(); }
  /// The first columns of a row, which some node asks for.
  std::size_t columns() const noexcept { return columns_; }

  packed_tree operator[](std::size_t tree) const noexcept {
    const root& of = roots_[tree];
    return {nodes_.data() + of.first,
            values_.data() + of.first,
            upper_.data() + tree * places,
            exits_.data() + tree * places,
            of.depth,
            of.uneven,
            eight(tree / perfect_eight::trees),
            static_cast<std::uint32_t>(perfect_eight::trees + tree % perfect_eight::trees)};
  }
  /// The trees from 8 i on.
  perfect_eight eight(std::size_t i) const noexcept {
    if (i >= eights_.size()) return {};
    return {perfect_.data() + eights_[i].first, leaves_.data() + eights_[i].first, eights_[i].levels};
  }
  bool any_perfect() const noexcept { return !perfect_.empty(); }

  /// Adds a tree, or returns false, and adds nothing, where it does not fit or parts categories. `depth`: its levels.
  template <class Node, class Record>
  bool add(std::span<const Node> nodes, std::span<const Record> records, unsigned depth) {
    std::size_t columns = columns_;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].rule != 0) return false;
      if (nodes[i].left != i && nodes[i].column >= columns) columns = std::size_t{nodes[i].column} + 1;
    }
    if (columns > packed_node::most_columns || nodes.size() > packed_node::most_nodes ||
        nodes_.size() + nodes.size() > 0xffff'ffffU)
      return false;
    columns_ = columns;
    roots_.push_back({static_cast<std::uint32_t>(nodes_.size()), depth, false});
    add_by_level(nodes, records);
    add_upper();
    if (roots_.size() % perfect_eight::trees == 0) add_eight();
    return true;
  }
  void keep(std::size_t trees) {
    if (trees >= roots_.size()) return;
    nodes_.truncate(roots_[trees].first);
    values_.resize(roots_[trees].first);
    upper_.truncate(trees * places);
    exits_.truncate(trees * places);
    const std::size_t eights = trees / perfect_eight::trees;
    if (eights < eights_.size()) {
      perfect_.truncate(eights_[eights].first);
      leaves_.resize(eights_[eights].first);
      eights_.truncate(eights);
    }
    roots_.truncate(trees);
  }

 private:
  static constexpr std::size_t places = std::size_t{1} << upper_levels;

  struct root {
    std::uint32_t first = 0;
    unsigned depth = 0;
    bool uneven = false;
  };
  struct eight_trees {
    std::size_t first = 0;  // both among the nodes and among the leaves
    unsigned levels = 0;
  };

  /// The nodes by level; none if they stand so already.
  template <class Node>
  static flat_vector<std::uint32_t> order_by_level(std::span<const Node> nodes) {
    flat_vector<std::uint32_t> order;
    std::size_t next = 1;
    for (std::size_t i = 0; i < nodes.size() && next > 0; ++i)
      if (nodes[i].left != i) next = nodes[i].left == next ? next + 2 : 0;
    if (next > 0) return order;
    order.push_back(0);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::uint32_t left = nodes[order[i]].left;
      if (left == order[i]) continue;
      order.push_back(left);
      order.push_back(left + 1);
    }
    return order;
  }
  template <class Node, class Record>
  void add_by_level(std::span<const Node> nodes, std::span<const Record> records) {
    const flat_vector<std::uint32_t> order = order_by_level(nodes);
    const std::size_t count = order.empty() ? nodes.size() : order.size();
    root& of = roots_.back();
    nodes_.resize(of.first + count);
    values_.resize(nodes_.size());
    packed_node* const to = nodes_.data() + of.first;
    double* const values = values_.data() + of.first;
    std::size_t leaves = 0;
    std::size_t sum_of_levels = 0;
    std::size_t level = 0;
    std::size_t end_of_level = 1;
    std::size_t next = 1;  // where the next children stand
    for (std::size_t i = 0; i < count; ++i) {
      if (i == end_of_level) {
        ++level;
        end_of_level = next;
      }
      const std::size_t at = order.empty() ? i : order[i];
      const Node& node = nodes[at];
      values[i] = records[at].value;
      if (node.left == at) {
        to[i] = packed_node::of(std::numeric_limits<float>::infinity(), 0, false, static_cast<std::uint32_t>(i));
        ++leaves;
        sum_of_levels += level;
      } else {
        to[i] = packed_node::of(node.threshold, node.column, node.missing_right != 0, static_cast<std::uint32_t>(next));
        next += 2;
      }
    }
    of.uneven = 2 * sum_of_levels + 3 * leaves < 2 * leaves * of.depth;
  }

  void add_upper() {
    const root& of = roots_.back();
    const unsigned levels = of.depth <= few_levels ? few_levels : upper_levels;
    const packed_node* const nodes = nodes_.data() + of.first;
    upper_.resize(upper_.size() + places);
    exits_.resize(exits_.size() + places);
    upper_node* const upper = upper_.data() + upper_.size() - places;
    std::uint32_t at[2 * places] = {};  // of each place in the heap, where in the tree it is
    for (std::uint32_t place = 1; place < 1U << levels; ++place) {
      const packed_node node = nodes[at[place]];
      const bool leaf = node.left() == at[place];
      at[2 * place] = node.left();
      at[2 * place + 1] = leaf ? node.left() : node.left() + 1;
      if (!leaf) upper[place] = upper_of(node);
    }
    for (std::uint32_t exit = 0; exit < 1U << levels; ++exit)
      exits_[exits_.size() - places + exit] = at[(1U << levels) + exit];
  }
  static upper_node upper_of(const packed_node& node) noexcept {
    const bool only_missing = node.missing_right() != 0 && node.threshold == std::numeric_limits<float>::infinity();
    const std::uint32_t copy = only_missing ? 2 : node.missing_right();
    return {only_missing ? 0 : node.threshold, only_missing ? 0 : (1 + node.column()) * upper_node::column_bytes,
            (1 + 3 * node.column() + copy) * upper_node::column_bytes};
  }

  /// Adds the last eight trees as perfect ones, where they are nearly so.
  void add_eight() {
    const std::size_t first_tree = roots_.size() - perfect_eight::trees;
    unsigned levels = 0;
    for (std::size_t tree = first_tree; tree < roots_.size(); ++tree)
      levels = roots_[tree].depth > levels ? roots_[tree].depth : levels;
    const std::size_t first = perfect_.size();
    const std::size_t count = levels > perfect_eight::most_levels ? 0 : std::size_t{perfect_eight::trees} << levels;
    const bool fits = levels > 0 && count > 0 && count <= nodes_.size() - roots_[first_tree].first;
    eights_.push_back({first, fits ? levels : 0});
    if (!fits) return;
    perfect_.resize(first + count);
    leaves_.resize(first + count);
    for (std::uint32_t k = 0; k < perfect_eight::trees; ++k)
      add_perfect(roots_[first_tree + k].first, levels, k, perfect_.data() + first, leaves_.data() + first);
  }
  /// Writes the tree at `first` as the k-th of eight.
  void add_perfect(std::size_t first, unsigned levels, std::uint32_t k, perfect_node* nodes, double* leaves) const {
    std::uint32_t at[2U << perfect_eight::most_levels] = {};  // of each place in the tree's own heap, where it is here
    const std::uint32_t end = 1U << levels;
    for (std::uint32_t place = 1; place < end; ++place) {
      const packed_node node = nodes_[first + at[place]];
      const bool leaf = node.left() == at[place];
      at[2 * place] = node.left();
      at[2 * place + 1] = leaf ? node.left() : node.left() + 1;
      if (leaf) continue;
      nodes[place + (perfect_eight::trees - 1 + k) * std::bit_floor(place)] = {
          node.threshold, static_cast<std::uint16_t>(node.column()), static_cast<std::uint16_t>(node.missing_right())};
    }
    for (std::uint32_t leaf = 0; leaf < end; ++leaf) leaves[k * end + leaf] = values_[first + at[end + leaf]];
  }

  flat_vector<packed_node> nodes_;
  std::vector<double> values_;
  flat_vector<upper_node> upper_;     // of each tree as many places as the upper levels have
  flat_vector<std::uint32_t> exits_;  // likewise
  flat_vector<root> roots_;
  flat_vector<perfect_node> perfect_;
  std::vector<double> leaves_;
  flat_vector<eight_trees> eights_;
  std::size_t columns_ = 0;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_PACKED_TREES_HPP
