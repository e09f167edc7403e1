#include <millrace/model/calibration/isotonic.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/calibration_reference.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <millrace/core/seed.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace mr = millrace;
namespace reference = calibration_reference;
using mr::errc;
using mr::model::isotonic;

namespace {

void check_against(const isotonic& fitted, const std::vector<double>& scores, const std::vector<double>& probabilities,
                   const std::vector<double>& expected) {
  REQUIRE(fitted.knots().size() == scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    CHECK(fitted.knots()[i].score == scores[i]);
    CHECK(fitted.knots()[i].probability == Approx(probabilities[i]).epsilon(1e-12).margin(1e-15));
  }
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(fitted(reference::asked[i]) == Approx(expected[i]).epsilon(1e-12).margin(1e-15));
}

}  // namespace

TEST_CASE("isotonic calibration is scikit-learn's, weighted and not, with many ties") {
  const auto plain = isotonic::fit(reference::scores, reference::labels);
  REQUIRE(plain);
  check_against(*plain, reference::knot_scores, reference::knot_probabilities, reference::isotonic);
  const auto weighted = isotonic::fit(reference::scores, reference::labels, reference::weights);
  REQUIRE(weighted);
  check_against(*weighted, reference::knot_scores_weighted, reference::knot_probabilities_weighted,
                reference::isotonic_weighted);
  if (support::counts_allocations) CHECK(support::allocations_of([&] { (void)(*plain)(0.5); }) == 0);
}

TEST_CASE("isotonic calibration never falls, and no other function that never falls is nearer to the labels") {
  mr::random_engine random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<double> scores(40);
    std::vector<float> labels(40);
    for (std::size_t i = 0; i < 40; ++i) {
      scores[i] = static_cast<double>(random.below(25));
      labels[i] = static_cast<float>(random.below(2));
    }
    labels[0] = 0;
    labels[1] = 1;
    const auto fitted = isotonic::fit(scores, labels);
    REQUIRE(fitted);
    for (double x = -1; x < 26; x += 0.125) CHECK((*fitted)(x) <= (*fitted)(x + 0.125));
    // By the conditions of the optimum: the rows at and above any score have a sum of errors of 0 at the least, and all
    // together of 0.
    for (int from = 0; from < 25; ++from) {
      double above = 0, all = 0;
      for (std::size_t i = 0; i < 40; ++i) {
        const double error = (*fitted)(scores[i]) - static_cast<double>(labels[i]);
        all += error;
        above += scores[i] >= from ? error : 0.0;
      }
      CHECK(std::abs(all) < 1e-12);
      CHECK(above > -1e-12);
    }
  }
}

TEST_CASE("isotonic calibration at its ends, of equal and of huge scores, and of bad rows") {
  const auto fitted = isotonic::fit(std::vector<double>{1, 2, 3, 4}, std::vector<float>{0, 0, 1, 1});
  REQUIRE(fitted);
  REQUIRE(fitted->knots().size() == 4);
  CHECK((*fitted)(-100) == 0);
  CHECK((*fitted)(2.25) == 0.25);
  CHECK((*fitted)(3) == 1);
  CHECK((*fitted)(std::numeric_limits<double>::infinity()) == 1);
  CHECK((*fitted)(-std::numeric_limits<double>::infinity()) == 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan((*fitted)(nan)));
  const auto flat = isotonic::fit(std::vector<double>(4, 7.0), std::vector<float>{0, 0, 1, 0});
  REQUIRE(flat);
  CHECK(flat->knots().size() == 1);
  CHECK((*flat)(-1) == 0.25);
  CHECK((*flat)(9) == 0.25);
  const auto falling = isotonic::fit(std::vector<double>{1, 2, 3, 4}, std::vector<float>{1, 1, 0, 0});
  REQUIRE(falling);
  CHECK((*falling)(2.5) == 0.5);
  const auto huge = isotonic::fit(std::vector<double>{-1.7e308, 1.7e308}, std::vector<float>{0, 1});
  REQUIRE(huge);
  CHECK((*huge)(0) == 0.5);
  const double least = std::numeric_limits<double>::denorm_min();
  const auto tiny = isotonic::fit(std::vector<double>{3 * least, 4 * least}, std::vector<float>{0, 1});
  REQUIRE(tiny);
  CHECK((*tiny)(3 * least) == 0);
  CHECK((*tiny)(4 * least) == 1);
  const std::vector<double> scores{1, 2, 3};
  CHECK(isotonic::fit(std::vector<double>{}, {}).error().code() == errc::invalid_argument);
  CHECK(isotonic::fit(scores, std::vector<float>{1, 1, 1}).error().code() == errc::invalid_data);
  CHECK(isotonic::fit(scores, std::vector<float>{0, 1, 3}).error().code() != errc::not_finite);
  CHECK_THAT(isotonic::fit(std::vector<double>{1, 2, nan}, std::vector<float>{0, 1, 1}).error().message(),
             ContainsSubstring("row 2"));
  // A row that weighs nothing sets no end.
  const auto weighted =
      isotonic::fit(std::vector<double>{0, 1, 2, 9}, std::vector<float>{0, 0, 1, 0}, std::vector<float>{0, 1, 1, 0});
  REQUIRE(weighted);
  CHECK(weighted->knots().front().score == 1);
  CHECK(weighted->knots().back().score == 2);
}

TEST_CASE("isotonic calibration is saved and loaded, and keeps the bytes of the first release") {
  const auto fitted = isotonic::fit(std::vector<double>{1, 2, 3, 4}, std::vector<float>{0, 1, 0, 1});
  REQUIRE(fitted);
  const auto old = support::from_golden("model/isotonic.bin", *fitted);
  CHECK(old(2) == 0.5);
  CHECK(old(3.5) == 0.75);
  const auto use = [](const isotonic& found) {
    CHECK(isotonic::load(found.save()));
    const double p = found(0.5);
    CHECK((p >= 0 && p <= 1));
  };
  laws::hostile_payload(*fitted, support::reseal, use, 17, 2000);
  laws::hostile_bytes(*fitted, use);
}
