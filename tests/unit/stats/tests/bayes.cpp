#include <millrace/stats/tests/bayes.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("bayes: posteriors are those of the conjugate families") {
  const auto rate = mr::stats::rate_posterior_of({45, 300});
  CHECK(rate->distribution.a == 46);
  CHECK(rate->distribution.b == 256);
  CHECK(rate->mean() == Approx(46.0 / 302));
  CHECK(rate->credible().lower == Approx(mr::stats::beta{46, 256}.quantile(0.025)).epsilon(1e-12));
  CHECK(mr::stats::rate_posterior_of({0, 0}, {2, 5})->distribution.b == 5);
  const auto flat = mr::stats::mean_posterior_of(mr::stats::sample_moments{100, 3, 4});
  CHECK(flat->mean() == 3);
  CHECK(flat->distribution.sd == Approx(0.2));
  const auto shrunk = mr::stats::mean_posterior_of(mr::stats::sample_moments{100, 3, 4}, {0, 0.2});
  CHECK(shrunk->mean() == Approx(1.5));
  CHECK(shrunk->distribution.sd == Approx(0.2 / std::sqrt(2.0)));
  CHECK(shrunk->credible(0.9).contains(1.5));
}

TEST_CASE("bayes: of two normal means, the probability of being best and the loss have closed forms") {
  const std::vector<mr::stats::mean_posterior> arms{{{1, 0.5}}, {{1.3, 0.7}}};
  const auto r = mr::stats::compare(arms);
  REQUIRE(r);
  const double sd = std::sqrt(0.25 + 0.49);
  const double z = 0.3 / sd;
  CHECK((*r)[1].best == Approx(mr::stats::normal{}.cdf(z)).epsilon(1e-10));
  CHECK((*r)[0].best == Approx(mr::stats::normal{}.sf(z)).epsilon(1e-10));
  // E[max(0, d)] for d ~ N(0.3, sd).
  CHECK((*r)[0].expected_loss ==
        Approx(0.3 * mr::stats::normal{}.cdf(z) + sd * mr::stats::normal{}.pdf(z)).epsilon(1e-10));
  CHECK((*r)[1].expected_loss ==
        Approx(sd * mr::stats::normal{}.pdf(z) - 0.3 * mr::stats::normal{}.sf(z)).epsilon(1e-10));
}

TEST_CASE("bayes: of two rates with whole shapes, the probability is the finite sum") {
  // E. Miller, "Formulas for Bayesian A/B testing": P(p_b > p_a) as a sum over the successes of b.
  const mr::stats::beta a{11, 31};
  const mr::stats::beta b{15, 27};
  const auto log_beta = [](double x, double y) { return std::lgamma(x) + std::lgamma(y) - std::lgamma(x + y); };
  double sum = 0;
  for (int i = 0; i < 15; ++i)
    sum += std::exp(log_beta(a.a + i, a.b + b.b) - std::log(b.b + i) - log_beta(1 + i, b.b) - log_beta(a.a, a.b));
  const std::vector<mr::stats::rate_posterior> arms{{a}, {b}};
  const auto r = mr::stats::compare(arms);
  CHECK((*r)[1].best == Approx(sum).epsilon(1e-10));
  CHECK((*r)[0].best + (*r)[1].best == Approx(1).epsilon(1e-14));
  // The losses differ by the difference of the means.
  CHECK((*r)[0].expected_loss - (*r)[1].expected_loss == Approx(b.mean() - a.mean()).epsilon(1e-9));
}

TEST_CASE("bayes: three arms agree with ten million draws") {
  // NumPy 2.4.6, default_rng(1), beta posteriors: 0.65550, 0.00801, 0.33649; losses 0.006616, 0.059576.
  const std::vector<mr::stats::rate_posterior> arms{*mr::stats::rate_posterior_of({45, 300}),
                                                    *mr::stats::rate_posterior_of({30, 310}),
                                                    *mr::stats::rate_posterior_of({40, 290})};
  const auto r = mr::stats::compare(arms);
  CHECK((*r)[0].best == Approx(0.6554973).margin(6 * 1.6e-4));
  CHECK((*r)[1].best == Approx(0.0080114).margin(6 * 3e-5));
  CHECK((*r)[0].expected_loss == Approx(0.00661645).margin(6e-5));
  CHECK((*r)[1].expected_loss == Approx(0.05957560).margin(6e-5));
}

TEST_CASE("bayes: far apart and very unequal arms keep exact answers") {
  const std::vector<mr::stats::rate_posterior> arms{{{1e6, 1e6}}, {{1, 1e6}}, {{0.5, 0.5}}};
  const auto r = mr::stats::compare(arms);
  REQUIRE(r);
  // The last is above or below 1/2 with the same probability, and the second never the best.
  CHECK((*r)[0].best == Approx(0.5).epsilon(1e-4));
  CHECK((*r)[2].best == Approx(0.5).epsilon(1e-4));
  CHECK((*r)[1].best < 1e-12);
  // E[max] = 1/2 + E[(X - 1/2)+], which is 1 / (2 pi) for the arcsine law.
  CHECK((*r)[1].expected_loss == Approx(0.5 + 0.5 / 3.14159265358979).epsilon(1e-4));
}

TEST_CASE("bayes: a posterior that lies within rounding of 0 or 1 is refused, not misjudged") {
  CHECK(mr::stats::compare(std::vector<mr::stats::rate_posterior>{{{1, 1}}, {{0.01, 0.01}}}).error().code() ==
        mr::errc::unsupported);
}

TEST_CASE("bayes: nonsense is an error that names it") {
  CHECK_FALSE(mr::stats::rate_posterior_of({-1, 10}));
  CHECK_FALSE(mr::stats::rate_posterior_of({1, 0}));
  CHECK(mr::stats::rate_posterior_of({1, 10}, {0, 1}).error().message() == "the prior's shapes must be above 0");
  CHECK_FALSE(mr::stats::mean_posterior_of(mr::stats::sample_moments{10, 1, 0}));
  CHECK_FALSE(mr::stats::mean_posterior_of(mr::stats::sample_moments{1, 1, 1}));
  CHECK_FALSE(mr::stats::mean_posterior_of(mr::stats::sample_moments{10, 1, 1}, {0, 0}));
  CHECK_FALSE(mr::stats::compare(std::vector<mr::stats::rate_posterior>{{{1, 1}}}));
  CHECK_FALSE(mr::stats::compare(std::vector<mr::stats::rate_posterior>{{{1, 1}}, {{-1, 1}}}));
}
