#include <millrace/model/linear/sgd_linear.hpp>

#include <millrace/model/linear/ridge.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace mr = millrace;
using mr::model::matrix_view;
using mr::model::sgd_linear;
using mr::model::sgd_schedule;

namespace {

const matrix_view all(linear_reference::scaled, 5);

std::vector<float> targets_near_zero() {
  auto made = linear_reference::targets;
  for (float& y : made) y = (y - 1000) / 4;
  return made;
}

}  // namespace

TEST_CASE("each sample's step is the one with the error after it") {
  const auto targets = targets_near_zero();
  auto model = sgd_linear::make(5, {.rate = 0.3, .schedule = sgd_schedule::constant, .l2 = 0.02});
  REQUIRE(model);
  std::vector<double> w(5);
  double b = 0;
  for (std::size_t i = 0; i < 60; ++i) {
    double score = b;
    double square = 1;
    for (std::size_t j = 0; j < 5; ++j) {
      score += w[j] * static_cast<double>(all(i, j));
      square += static_cast<double>(all(i, j)) * static_cast<double>(all(i, j));
    }
    const double rate = 0.3 * static_cast<double>(linear_reference::weights[i]);
    const double error = static_cast<double>(targets[i]) - score;
    const double step = rate * error / (1 + rate * square);
    CHECK(step == Approx(rate * (error - step * square)));
    for (std::size_t j = 0; j < 5; ++j) w[j] = w[j] / (1 + 0.02 * rate) + step * static_cast<double>(all(i, j));
    b += step;
    CHECK(model->partial_fit(all.row(i), targets[i], linear_reference::weights[i]) == Approx(score));
  }
  support::check_close(model->coefficients(), w, 1e-13);
  CHECK(model->intercept() == Approx(b));
}

TEST_CASE("many epochs with a falling rate come near ridge") {
  const auto targets = targets_near_zero();
  const auto best = mr::model::ridge::fit(all, targets, {.l2 = 3});
  const auto found = sgd_linear::fit(
      all, targets, {.rate = 1, .schedule = sgd_schedule::inverse, .decay = 0.05, .l2 = 3.0 / 60, .epochs = 3000});
  REQUIRE(best);
  REQUIRE(found);
  for (std::size_t j = 0; j < 5; ++j) CHECK(found->coefficients()[j] == Approx(best->coefficients()[j]).margin(0.01));
  CHECK(found->intercept() == Approx(best->intercept()).margin(0.01));
}

TEST_CASE("no rate is too large, and no feature") {
  for (const double rate : {10.0, 1e6, 1e300}) {
    auto model = sgd_linear::make(2, {.rate = rate, .schedule = sgd_schedule::constant});
    REQUIRE(model);
    mr::random_engine random(3);
    for (int i = 0; i < 1000; ++i) {
      const std::vector<float> row{static_cast<float>(1000 * random.normal()), static_cast<float>(random.normal())};
      model->partial_fit(row, 3 * row[0] - row[1] + 2);
    }
    CHECK(model->coefficients()[0] == Approx(3).epsilon(0.01));
    CHECK(std::abs((*model)(std::vector<float>{1, 1})) < 10);
  }
  auto model = sgd_linear::make(2);
  REQUIRE(model);
  const float most = (std::numeric_limits<float>::max)();
  const std::vector<float> row{most, most / 2};
  for (int i = 0; i < 100; ++i) model->partial_fit(row, i % 2 == 0 ? most : -most);
  for (const double c : model->coefficients()) CHECK(std::isfinite(c));
  CHECK(model->skipped() == 0);
}

TEST_CASE("samples with NaN or infinity are left out and counted") {
  auto model = sgd_linear::make(2);
  REQUIRE(model);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {nan, infinity, -infinity}) {
    CHECK(std::isnan(model->partial_fit(std::vector<float>{1, bad}, 1)));
    CHECK(std::isnan(model->partial_fit(std::vector<float>{1, 1}, bad)));
    CHECK(std::isnan(model->partial_fit(std::vector<float>{1, 1}, 1, bad)));
  }
  CHECK(std::isnan(model->partial_fit(std::vector<float>{1, 1}, 1, -1)));
  CHECK(model->skipped() == 10);
  CHECK(model->count() == 0);
  CHECK((*model)(std::vector<float>{1, 1}) == 0);
  if (support::counts_allocations) {
    const std::vector<float> row{1, 2};
    CHECK(support::allocations_of([&] { model->partial_fit(row, 3); }) == 0);
  }
}

TEST_CASE("sgd_linear predicts row by row, saves and loads, and goes on") {
  const auto targets = targets_near_zero();
  auto fitted = sgd_linear::fit(all, targets, {.l2 = 0.01}, linear_reference::weights);
  REQUIRE(fitted);
  support::predicts_one_by_one(*fitted, all);
  support::predicts_short_rows(*fitted, all);
  support::saves_and_loads_model(*fitted, all.row(1));
  auto loaded = sgd_linear::load(fitted->save());
  REQUIRE(loaded);
  for (std::size_t i = 0; i < 60; ++i)
    CHECK(fitted->partial_fit(all.row(i), targets[i]) == loaded->partial_fit(all.row(i), targets[i]));
  CHECK(fitted->save() == loaded->save());
}

TEST_CASE("sgd_linear loads the bytes of the first release") {
  auto model = sgd_linear::make(2, {.rate = 0.5, .schedule = sgd_schedule::constant});
  REQUIRE(model);
  model->partial_fit(std::vector<float>{1, -2}, 8);  // 1/2 * 8 / (1 + 1/2 * 6): a step of 1
  const auto old = support::from_golden("model/sgd_linear.bin", *model);
  CHECK(old.coefficients()[1] == -2);
  CHECK(old.intercept() == 1);
}

TEST_CASE("sgd_linear refuses what is no training data, and options that are none") {
  const auto numbers = support::exact_rows(10, 3);
  const auto targets = support::exact_rows(10, 1, 4);
  support::refuses_bad_rows([&](const matrix_view& r) { return sgd_linear::fit(r, targets); }, numbers, 3);
  support::refuses_bad_targets(
      [&](const std::vector<float>& y, const std::vector<float>& w) {
        return sgd_linear::fit(matrix_view(numbers, 3), y, {}, w);
      },
      targets);
  CHECK(sgd_linear::make(3, {.rate = -1}).error().code() == mr::errc::invalid_argument);
  CHECK(sgd_linear::fit(matrix_view(numbers, 3), targets, {.l2 = -1}).error().code() == mr::errc::invalid_argument);
}
