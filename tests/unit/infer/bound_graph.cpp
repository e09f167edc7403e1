#include <millrace/infer/bound_graph.hpp>

#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/graph_engine.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/predictor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::infer::bind;

static_assert(mr::model::predictor<mr::infer::bound_graph<30, 1>>);

namespace {

std::vector<float> random_numbers(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<float> made(size);
  for (float& x : made) x = static_cast<float>(random.normal());
  return made;
}
mr::model::graph_tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  mr::model::graph_tensor made{
      .shape = std::move(shape), .bytes = std::vector<std::byte>(values.size() * 4), .texts = {}};
  std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
  return made;
}

/// Rows of five columns: three sums, made positive, and where the largest stands.
mr::model::graph graph() {
  mr::model::graph made;
  made.opsets.push_back({"", 21});
  const auto x = made.add_input("x", {.shape = {{{-1, "rows"}, {5, ""}}}});
  const auto w = made.add_constant("w", tensor_of({5, 3}, random_numbers(15, 1)));
  const auto b = made.add_constant("b", tensor_of({3}, random_numbers(3, 2)));
  const auto sums = made.add_value("sums");
  const auto y = made.add_value("y");
  const auto best = made.add_value("best");
  made.nodes.push_back({"a", "", "Gemm", {x, w, b}, {sums}, {}});
  made.nodes.push_back({"b", "", "Relu", {sums}, {y}, {}});
  made.nodes.push_back({"c", "", "ArgMax", {sums}, {best}, {{"axis", std::int64_t{1}}}});
  made.outputs = {y, best};
  return made;
}

/// A node on values and constants, whose output is the graph's.
std::uint32_t append(mr::model::graph& made, std::string op, std::vector<std::uint32_t> in,
                     std::vector<mr::model::graph_attribute> attributes = {}, std::string domain = "") {
  const std::string name = std::to_string(made.nodes.size());
  const auto out = made.add_value("value " + name);
  made.nodes.push_back({name, std::move(domain), std::move(op), std::move(in), {out}, std::move(attributes)});
  made.outputs = {out};
  return out;
}
mr::model::graph of_rows(std::int64_t columns) {
  mr::model::graph made;
  made.opsets = {{"", 21}, {"ai.onnx.ml", 3}};
  made.add_input("x", {.shape = {{{-1, "rows"}, {columns, ""}}}});
  return made;
}
/// Whether a graph keeps rows apart; a batch has each row's bits in any case.
template <std::size_t Outputs>
bool keeps_rows_apart(const mr::model::graph& made) {
  const auto engine = mr::infer::graph_engine::make(made);
  if (!engine) FAIL(engine.error().describe());
  const auto one = engine->prepare({{1, 4}});
  const auto many = engine->prepare({{32, 4}});
  if (!one || !many) FAIL((one ? many : one).error().describe());
  const auto model = bind<4, Outputs>(*engine);
  if (!model) FAIL(model.error().describe());
  const auto numbers = random_numbers(70 * 5, 5);  // rows lie apart
  const mr::model::matrix_view rows(numbers.data(), 70, 4, 5);
  std::vector<double> together(70 * Outputs + 1, -5);
  model->predict(rows, std::span(together).first(70 * Outputs));
  for (std::size_t i = 0; i < 70; ++i) {
    double alone[Outputs];
    model->predict(rows.row(i), alone);
    REQUIRE(std::memcmp(alone, together.data() + i * Outputs, sizeof alone) == 0);
  }
  REQUIRE(together.back() == -5);
  return engine->keeps_rows_apart(*one, *many, 0);
}

template <std::size_t Columns, std::size_t Outputs>
std::string refusal(const mr::infer::graph_engine& engine, mr::errc code, const mr::infer::bind_options& with = {}) {
  const auto made = bind<Columns, Outputs>(engine, with);
  REQUIRE(!made);
  CHECK(made.error().code() == code);
  return made.error().message();
}

}  // namespace

TEST_CASE("a bound graph is a model, with any of the graph's outputs") {
  const auto engine = mr::infer::graph_engine::make(graph());
  REQUIRE(engine);
  const auto numbers = random_numbers(55, 3);
  const mr::model::matrix_view rows(numbers, 5);
  const auto sums = bind<5, 3>(*engine, {.threads = 2});
  const auto best = bind<5, 1>(*engine, {.output = 1});
  REQUIRE((sums && best));
  laws::predicts(*sums, rows);
  laws::predicts(*best, rows);
  auto scratch = mr::infer::bound_graph<5, 3>::prepare(*engine);
  auto all = engine->prepare({{11, 5}});
  REQUIRE((scratch && all));
  std::memcpy(all->input<float>(0).data(), numbers.data(), numbers.size() * 4);
  all->run();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    double found[3];
    double alone[3];
    sums->predict(rows.row(i), found);
    sums->predict(rows.row(i), alone, *scratch);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(found[k] == static_cast<double>(all->output<float>(0)[i * 3 + k]));
      CHECK(alone[k] == found[k]);
    }
    CHECK((*best)(rows.row(i)) == static_cast<double>(all->output<std::int64_t>(1)[i]));
  }
}

TEST_CASE("a bound graph goes on when its engine is gone") {
  const auto sums = *bind<5, 3>(*mr::infer::graph_engine::make(graph()), {.block_rows = 4});
  const auto engine = mr::infer::graph_engine::make(graph());
  REQUIRE(engine);
  const auto expected = bind<5, 3>(*engine);
  REQUIRE(expected);
  const auto numbers = random_numbers(35, 3);
  double found[21];
  double right[21];
  sums.predict(mr::model::matrix_view(numbers, 5), found);
  expected->predict(mr::model::matrix_view(numbers, 5), right);
  CHECK(std::memcmp(found, right, sizeof found) == 0);
}

TEST_CASE("a refusal of outputs names those that fit, and one of inputs says what takes them") {
  auto made = graph();
  const auto text = made.add_value("label");
  const auto flags = made.add_value("is high");
  made.nodes.push_back({"d", "", "Cast", {made.outputs[1]}, {text}, {{"to", std::int64_t{8}}}});
  made.nodes.push_back({"e", "", "Cast", {made.outputs[0]}, {flags}, {{"to", std::int64_t{9}}}});
  made.outputs.insert(made.outputs.begin(), text);
  made.outputs.push_back(flags);
  const auto engine = mr::infer::graph_engine::make(made);
  REQUIRE(engine);
  CHECK(refusal<5, 1>(*engine, mr::errc::unsupported) ==
        "bind: output \"label\" is texts; output 2 (\"best\") has 1: bind_options{.output = 2}");
  CHECK(refusal<5, 3>(*engine, mr::errc::shape_mismatch, {.output = 2}) ==
        "bind: 5 columns and 3 outputs are asked for, and the graph makes [1, 1] of [1, 5], its output \"best\"; "
        "output 1 (\"y\") has 3: bind_options{.output = 1}");
  CHECK(refusal<5, 3>(*engine, mr::errc::unsupported, {.output = 3}) ==
        "bind: output \"is high\" is of bool; output 1 (\"y\") has 3: bind_options{.output = 1}");
  made.add_input("more", {.shape = {}});
  const auto two = mr::infer::graph_engine::make(made);
  REQUIRE(two);
  CHECK(refusal<5, 3>(*two, mr::errc::shape_mismatch) ==
        "bind: 5 columns and 3 outputs are asked for, and the graph has 2 inputs, not one; such graphs are run by "
        "engine.prepare(shapes), and filled by input_as");
}

TEST_CASE("a row that is too short is NaN, and nothing is written where there is no room") {
  const auto engine = mr::infer::graph_engine::make(graph());
  REQUIRE(engine);
  const auto sums = bind<5, 3>(*engine);
  REQUIRE(sums);
  const auto numbers = random_numbers(5, 3);
  std::vector<double> out(3, 7.0);
  sums->predict(std::span<const float>(numbers), std::span(out).first(2));
  CHECK(out == std::vector<double>(3, 7.0));
  sums->predict(std::span<const float>(numbers).first(4), out);
  for (const double x : out) CHECK(x != x);
}

TEST_CASE("what does not fit is refused with both sides") {
  const auto engine = mr::infer::graph_engine::make(graph());
  REQUIRE(engine);
  CHECK(refusal<6, 3>(*engine, mr::errc::shape_mismatch) ==
        "bind: 6 columns and 3 outputs are asked for, and the graph refuses them: input \"x\" is not of shape [1, 6], "
        "but of "
        "[rows, 5]");
  CHECK(refusal<5, 2>(*engine, mr::errc::shape_mismatch) ==
        "bind: 5 columns and 2 outputs are asked for, and the graph makes [1, 3] of [1, 5], its output \"y\"");
  CHECK(refusal<5, 3>(*engine, mr::errc::invalid_argument, {.output = 2}) == "bind: the graph has 2 outputs, not 3");
  CHECK(refusal<5, 3>(*engine, mr::errc::invalid_argument, {.threads = 0}) ==
        "bind: option threads is not from 1 to 1024");
  CHECK(refusal<5, 3>(*engine, mr::errc::invalid_argument, {.block_rows = 0}) ==
        "bind: option block_rows is not from 1 to 65536");
  auto made = graph();
  made.values[0].type->dtype = mr::tensor::dtype::f64;
  const auto doubles = mr::infer::graph_engine::make(made);
  REQUIRE(doubles);
  CHECK(refusal<5, 3>(*doubles, mr::errc::unsupported) ==
        "bind: 5 columns and 3 outputs are asked for, and the graph has the input \"x\" of f64, not f32; such graphs "
        "are run by engine.prepare(shapes), and filled by input_as");
}

TEST_CASE("a batch runs in blocks where the graph keeps rows apart, with the bits of each row alone") {
  using wholes = std::vector<std::int64_t>;
  const auto whole = [](std::int64_t x) { return x; };
  {
    auto made = of_rows(4);  // a network with what may stand around it
    const auto scaled = append(
        made, "Scaler", {0}, {{"offset", std::vector<float>{1, 2, 3, 4}}, {"scale", std::vector<float>{1, 2, 1, 0.5F}}},
        "ai.onnx.ml");
    const auto w = made.add_constant("w", tensor_of({4, 7}, random_numbers(28, 1)));
    const auto b = made.add_constant("b", tensor_of({1, 7}, random_numbers(7, 2)));
    const auto hidden = append(made, "Tanh", {append(made, "Gemm", {scaled, w, b})});
    const auto square = append(made, "Mul", {hidden, hidden});
    const auto both = append(made, "Concat", {hidden, square}, {{"axis", whole(1)}});
    const auto shares = append(made, "Softmax", {both}, {{"axis", whole(-1)}});
    const auto stack = made.add_constant("by", tensor_of({1}, {3}));
    const auto last = append(made, "Div", {shares, stack});
    append(made, "ReduceMean", {last}, {{"keepdims", whole(0)}});
    auto axes = tensor_of({1}, {0, 0});
    axes.dtype = mr::tensor::dtype::i64;
    axes.bytes[0] = std::byte{1};
    made.nodes.back().inputs.push_back(made.add_constant("axes", axes));
    CHECK(keeps_rows_apart<1>(made));
  }
  {
    auto made = of_rows(4);  // a tree whose leaves weigh two targets
    append(made, "TreeEnsembleRegressor", {0},
           {{"n_targets", whole(2)},
            {"nodes_treeids", wholes{0, 0, 0}},
            {"nodes_nodeids", wholes{0, 1, 2}},
            {"nodes_featureids", wholes{2, 0, 0}},
            {"nodes_modes", std::vector<std::string>{"BRANCH_LEQ", "LEAF", "LEAF"}},
            {"nodes_values", std::vector<float>{0.1F, 0, 0}},
            {"nodes_truenodeids", wholes{1, 0, 0}},
            {"nodes_falsenodeids", wholes{2, 0, 0}},
            {"target_treeids", wholes{0, 0, 0, 0}},
            {"target_nodeids", wholes{1, 1, 2, 2}},
            {"target_ids", wholes{0, 1, 0, 1}},
            {"target_weights", std::vector<float>{1, 2, 3, 4}}},
           "ai.onnx.ml");
    CHECK(keeps_rows_apart<2>(made));
  }
  CHECK(bind<5, 3>(mr::infer::graph_engine::make(graph()).value(), {.block_rows = 1}));
}

TEST_CASE("rows that meet in a graph run one by one") {
  const auto whole = [](std::int64_t x) { return x; };
  const auto one_node = [](std::string op, std::vector<mr::model::graph_attribute> with = {}) {
    auto made = of_rows(4);
    append(made, std::move(op), {0}, std::move(with));
    return made;
  };
  CHECK(keeps_rows_apart<4>(one_node("Softmax")));
  CHECK(!keeps_rows_apart<4>(one_node("Softmax", {{"axis", whole(0)}})));
  CHECK(!keeps_rows_apart<4>(one_node("Softmax", {{"axis", whole(-2)}})));
  CHECK(keeps_rows_apart<1>(one_node("ArgMax", {{"axis", whole(1)}})));
  CHECK(!keeps_rows_apart<4>(one_node("ArgMax")));
  CHECK(!keeps_rows_apart<1>(one_node("ReduceMax")));
  CHECK(!keeps_rows_apart<4>(one_node("Transpose")));
  CHECK(!keeps_rows_apart<4>(one_node("Concat")));
  CHECK(!keeps_rows_apart<4>(one_node("Trilu")));
  CHECK(keeps_rows_apart<4>(one_node("Flatten")));
  CHECK(!keeps_rows_apart<4>(one_node("Flatten", {{"axis", whole(0)}})));
  {
    auto made = of_rows(4);  // less the mean of all rows
    const auto mean = append(made, "ReduceMean", {0});
    append(made, "Sub", {0, mean});
    CHECK(!keeps_rows_apart<4>(made));
  }
  {
    auto made = of_rows(4);  // shares of the number of rows
    const auto places = append(made, "Shape", {0});
    const auto sizes = append(made, "Cast", {places}, {{"to", whole(1)}});
    const auto half = append(made, "Slice", {sizes});
    for (const std::int32_t at : {0, 1}) {
      auto end = tensor_of({1}, {0, 0});
      end.dtype = mr::tensor::dtype::i64;
      end.bytes[0] = static_cast<std::byte>(at);
      made.nodes.back().inputs.push_back(made.add_constant("end " + std::to_string(at), end));
    }
    append(made, "Div", {0, half});
    CHECK(!keeps_rows_apart<4>(made));
  }
  {
    auto made = of_rows(4);  // each row with all others
    const auto turned = append(made, "Transpose", {0});
    const auto dots = append(made, "MatMul", {0, turned});
    append(made, "ReduceSum", {dots}, {{"keepdims", whole(1)}});
    CHECK(!keeps_rows_apart<1>(made));
  }
}
