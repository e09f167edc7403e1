#ifndef MILLRACE_MODEL_TREES_DETAIL_TREE_GROWER_HPP
#define MILLRACE_MODEL_TREES_DETAIL_TREE_GROWER_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>
#include <millrace/model/trees/detail/draw_some.hpp>
#include <millrace/model/trees/detail/gradient_histogram.hpp>
#include <millrace/model/trees/detail/part_rows.hpp>
#include <millrace/model/trees/detail/split_search.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

struct growth_rules {
  split_rules splits;
  /// The most leaves of a tree that grows where it gains most; 0: part every node while it may be parted.
  std::size_t leaves = 31;
  unsigned depth = 64;
  /// Columns that are drawn for each node to be parted by; 0: all.
  std::size_t columns_of_node = 0;
  /// Of a tree that parts classes by Gini's impurity, and not gradients; else 0.
  std::size_t classes = 0;
};

/// A node of a tree that is being grown.
struct grown_node {
  split by;
  std::uint32_t left = 0;   // its left child, before the right one; 0: a leaf
  std::uint32_t begin = 0;  // its rows, in the grower's order
  std::uint32_t end = 0;
  /// What its leaf's value may be, where a monotone column above it says so.
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();

  double within_bounds(double value) const noexcept {
    return value < lowest ? lowest : value > highest ? highest : value;
  }
};

/// In the place of class_search, for trees of gradients alone.
struct no_class_search {
  no_class_search(const binned_rows&, const split_rules&, std::size_t, std::size_t) noexcept {}
};

/// Grows trees on binned rows. `ClassSearch`: class_search for forests, whose trees may part classes, draw columns for
/// each node, and part every node; no_class_search for boosted trees, which need not be compiled with that.
///
/// A split costs a pass over the rows of the smaller child: the larger child's histogram is the parent's less its
/// sibling's.
/// Allocates: at construction its histograms, 2 KiB a column each: one for each leaf, or, where all nodes are parted,
/// one for each level.
template <class ClassSearch>
class tree_grower {
 public:
  /// `on`: where histograms are filled and searched, group by group of columns.
  tree_grower(const binned_rows& rows, const growth_rules& rules, std::span<const std::int8_t> directions,
              executor_reference on = {})
      : rows_(&rows),
        rules_(rules),
        directions_(directions),
        on_(on),
        stride_(rows.passes() * cells_of_pass),
        cells_(stride_ * (rules.classes > 0 ? rules.classes : 1)),
        class_search_(rows, rules.splits, rules.classes, stride_),
        histograms_((rules.leaves > 0 ? rules.leaves : rules.depth + 1) * cells_),
        ordered_(rows.rows()),
        ordered_classes_(rules.classes > 0 ? rows.rows() : 0),
        right_(rows.rows() + 16),
        has_missing_(rows.columns()) {
    for (std::size_t i = 0; i < rows.columns(); ++i)
      has_missing_[i] = std::memchr(rows.column(i), column_bins::missing, rows.rows()) != nullptr ? 1 : 0;
  }

  /// Grows a tree on the rows in `ids`, which it reorders: a node's rows then stand side by side. `columns`, in order:
  /// those that it may part by. `random` is needed where rules leave something to it.
  const flat_vector<grown_node>& grow(flat_vector<std::uint32_t>& ids, const packed_gradients& gradients,
                                      std::span<const std::uint32_t> columns, random_engine* random = nullptr) {
    random_ = random;
    ids_ = &ids;
    gradients_ = &gradients;
    columns_ = columns;
    group_columns();
    nodes_.assign(1, {});
    nodes_[0].end = static_cast<std::uint32_t>(ids.size());
    open_.clear();
    order_gradients(0, nodes_[0].end);
    if constexpr (of_forest) {
      if (rules_.leaves == 0) {
        fill_and_search(0, histogram(0), nullptr, {});
        part_all(0, 0, 0);
        return nodes_;
      }
    }
    open_leaf root{.node = 0, .slot = 0, .depth = 0, .gain = 0};
    fill_and_search(0, histogram(0), nullptr, std::span(&root, 1));
    open(std::span(&root, 1));
    for (std::size_t leaves = 1; leaves < rules_.leaves && !open_.empty(); ++leaves) part_best(leaves);
    return nodes_;
  }

 private:
  static constexpr bool of_forest = !std::is_same_v<ClassSearch, no_class_search>;

  /// A leaf that may still be parted.
  struct open_leaf {
    std::uint32_t node;
    std::size_t slot;  // of its histogram
    unsigned depth;
    double gain;
  };

  gradient_cell* histogram(std::size_t slot) noexcept { return histograms_.data() + slot * cells_; }
  const gradient_cell* histogram(std::size_t slot) const noexcept { return histograms_.data() + slot * cells_; }

  /// Neighbouring columns of half a pass: what one job fills and searches. The groups are the same on any number of
  /// threads, and so is what each of them finds.
  struct column_group {
    std::size_t first;  // in columns_
    std::size_t count;
    std::size_t half;  // of which half pass of the table
  };
  /// A pass, or half of one, from this column on, and its groups.
  struct fill_job {
    std::size_t column;
    std::size_t first;
    std::size_t count;  // 2: a pass
  };
  static constexpr std::size_t group_width = binned_rows::pass_columns / 2;

  void group_columns() {
    groups_.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t half = columns_[i] / group_width;
      if (groups_.empty() || groups_.back().half != half) groups_.push_back({i, 0, half});
      ++groups_.back().count;
    }
    list_fills();
  }
  /// Whole passes, which cost less, where each thread has as many of them; what is left is filled by halves. A thread's
  /// passes and halves stand together, since that is how threads share jobs.
  void list_fills() {
    fills_.clear();
    const std::size_t threads = on_.size() > 0 ? on_.size() : 1;
    std::vector<std::size_t> passes;  // their first groups
    std::vector<std::size_t> halves;
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const bool is_pass =
          groups_[i].half % 2 == 0 && i + 1 < groups_.size() && groups_[i + 1].half == groups_[i].half + 1;
      (is_pass ? passes : halves).push_back(i);
      i += is_pass ? 1 : 0;
    }
    for (; !passes.empty() && (on_.size() == 0 || passes.size() % threads != 0); passes.pop_back()) {
      halves.push_back(passes.back());
      halves.push_back(passes.back() + 1);
    }
    for (std::size_t i = 0; i < threads; ++i) {
      for (std::size_t k = passes.size() * i / threads; k < passes.size() * (i + 1) / threads; ++k)
        fills_.push_back({groups_[passes[k]].half * group_width, passes[k], 2});
      for (std::size_t k = halves.size() * i / threads; k < halves.size() * (i + 1) / threads; ++k)
        fills_.push_back({groups_[halves[k]].half * group_width, halves[k], 1});
    }
  }

  /// Whether a node's gradients are brought side by side for its passes: of few passes, each as well reads them where
  /// they are, and no thread waits for another to bring them.
  bool orders() const noexcept { return groups_.size() > 8 || parts_classes(); }
  bool parts_classes() const noexcept { return of_forest && rules_.classes > 0; }
  /// Brings the gradients of the rows from `begin` to `end` of the order side by side, unless these are all rows.
  void order_gradients(std::uint32_t begin, std::uint32_t end) noexcept {
    if (end - begin == rows_->rows() || !orders()) return;
    const std::uint32_t* const ids = ids_->data() + begin;
    for (std::size_t i = 0; i < end - begin; ++i) ordered_[i] = gradients_->of_row[ids[i]];
    for (std::size_t i = 0; i < end - begin && parts_classes(); ++i)
      ordered_classes_[i] = gradients_->class_of_row[ids[i]];
  }
  /// Whether the search draws something for a node, in an order of nodes and columns.
  bool draws() const noexcept {
    return of_forest && (rules_.splits.at_random || rules_.columns_of_node > 0 || rules_.classes > 0);
  }
  /// Fills the histogram of a node, takes it from its parent's if there is one, and finds the leaves' splits, if there
  /// are any, which may ask for both. Precondition: order_gradients of the node.
  void fill_and_search(std::uint32_t node, gradient_cell* cells, gradient_cell* parents, std::span<open_leaf> leaves) {
    const std::span<open_leaf> at_once = draws() ? std::span<open_leaf>() : leaves;
    found_.resize(at_once.size() * groups_.size());
    on_(fills_.size(), [&](std::size_t i) {
      if (fills_[i].count == 2)
        fill_columns<2 * group_width>(cells, nodes_[node].begin, nodes_[node].end, parents, fills_[i].column);
      else
        fill_columns<group_width>(cells, nodes_[node].begin, nodes_[node].end, parents, fills_[i].column);
      for (std::size_t k = 0; k < at_once.size(); ++k)
        search_groups(at_once[k], fills_[i].first, fills_[i].count, found_.data() + k * groups_.size());
    });
    if (!draws()) return choose(leaves);
    if constexpr (of_forest)
      for (open_leaf& leaf : leaves) search_drawn(leaf);
  }
  template <std::size_t Columns>
  void fill_columns(gradient_cell* cells, std::uint32_t begin, std::uint32_t end, gradient_cell* parents,
                    std::size_t column) const noexcept {
    constexpr std::size_t width = binned_rows::pass_columns;
    const bool all = end - begin == rows_->rows();
    const std::uint8_t* const codes = rows_->pass(column / width) + column % width;
    const std::uint32_t* const ids = all ? nullptr : ids_->data() + begin;
    const gradient_cell* const gradients = all || !orders() ? gradients_->of_row.data() : ordered_.data();
    for (std::size_t at = column * cells_of_column; at < cells_; at += stride_)
      std::memset(cells + at, 0, Columns * cells_of_column * sizeof(gradient_cell));
    if (!orders())
      add_columns<Columns, true>(codes, ids, gradients, end - begin, cells + column * cells_of_column);
    else if (!parts_classes())
      add_columns<Columns, false>(codes, ids, gradients, end - begin, cells + column * cells_of_column);
    else if constexpr (of_forest)
      add_columns_by_class<Columns>(codes, ids, gradients,
                                    all ? gradients_->class_of_row.data() : ordered_classes_.data(), end - begin,
                                    cells + column * cells_of_column, stride_);
    if (parents == nullptr) return;
    for (std::size_t at = column * cells_of_column; at < cells_; at += stride_)
      subtract_cells(parents + at, cells + at, Columns * cells_of_column);
  }

  /// Finds a leaf's best split by each group of columns from `first` on.
  void search_groups(const open_leaf& leaf, std::size_t first, std::size_t count, split* found) const {
    split_search one(*rows_, rules_.splits, histogram(leaf.slot), *gradients_, directions_);
    for (std::size_t i = first; i < first + count; ++i)
      found[i] = one.best(columns_.subspan(groups_[i].first, groups_[i].count), rows_of(leaf.node));
  }
  /// Takes the best of what was found for each leaf; of equals, the first.
  void choose(std::span<open_leaf> leaves) {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      open_leaf& leaf = leaves[i / groups_.size()];
      if (!(found_[i].gain > leaf.gain)) continue;
      leaf.gain = found_[i].gain;
      nodes_[leaf.node].by = found_[i];
    }
  }
  void search(open_leaf& leaf) {
    if constexpr (of_forest)
      if (draws()) return search_drawn(leaf);
    found_.resize(groups_.size());
    on_(fills_.size(), [&](std::size_t i) { search_groups(leaf, fills_[i].first, fills_[i].count, found_.data()); });
    choose(std::span(&leaf, 1));
  }
  std::size_t rows_of(std::uint32_t node) const noexcept { return nodes_[node].end - nodes_[node].begin; }
  void search_drawn(open_leaf& leaf) {
    std::span<const std::uint32_t> columns = columns_;
    if (rules_.columns_of_node > 0 && rules_.columns_of_node < columns.size()) {
      draw_some(drawn_, columns, rules_.columns_of_node, *random_);
      columns = drawn_;
    }
    if (rules_.classes > 0) {
      nodes_[leaf.node].by = class_search_.best(histogram(leaf.slot), gradients_->hessian_unit, columns, random_);
    } else {
      split_search one(*rows_, rules_.splits, histogram(leaf.slot), *gradients_, directions_, random_);
      nodes_[leaf.node].by = one.best(columns, rows_of(leaf.node));
    }
    leaf.gain = nodes_[leaf.node].by.gain;
  }

  /// Parts a node and all below it. The smaller child is parted first, with the histogram of its level, so that the
  /// larger one finds the parent's, which is now its own, as it left it.
  void part_all(std::uint32_t node, std::size_t slot, unsigned depth) {
    if (depth >= rules_.depth) return;
    open_leaf leaf{.node = node, .slot = slot, .depth = depth, .gain = 0};
    search(leaf);
    if (!(leaf.gain > 0)) return;
    const std::uint32_t first = part_node(node);
    if (depth + 1 >= rules_.depth) return;
    const std::uint32_t smaller = smaller_child(first);
    take_from_parent(smaller, histogram(depth + 1), histogram(slot), {});
    part_all(smaller, depth + 1, depth + 1);
    part_all(smaller == first ? first + 1 : first, slot, depth + 1);
  }

  /// Keeps in mind the leaves that have a split.
  void open(std::span<const open_leaf> leaves) {
    for (const open_leaf& leaf : leaves)
      if (leaf.gain > 0) open_.push_back(leaf);
  }

  /// The one that gains most; of equals, the oldest.
  open_leaf take_best() {
    std::size_t best = 0;
    for (std::size_t i = 1; i < open_.size(); ++i)
      if (open_[i].gain > open_[best].gain || (open_[i].gain == open_[best].gain && open_[i].node < open_[best].node))
        best = i;
    const open_leaf leaf = open_[best];
    open_[best] = open_.back();
    open_.pop_back();
    return leaf;
  }

  void part_best(std::size_t free_slot) {
    const open_leaf leaf = take_best();
    const std::uint32_t first = part_node(leaf.node);
    if (free_slot + 1 >= rules_.leaves || leaf.depth + 1 >= rules_.depth) return;  // neither child is parted
    const std::uint32_t smaller = smaller_child(first);
    const std::size_t left_slot = smaller == first ? free_slot : leaf.slot;
    const std::size_t right_slot = smaller == first ? leaf.slot : free_slot;
    open_leaf children[] = {{.node = first, .slot = left_slot, .depth = leaf.depth + 1, .gain = 0},
                            {.node = first + 1, .slot = right_slot, .depth = leaf.depth + 1, .gain = 0}};
    take_from_parent(smaller, histogram(free_slot), histogram(leaf.slot), children);
    open(children);
  }

  /// Gives a node its children; returns the left one.
  std::uint32_t part_node(std::uint32_t node) {
    const auto first = static_cast<std::uint32_t>(nodes_.size());
    nodes_.resize(first + 2);
    grown_node& parent = nodes_[node];
    parent.left = first;
    nodes_[first].begin = parent.begin;
    const auto ids = std::span(*ids_).subspan(parent.begin, parent.end - parent.begin);
    const std::size_t on_left = part_rows(parent.by, rows_->column(parent.by.column), ids, right_.data());
    nodes_[first].end = nodes_[first + 1].begin = parent.begin + static_cast<std::uint32_t>(on_left);
    nodes_[first + 1].end = parent.end;
    if (!is_any_missing(parent))
      parent.by.missing_left = nodes_[first].end - parent.begin > (parent.end - parent.begin) / 2;
    bound_children(parent);
    return first;
  }
  /// Has any of a node's rows no value where it is parted? Where none has, nothing was learnt about missing values, and
  /// the best guess of where such a row belongs is where most rows went.
  bool is_any_missing(const grown_node& node) const noexcept {
    if (has_missing_[node.by.column] == 0) return false;
    const std::uint8_t* const codes = rows_->column(node.by.column);
    for (std::uint32_t i = node.begin; i < node.end; ++i)
      if (codes[(*ids_)[i]] == column_bins::missing) return true;
    return false;
  }
  std::uint32_t smaller_child(std::uint32_t first) const noexcept {
    return nodes_[first].end - nodes_[first].begin <= nodes_[first + 1].end - nodes_[first + 1].begin ? first
                                                                                                      : first + 1;
  }
  /// Fills the smaller child's histogram, makes the parent's the larger child's, and finds the leaves' splits.
  void take_from_parent(std::uint32_t smaller, gradient_cell* own, gradient_cell* parents,
                        std::span<open_leaf> leaves) {
    order_gradients(nodes_[smaller].begin, nodes_[smaller].end);
    fill_and_search(smaller, own, parents, leaves);
  }

  /// Hands the parent's bounds to its children, and parts what lies between at the middle of their values where the
  /// column is monotone: then no value below one child can pass one below the other.
  void bound_children(const grown_node& parent) {
    grown_node& left = nodes_[parent.left];
    grown_node& right = nodes_[parent.left + 1];
    left.lowest = right.lowest = parent.lowest;
    left.highest = right.highest = parent.highest;
    const int direction = directions_.empty() ? 0 : directions_[parent.by.column];
    if (direction == 0) return;
    const double middle = (value_of(left) + value_of(right)) / 2;
    (direction > 0 ? left : right).highest = middle;
    (direction > 0 ? right : left).lowest = middle;
  }
  double value_of(const grown_node& node) const noexcept {
    gradient_cell sum = 0;
    for (std::uint32_t i = node.begin; i < node.end; ++i) sum += gradients_->of_row[(*ids_)[i]];
    const double g = static_cast<double>(gradient_of(sum)) * gradients_->unit;
    const double h = static_cast<double>(hessian_of(sum)) * gradients_->hessian_unit;
    return node.within_bounds(-g / (h + rules_.splits.l2));
  }

  const binned_rows* rows_;
  growth_rules rules_;
  std::span<const std::int8_t> directions_;
  executor_reference on_;
  std::size_t stride_;  // from a class's histogram to the next one's
  std::size_t cells_;   // of a node
  [[no_unique_address]] ClassSearch class_search_;
  flat_vector<gradient_cell> histograms_;
  flat_vector<gradient_cell> ordered_;
  flat_vector<std::uint16_t> ordered_classes_;
  flat_vector<std::uint32_t> right_;
  flat_vector<std::uint8_t> has_missing_;  // by column
  flat_vector<std::uint32_t>* ids_ = nullptr;
  const packed_gradients* gradients_ = nullptr;
  std::span<const std::uint32_t> columns_;
  flat_vector<grown_node> nodes_;
  flat_vector<open_leaf> open_;
  flat_vector<column_group> groups_;
  flat_vector<fill_job> fills_;
  flat_vector<split> found_;  // by leaf and group
  flat_vector<std::uint32_t> drawn_;
  random_engine* random_ = nullptr;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_TREE_GROWER_HPP
