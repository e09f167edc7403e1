#include <millrace/model/combination/voting.hpp>

#include <millrace/model/bayes/gaussian_naive_bayes.hpp>
#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/model/linear/logistic_regression.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/trees/boosted_trees.hpp>

#include <laws/aggregator.hpp>
#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/made_rows.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::errc;
using mr::model::ballot;
using mr::model::boosted_trees;
using mr::model::linear_regression;
using mr::model::logistic_regression;
using mr::model::matrix_view;
using mr::model::ridge;
using mr::model::voting;

TEST_CASE("voting predicts the weighted mean of its models, on any number of rows") {
  const auto made = support::make_rows(500, 4, 1, support::two_classes);
  // [voting]
  using committee = mr::model::voting<mr::model::boosted_trees<>, mr::model::logistic_regression>;
  const auto fitted =
      committee::fit(made.view(), made.targets, {.models = {{.rounds = 20}, {.l2 = 0.1}}, .weights = {3, 1}});
  if (!fitted) throw std::runtime_error(fitted.error().describe());  // names the model by its place
  const double probability = (*fitted)(made.view().row(0));          // three quarters of it from the trees
  // [/voting]
  const auto trees = boosted_trees<>::fit(made.view(), made.targets, {.rounds = 20});
  const auto line = logistic_regression::fit(made.view(), made.targets, {.l2 = 0.1});
  REQUIRE(trees);
  REQUIRE(line);
  CHECK(probability == Approx(0.75 * (*trees)(made.view().row(0)) + 0.25 * (*line)(made.view().row(0))).epsilon(1e-15));
  laws::predicts(*fitted, made.view());
  laws::fits_the_same_again<committee>(made.view(), made.targets);
  std::vector<double> all(500);
  fitted->predict(made.view(), std::span(all));
  for (std::size_t i = 0; i < 500; ++i) CHECK(all[i] == (*fitted)(made.view().row(i)));
}

TEST_CASE("a majority gives each class the share of its votes") {
  const auto made = support::make_rows(300, 4, 1, [](const float* x, mr::random_engine&) {
    return x[0] > 0.3F ? 2 : x[1] > 0 ? 1 : 0;
  });
  using mr::model::gaussian_naive_bayes;
  using three = voting<logistic_regression, gaussian_naive_bayes, logistic_regression>;
  const auto fitted = three::fit(made.view(), made.targets, {.models = {{}, {}, {.l2 = 50}}, .how = ballot::majority});
  REQUIRE(fitted);
  REQUIRE(fitted->outputs() == 3);
  laws::predicts(*fitted, made.view());
  support::predicts_short_rows(*fitted, made.view());
  CHECK(std::isnan((*fitted)(made.view().row(0))));  // one number of three
  std::size_t divided = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    double expected[3] = {};
    mr::model::detail::for_each_model(fitted->models(), [&](const auto& model) {
      double out[3] = {};
      model.predict(made.view().row(i), std::span<double>(out));
      expected[out[2] > out[0] && out[2] > out[1] ? 2 : out[1] > out[0] ? 1 : 0] += 1.0 / 3;
    });
    double found[3] = {};
    fitted->predict(made.view().row(i), std::span<double>(found));
    for (std::size_t k = 0; k < 3; ++k) CHECK(found[k] == Approx(expected[k]).epsilon(1e-12).margin(1e-15));
    divided += found[0] < 0.9 && found[1] < 0.9 && found[2] < 0.9 ? 1U : 0U;
  }
  CHECK(divided > 5);
  // Of one output: class 1 from a half on.
  const auto two = support::make_rows(300, 4, 1, support::two_classes);
  const auto pair = voting<logistic_regression, boosted_trees<>>::fit(
      two.view(), two.targets, {.models = {{}, {.rounds = 10}}, .how = ballot::majority, .weights = {1, 3}});
  REQUIRE(pair);
  for (std::size_t i = 0; i < 300; ++i) {
    const bool first = std::get<0>(pair->models())(two.view().row(i)) >= 0.5;
    const bool second = std::get<1>(pair->models())(two.view().row(i)) >= 0.5;
    CHECK((*pair)(two.view().row(i)) == (first ? 0.25 : 0.0) + (second ? 0.75 : 0.0));
  }
}

TEST_CASE("voting refuses wrong weights, models of other shapes, and names the model that fails") {
  const auto made = support::make_rows(60, 4, 1, support::two_classes);
  using pair = voting<ridge, logistic_regression>;
  for (const auto& weights : {std::vector<double>{1},
                              {1, -1},
                              {0, 0},
                              {1, std::nan("")},
                              {1, 1, 1},
                              {1, std::numeric_limits<double>::infinity()}})
    CHECK(pair::fit(made.view(), made.targets, {.weights = weights}).error().code() == errc::invalid_argument);
  const auto zero = pair::fit(made.view(), made.targets, {.weights = {0, 2}});
  REQUIRE(zero);
  CHECK(zero->shares()[1] == 1);
  const auto bad = pair::fit(made.view(), made.targets, {.models = {{}, {.l2 = -1}}});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code() == errc::invalid_argument);
  CHECK_THAT(bad.error().describe(), ContainsSubstring("voting, model 1: "));
  const auto narrow = ridge::fit(matrix_view(made.features, 2), std::vector<float>(120, 1.0F));
  const auto wide = ridge::fit(made.view(), made.targets);
  REQUIRE(narrow);
  REQUIRE(wide);
  CHECK(voting<ridge, ridge>::make({*narrow, *wide}).error().code() == errc::shape_mismatch);
  const auto same = voting<ridge, ridge>::make({*wide, *wide});
  REQUIRE(same);
  CHECK((*same)(made.view().row(3)) == (*wide)(made.view().row(3)));
  auto rows = made;
  rows.features[13] = std::numeric_limits<float>::infinity();
  CHECK_THAT(pair::fit(rows.view(), made.targets).error().describe(), ContainsSubstring("row 3, column 1"));
}

TEST_CASE("voting is saved and loaded, and keeps the bytes of the first release") {
  const std::vector<float> rows{0, 1, 1, 0, 1, 1, 0, 0};
  const std::vector<float> targets{1, 2, 3, 0};
  using pair = voting<linear_regression, ridge>;
  const auto fitted = pair::fit(matrix_view(rows, 2), targets, {.weights = {1, 3}});
  REQUIRE(fitted);
  const auto old = pair::load(support::golden("model/voting.bin"));
  REQUIRE(old);
  CHECK(old->save() == support::golden("model/voting.bin"));
  const std::vector<float> row{0.5F, 0.25F};
  CHECK((*old)(row) == Approx((*fitted)(row)).epsilon(1e-12));
  support::saves_and_loads_model(*fitted, row);
  CHECK(voting<ridge, ridge>::load(old->save()).error().code() == errc::type_mismatch);
  CHECK_THAT((voting<ridge, ridge>::load(old->save()).error().describe()), ContainsSubstring("model 0"));
}
