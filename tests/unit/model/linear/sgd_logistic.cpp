#include <millrace/model/linear/sgd_logistic.hpp>

#include <millrace/model/linear/logistic_regression.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::model::matrix_view;
using mr::model::sgd_logistic;
using mr::model::sgd_schedule;

namespace {

const matrix_view all(linear_reference::scaled, 5);

/// Samples of a known model: score = x0 - 2 x1 + 0.5.
struct stream {
  mr::random_engine random{9};
  std::vector<float> row = std::vector<float>(3);
  float label = 0;
  void next() {
    for (float& x : row) x = static_cast<float>(random.normal());
    const double score = static_cast<double>(row[0]) - 2 * static_cast<double>(row[1]) + 0.5;
    label = random.uniform() < 1 / (1 + std::exp(-score)) ? 1.0F : 0.0F;
  }
};

}  // namespace

TEST_CASE("the guide's model that learns sample by sample") {
  stream orders;
  // [sgd_logistic]
  auto model = mr::model::sgd_logistic::make(3, {.rate = 0.2});
  if (!model) throw std::runtime_error(model.error().describe());
  double loss = 0;
  for (int i = 0; i < 1000; ++i) {
    orders.next();
    const double p = model->partial_fit(orders.row, orders.label);  // predicted before the label was seen
    loss -= std::log(orders.label == 1 ? p : 1 - p);                // so this is an honest loss
  }
  // [/sgd_logistic]
  CHECK(loss / 1000 < 0.55);
}

TEST_CASE("each sample moves the coefficients as the formula says") {
  for (const auto schedule : {sgd_schedule::constant, sgd_schedule::inverse_root, sgd_schedule::inverse}) {
    const mr::model::sgd_options with{.rate = 0.3, .schedule = schedule, .decay = 0.1, .l2 = 0.02};
    auto model = sgd_logistic::make(5, with);
    REQUIRE(model);
    std::vector<double> w(5);
    double b = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      double score = b;
      for (std::size_t j = 0; j < 5; ++j) score += w[j] * static_cast<double>(all(i, j));
      const double fall = 1 + 0.1 * static_cast<double>(i);
      double rate = 0.3;
      if (schedule == sgd_schedule::inverse_root) rate /= std::sqrt(fall);
      if (schedule == sgd_schedule::inverse) rate /= fall;
      rate *= static_cast<double>(linear_reference::weights[i]);
      const double probability = 1 / (1 + std::exp(-score));
      const double step = rate * (static_cast<double>(linear_reference::two_classes[i]) - probability);
      for (std::size_t j = 0; j < 5; ++j) w[j] = w[j] / (1 + 0.02 * rate) + step * static_cast<double>(all(i, j));
      b += step;
      CHECK(model->partial_fit(all.row(i), linear_reference::two_classes[i], linear_reference::weights[i]) ==
            Approx(probability));
    }
    support::check_close(model->coefficients(), w, 1e-13);
    CHECK(model->intercept() == Approx(b));
    CHECK(model->count() == 60);
    CHECK(model->score(all.row(3)) == Approx(std::log((*model)(all.row(3)) / (1 - (*model)(all.row(3))))));
  }
}

TEST_CASE("a stream of samples leads to the model that made it") {
  stream from;
  auto model = sgd_logistic::make(3, {.rate = 0.2, .schedule = sgd_schedule::inverse, .decay = 0.001});
  REQUIRE(model);
  for (int i = 0; i < 100'000; ++i) {
    from.next();
    model->partial_fit(from.row, from.label);
  }
  CHECK(model->coefficients()[0] == Approx(1).margin(0.1));
  CHECK(model->coefficients()[1] == Approx(-2).margin(0.1));
  CHECK(model->coefficients()[2] == Approx(0).margin(0.1));
  CHECK(model->intercept() == Approx(0.5).margin(0.1));
}

TEST_CASE("many epochs with a falling rate come near the optimum of logistic regression") {
  const auto best = mr::model::logistic_regression::fit(all, linear_reference::two_classes, {.l2 = 3});
  const auto found =
      sgd_logistic::fit(all, linear_reference::two_classes,
                        {.rate = 1, .schedule = sgd_schedule::inverse, .decay = 0.05, .l2 = 3.0 / 60, .epochs = 2000});
  REQUIRE(best);
  REQUIRE(found);
  for (std::size_t j = 0; j < 5; ++j) CHECK(found->coefficients()[j] == Approx(best->coefficients()[j]).margin(0.01));
  CHECK(found->intercept() == Approx(best->intercept()).margin(0.01));
  const auto again = sgd_logistic::fit(all, linear_reference::two_classes, {.seed = 7});
  CHECK(again->save() == sgd_logistic::fit(all, linear_reference::two_classes, {.seed = 7})->save());
  CHECK(again->save() != sgd_logistic::fit(all, linear_reference::two_classes, {.seed = 8})->save());
  CHECK(sgd_logistic::fit(all, linear_reference::two_classes, {.intercept = false})->intercept() == 0);
}

TEST_CASE("samples that cannot be used change nothing and are counted") {
  stream from;
  auto model = sgd_logistic::make(3);
  REQUIRE(model);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  std::uint64_t bad = 0;
  // Of a new model, whose coefficients are 0, and of one that has learnt.
  for (int round = 0; round < 2; ++round) {
    for (std::size_t j = 0; j < 3; ++j)
      for (const float x : {nan, infinity, -infinity}) {
        auto row = from.row;
        row[j] = x;
        CHECK(std::isnan(model->partial_fit(row, 1)));
        ++bad;
      }
    for (const float label : {nan, infinity, 2.0F, -1.0F, 0.5F}) {
      CHECK(std::isnan(model->partial_fit(from.row, label)));
      ++bad;
    }
    for (const float weight : {nan, infinity, -1.0F}) {
      CHECK(std::isnan(model->partial_fit(from.row, 1, weight)));
      ++bad;
    }
    CHECK(std::isnan(model->partial_fit(std::span(from.row).first(2), 1)));
    ++bad;
    CHECK(model->skipped() == bad);
    if (round == 0) {
      CHECK(model->count() == 0);
      CHECK((*model)(from.row) == 0.5);
      for (int i = 0; i < 50; ++i) {
        from.next();
        model->partial_fit(from.row, from.label);
      }
    }
    CHECK(model->count() == 50);
  }
}

TEST_CASE("huge features leave a model that is defined") {
  auto model = sgd_logistic::make(2);
  REQUIRE(model);
  const float most = (std::numeric_limits<float>::max)();
  const std::vector<float> row{most, -most};
  for (int i = 0; i < 100; ++i) model->partial_fit(row, static_cast<float>(i % 2));
  for (const double c : model->coefficients()) CHECK(std::isfinite(c));
  CHECK(std::isfinite((*model)(row)));
  CHECK(model->skipped() == 0);
}

TEST_CASE("learning from a sample takes nothing from the heap") {
  stream from;
  from.next();
  auto model = sgd_logistic::make(3);
  REQUIRE(model);
  if (support::counts_allocations)
    CHECK(support::allocations_of([&] { model->partial_fit(from.row, from.label); }) == 0);
}

TEST_CASE("a loaded sgd_logistic goes on as the saved one") {
  stream from;
  auto model = sgd_logistic::make(3, {.l2 = 0.001});
  REQUIRE(model);
  for (int i = 0; i < 77; ++i) {
    from.next();
    model->partial_fit(from.row, from.label);
  }
  model->partial_fit(from.row, 7);
  auto loaded = sgd_logistic::load(model->save());
  REQUIRE(loaded);
  CHECK(loaded->count() == 77);
  CHECK(loaded->skipped() == 1);
  for (int i = 0; i < 77; ++i) {
    from.next();
    CHECK(model->partial_fit(from.row, from.label) == loaded->partial_fit(from.row, from.label));
  }
  CHECK(model->save() == loaded->save());
}

TEST_CASE("sgd_logistic predicts row by row, saves and loads") {
  const auto fitted = sgd_logistic::fit(all, linear_reference::two_classes);
  REQUIRE(fitted);
  support::predicts_one_by_one(*fitted, all);
  support::predicts_short_rows(*fitted, all);
  support::saves_and_loads_model(*fitted, all.row(1));
}

TEST_CASE("sgd_logistic loads the bytes of the first release") {
  auto model = sgd_logistic::make(2, {.rate = 0.5, .schedule = sgd_schedule::constant});
  REQUIRE(model);
  model->partial_fit(std::vector<float>{1, -2}, 1);  // of probability 1/2: a step of 1/4
  const auto old = support::from_golden("model/sgd_logistic.bin", *model);
  CHECK(old.coefficients()[1] == -0.5);
  CHECK(old.intercept() == 0.25);
}

TEST_CASE("sgd_logistic refuses what is no training data, and options that are none") {
  const auto numbers = support::exact_rows(10, 3);
  const std::vector<float> labels{0, 1, 1, 0, 1, 0, 0, 1, 0, 1};
  const matrix_view rows(numbers, 3);
  support::refuses_bad_rows([&](const matrix_view& r) { return sgd_logistic::fit(r, labels); }, numbers, 3);
  CHECK(sgd_logistic::fit(rows, std::vector<float>(10)).error().code() == mr::errc::invalid_data);
  CHECK(sgd_logistic::fit(rows, std::vector<float>(9)).error().code() == mr::errc::shape_mismatch);
  CHECK(sgd_logistic::fit(rows, std::vector<float>{0, 1, 2, 0, 0, 0, 0, 0, 0, 0}).error().code() ==
        mr::errc::out_of_range);
  CHECK(sgd_logistic::fit(rows, labels, {}, std::vector<float>(10)).error().code() == mr::errc::invalid_data);
  const auto refused = [&](const mr::model::sgd_options& with, const std::string& option) {
    const auto found = sgd_logistic::make(3, with);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(found.error().message(), ContainsSubstring(option));
    CHECK_FALSE(sgd_logistic::fit(rows, labels, with));
  };
  refused({.rate = 0}, "rate");
  refused({.rate = std::nan("")}, "rate");
  refused({.schedule = static_cast<sgd_schedule>(3)}, "schedule");
  refused({.decay = -1}, "decay");
  refused({.l2 = HUGE_VAL}, "l2");
  CHECK(sgd_logistic::make(0).error().code() == mr::errc::invalid_argument);
}
