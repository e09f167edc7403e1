#include <millrace/model/to_graph/trees.hpp>

#include <millrace/model/formats/onnx.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <algorithm>

// What other engines say of such graphs is compared by tests/interop/exports.py.

namespace mr = millrace;
namespace mm = millrace::model;

namespace {

std::vector<std::string> operators_of(const mm::graph& made) {
  std::vector<std::string> names;
  for (const auto& node : made.nodes) names.push_back(node.op);
  return names;
}
template <class T>
const T& attribute(const mm::graph& made, const char* op, const char* name) {
  const auto node = std::ranges::find(made.nodes, op, &mm::graph_node::op);
  REQUIRE(node != made.nodes.end());
  REQUIRE(node->find(name) != nullptr);
  return std::get<T>(node->find(name)->value);
}
using integers = std::vector<std::int64_t>;
using names = std::vector<std::string>;

}  // namespace

TEST_CASE("boosted trees as a graph in doubles have each split and leaf once") {
  const auto data = support::make_rows(300, 4, 2, support::two_classes, 3);
  const auto model = mm::boosted_trees<>::fit(data.view(), data.targets, {.rounds = 5, .leaves = 4}).value();
  const auto made = mm::to_graph(model);
  REQUIRE(made);
  CHECK(operators_of(*made) == names{"Cast", "TreeEnsemble", "Add", "Neg", "Exp", "Add", "Div", "Identity"});
  CHECK(made->version("ai.onnx.ml") == 5);
  const auto& left = attribute<integers>(*made, "TreeEnsemble", "nodes_truenodeids");
  const auto& weights = attribute<mm::graph_tensor>(*made, "TreeEnsemble", "leaf_weights");
  CHECK(weights.dtype == mr::tensor::dtype::f64);
  CHECK(left.size() + weights.size() == model.trees().nodes().size());
  CHECK(attribute<integers>(*made, "TreeEnsemble", "tree_roots").size() == 5);
  const auto bytes = mm::write_onnx(*made);
  REQUIRE(bytes);
  const auto back = mm::read_onnx(*bytes);
  REQUIRE(back);
  CHECK(operators_of(*back) == operators_of(*made));
  CHECK(attribute<mm::graph_tensor>(*back, "TreeEnsemble", "leaf_weights") == weights);
}

TEST_CASE("boosted trees as a graph in floats are what older engines know") {
  const auto data = support::make_rows(300, 4, 2, support::two_classes, 3);
  const auto model = mm::boosted_trees<>::fit(data.view(), data.targets, {.rounds = 5, .leaves = 4}).value();
  const auto made = mm::to_graph(model, {.element = mr::tensor::dtype::f32});
  REQUIRE(made);
  CHECK(operators_of(*made) == names{"TreeEnsembleRegressor", "Add", "Sigmoid", "Identity"});
  CHECK(made->version("ai.onnx.ml") == 3);
  const auto& thresholds = attribute<std::vector<float>>(*made, "TreeEnsembleRegressor", "nodes_values");
  CHECK(thresholds.size() == model.trees().nodes().size());
  const auto& modes = attribute<names>(*made, "TreeEnsembleRegressor", "nodes_modes");
  const auto& missing = attribute<integers>(*made, "TreeEnsembleRegressor", "nodes_missing_value_tracks_true");
  for (std::uint32_t i = 0; i < thresholds.size(); ++i) {
    if (model.trees().is_leaf(i)) continue;
    CHECK(modes[i] == "BRANCH_LEQ");
    CHECK(thresholds[i] == model.trees().nodes()[i].threshold);
    CHECK(missing[i] == 1 - model.trees().nodes()[i].missing_right);
  }
}

TEST_CASE("forests and isolation forests become graphs, each class with its trees") {
  const auto data = support::make_rows(300, 4, 2, support::two_classes, 3);
  const auto forest = mm::random_forest::fit(data.view(), data.targets, {.trees = 3, .depth = 3, .classes = 2}).value();
  const auto made = mm::to_graph(forest);
  REQUIRE(made);
  CHECK(operators_of(*made) == names{"Cast", "TreeEnsemble", "Add", "Min", "Identity"});
  CHECK(attribute<integers>(*made, "TreeEnsemble", "tree_roots").size() == 6);
  CHECK(attribute<std::int64_t>(*made, "TreeEnsemble", "n_targets") == 2);
  const auto odd = mm::isolation_forest::fit(data.view(), {.trees = 4}).value();
  const auto scores = mm::to_graph(odd);
  REQUIRE(scores);
  CHECK(operators_of(*scores) == names{"Cast", "TreeEnsemble", "Add", "Pow", "Neg", "Identity"});
}

TEST_CASE("trees that never part become what they start from") {
  const std::vector<float> rows(40, 1);
  const std::vector<float> targets(40, 2.5F);
  const auto model = mm::boosted_trees<mm::squared_loss>::fit(mm::matrix_view(rows, 1), targets, {.rounds = 3}).value();
  const auto made = mm::to_graph(model);
  REQUIRE(made);
  CHECK(operators_of(*made) == names{"Cast", "Gather", "IsNaN", "Where", "Identity"});
}
