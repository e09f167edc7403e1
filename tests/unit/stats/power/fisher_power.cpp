#include <millrace/stats/power/fisher_power.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <millrace/stats/distributions/binomial.hpp>
#include <millrace/stats/tests/proportions.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {

/// Every pair of counts, tested.
double enumerated(double p1, double p2, std::int64_t n1, std::int64_t n2, double alpha, mr::stats::alternative side) {
  double power = 0;
  for (std::int64_t i = 0; i <= n1; ++i)
    for (std::int64_t j = 0; j <= n2; ++j) {
      const auto r = mr::stats::fisher_exact_test({i, n1}, {j, n2}, {side, 0.95});
      if (r->p <= alpha * (1 + 1e-9))
        power += mr::stats::binomial{static_cast<double>(n1), p1}.pmf(static_cast<double>(i)) *
                 mr::stats::binomial{static_cast<double>(n2), p2}.pmf(static_cast<double>(j));
    }
  return power;
}

}  // namespace

TEST_CASE("fisher power: equals the enumeration of all pairs of counts, on every side") {
  for (const auto& [p1, p2, n1, ratio, alpha] : {std::array<double, 5>{0.7, 0.2, 12, 1, 0.05},
                                                 {0.05, 0.4, 30, 1, 0.01},
                                                 {0.9, 0.5, 15, 2, 0.05},
                                                 {1, 0.6, 9, 1, 0.1},
                                                 {0.3, 0.3, 40, 1, 0.05}}) {
    for (const auto side :
         {mr::stats::alternative::two_sided, mr::stats::alternative::less, mr::stats::alternative::greater}) {
      CAPTURE(p1, p2, n1, to_string(side));
      mr::stats::power_options o;
      o.alpha = alpha;
      o.side = side;
      o.ratio = ratio;
      const auto plan = mr::stats::power_of(mr::stats::two_proportions_exact{p2}, p1 - p2, n1, o);
      REQUIRE(plan);
      CHECK(plan->power ==
            Approx(enumerated(p1, p2, static_cast<std::int64_t>(n1), static_cast<std::int64_t>(plan->n2), alpha, side))
                .epsilon(1e-9)
                .margin(1e-13));
    }
  }
}

TEST_CASE("fisher power: of large arms it comes close to the z test's, a little below") {
  const double z = mr::stats::power_of(mr::stats::two_proportions{0.1}, 0.02, 4000)->power;
  const double exact = mr::stats::power_of(mr::stats::two_proportions_exact{0.1}, 0.02, 4000)->power;
  CHECK(exact < z);
  CHECK(exact > z - 0.02);
  CHECK(mr::stats::power_of(mr::stats::two_proportions_exact{0.5}, 0.01, 100'000)->power ==
        Approx(mr::stats::power_of(mr::stats::two_proportions{0.5}, 0.01, 100'000)->power).margin(0.002));
  const auto many = mr::stats::sample_size(mr::stats::two_proportions_exact{0.1}, 0.0001);
  REQUIRE(many);
  CHECK(many->n1 == mr::stats::sample_size(mr::stats::two_proportions{0.1}, 0.0001)->n1);
  // Where one takes over from the other there is no step to speak of.
  CHECK(mr::stats::power_of(mr::stats::two_proportions_exact{0.3}, 0.002, 500'000)->power ==
        Approx(mr::stats::power_of(mr::stats::two_proportions_exact{0.3}, 0.002, 500'001)->power).margin(0.002));
}

TEST_CASE("fisher power: sample sizes and least effects reach the power, and no fewer units do") {
  const auto plan = mr::stats::sample_size(mr::stats::two_proportions_exact{0.2}, 0.4);
  REQUIRE(plan);
  CHECK(plan->power >= 0.8);
  CHECK(mr::stats::power_of(mr::stats::two_proportions_exact{0.2}, 0.4, plan->n1 - 1)->power < 0.8);
  const auto effect = mr::stats::minimum_detectable_effect(mr::stats::two_proportions_exact{0.2}, plan->n1);
  CHECK(effect->effect <= 0.4);
  CHECK(effect->power == Approx(0.8).margin(1e-6));
}

TEST_CASE("fisher power: impossible rates and effects are errors") {
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_proportions_exact{0.9}, 0.2, 10));
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_proportions_exact{-0.1}, 0.2, 10));
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_proportions_exact{support::not_a_number}, 0.2, 10));
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_proportions_exact{0.1}, support::not_a_number, 10));
  CHECK_FALSE(mr::stats::power_of(mr::stats::two_proportions_exact{0.1}, 0.1, 0));
  CHECK(mr::stats::power_of(mr::stats::two_proportions_exact{0.1}, 0.1, 1)->power == 0);
}
