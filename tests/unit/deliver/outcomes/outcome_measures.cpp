#include <millrace/deliver/outcomes/outcome_measures.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace md = millrace::deliver;

namespace {

void update(md::outcome_measures& to, const std::string& version, double output, double label) {
  const double outputs[] = {1 - output, output};
  to.update({{.id = "x", .model = "fraud", .version = version, .outputs = outputs}, label, 0});
}

}  // namespace

TEST_CASE("outcome_measures: each version has figures of its own") {
  md::outcome_measures measured({.output = 1});
  // AUC by hand: of the four pairs of a fraud and no fraud three are in the right order.
  update(measured, "7", 0.9, 1);
  update(measured, "7", 0.4, 1);
  update(measured, "7", 0.5, 0);
  update(measured, "7", 0.1, 0);
  update(measured, "8", 0.5, 1);
  const auto figures = measured.figures();
  REQUIRE(figures.size() == 2);
  CHECK(figures[0].rows == 4);
  CHECK(figures[0].roc_auc == 0.75);
  const double loss = -(std::log(0.9) + std::log(0.4) + std::log(0.5) + std::log(0.9)) / 4;
  CHECK(figures[0].log_loss == Approx(loss));
  CHECK(figures[0].mean_loss == Approx(loss));
  CHECK(figures[0].brier_score == Approx((0.01 + 0.36 + 0.25 + 0.01) / 4));
  CHECK(figures[0].calibration_error == Approx((0.1 + 0.6 + 0.5 + 0.1) / 4));
  CHECK(std::isnan(figures[1].roc_auc));
  CHECK_THAT(measured.summary(), ContainsSubstring("fraud 7 (stable): 4 outcomes") && ContainsSubstring("AUC 0.75"));
}

TEST_CASE("outcome_measures: numbers are measured by their squared error") {
  md::outcome_measures measured;
  const double outputs[] = {10};
  measured.update({{.id = "x", .outputs = outputs}, 13, 0});
  const auto figures = measured.figures();
  CHECK(figures[0].mean_loss == 9);
  CHECK(figures[0].rmse == 3);
  CHECK(std::isnan(figures[0].brier_score));
  CHECK_THAT(measured.summary(), ContainsSubstring("RMSE 3"));
}

TEST_CASE("outcome_measures: what cannot be measured is counted") {
  md::outcome_measures measured({.max_models = 1});
  const double none = std::numeric_limits<double>::quiet_NaN();
  update(measured, "7", none, 1);
  update(measured, "7", 0.5, none);
  update(measured, "7", 0.5, 1e300);
  measured.update({{.id = "x"}, 1, 0});
  CHECK(measured.skipped() == 4);
  update(measured, "7", 0.5, 1);
  update(measured, "8", 0.5, 1);
  CHECK(measured.dropped() == 1);
  CHECK(measured.figures().size() == 1);
}
