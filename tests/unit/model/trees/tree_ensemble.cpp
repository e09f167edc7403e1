#include <millrace/model/trees/tree_ensemble.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace mr = millrace;

namespace {

/// x0 <= 1 ? (missing x1 right, x1 <= 5 ? 10 : 20) : 30
mr::model::tree_ensemble small_tree() {
  std::vector<mr::model::tree_node> nodes(5);
  std::vector<mr::model::node_record> records(5);
  nodes[0] = {1, 1, 0, 1, 0};
  nodes[1] = {5, 3, 1, 0, 0};
  for (const std::uint32_t leaf : {2U, 3U, 4U}) nodes[leaf].left = leaf;
  records[2].value = 30;
  records[3].value = 10;
  records[4].value = 20;
  records[0].gain = 3;
  records[1].gain = 1;
  mr::model::tree_ensemble made;
  made.add(nodes, records);
  return made;
}

}  // namespace

TEST_CASE("tree ensemble: a row goes left up to the threshold, and where missing values go") {
  const mr::model::tree_ensemble trees = small_tree();
  const auto sum = [&](float a, float b) {
    const float row[] = {a, b};
    return trees.sum(row);
  };
  const float missing = std::nanf("");
  CHECK(sum(1, 5) == 10);
  CHECK(sum(1, 5.5F) == 20);
  CHECK(sum(1, missing) == 10);
  CHECK(sum(1.5F, 0) == 30);
  CHECK(sum(missing, 0) == 30);
  CHECK(sum(std::numeric_limits<float>::infinity(), missing) == 30);
  CHECK(sum(-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()) == 20);
  CHECK(trees.depth(0) == 2);
  CHECK(trees.importance(3) == std::vector<double>{0.75, 0.25, 0});
}

TEST_CASE("tree ensemble: sums of every stride, with and without eight walks side by side") {
  mr::model::tree_ensemble trees;
  double all = 0;
  double odd = 0;
  for (int i = 0; i < 41; ++i) {
    std::vector<mr::model::tree_node> nodes(1);
    std::vector<mr::model::node_record> records(1);
    records[0].value = i;
    trees.add(nodes, records);
    all += i;
    odd += i % 2 == 1 ? i : 0;
  }
  const float row[] = {0};
  CHECK(trees.sum(row) == all);
  CHECK(trees.sum(row, 1, 2) == odd);
  CHECK(trees.sum(row, 0, 2) == all - odd);
  trees.keep(3);
  CHECK(trees.sum(row) == 3);
  CHECK(mr::model::tree_ensemble().sum(row) == 0);
}
