#include <millrace/stats/power/rank_power.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <millrace/core/seed.hpp>
#include <millrace/stats/power/simulated_power.hpp>
#include <millrace/stats/tests/kolmogorov_smirnov.hpp>
#include <millrace/stats/tests/quantiles.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {

template <class Draw>
mr::stats::sorted_sample drawn(std::size_t n, Draw draw) {
  std::vector<double> values(n);
  for (double& x : values) x = draw();
  return *mr::stats::sorted_sample::make(values);
}

}  // namespace

TEST_CASE("rank power: of Kolmogorov-Smirnov tests it is Massey's bound, worked out by hand") {
  // 1.3581 sqrt(2/200) = 0.13581; deviation sqrt(0.96 / 4 * 2 / 200) = 0.04899; (0.2 - 0.13581) / 0.04899 = 1.3103.
  CHECK(mr::stats::power_of(mr::stats::two_distributions{}, 0.2, 200)->power ==
        Approx(mr::stats::normal{}.cdf(1.3103)).epsilon(1e-4));
  // One sample: 1.3581 / 10 = 0.13581; deviation 0.05; (0.2 - 0.13581) / 0.05 = 1.2838.
  CHECK(mr::stats::power_of(mr::stats::one_distribution{}, 0.2, 100)->power ==
        Approx(mr::stats::normal{}.cdf(1.2838)).epsilon(1e-4));
  // Beyond one half the rate varies most at the distance itself: deviation sqrt(0.8 0.2 / 5) = 0.17889, limit 0.60736.
  CHECK(mr::stats::power_of(mr::stats::one_distribution{}, 0.8, 5)->power ==
        Approx(mr::stats::normal{}.cdf(1.0769)).epsilon(1e-4));
  // One-sided: sqrt(ln(20) / 2) = 1.2239.
  mr::stats::power_options o;
  o.side = mr::stats::alternative::greater;
  CHECK(mr::stats::power_of(mr::stats::one_distribution{}, 0.2, 100, o)->power ==
        Approx(mr::stats::normal{}.cdf(1.5522)).epsilon(1e-4));
  CHECK(mr::stats::power_of(mr::stats::one_distribution{}, -0.2, 100, o)->power < 1e-6);
  o.side = mr::stats::alternative::less;
  CHECK(mr::stats::power_of(mr::stats::one_distribution{}, -0.2, 100, o)->power ==
        Approx(mr::stats::normal{}.cdf(1.5522)).epsilon(1e-4));
  CHECK(mr::stats::power_of(mr::stats::one_distribution{}, 1, 100)->power == 1);
  CHECK(mr::stats::power_of(mr::stats::two_distributions{}, 1, 100)->power == 1);
}

TEST_CASE("rank power: Kolmogorov-Smirnov tests find at least as often what was planned, whatever the distributions") {
  // Uniform against uniform with the mass 0.3 of a stretch below the middle moved above it: distance 0.3 there alone.
  const auto plan = mr::stats::sample_size(mr::stats::two_distributions{}, 0.3);
  REQUIRE(plan);
  const auto n = static_cast<std::size_t>(plan->n1);
  const auto step = [](std::size_t size, mr::random_engine& engine) {
    const auto plain = [&] { return engine.uniform(); };
    const auto moved = [&] {
      const double x = engine.uniform();
      return x >= 0.2 && x < 0.5 ? x + 0.3 : x;
    };
    const auto a = drawn(size, plain);
    return mr::stats::ks_test(a, drawn(size, moved));
  };
  mr::stats::simulation_options often;
  often.confidence = 0.999;
  CHECK(mr::stats::simulated_power(step, n, often)->interval.upper >= plan->power);
  // Where the functions differ along the range the power is a good deal higher.
  const auto shift = [](std::size_t size, mr::random_engine& engine) {
    const auto a = drawn(size, [&] { return engine.normal(); });
    return mr::stats::ks_test(a, drawn(size, [&] { return engine.normal() - 0.7706; }));  // 2 Phi(0.3853) - 1 = 0.3
  };
  CHECK(mr::stats::simulated_power(shift, n, often)->interval.lower >= plan->power);
  // One sample against the uniform law.
  const auto one = mr::stats::sample_size(mr::stats::one_distribution{}, 0.3);
  const auto against = [](std::size_t size, mr::random_engine& engine) {
    return mr::stats::ks_test_against(drawn(size,
                                            [&] {
                                              const double x = engine.uniform();
                                              return x >= 0.2 && x < 0.5 ? x + 0.3 : x;
                                            }),
                                      [](double x) { return std::fmin(1.0, std::fmax(0.0, x)); });
  };
  CHECK(mr::stats::simulated_power(against, static_cast<std::size_t>(one->n1), often)->interval.upper >= one->power);
}

TEST_CASE("rank power: with arms of any two sizes no place of the largest distance has less power") {
  // The power at one place with the shares p and p - effect below it, by the normal law.
  for (const double other : {20.0, 100.0, 400.0, 8000.0}) {
    for (const double effect : {-0.9, -0.45, 0.3, 0.45, 0.6, 0.95}) {
      const double n = 400;
      const mr::stats::power_options o;
      const double bound = mr::stats::two_distributions::power(effect, n, other, o);
      if (bound < 0.51) continue;
      const double reach = mr::stats::kolmogorov{}.isf(o.alpha) / std::sqrt(n * other / (n + other));
      double least = 1;
      for (int i = 0; i <= 1000; ++i) {
        const double p = std::fmax(0.0, effect) + (1 - std::fabs(effect)) * i / 1000;
        const double q = p - effect;
        const double variance = std::fmax(0.0, p * (1 - p)) / n + std::fmax(0.0, q * (1 - q)) / other;
        if (variance > 0)
          least = std::fmin(least, mr::stats::normal{}.cdf((std::fabs(effect) - reach) / std::sqrt(variance)));
      }
      CAPTURE(other, effect, bound, least);
      CHECK(bound <= least + 1e-12);
      CHECK(bound >= least - 1e-4);
    }
  }
}

TEST_CASE("rank power: of the quantile test it comes within 0.03 of what trials find") {
  // Exponential with mean 1 and 1.25: density at the quantile p is (1 - p) over the mean.
  const double p = 0.9;
  const mr::stats::two_quantiles design{p, 0.1 / 1.25, 0.1};
  const double effect = 0.25 * std::log(10.0);
  const auto trial = [&](std::size_t n, mr::random_engine& engine) {
    const auto slow = drawn(n, [&] { return -1.25 * std::log1p(-engine.uniform()); });
    return mr::stats::quantile_test(slow, drawn(n, [&] { return -std::log1p(-engine.uniform()); }), p);
  };
  mr::stats::simulation_options options;
  options.trials = 4000;
  for (const std::size_t n : {500u, 1500u, 3000u}) {
    const auto simulated = mr::stats::simulated_power(trial, n, options);
    const double planned = mr::stats::power_of(design, effect, static_cast<double>(n))->power;
    CAPTURE(n, simulated->power, planned);
    CHECK(std::fabs(simulated->power - planned) < 0.03);
  }
  // By hand: 0.9 * 0.1 / 0.1^2 * (1.25^2 + 1) = 23.06; (1.96 + 0.8416)^2 * 23.06 / 0.5756^2 = 546.3.
  CHECK(mr::stats::sample_size(design, effect)->n1 == 547);
  CHECK(mr::stats::minimum_detectable_effect(design, 547)->effect == Approx(effect).epsilon(1e-3));
}

TEST_CASE("rank power: what cannot be planned is an error") {
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_distributions{}, 1.5, 100));
  CHECK_FALSE(mr::stats::power_of(mr::stats::one_distribution{}, -1.5, 100));
  CHECK_FALSE(mr::stats::power_of(mr::stats::one_distribution{}, support::not_a_number, 100));
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_distributions{}, 0.5, 0));
  CHECK_FALSE(mr::stats::sample_size(mr::stats::two_distributions{}, 0));
  for (const double bad : {0.0, 1.0, -1.0, support::not_a_number})
    CHECK_FALSE(mr::stats::power_of(mr::stats::two_quantiles{bad, 1, 1}, 0.5, 100));
  for (const double bad : {0.0, -1.0, support::not_a_number})
    CHECK_FALSE(mr::stats::power_of(mr::stats::two_quantiles{0.5, bad, 1}, 0.5, 100));
}
