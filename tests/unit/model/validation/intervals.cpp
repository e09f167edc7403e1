#include <millrace/model/validation/intervals.hpp>

#include <millrace/core/seed.hpp>
#include <support/catch.hpp>
#include <support/close_numbers.hpp>
#include <support/validation_reference.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;

TEST_CASE("the area under the ROC curve has DeLong's standard error, counted pair by pair") {
  const auto found = model::roc_auc_interval(validation::labels, validation::probabilities);
  REQUIRE(found);
  CHECK(found->value == support::twelve_digits(validation::auc));
  CHECK(found->standard_error == support::twelve_digits(validation::auc_error));
  CHECK(found->interval.lower == support::twelve_digits(validation::auc_interval[0]));
  CHECK(found->interval.upper == support::twelve_digits(validation::auc_interval[1]));
  CHECK(found->interval.level == 0.95);
  const auto wider = model::roc_auc_interval(validation::labels, validation::probabilities, 0.99);
  CHECK(wider->interval.lower < found->interval.lower);
  CHECK(wider->interval.upper > found->interval.upper);
}

TEST_CASE("DeLong's interval covers the true area about as often as it says") {
  // Normal scores, 1 apart: the area is Phi(1 / sqrt 2).
  const double truth = 0.5 * std::erfc(-0.5);
  mr::random_engine random(5);
  int covered = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<int> labels;
    std::vector<double> scores;
    for (int i = 0; i < 60; ++i) {
      labels.push_back(i % 3 == 0);
      scores.push_back(random.normal() + labels.back());
    }
    covered += model::roc_auc_interval(labels, scores)->interval.contains(truth);
  }
  CHECK(covered > 400 * 0.91);
  CHECK(covered < 400 * 0.99);
}

TEST_CASE("an area of 1 or 0 has an interval with a width") {
  const auto one = model::roc_auc_interval({0, 0, 0, 1, 1}, std::vector<double>{1, 2, 3, 4, 5});
  REQUIRE(one);
  CHECK(one->value == 1);
  CHECK(one->interval.lower < 0.5);
  CHECK(one->interval.upper == support::twelve_digits(1));
  const auto zero = model::roc_auc_interval({1, 1, 1, 0, 0, 0}, std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(zero->value == 0);
  CHECK(zero->interval.upper > 0.5);
  const auto tied = model::roc_auc_interval({0, 1, 0, 1}, std::vector<double>{1, 1, 1, 1});
  CHECK(tied->value == 0.5);
  CHECK(tied->interval.contains(0.5));
  CHECK(tied->interval.width() > 0.5);
}

TEST_CASE("the accuracy has Wilson's interval, and means have the bootstrap's") {
  const auto found = model::accuracy_interval({0, 1, 2, 1, 0, 0, 1, 2, 2, 0}, {0, 1, 2, 1, 0, 0, 1, 2, 0, 1});
  REQUIRE(found);
  CHECK(found->value == 0.8);
  const auto wilson = mr::stats::wilson_interval({8, 10});
  CHECK(found->interval.lower == wilson->lower);
  CHECK(found->interval.upper == wilson->upper);
  std::vector<double> losses;
  for (int i = 0; i < 50; ++i) losses.push_back((i * 7) % 11);
  const auto mean = model::mean_interval(losses, {.resamples = 2000});
  REQUIRE(mean);
  CHECK(mean->interval.contains(mean->value));
  CHECK(mean->interval.width() == Approx(2 * 1.96 * 3.16 / std::sqrt(50)).epsilon(0.1));
}

TEST_CASE("intervals: refusals") {
  const std::vector<std::int64_t> wide = {1, 5'000'000'000};
  CHECK(mr::model::accuracy_interval(wide, {1, 2}).error().code() == mr::errc::out_of_range);
  using mr::errc;
  CHECK(model::accuracy_interval({0}, {0, 1}).error().code() == errc::shape_mismatch);
  CHECK(model::accuracy_interval({0}, {0}, 1.5).error().code() == errc::out_of_range);
  CHECK(model::roc_auc_interval({0, 1}, std::vector<double>{1, 2}, 0).error().code() == errc::out_of_range);
  CHECK(model::roc_auc_interval({0, 0}, std::vector<double>{1, 2}).error().code() == errc::invalid_data);
  CHECK(model::roc_auc_interval({0, 1}, std::vector<double>{1, std::nan("")}).error().code() == errc::not_finite);
  CHECK(model::mean_interval(std::vector<double>{1}).error().code() == errc::invalid_data);
}
