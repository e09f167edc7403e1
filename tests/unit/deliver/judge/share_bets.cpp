#include <millrace/deliver/judge/share_bets.hpp>

#include <support/catch.hpp>
#include <support/stats_reference.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace md = millrace::deliver;

namespace {

double choose(int n, int k) {
  double product = 1;
  for (int i = 0; i < k; ++i) product *= static_cast<double>(n - i) / (i + 1);
  return product;
}

/// The mean of an e-value over all ways in which n1 and n2 bad outcomes of two steps fall to the arms, if the
/// candidate's share of them is that of a ratio.
template <class E>
double mean_of(E e, int n1, double q1, int n2, double q2, double ratio) {
  const double p1 = ratio * q1 / (ratio * q1 + 1 - q1);
  const double p2 = ratio * q2 / (ratio * q2 + 1 - q2);
  double mean = 0;
  for (int i = 0; i <= n1; ++i)
    for (int k = 0; k <= n2; ++k) {
      const std::array<md::step_counts, 2> steps{
          {{q1, {1000, 1000}, {double(n1 - i), double(i)}}, {q2, {1000, 1000}, {double(n2 - k), double(k)}}}};
      mean += std::exp(e(steps)) * choose(n1, i) * std::pow(p1, i) * std::pow(1 - p1, n1 - i) * choose(n2, k) *
              std::pow(p2, k) * std::pow(1 - p2, n2 - k);
    }
  return mean;
}

}  // namespace

TEST_CASE("the mean of an e-value is 1 at the edge of its hypothesis, and less inside", "[deliver]") {
  const auto harm = [](const auto& steps) { return md::log_e_of_harm(steps, 2); };
  CHECK(mean_of(harm, 12, 0.05, 9, 0.5, 1) == Approx(1).epsilon(1e-12));
  CHECK(mean_of(harm, 12, 0.05, 9, 0.5, 0.5) < 1);
  CHECK(mean_of(harm, 12, 0.05, 9, 0.5, 3) > 2);
  const auto below = [](const auto& steps) { return md::log_e_of_ratio_below(steps, 2); };
  CHECK(mean_of(below, 12, 0.05, 9, 0.5, 2) == Approx(1).epsilon(1e-12));
  CHECK(mean_of(below, 12, 0.05, 9, 0.5, 4) < 1);
  CHECK(mean_of(below, 12, 0.05, 9, 0.5, 0.5) > 2);
}

TEST_CASE("the e-value against a difference has a mean of 1 at its edge", "[deliver]") {
  // All ways in which four requests fall to the arms, and go wrong: the candidate's by .3, the stable model's by .2.
  const double q = 0.25;
  const std::array<double, 2> wrong{0.2, 0.3};
  double mean = 0;
  double inside = 0;
  for (int way = 0; way < 256; ++way) {
    md::step_counts step{q, {0, 0}, {0, 0}};
    double chance = 1;
    double worse = 1;
    for (int i = 0; i < 4; ++i) {
      const auto arm = static_cast<std::size_t>((way >> (2 * i)) & 1);
      const bool bad = (way >> (2 * i + 1)) & 1;
      step.measured[arm] += 1;
      step.bad[arm] += bad;
      chance *= (arm == 1 ? q : 1 - q) * (bad ? wrong[arm] : 1 - wrong[arm]);
      const double more = arm == 1 ? 0.5 : wrong[arm];
      worse *= (arm == 1 ? q : 1 - q) * (bad ? more : 1 - more);
    }
    const double e = std::exp(md::log_e_of_difference_below(std::array{step}, 0.1));
    mean += chance * e;
    inside += worse * e;
  }
  CHECK(mean == Approx(1).epsilon(1e-12));
  CHECK(inside < 1);
}

TEST_CASE("badness between 0 and 1 keeps the mean of an e-value at 1 or below", "[deliver]") {
  // The candidate's badness is .5, the stable model's 0 or 1 with the same mean.
  const double q = 0.3;
  const std::array<md::step_counts, 1> candidate{{{q, {0, 1}, {0, 0.5}}}};
  const std::array<md::step_counts, 1> bad{{{q, {1, 0}, {1, 0}}}};
  const std::array<md::step_counts, 1> good{{{q, {1, 0}, {0, 0}}}};
  for (const double ratio : {1.1, 2.0, 10.0}) {
    const double mean =
        q * std::exp(md::log_capital(candidate, ratio)) +
        (1 - q) * 0.5 * (std::exp(md::log_capital(bad, ratio)) + std::exp(md::log_capital(good, ratio)));
    CHECK(mean <= 1);
    CHECK(mean > 0.8);
  }
}

TEST_CASE("evidence of steps adds up, and a step with one arm says nothing", "[deliver]") {
  const md::step_counts first{0.1, {900, 100}, {9, 3}};
  const md::step_counts second{0.5, {500, 500}, {5, 9}};
  const double both = md::log_capital(std::array{first, second}, 3);
  CHECK(both == Approx(md::log_capital(std::array{first}, 3) + md::log_capital(std::array{second}, 3)));
  for (const double share : {0.0, 1.0}) {
    const md::step_counts alone{share, {100, 100}, {50, 50}};
    CHECK(md::log_capital(std::array{alone}, 3) == 0);
    CHECK(std::isnan(md::ratio_estimate(std::array{alone})));
    CHECK(std::isnan(md::difference_estimate(std::array{alone})));
    CHECK(md::log_e_of_difference_below(std::array{alone}, .01) == Approx(0).margin(1e-12));
  }
  CHECK(md::log_e_of_harm({}, 2) == Approx(0).margin(1e-12));
}

TEST_CASE("a fault that begins in a later step is not hidden by healthy ones", "[deliver]") {
  const md::step_counts healthy{0.25, {30000, 10000}, {300, 100}};
  const md::step_counts faulty{0.5, {1500, 1500}, {15, 60}};
  CHECK(md::log_e_of_harm(std::array{healthy, healthy, faulty}, 2) > std::log(100));
  CHECK(md::log_capital(std::array{healthy, healthy, faulty}, 2) < 0);
}

TEST_CASE("the ratio is compared within steps", "[deliver]") {
  // At night ten times as many go wrong of both arms, when the candidate has half of the requests.
  const std::array<md::step_counts, 2> steps{{{0.1, {9000, 1000}, {90, 10}}, {0.5, {1000, 1000}, {100, 100}}}};
  CHECK(md::ratio_estimate(steps) == Approx(1).epsilon(1e-9));
  CHECK(md::difference_estimate(steps) == Approx(0).margin(1e-12));
  CHECK(md::ratio_estimate(std::array<md::step_counts, 1>{{{0.5, {10, 10}, {0, 3}}}}) == HUGE_VAL);
  CHECK(md::ratio_estimate(std::array<md::step_counts, 1>{{{0.5, {10, 10}, {3, 0}}}}) == 0);
  CHECK(std::isnan(md::ratio_estimate(std::array<md::step_counts, 1>{{{0.5, {10, 10}, {0, 0}}}})));
}

TEST_CASE("an interval closes about the ratio, and is all there is without data", "[deliver]") {
  double before = HUGE_VAL;
  for (const double n : {1.0, 10.0, 100.0, 1e4}) {
    const auto around = md::ratio_bounds(std::array<md::step_counts, 1>{{{0.5, {n, n}, {10 * n, 30 * n}}}}, 0.05);
    CHECK(around.lower < 3);
    CHECK(around.upper > 3);
    CHECK(around.upper / around.lower < before);
    before = around.upper / around.lower;
  }
  CHECK(before < 1.05);
  CHECK(md::ratio_bounds({}, 0.05).upper == HUGE_VAL);
  CHECK(md::ratio_bounds(std::array<md::step_counts, 1>{{{0.5, {9, 9}, {9, 0}}}}, 0.05).lower == 0);
  CHECK(md::ratio_bounds(std::array<md::step_counts, 1>{{{0.5, {9, 9}, {0, 9}}}}, 0.05).upper == HUGE_VAL);
}

TEST_CASE("evidence is that of a second implementation", "[deliver]") {
  // tests/oracle/release_judge.py: products of factors, decimals of 60 digits.
  const auto rows = support::reference_rows("release_evidence", "evidence");
  REQUIRE(rows.size() == 7);
  for (const auto& row : rows) {
    std::vector<md::step_counts> steps;
    for (std::size_t i = 8; i + 4 < row.size(); i += 5)
      steps.push_back({row[i], {row[i + 1], row[i + 2]}, {row[i + 3], row[i + 4]}});
    CAPTURE(row[0], row[1], steps.size());
    CHECK(md::log_e_of_harm(steps, row[0]) == Approx(row[2]).epsilon(1e-11));
    CHECK(md::log_e_of_ratio_below(steps, row[0]) == Approx(row[3]).epsilon(1e-11));
    CHECK(md::log_e_of_difference_below(steps, row[1]) == Approx(row[4]).epsilon(1e-11));
    CHECK(md::ratio_estimate(steps) == Approx(row[5]).epsilon(1e-9));
    const auto around = md::ratio_bounds(steps, 0.01);
    CHECK(around.lower == Approx(row[6]).epsilon(1e-9));
    CHECK(around.upper == Approx(row[7]).epsilon(1e-9));
  }
}
