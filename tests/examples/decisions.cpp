#include <examples/lifecycle/model/decisions.hpp>

#include <support/catch.hpp>

#include <vector>

using namespace lifecycle;

TEST_CASE("a threshold's decisions are counted, and their figures are right") {
  // By hand: sorted .9+ .8- .7+ .7- .4- .2+ .1- .1-
  const std::vector<int> labels{1, 0, 1, 0, 0, 1, 0, 0};
  const std::vector<double> probabilities{.9, .8, .7, .7, .4, .2, .1, .1};
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
  const std::vector<double> probabilities{.9, .8, .7, .7, .4, .2, .1, .1};
  const ranked_rows ranked(labels, probabilities);
  CHECK(ranked.of_first(0).positives == 0);
  CHECK(ranked.of_first(0.125).positives == Approx(1.0 / 3));
  CHECK(ranked.of_first(0.125).lift() == Approx(8.0 / 3));
  CHECK(ranked.of_first(0.375).positives == Approx(1.5 / 3));  // one of the two at .7, whichever
  CHECK(ranked.of_first(1).positives == Approx(1));
  const ranked_rows flat(labels, std::vector<double>(8, .5));
  CHECK(flat.of_first(0.25).lift() == Approx(1));
}

TEST_CASE("costs give the threshold") {
  CHECK(mistake_costs{}.threshold() == 0.5);
  CHECK(mistake_costs{1, 19}.threshold() == Approx(0.05));
}
