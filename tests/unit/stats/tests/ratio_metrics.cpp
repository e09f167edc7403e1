#include <millrace/stats/tests/ratio_metrics.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <millrace/core/seed.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

/// Users with clicks (at least 1), revenue that follows them, and the same before the experiment.
struct users {
  std::vector<double> revenue, clicks, before_revenue, before_clicks;
  users(std::uint64_t seed, std::size_t n, double lift) {
    mr::random_engine engine(seed);
    for (std::size_t i = 0; i < n; ++i) {
      const double taste = engine.normal();
      const auto count = [&] { return 1 + std::floor(4 * engine.uniform() + std::fmax(0.0, taste)); };
      clicks.push_back(count());
      before_clicks.push_back(count());
      revenue.push_back(clicks.back() * (2 + taste + lift) + engine.normal());
      before_revenue.push_back(before_clicks.back() * (2 + taste) + engine.normal());
    }
  }
  mr::stats::ratio_with_covariate columns() const { return {revenue, clicks, before_revenue, before_clicks}; }
};

}  // namespace

TEST_CASE("ratio metrics: the delta method's variance is that of the linearised units") {
  const users u(3, 500, 0);
  const auto m = mr::stats::pair_moments::make(u.revenue, u.clicks);
  const auto r = mr::stats::ratio_of_means(m);
  REQUIRE(r);
  std::vector<double> units;
  for (std::size_t i = 0; i < u.revenue.size(); ++i)
    units.push_back((u.revenue[i] - r->ratio * u.clicks[i]) / m.mean_y);
  CHECK(r->variance == Approx(mr::stats::sample_moments::make(units).variance).epsilon(1e-12));
}

TEST_CASE("ratio metrics: without a difference the test keeps its level, where treating clicks as units would not") {
  int rejected = 0;
  constexpr int experiments = 400;
  for (int i = 0; i < experiments; ++i) {
    const users a(static_cast<std::uint64_t>(2 * i + 1), 120, 0);
    const users b(static_cast<std::uint64_t>(2 * i + 2), 120, 0);
    rejected += mr::stats::ratio_test(mr::stats::pair_moments::make(a.revenue, a.clicks),
                                      mr::stats::pair_moments::make(b.revenue, b.clicks))
                    ->significant();
  }
  // 5 % of 400 is 20; six binomial deviations either way.
  CHECK(std::fabs(rejected - 20) < 6 * std::sqrt(400 * 0.05 * 0.95));
}

TEST_CASE("ratio metrics: CUPED finds the same effect with a smaller error") {
  const users a(7, 3000, 0.1);
  const users b(8, 3000, 0);
  const auto plain = mr::stats::ratio_test(mr::stats::pair_moments::make(a.revenue, a.clicks),
                                           mr::stats::pair_moments::make(b.revenue, b.clicks));
  const auto adjusted = mr::stats::cuped_ratio_test(a.columns(), b.columns());
  REQUIRE(adjusted);
  CHECK(adjusted->variance_removed > 0.3);
  CHECK(adjusted->test.interval.width() < plain->interval.width());
  CHECK(adjusted->test.interval.contains(0.1));
}

TEST_CASE("ratio metrics: CUPED of means is the regression that it says it is") {
  const users a(7, 800, 0.1);
  const users b(8, 900, 0);
  const auto ma = mr::stats::pair_moments::make(a.revenue, a.before_revenue);
  const auto mb = mr::stats::pair_moments::make(b.revenue, b.before_revenue);
  const auto r = mr::stats::cuped_test(ma, mb);
  REQUIRE(r);
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t i = 0; i < a.revenue.size(); ++i) x.push_back(a.revenue[i] - r->slope * a.before_revenue[i]);
  for (std::size_t i = 0; i < b.revenue.size(); ++i) y.push_back(b.revenue[i] - r->slope * b.before_revenue[i]);
  const auto by_units = mr::stats::welch_t_test(x, y);
  CHECK(r->test.p == Approx(by_units->p).epsilon(1e-9));
  CHECK(r->test.effect == Approx(by_units->effect).epsilon(1e-10));
  CHECK(r->test.statistic == Approx(by_units->statistic).epsilon(1e-10));
}

TEST_CASE("ratio metrics: relative lift") {
  const auto r =
      mr::stats::relative_lift_test(mr::stats::sample_moments{10'000, 11, 4}, mr::stats::sample_moments{10'000, 10, 4});
  CHECK(r->effect == Approx(0.1));
  // By hand: sqrt((4e-4 + 1.21 * 4e-4) / 100).
  CHECK(r->statistic == Approx(0.1 / std::sqrt((4e-4 + 1.21 * 4e-4) / 100)).epsilon(1e-12));
  CHECK(mr::stats::relative_lift_test(mr::stats::sample_moments{50, 1, 4}, mr::stats::sample_moments{50, 0.5, 4})
            ->failed.contains(mr::stats::assumption::denominator_away_from_zero));
  CHECK_FALSE(mr::stats::relative_lift_test(mr::stats::sample_moments{50, 1, 4}, mr::stats::sample_moments{50, 0, 4}));
}

TEST_CASE("ratio metrics: nonsense is an error that names it, a constant covariate removes nothing") {
  const mr::stats::pair_moments good{10, 5, 2, 1, 1, 0.5};
  CHECK(mr::stats::ratio_of_means({10, 5, 0, 1, 1, 0}).error().message() == "the denominator's mean is 0");
  CHECK(mr::stats::ratio_of_means({10, 5, 1, 1, 1, 3}).error().message() ==
        "the sample: its covariance exceeds its variances");
  CHECK_FALSE(mr::stats::ratio_of_means({1, 5, 1, 0, 0, 0}));
  CHECK(mr::stats::ratio_test(good, {10, 5, 0, 1, 1, 0}).error().describe() ==
        "the second arm: the denominator's mean is 0");
  CHECK_FALSE(mr::stats::ratio_test(good, good, {mr::stats::alternative::two_sided, 0}));
  CHECK(mr::stats::ratio_test(good, good)->failed.contains(mr::stats::assumption::large_sample));
  const auto r = mr::stats::cuped_test({10, 5, 2, 1, 0, 0}, {10, 5, 2, 1, 0, 0});
  CHECK(r->slope == 0);
  CHECK(r->variance_removed == 0);
  const std::vector<double> three{1, 2, 3};
  const std::vector<double> two{1, 2};
  CHECK(mr::stats::cuped_ratio_test({three, three, three, three}, {three, two, three, three}).error().code() ==
        mr::errc::shape_mismatch);
  const std::vector<double> zero{0, 0, 0};
  CHECK_FALSE(mr::stats::cuped_ratio_test({three, zero, three, three}, {three, zero, three, three}));
}
