// Models of trees, trained here and read from files of other libraries.
#include <millrace/model/formats/boosted_file.hpp>
#include <millrace/model/to_graph/boosted.hpp>
#include <millrace/model/to_graph/trees.hpp>

#include <support/made_rows.hpp>

#include <algorithm>
#include <filesystem>

#include "exports.hpp"

namespace exports {

namespace {

/// Numbers, and in column 4 categories that matter.
support::made_rows trained_rows(std::uint64_t seed, unsigned classes) {
  return support::make_rows(
      4000, 6, seed,
      [&](float* x, mr::random_engine& random) {
        x[4] = static_cast<float>(random.below(10));
        const double effect = x[4] == 3 || x[4] == 7 || x[4] == 8 ? 1.5 : 0;
        const double score = support::a_number(x, random) + effect;
        return classes == 0 ? score : std::clamp(std::floor(score + 1), 0.0, classes - 1.0);
      },
      5);
}

template <class Loss>
void write_boosted(writer& to, const std::string& name, const support::made_rows& data, const Loss& loss = {}) {
  const auto model = taken(mm::boosted_trees<Loss>::fit(
      data.view(), data.targets, {.rounds = 40, .leaves = 15, .row_share = 0.7, .categories = {4}}, {}, loss));
  std::vector<float> rows = any_rows(6, 5, true, true);
  ask_thresholds(rows, 6, model.trees(), {4}, 7);
  to.write(name, model, rows);
}
void write_forest(writer& to, const std::string& name, const support::made_rows& data, mm::forest_options with) {
  with.trees = 30;
  with.categories = {4};
  const auto model = taken(mm::random_forest::fit(data.view(), data.targets, with));
  std::vector<float> rows = any_rows(6, 6, true, true);
  ask_thresholds(rows, 6, model.trees(), {4}, 8);
  to.write(name, model, rows);
}
void write_isolation(writer& to) {
  const auto data = trained_rows(9, 0);
  const auto model = taken(mm::isolation_forest::fit(data.view(), {.trees = 60}));
  const auto trees = taken(mm::explained_trees(model));
  std::vector<float> rows = any_rows(6, 11, true, true);
  ask_thresholds(rows, 6, trees, {}, 12);
  to.write("isolation_forest", model, rows);
}

/// Each golden file of another library's trees: its own rows, its thresholds and the floats beside them.
void write_files(writer& to) {
  for (const auto& entry : std::filesystem::directory_iterator(MILLRACE_GOLDEN_DIR "/formats")) {
    const std::string extension = entry.path().extension();
    if (extension != ".txt" && extension != ".json" && extension != ".ubj") continue;
    const std::string stem = entry.path().stem();
    if (stem == "catboost_counters" || stem == "catboost_uncertain") continue;  // which are there to be refused
    const auto model = taken(mm::load_boosted_model(entry.path()));
    const std::string name = "file_" + stem + "_" + extension.substr(1);
    std::vector<std::size_t> categories;
    for (std::uint32_t i = 0; i < model.trees().nodes().size(); ++i) {
      const auto& node = model.trees().nodes()[i];
      if (model.trees().is_leaf(i) || node.rule == 0 || node.rule == 4) continue;
      if (std::ranges::find(categories, node.column) == categories.end()) categories.push_back(node.column);
    }
    std::vector<float> rows = any_rows(model.inputs(), 13, true, model.weights().empty());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] *= i % 5 == 0 ? 100.0F : 1.0F;
    ask_thresholds(rows, model.inputs(), model.trees(), categories, 14);
    if (model.sums_trees() || !model.weights().empty())
      to.write(name, model, rows);
    else if (const auto made = mm::to_graph(model);
             made || made.error().message().find("linear leaves") == std::string::npos)
      to.fail(name, "its linear leaves are not refused");
  }
}

}  // namespace

void write_trees(writer& to) {
  const auto numbers = trained_rows(1, 0);
  const auto two = trained_rows(2, 2);
  const auto three = trained_rows(3, 3);
  write_boosted<mm::logistic_loss>(to, "boosted_logistic", two);
  write_boosted<mm::softmax_loss>(to, "boosted_softmax", three, {3});
  write_boosted<mm::squared_loss>(to, "boosted_squared", numbers);
  write_boosted<mm::quantile_loss>(to, "boosted_quantile", numbers, {0.8});
  write_boosted<mm::poisson_loss>(to, "boosted_poisson", three);
  write_forest(to, "forest_numbers", numbers, {});
  write_forest(to, "forest_two", two, {});
  write_forest(to, "forest_classes", three, {.classes = 3});
  write_forest(to, "forest_random_splits", numbers, {.bootstrap = false, .random_splits = true});
  write_isolation(to);
  write_files(to);
}

}  // namespace exports
