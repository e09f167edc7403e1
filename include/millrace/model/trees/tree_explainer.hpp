#ifndef MILLRACE_MODEL_TREES_TREE_EXPLAINER_HPP
#define MILLRACE_MODEL_TREES_TREE_EXPLAINER_HPP

#include <millrace/core/detail/gauss_legendre.hpp>
#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A column and what it adds to a row's score.
struct reason {
  std::size_t column = 0;
  double contribution = 0;
};

/// Why trees give a row its score: how much each column adds, as exact Shapley values. A column that is left out of a
/// coalition is replaced, at each of its splits, by both children in proportion to the training rows that went there.
/// With `base`, the contributions add up to what the trees add up to for the row: the score before the link.
///
///     mr::model::tree_explainer why(fitted.trees(), fitted.inputs());
///     for (const auto& [column, adds] : why.reasons(row, 3)) ...
///
/// Precondition: the trees outlive the explainer.
/// Complexity: of a row, nodes of all trees x half the deepest tree's depth.
/// Allocates: at construction; `contributions` never, `reasons` its result.
/// Threads: one at a time; give each thread a copy.
/// Source: Lundberg et al., "From local explanations to global understanding with explainable AI for trees", Nature
/// Machine Intelligence 2, 2020 (tree path dependent); the sums as integrals are derived below.
class tree_explainer {
 public:
  /// Of `outputs` scores a row, which take turns in the trees, this one explains score `output`.
  tree_explainer(const tree_ensemble& trees, std::size_t columns, std::size_t outputs = 1, std::size_t output = 0)
      : trees_(&trees), columns_(columns), outputs_(outputs), output_(output), on_path_(columns, none) {
    unsigned deepest = 1;
    for (std::size_t tree = output; tree < trees.trees(); tree += outputs)
      deepest = trees.depth(tree) > deepest ? trees.depth(tree) : deepest;
    // The integrand is a polynomial of degree below the depth, which n nodes integrate exactly up to degree 2 n - 1.
    nodes_.resize((deepest + 1) / 2);
    weights_.resize(nodes_.size());
    detail::gauss_legendre(nodes_, weights_);
    for (std::size_t k = 0; k < nodes_.size(); ++k) {  // from [-1, 1] to [0, 1]
      nodes_[k] = (1 + nodes_[k]) / 2;
      weights_[k] /= 2;
    }
    products_.resize((deepest + 1) * nodes_.size());
    sums_.resize((deepest + 1) * nodes_.size());
    passages_.reserve(deepest);
    for (std::size_t tree = output; tree < trees.trees(); tree += outputs) base_ += mean_below(trees.root(tree));
  }

  /// What the trees add up to for a row of which nothing is known: the mean over the training rows.
  double base() const noexcept { return base_; }

  /// Writes what each column adds. Precondition: row.size() == out.size() == columns.
  void contributions(std::span<const float> row, std::span<double> out) {
    for (double& adds : out) adds = 0;
    row_ = row.data();
    out_ = out.data();
    for (std::size_t tree = output_; tree < trees_->trees(); tree += outputs_) {
      for (std::size_t k = 0; k < nodes_.size(); ++k) products_[k] = 1;
      walk(trees_->root(tree), 0);
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

 private:
  // On the path to a leaf with value v, let feature j pass its splits with o_j = 1 if the row does and 0 if it does
  // not, and let z_j be the share of training rows that do. A coalition S gives the leaf v, times o_j for every j in S,
  // times z_j for every other j. Feature i's Shapley value is the mean, over all orders of d features, of what i adds
  // to those before it: v (o_i - z_i) times the sum over S without i of |S|! (d - 1 - |S|)! / d! times these products.
  // The factor is the integral of t^|S| (1 - t)^(d - 1 - |S|) over t in [0, 1], and the sum over all S of the
  // integrands is a product:
  //     v (o_i - z_i)  integral of the product over j != i of (o_j t + z_j (1 - t)).
  // Below one edge, where i keeps o_i and z_i, all leaves share i's factor. So the products v prod_j (o_j t + z_j (1 -
  // t)) are summed over the leaves below, at each node t_k of the quadrature, and divided by i's factor once. Where i
  // is met again further down, the leaves below are taken out of the sum with the old factor, and put in with the new
  // one.
  struct passage {
    double own = 1;     // o: does the row pass?
    double others = 1;  // z: the share of training rows that do
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  static double factor(const passage& of, double t) noexcept { return of.own * t + of.others * (1 - t); }

  /// The mean value of the leaves below, by training rows.
  double mean_below(std::uint32_t node) const noexcept {
    if (trees_->is_leaf(node)) return trees_->records()[node].value;
    const std::uint32_t left = trees_->nodes()[node].left;
    const double share = share_left(node);
    return share * mean_below(left) + (1 - share) * mean_below(left + 1);
  }
  double share_left(std::uint32_t node) const noexcept {
    const std::uint32_t left = trees_->nodes()[node].left;
    const double rows = trees_->records()[left].cover + trees_->records()[left + 1].cover;
    return rows > 0 ? trees_->records()[left].cover / rows : 0.5;
  }

  /// Fills the level's sums: over the leaves below, their values times the products at each node of the quadrature.
  void walk(std::uint32_t node, std::size_t level) noexcept {
    const std::size_t count = nodes_.size();
    const double* const products = products_.data() + level * count;
    double* const sums = sums_.data() + level * count;
    if (trees_->is_leaf(node)) {
      for (std::size_t k = 0; k < count; ++k) sums[k] = trees_->records()[node].value * products[k];
      return;
    }
    for (std::size_t k = 0; k < count; ++k) sums[k] = 0;
    const std::uint32_t left = trees_->nodes()[node].left;
    const bool goes_left = trees_->goes_left(node, row_);
    const double share = share_left(node);
    pass(node, left, {goes_left ? 1.0 : 0.0, share}, level);
    pass(node, left + 1, {goes_left ? 0.0 : 1.0, 1 - share}, level);
  }

  /// Walks below one edge of a node, and adds what the node's column owes to the leaves there.
  void pass(std::uint32_t node, std::uint32_t child, passage edge, std::size_t level) noexcept {
    const std::size_t count = nodes_.size();
    const std::size_t column = trees_->nodes()[node].column;
    const std::uint32_t before = on_path_[column];
    const passage old = before == none ? passage{} : passages_[before];
    const passage now = {old.own * edge.own, old.others * edge.others};
    if (now.own == 0 && now.others == 0) return;  // leaves that no coalition reaches
    for (std::size_t k = 0; k < count; ++k)
      products_[(level + 1) * count + k] =
          products_[level * count + k] / factor(old, nodes_[k]) * factor(now, nodes_[k]);
    on_path_[column] = static_cast<std::uint32_t>(passages_.size());
    passages_.push_back(now);
    walk(child, level + 1);
    passages_.pop_back();
    on_path_[column] = before;
    double adds = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const double below = sums_[(level + 1) * count + k];
      sums_[level * count + k] += below;
      double owed = (now.own - now.others) / factor(now, nodes_[k]);
      if (before != none) owed -= (old.own - old.others) / factor(old, nodes_[k]);
      adds += weights_[k] * below * owed;
    }
    out_[column] += adds;
  }

  const tree_ensemble* trees_;
  std::size_t columns_;
  std::size_t outputs_;
  std::size_t output_;
  double base_ = 0;
  std::vector<double> nodes_;
  std::vector<double> weights_;
  std::vector<double> products_;  // level by level
  std::vector<double> sums_;
  std::vector<passage> passages_;
  std::vector<std::uint32_t> on_path_;  // where a column's passage is, or none
  const float* row_ = nullptr;
  double* out_ = nullptr;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_TREE_EXPLAINER_HPP
