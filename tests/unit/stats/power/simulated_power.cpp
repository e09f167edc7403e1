#include <millrace/stats/power/simulated_power.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <millrace/core/seed.hpp>
#include <millrace/stats/power/planning.hpp>
#include <millrace/stats/tests/means.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

/// Welch's test of means 0.6 apart with deviations 1 and 2.
mr::result<mr::stats::test_result> trial(std::size_t n, mr::random_engine& engine) {
  std::vector<double> a(n), b(n);
  for (double& x : a) x = engine.normal() + 0.6;
  for (double& x : b) x = 2 * engine.normal();
  return mr::stats::welch_t_test(mr::stats::sample_moments::make(a), mr::stats::sample_moments::make(b));
}

}  // namespace

TEST_CASE("simulated power: agrees with Welch's planned one, within the interval that it states") {
  mr::stats::simulation_options options;
  options.trials = 5000;
  options.confidence = 0.999;
  for (const std::size_t n : {8u, 30u, 120u}) {
    const auto found = mr::stats::simulated_power(trial, n, options);
    REQUIRE(found);
    const double planned = mr::stats::power_of(mr::stats::two_unequal_means{1, 2}, 0.6, static_cast<double>(n))->power;
    CAPTURE(n, planned, found->summary());
    CHECK(found->interval.contains(planned));
    CHECK(found->interval.width() < 0.05);
  }
}

TEST_CASE("simulated power: a sample size reaches the power, and is close to the one planned") {
  const double planned = mr::stats::sample_size(mr::stats::two_unequal_means{1, 2}, 0.6)->n1;
  const auto found = mr::stats::simulated_sample_size(trial);
  REQUIRE(found);
  CHECK(found->power >= 0.8);
  CHECK(std::fabs(found->n - planned) < 0.1 * planned);
  CHECK(mr::stats::simulated_power(trial, static_cast<std::size_t>(found->n))->power == found->power);
  CHECK(mr::stats::simulated_power(trial, static_cast<std::size_t>(found->n) - 1)->power < 0.8);
}

TEST_CASE("simulated power: the same seed gives the same power; the sentence") {
  mr::stats::simulation_options options;
  options.trials = 100;
  const auto certain = [](std::size_t, mr::random_engine& engine) {
    mr::stats::test_result r;
    r.p = engine.uniform() < 0.5 ? 0.05 : 0.05001;
    return mr::result<mr::stats::test_result>(r);
  };
  const auto found = mr::stats::simulated_power(certain, 7, options);
  CHECK(found->power == mr::stats::simulated_power(certain, 7, options)->power);
  CHECK(found->power > 0.3);
  CHECK(found->power < 0.7);
  const auto always = [](std::size_t, mr::random_engine&) {
    mr::stats::test_result r;
    r.p = 0;
    return mr::result<mr::stats::test_result>(r);
  };
  CHECK(mr::stats::simulated_power(always, 7, options)->summary() ==
        "Simulated power 1 (95 % interval 0.9638 to 1) with n = 7, by 100 trials.");
}

TEST_CASE("simulated power: nonsense is an error, and a trial's own error is passed on with its number") {
  mr::stats::simulation_options options;
  CHECK_FALSE(mr::stats::simulated_power(trial, 0));
  const auto refused = mr::stats::simulated_power(trial, 1);
  CHECK(refused.error().message() == "trial 0");
  CHECK(refused.error().describe().find("the first sample has fewer than 2 observations") != std::string::npos);
  for (const double bad : {0.0, 1.0, -1.0, support::not_a_number}) {
    options = {};
    options.alpha = bad;
    CHECK_FALSE(mr::stats::simulated_power(trial, 10, options));
    options = {};
    options.power = bad;
    CHECK_FALSE(mr::stats::simulated_sample_size(trial, 2, 100, options));
    options = {};
    options.confidence = bad;
    CHECK_FALSE(mr::stats::simulated_power(trial, 10, options));
  }
  options = {};
  options.trials = 0;
  CHECK_FALSE(mr::stats::simulated_power(trial, 10, options));
  const auto never = [](std::size_t, mr::random_engine&) {
    mr::stats::test_result r;
    r.p = 1;
    return mr::result<mr::stats::test_result>(r);
  };
  options.trials = 10;
  CHECK(mr::stats::simulated_sample_size(never, 2, 1000, options).error().message() ==
        "no sample of 1000 units reaches this power");
}
