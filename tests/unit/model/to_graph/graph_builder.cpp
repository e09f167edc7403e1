#include <millrace/model/to_graph/graph_builder.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>

#include <limits>
#include <string>

namespace mr = millrace;
namespace mm = millrace::model;

namespace own {

/// A model of somebody else's.
struct doubled {
  static std::size_t inputs() { return 2; }
  static std::size_t outputs() { return 2; }
};
mm::graph_builder::value add_outputs(mm::graph_builder& to, const doubled&, mm::graph_builder::value rows) {
  return to.call("Mul", {to.real(rows), to.number(2)});
}

struct impossible {
  double number = 1;
  static std::size_t inputs() { return 1; }
  static std::size_t outputs() { return 1; }
};
mm::graph_builder::value add_outputs(mm::graph_builder& to, const impossible& of, mm::graph_builder::value rows) {
  to.refuse("a text");
  to.refuse("a time");
  to.refuse("a text");
  return to.call("Mul", {to.real(rows), to.number(of.number)});
}

}  // namespace own

static_assert(mm::becomes_graph<own::doubled>);
static_assert(!mm::becomes_graph<int>);

TEST_CASE("a model of one's own becomes a graph by a function beside it") {
  const auto made = mm::to_graph(own::doubled(), {.name = "twice"});
  REQUIRE(made);
  CHECK(made->name == "twice");
  CHECK(made->producer == "millrace");
  CHECK(made->version("") == 17);
  CHECK(made->version("ai.onnx.ml") == 0);
  REQUIRE(made->inputs.size() == 1);
  CHECK(made->values[made->inputs[0]].name == "rows");
  CHECK(made->values[made->outputs[0]].name == "outputs");
  CHECK(made->values[made->outputs[0]].type->dtype == mr::tensor::dtype::f64);
  CHECK((*made->values[made->outputs[0]].type->shape)[1].size == 2);
  const std::vector<float> rows{1, 2, 3, 4};
  CHECK(support::asked_of(*made, mm::matrix_view(rows, 2)) == std::vector<double>{2, 4, 6, 8});
  const auto rough = mm::to_graph(own::doubled(), {.element = mr::tensor::dtype::f32});
  REQUIRE(rough);
  CHECK(rough->values[rough->outputs[0]].type->dtype == mr::tensor::dtype::f32);
  CHECK(support::asked_of(*rough, mm::matrix_view(rows, 2)) == std::vector<double>{2, 4, 6, 8});
}

TEST_CASE("one error says all that a graph cannot have") {
  const auto made = mm::to_graph(own::impossible());
  REQUIRE(!made);
  CHECK(made.error().code() == mr::errc::unsupported);
  CHECK(made.error().message() == "graph of a model: a text; a time");
  const auto half = mm::to_graph(own::doubled(), {.element = mr::tensor::dtype::f16});
  REQUIRE(!half);
  CHECK(half.error().message() == "graph of a model: option element is neither f32 nor f64");
}

TEST_CASE("a number beyond floats is refused in floats, infinity is not") {
  mm::graph_builder to({.element = mr::tensor::dtype::f32});
  CHECK(to.narrowed(std::numeric_limits<double>::infinity()) == std::numeric_limits<float>::infinity());
  CHECK(to.narrowed(0.1) == 0.1F);
  to.number(1e39);
  const auto made = std::move(to).finish();
  REQUIRE(!made);
  CHECK(made.error().message() ==
        "graph of a model: a number of the model is beyond float; with option element f64 it is none");
}

TEST_CASE("floats are widened once, and the logistic function keeps its digits far below 0") {
  mm::graph_builder to({});
  const auto rows = to.add_input("rows", mr::tensor::dtype::f32, 1);
  CHECK(to.real(rows) == to.real(rows));
  to.add_output("outputs", to.logistic(to.real(rows)), 1);
  const auto made = std::move(to).finish();
  REQUIRE(made);
  const std::vector<float> numbers{-700, -40, 0, 40, std::numeric_limits<float>::quiet_NaN()};
  std::vector<double> expected;
  for (const float x : numbers) expected.push_back(1 / (1 + std::exp(-double{x})));
  support::check_alike(support::asked_of(*made, mm::matrix_view(numbers, 1)), expected, 1e-14);
}
