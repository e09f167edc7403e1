#ifndef MILLRACE_MODEL_TREES_BOOSTING_OPTIONS_HPP
#define MILLRACE_MODEL_TREES_BOOSTING_OPTIONS_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How boosted trees are fitted.
struct boosting_options {
  /// Rounds of one tree for each output.
  std::size_t rounds = 100;
  /// The most leaves of a tree, 2 to 4096; it grows where it gains most.
  std::size_t leaves = 31;
  /// The most splits between the root and a leaf.
  unsigned depth = 64;
  /// The share of a leaf's best value that is added.
  double learning_rate = 0.1;
  /// Added to the sum of hessians in a leaf's value: draws values of small leaves towards 0.
  double l2 = 1;
  /// Added besides where categories are parted.
  double category_l2 = 10;
  /// A category of fewer rows in a node, estimated by hessians, is not told apart there: it goes right. Otherwise rare
  /// categories are learnt by heart.
  double min_category_rows = 15;
  /// The least sum of hessians in a leaf: a quarter of the rows at least for log odds near 0.
  double min_child_weight = 1;
  /// A split has to lower the loss by more than half of this.
  double min_gain = 0;
  /// The share of rows that each round is fitted on, drawn anew without replacement.
  double row_share = 1;
  /// The share of columns that a round may part by, drawn anew.
  double column_share = 1;
  /// How many groups of neighbouring values a column is split into, 2 to 255; trees part between groups.
  std::size_t bins = 255;
  /// Stop when the loss on held-out rows has not fallen for so many rounds, and keep the rounds up to its lowest. 0:
  /// fit all rounds, on all rows.
  std::size_t patience = 0;
  /// The share of rows that is held out for that.
  double validation_share = 0.1;
  /// The columns of categories: whole numbers from 0 to 65535. At most `bins` of them have a place of their own; the
  /// rarest share one.
  std::vector<std::size_t> categories = {};
  /// Empty, or one number for each column: 1 where the score must not fall when the feature rises, -1 where it must not
  /// rise, else 0.
  std::vector<std::int8_t> monotone = {};
  /// The same seed and data give the same trees.
  std::uint64_t seed = 1;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_BOOSTING_OPTIONS_HPP
