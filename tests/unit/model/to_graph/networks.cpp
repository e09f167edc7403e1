#include <millrace/model/to_graph/networks.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/made_rows.hpp>

#include <cmath>
#include <vector>

namespace mm = millrace::model;

namespace {

support::made_rows of_classes(unsigned classes) {
  return support::make_rows(200, 5, 7, [&](float* x, millrace::random_engine& random) {
    const double score = std::floor(support::a_number(x, random) + 1);
    return score < 0 ? 0 : score > classes - 1 ? classes - 1 : score;
  });
}

}  // namespace

TEST_CASE("networks of every function say the same as graphs") {
  const auto data = of_classes(2);
  const std::vector<float> rows = support::odd_rows(data.features, false);
  for (const auto function : {mm::activation::identity, mm::activation::relu, mm::activation::leaky_relu,
                              mm::activation::tanh, mm::activation::sigmoid, mm::activation::gelu}) {
    INFO(mm::to_string(function));
    const auto model = mm::mlp<>::fit(data.view(), data.targets, {.hidden = {9, 4}, .function = function, .epochs = 4});
    REQUIRE(model);
    support::says_the_same(*model, rows, 1e-6);
  }
}

TEST_CASE("networks of several classes and of numbers, with scales or without, say the same as graphs") {
  const auto four = of_classes(4);
  const std::vector<float> rows = support::odd_rows(four.features, false);
  const auto classes =
      mm::mlp<mm::softmax_loss>::fit(four.view(), four.targets, {.hidden = {8}, .epochs = 4}, {}, mm::softmax_loss(4));
  REQUIRE(classes);
  support::says_the_same(*classes, rows, 1e-6);
  auto numbers = support::make_rows(200, 5, 8, support::a_number);
  for (float& y : numbers.targets) y = 100 + 20 * y;  // of which offset and spread make something
  for (const bool standardize : {true, false}) {
    const auto model = mm::mlp<mm::squared_loss>::fit(numbers.view(), numbers.targets,
                                                      {.hidden = {8}, .epochs = 4, .standardize = standardize});
    REQUIRE(model);
    CHECK(model->means().empty() != standardize);
    support::says_the_same(*model, rows, 1e-4);
  }
}

TEST_CASE("a layer's numbers are where a graph finds them") {
  const std::vector<float> weights{1, 2, 3, 4, 5, 6};  // of two inputs in three units
  const std::vector<float> bias{0.5F, 0, -1};
  const std::vector<float> last{1, 1, 1};
  const std::vector<float> none{0};
  const mm::mlp_layer layers[] = {{weights, bias, mm::activation::relu}, {last, none, mm::activation::identity}};
  const auto model = mm::mlp<mm::squared_loss>::make(2, layers).value();
  CHECK(model.weight(0, 1, 0) == 4);
  CHECK(model.bias(0, 2) == -1);
  CHECK(model.spread() == 1);
  CHECK(model.offsets()[0] == 0);
  const std::vector<float> rows{1, 1, -1, 0, 0, 1};
  CHECK(support::asked_of(mm::to_graph(model).value(), mm::matrix_view(rows, 2)) ==
        std::vector<double>{5.5 + 7 + 8, 0, 4.5 + 5 + 5});
}

TEST_CASE("a row with NaN has NaN from a network's graph, whatever an engine's operators make of it") {
  const auto data = of_classes(2);
  const auto model = mm::mlp<>::fit(data.view(), data.targets, {.hidden = {4}, .epochs = 1}).value();
  const std::vector<float> row{0, 0, std::nanf(""), 0, 0};
  CHECK(std::isnan(support::asked_of(mm::to_graph(model).value(), mm::matrix_view(row, 5))[0]));
}
