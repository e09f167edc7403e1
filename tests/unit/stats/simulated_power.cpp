#include <millrace/stats/simulated_power.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <millrace/core/seed.hpp>
#include <millrace/stats/means.hpp>
#include <millrace/stats/power.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

/// Welch's test of means 0.6 apart with deviations 1 and 2.
mr::result<mr::test_result> trial(std::size_t n, mr::random_engine& engine) {
  std::vector<double> a(n), b(n);
  for (double& x : a) x = engine.normal() + 0.6;
  for (double& x : b) x = 2 * engine.normal();
  return mr::welch_t_test(mr::sample_moments::of(a), mr::sample_moments::of(b));
}

}  // namespace

TEST_CASE("simulated power: agrees with Welch's planned one, within the interval that it states") {
  mr::simulation_options options;
  options.trials = 5000;
  options.confidence = 0.999;
  for (const std::size_t n : {8u, 30u, 120u}) {
    const auto found = mr::simulated_power(trial, n, options);
    REQUIRE(found);
    const double planned = mr::power_of(mr::two_unequal_means{1, 2}, 0.6, static_cast<double>(n))->power;
    CAPTURE(n, planned, found->summary());
    CHECK(found->interval.contains(planned));
    CHECK(found->interval.width() < 0.05);
  }
}

TEST_CASE("simulated power: a sample size reaches the power, and is close to the one planned") {
  const double planned = mr::sample_size(mr::two_unequal_means{1, 2}, 0.6)->n1;
  const auto found = mr::simulated_sample_size(trial);
  REQUIRE(found);
  CHECK(found->power >= 0.8);
  CHECK(std::fabs(found->n - planned) < 0.1 * planned);
  CHECK(mr::simulated_power(trial, static_cast<std::size_t>(found->n))->power == found->power);
  CHECK(mr::simulated_power(trial, static_cast<std::size_t>(found->n) - 1)->power < 0.8);
}

TEST_CASE("simulated power: the same seed gives the same power; the sentence") {
  mr::simulation_options options;
  options.trials = 100;
  const auto certain = [](std::size_t, mr::random_engine& engine) {
    mr::test_result r;
    r.p = engine.uniform() < 0.5 ? 0.05 : 0.05001;
    return mr::result<mr::test_result>(r);
  };
  const auto found = mr::simulated_power(certain, 7, options);
  CHECK(found->power == mr::simulated_power(certain, 7, options)->power);
  CHECK(found->power > 0.3);
  CHECK(found->power < 0.7);
  const auto always = [](std::size_t, mr::random_engine&) {
    mr::test_result r;
    r.p = 0;
    return mr::result<mr::test_result>(r);
  };
  CHECK(mr::simulated_power(always, 7, options)->summary() ==
        "Simulated power 1 (95 % interval 0.9638 to 1) with n = 7, by 100 trials.");
}

TEST_CASE("simulated power: nonsense is an error, and a trial's own error is passed on with its number") {
  mr::simulation_options options;
  CHECK_FALSE(mr::simulated_power(trial, 0));
  const auto refused = mr::simulated_power(trial, 1);
  CHECK(refused.error().message() == "trial 0");
  CHECK(refused.error().describe().find("the first sample has fewer than 2 observations") != std::string::npos);
  for (const double bad : {0.0, 1.0, -1.0, support::not_a_number}) {
    options = {};
    options.alpha = bad;
    CHECK_FALSE(mr::simulated_power(trial, 10, options));
    options = {};
    options.power = bad;
    CHECK_FALSE(mr::simulated_sample_size(trial, 2, 100, options));
    options = {};
    options.confidence = bad;
    CHECK_FALSE(mr::simulated_power(trial, 10, options));
  }
  options = {};
  options.trials = 0;
  CHECK_FALSE(mr::simulated_power(trial, 10, options));
  const auto never = [](std::size_t, mr::random_engine&) {
    mr::test_result r;
    r.p = 1;
    return mr::result<mr::test_result>(r);
  };
  options.trials = 10;
  CHECK(mr::simulated_sample_size(never, 2, 1000, options).error().message() ==
        "no sample of 1000 units reaches this power");
}
