#include <millrace/model/to_graph/table_pipelines.hpp>

#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/one_vs_rest.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/to_graph/linear.hpp>
#include <millrace/model/to_graph/trees.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/exported_features.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;

namespace {

/// Orders with a class for each: by amount, age and country, and a little by chance.
mf::table history_of(unsigned classes, unsigned seed, double most = 1e300) {
  auto orders = support::random_orders(900, seed);
  for (support::order& one : orders)
    if (one.amount > most) one.amount = most;
  mf::table made = support::table_of(orders);
  mf::column label{.name = "label", .kind = mf::column_kind::number};
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const double amount = std::isfinite(orders[i].amount) ? orders[i].amount : 0;
    const double score = (amount > 100 ? 1 : 0) + (orders[i].country == "DE" ? 1 : 0) + (i % 11 == 0 ? 1 : 0);
    label.numbers.push_back(std::fmin(score, classes - 1.0));
  }
  REQUIRE(made.add(std::move(label)));
  return made;
}

template <class Pipeline>
void says_the_same(const Pipeline& of, const mf::table& table) {
  std::vector<double> expected(table.rows() * of.outputs());
  (void)of(table, expected);
  const auto exact = mm::to_graph(of);
  INFO((exact ? std::string() : exact.error().message()));
  REQUIRE(exact);
  support::check_alike(support::asked_of(*exact, table), expected, 1e-9);
}

}  // namespace

TEST_CASE("a pipeline of trees says the same as a graph, calibrated or not") {
  const auto history = history_of(2, 21);
  const auto today = history_of(2, 22);
  const auto list = support::expressible(support::all_specifications());
  const auto plain = mm::table_pipeline<mm::boosted_trees<>>::fit(list, history, "label",
                                                                  mm::trained_by<mm::boosted_trees<>>({.rounds = 12}));
  REQUIRE(plain);
  says_the_same(*plain, today);
  const auto platt = mm::table_pipeline<mm::boosted_trees<>, mm::platt>::fit(
      list, history, "label", mm::trained_by<mm::boosted_trees<>>({.rounds = 12}), mm::calibrated_by<mm::platt>());
  REQUIRE(platt);
  says_the_same(*platt, today);
  const auto isotonic = mm::table_pipeline<mm::random_forest, mm::isotonic>::fit(
      list, history, "label", mm::trained_by<mm::random_forest>({.trees = 10}), mm::calibrated_by<mm::isotonic>());
  REQUIRE(isotonic);
  says_the_same(*isotonic, today);
  // As it was saved, and loaded.
  const auto loaded = mm::table_pipeline<mm::boosted_trees<>, mm::platt>::load(platt->save());
  REQUIRE(loaded);
  CHECK(mm::to_graph(*loaded).value() == mm::to_graph(*platt).value());
}

TEST_CASE("linear pipelines of two classes and of more say the same as graphs") {
  const auto of_two = history_of(2, 23);
  const auto two = mm::table_pipeline<mm::logistic_regression, mm::platt>::fit(
      support::filled_features(), of_two, "label", mm::trained_by<mm::logistic_regression>(),
      mm::calibrated_by<mm::platt>());
  REQUIRE(two);
  says_the_same(*two, history_of(2, 24));
  const auto of_three = history_of(3, 25);
  using three_classes = mm::table_pipeline<mm::logistic_regression, mm::one_vs_rest<>>;
  const auto three =
      three_classes::fit(support::filled_features(), of_three, "label", mm::trained_by<mm::logistic_regression>(),
                         mm::calibrated_by<mm::one_vs_rest<>>());
  INFO((three ? std::string() : three.error().message()));
  REQUIRE(three);
  says_the_same(*three, history_of(3, 26));
}

TEST_CASE("inputs of a pipeline's graph are the columns that are read, by name and kind; floats are for f32") {
  const auto history = history_of(2, 27, 1024);  // which floats hold
  const auto made = mm::table_pipeline<mm::logistic_regression>::fit(support::filled_features(), history, "label",
                                                                     mm::trained_by<mm::logistic_regression>());
  REQUIRE(made);
  for (const auto element : {mr::tensor::dtype::f64, mr::tensor::dtype::f32}) {
    const auto graph = mm::to_graph(*made, {.element = element, .name = "orders"});
    REQUIRE(graph);
    CHECK(graph->name == "orders");
    REQUIRE(graph->inputs.size() == 5);
    const char* const names[] = {"amount", "age", "country", "device", "at"};
    for (std::size_t i = 0; i < 5; ++i) {
      const mm::graph_value& input = graph->values[graph->inputs[i]];
      CHECK(input.name == names[i]);
      CHECK((*input.type->shape)[0].name == "rows");
      CHECK((*input.type->shape)[1].size == 1);
      CHECK((input.type->kind == mm::graph_kind::texts) == (i == 2 || i == 3));
      if (i < 2) CHECK(input.type->dtype == element);
      if (i == 4) CHECK(input.type->dtype == mr::tensor::dtype::i64);
    }
    REQUIRE(graph->outputs.size() == 1);
    CHECK(graph->values[graph->outputs[0]].name == "outputs");
    CHECK(graph->values[graph->outputs[0]].type->dtype == element);
  }
  std::vector<double> expected(history.rows());
  REQUIRE((*made)(history, expected));
  const auto rough = mm::to_graph(*made, {.element = mr::tensor::dtype::f32});
  support::check_alike(support::asked_of(*rough, history), expected, 2e-4, 2e-6);
}

TEST_CASE("a row that a rule refuses has NaN from the graph, as from the pipeline") {
  auto history = history_of(2, 28);
  auto list = support::filled_features();
  const auto fitted = mm::table_pipeline<mm::logistic_regression>::fit(list, history, "label",
                                                                       mm::trained_by<mm::logistic_regression>());
  REQUIRE(fitted);
  // Fitted where nothing is refused: to the rows whose amount is there.
  list[0].rules = {mf::missing(mf::refuse)};
  mf::table kept;
  std::vector<std::size_t> rows;
  const mf::column& amount = *history.find("amount");
  for (std::size_t i = 0; i < history.rows(); ++i)
    if (std::isfinite(amount.numbers[i])) rows.push_back(i);
  for (std::size_t j = 0; j < history.size(); ++j) {
    mf::column one = history[j];
    const mf::column& from = history[j];
    one.numbers.clear();
    one.times.clear();
    one.codes.clear();
    for (const std::size_t i : rows) {
      if (!from.numbers.empty()) one.numbers.push_back(from.numbers[i]);
      if (!from.times.empty()) one.times.push_back(from.times[i]);
      if (!from.codes.empty()) one.codes.push_back(from.codes[i]);
    }
    REQUIRE(kept.add(std::move(one)));
  }
  const auto strict =
      mm::table_pipeline<mm::logistic_regression>::fit(list, kept, "label", mm::trained_by<mm::logistic_regression>());
  INFO((strict ? std::string() : strict.error().message()));
  REQUIRE(strict);
  says_the_same(*strict, history);
  const auto found = support::asked_of(mm::to_graph(*strict).value(), history);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(std::isnan(found[i]) == !std::isfinite(amount.numbers[i]));
    refused += std::isnan(found[i]) ? 1U : 0U;
  }
  CHECK(refused > 10);
}

TEST_CASE("a pipeline whose features are no operators is refused with all their names") {
  const auto history = history_of(2, 29);
  auto list = support::filled_features();
  list.push_back({.name = "pair", .type = "cross", .sources = {"country", "device"}, .parameters = {{"columns", 4}}});
  list.push_back({.name = "note", .type = "text_length", .rules = {mf::missing(mf::fill(0))}});
  const auto made = mm::table_pipeline<mm::logistic_regression>::fit(list, history, "label",
                                                                     mm::trained_by<mm::logistic_regression>());
  REQUIRE(made);
  const auto graph = mm::to_graph(*made);
  REQUIRE(!graph);
  CHECK(graph.error().message() ==
        "graph of a model: feature \"pair\": cross, which ONNX has no operators for; feature \"note\": text_length, "
        "which ONNX has no operators for");
}
