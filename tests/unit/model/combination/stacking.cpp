#include <millrace/model/combination/stacking.hpp>

#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/model/linear/logistic_regression.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/trees/boosted_trees.hpp>
#include <millrace/model/trees/random_forest.hpp>
#include <millrace/model/validation/regression.hpp>

#include <laws/aggregator.hpp>
#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/made_rows.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::errc;
using mr::model::linear_regression;
using mr::model::logistic_regression;
using mr::model::matrix_view;
using mr::model::ridge;
using mr::model::stacking;

namespace {

/// What both models of these tests have: a shape, predictions one by one, and a saved form of one number.
template <class Own>
struct simple_model {
  struct options_type {};
  std::size_t columns = 0;
  std::size_t inputs() const noexcept { return columns; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    out[0] = static_cast<const Own&>(*this)(row);
  }
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = static_cast<const Own&>(*this)(rows.row(i));
  }
  std::vector<std::byte> save() const {
    mr::envelope_writer to("simple_model");
    to.u64(columns);
    return std::move(to).finish();
  }
  static mr::result<Own> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "simple_model");
    if (!from) return std::move(from).error();
    Own made;
    made.columns = static_cast<std::size_t>(from->u64());
    return made;
  }
};

/// Knows its rows by heart: 1 for a row that it was fitted on, 0 for any other.
struct by_heart : simple_model<by_heart> {
  std::vector<float> known;
  static mr::result<by_heart> fit(const matrix_view& rows, std::span<const float>, const options_type& = {},
                                  std::span<const float> = {}) {
    by_heart made;
    made.columns = rows.columns();
    for (std::size_t i = 0; i < rows.rows(); ++i) made.known.push_back(rows(i, 0));
    return made;
  }
  double operator()(std::span<const float> row) const noexcept {
    for (const float x : known)
      if (x == row[0]) return 1;
    return 0;
  }
};

/// Remembers what it was fitted on.
struct witness : simple_model<witness> {
  std::vector<float> seen;
  std::vector<float> targets;
  std::vector<float> weights;
  static mr::result<witness> fit(const matrix_view& rows, std::span<const float> targets, const options_type& = {},
                                 std::span<const float> weights = {}) {
    witness made;
    made.columns = rows.columns();
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (const float x : rows.row(i)) made.seen.push_back(x);
    made.targets.assign(targets.begin(), targets.end());
    made.weights.assign(weights.begin(), weights.end());
    return made;
  }
  double operator()(std::span<const float> row) const noexcept { return static_cast<double>(row[0]); }
};

/// Refuses a row whose first column is 7, unless it sees all thirty; its outputs are the first column, infinite for 8.
struct no_sevens : simple_model<no_sevens> {
  double operator()(std::span<const float> row) const noexcept {
    return row[0] == 8 ? std::numeric_limits<double>::infinity() : double{row[0]};
  }
  static mr::result<no_sevens> fit(const matrix_view& rows, std::span<const float>, const options_type& = {},
                                   std::span<const float> = {}) {
    for (std::size_t i = 0; i < rows.rows() && rows.rows() < 30; ++i)
      if (rows(i, 0) == 7) return mr::error(errc::invalid_data, "row " + std::to_string(i) + " is a seven");
    no_sevens made;
    made.columns = rows.columns();
    return made;
  }
};

}  // namespace

TEST_CASE("the last model of a stack sees no prediction for a row that its model was fitted on") {
  const auto made = support::make_rows(103, 3, 1, support::a_number);
  std::vector<float> weights(103, 1.0F);
  weights[7] = 0.5F;
  const auto fitted = stacking<witness, by_heart, linear_regression>::fit(made.view(), made.targets, {}, weights);
  REQUIRE(fitted);
  const witness& last = fitted->last();
  REQUIRE(last.seen.size() == 2 * 103);
  std::vector<std::size_t> order;
  const auto folds = mr::model::k_fold(103, 5, 1);
  for (const auto& fold : *folds) order.insert(order.end(), fold.test.begin(), fold.test.end());
  for (std::size_t i = 0; i < 103; ++i) {
    CHECK(last.seen[2 * i] == 0);
    CHECK(last.targets[i] == made.targets[order[i]]);
    CHECK(last.weights[i] == weights[order[i]]);
  }
  // Those of linear regression are its predictions outside the first fold.
  const auto train = (*folds)[0].train;
  const auto rows = mr::model::gather_rows(made.view(), train);
  const auto outside = linear_regression::fit(matrix_view(rows, 3), mr::model::gather(made.targets, train), {},
                                              mr::model::gather(weights, train));
  REQUIRE(outside);
  for (std::size_t i = 0; i < (*folds)[0].test.size(); ++i)
    CHECK(last.seen[2 * i + 1] == static_cast<float>((*outside)(made.view().row(order[i]))));
  // In the end the models know all rows.
  CHECK((*fitted)(made.view().row(0)) == 1);
}

TEST_CASE("a stack of a line and trees is better than either") {
  const auto both = [](const float* x, mr::random_engine& random) {
    return 3 * static_cast<double>(x[0]) + (x[1] * x[2] > 0 ? 1.0 : 0.0) + 0.2 * random.uniform();
  };
  const auto train = support::make_rows(600, 4, 1, both);
  const auto test = support::make_rows(600, 4, 2, both);
  // [stacking]
  using stack = mr::model::stacking<mr::model::ridge, mr::model::linear_regression, mr::model::random_forest>;
  const auto fitted = stack::fit(train.view(), train.targets, {.models = {{}, {.trees = 30}}, .folds = 5, .seed = 3});
  if (!fitted) throw std::runtime_error(fitted.error().describe());  // names the fold and the model
  std::vector<double> predictions(test.rows());
  fitted->predict(test.view(), predictions);
  // [/stacking]
  const double error = *mr::model::mse(test.targets, predictions);
  mr::model::detail::for_each_model(fitted->models(), [&](const auto& model) {
    std::vector<double> alone(test.rows());
    model.predict(test.view(), std::span(alone));
    CHECK(error < *mr::model::mse(test.targets, alone));
  });
  laws::predicts(*fitted, test.view());
  using short_stack = stacking<ridge, linear_regression>;
  laws::fits_the_same_again<short_stack>(train.view(), train.targets);
  mr::model::threads three(3);
  const auto together = short_stack::fit(train.view(), train.targets, {}, {}, three);
  REQUIRE(together);
  CHECK(together->save() == short_stack::fit(train.view(), train.targets)->save());
  const auto other = short_stack::fit(train.view(), train.targets, {.seed = 9});
  CHECK(other->save() != short_stack::fit(train.view(), train.targets)->save());
}

TEST_CASE("a stack by classes, by folds of one's own, and of models with several outputs") {
  const auto made = support::make_rows(200, 4, 1, [](const float* x, mr::random_engine&) {
    return x[0] > 0.3F ? 2 : x[1] > 0 ? 1 : 0;
  });
  using stack = stacking<logistic_regression, logistic_regression, ridge>;
  const auto fitted = stack::fit(made.view(), made.targets, {.stratified = true});
  REQUIRE(fitted);
  CHECK(fitted->outputs() == 3);
  CHECK(fitted->last().inputs() == 4);
  laws::predicts(*fitted, made.view());
  support::predicts_short_rows(*fitted, made.view());
  CHECK(std::isnan((*fitted)(made.view().row(0))));  // one number of three
  support::predicts_short_rows(stacking<ridge, linear_regression>::fit(made.view(), made.targets, {.folds = 3}).value(),
                               made.view());
  const auto folds = mr::model::time_split(200, {.folds = 3});
  REQUIRE(folds);
  const auto in_time = stacking<witness, by_heart>::fit(made.view(), made.targets, {.own_folds = *folds});
  REQUIRE(in_time);
  CHECK(in_time->last().seen.size() == 150);
  for (const float x : in_time->last().seen) CHECK(x == 0);
}

TEST_CASE("a stack refuses bad folds, and names the fold and the model that fails") {
  const auto made = support::make_rows(30, 3, 1, support::a_number);
  using stack = stacking<ridge, linear_regression, ridge>;
  CHECK(stack::fit(made.view(), made.targets, {.folds = 1}).error().code() == errc::invalid_argument);
  CHECK(stack::fit(made.view(), made.targets, {.stratified = true}).error().code() == errc::out_of_range);
  CHECK(stack::fit(made.view(), made.targets, {.own_folds = {{{0, 1}, {30}}}}).error().code() == errc::out_of_range);
  CHECK(stack::fit(made.view(), std::vector<float>{1}).error().code() == errc::shape_mismatch);
  const auto option = stack::fit(made.view(), made.targets, {.models = {{}, {.l2 = -1}}});
  CHECK_THAT(option.error().describe(), ContainsSubstring("stacking, model 1: "));
  const auto last = stack::fit(made.view(), made.targets, {.last = {.l2 = -1}});
  CHECK_THAT(last.error().describe(), ContainsSubstring("the last model"));
  // A class that stands in one fold alone.
  std::vector<float> labels(30, 0.0F);
  labels[0] = 1;
  const auto rare = stacking<ridge, logistic_regression>::fit(made.view(), labels);
  REQUIRE_FALSE(rare);
  CHECK_THAT(rare.error().describe(), ContainsSubstring("fold "));
  labels[1] = 2;
  const auto other =
      stacking<ridge, logistic_regression>::fit(made.view(), labels, {.own_folds = {{{0, 2, 3, 4, 5}, {1}}}});
  CHECK(other.error().code() == errc::shape_mismatch);
  CHECK_THAT(other.error().describe(), ContainsSubstring("fold 0"));
  auto rows = made;
  rows.features[13] = std::nanf("");
  CHECK_THAT(stack::fit(rows.view(), made.targets).error().describe(), ContainsSubstring("row 4, column 1"));
  CHECK(stack::fit(matrix_view(rows.features.data(), 0, 3), {}).error().code() == errc::invalid_argument);
}

TEST_CASE("errors of a stack number rows as the caller does") {
  auto made = support::make_rows(30, 3, 1, support::a_number);
  using stack = stacking<ridge, no_sevens>;
  for (const std::size_t row : {std::size_t{0}, std::size_t{11}, std::size_t{29}}) {
    for (const float odd : {7.0F, 8.0F}) {
      auto rows = made;
      rows.features[3 * row] = odd;
      for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const auto refused = stack::fit(rows.view(), rows.targets, {.folds = 5, .seed = seed});
        REQUIRE_FALSE(refused);
        CHECK_THAT(refused.error().describe(),
                   ContainsSubstring("row " + std::to_string(row) + (odd == 7 ? " is" : ",")));
        CHECK_THAT(refused.error().describe(), ContainsSubstring(odd == 7 ? "stacking, fold " : "the last model"));
      }
    }
  }
}

TEST_CASE("a stack is saved and loaded, and keeps the bytes of the first release") {
  const std::vector<float> rows{0, 1, 1, 0, 1, 1, 0, 0, 2, 1, 1, 2};
  const std::vector<float> targets{1, 2, 3, 0, 5, 4};
  using stack = stacking<ridge, linear_regression, ridge>;
  const auto fitted = stack::fit(matrix_view(rows, 2), targets, {.folds = 3});
  REQUIRE(fitted);
  const auto old = stack::load(support::golden("model/stacking.bin"));
  REQUIRE(old);
  CHECK(old->save() == support::golden("model/stacking.bin"));
  const std::vector<float> row{0.5F, 0.25F};
  CHECK((*old)(row) == Approx((*fitted)(row)).epsilon(1e-6));
  support::saves_and_loads_model(*fitted, row);
}
