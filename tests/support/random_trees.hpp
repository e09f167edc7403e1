#ifndef MILLRACE_TESTS_SUPPORT_RANDOM_TREES_HPP
#define MILLRACE_TESTS_SUPPORT_RANDOM_TREES_HPP

#include <millrace/core/seed.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace support {

namespace mr = millrace;

inline constexpr float infinite = std::numeric_limits<float>::infinity();

/// Few numbers, so that rows hit thresholds exactly; infinities among them.
inline float any_number(mr::random_engine& random) {
  constexpr float numbers[] = {-infinite, -std::numeric_limits<float>::max(), -1,      -0.0F, 0, 1e-40F,
                               1,         std::numeric_limits<float>::max(),  infinite};
  return numbers[random.below(9)];
}

struct random_trees {
  std::size_t columns;
  unsigned depth;
  double leaf_share;
  bool categories = false;

  void add_one(mr::model::tree_ensemble& to, mr::random_engine& random) const {
    std::vector<mr::model::tree_node> nodes(1);
    std::vector<mr::model::node_record> records(1);
    std::vector<unsigned> level{0};
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
      records[i].value = random.normal();
      nodes[i].left = i;
      if (level[i] >= depth || random.uniform() < leaf_share) continue;
      nodes[i].left = static_cast<std::uint32_t>(nodes.size());
      nodes[i].column = static_cast<std::uint16_t>(random.below(columns));
      nodes[i].missing_right = static_cast<std::uint8_t>(random.below(2));
      nodes[i].threshold = any_number(random);
      if (categories && random.below(3) == 0) {
        nodes[i].rule = 1;
        const std::uint64_t bits[] = {0x5a5a'1234'9876'fedcULL};
        records[i].set = to.add_set(bits);
        records[i].set_size = 3 + static_cast<std::uint32_t>(random.below(40));
      }
      nodes.resize(nodes.size() + 2);
      records.resize(nodes.size());
      level.resize(nodes.size(), level[i] + 1);
    }
    to.add(nodes, records);
  }
};

/// A tree's nodes, counted from its own root.
inline std::vector<mr::model::tree_node> nodes_of(const mr::model::tree_ensemble& trees, std::size_t tree) {
  const std::size_t end = tree + 1 < trees.trees() ? trees.root(tree + 1) : trees.nodes().size();
  const auto all = trees.nodes().subspan(trees.root(tree), end - trees.root(tree));
  std::vector<mr::model::tree_node> nodes(all.begin(), all.end());
  for (auto& node : nodes) node.left -= trees.root(tree);
  return nodes;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_RANDOM_TREES_HPP
