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
        "bind: 6 columns and 3 outputs are asked for, and the graph refuses them: input \"x\" is not of shape [1, 6]");
  CHECK(refusal<5, 2>(*engine, mr::errc::shape_mismatch) ==
        "bind: 5 columns and 2 outputs are asked for, and the graph makes [1, 3] of [1, 5], its output \"y\"");
  CHECK(refusal<5, 3>(*engine, mr::errc::invalid_argument, {.output = 2}) == "bind: the graph has 2 outputs, not 3");
  CHECK(refusal<5, 3>(*engine, mr::errc::invalid_argument, {.threads = 0}) ==
        "bind: option threads is not from 1 to 1024");
  auto made = graph();
  made.values[0].type->dtype = mr::tensor::dtype::f64;
  const auto doubles = mr::infer::graph_engine::make(made);
  REQUIRE(doubles);
  CHECK(refusal<5, 3>(*doubles, mr::errc::unsupported) ==
        "bind: 5 columns and 3 outputs are asked for, and the graph has an input that is not of floats");
}
