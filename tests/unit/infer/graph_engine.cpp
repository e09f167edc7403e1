#include <millrace/infer/graph_engine.hpp>

#include <support/allocations.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/graph_case.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/formats/tflite.hpp>
#include <millrace/model/network/mlp.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace mr = millrace;
using mr::model::graph;
using mr::model::graph_kind;
using mr::model::graph_tensor;
using mr::tensor::dtype;

namespace {

graph read(const std::string& name) {
  auto made = mr::model::read_onnx(support::golden("formats/" + name));
  if (!made) FAIL(made.error().describe());
  return *std::move(made);
}

template <class T>
graph_tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<T>& values) {
  graph_tensor made{.dtype = mr::infer::detail::dtype_for<T>,
                    .shape = std::move(shape),
                    .bytes = std::vector<std::byte>(values.size() * sizeof(T)),
                    .texts = {}};
  std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
  return made;
}

template <class T>
std::vector<T> random_numbers(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<T> made(size);
  for (T& x : made) x = static_cast<T>(random.normal());
  return made;
}

/// What an engine's output 0 is for an input of these numbers.
template <class T>
std::vector<T> output_of(const mr::infer::graph_engine& engine, std::vector<std::int64_t> shape,
                         const std::vector<T>& numbers) {
  auto run = engine.prepare({std::move(shape)});
  if (!run) FAIL(run.error().describe());
  std::ranges::copy(numbers, run->template input<T>(0).begin());
  const auto before = support::allocations;
  run->run();
  run->run();
  const auto after = support::allocations;
  CHECK(after == before);
  const auto found = run->template output<T>(0);
  return {found.begin(), found.end()};
}

/// The bits of each row alone, in batches of each size, are those in one batch.
template <class T>
void same_alone_and_together(const mr::infer::graph_engine& engine, std::size_t columns,
                             const std::vector<T>& numbers) {
  const std::size_t rows = numbers.size() / columns;
  const auto together =
      output_of(engine, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)}, numbers);
  const std::size_t width = together.size() / rows;
  for (const unsigned size : {1U, 2U, 3U, 4U, 5U, 8U, 9U}) {
    std::vector<T> found;
    for (std::size_t at = 0; at < rows; at += size) {
      const std::size_t count = rows - at < size ? rows - at : size;
      const std::vector<T> some(numbers.begin() + static_cast<std::ptrdiff_t>(at * columns),
                                numbers.begin() + static_cast<std::ptrdiff_t>((at + count) * columns));
      const auto out = output_of(engine, {static_cast<std::int64_t>(count), static_cast<std::int64_t>(columns)}, some);
      found.insert(found.end(), out.begin(), out.end());
    }
    CHECK(found.size() == rows * width);
    CHECK(std::memcmp(found.data(), together.data(), together.size() * sizeof(T)) == 0);
  }
}

/// One node on x of shape (rows, columns) and constants, which are its further inputs.
template <class T>
graph product(std::string op, const std::vector<graph_tensor>& constants,
              std::vector<mr::model::graph_attribute> attributes = {}) {
  graph made;
  made.opsets.push_back({"", 21});
  std::vector<std::uint32_t> in{made.add_input("x", {graph_kind::tensor, mr::infer::detail::dtype_for<T>, {}})};
  for (const auto& each : constants) in.push_back(made.add_constant("c" + std::to_string(in.size()), each));
  const auto y = made.add_value("y");
  made.nodes.push_back({"product", "", std::move(op), std::move(in), {y}, std::move(attributes)});
  made.outputs.push_back(y);
  return made;
}

/// Adds a node on the graph's output, and perhaps a constant, whose output is the graph's instead.
void append(graph& made, std::string op, const graph_tensor* constant = nullptr) {
  std::vector<std::uint32_t> in{made.outputs[0]};
  if (constant != nullptr) in.push_back(made.add_constant("k" + std::to_string(made.values.size()), *constant));
  const auto out = made.add_value("v" + std::to_string(made.values.size()));
  const auto name = std::to_string(made.nodes.size());
  made.nodes.push_back({name, "", std::move(op), std::move(in), {out}, {}});
  made.outputs[0] = out;
}

/// x of shape (rows, 2), y = x * 2 + (1, -1), by Mul and Add.
graph line() {
  const auto floats = [](std::vector<std::int64_t> shape, std::vector<float> values) {
    graph_tensor made{.shape = std::move(shape), .bytes = std::vector<std::byte>(values.size() * 4), .texts = {}};
    std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
    return made;
  };
  graph made;
  made.opsets.push_back({"", 21});
  const auto x = made.add_input("x", {.shape = {{{-1, "rows"}, {2, ""}}}});
  const auto two = made.add_constant("two", floats({}, {2}));
  const auto step = made.add_constant("step", floats({2}, {1, -1}));
  const auto twice = made.add_value("twice");
  const auto y = made.add_value("y");
  made.nodes.push_back({"a", "", "Mul", {x, two}, {twice}, {}});
  made.nodes.push_back({"b", "", "Add", {twice, step}, {y}, {}});
  made.outputs.push_back(y);
  return made;
}

mr::infer::graph_engine engine_of(graph made) {
  auto engine = mr::infer::graph_engine::make(std::move(made));
  if (!engine) FAIL(engine.error().describe());
  return *std::move(engine);
}

std::string refusal(const mr::infer::graph_engine& engine, std::vector<std::vector<std::int64_t>> shapes,
                    mr::errc code) {
  const auto run = engine.prepare(shapes);
  REQUIRE(!run);
  CHECK(run.error().code() == code);
  return run.error().message();
}

/// A graph of one node on an input of floats.
graph one(std::string op, std::vector<mr::model::graph_attribute> attributes = {}) {
  graph made;
  made.opsets.push_back({"", 21});
  const auto x = made.add_input("x", {});
  const auto y = made.add_value("y");
  made.nodes.push_back({"n", "", std::move(op), {x}, {y}, std::move(attributes)});
  made.outputs.push_back(y);
  return made;
}

using attributes = std::vector<mr::model::graph_attribute>;
using wholes = std::vector<std::int64_t>;
using reals = std::vector<float>;
using texts = std::vector<std::string>;

/// A graph of one node of classical models, with inputs of a type and open sizes.
graph classical(std::string op, attributes made, dtype type = dtype::f32, std::int64_t version = 3) {
  graph all;
  all.opsets.push_back({"ai.onnx.ml", version});
  const auto x = all.add_input("x", {.dtype = type, .shape = {}});
  all.outputs = {all.add_value("y"), all.add_value("z")};
  all.nodes.push_back({"n", "ai.onnx.ml", std::move(op), {x}, all.outputs, std::move(made)});
  return all;
}
/// What is true of column 0 by `mode` goes to leaf 1, all else to leaf 2.
attributes stump(std::string mode, float threshold, std::int64_t missing_is_true) {
  return {{"nodes_treeids", wholes{5, 5, 5}},
          {"nodes_nodeids", wholes{0, 1, 2}},
          {"nodes_featureids", wholes{0, 0, 0}},
          {"nodes_modes", texts{std::move(mode), "LEAF", "LEAF"}},
          {"nodes_values", reals{threshold, 0, 0}},
          {"nodes_truenodeids", wholes{1, 0, 0}},
          {"nodes_falsenodeids", wholes{2, 0, 0}},
          {"nodes_missing_value_tracks_true", wholes{missing_is_true, 0, 0}},
          {"target_treeids", wholes{5, 5}},
          {"target_nodeids", wholes{1, 2}},
          {"target_ids", wholes{0, 0}},
          {"target_weights", reals{1, 2}}};
}
attributes with(attributes made, std::string name, decltype(mr::model::graph_attribute::value) value) {
  for (auto& each : made)
    if (each.name == name) {
      each.value = std::move(value);
      return made;
    }
  made.push_back({std::move(name), std::move(value)});
  return made;
}
/// A regressor's trees on four columns, drawn at random; each leaf weighs every target.
attributes drawn_forest(mr::random_engine& random, std::int64_t trees, unsigned depth, std::size_t targets) {
  wholes of_tree, number, column, yes, no, missing, leaf_tree, leaf_number, target;
  texts modes;
  reals thresholds, weights;
  for (std::int64_t tree = 0; tree < trees; ++tree) {
    std::vector<unsigned> level{0};
    for (std::size_t i = 0; i < level.size(); ++i) {
      const bool leaf = level[i] == depth || random.below(6) == 0;
      of_tree.push_back(tree);
      number.push_back(static_cast<std::int64_t>(i));
      column.push_back(static_cast<std::int64_t>(random.below(4)));
      modes.push_back(leaf ? "LEAF" : random.below(2) == 0 ? "BRANCH_LEQ" : "BRANCH_GT");
      thresholds.push_back(static_cast<float>(std::round(random.normal() * 4) / 4));
      missing.push_back(static_cast<std::int64_t>(random.below(2)));
      yes.push_back(leaf ? 0 : static_cast<std::int64_t>(level.size()));
      no.push_back(leaf ? 0 : static_cast<std::int64_t>(level.size()) + 1);
      if (!leaf) level.insert(level.end(), 2, level[i] + 1);
      for (std::size_t k = 0; leaf && k < targets; ++k) {
        leaf_tree.push_back(tree);
        leaf_number.push_back(static_cast<std::int64_t>(i));
        target.push_back(static_cast<std::int64_t>((k + i) % targets));
        weights.push_back(static_cast<float>(random.normal()));
      }
    }
  }
  return {{"nodes_treeids", of_tree},
          {"nodes_nodeids", number},
          {"nodes_featureids", column},
          {"nodes_modes", modes},
          {"nodes_values", thresholds},
          {"nodes_truenodeids", yes},
          {"nodes_falsenodeids", no},
          {"nodes_missing_value_tracks_true", missing},
          {"n_targets", static_cast<std::int64_t>(targets)},
          {"target_treeids", leaf_tree},
          {"target_nodeids", leaf_number},
          {"target_ids", target},
          {"target_weights", weights}};
}
template <class T>
std::vector<float> scores_of(const graph& made, std::vector<T> column, std::size_t output = 0) {
  const auto engine = engine_of(made);
  auto run = engine.prepare({{static_cast<std::int64_t>(column.size()), 1}});
  if (!run) FAIL(run.error().describe());
  std::ranges::copy(column, run->template input<T>(0).begin());
  const auto before = support::allocations;
  run->run();
  const auto after = support::allocations;
  CHECK(after == before);
  const auto found = run->template output<float>(output);
  return {found.begin(), found.end()};
}

template <class T>
inline constexpr dtype type_of = mr::infer::detail::dtype_for<T>;

/// One node on inputs of a type.
graph node(std::string op, std::vector<dtype> types, std::vector<mr::model::graph_attribute> given = {}) {
  graph made;
  made.opsets.push_back({"", 21});
  std::vector<std::uint32_t> in;
  for (const dtype type : types)
    in.push_back(made.add_input("x" + std::to_string(in.size()), {graph_kind::tensor, type, {}}));
  const auto y = made.add_value("y");
  made.nodes.push_back({"node", "", std::move(op), std::move(in), {y}, std::move(given)});
  made.outputs.push_back(y);
  return made;
}

mr::infer::graph_run run_of(const mr::infer::graph_engine& engine,
                            const std::vector<std::vector<std::int64_t>>& shapes) {
  auto run = engine.prepare(shapes);
  if (!run) FAIL(run.error().describe());
  return *std::move(run);
}
void run_twice(mr::infer::graph_run& run) {
  const auto before = support::allocations;
  run.run();
  run.run();
  const auto after = support::allocations;
  CHECK(after == before);
}

template <class R, class T>
std::vector<R> said(const char* op, const std::vector<T>& a, const std::vector<T>& b) {
  const auto engine = engine_of(node(op, {type_of<T>, type_of<T>}));
  const auto size = static_cast<std::int64_t>(a.size());
  mr::infer::graph_run run = run_of(engine, {{size}, {size}});
  std::ranges::copy(a, run.input<T>(0).begin());
  std::ranges::copy(b, run.input<T>(1).begin());
  run_twice(run);
  const auto found = run.output<R>(0);
  return {found.begin(), found.end()};
}

template <class T>
std::vector<T> edges() {
  if constexpr (std::is_same_v<T, bool>) {
    return {false, true};
  } else if constexpr (std::is_floating_point_v<T>) {
    const T most = std::numeric_limits<T>::infinity();
    return {T(0), T(-0.75), T(1.5), T(-128.5), T(255.5), T(70000), T(3e9), T(1e19), T(-1e19), most, -most, most - most};
  } else {
    const T least = std::numeric_limits<T>::min();
    const T most = std::numeric_limits<T>::max();
    return {T(0),  T(1),         T(2), T(7), T(100), most, T(most - 1), T(most / 2), T(most / 2 + 2),
            least, T(least + 1), T(-1)};
  }
}

/// What is expected of a function for all pairs of edges.
template <class T, class R, class Function>
void same_for_pairs(const char* op, const Function& function) {
  INFO(op);
  std::vector<T> a;
  std::vector<T> b;
  std::vector<R> expected;
  for (const T x : edges<T>())
    for (const T y : edges<T>()) {
      a.push_back(x);
      b.push_back(y);
      expected.push_back(static_cast<R>(function(x, y)));
    }
  CHECK(said<R, T>(op, a, b) == expected);
}

template <class To, class From>
void same_cast(std::int64_t code) {
  const auto values = edges<From>();
  const auto engine = engine_of(node("Cast", {type_of<From>}, {{"to", code}}));
  // So many that they go through a converter's memory in between more than once.
  const std::size_t size = 1000;
  mr::infer::graph_run run = run_of(engine, {{static_cast<std::int64_t>(size)}});
  std::vector<To> expected;
  for (std::size_t i = 0; i < size; ++i) {
    run.input<From>(0)[i] = values[i % values.size()];
    expected.push_back(mr::infer::detail::nearest<To>(static_cast<From>(values[i % values.size()])));
  }
  run_twice(run);
  const auto found = run.output<To>(0);
  REQUIRE(found.size() == size);
  for (std::size_t i = 0; i < size; ++i) {
    INFO(static_cast<int>(type_of<From>) << " to " << code << ", element " << i % values.size());
    const To wanted = expected[i];
    const bool both_nan = wanted != wanted && found[i] != found[i];
    REQUIRE((both_nan || found[i] == wanted));
  }
}

}  // namespace

// Reference: onnx 1.23.2 and ONNX Runtime, tests/oracle/onnx_operators.py.
TEST_CASE("every operator says what the reference says, also when a run is repeated") {
  CHECK(support::problem_of(read("operators-21.onnx")) == "");
  CHECK(support::problem_of(read("operators-11.onnx")) == "");
  CHECK(support::problem_of(read("operators-22.onnx")) == "");
  CHECK(support::problem_of(read("operators-12.onnx")) == "");
}

TEST_CASE("every node alone, with the others' memory gone, says the same") {
  graph made = read("operators-21.onnx");
  const auto outputs = made.outputs;
  for (std::size_t keep = 0; keep < outputs.size(); keep += 7) {
    made.outputs = {outputs[keep]};
    CHECK(support::problem_of(made) == "");
  }
}

TEST_CASE("a copy of an engine stands by itself") {
  graph made = one("Equal");
  made.nodes[0].inputs.push_back(made.add_constant(
      "wanted",
      {.kind = graph_kind::texts, .shape = {2}, .bytes = {}, .texts = {"one", "a long text, not held in place"}}));
  made.nodes[0].op = "Gather";
  made.nodes[0].inputs = {made.nodes[0].inputs[1], made.inputs[0]};
  made.values[made.inputs[0]].type = mr::model::graph_type{.dtype = dtype::i64, .shape = {}};
  std::optional<mr::infer::graph_engine> first = engine_of(made);
  const mr::infer::graph_engine copy = *first;
  first.reset();
  auto run = copy.prepare({{2}});
  REQUIRE(run);
  run->input<std::int64_t>(0)[0] = 1;
  run->run();
  CHECK(run->output<std::string_view>(0)[0] == "a long text, not held in place");
}

TEST_CASE("a graph runs on as many rows as it is prepared for, each with the same bits as alone, without allocating") {
  const auto engine = engine_of(line());
  CHECK(engine.inputs() == 1);
  CHECK(engine.input(0).name == "x");
  auto alone = engine.prepare({{1, 2}});
  auto many = engine.prepare({{3, 2}});
  REQUIRE((alone && many));
  CHECK(many->input_shape(0)[0] == 3);
  CHECK(many->output_shape(0)[0] == 3);
  CHECK(many->input<double>(0).empty());
  CHECK(many->input<std::string_view>(0).empty());
  const auto to = many->input<float>(0);
  for (std::size_t i = 0; i < 6; ++i) to[i] = static_cast<float>(i) * 0.3F;
  const auto before = support::allocations;
  many->run();
  const auto after = support::allocations;
  CHECK(after == before);
  CHECK(many->output<float>(0)[4] == 1.2F * 2 + 1);
  for (std::size_t row = 0; row < 3; ++row) {
    std::copy_n(to.begin() + static_cast<std::ptrdiff_t>(2 * row), 2, alone->input<float>(0).begin());
    alone->run();
    CHECK(alone->output<float>(0)[0] == many->output<float>(0)[2 * row]);
    CHECK(alone->output<float>(0)[1] == many->output<float>(0)[2 * row + 1]);
  }
  auto none = engine.prepare({{0, 2}});
  REQUIRE(none);
  none->run();
  CHECK(none->output<float>(0).empty());
}

TEST_CASE("a run goes on when its engine is gone, and all its copies") {
  graph made = one("Gather");
  made.nodes[0].inputs = {
      made.add_constant(
          "words",
          {.kind = graph_kind::texts, .shape = {2}, .bytes = {}, .texts = {"one", "a long text, not held in place"}}),
      made.inputs[0]};
  made.values[made.inputs[0]].type = mr::model::graph_type{.dtype = dtype::i64, .shape = {}};
  auto run = mr::infer::graph_engine::make(made)->prepare({{2}});
  REQUIRE(run);
  run->input<std::int64_t>(0)[0] = 1;
  run->run();
  CHECK(run->output<std::string_view>(0)[0] == "a long text, not held in place");
  CHECK(run->input_name(0) == "x");
}

TEST_CASE("an engine may move while its runs go on") {
  auto engine = engine_of(line());
  auto run = engine.prepare({{1, 2}});
  REQUIRE(run);
  const auto moved = std::move(engine);
  auto other = *std::move(run);
  std::ranges::fill(other.input<float>(0), 3.0F);
  other.run();
  CHECK(other.output<float>(0)[1] == 5);
  CHECK(other.memory() > 0);
}

TEST_CASE("one error lists every operator that is missing, with its version and nodes") {
  graph made = line();
  made.opsets.push_back({"com.example", 2});
  for (const char* name : {"p", "q", "r", "s"})
    made.nodes.push_back({name, "", "Unknown", {0}, {made.add_value(name)}, {}});
  made.nodes.push_back({"t", "com.example", "Other", {0}, {made.add_value("t")}, {}});
  const auto engine = mr::infer::graph_engine::make(made);
  REQUIRE(!engine);
  CHECK(engine.error().code() == mr::errc::unsupported);
  CHECK(engine.error().message() ==
        "no operator for Unknown version 21 (4 nodes: \"p\" \"q\" \"r\" ...); com.example.Other version 2 (1 nodes: "
        "\"t\")");
  made = line();
  made.opsets[0].version = 6;  // Add stretched its inputs otherwise then
  CHECK(!mr::infer::graph_engine::make(made));
}

TEST_CASE("shapes that contradict the graph, or each other, are refused by name") {
  const auto engine = engine_of(line());
  CHECK(refusal(engine, {}, mr::errc::shape_mismatch) == "the graph has 1 inputs, 0 shapes are given");
  CHECK(refusal(engine, {{1, 3}}, mr::errc::shape_mismatch) == "input \"x\" is not of shape [1, 3], but of [rows, 2]");
  CHECK(refusal(engine, {{2}}, mr::errc::shape_mismatch) == "input \"x\" is not of shape [2], but of [rows, 2]");
  CHECK(refusal(engine, {{-1, 2}}, mr::errc::shape_mismatch) ==
        "input \"x\" is not of shape [-1, 2], but of [rows, 2]");
  CHECK(refusal(engine, {{std::int64_t{1} << 45, 2}}, mr::errc::shape_mismatch).starts_with("input \"x\""));
  graph made = line();
  made.values[0].type->shape.reset();
  CHECK(refusal(engine_of(made), {{5, 3}}, mr::errc::unsupported) ==
        "node 1 (Add \"b\"): shapes [5, 3] and [2] do not fit");
  made.values[0].type->dtype = dtype::f64;
  CHECK(refusal(engine_of(made), {{5, 2}}, mr::errc::unsupported) ==
        "node 0 (Mul \"a\"): its inputs are of different types");
  made.values[0].type->kind = graph_kind::texts;
  CHECK(refusal(engine_of(made), {{5, 2}}, mr::errc::unsupported) ==
        "node 0 (Mul \"a\"): its inputs are of different types");
  made.nodes[0].inputs.pop_back();
  CHECK(refusal(engine_of(made), {{5, 2}}, mr::errc::unsupported) == "node 0 (Mul \"a\"): its input 1 is missing");
}

// Reference: onnx.reference of onnx 1.23.2 and ONNX Runtime 1.32.0; of LpPool the latter.
TEST_CASE("a window that begins inside and is larger than all that is there stops once, with ceil_mode") {
  const std::vector<float> numbers = {1, 5, 2, -3, -1, -7};
  const auto pooled = [&](const char* op, bool up) {
    graph made = one(op, {{"kernel_shape", wholes{4}}, {"strides", wholes{3}}, {"ceil_mode", std::int64_t{up}}});
    made.opsets[0].version = 22;
    return engine_of(made);
  };
  CHECK(output_of(pooled("MaxPool", true), {1, 2, 3}, numbers) == std::vector<float>{5, -1});
  CHECK(output_of(pooled("AveragePool", true), {1, 2, 3}, numbers) == std::vector<float>{8 / 3.0F, -11 / 3.0F});
  CHECK(output_of(pooled("LpPool", true), {1, 2, 3}, numbers)[0] == Approx(5.477226));
  CHECK(refusal(pooled("MaxPool", false), {{1, 2, 3}}, mr::errc::unsupported) ==
        "node 0 (MaxPool \"n\"): its window is larger than [3]");
}

TEST_CASE("no result is made that has no room") {
  graph made = one("Expand");
  graph_tensor size{.dtype = dtype::i64, .shape = {2}, .bytes = std::vector<std::byte>(16), .texts = {}};
  const std::int64_t wanted[] = {std::int64_t{1} << 40, 1000};
  std::memcpy(size.bytes.data(), wanted, 16);
  made.nodes[0].inputs.push_back(made.add_constant("size", size));
  CHECK(refusal(engine_of(made), {{1}}, mr::errc::unsupported) ==
        "node 0 (Expand \"n\"): a result of shape [1099511627776, 1000] is too large");
  const auto engine = engine_of(line());
  const std::vector<std::vector<std::int64_t>> shapes{{1000, 2}};
  const auto run = engine.prepare(shapes, 10'000);
  REQUIRE(!run);
  CHECK(run.error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("what depends on an input's elements is refused, and works once the input is fixed") {
  graph made = one("Reshape");
  made.nodes[0].inputs.push_back(made.add_input("sizes", {.dtype = dtype::i64, .shape = {{{2, ""}}}}));
  CHECK(refusal(engine_of(made), {{6}, {2}}, mr::errc::unsupported) ==
        "node 0 (Reshape \"n\"): its shape depends on the input");
  graph_tensor sizes{.dtype = dtype::i64, .shape = {2}, .bytes = std::vector<std::byte>(16), .texts = {}};
  const std::int64_t wanted[] = {2, -1};
  std::memcpy(sizes.bytes.data(), wanted, 16);
  graph_tensor wrong = sizes;
  wrong.dtype = dtype::i32;
  CHECK(mr::model::fix_input(made, "sizes", wrong).error().code() == mr::errc::type_mismatch);
  wrong = sizes;
  wrong.shape = {2, 1};
  CHECK(mr::model::fix_input(made, "sizes", wrong).error().code() == mr::errc::shape_mismatch);
  CHECK(mr::model::fix_input(made, "size", sizes).error().code() == mr::errc::not_found);
  REQUIRE(mr::model::fix_input(made, "sizes", sizes));
  const auto run = engine_of(made).prepare({{6}});
  REQUIRE(run);
  CHECK(run->output_shape(0)[0] == 2);
  CHECK(run->output_shape(0)[1] == 3);
}

TEST_CASE("whole numbers have a defined answer everywhere") {
  const auto least = std::numeric_limits<std::int64_t>::min();
  graph made;
  made.opsets.push_back({"", 21});
  const mr::model::graph_type whole{.dtype = dtype::i64, .shape = {}};
  const auto a = made.add_input("a", whole);
  const auto b = made.add_input("b", whole);
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Mod"}) {
    made.outputs.push_back(made.add_value(op));
    made.nodes.push_back({op, "", op, {a, b}, {made.outputs.back()}, {}});
  }
  for (const char* op : {"Neg", "Abs"}) {
    made.outputs.push_back(made.add_value(op));
    made.nodes.push_back({op, "", op, {a}, {made.outputs.back()}, {}});
  }
  const auto engine = engine_of(made);
  auto run = engine.prepare({{2}, {2}});
  REQUIRE(run);
  run->input<std::int64_t>(0)[0] = run->input<std::int64_t>(0)[1] = least;
  run->input<std::int64_t>(1)[0] = -1;
  run->input<std::int64_t>(1)[1] = 0;
  run->run();
  CHECK(run->output<std::int64_t>(0)[0] == std::numeric_limits<std::int64_t>::max());
  CHECK(run->output<std::int64_t>(3)[0] == least);  // wraps
  CHECK(run->output<std::int64_t>(3)[1] == 0);      // a division by zero
  CHECK(run->output<std::int64_t>(4)[0] == 0);
  CHECK(run->output<std::int64_t>(4)[1] == 0);
  CHECK(run->output<std::int64_t>(5)[0] == least);
  CHECK(run->output<std::int64_t>(6)[0] == least);
}

TEST_CASE("an input is asked for as the type that it has, by any name of that type") {
  static_assert(!mr::infer::graph_element<char> && !mr::infer::graph_element<std::string>);
  graph made = one("Abs");
  auto floats = engine_of(made).prepare({{2}});
  made.values[0].type->dtype = dtype::i64;
  auto wholes = engine_of(made).prepare({{2}});
  REQUIRE((floats && wholes));
  CHECK(floats->input<float>(0).size() == 2);
  CHECK(floats->input<long long>(0).empty());
  CHECK(wholes->input<long>(0).size() == 2);
  CHECK(wholes->input<long long>(0).size() == 2);
  CHECK(wholes->input<unsigned long>(0).empty());
}

TEST_CASE("inputs and outputs are found by name, and asked for as a type, or an error names both types") {
  graph made;
  made.opsets.push_back({"", 21});
  const auto amount = made.add_input("amount", {.dtype = dtype::f64, .shape = {}});
  const auto country = made.add_input("country", {.kind = graph_kind::texts, .shape = {}});
  made.outputs = {made.add_value("root"), made.add_value("same")};
  made.nodes.push_back({"a", "", "Sqrt", {amount}, {made.outputs[0]}, {}});
  made.nodes.push_back({"b", "", "Identity", {country}, {made.outputs[1]}, {}});
  const auto engine = engine_of(made);
  CHECK(engine.find_input("country").value() == 1);
  CHECK(engine.find_output("root").value() == 0);
  CHECK(engine.find_input("root").error().code() == mr::errc::not_found);
  CHECK(engine.find_output("amount").error().message() == "the graph has no output \"amount\", but \"root\" \"same\"");

  auto run = engine.prepare({{1}, {1}});
  REQUIRE(run);
  CHECK(run->find_input("country").value() == 1);
  CHECK(run->find_output("same").value() == 1);
  CHECK(run->find_input("contry").error().message() == "the graph has no input \"contry\", but \"amount\" \"country\"");
  CHECK(run->input_name(1) == "country");
  CHECK(run->output_name(1) == "same");
  CHECK(run->input_is_text(1));
  CHECK(!run->input_is_text(0));
  run->input_as<double>("amount").value()[0] = 9;
  run->input_as<std::string_view>(1).value()[0] = "DE";
  run->run();
  CHECK(run->output_as<double>(0).value()[0] == 3);
  CHECK(run->output_as<std::string_view>("same").value()[0] == "DE");

  const auto wrong = [](const auto& asked, mr::errc code) {
    REQUIRE(!asked);
    CHECK(asked.error().code() == code);
    return asked.error().message();
  };
  CHECK(wrong(run->input_as<float>(0), mr::errc::type_mismatch) ==
        "input 0 (\"amount\") is of f64, and f32 is asked for");
  CHECK(wrong(run->input_as<float>("country"), mr::errc::type_mismatch) ==
        "input 1 (\"country\") is of texts, and f32 is asked for");  // whose place of a type is that of floats
  CHECK(wrong(run->output_as<std::string_view>("root"), mr::errc::type_mismatch) ==
        "output 0 (\"root\") is of f64, and texts is asked for");
  CHECK(wrong(run->output_as<double>(2), mr::errc::out_of_range) == "the graph has 2 outputs, and none is 2");
  CHECK(wrong(run->input_as<double>("b"), mr::errc::not_found).starts_with("the graph has no input \"b\", but"));

  auto none = engine.prepare({{0}, {0}});  // of the right type, and empty
  REQUIRE(none);
  CHECK(none->input_as<double>("amount").value().empty());
  CHECK(!none->input_as<float>("amount"));

  graph many = made;
  for (int i = 0; i < 20; ++i) many.add_input("more " + std::to_string(i), {.shape = {}});
  CHECK(engine_of(many).find_input("z").error().message().ends_with(" \"more 7\" and 12 more"));
}

namespace {

mr::result<std::vector<float>> priced(const mr::infer::graph_engine& engine) {
  // [by_name]
  auto run = engine.prepare({{2, 1}, {2, 1}});  // two rows; an input for each column
  if (!run) return run.error();
  const auto amount = run->input_as<float>("amount");
  const auto country = run->input_as<std::string_view>("country");
  const auto price = run->output_as<float>("price");
  if (!amount) return amount.error();  // input 0 ("amount") is of f64, and f32 is asked for
  if (!country) return country.error();
  if (!price) return price.error();
  (*amount)[0] = 100, (*country)[0] = "DE";
  (*amount)[1] = 50, (*country)[1] = "FR";
  run->run();
  // [/by_name]
  return std::vector<float>(price->begin(), price->end());
}

}  // namespace

TEST_CASE("columns of a pipeline are filled by name, numbers and texts") {
  for (const dtype type : {dtype::f32, dtype::f64}) {
    graph made;
    made.opsets = {{"", 21}, {"ai.onnx.ml", 2}};
    const auto amount = made.add_input("amount", {.dtype = type, .shape = {}});
    const auto country = made.add_input("country", {.kind = graph_kind::texts, .shape = {}});
    const auto rate = made.add_value("rate");
    const auto number = made.add_value("number");
    made.outputs = {made.add_value("price")};
    made.nodes.push_back({"a",
                          "ai.onnx.ml",
                          "LabelEncoder",
                          {country},
                          {rate},
                          {{"keys_strings", texts{"DE", "FR"}}, {"values_floats", reals{2, 3}}}});
    made.nodes.push_back({"b", "", "Cast", {amount}, {number}, {{"to", std::int64_t{1}}}});
    made.nodes.push_back({"c", "", "Mul", {number, rate}, {made.outputs[0]}, {}});
    const auto prices = priced(engine_of(made));
    if (type == dtype::f32)
      CHECK(prices.value() == reals{200, 150});
    else
      CHECK(prices.error().message() == "input 0 (\"amount\") is of f64, and f32 is asked for");
  }
}

TEST_CASE("the largest of a row with NaN is the NaN") {
  const auto place = [](std::vector<float> row, const char* op) {
    const auto engine = engine_of(one(op, {{"axis", std::int64_t{0}}}));
    auto run = engine.prepare({{static_cast<std::int64_t>(row.size())}});
    REQUIRE(run);
    std::ranges::copy(row, run->input<float>(0).begin());
    run->run();
    return run->output<std::int64_t>(0)[0];
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(place({1, nan, 9, nan}, "ArgMax") == 1);
  CHECK(place({nan, 9}, "ArgMin") == 0);
  CHECK(place({1, 9, 9}, "ArgMax") == 1);
  const auto engine = engine_of(one("ReduceMax"));
  auto run = engine.prepare({{3}});
  REQUIRE(run);
  std::ranges::copy(std::vector<float>{nan, 2, nan}, run->input<float>(0).begin());
  run->run();
  CHECK(std::isnan(run->output<float>(0)[0]));
}

TEST_CASE("dropout in training is refused, and operators in training too") {
  graph made = one("BatchNormalization", {{"training_mode", std::int64_t{1}}});
  for (const char* name : {"s", "b", "m", "v"})
    made.nodes[0].inputs.push_back(
        made.add_constant(name, {.shape = {3}, .bytes = std::vector<std::byte>(12), .texts = {}}));
  CHECK(refusal(engine_of(made), {{1, 3}}, mr::errc::unsupported) ==
        "node 0 (BatchNormalization \"n\"): it is in training");
}

// Reference: onnx 1.23.2 and ONNX Runtime 1.32.0, tests/oracle/onnx_ml.py.
TEST_CASE("trees in every way of writing them say what ONNX Runtime says, on thresholds and beside them") {
  CHECK(support::problem_of(read("ml-trees-3.onnx")) == "");
  CHECK(support::problem_of(read("ml-trees-5.onnx")) == "");
}

TEST_CASE("the other operators of classical models say what ONNX Runtime says") {
  CHECK(support::problem_of(read("ml-others-1.onnx")) == "");
  CHECK(support::problem_of(read("ml-others-3.onnx")) == "");
  CHECK(support::problem_of(read("ml-others-4.onnx")) == "");
}

TEST_CASE("a row goes where the comparison says, to the last bit, and a missing number where the node says") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float t = 0.1F;
  const std::vector<float> column{
      std::nextafter(t, -infinity), t, std::nextafter(t, infinity), nan, infinity, -infinity};
  const auto leaves = [&](const char* mode, std::int64_t missing_is_true) {
    return scores_of(classical("TreeEnsembleRegressor", stump(mode, t, missing_is_true)), column);
  };
  CHECK(leaves("BRANCH_LEQ", 0) == reals{1, 1, 2, 2, 2, 1});
  CHECK(leaves("BRANCH_LT", 0) == reals{1, 2, 2, 2, 2, 1});
  CHECK(leaves("BRANCH_GTE", 0) == reals{2, 1, 1, 2, 1, 2});
  CHECK(leaves("BRANCH_GT", 0) == reals{2, 2, 1, 2, 1, 2});
  CHECK(leaves("BRANCH_EQ", 0) == reals{2, 1, 2, 2, 2, 2});
  CHECK(leaves("BRANCH_NEQ", 0) == reals{1, 2, 1, 1, 1, 1});
  CHECK(leaves("BRANCH_LEQ", 1) == reals{1, 1, 2, 1, 2, 1});
  CHECK(leaves("BRANCH_GT", 1) == reals{2, 2, 1, 1, 1, 2});
  const auto zeros = [&](const char* mode) {
    return scores_of(classical("TreeEnsembleRegressor", stump(mode, 0, 0)), reals{-0.0F, 0, -1e-45F, 1e-45F});
  };
  CHECK(zeros("BRANCH_LT") == reals{2, 2, 1, 2});
  CHECK(zeros("BRANCH_GTE") == reals{1, 1, 2, 1});
}

TEST_CASE("rows of doubles are compared as doubles, and whole numbers as the floats next to them") {
  const double t = static_cast<double>(0.1F);
  CHECK(scores_of(classical("TreeEnsembleRegressor", stump("BRANCH_LEQ", 0.1F, 0), dtype::f64),
                  std::vector<double>{std::nextafter(t, 0), t, std::nextafter(t, 1)}) == reals{1, 1, 2});
  CHECK(scores_of(classical("TreeEnsembleRegressor", stump("BRANCH_LT", 16777216, 0), dtype::i64),
                  std::vector<std::int64_t>{16777215, 16777216, 16777217}) == reals{1, 2, 2});
}

// Trees of one leaf whose weights are not negative: onnxruntime#27533.
TEST_CASE("a classifier of one leaf has probabilities by its transform, and a class by its score") {
  const attributes leaf{{"nodes_treeids", wholes{0}},
                        {"nodes_nodeids", wholes{0}},
                        {"nodes_featureids", wholes{0}},
                        {"nodes_modes", texts{"LEAF"}},
                        {"nodes_values", reals{0}},
                        {"nodes_truenodeids", wholes{0}},
                        {"nodes_falsenodeids", wholes{0}},
                        {"class_treeids", wholes{0}},
                        {"class_nodeids", wholes{0}},
                        {"class_ids", wholes{0}},
                        {"class_weights", reals{0.25F}},
                        {"post_transform", std::string("LOGISTIC")},
                        {"classlabels_strings", texts{"no", "yes"}}};
  const auto found = scores_of(classical("TreeEnsembleClassifier", leaf), reals{7}, 1);
  CHECK(std::fabs(found[1] - 1 / (1 + std::exp(-0.25F))) < 1e-6F);
  CHECK(std::fabs(found[0] + found[1] - 1) < 1e-6F);
  CHECK(scores_of(classical("TreeEnsembleClassifier", with(leaf, "post_transform", "NONE")), reals{7}, 1) ==
        reals{0.75F, 0.25F});
  const auto label = [&](float weight) {
    const auto engine = engine_of(classical("TreeEnsembleClassifier", with(leaf, "class_weights", reals{weight})));
    auto run = engine.prepare({{1, 1}});
    REQUIRE(run);
    CHECK(run->output_is_text(0));
    run->run();
    return std::string(run->output<std::string_view>(0)[0]);
  };
  CHECK(label(0.5F) == "no");  // of weights that are not negative, more than 1/2 is needed
  CHECK(label(0.51F) == "yes");
  CHECK(label(-0.1F) == "no");
}

TEST_CASE("trees that contradict themselves are refused when the engine is made, by node and attribute") {
  const auto problem = [](std::string name, decltype(mr::model::graph_attribute::value) value) {
    const auto made = mr::infer::graph_engine::make(
        classical("TreeEnsembleRegressor", with(stump("BRANCH_LEQ", 0, 0), std::move(name), std::move(value))));
    REQUIRE(!made);
    CHECK(made.error().code() == mr::errc::invalid_data);
    const std::string start = "node 0 (TreeEnsembleRegressor \"n\"): ";
    CHECK(made.error().message().starts_with(start));
    return made.error().message().substr(start.size());
  };
  CHECK(problem("nodes_truenodeids", wholes{0, 0, 0}) == "attribute nodes_truenodeids: node 0 is reached twice");
  CHECK(problem("nodes_falsenodeids", wholes{1, 0, 0}) == "attribute nodes_falsenodeids: node 1 is reached twice");
  CHECK(problem("nodes_falsenodeids", wholes{3, 0, 0}) == "attribute nodes_falsenodeids: tree 5 has no node 3");
  CHECK(problem("nodes_truenodeids", wholes{-1, 0, 0}) == "attribute nodes_truenodeids: tree 5 has no node -1");
  CHECK(problem("nodes_nodeids", wholes{0, 1, 1}) == "attribute nodes_nodeids: tree 5 has two nodes 1");
  CHECK(problem("nodes_treeids", wholes{5, 6, 5}) == "attribute nodes_truenodeids: tree 5 has no node 1");
  CHECK(problem("nodes_values", reals{0}) == "attribute nodes_values: 1 elements, not 3");
  CHECK(problem("nodes_modes", texts{"BRANCH_LEQ", "LEAF"}) == "attribute nodes_modes: 2 elements, not 3");
  CHECK(problem("nodes_modes", texts{"BRANCH", "LEAF", "LEAF"}) == "attribute nodes_modes: \"BRANCH\"");
  CHECK(problem("nodes_featureids", wholes{-1, 0, 0}) == "attribute nodes_featureids: -1");
  CHECK(problem("target_ids", wholes{0, 1}) == "attribute target_ids: 1 of 1");
  CHECK(problem("target_ids", wholes{0}) == "attribute target_ids: 1 elements, not 2");
  CHECK(problem("target_nodeids", wholes{1, 9}) == "attribute target_nodeids: tree 5 has no node 9");
  CHECK(problem("base_values", reals{1, 2}) == "attribute base_values: 2 elements, not 1");
  CHECK(problem("n_targets", std::int64_t{1} << 40) == "it has 1099511627776 targets");
  CHECK(problem("aggregate_function", "MEDIAN") == "attribute aggregate_function: \"MEDIAN\"");
  CHECK(problem("post_transform", "TANH") == "attribute post_transform: \"TANH\"");
  const auto wide = engine_of(
      classical("TreeEnsembleRegressor", with(stump("BRANCH_LEQ", 0, 0), "nodes_featureids", wholes{7, 0, 0})));
  CHECK(refusal(wide, {{2, 7}}, mr::errc::unsupported) ==
        "node 0 (TreeEnsembleRegressor \"n\"): a node asks for column 7 of rows of 7");
}

TEMPLATE_TEST_CASE("a product's rows have the same bits alone and in any batch, on every set of lanes", "", float,
                   double) {
  namespace detail = mr::infer::detail;
  using T = TestType;
  std::vector<detail::lane_cpu> cpus{detail::lane_cpu::plain};
  if (detail::best_lane_cpu() != detail::lane_cpu::plain) cpus.push_back(detail::lane_cpu::avx2);
  if (detail::best_lane_cpu() == detail::lane_cpu::avx512) cpus.push_back(detail::lane_cpu::avx512);
  for (const auto& [inputs, units] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 1}, {30, 64}, {64, 32}, {32, 1}, {7, 3}, {5, 5}, {3, 33}, {17, 40}, {0, 6}, {0, 2}, {9, 0}, {64, 100}}) {
    const std::size_t rows = 19;
    const auto x = random_numbers<T>(rows * inputs, 1);
    const auto w = random_numbers<T>(inputs * units, 2);
    const auto b = random_numbers<T>(units, 3);
    const detail::dense_shape<T> layer{inputs, units};
    std::vector<T> weights(layer.weight_count());
    std::vector<T> bias(detail::whole_blocks<T>(units));
    std::ranges::copy(b, bias.begin());
    for (std::size_t k = 0; k < inputs; ++k)
      for (std::size_t n = 0; n < units; ++n) weights[layer.weight(k, n)] = w[k * units + n];
    std::vector<T> space(detail::dense_rows<T>::room(layer));
    std::vector<T> first;
    for (const auto cpu : cpus) {
      for (const std::size_t size : {rows, std::size_t{1}, std::size_t{4}, std::size_t{11}}) {
        std::vector<T> out(rows * units + 1, T(7));
        for (std::size_t r = 0; r < rows; r += size)
          detail::run_on(cpu, detail::dense_rows<T>{{layer, weights.data(), bias.data()},
                                                    {x.data() + r * inputs, inputs, 1},
                                                    size < rows - r ? size : rows - r,
                                                    out.data() + r * units,
                                                    space.data()});
        CHECK(out.back() == T(7));
        if (first.empty()) first = out;
        CHECK(std::memcmp(out.data(), first.data(), first.size() * sizeof(T)) == 0);
      }
    }
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t n = 0; n < units; ++n) {
        long double sum = static_cast<long double>(b[n]);
        for (std::size_t k = 0; k < inputs; ++k)
          sum += static_cast<long double>(x[r * inputs + k]) * static_cast<long double>(w[k * units + n]);
        const auto off = std::abs(static_cast<double>(sum - static_cast<long double>(first[r * units + n])));
        if (off > 1e2 * static_cast<double>(std::numeric_limits<T>::epsilon())) FAIL_CHECK(r << " " << n << " " << off);
      }
  }
}

TEST_CASE("a network as a graph says to the bit what mlp says, by Gemm or by MatMul and Add, alone and in batches") {
  using mr::model::activation;
  for (const std::vector<std::size_t>& widths :
       std::vector<std::vector<std::size_t>>{{30, 64, 32, 1}, {5, 7, 1}, {17, 33, 40, 1}, {4, 3, 1}, {20, 1}}) {
    std::vector<std::vector<float>> numbers;
    std::vector<mr::model::mlp_layer> layers;
    graph gemms = product<float>("Identity", {});
    graph sums = product<float>("Identity", {});
    for (std::size_t l = 1; l < widths.size(); ++l) {
      const auto in = static_cast<std::int64_t>(widths[l - 1]);
      const auto out = static_cast<std::int64_t>(widths[l]);
      numbers.push_back(random_numbers<float>(widths[l - 1] * widths[l], 2 * l));
      numbers.push_back(random_numbers<float>(widths[l], 2 * l + 1));
      const auto w = tensor_of({in, out}, numbers[2 * l - 2]);
      const auto b = tensor_of({out}, numbers[2 * l - 1]);
      append(gemms, "Gemm", &w);
      gemms.nodes.back().inputs.push_back(gemms.add_constant("b" + std::to_string(l), b));
      append(sums, "MatMul", &w);
      append(sums, "Add", &b);
      if (l + 1 == widths.size()) continue;
      append(gemms, "Relu");
      append(sums, "Relu");
    }
    for (std::size_t l = 1; l < widths.size(); ++l)
      layers.push_back(
          {numbers[2 * l - 2], numbers[2 * l - 1], l + 1 < widths.size() ? activation::relu : activation::identity});
    const auto model = mr::model::mlp<mr::model::squared_loss>::make(widths[0], layers);
    REQUIRE(model);
    const std::size_t rows = 23;
    const auto x = random_numbers<float>(rows * widths[0], 9);
    std::vector<double> expected(rows);
    model->score(mr::model::matrix_view(x, widths[0]), expected);
    for (const graph& each : {gemms, sums}) {
      const auto engine = engine_of(each);
      const auto found = output_of(engine, {23, static_cast<std::int64_t>(widths[0])}, x);
      CHECK(std::vector<double>(found.begin(), found.end()) == expected);
      same_alone_and_together(engine, widths[0], x);
    }
  }
}

TEST_CASE("what follows a product is done in its kernel only where nobody sees the difference") {
  const auto w = tensor_of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto row = tensor_of<float>({3}, {-10, 0, 10});
  const auto one = tensor_of<float>({}, {-16});
  const auto rows = tensor_of<float>({2, 3}, {1, 1, 1, -50, 0, 1});
  const auto three = tensor_of<float>({2, 1, 3}, {0, 0, 0, -100, 0, 1});
  const std::vector<float> x{1, 2, 3, 4};  // x * w = 9 12 15, 19 26 33
  const auto said = [&](const graph& made) { return output_of(engine_of(made), {2, 2}, x); };
  const auto gemm = [&](const graph_tensor& c, float alpha, float beta) {
    graph made = product<float>("Gemm", {w, c}, {{"alpha", alpha}, {"beta", beta}});
    append(made, "Relu");
    return said(made);
  };
  const auto then = [&](const graph_tensor& c) {
    graph made = product<float>("MatMul", {w});
    append(made, "Add", &c);
    append(made, "Relu");
    return said(made);
  };
  CHECK(then(row) == std::vector<float>{0, 12, 25, 9, 26, 43});
  CHECK(then(one) == std::vector<float>{0, 0, 0, 3, 10, 17});
  CHECK(then(rows) == std::vector<float>{10, 13, 16, 0, 26, 34});
  CHECK(then(three) == std::vector<float>{9, 12, 15, 19, 26, 33, 0, 12, 16, 0, 26, 34});
  CHECK(gemm(row, 1, 1) == std::vector<float>{0, 12, 25, 9, 26, 43});
  CHECK(gemm(row, 2, 3) == std::vector<float>{0, 24, 60, 8, 52, 96});
  CHECK(gemm(one, 1, 0.5F) == std::vector<float>{1, 4, 7, 11, 18, 25});
  CHECK(gemm(rows, 1, 2) == std::vector<float>{11, 14, 17, 0, 26, 35});

  graph made = product<float>("MatMul", {w});  // a second addend, and one after Relu
  append(made, "Add", &row);
  append(made, "Add", &row);
  append(made, "Relu");
  append(made, "Add", &one);
  CHECK(said(made) == std::vector<float>{-16, -4, 19, -16, 10, 37});
  made = product<float>("MatMul", {tensor_of<float>({2, 3}, {-1, -2, -3, -4, -5, -6})});  // first Relu, then Add
  append(made, "Relu");
  append(made, "Add", &row);
  CHECK(said(made) == std::vector<float>{-10, 0, 10, -10, 0, 10});
  made = product<float>("MatMul", {w});  // the product is an output, too
  const auto product_itself = made.outputs[0];
  append(made, "Add", &row);
  append(made, "Relu");
  made.outputs.push_back(product_itself);
  const auto engine = engine_of(made);
  auto run = engine.prepare({{2, 2}});
  REQUIRE(run);
  std::ranges::copy(x, run->input<float>(0).begin());
  run->run();
  CHECK(run->output<float>(0)[0] == 0);
  CHECK(run->output<float>(1)[0] == 9);
}

TEST_CASE("products of turned, stacked, unknown and whole matrices") {
  const auto turned = tensor_of<double>({3, 2}, {1, 4, 2, 5, 3, 6});
  const std::vector<double> x{1, 2, 3, 4};
  graph made = product<double>("Gemm", {turned}, {{"transB", std::int64_t{1}}});
  CHECK(output_of(engine_of(made), {2, 2}, x) == std::vector<double>{9, 12, 15, 19, 26, 33});
  made = product<double>("Gemm", {turned}, {{"transA", std::int64_t{1}}, {"transB", std::int64_t{1}}});
  CHECK(output_of(engine_of(made), {2, 2}, x) == std::vector<double>{13, 17, 21, 18, 24, 30});
  made = product<double>("MatMul", {tensor_of<double>({2, 2, 1}, {1, 0, 0, 1})});  // columns of a stack
  CHECK(output_of(engine_of(made), {2, 2}, x) == std::vector<double>{1, 3, 2, 4});
  made = product<double>("MatMul", {tensor_of<double>({2}, {1, -1})});
  CHECK(output_of<double>(engine_of(made), {3, 1, 2}, {1, 2, 3, 5, 8, 4}) == std::vector<double>{-1, -2, 4});
  append(made, "Add");
  made.nodes.back().inputs.push_back(made.add_constant("by row", tensor_of<double>({3, 1}, {1, 2, 3})));
  CHECK(output_of<double>(engine_of(made), {3, 1, 2}, {1, 2, 3, 5, 8, 4}) == std::vector<double>{0, 0, 7});
  made = product<std::int64_t>("MatMul", {tensor_of<std::int64_t>({2, 1}, {std::int64_t{1} << 62, 1})});
  CHECK(output_of<std::int64_t>(engine_of(made), {1, 2}, {4, 3}) == std::vector<std::int64_t>{3});

  made = product<float>("MatMul", {});  // x times x
  made.nodes[0].inputs.push_back(0);
  CHECK(output_of<float>(engine_of(made), {2, 2}, {1, 2, 3, 4}) == std::vector<float>{7, 10, 15, 22});
  made.nodes[0].op = "Gemm";  // and added to itself: the same bits for any number of rows
  made.nodes[0].inputs = {0, made.add_constant("w", tensor_of<float>({3, 3}, random_numbers<float>(9, 4))), 0};
  same_alone_and_together(engine_of(made), 3, random_numbers<float>(15, 5));
}

TEST_CASE("convolutions of whole numbers less their zero points, and back to 8 bits") {
  using bytes = std::vector<std::uint8_t>;
  const auto w = tensor_of<std::uint8_t>({2, 1, 2, 2}, {1, 1, 1, 1, 3, 3, 3, 3});
  const auto zero = tensor_of<std::uint8_t>({}, {1});
  const auto zeros = tensor_of<std::uint8_t>({2}, {0, 1});
  const bytes x{2, 3, 4, 5, 6, 7, 8, 9, 10};
  const auto sums = engine_of(product<std::uint8_t>("ConvInteger", {w, zero, zeros}));
  auto run = sums.prepare({{1, 1, 3, 3}});
  REQUIRE(run);
  std::ranges::copy(x, run->input<std::uint8_t>(0).begin());
  run->run();
  run->run();
  // The first channel is that of the onnx package's test_basic_convinteger.
  CHECK(std::ranges::equal(run->output<std::int32_t>(0), std::vector{12, 16, 24, 28, 24, 32, 48, 56}));

  const auto half = tensor_of<float>({}, {0.5F});
  const auto scales = tensor_of<float>({2}, {1, 0.25F});
  const auto one = tensor_of<float>({}, {1});
  const auto ten = tensor_of<std::uint8_t>({}, {10});
  const auto addends = tensor_of<std::int32_t>({2}, {2, -8});
  const auto said = [&](const std::vector<graph_tensor>& constants) {
    return output_of(engine_of(product<std::uint8_t>("QLinearConv", constants)), {1, 1, 3, 3}, x);
  };
  CHECK(said({half, zero, w, scales, zeros, one, ten}) == bytes{16, 18, 22, 24, 13, 14, 16, 17});
  CHECK(said({half, zero, w, scales, zeros, one, ten, addends}) == bytes{17, 19, 23, 25, 12, 13, 15, 16});
  CHECK(said({half, zero, w, scales, zeros, tensor_of<float>({}, {0.01F}), ten}) == bytes(8, 255));
  const auto engine =
      engine_of(product<std::uint8_t>("ConvInteger", {w, zero, tensor_of<std::uint8_t>({3}, {0, 1, 2})}));
  CHECK(refusal(engine, {{1, 1, 3, 3}}, mr::errc::unsupported).find("zero points") != std::string::npos);
}

TEST_CASE("runs of an engine share its packed weights, whatever they are prepared for") {
  constexpr std::int64_t size = 200;
  graph made = product<float>("MatMul", {tensor_of<float>({size, size}, random_numbers<float>(size * size, 6))});
  const auto engine = engine_of(made);
  for (const std::int64_t rows : {1, 7, 1}) {
    const auto run = engine.prepare({{rows, size}});
    REQUIRE(run);
    CHECK(run->memory() < size * size * sizeof(float) / 2);
  }
  same_alone_and_together(engine, size, random_numbers<float>(9 * size, 7));

  // A constant whose shape comes from the input's is packed for each.
  made = product<float>("Identity", {});
  const auto x = made.inputs[0];
  const auto add = [&](const char* op, std::vector<std::uint32_t> in) {
    const auto out = made.add_value("made " + std::to_string(made.nodes.size()));
    made.nodes.push_back({std::to_string(made.nodes.size()), "", op, std::move(in), {out}, {}});
    return out;
  };
  const auto place = made.add_constant("place", tensor_of<std::int64_t>({1}, {1}));
  const auto rest = made.add_constant("rest", tensor_of<std::int64_t>({1}, {-1}));
  const auto numbers = made.add_constant("numbers", tensor_of<float>({6}, {1, 2, 3, 4, 5, 6}));
  const auto columns = add("Gather", {add("Shape", {x}), place});
  const auto sizes = add("Concat", {columns, rest});
  made.nodes.back().attributes = {{"axis", std::int64_t{0}}};
  made.outputs = {add("MatMul", {x, add("Reshape", {numbers, sizes})})};
  const auto shaped = engine_of(made);
  CHECK(output_of<float>(shaped, {1, 3}, {1, 10, 100}) == std::vector<float>{531, 642});
  CHECK(output_of<float>(shaped, {1, 2}, {1, 10}) == std::vector<float>{41, 52, 63});
}

TEST_CASE("trees whose leaves weigh every target are walked once for all, to the bits of node by node") {
  namespace detail = mr::infer::detail;
  mr::random_engine random(8);
  for (const std::size_t targets : {2U, 3U, 5U}) {
    for (const bool sparse : {false, true}) {
      attributes trees = drawn_forest(random, 20, 5, targets);
      if (sparse)
        for (auto& each : trees)
          if (auto* ids = std::get_if<wholes>(&each.value); each.name == "target_ids")
            ids->back() = (ids->back() + 1) % static_cast<std::int64_t>(targets);  // one target twice
      const graph floats = classical("TreeEnsembleRegressor", trees);
      const graph doubles = classical("TreeEnsembleRegressor", trees, dtype::f64);
      detail::run_memory none;
      detail::planner at(floats.nodes[0], 3, none, {});
      const auto made = std::static_pointer_cast<const detail::scored_trees>(detail::ready_tree_regressor<>(at));
      REQUIRE(made);
      CHECK(made->wide.has_value() == !sparse);
      auto x = random_numbers<float>(300 * 4, 9);
      for (float& each : x) each = random.below(9) == 0 ? std::nanf("") : std::round(each * 4) / 4;
      const auto engine = engine_of(floats);
      const auto fast = output_of(engine, {300, 4}, x);
      const auto of_doubles = engine_of(doubles);
      // Doubles that are floats go the same way; with one that is none in the block, all are walked node by node.
      for (const double last : {0.25, 0.1}) {
        auto run = of_doubles.prepare({{301, 4}});
        REQUIRE(run);
        const auto to = run->input<double>(0);
        std::ranges::copy(x, to.begin());
        std::ranges::fill(to.subspan(1200), last);
        run->run();
        CHECK(std::ranges::equal(fast, run->output<float>(0).first(300 * targets)));
      }
      same_alone_and_together(engine, 4, x);
    }
  }
}

TEST_CASE("trees that ask for a column far behind are added up all the same") {
  attributes trees = with(stump("BRANCH_LEQ", 0.5F, 1), "nodes_featureids", wholes{3000, 0, 0});
  const graph made = classical("TreeEnsembleRegressor", trees);
  mr::infer::detail::run_memory none;
  mr::infer::detail::planner at(made.nodes[0], 3, none, {});
  const auto ready = mr::infer::detail::ready_tree_regressor<>(at);
  REQUIRE(ready);
  CHECK(static_cast<const mr::infer::detail::scored_trees*>(ready.get())->large.size() == 1);
  std::vector<float> x(20 * 3001, 0.75F);
  std::vector<float> expected(20, 2);
  for (const std::size_t row : {3U, 7U}) x[row * 3001 + 3000] = 0.5F, expected[row] = 1;
  x[9 * 3001 + 3000] = std::nanf("");
  expected[9] = 1;
  CHECK(output_of(engine_of(made), {20, 3001}, x) == expected);
}

TEST_CASE("an output that is a map in the model is its scores, with the classes' names beside") {
  graph made = classical("ZipMap", {{"classlabels_strings", texts{"no", "yes"}}});
  const auto engine = engine_of(made);
  CHECK(engine.class_names(0) == texts{"no", "yes"});
  auto run = engine.prepare({{2, 2}});
  REQUIRE(run);
  std::ranges::copy(reals{0.25F, 0.75F, 1, 0}, run->input<float>(0).begin());
  run->run();
  CHECK(run->output_shape(0)[1] == 2);
  CHECK(run->output<float>(0)[1] == 0.75F);
  made.nodes[0].attributes = {{"classlabels_int64s", wholes{7, -1}}};
  CHECK(engine_of(made).class_names(0) == texts{"7", "-1"});
  CHECK(refusal(engine, {{2, 3}}, mr::errc::unsupported) ==
        "node 0 (ZipMap \"n\"): it names 2 classes for scores of shape [2, 3]");
  CHECK(engine_of(line()).class_names(0).empty());
}

TEST_CASE("categories that nobody named have zeros or the default, and a missing number is one only where it may be") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const attributes categories{{"cats_int64s", wholes{0, 2}}, {"zeros", std::int64_t{0}}};
  CHECK(scores_of(classical("OneHotEncoder", categories), reals{nan, 2.5F, 7, -0.5F}) == reals{0, 0, 0, 1, 0, 0, 1, 0});
  const attributes labels{{"keys_floats", reals{nan, 1}}, {"values_floats", reals{5, 6}}, {"default_float", 9.0F}};
  CHECK(scores_of(classical("LabelEncoder", labels, dtype::f32, 2), reals{nan, 1, 2}) == reals{9, 6, 9});
  CHECK(scores_of(classical("LabelEncoder", labels, dtype::f32, 4), reals{nan, 1, 2}) == reals{5, 6, 9});
}

TEST_CASE("attributes of classical models that do not fit are refused by name") {
  const auto problem = [](std::string op, attributes made, std::int64_t columns = 2) {
    const std::string start = "node 0 (" + op + " \"n\"): ";
    const auto engine = engine_of(classical(op, std::move(made)));
    const std::string message = refusal(engine, {{3, columns}}, mr::errc::unsupported);
    CHECK(message.starts_with(start));
    return message.substr(start.size());
  };
  CHECK(problem("Scaler", {{"scale", reals{1}}, {"offset", reals{1, 2, 3}}}) ==
        "attribute offset: 3 elements for 2 columns");
  CHECK(problem("Scaler", {{"offset", reals{1}}}) == "attribute scale: 0 elements for 2 columns");
  CHECK(problem("Normalizer", {{"norm", std::string("L3")}}) == "attribute norm: \"L3\"");
  CHECK(problem("Imputer", {{"imputed_value_floats", reals{1, 2, 3}}}) ==
        "attribute imputed_value_floats: 3 elements for 2 columns");
  CHECK(problem("OneHotEncoder", {{"cats_strings", texts{"a"}}}) == "it names no categories of its input's type");
  CHECK(problem("LabelEncoder", {{"keys_floats", reals{1}}, {"values_floats", reals{1, 2}}}) ==
        "it has 1 keys of its input's type, and 2 values");
  CHECK(problem("FeatureVectorizer", {{"inputdimensions", wholes{1, 2}}}) ==
        "attribute inputdimensions: 2 elements for 1 inputs");
  CHECK(problem("LinearRegressor", {{"coefficients", reals{1, 2, 3}}}) ==
        "attribute coefficients: 3 elements for 1 targets of 2 columns");
  CHECK(problem("LinearRegressor", {{"coefficients", reals{1, 2}}, {"targets", std::int64_t{-1}}}) ==
        "attribute coefficients: 2 elements for 0 targets of 2 columns");
  CHECK(problem("LinearClassifier", {{"coefficients", reals{1, 2}}, {"intercepts", reals{1}}}) ==
        "it has 1 scores for 0 classes");
  CHECK(problem("SVMRegressor", {{"coefficients", reals{1, 2}}, {"rho", reals{0}}, {"n_supports", std::int64_t{2}}}) ==
        "attribute support_vectors: 0 elements, for 2 vectors of 2");
  CHECK(problem("SVMClassifier", {{"classlabels_ints", wholes{1, 2}}, {"vectors_per_class", wholes{1, -1}}}) ==
        "attribute vectors_per_class: -1");
  CHECK(problem("SVMClassifier", {{"classlabels_ints", wholes{1, 2}},
                                  {"vectors_per_class", wholes{1, 1}},
                                  {"support_vectors", reals{1}}}) == "attribute support_vectors: 1 elements, not 4");
  CHECK(problem("SVMRegressor", {{"coefficients", reals{1, 2}}, {"kernel_type", std::string("COSINE")}}) ==
        "attribute kernel_type: \"COSINE\"");
}

TEST_CASE("numbers become texts and texts numbers, also those that a graph has as constants") {
  graph made = one("Cast", {{"to", std::int64_t{8}}});
  made.nodes.push_back({"back", "", "Cast", {made.outputs[0]}, {made.add_value("back")}, {{"to", std::int64_t{1}}}});
  made.outputs.push_back(made.nodes[1].outputs[0]);
  graph_tensor five{.shape = {1}, .bytes = std::vector<std::byte>(4), .texts = {}};
  const float value = 5.5F;
  std::memcpy(five.bytes.data(), &value, 4);
  made.nodes.push_back(
      {"c", "", "Cast", {made.add_constant("five", five)}, {made.add_value("c")}, {{"to", std::int64_t{8}}}});
  made.outputs.push_back(made.nodes[2].outputs[0]);
  const auto engine = engine_of(made);
  auto run = engine.prepare({{7}});
  REQUIRE(run);
  const float infinity = std::numeric_limits<float>::infinity();
  std::ranges::copy(reals{0.1F, 1e10F, 1e-7F, -infinity, -0.0F, 16777216, 0.123456789F}, run->input<float>(0).begin());
  run->run();
  const auto found = run->output<std::string_view>(0);
  CHECK(std::vector<std::string>(found.begin(), found.end()) ==
        texts{"0.1", "1e+10", "1e-07", "-INF", "-0", "16777216", "0.12345679"});
  CHECK(run->output<float>(1)[1] == 1e10F);
  CHECK(run->output<float>(1)[3] == -infinity);
  CHECK(run->output<std::string_view>(2)[0] == "5.5");
  graph read_back = one("Cast", {{"to", std::int64_t{7}}});
  read_back.values[0].type->kind = graph_kind::texts;
  const auto reader = engine_of(read_back);
  auto wholes_of = reader.prepare({{5}});
  REQUIRE(wholes_of);
  std::ranges::copy(std::vector<std::string_view>{" 7", "-5", "3.5", "9007199254740993", "x"},
                    wholes_of->input<std::string_view>(0).begin());
  wholes_of->run();
  CHECK(std::ranges::equal(wholes_of->output<std::int64_t>(0), wholes{7, -5, 3, 9007199254740993, 0}));
}

namespace {

/// The largest difference from TensorFlow Lite's interpreter, over all rows at once; where the answer is large, of its
/// size.
double farthest_from_interpreter(const std::string& name) {
  auto made = mr::model::read_tflite(support::golden("formats/tflite-" + name + ".tflite"));
  if (!made) FAIL(made.error().describe());
  const auto bytes = support::golden("formats/tflite-" + name + ".answers");
  std::vector<std::uint32_t> head(3);
  std::memcpy(head.data(), bytes.data(), 12);
  std::vector<float> numbers((bytes.size() - 12) / 4);
  std::memcpy(numbers.data(), bytes.data() + 12, numbers.size() * 4);
  const auto engine = engine_of(*std::move(made));
  // A model that leaves the number of rows open takes all at once.
  std::vector<std::int64_t> shape;
  for (const auto& each : engine.input(0).type->shape.value()) shape.push_back(each.size);
  const std::size_t rows = shape[0] < 0 ? head[0] : 1;
  shape[0] = static_cast<std::int64_t>(rows);
  auto run = engine.prepare({shape});
  if (!run) FAIL(run.error().describe());
  double worst = 0;
  for (std::size_t first = 0; first < head[0]; first += rows) {
    std::copy_n(numbers.data() + first * head[1], rows * head[1], run->input<float>(0).begin());
    run->run();
    const auto said = run->output<float>(0);
    REQUIRE(said.size() == rows * head[2]);
    const float* const wanted = numbers.data() + head[0] * head[1] + first * head[2];
    for (std::size_t i = 0; i < said.size(); ++i) {
      const double scale = std::max(1.0, std::fabs(static_cast<double>(wanted[i])));
      worst = std::max(worst, std::fabs(static_cast<double>(said[i]) - static_cast<double>(wanted[i])) / scale);
    }
  }
  return worst;
}

}  // namespace

// Reference: the interpreter of TensorFlow 2.21.0 without delegates, tests/oracle/tflite_files.py.
TEST_CASE("models of TensorFlow Lite say what its interpreter says") {
  CHECK(farthest_from_interpreter("dense") < 1e-6);
  CHECK(farthest_from_interpreter("image") < 1e-6);
  CHECK(farthest_from_interpreter("pieces") < 2e-6);
}

TEST_CASE("a model of whole numbers is at most one step of its output from the interpreter") {
  const double step = 1.0 / 256 + 1e-6;
  CHECK(farthest_from_interpreter("dense-int8") < step);
  CHECK(farthest_from_interpreter("image-int8") < step);
}

// The interpreter rounds what goes into such a layer to 8 bits, row by row; ours does not.
TEST_CASE("a model whose weights alone are of 8 bits is near the interpreter") {
  CHECK(farthest_from_interpreter("dense-weights8") < 0.03);
}

TEMPLATE_TEST_CASE("whole numbers of any size wrap, compare and divide as their own type", "", std::int8_t,
                   std::int16_t, std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t,
                   std::uint64_t) {
  using T = TestType;
  const auto bits = [](T x) { return static_cast<std::uint64_t>(x); };
  const auto negates = [](T y) { return std::is_signed_v<T> && y == static_cast<T>(-1); };
  same_for_pairs<T, T>("Add", [&](T x, T y) { return bits(x) + bits(y); });
  same_for_pairs<T, T>("Sub", [&](T x, T y) { return bits(x) - bits(y); });
  same_for_pairs<T, T>("Mul", [&](T x, T y) { return bits(x) * bits(y); });
  same_for_pairs<T, T>("Div", [&](T x, T y) -> T {
    if (negates(y)) return static_cast<T>(0 - bits(x));
    return y == 0 ? T(0) : static_cast<T>(x / y);
  });
  same_for_pairs<T, T>("Mod", [&](T x, T y) -> T {
    if (negates(y) || y == 0) return T(0);
    const T left = static_cast<T>(x % y);
    return left != 0 && (left < 0) != (y < 0) ? static_cast<T>(left + y) : left;
  });
  same_for_pairs<T, T>("Max", [](T x, T y) { return x > y ? x : y; });
  same_for_pairs<T, T>("Min", [](T x, T y) { return x < y ? x : y; });
  same_for_pairs<T, bool>("Less", [](T x, T y) { return x < y; });
  same_for_pairs<T, bool>("GreaterOrEqual", [](T x, T y) { return x >= y; });
  same_for_pairs<T, bool>("Equal", [](T x, T y) { return x == y; });
}

TEMPLATE_TEST_CASE("a cast by way of a wider type is the cast", "", float, double, bool, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t) {
  using From = TestType;
  if constexpr (!std::is_same_v<From, float>) same_cast<float, From>(1);
  same_cast<std::uint8_t, From>(2);
  same_cast<std::int8_t, From>(3);
  same_cast<std::uint16_t, From>(4);
  same_cast<std::int16_t, From>(5);
  same_cast<std::int32_t, From>(6);
  same_cast<std::int64_t, From>(7);
  same_cast<bool, From>(9);
  if constexpr (!std::is_same_v<From, double>) same_cast<double, From>(11);
  same_cast<std::uint32_t, From>(12);
  same_cast<std::uint64_t, From>(13);
}

TEMPLATE_TEST_CASE("the largest of nothing is the least number of its own type", "", std::int8_t, std::uint8_t,
                   std::int32_t, std::uint32_t, std::int64_t, std::uint64_t) {
  using T = TestType;
  const auto of_nothing = [](const char* op) {
    const auto engine = engine_of(node(op, {type_of<T>}));
    mr::infer::graph_run run = run_of(engine, {{0}});
    run_twice(run);
    REQUIRE(run.output<T>(0).size() == 1);
    return run.output<T>(0)[0];
  };
  CHECK(of_nothing("ReduceMax") == std::numeric_limits<T>::min());
  CHECK(of_nothing("ReduceMin") == std::numeric_limits<T>::max());
  CHECK(of_nothing("ReduceSum") == 0);
  CHECK(of_nothing("ReduceProd") == 1);
}

TEST_CASE("memory that a node turns numbers in is free for the next one, and not before") {
  // y = ((x + c) * x - c) * (x + c), whose x + c lives across the nodes between.
  graph made;
  made.opsets.push_back({"", 21});
  const mr::model::graph_type bytes{graph_kind::tensor, dtype::u8, {}};
  const auto x = made.add_input("x", bytes);
  const auto c = made.add_constant(
      "c", {.dtype = dtype::u8, .shape = {3}, .bytes = std::vector<std::byte>(3, std::byte{7}), .texts = {}});
  std::vector<std::uint32_t> values;
  for (const char* name : {"sum", "product", "less", "y"}) values.push_back(made.add_value(name));
  made.nodes.push_back({"a", "", "Add", {x, c}, {values[0]}, {}});
  made.nodes.push_back({"b", "", "Mul", {values[0], x}, {values[1]}, {}});
  made.nodes.push_back({"c", "", "Sub", {values[1], c}, {values[2]}, {}});
  made.nodes.push_back({"d", "", "Mul", {values[2], values[0]}, {values[3]}, {}});
  made.outputs.push_back(values[3]);
  const auto engine = engine_of(std::move(made));
  mr::infer::graph_run run = run_of(engine, {{2, 3}});
  for (const int shift : {0, 50, 200}) {
    for (std::size_t i = 0; i < 6; ++i)
      run.input<std::uint8_t>(0)[i] = static_cast<std::uint8_t>(40 * i + static_cast<std::size_t>(shift));
    run_twice(run);
    for (std::size_t i = 0; i < 6; ++i) {
      const unsigned in = run.input<std::uint8_t>(0)[i];
      CHECK(run.output<std::uint8_t>(0)[i] == static_cast<std::uint8_t>(((in + 7) * in - 7) * (in + 7)));
    }
  }
}
