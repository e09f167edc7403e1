#include <millrace/model/pipeline/explanation.hpp>

#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <support/catch.hpp>
#include <support/payments.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;
using support::payment;

namespace {

/// Reasons, rest and base are the score, whatever the number of reasons; the reasons go by size; and all columns of a
/// transform count together: asked for all, each transform has one reason.
template <class Pipeline>
void explains_what_it_answers(const Pipeline& fitted, const std::vector<payment>& events, std::size_t output = 0) {
  auto why = fitted.explains(output);
  for (const payment& event : events) {
    for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{99}}) {
      const mm::explanation found = why(event, most);
      REQUIRE_FALSE(found.refused);
      CHECK(found.reasons.size() == (most < 3 ? most : 3));
      double sum = found.base + found.rest;
      for (std::size_t i = 0; i < found.reasons.size(); ++i) {
        sum += found.reasons[i].amount;
        if (i > 0) CHECK(std::abs(found.reasons[i - 1].amount) >= std::abs(found.reasons[i].amount));
      }
      CHECK(sum == Approx(found.score).margin(1e-9));
      if (most >= 3) CHECK(found.rest == 0);
    }
    CHECK(fitted.explain(event, 2, output).score == why(event, 2).score);
  }
}

}  // namespace

TEST_CASE("a pipeline's reasons and its base sum to the model's score, for trees and for linear models") {
  const auto past = support::make_payments(400);
  const std::vector<payment> asked(past.begin(), past.begin() + 20);
  const auto fitted = [&](auto step) {
    auto made = mm::pipeline_of(support::payment_features(), step).fit(past, &payment::is_fraud);
    REQUIRE(made);
    return *std::move(made);
  };
  const auto boosted = fitted(mm::trained_by<mm::boosted_trees<>>({.rounds = 20, .leaves = 7}));
  explains_what_it_answers(boosted, asked);
  // The score is log odds, of which the answer is the logistic function.
  CHECK(1 / (1 + std::exp(-boosted.explain(past[0]).score)) == Approx(boosted(past[0]).value).epsilon(1e-12));
  explains_what_it_answers(fitted(mm::trained_by<mm::random_forest>({.trees = 20})), asked);
  explains_what_it_answers(fitted(mm::trained_by<mm::ridge>()), asked);
  explains_what_it_answers(fitted(mm::trained_by<mm::logistic_regression>({.l2 = 1})), asked);

  const auto ages = [](const payment& of) { return of.age.value_or(50) < 30 ? 2 : of.is_fraud ? 1 : 0; };
  auto several =
      mm::pipeline_of(support::payment_features(), mm::trained_by<mm::logistic_regression>({.l2 = 1})).fit(past, ages);
  REQUIRE(several);
  for (const std::size_t output : {0U, 1U, 2U}) explains_what_it_answers(*several, asked, output);
}

TEST_CASE("a pipeline of an isolation forest says which features make an event unusual") {
  const auto past = support::make_payments(400);
  const auto fitted =
      mm::pipeline_of(support::lenient_features(), mm::trained_by<mm::isolation_forest>({.trees = 30})).fit(past);
  REQUIRE(fitted);
  explains_what_it_answers(*fitted, std::vector<payment>(past.begin(), past.begin() + 20));
  const payment odd{1e6, "DE", 40};
  const auto found = fitted->explain(odd, 1);
  CHECK(-std::exp2(found.score) == Approx((*fitted)(odd)));
  CHECK(found.reasons.at(0).feature == "amount");
  CHECK(found.reasons[0].amount > 0);
}

TEST_CASE("what is explained of a random forest is what it predicts, of a calibrated pipeline the model's score") {
  const auto past = support::make_payments(400);
  const auto forest =
      mm::pipeline_of(support::payment_features(), mm::trained_by<mm::random_forest>()).fit(past, &payment::is_fraud);
  REQUIRE(forest);
  CHECK(forest->explain(past[3]).score == Approx((*forest)(past[3]).value));
  const auto calibrated =
      mm::pipeline_of(support::payment_features(), mm::trained_by<mm::random_forest>(), mm::calibrated_by<mm::platt>())
          .fit(past, &payment::is_fraud);
  REQUIRE(calibrated);
  CHECK(calibrated->calibration()(calibrated->explain(past[3]).score) == Approx((*calibrated)(past[3]).value));
}

TEST_CASE("a pipeline's reasons add up the columns of a category") {  // h2o-3#15644
  const auto past = support::make_payments(300);
  const auto fitted =
      mm::pipeline_of(support::payment_features(), mm::trained_by<mm::ridge>()).fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  float row[decltype(support::payment_features())::width];
  REQUIRE_FALSE(fitted->features()(past[3], row));
  double adds[sizeof row / sizeof *row];
  fitted->model().contributions(row, adds);
  for (const auto& [feature, amount] : fitted->explain(past[3]).reasons)
    if (feature == "country") CHECK(amount == Approx(adds[1] + adds[2] + adds[3] + adds[4]));
}

TEST_CASE("a refused event has no reasons") {
  const auto past = support::make_payments(300);
  const auto fitted =
      mm::pipeline_of(support::payment_features(), mm::trained_by<mm::ridge>()).fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  const auto found = fitted->explain({std::nan(""), "DE", 3});
  CHECK(found.refused.column == "amount");
  CHECK(found.reasons.empty());
  CHECK(std::isnan(found.score));
}

TEST_CASE("a pipeline's importance is the model's, by feature") {
  const auto past = support::make_payments(400);
  const auto fitted =
      mm::pipeline_of(support::payment_features(), mm::trained_by<mm::boosted_trees<>>({.rounds = 20, .leaves = 7}))
          .fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  const auto shares = fitted->importance();
  REQUIRE(shares.size() == 3);
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    sum += shares[i].amount;
    if (i > 0) CHECK(shares[i - 1].amount >= shares[i].amount);
    if (shares[i].feature != "country") continue;
    const auto columns = fitted->model().importance();
    CHECK(shares[i].amount == Approx(columns[1] + columns[2] + columns[3] + columns[4]));
  }
  CHECK(sum == Approx(1));
}
