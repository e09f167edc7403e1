#include <millrace/stats/tests/hodges_lehmann.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <millrace/core/seed.hpp>
#include <string>
#include <support/stats_reference.hpp>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all;
  for (const double x : a)
    for (const double y : b) all.push_back(x - y);
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<double> drawn(std::size_t n, double shift, mr::random_engine& engine, bool ties) {
  std::vector<double> sample(n);
  for (double& x : sample) {
    x = shift + 10 * engine.uniform() - 5;
    if (ties) x = static_cast<double>(static_cast<int>(x));
  }
  return sample;
}

}  // namespace

TEST_CASE("hodges-lehmann: the permeability of chorioamnion, as Hollander and Wolfe have it") {
  // M. Hollander, D. Wolfe, "Nonparametric Statistical Methods", 1973, table 4.1; R's wilcox.test(conf.int = TRUE).
  const std::vector<double> term = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
  const std::vector<double> early = {1.15, 0.88, 0.90, 0.74, 1.21};
  const auto r = mr::stats::hodges_lehmann_test(term, early);
  REQUIRE(r);
  CHECK(r->statistic == 35);
  CHECK(r->p == Approx(0.2544122544122544).epsilon(1e-12));
  CHECK(r->effect == Approx(0.305).epsilon(1e-12));
  // 8 is the largest c with P(U < c) <= .025 for 10 and 5: the 9th smallest difference would be too many.
  const auto all = differences(term, early);
  CHECK(r->interval.lower == all[8]);
  CHECK(r->interval.upper == all[50 - 9]);
  CHECK(r->summary().find("Hodges-Lehmann estimate: shift 0.305 (95 % interval -0.15 to 0.76)") == 0);
}

TEST_CASE("hodges-lehmann: estimate and ends are order statistics of all differences") {
  mr::random_engine engine(3);
  for (const bool ties : {false, true})
    for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{7, 9}, {1, 30}, {24, 25}, {40, 33}, {60, 80}}) {
      const auto a = drawn(m, 1, engine, ties);
      const auto b = drawn(n, 0, engine, ties);
      const auto all = differences(a, b);
      const auto r = mr::stats::hodges_lehmann_test(a, b, {mr::stats::alternative::two_sided, 0.9});
      REQUIRE(r);
      CAPTURE(m, n, ties);
      const std::size_t half = all.size() / 2;
      CHECK(r->effect == Approx(all.size() % 2 == 1 ? all[half] : (all[half - 1] + all[half]) / 2).epsilon(1e-14));
      if (r->interval.lower == -support::infinite) continue;
      CHECK(std::binary_search(all.begin(), all.end(), r->interval.lower));
      CHECK(std::binary_search(all.begin(), all.end(), r->interval.upper));
      if (ties) continue;
      // Shifted to just inside an end the test does not reject, to just outside it does.
      for (const double side : {-1.0, 1.0}) {
        const double end = side < 0 ? r->interval.lower : r->interval.upper;
        for (const bool outside : {false, true}) {
          auto moved = a;
          for (double& x : moved) x -= end + (outside ? 1e-9 : -1e-9) * side;
          const double p = mr::stats::mann_whitney_test(moved, b)->p;
          CAPTURE(side, outside, p);
          CHECK((p <= 0.1) == outside);
        }
      }
    }
}

TEST_CASE("hodges-lehmann: one-sided intervals are open, too few observations leave it infinite") {
  const std::vector<double> a = {5, 6, 7, 8, 9, 10};
  const std::vector<double> b = {1, 2, 3, 4, 2.5};
  const auto greater = mr::stats::hodges_lehmann_test(a, b, {mr::stats::alternative::greater});
  CHECK(greater->interval.upper == support::infinite);
  CHECK(greater->interval.lower > 0);
  const auto less = mr::stats::hodges_lehmann_test(a, b, {mr::stats::alternative::less});
  CHECK(less->interval.lower == -support::infinite);
  const auto few = mr::stats::hodges_lehmann_test(std::vector<double>{1}, std::vector<double>{2, 3});
  REQUIRE(few);
  CHECK(few->effect == -1.5);
  CHECK(few->interval.lower == -support::infinite);
  CHECK(few->interval.upper == support::infinite);
  CHECK_FALSE(mr::stats::hodges_lehmann_test(std::vector<double>{}, b));
  CHECK_FALSE(mr::stats::hodges_lehmann_test(std::vector<double>{support::not_a_number}, b));
}

TEST_CASE("classify canary: high and low stay clear of a quarter of the shift, else it passes") {
  using mr::stats::canary_level;
  std::vector<double> baseline;
  std::vector<double> clear;
  std::vector<double> below;
  for (int i = 0; i < 30; ++i) {
    baseline.push_back(10 + 0.1 * i);
    clear.push_back(20 + 0.1 * i);
    below.push_back(2 + 0.1 * i);
  }
  const auto high = mr::stats::classify_canary(baseline, clear);
  REQUIRE(high);
  CHECK(high->level == canary_level::high);
  CHECK(high->shift.effect == Approx(10));
  CHECK(high->bound == Approx(2.5));
  CHECK(high->ratio == Approx(21.45 / 11.45));
  CHECK(high->summary().find("Canary: high; shift 10 (98 % interval") == 0);
  CHECK(mr::stats::classify_canary(baseline, below)->level == canary_level::low);
  mr::stats::canary_options options;
  options.direction = mr::stats::canary_direction::decrease;
  CHECK(mr::stats::classify_canary(baseline, clear, options)->level == canary_level::pass);
  options.direction = mr::stats::canary_direction::increase;
  CHECK(mr::stats::classify_canary(baseline, clear, options)->level == canary_level::high);
  CHECK(mr::stats::classify_canary(baseline, below, options)->level == canary_level::pass);
}

TEST_CASE("classify canary: an interval that excludes 0 narrowly passes by its tolerance") {
  using mr::stats::canary_level;
  std::vector<double> baseline;
  std::vector<double> canary;
  mr::random_engine engine(11);
  for (int i = 0; i < 60; ++i) {
    baseline.push_back(engine.uniform());
    canary.push_back(0.075 + engine.uniform());
  }
  mr::stats::canary_options options;
  options.confidence = 0.95;
  const auto narrow = mr::stats::classify_canary(baseline, canary, options);
  REQUIRE(narrow);
  CAPTURE(narrow->summary());
  REQUIRE(narrow->shift.interval.lower > 0);
  REQUIRE(narrow->shift.interval.lower < narrow->bound);
  CHECK(narrow->level == canary_level::pass);
  options.tolerance = 0;
  CHECK(mr::stats::classify_canary(baseline, canary, options)->level == canary_level::high);
}

TEST_CASE("classify canary: no data, the same data, and nonsense") {
  using mr::stats::canary_level;
  const std::vector<double> some = {1, 2, 3};
  const std::vector<double> none;
  CHECK(mr::stats::classify_canary(some, none)->level == canary_level::no_data);
  CHECK(mr::stats::classify_canary(none, some)->level == canary_level::no_data);
  CHECK(mr::stats::classify_canary(none, some)->summary() == "Canary: no data.");
  CHECK(mr::stats::classify_canary(some, some)->level == canary_level::pass);
  const std::vector<float> floats = {1, 2, 3};
  CHECK(mr::stats::classify_canary(floats, some)->level == canary_level::pass);
  CHECK_FALSE(mr::stats::classify_canary(some, std::vector<double>{support::infinite}));
  mr::stats::canary_options options;
  options.tolerance = -1;
  CHECK(mr::stats::classify_canary(some, some, options).error().message() ==
        "tolerance must be at least 0 and finite, and is -1");
  options = {};
  options.confidence = 1;
  CHECK_FALSE(mr::stats::classify_canary(some, some, options));
}
