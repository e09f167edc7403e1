#include <millrace/model/trees/tree_explainer.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/made_rows.hpp>
#include <support/tree_shap_reference.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <millrace/model/trees/boosted_trees.hpp>
#include <millrace/model/trees/random_forest.hpp>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::model::tree_ensemble;
using mr::model::tree_explainer;

namespace {

/// What the trees return on average where only the columns of `known` are: at a split by another one, both children,
/// in proportion to their training rows.
double mean_knowing(const tree_ensemble& trees, std::uint32_t node, const float* row, unsigned known) {
  if (trees.is_leaf(node)) return trees.records()[node].value;
  const auto& split = trees.nodes()[node];
  if ((known >> split.column & 1) != 0)
    return mean_knowing(trees, split.left + (trees.goes_left(node, row) ? 0 : 1), row, known);
  const double left = trees.records()[split.left].cover;
  const double right = trees.records()[split.left + 1].cover;
  if (left + right == 0)
    return (mean_knowing(trees, split.left, row, known) + mean_knowing(trees, split.left + 1, row, known)) / 2;
  return (left * mean_knowing(trees, split.left, row, known) +
          right * mean_knowing(trees, split.left + 1, row, known)) /
         (left + right);
}

/// Shapley values by their definition, over all coalitions.
std::vector<double> by_definition(const tree_ensemble& trees, std::size_t columns, const float* row) {
  const auto worth = [&](unsigned known) {
    double sum = 0;
    for (std::size_t tree = 0; tree < trees.trees(); ++tree) sum += mean_knowing(trees, trees.root(tree), row, known);
    return sum;
  };
  std::vector<double> factorial(columns + 1, 1);
  for (std::size_t i = 1; i <= columns; ++i) factorial[i] = factorial[i - 1] * static_cast<double>(i);
  std::vector<double> values(columns, 0);
  for (std::size_t i = 0; i < columns; ++i)
    for (unsigned known = 0; known < 1U << columns; ++known) {
      if ((known >> i & 1) != 0) continue;
      std::size_t size = 0;
      for (unsigned bits = known; bits != 0; bits &= bits - 1) ++size;
      values[i] += factorial[size] * factorial[columns - 1 - size] / factorial[columns] *
                   (worth(known | 1U << i) - worth(known));
    }
  return values;
}

/// An explainer with another CPU's kernel.
struct forced_explainer : tree_explainer {
  forced_explainer(const tree_ensemble& trees, std::size_t columns, mr::model::detail::walk_kernel kernel)
      : tree_explainer(trees, columns) {
    walk_ = kernel;
  }
};

/// A tree at random: some edges without training rows, leaves at any depth, columns met again, categories.
void add_random_tree(tree_ensemble& to, std::size_t columns, unsigned depth, mr::random_engine& random) {
  std::vector<mr::model::tree_node> nodes(1);
  std::vector<mr::model::node_record> records(1);
  std::vector<unsigned> level{0};
  records[0].cover = 1'000;
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    records[i].value = random.normal();
    nodes[i].left = i;
    if (level[i] >= depth || random.below(6) == 0) continue;
    nodes[i].left = static_cast<std::uint32_t>(nodes.size());
    nodes[i].column = static_cast<std::uint16_t>(random.below(columns));
    nodes[i].missing_right = static_cast<std::uint8_t>(random.below(2));
    nodes[i].threshold = static_cast<float>(random.below(5)) - 2;
    if (random.below(5) == 0) {
      nodes[i].rule = 1;
      const std::uint64_t bits[] = {0b10110};
      records[i].set = to.add_set(bits);
      records[i].set_size = 5;
    }
    const double left = random.below(8) == 0 ? 0 : records[i].cover * random.uniform();
    nodes.resize(nodes.size() + 2);
    records.resize(nodes.size());
    level.resize(nodes.size(), level[i] + 1);
    records[nodes[i].left].cover = left;
    records[nodes[i].left + 1].cover = records[i].cover - left;
  }
  to.add(nodes, records);
}

}  // namespace

TEST_CASE("tree explainer: random trees, rows that hit thresholds, missing and infinite features, by every kernel") {
  namespace d = mr::model::detail;
  std::vector<d::walk_kernel> kernels{d::walk_baseline};
  if (mr::detail::cpu_has_avx2()) kernels.push_back(d::walk_avx2);
  if (mr::detail::cpu_has_avx512()) kernels.push_back(d::walk_avx512);
  mr::random_engine random(31);
  for (unsigned round = 0; round < 60; ++round) {
    const std::size_t columns = 1 + random.below(8);
    tree_ensemble trees;
    for (unsigned tree = 0; tree < 3; ++tree)
      add_random_tree(trees, columns, static_cast<unsigned>(random.below(11)), random);
    std::vector<float> row(columns);
    for (unsigned i = 0; i < 4; ++i) {
      for (float& x : row) {
        x = static_cast<float>(random.below(7)) - 3;
        if (random.below(6) == 0) x = std::nanf("");
        if (random.below(10) == 0) x = std::numeric_limits<float>::infinity();
      }
      const std::vector<double> right = by_definition(trees, columns, row.data());
      std::vector<double> first;
      for (const d::walk_kernel kernel : kernels) {
        forced_explainer why(trees, columns, kernel);
        std::vector<double> adds(columns);
        why.contributions(row, adds);
        double sum = why.base();
        for (std::size_t column = 0; column < columns; ++column) {
          REQUIRE(adds[column] == Approx(right[column]).epsilon(1e-10).margin(1e-12));
          sum += adds[column];
        }
        REQUIRE(sum == Approx(trees.sum(row.data())).epsilon(1e-10).margin(1e-12));
        if (first.empty()) first = adds;
        REQUIRE(adds == first);  // the same bits
      }
    }
  }
}

TEST_CASE("tree explainer: paths of a thousand splits by a hundred columns sum to the score") {
  mr::random_engine random(32);
  std::vector<mr::model::tree_node> nodes(1);
  std::vector<mr::model::node_record> records(1);
  records[0].cover = 1e6;
  for (std::uint32_t i = 0; i < 2'000; i += 2) {  // each left child is a leaf
    const std::uint32_t at = i == 0 ? 0 : i;
    nodes[at].left = i + 1;
    nodes[at].column = static_cast<std::uint16_t>(random.below(100));
    nodes[at].threshold = -2.5F;
    nodes.resize(i + 3);
    records.resize(i + 3);
    records[i + 1].cover = 0.01 * records[at].cover;
    records[i + 2].cover = 0.99 * records[at].cover;
    nodes[i + 1].left = i + 1;
    nodes[i + 2].left = i + 2;
    records[i + 1].value = random.normal();
    records[i + 2].value = random.normal();
  }
  tree_ensemble trees;
  trees.add(nodes, records);
  tree_explainer why(trees, 100);
  std::vector<float> row(100);
  std::vector<double> adds(100);
  for (unsigned i = 0; i < 20; ++i) {
    for (float& x : row) x = static_cast<float>(random.normal());
    why.contributions(row, adds);
    double sum = why.base();
    for (const double x : adds) sum += x;
    CHECK(sum == Approx(trees.sum(row.data())).epsilon(1e-9).margin(1e-9));
  }
}

TEST_CASE("tree explainer: contributions are Shapley values by their definition, and add up to the score") {
  for (unsigned round = 0; round < 6; ++round) {
    support::made_rows made = support::make_rows(400, 5, 40 + round, support::a_number, round % 2 == 0 ? 0 : 15);
    mr::model::boosting_options with{.rounds = 8, .leaves = round < 3 ? 6U : 40U, .learning_rate = 0.4};
    if (round % 3 == 2) {
      for (std::size_t i = 0; i < made.rows(); ++i) made.features[5 * i + 4] = static_cast<float>(i % 9);
      with.categories = {4};
    }
    const auto fitted = mr::model::boosted_trees<mr::model::squared_loss>::fit(made.view(), made.targets, with).value();
    tree_explainer why(fitted.trees(), 5);
    std::vector<double> adds(5);
    for (std::size_t i = 0; i < 25; ++i) {
      const auto row = made.view().row(i);
      why.contributions(row, adds);
      const std::vector<double> right = by_definition(fitted.trees(), 5, row.data());
      double sum = why.base();
      for (std::size_t column = 0; column < 5; ++column) {
        CHECK(adds[column] == Approx(right[column]).epsilon(1e-9).margin(1e-10));
        sum += adds[column];
      }
      CHECK(sum == Approx(fitted.trees().sum(row.data())).epsilon(1e-10).margin(1e-10));
    }
  }
}

TEST_CASE("tree explainer: the values of shap's TreeExplainer") {
  // tests/oracle/tree_shap.py: trees of up to ten splits in a row, columns met again, missing values.
  tree_ensemble trees;
  for (const auto& tree : support::tree_shap_reference::trees) trees.add(tree.nodes, tree.records);
  const std::size_t columns = support::tree_shap_reference::columns;
  tree_explainer why(trees, columns);
  CHECK(why.base() == Approx(support::tree_shap_reference::base).epsilon(1e-6));
  std::vector<double> adds(columns);
  for (const auto& [row, values] : support::tree_shap_reference::rows) {
    why.contributions(row, adds);
    for (std::size_t column = 0; column < columns; ++column)
      CHECK(adds[column] == Approx(values[column]).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("tree explainer: one score of several, and the columns that raise it") {
  const support::made_rows made = support::make_rows(800, 4, 50, [](const float* x, mr::random_engine&) {
    return x[0] > 0.3F ? 2 : x[1] > 0 ? 1 : 0;
  });
  const auto fitted =
      mr::model::boosted_trees<mr::model::softmax_loss>::fit(made.view(), made.targets, {.rounds = 15}, {}, {3})
          .value();
  std::vector<double> scores(3);
  std::vector<double> adds(4);
  for (std::size_t k = 0; k < 3; ++k) {
    tree_explainer why(fitted.trees(), 4, 3, k);
    for (std::size_t i = 0; i < 20; ++i) {
      fitted.score(made.view().row(i), scores);
      why.contributions(made.view().row(i), adds);
      CHECK(fitted.start()[k] + why.base() + adds[0] + adds[1] + adds[2] + adds[3] == Approx(scores[k]));
    }
  }
  tree_explainer second(fitted.trees(), 4, 3, 2);
  const auto reasons = second.reasons(std::vector<float>{0.9F, 0, 0, 0}, 2);
  REQUIRE_FALSE(reasons.empty());
  CHECK(reasons[0].column == 0);
  for (std::size_t i = 1; i < reasons.size(); ++i) CHECK(reasons[i].contribution <= reasons[i - 1].contribution);
  CHECK(second.reasons(std::vector<float>{0.9F, 0, 0, 0}, 0).empty());
  const std::vector<std::string> names = {"amount", "country", "hour", "age"};
  const auto codes = second.reason_codes(std::vector<float>{0.9F, 0, 0, 0}, 2, names);
  REQUIRE(codes.size() == reasons.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    CHECK(codes[i].name == names[reasons[i].column]);
    CHECK(codes[i].contribution == reasons[i].contribution);
  }
}

TEST_CASE("tree explainer: explaining allocates nothing; trees without splits owe nothing") {
  const support::made_rows made = support::make_rows(300, 4, 51, support::two_classes);
  const auto fitted = mr::model::boosted_trees<>::fit(made.view(), made.targets, {.rounds = 10}).value();
  tree_explainer why(fitted.trees(), 4);
  std::vector<double> adds(4);
  CHECK(support::allocations_of([&] { why.contributions(made.view().row(0), adds); }) == 0);

  const tree_ensemble none;
  tree_explainer nothing(none, 4);
  nothing.contributions(made.view().row(0), adds);
  CHECK(adds == std::vector<double>(4, 0));
  CHECK(nothing.base() == 0);
}

TEST_CASE("tree explainer: contributions of a thousand rows sum to the scores of every ensemble of deep trees") {
  auto made = support::make_rows(1000, 7, 52, support::a_number, 10);
  auto classes = made;
  mr::random_engine random(53);
  for (std::size_t i = 0; i < 1000; ++i) {
    made.features[7 * i + 6] = classes.features[7 * i + 6] = static_cast<float>(random.below(200));
    classes.targets[i] = made.targets[i] > 1 ? 2.0F : made.targets[i] > 0 ? 1.0F : 0.0F;
  }
  const auto check = [](const auto& model, const support::made_rows& rows, auto&& score, const auto& start) {
    const std::size_t outputs = model.outputs();
    std::vector<double> scores(outputs);
    std::vector<double> adds(7);
    double worst = 0;
    for (std::size_t k = 0; k < outputs; ++k) {
      tree_explainer why(model.trees(), 7, outputs, k);
      for (std::size_t i = 0; i < rows.rows(); ++i) {
        score(rows.view().row(i), std::span<double>(scores));
        why.contributions(rows.view().row(i), adds);
        double sum = why.base() + (start.empty() ? 0 : start[k]);
        for (const double x : adds) sum += x;
        worst = std::fmax(worst, std::abs(sum - scores[k]) / std::fmax(1, std::abs(scores[k])));
      }
    }
    CHECK(worst < 1e-12);
  };
  const mr::model::boosting_options deep{
      .rounds = 40, .leaves = 255, .min_category_rows = 1, .min_child_weight = 1e-3, .categories = {6}};
  const auto boosted = [&](const auto& model, const support::made_rows& rows) {
    check(
        model, rows, [&](std::span<const float> row, std::span<double> out) { model.score(row, out); }, model.start());
  };
  boosted(mr::model::boosted_trees<mr::model::squared_loss>::fit(made.view(), made.targets, deep).value(), made);
  boosted(mr::model::boosted_trees<mr::model::quantile_loss>::fit(made.view(), made.targets, deep).value(), made);
  boosted(
      mr::model::boosted_trees<mr::model::softmax_loss>::fit(classes.view(), classes.targets, deep, {}, {3}).value(),
      classes);
  const auto forest = [&](const support::made_rows& rows, std::size_t count) {
    const auto model = mr::model::random_forest::fit(rows.view(), rows.targets,
                                                     {.trees = 30, .depth = 64, .classes = count, .categories = {6}});
    REQUIRE(model);
    check(
        *model, rows, [&](std::span<const float> row, std::span<double> out) { model->predict(row, out); },
        std::vector<double>());
  };
  forest(made, 0);
  forest(classes, 3);
}

TEST_CASE("tree explainer: rows and outputs of another length than the columns are not read or written beyond") {
  const support::made_rows made = support::make_rows(300, 4, 51, support::two_classes);
  const auto fitted = mr::model::boosted_trees<>::fit(made.view(), made.targets, {.rounds = 10}).value();
  tree_explainer why(fitted.trees(), 4);
  std::vector<double> adds(5, -7);
  const auto row = made.view().row(0);
  why.contributions(row, std::span(adds).first(3));
  CHECK(adds == std::vector<double>(5, -7));
  why.contributions(row.first(3), std::span(adds).first(4));
  for (std::size_t column = 0; column < 4; ++column) CHECK(std::isnan(adds[column]));
  CHECK(adds[4] == -7);
  CHECK(why.reasons(row.first(3), 4).empty());
  why.contributions(row, std::span(adds).first(4));
  std::vector<double> same(4);
  tree_explainer of_none(fitted.trees(), 0);  // fewer columns than the trees part by
  of_none.contributions(row, same);
  CHECK(same == std::vector<double>(adds.begin(), adds.begin() + 4));
  CHECK(tree_explainer(fitted.trees(), 4, 0, 0).base() == 0);  // a score of none
  CHECK(tree_explainer(fitted.trees(), 4, 3, 3).base() == 0);
}
