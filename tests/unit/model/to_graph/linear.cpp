#include <millrace/model/to_graph/linear.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/made_rows.hpp>

namespace mm = millrace::model;

namespace {

support::made_rows of_classes(unsigned classes) {
  return support::make_rows(400, 4, 3, [&](float* x, millrace::random_engine& random) {
    const double score = std::floor(support::a_number(x, random) + 1);
    return score < 0 ? 0 : score > classes - 1 ? classes - 1 : score;
  });
}

}  // namespace

TEST_CASE("linear models say the same as graphs") {
  const auto data = support::make_rows(300, 4, 2, support::a_number);
  const std::vector<float> rows = support::odd_rows(data.features);
  support::says_the_same(mm::linear_regression::fit(data.view(), data.targets).value(), rows, 1e-14);
  support::says_the_same(mm::ridge::fit(data.view(), data.targets).value(), rows, 1e-14);
  support::says_the_same(mm::sgd_linear::fit(data.view(), data.targets).value(), rows, 1e-14);
  support::says_the_same(mm::ftrl_linear::fit(data.view(), data.targets).value(), rows, 1e-14);
}

TEST_CASE("logistic models say the same as graphs") {
  const auto two = of_classes(2);
  const auto four = of_classes(4);
  const std::vector<float> rows = support::odd_rows(two.features);
  support::says_the_same(mm::sgd_logistic::fit(two.view(), two.targets).value(), rows);
  support::says_the_same(mm::ftrl_logistic::fit(two.view(), two.targets).value(), rows);
  support::says_the_same(mm::logistic_regression::fit(two.view(), two.targets).value(), rows);
  support::says_the_same(mm::logistic_regression::fit(four.view(), four.targets).value(), rows);
}

TEST_CASE("models of sparse rows are refused where a dense row would be too long") {
  const auto made = mm::to_graph(mm::ftrl_logistic::make((std::size_t{1} << 24) + 1).value());
  REQUIRE(!made);
  CHECK(made.error().message() == "graph of a model: dense rows of 16777217 columns");
}
