#include <onnxruntime_c_api.h>

#include <millrace/infer/onnxruntime.hpp>

#include <support/catch.hpp>
#include <support/graph_engine.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/infer/bound_graph.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/to_graph/trees.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

// Both engines behind one interface, on the same models: ours, and ONNX Runtime by its C interface.
namespace mr = millrace;

namespace {

using engine = mr::infer::onnxruntime_engine<OrtApi>;

const OrtApi& table() {
  const OrtApi* const found = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  if (found == nullptr) FAIL("the library is older than the header");
  return *found;
}
std::vector<float> drawn(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<float> made(size);
  for (float& x : made) x = static_cast<float>(random.normal());
  return made;
}
mr::model::graph_tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  mr::model::graph_tensor made;
  made.shape = std::move(shape);
  made.bytes.resize(values.size() * sizeof(float));
  std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
  return made;
}

/// Both engines' outputs for the same rows, within rounding.
template <std::size_t Columns, std::size_t Outputs>
void same(const mr::model::graph& made) {
  const auto bytes = mr::model::write_onnx(made);
  REQUIRE(bytes);
  auto theirs = engine::make(table(), *bytes);
  if (!theirs) FAIL(theirs.error().describe());
  const auto ours = mr::infer::graph_engine::make(made);
  REQUIRE(ours);
  CHECK(theirs->input(0).name == ours->input(0).name);
  CHECK(theirs->output(0).name == ours->output(0).name);
  const auto a = mr::infer::bind<Columns, Outputs>(*ours);
  const auto b = mr::infer::bind<Columns, Outputs>(*theirs);
  if (!a || !b) FAIL((a ? b.error() : a.error()).describe());
  const auto numbers = drawn(200 * Columns, 7);
  const mr::model::matrix_view rows(numbers, Columns);
  std::vector<double> found(200 * Outputs);
  std::vector<double> expected(200 * Outputs);
  a->predict(rows, found);
  b->predict(rows, expected);
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(std::fabs(found[i] - expected[i]) <= 1e-5 * (1 + std::fabs(expected[i])));
  const auto narrow = mr::infer::bind<Columns - 1, Outputs>(*theirs);
  REQUIRE(!narrow);
}

}  // namespace

TEST_CASE("ONNX Runtime and our engine say the same of a forest and of a network") {
  const auto numbers = drawn(500 * 6, 1);
  std::vector<float> targets(500);
  for (std::size_t i = 0; i < 500; ++i) targets[i] = numbers[6 * i] * 2 + std::sin(numbers[6 * i + 1]);
  const auto forest = mr::model::random_forest::fit({numbers, 6}, targets, {.trees = 20}).value();
  same<6, 1>(mr::model::to_graph(forest, {.element = mr::tensor::dtype::f32}).value());

  mr::model::graph made;
  made.opsets.push_back({"", 21});
  const auto x = made.add_input("x", {.shape = {{{-1, "rows"}, {5, ""}}}});
  const auto w = made.add_constant("w", tensor_of({5, 40}, drawn(200, 2)));
  const auto v = made.add_constant("v", tensor_of({40, 3}, drawn(120, 3)));
  const auto sums = made.add_value("sums");
  const auto values = made.add_value("values");
  const auto out = made.add_value("y", mr::model::graph_type{.shape = {{{-1, "rows"}, {3, ""}}}});
  made.nodes.push_back({"a", "", "MatMul", {x, w}, {sums}, {}});
  made.nodes.push_back({"b", "", "Tanh", {sums}, {values}, {}});
  made.nodes.push_back({"c", "", "MatMul", {values, v}, {out}, {}});
  made.outputs = {out};
  same<5, 3>(made);
}

TEST_CASE("what ONNX Runtime refuses is an error with its words") {
  const std::vector<std::byte> damaged(40, std::byte{0xff});
  const auto made = engine::make(table(), damaged);
  REQUIRE(!made);
  CHECK(made.error().code() == mr::errc::corrupt);
  CHECK(made.error().message().starts_with("ONNX Runtime: the model: "));
}
