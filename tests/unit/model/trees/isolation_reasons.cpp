#include <millrace/model/trees/isolation_reasons.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/model/trees/tree_explainer.hpp>

#include <support/catch.hpp>

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::model::explained_trees;
using mr::model::isolation_forest;
using mr::model::matrix_view;
using mr::model::tree_ensemble;
using mr::model::tree_explainer;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

/// Rows of which some features are missing.
std::vector<float> made_rows(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<float> made;
  for (std::size_t i = 0; i < rows * columns; ++i)
    made.push_back(random.below(12) == 0 ? missing : static_cast<float>(random.normal()));
  return made;
}

/// How many rows come by each node.
std::vector<double> rows_by_node(const tree_ensemble& trees, const matrix_view& rows) {
  std::vector<double> found(trees.nodes().size());
  for (std::size_t tree = 0; tree < trees.trees(); ++tree)
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      std::uint32_t at = trees.root(tree);
      ++found[at];
      while (!trees.is_leaf(at)) {
        at = trees.nodes()[at].left + (trees.goes_left(at, rows.row(i).data()) ? 0 : 1);
        ++found[at];
      }
    }
  return found;
}

/// What the trees are worth where the columns in a set are known, the others averaged over training rows.
double worth(const tree_ensemble& trees, std::uint32_t at, const float* row, unsigned known) {
  if (trees.is_leaf(at)) return trees.records()[at].value;
  const auto& node = trees.nodes()[at];
  if ((known >> node.column & 1) != 0) return worth(trees, node.left + (trees.goes_left(at, row) ? 0 : 1), row, known);
  const double left = trees.records()[node.left].cover, right = trees.records()[node.left + 1].cover;
  return (left * worth(trees, node.left, row, known) + right * worth(trees, node.left + 1, row, known)) /
         (left + right);
}

}  // namespace

TEST_CASE("isolation reasons: the trees add up to the logarithm of the score, and know how many rows are where") {
  for (const std::size_t rows : {2U, 3U, 17U, 300U}) {
    const auto table = made_rows(rows, 4, rows);
    const matrix_view view(table, 4);
    // All rows are in each tree.
    const auto forest = isolation_forest::fit(view, {.trees = 20, .subsample = 512});
    REQUIRE(forest);
    const auto trees = explained_trees(*forest);
    REQUIRE(trees);
    CHECK(trees->trees() == 20);
    const auto counted = rows_by_node(*trees, view);
    for (std::size_t node = 0; node < counted.size(); ++node) REQUIRE(trees->records()[node].cover == counted[node]);
    const auto others = made_rows(50, 4, 99);
    for (std::size_t i = 0; i < 50; ++i) {
      const std::span<const float> row(others.data() + 4 * i, 4);
      CHECK(trees->sum(row.data()) == Approx(std::log2(-(*forest)(row))).epsilon(1e-12).margin(1e-13));
    }
  }
}

TEST_CASE("isolation reasons: contributions are Shapley values by their definition, and sum to the score") {
  const auto table = made_rows(200, 4, 5);
  const auto forest = isolation_forest::fit(matrix_view(table, 4), {.trees = 15, .subsample = 64});
  REQUIRE(forest);
  const auto trees = explained_trees(*forest);
  REQUIRE(trees);
  tree_explainer why(*trees, 4);
  std::vector<double> adds(4);
  for (std::size_t i = 0; i < 20; ++i) {
    const std::span<const float> row(table.data() + 4 * i, 4);
    why.contributions(row, adds);
    double of_set[16]{};
    for (unsigned known = 0; known < 16; ++known)
      for (std::size_t tree = 0; tree < trees->trees(); ++tree)
        of_set[known] += worth(*trees, trees->root(tree), row.data(), known);
    constexpr double share[] = {1.0 / 4, 1.0 / 12, 1.0 / 12, 1.0 / 4};  // k! (3 - k)! / 4!
    for (unsigned column = 0; column < 4; ++column) {
      double right = 0;
      for (unsigned known = 0; known < 16; ++known)
        if ((known >> column & 1) == 0)
          right += share[std::popcount(known)] * (of_set[known | 1U << column] - of_set[known]);
      CHECK(adds[column] == Approx(right).epsilon(1e-9).margin(1e-11));
    }
    CHECK((*forest)(row) == Approx(-std::exp2(why.base() + adds[0] + adds[1] + adds[2] + adds[3])).epsilon(1e-12));
  }
}

TEST_CASE("isolation reasons: why a machine is reported") {
  // CPU load, memory and requests a second; one hour has taken much memory.
  mr::random_engine random(3);
  std::vector<float> hours;
  for (int hour = 0; hour < 400; ++hour) {
    const double requests = 100 + 10 * (hour % 17);
    hours.insert(hours.end(), {static_cast<float>(requests / 400 + random.uniform() / 20),
                               static_cast<float>(0.4 + random.uniform() / 5), static_cast<float>(requests)});
  }
  hours.insert(hours.end(), {0.4F, 0.95F, 150.0F});
  const auto fitted = isolation_forest::fit(matrix_view(hours, 3), {.contamination = 0.01});
  if (!fitted) throw std::runtime_error(fitted.error().describe());
  const std::vector<float> hour{0.4F, 0.93F, 150.0F};
  // [isolation_reasons]
  const std::vector<std::string> names{"cpu", "memory", "requests"};
  const auto trees = mr::model::explained_trees(*fitted);  // outlives the explainer
  if (!trees) throw std::runtime_error(trees.error().describe());
  mr::model::tree_explainer why(*trees, fitted->inputs());
  std::string alert;
  if (fitted->is_outlier(hour))
    for (const auto& [name, adds] : why.reason_codes(hour, 1, names)) alert += name;  // "memory"
  // [/isolation_reasons]
  CHECK(alert == "memory");
}

TEST_CASE("isolation reasons: one row tells nothing, and there may be more columns than trees can name") {
  const std::vector<float> one{1, 2};
  const auto forest = isolation_forest::fit(matrix_view(one, 2), {.trees = 3});
  REQUIRE(forest);
  const auto trees = explained_trees(*forest);
  REQUIRE(trees);
  tree_explainer why(*trees, 2);
  CHECK(why.base() == Approx(std::log2(-(*forest)(one))).epsilon(1e-15));
  CHECK(why.reasons(one, 2).empty());
  const std::vector<float> wide(2 * 65'537, 1.0F);
  const auto refused = explained_trees(*isolation_forest::fit(matrix_view(wide, 65'537), {.trees = 1}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::shape_mismatch);
}
