#ifndef MILLRACE_MODEL_TREES_DETAIL_BOOSTING_HPP
#define MILLRACE_MODEL_TREES_DETAIL_BOOSTING_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/trees/boosting_options.hpp>
#include <millrace/model/trees/detail/binned_rows.hpp>
#include <millrace/model/trees/detail/draw_some.hpp>
#include <millrace/model/trees/detail/split_nodes.hpp>
#include <millrace/model/trees/detail/tree_grower.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

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

/// One fit of boosted trees: rounds of one tree for each output, each on the gradients of the loss at the scores that
/// the trees before it add up to.
template <class Loss>
class boosting {
 public:
  boosting(const Loss& loss, const binned_rows& rows, std::span<const float> targets, std::span<const float> weights,
           const boosting_options& with, random_engine& random, executor_reference on)
      : loss_(loss),
        rows_(rows),
        targets_(targets),
        weights_(weights),
        with_(with),
        random_(random),
        on_(on),
        grower_(rows,
                {{with.l2, with.category_l2, with.min_child_weight, with.min_gain, with.min_category_rows},
                 with.leaves,
                 with.depth},
                with.monotone, on),
        scores_(targets.size() * loss.outputs()),
        g_(targets.size()),
        h_(targets.size()),
        is_used_(targets.size()) {}

  /// The scores that every row has before the first tree.
  const std::vector<double>& start() const noexcept { return start_; }

  /// The trees of all rounds, a round's one after the other.
  /// Errors: not_finite (gradients overflow).
  result<tree_ensemble> run() {
    for (std::uint32_t i = 0; i < rows_.columns(); ++i) all_columns_.push_back(i);
    hold_out();
    start_ = loss_.start(targets_, training_, weights_);
    for (std::size_t k = 0; k < start_.size(); ++k)
      for (double& score : scores_of(k)) score = start_[k];
    tree_ensemble trees;
    double lowest = validation_loss();
    std::size_t best = 0;
    for (std::size_t round = 1; round <= with_.rounds; ++round) {
      if (!add_round(trees))
        return error(errc::not_finite,
                     "boosted trees: round " + std::to_string(round) +
                         " has gradients beyond float: scale targets or weights, or lower learning_rate");
      if (with_.patience == 0) continue;
      if (const double now = validation_loss(); now < lowest) {
        lowest = now;
        best = round;
      } else if (round - best >= with_.patience) {
        break;
      }
    }
    if (with_.patience > 0) trees.keep(best * start_.size());
    return trees;
  }

 private:
  std::span<double> scores_of(std::size_t k) noexcept {
    return std::span(scores_).subspan(k * targets_.size(), targets_.size());
  }
  /// Parts the rows in those that are fitted on and those that are held out, some of each.
  void hold_out() {
    for (std::uint32_t i = 0; i < rows_.rows(); ++i) training_.push_back(i);
    if (with_.patience == 0) return;
    const flat_vector<std::uint32_t> all = training_;
    draw_share(training_, all, 1 - with_.validation_share, random_);
    if (training_.size() == all.size()) training_.pop_back();
    for (std::size_t i = 0, at = 0; i < all.size(); ++i) {
      if (at < training_.size() && training_[at] == all[i])
        ++at;
      else
        held_out_.push_back(all[i]);
    }
  }
  double weight(std::size_t row) const noexcept { return weights_.empty() ? 1 : double{weights_[row]}; }

  double validation_loss() {
    double sum = 0;
    double total = 0;
    std::vector<double> of_row(start_.size());
    for (const std::uint32_t row : held_out_) {
      for (std::size_t k = 0; k < of_row.size(); ++k) of_row[k] = scores_of(k)[row];
      sum += weight(row) * loss_.loss(targets_[row], of_row);
      total += weight(row);
    }
    return total > 0 ? sum / total : 0;
  }

  /// Returns false, and adds no tree, where gradients are not finite.
  bool add_round(tree_ensemble& trees) {
    const std::vector<double> before = start_.size() > 1 ? scores_ : std::vector<double>();
    draw_share(ids_, training_, with_.row_share, random_);
    draw_share(columns_, all_columns_, with_.column_share, random_);
    for (std::size_t k = 0; k < start_.size(); ++k) {
      if (!set_gradients(before.empty() ? std::span<const double>(scores_) : before, k)) return false;
      add_tree(trees, grower_.grow(ids_, gradients_, columns_), scores_of(k));
    }
    return true;
  }

  /// Calls piece(i, begin, count) for each piece i of the rows; the pieces are the same on any number of threads.
  template <class Piece>
  void by_pieces(Piece&& piece) {
    const std::size_t rows = targets_.size();
    on_((rows + rows_of_piece - 1) / rows_of_piece, [&](std::size_t i) {
      const std::size_t begin = i * rows_of_piece;
      piece(i, begin, rows - begin < rows_of_piece ? rows - begin : rows_of_piece);
    });
  }
  /// Returns false where gradients are not finite.
  bool set_gradients(std::span<const double> scores, std::size_t k) {
    const bool row_by_row = start_.size() == 1;  // else a row's scores do not stand in one piece
    if (!row_by_row) loss_.gradients(targets_, scores, k, g_, h_);
    sizes_.resize((targets_.size() + rows_of_piece - 1) / rows_of_piece);
    by_pieces([&](std::size_t i, std::size_t begin, std::size_t count) {
      const auto g = std::span(g_).subspan(begin, count);
      const auto h = std::span(h_).subspan(begin, count);
      if (row_by_row) loss_.gradients(targets_.subspan(begin, count), scores.subspan(begin, count), k, g, h);
      if (!weights_.empty()) {
        for (std::size_t row = 0; row < count; ++row) {
          g[row] *= weights_[begin + row];
          h[row] *= weights_[begin + row];
        }
      }
      sizes_[i] = sizes_of(g, h);
    });
    gradient_sizes sum;
    for (const gradient_sizes& one : sizes_) {
      sum.g += one.g;
      sum.h += one.h;
    }
    if (!gradients_.set_units(sum, targets_.size())) return false;
    by_pieces([&](std::size_t, std::size_t begin, std::size_t count) {
      gradients_.pack_rows(std::span(g_).subspan(begin, count), std::span(h_).subspan(begin, count), begin);
    });
    return true;
  }

  void add_tree(tree_ensemble& to, const flat_vector<grown_node>& grown, std::span<double> scores) {
    nodes_.assign(grown.size(), {});
    records_.assign(grown.size(), {});
    leaves_.clear();
    for (std::uint32_t i = 0; i < grown.size(); ++i) {
      records_[i].cover = static_cast<double>(grown[i].end - grown[i].begin);
      nodes_[i].left = grown[i].left > 0 ? grown[i].left : i;
      if (grown[i].left > 0)
        set_split(to, nodes_[i], records_[i], grown[i].by, rows_.bins(grown[i].by.column));
      else
        leaves_.push_back(i);
    }
    on_(leaves_.size(), [&](std::size_t i) { set_leaf(records_[leaves_[i]], grown[leaves_[i]], scores); });
    to.add(nodes_, records_);
    if (ids_.size() < rows_.rows()) score_others(grown, scores);
  }

  void set_leaf(node_record& record, const grown_node& leaf, std::span<double> scores) const {
    const auto rows = std::span<const std::uint32_t>(ids_).subspan(leaf.begin, leaf.end - leaf.begin);
    double value = 0;
    std::vector<double> residuals;
    std::vector<double> weights;
    if constexpr (requires { loss_.leaf_value(residuals, weights); }) {
      for (const std::uint32_t row : rows) residuals.push_back(double{targets_[row]} - scores[row]);
      if (!weights_.empty())
        for (const std::uint32_t row : rows) weights.push_back(double{weights_[row]});
      value = loss_.leaf_value(residuals, weights);
    } else {
      double g = 0;
      double h = 0;
      for (const std::uint32_t row : rows) {
        g += double{g_[row]};
        h += double{h_[row]};
      }
      value = h + with_.l2 > 0 ? -g / (h + with_.l2) : 0;
    }
    record.value = with_.learning_rate * leaf.within_bounds(value);
    for (const std::uint32_t row : rows) scores[row] += record.value;
  }

  /// Adds the tree's values to the rows that it was not grown on.
  void score_others(const flat_vector<grown_node>& grown, std::span<double> scores) {
    is_used_.assign(rows_.rows(), false);
    for (const std::uint32_t row : ids_) is_used_[row] = true;
    for (std::uint32_t row = 0; row < rows_.rows(); ++row) {
      if (is_used_[row]) continue;
      std::uint32_t at = 0;
      while (grown[at].left > 0) {
        const split& by = grown[at].by;
        at = grown[at].left + (by.goes_left(rows_.column(by.column)[row]) ? 0 : 1);
      }
      scores[row] += records_[at].value;
    }
  }

  static constexpr std::size_t rows_of_piece = 8192;

  const Loss& loss_;
  const binned_rows& rows_;
  std::span<const float> targets_;
  std::span<const float> weights_;
  const boosting_options& with_;
  random_engine& random_;
  executor_reference on_;
  tree_grower<no_class_search> grower_;
  packed_gradients gradients_;
  std::vector<double> scores_;  // output by output
  flat_vector<float> g_;
  flat_vector<float> h_;
  flat_vector<bool> is_used_;
  std::vector<double> start_;
  flat_vector<std::uint32_t> training_;
  flat_vector<std::uint32_t> held_out_;
  flat_vector<std::uint32_t> all_columns_;
  flat_vector<std::uint32_t> ids_;      // of this round
  flat_vector<std::uint32_t> columns_;  // of this round
  flat_vector<std::uint32_t> leaves_;   // of the last tree
  flat_vector<gradient_sizes> sizes_;   // of each piece of the rows
  flat_vector<tree_node> nodes_;
  flat_vector<node_record> records_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_BOOSTING_HPP
