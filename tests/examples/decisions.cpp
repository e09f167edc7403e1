#include <examples/lifecycle/model/decisions.hpp>

#include <support/catch.hpp>

#include <examples/lifecycle/model/intervals.hpp>

#include <vector>

using namespace lifecycle;

TEST_CASE("a threshold's decisions are counted, and their figures are right") {
  // By hand: sorted .9+ .8- .7+ .7- .4- .2+ .1- .1-
  const std::vector<int> labels{1, 0, 1, 0, 0, 1, 0, 0};
  const std::vector<float> probabilities{.9F, .8F, .7F, .7F, .4F, .2F, .1F, .1F};
  const ranked_rows ranked(labels, probabilities);
  const decision at = ranked.at(0.5);
  CHECK(at.found == 2);
  CHECK(at.false_alarms == 2);
  CHECK(at.missed == 1);
  CHECK(at.passed == 3);
  CHECK(at.precision() == 0.5);
  CHECK(at.recall() == Approx(2.0 / 3));
  CHECK(at.f1() == Approx(4.0 / 7));
  CHECK(at.cost({1, 20}) == Approx(1000 * 22.0 / 8));
  CHECK(ranked.at(0).named() == 8);
  CHECK(ranked.at(0.95).named() == 0);
  CHECK(ranked.at(0.95).precision() == 0);
}

TEST_CASE("the likeliest rows hold their share of positives, and rows with one probability share theirs") {
  const std::vector<int> labels{1, 0, 1, 0, 0, 1, 0, 0};
  const std::vector<float> probabilities{.9F, .8F, .7F, .7F, .4F, .2F, .1F, .1F};
  const ranked_rows ranked(labels, probabilities);
  CHECK(ranked.of_first(0).positives == 0);
  CHECK(ranked.of_first(0.125).positives == Approx(1.0 / 3));
  CHECK(ranked.of_first(0.125).lift() == Approx(8.0 / 3));
  CHECK(ranked.of_first(0.375).positives == Approx(1.5 / 3));  // one of the two at .7, whichever
  CHECK(ranked.of_first(1).positives == Approx(1));
  const ranked_rows flat(labels, std::vector<float>(8, .5F));
  CHECK(flat.of_first(0.25).lift() == Approx(1));
}

TEST_CASE("costs give the threshold") {
  CHECK(mistake_costs{}.threshold() == 0.5);
  CHECK(mistake_costs{1, 19}.threshold() == Approx(0.05));
}

TEST_CASE("intervals of AUC and of shares") {
  const std::vector<int> labels{0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0};
  const std::vector<float> scores{.1F, .2F, .3F, .35F, .4F, .5F, .5F, .6F, .65F, .7F, .8F, .3F};
  // DeLong's variance by the double sum of its definition, on the log-odds' scale, numpy 2 and SciPy 1.17.
  const figure_interval found = auc_interval(labels, scores, 7.0 / 9);
  CHECK(found.low == Approx(0.4125584972).epsilon(1e-6));
  CHECK(found.high == Approx(0.9457781775).epsilon(1e-6));
  // Wilson's of 6 of 6, and of 90 of 100: SciPy 1.17, binomtest(...).proportion_ci(method="wilson").
  const figure_interval sure =
      auc_interval({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 1);
  CHECK(sure.low == Approx(0.6096657121).epsilon(1e-6));
  CHECK(sure.high == 1);
  CHECK(share_interval(90, 100).low == Approx(0.8256343385).epsilon(1e-6));
  CHECK(share_interval(90, 100).high == Approx(0.9447708629).epsilon(1e-6));
}
