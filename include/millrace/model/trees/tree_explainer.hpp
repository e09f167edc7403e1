#ifndef MILLRACE_MODEL_TREES_TREE_EXPLAINER_HPP
#define MILLRACE_MODEL_TREES_TREE_EXPLAINER_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/shapley_trees.hpp>
#include <millrace/model/trees/detail/transposed_rows.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A column and what it adds to a row's score.
struct reason {
  std::size_t column = 0;
  double contribution = 0;
};
/// A column by its name, and what it adds to a row's score.
struct reason_code {
  std::string_view name;
  double contribution = 0;
};

/// Why trees give a row its score: how much each column adds, as exact Shapley values. A column that is left out of a
/// coalition is replaced, at each of its splits, by both children in proportion to the training rows that went there.
/// With `base`, the contributions add up to what the trees add up to for the row: the score before the link.
///
///     mr::model::tree_explainer why(fitted.trees(), fitted.inputs());
///     for (const auto& [column, adds] : why.reasons(row, 3)) ...
///     for (const auto& [name, adds] : why.reason_codes(row, 3, names)) ...
///
/// Of trees whose leaves are not all that a score is made of (`is_partial`: a `boosted_model` with linear leaves, or of
/// weights) base and contributions are NaN, and there are no reasons.
/// Precondition: the trees outlive the explainer.
/// Guarantee: the same bits on any CPU.
/// Complexity: of a row, nodes of all trees x half the columns that the longest path of a tree parts by.
/// Allocates: at construction; `contributions` never, `reasons` and `reason_codes` their results.
/// Threads: one at a time; give each thread a copy.
/// Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature
/// Machine Intelligence 2, 2020 (tree path dependent); the sums as integrals are derived in detail/shapley_trees.hpp.
class tree_explainer {
 public:
  /// Of `outputs` scores a row, which take turns in the trees, this one explains score `output`. Columns that the trees
  /// part by beyond `columns` count to them. Precondition: output < outputs.
  tree_explainer(const tree_ensemble& trees, std::size_t columns, std::size_t outputs = 1, std::size_t output = 0)
      : trees_(&trees), columns_(columns) {
    for (const tree_node& node : trees.nodes()) columns_ = node.column < columns_ ? columns_ : node.column + 1U;
    slot_of_.resize(columns_, none);
    std::size_t most_ways = 0;
    std::size_t most_inner = 0;
    for (std::size_t tree = output; tree < trees.trees() && output < outputs; tree += outputs) {
      add_tree(trees.root(tree));
      const detail::shapley_tree& made = walks_.back();
      most_ways = made.inner + made.ends > most_ways ? made.inner + made.ends : most_ways;
      most_inner = made.inner > most_inner ? made.inner : most_inner;
    }
    ways_.resize(most_ways);
    passes_.resize(2 * most_inner + 1);
    at_places_.resize(2 * most_inner + 1);
    of_nodes_.resize(2 * most_inner + 1);
    owed_.resize(used_columns_.size() + 1);
    if (trees.is_partial()) base_ = detail::math::nan;
  }

  /// What the trees add up to for a row of which nothing is known: the mean over the training rows.
  double base() const noexcept { return base_; }

  /// Writes what each column adds; NaN for a row of fewer columns than the model's, and where base is. Precondition:
  /// `out` has one number for each column, or nothing is written.
  void contributions(std::span<const float> row, std::span<double> out) noexcept {
    if (out.size() < columns_) return;
    const bool unknown = row.size() < columns_ || trees_->is_partial();
    for (double& adds : out) adds = unknown ? detail::math::nan : 0;
    if (unknown) return;
    for (detail::shapley_numbers& adds : owed_) adds = {};
    const bool whole = !has_categories_ && !detail::has_missing(row.data(), columns_);
    for (const detail::shapley_tree& tree : walks_) {
      if (whole)
        find_ways<true>(tree, row.data());
      else
        find_ways<false>(tree, row.data());
      walk_({&tree, nodes_.data() + tree.first_node, ends_.data() + tree.first_end, leaves_.data() + tree.first_leaf,
             table_.data() + tree.table, ways_.data(), at_places_.front().lanes, of_nodes_.front().lanes,
             owed_.front().lanes});
    }
    for (std::size_t slot = 0; slot < used_columns_.size(); ++slot) {
      double sum = 0;
      for (const double lane : owed_[slot].lanes) sum += lane;
      out[used_columns_[slot]] = sum;
    }
  }

  /// The `most` columns that raise the score most, the first one most; columns that do not raise it are left out.
  std::vector<reason> reasons(std::span<const float> row, std::size_t most) {
    std::vector<double> adds(columns_);
    contributions(row, adds);
    std::vector<reason> found;
    for (std::size_t column = 0; column < columns_; ++column)
      if (adds[column] > 0) found.push_back({column, adds[column]});
    detail::heap_sort(found.data(), found.size(), [](const reason& a, const reason& b) {
      return a.contribution > b.contribution || (a.contribution == b.contribution && a.column < b.column);
    });
    if (found.size() > most) found.resize(most);
    return found;
  }
  /// The same by the columns' names, which must outlive the result: any list of what is a std::string_view.
  /// Precondition: a name for each column.
  template <class Names>
  std::vector<reason_code> reason_codes(std::span<const float> row, std::size_t most, const Names& names) {
    std::vector<reason_code> made;
    for (const reason& one : reasons(row, most)) made.push_back({names[one.column], one.contribution});
    return made;
  }

 protected:
  detail::walk_kernel walk_ = detail::walk_of_this_cpu();  // tests try the others

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  double share_left(std::uint32_t node) const noexcept {
    const std::uint32_t left = trees_->nodes()[node].left;
    const double rows = trees_->records()[left].cover + trees_->records()[left + 1].cover;
    return rows > 0 ? trees_->records()[left].cover / rows : 0.5;
  }
  std::uint32_t slot_of(std::size_t column) {
    if (slot_of_[column] == none) {
      slot_of_[column] = static_cast<std::uint32_t>(used_columns_.size());
      used_columns_.push_back(static_cast<std::uint32_t>(column));
    }
    return slot_of_[column];
  }

  /// A place while a tree is added: what is known at the end of the edge that leads there.
  struct place {
    std::uint32_t node = 0;     // in the ensemble
    std::uint32_t parent = 0;   // its place
    std::uint32_t columns = 0;  // different ones on the path
    double passing = 1;         // the share of training rows that pass all edges above by this edge's column
    double mean = 0;            // of the leaves below, by training rows
  };

  void add_tree(std::uint32_t root) {
    detail::shapley_tree made;
    made.first_node = nodes_.size();
    made.first_end = ends_.size();
    made.first_leaf = leaves_.size();
    std::vector<place> places{{root, 0, 0, 1, 0}};
    std::vector<std::uint32_t> ends;  // their places
    std::uint32_t most_columns = 0;
    for (std::uint32_t at = 0; at < places.size(); ++at) {
      const std::uint32_t id = places[at].node;
      if (trees_->is_leaf(id)) {
        places[at].mean = trees_->records()[id].value;
        leaves_.push_back({places[at].mean, at});
        continue;
      }
      const std::uint32_t left = trees_->nodes()[id].left;
      const std::uint32_t columns = places[at].columns + (before(places, at) == 0 ? 1 : 0);
      most_columns = columns > most_columns ? columns : most_columns;
      if (trees_->is_leaf(left) && trees_->is_leaf(left + 1)) {
        ends.push_back(at);
        continue;
      }
      const detail::shapley_node& own = add_node(places, at);
      const double above = places[own.before].passing;
      places.push_back({left, at, columns, above * own.share, 0});
      places.push_back({left + 1, at, columns, above * (1 - own.share), 0});
    }
    made.inner = nodes_.size() - made.first_node;
    made.leaves = leaves_.size() - made.first_leaf;
    made.ends = ends.size();
    for (const std::uint32_t at : ends) add_end(places, at);
    made.lanes = detail::shapley_table::lanes_for(most_columns);
    made.table = table_.begin(most_columns);
    for (std::size_t k = made.inner + made.ends; k-- > 0;) {
      detail::shapley_node& own = nodes_[made.first_node + k];
      own.vectors = static_cast<std::uint32_t>(own.before == 0 ? 2 * made.lanes
                                                               : table_.add(places[own.before].passing) - made.table);
      if (k < made.inner)
        places[own.place].mean = own.share * places[2 * k + 1].mean + (1 - own.share) * places[2 * k + 2].mean;
    }
    base_ += places[0].mean;
    walks_.push_back(made);
  }
  const detail::shapley_node& add_node(const std::vector<place>& places, std::uint32_t at) {
    const std::uint32_t id = places[at].node;
    const tree_node& node = trees_->nodes()[id];
    nodes_.push_back({node.threshold, node.column, node.missing_right, node.rule, before(places, at), 0, share_left(id),
                      at, slot_of(node.column)});
    origins_.push_back(id);
    has_categories_ = has_categories_ || node.rule != 0;
    return nodes_.back();
  }
  void add_end(std::vector<place>& places, std::uint32_t at) {
    const double share = add_node(places, at).share;
    const std::uint32_t first = trees_->nodes()[places[at].node].left;
    const double left = trees_->records()[first].value;
    const double right = trees_->records()[first + 1].value;
    places[at].mean = share * left + (1 - share) * right;
    ends_.push_back({right, left - right});
  }
  /// The place at the end of the last edge on the path to `at` that parts by the same column, or 0.
  std::uint32_t before(const std::vector<place>& places, std::uint32_t at) const noexcept {
    const std::uint16_t column = trees_->nodes()[places[at].node].column;
    for (; at != 0; at = places[at].parent)
      if (trees_->nodes()[places[places[at].parent].node].column == column) return at;
    return 0;
  }

  /// Finds a row's way at each node of a tree. `Whole`: no feature is missing, and no node parts categories.
  template <bool Whole>
  void find_ways(const detail::shapley_tree& tree, const float* row) noexcept {
    const detail::shapley_node* const nodes = nodes_.data() + tree.first_node;
    const std::uint32_t* const origins = origins_.data() + tree.first_node;
    std::uint32_t* const ways = ways_.data();
    std::uint32_t* const passes = passes_.data();
    const auto goes_left = [&](std::size_t k) -> std::uint32_t {
      const float x = row[nodes[k].column];
      if constexpr (Whole) return x <= nodes[k].threshold ? 1 : 0;
      if (nodes[k].rule != 0) return trees_->goes_left(origins[k], row) ? 1 : 0;
      return x <= nodes[k].threshold || (x != x && nodes[k].missing_right == 0) ? 1 : 0;
    };
    passes[0] = ~std::uint32_t{0};
    std::size_t k = 0;
    for (const std::size_t inner = tree.inner; k < inner; ++k) {
      const std::uint32_t left = goes_left(k);
      const std::uint32_t passed = passes[nodes[k].before];
      passes[2 * k + 1] = passed & (0 - left);
      passes[2 * k + 2] = passed & (left - 1);
      ways[k] = (nodes[k].vectors & passed) | left;
    }
    for (const std::size_t all = tree.inner + tree.ends; k < all; ++k)
      ways[k] = (nodes[k].vectors & passes[nodes[k].before]) | goes_left(k);
  }

  const tree_ensemble* trees_;
  std::size_t columns_;
  double base_ = 0;
  bool has_categories_ = false;
  std::vector<std::uint32_t> slot_of_;  // of each column, or none
  std::vector<std::uint32_t> used_columns_;
  std::vector<detail::shapley_tree> walks_;
  std::vector<detail::shapley_node> nodes_;
  std::vector<detail::shapley_end> ends_;
  std::vector<detail::shapley_leaf> leaves_;
  std::vector<std::uint32_t> origins_;  // of each node: where it is in the ensemble
  detail::shapley_table table_;
  std::vector<std::uint32_t> ways_;
  std::vector<std::uint32_t>
      passes_;  // of each place: all bits, if the row passes all edges above by its edge's column
  std::vector<detail::shapley_numbers> at_places_;
  std::vector<detail::shapley_numbers> of_nodes_;
  std::vector<detail::shapley_numbers> owed_;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_TREE_EXPLAINER_HPP
