#include <millrace/model/calibration/decision_threshold.hpp>

#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::errc;
using mr::model::decision_costs;
using mr::model::decision_threshold;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct scored {
  std::vector<int> labels;
  std::vector<double> scores;
};
/// Labels that are 1 with the probability that is their score: calibrated by construction.
scored make_scored(std::size_t rows, std::uint64_t seed, std::uint64_t steps) {
  mr::random_engine random(seed);
  scored made;
  for (std::size_t i = 0; i < rows; ++i) {
    made.scores.push_back(static_cast<double>(random.below(steps)) / static_cast<double>(steps));
    made.labels.push_back(random.uniform() < made.scores.back() ? 1 : 0);
  }
  return made;
}

/// Every threshold there is, measured one by one.
std::vector<decision_threshold> all_thresholds(const scored& of) {
  std::vector<decision_threshold> found{*mr::model::measure_threshold(of.labels, of.scores, infinity)};
  for (const double score : of.scores) found.push_back(*mr::model::measure_threshold(of.labels, of.scores, score));
  return found;
}

}  // namespace

TEST_CASE("a threshold by costs, and what it does on other rows") {
  const auto held_out = make_scored(2000, 1, 1000);
  const auto test = make_scored(2000, 2, 1000);
  // [decision_threshold]
  // A missed fraud costs 100, a needless call 5.
  const mr::model::decision_costs costs{.false_positive = 5, .false_negative = 100};
  const auto in_theory = mr::model::cost_threshold(costs);  // 5 / 105, for calibrated probabilities
  const auto chosen = mr::model::threshold_of_least_cost(held_out.labels, held_out.scores, costs);
  if (!chosen) throw std::runtime_error(chosen.error().describe());
  const auto honest = mr::model::measure_threshold(test.labels, test.scores, chosen->value);
  const auto cost = mr::model::mean_cost_interval(*honest, costs);  // a row; and honest->recall, ->precision, ...
  // [/decision_threshold]
  REQUIRE(in_theory);
  CHECK(*in_theory == 5.0 / 105);
  CHECK(std::abs(chosen->value - *in_theory) < 0.1);
  REQUIRE(cost);
  CHECK(cost->value == Approx(honest->mean_cost(costs)).epsilon(1e-15));
  CHECK(cost->interval.contains(cost->value));
  CHECK(cost->interval.width() > 0);
  CHECK((*chosen)(chosen->value));
  CHECK_FALSE((*chosen)(std::nextafter(chosen->value, -1)));
  CHECK_FALSE((*chosen)(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("chosen thresholds are the best of all, by brute force over scores with many ties") {
  const decision_costs costs{-1, 3, 0.5, 4};
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto of = make_scored(60, seed, 12);
    const auto all = all_thresholds(of);
    const auto cheapest = mr::model::threshold_of_least_cost(of.labels, of.scores, costs);
    const auto f1 = mr::model::threshold_of_max_f1(of.labels, of.scores);
    const auto precise = mr::model::threshold_for_precision(of.labels, of.scores, 0.6);
    const auto complete = mr::model::threshold_for_recall(of.labels, of.scores, 0.8);
    const auto strict = mr::model::threshold_at_false_positive_rate(of.labels, of.scores, 0.2);
    REQUIRE(cheapest);
    REQUIRE(f1);
    REQUIRE(precise);
    REQUIRE(complete);
    REQUIRE(strict);
    CHECK(precise->precision.value >= 0.6);
    CHECK(complete->recall.value >= 0.8);
    CHECK(strict->false_positive_rate.value <= 0.2);
    for (const decision_threshold& other : all) {
      const bool above = other.mean_cost(costs) > cheapest->mean_cost(costs) - 1e-12;
      CHECK(above);
      CHECK(other.f1.value <= f1->f1.value);
      if (other.f1.value == f1->f1.value) CHECK(other.value <= f1->value);
      if (other.precision.value >= 0.6) CHECK(other.recall.value <= precise->recall.value);
      if (other.recall.value >= 0.8) CHECK(other.value <= complete->value);
      if (other.false_positive_rate.value <= 0.2) CHECK(other.recall.value <= strict->recall.value);
      // The figures of a search are those of the same threshold measured.
      if (other.value == f1->value) CHECK(other.f1.interval.upper == f1->f1.interval.upper);
    }
  }
}

TEST_CASE("figures of a threshold come from its counts, with Wilson's intervals") {
  const std::vector<int> labels{1, 1, 1, 0, 0, 0, 0, 1};
  const std::vector<double> scores{0.9, 0.8, 0.3, 0.7, 0.2, 0.1, 0.4, 0.6};
  const auto found = mr::model::measure_threshold(labels, scores, 0.6, 0.9);
  REQUIRE(found);
  CHECK(found->true_positives == 3);
  CHECK(found->false_positives == 1);
  CHECK(found->true_negatives == 3);
  CHECK(found->false_negatives == 1);
  CHECK(found->precision.value == 0.75);
  CHECK(found->recall.value == 0.75);
  CHECK(found->false_positive_rate.value == 0.25);
  CHECK(found->accuracy.value == 0.75);
  CHECK(found->f1.value == 0.75);
  const auto wilson = mr::stats::wilson_interval({3, 4}, 0.9);
  CHECK(found->precision.interval.lower == wilson->lower);
  CHECK(found->recall.interval.upper == wilson->upper);
  CHECK(found->f1.interval.level == 0.9);
  CHECK(found->f1.interval.contains(0.75));
  const auto shared = mr::stats::wilson_interval({3, 5}, 0.9);
  CHECK(found->f1.interval.lower == Approx(2 * shared->lower / (1 + shared->lower)).epsilon(1e-14));
  // Costs 0 0 0 2 0 0 0 2: mean 1 / 2, sum of squares about it 6.
  const auto cost = mr::model::mean_cost_interval(*found, {0, 2, 0, 2});
  REQUIRE(cost);
  CHECK(cost->value == 0.5);
  // t(7, 0.975) = 2.364624251592784 by SciPy 1.17.1; the standard error is sqrt(6 / 7 / 8).
  CHECK(cost->interval.upper == Approx(0.5 + 2.364624251592784 * std::sqrt(6.0 / 7 / 8)).epsilon(1e-12));
}

TEST_CASE("thresholds where all or no rows are class 1, and what cannot be had") {
  const std::vector<int> labels{0, 1, 1, 0};
  const std::vector<double> scores{0.9, 0.8, 0.7, 0.1};
  const auto none = mr::model::threshold_at_false_positive_rate(labels, scores, 0);
  REQUIRE(none);
  CHECK(none->value == infinity);
  CHECK(none->precision.value == 0);
  CHECK(none->precision.interval.upper == 1);
  CHECK(mr::model::threshold_for_recall(labels, scores, 0)->value == infinity);
  CHECK(mr::model::threshold_for_recall(labels, scores, 1)->value == 0.7);
  CHECK(mr::model::threshold_for_precision(labels, scores, 0)->recall.value == 1);
  const auto impossible = mr::model::threshold_for_precision(labels, scores, 0.9);
  REQUIRE_FALSE(impossible);
  CHECK(impossible.error().code() == errc::invalid_data);
  CHECK_THAT(impossible.error().message(), ContainsSubstring("0.666"));
  CHECK(mr::model::threshold_of_least_cost(labels, scores, {0, 1, 0, 0})->value == infinity);
  CHECK(mr::model::threshold_of_least_cost(labels, scores, {0, 0, 0, 1})->value == 0.7);
  const std::vector<double> equal(4, 0.5);
  CHECK(mr::model::threshold_of_max_f1(labels, equal)->value == 0.5);
}

TEST_CASE("thresholds refuse one class, no rows, bad scores, figures and costs") {
  const std::vector<int> labels{0, 1};
  const std::vector<double> scores{0.1, 0.9};
  using namespace mr::model;
  CHECK(threshold_of_max_f1(std::vector<int>{1, 1}, scores).error().code() == errc::invalid_data);
  CHECK(measure_threshold(std::vector<int>{0, 0}, scores, 0.5).error().code() == errc::invalid_data);
  CHECK(threshold_of_max_f1({}, std::vector<double>{}).error().code() == errc::invalid_argument);
  CHECK(measure_threshold({}, std::vector<double>{}, 0.5).error().code() == errc::invalid_argument);
  CHECK(threshold_of_max_f1(labels, std::vector<double>{0.1}).error().code() == errc::shape_mismatch);
  CHECK(threshold_of_max_f1(std::vector<int>{0, 2}, scores).error().code() == errc::out_of_range);
  CHECK(threshold_of_max_f1(labels, std::vector<double>{0.1, infinity}).error().code() == errc::not_finite);
  CHECK(threshold_for_recall(labels, scores, 1.5).error().code() == errc::out_of_range);
  CHECK(threshold_for_precision(labels, scores, -0.5).error().code() == errc::out_of_range);
  CHECK(threshold_at_false_positive_rate(labels, scores, std::nan("")).error().code() == errc::out_of_range);
  CHECK(threshold_of_max_f1(labels, scores, 1.0).error().code() == errc::out_of_range);
  CHECK(measure_threshold(labels, scores, std::nan("")).error().code() == errc::not_finite);
  CHECK(cost_threshold({5, 1, 0, 1}).error().code() == errc::invalid_argument);
  CHECK(cost_threshold({0, 0, 0, 0}).error().code() == errc::invalid_argument);
  CHECK(cost_threshold({0, infinity, 0, 1}).error().code() == errc::not_finite);
  CHECK(threshold_of_least_cost(labels, scores, {5, 1, 0, 1}).error().code() == errc::invalid_argument);
}

namespace {

/// Each row as often as its weight says.
scored repeated(const scored& of, const std::vector<float>& weights) {
  scored made;
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (int k = 0; k < static_cast<int>(weights[i]); ++k) {
      made.labels.push_back(of.labels[i]);
      made.scores.push_back(of.scores[i]);
    }
  return made;
}

}  // namespace

TEST_CASE("a row of weight 2 counts as two rows, and one of weight 0 is not there, for every threshold") {
  using namespace mr::model;
  const decision_costs costs{-1, 3, 0.5, 4};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto of = make_scored(80, seed, 15);
    mr::random_engine random(seed + 100);
    std::vector<float> weights;
    for (std::size_t i = 0; i < of.labels.size(); ++i) weights.push_back(static_cast<float>(random.below(4)));
    const auto [labels, scores] = repeated(of, weights);
    const auto same = [&](const mr::result<decision_threshold>& found, const mr::result<decision_threshold>& wanted) {
      REQUIRE(found);
      REQUIRE(wanted);
      CHECK(found->value == wanted->value);
      CHECK(found->true_positives == wanted->true_positives);
      CHECK(found->false_positives == wanted->false_positives);
      CHECK(found->true_negatives == wanted->true_negatives);
      CHECK(found->false_negatives == wanted->false_negatives);
      CHECK(found->f1.value == wanted->f1.value);
      CHECK(found->rows() == wanted->rows());
      CHECK(found->mean_cost(costs) == wanted->mean_cost(costs));
      // Weights that differ say less than as many rows would.
      CHECK(found->recall.interval.width() > wanted->recall.interval.width());
      CHECK(found->effective_rows < wanted->effective_rows);
      CHECK(mean_cost_interval(*found, costs)->interval.width() > mean_cost_interval(*wanted, costs)->interval.width());
    };
    same(threshold_of_least_cost(of.labels, of.scores, costs, 0.95, weights),
         threshold_of_least_cost(labels, scores, costs));
    same(threshold_of_max_f1(of.labels, of.scores, 0.95, weights), threshold_of_max_f1(labels, scores));
    same(threshold_for_precision(of.labels, of.scores, 0.6, 0.95, weights),
         threshold_for_precision(labels, scores, 0.6));
    same(threshold_for_recall(of.labels, of.scores, 0.8, 0.95, weights), threshold_for_recall(labels, scores, 0.8));
    same(threshold_at_false_positive_rate(of.labels, of.scores, 0.2, 0.95, weights),
         threshold_at_false_positive_rate(labels, scores, 0.2));
    same(measure_threshold(of.labels, of.scores, 0.5, 0.95, weights), measure_threshold(labels, scores, 0.5));
  }
}

TEST_CASE("the unit of weights does not matter, and equal ones are none") {
  const auto of = make_scored(200, 3, 40);
  const std::vector<float> equal(200, 0.25F);
  const auto with = mr::model::threshold_of_max_f1(of.labels, of.scores, 0.9, equal);
  const auto without = mr::model::threshold_of_max_f1(of.labels, of.scores, 0.9);
  REQUIRE(with);
  CHECK(with->value == without->value);
  CHECK(with->true_positives == without->true_positives / 4);
  CHECK(with->precision.interval.lower == without->precision.interval.lower);
  CHECK(with->f1.interval.upper == without->f1.interval.upper);
  CHECK(with->effective_rows == 200);
}

TEST_CASE("thresholds refuse wrong weights, and one class only among rows with a weight") {
  using namespace mr::model;
  const std::vector<int> labels{0, 1, 1};
  const std::vector<double> scores{0.1, 0.9, 0.5};
  const std::vector<float> two{1, 1}, negative{1, -1, 1}, none{0, 0, 0}, one_class{0, 1, 1};
  CHECK(threshold_of_max_f1(labels, scores, 0.95, two).error().code() == errc::shape_mismatch);
  CHECK(threshold_of_max_f1(labels, scores, 0.95, negative).error().code() == errc::out_of_range);
  CHECK(threshold_of_max_f1(labels, scores, 0.95, none).error().code() == errc::invalid_data);
  CHECK(threshold_of_max_f1(labels, scores, 0.95, one_class).error().code() == errc::invalid_data);
  CHECK(measure_threshold(labels, scores, 0.5, 0.95, two).error().code() == errc::shape_mismatch);
  const auto refused = measure_threshold(labels, scores, 0.5, 0.95, one_class);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message(), ContainsSubstring("class 1"));
}
