#ifndef MILLRACE_MODEL_TREES_FOREST_OPTIONS_HPP
#define MILLRACE_MODEL_TREES_FOREST_OPTIONS_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a forest is fitted.
struct forest_options {
  std::size_t trees = 100;
  /// The most splits between the root and a leaf, 1 to 64.
  unsigned depth = 10;
  /// The least sum of weights in a leaf.
  double min_leaf_weight = 1;
  /// How many columns are drawn for each node to be parted by; 0: the square root of their number.
  std::size_t columns_of_node = 0;
  /// Fit each tree on as many rows as there are, drawn with replacement; else on all rows.
  bool bootstrap = true;
  /// Part columns of numbers at random and not at the best place: extremely randomized trees, mostly without bootstrap.
  bool random_splits = false;
  /// How many groups of neighbouring values a column is split into, 2 to 255; trees part between groups.
  std::size_t bins = 255;
  /// 0: targets are numbers, or two classes as 0 and 1. 2 to 1000: targets are classes, from 0 to one less.
  std::size_t classes = 0;
  /// The columns of categories: whole numbers from 0 to 65535.
  std::vector<std::size_t> categories = {};
  /// The same seed and data give the same trees.
  std::uint64_t seed = 1;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_FOREST_OPTIONS_HPP
