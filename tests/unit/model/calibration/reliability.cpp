#include <millrace/model/calibration/reliability.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/platt.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::errc;

namespace {

/// Scores whose probability is their square: a model that is too sure of class 1.
struct too_sure {
  std::vector<double> scores;
  std::vector<float> labels;
  std::vector<int> classes;
};
too_sure make_too_sure(std::size_t rows, std::uint64_t seed) {
  mr::random_engine random(seed);
  too_sure made;
  for (std::size_t i = 0; i < rows; ++i) {
    const double score = random.uniform();
    made.scores.push_back(score);
    made.classes.push_back(random.uniform() < score * score ? 1 : 0);
    made.labels.push_back(static_cast<float>(made.classes.back()));
  }
  return made;
}

}  // namespace

TEST_CASE("calibration lowers what reliability measures, on rows that it was not fitted to") {
  const auto held_out = make_too_sure(4000, 1);
  const auto test = make_too_sure(4000, 2);
  // [calibration]
  // held_out: rows that the model was not fitted on; test: others.
  const auto calibrated = mr::model::isotonic::fit(held_out.scores, held_out.labels);
  if (!calibrated) throw std::runtime_error(calibrated.error().describe());
  std::vector<double> probabilities;
  for (const double score : test.scores) probabilities.push_back((*calibrated)(score));
  const auto before = mr::model::measure_reliability(test.classes, test.scores);
  const auto after = mr::model::measure_reliability(test.classes, probabilities);
  // after->log_loss, after->brier_score, after->expected_calibration_error, and after->bins with intervals
  // [/calibration]
  REQUIRE(before);
  REQUIRE(after);
  CHECK(before->expected_calibration_error > 0.1);
  CHECK(after->expected_calibration_error < 0.03);
  CHECK(after->log_loss < before->log_loss);
  CHECK(after->brier_score < before->brier_score);
  CHECK(before->log_loss == *mr::model::log_loss(test.classes, test.scores));
  CHECK(before->brier_score == *mr::model::brier_score(test.classes, test.scores));
  int agree_before = 0, agree_after = 0;
  for (std::size_t k = 0; k < 10; ++k) {
    agree_before += before->bins[k].agrees() ? 1 : 0;
    agree_after += after->bins[k].agrees() ? 1 : 0;
    CHECK(after->bins[k].interval.contains(after->bins[k].bin.positive_share));
  }
  CHECK(agree_before <= 3);
  CHECK(agree_after >= 8);
}

TEST_CASE("a bin's interval is Wilson's of its rows, and all of [0, 1] without rows") {
  const std::vector<int> labels{1, 0, 1, 1};
  const auto found = mr::model::measure_reliability(labels, std::vector<double>{0.9, 0.95, 0.92, 0.1}, 2, 0.9);
  REQUIRE(found);
  REQUIRE(found->bins.size() == 2);
  const auto expected = mr::stats::wilson_interval({2, 3}, 0.9);
  CHECK(found->bins[1].interval.lower == expected->lower);
  CHECK(found->bins[1].interval.upper == expected->upper);
  const auto more = mr::model::measure_reliability(labels, std::vector<double>{0.9, 0.95, 0.92, 0.1}, 5);
  REQUIRE(more);
  CHECK(more->bins[2].interval.lower == 0);
  CHECK(more->bins[2].interval.upper == 1);
  CHECK(more->bins[2].agrees());
}

TEST_CASE("reliability refuses what is no probability, no rows, no bins and no confidence") {
  const std::vector<int> labels{1, 0};
  const std::vector<double> half{0.5, 0.5};
  CHECK(mr::model::measure_reliability({}, std::vector<double>{}).error().code() == errc::invalid_argument);
  CHECK(mr::model::measure_reliability(labels, half, 0).error().code() == errc::invalid_argument);
  CHECK(mr::model::measure_reliability(labels, half, 2, 1).error().code() == errc::out_of_range);
  CHECK(mr::model::measure_reliability(labels, std::vector<double>{0.5, 1.5}).error().code() == errc::out_of_range);
}

TEST_CASE(
    "reliability counts a row of weight 2 as two, one of weight 0 not at all, and its bins know how sure they are") {
  const std::vector<int> labels{1, 0, 1, 1, 0, 1};
  const std::vector<double> probabilities{0.9, 0.95, 0.92, 0.1, 0.3, 0.99};
  const std::vector<float> weights{2, 1, 3, 1, 2, 0};
  std::vector<int> many_labels;
  std::vector<double> many;
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (int k = 0; k < static_cast<int>(weights[i]); ++k) {
      many_labels.push_back(labels[i]);
      many.push_back(probabilities[i]);
    }
  const auto found = mr::model::measure_reliability(labels, probabilities, 2, 0.9, weights);
  const auto wanted = mr::model::measure_reliability(many_labels, many, 2, 0.9);
  REQUIRE(found);
  REQUIRE(wanted);
  CHECK(found->log_loss == Approx(wanted->log_loss).epsilon(1e-14));
  CHECK(found->brier_score == Approx(wanted->brier_score).epsilon(1e-14));
  CHECK(found->expected_calibration_error == Approx(wanted->expected_calibration_error).epsilon(1e-14));
  const auto& upper = found->bins[1];
  CHECK(upper.bin.rows == 3);
  CHECK(upper.bin.weight == 6);
  CHECK(upper.bin.positive_share == Approx(5.0 / 6).epsilon(1e-15));
  CHECK(upper.bin.mean_probability == Approx(wanted->bins[1].bin.mean_probability).epsilon(1e-15));
  const auto expected = mr::stats::wilson_interval(mr::stats::weighted_proportion(5, 6, 14), 0.9);
  CHECK(upper.interval.lower == Approx(expected->lower).epsilon(1e-14));
  CHECK(upper.interval.upper == Approx(expected->upper).epsilon(1e-14));
  const std::vector<float> negative{2, 1, 3, -1, 2, 0};
  CHECK(mr::model::measure_reliability(labels, probabilities, 2, 0.9, negative).error().code() == errc::out_of_range);
}
