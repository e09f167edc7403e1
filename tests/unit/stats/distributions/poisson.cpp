#include <millrace/stats/distributions/poisson.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double* p) { return mr::stats::poisson{p[0]}; };
}  // namespace

TEST_CASE("poisson: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("poisson", 1, make);
}

TEST_CASE("poisson: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::poisson{3}, 0, support::infinite);
  support::answers_nan(mr::stats::poisson{-1});
  support::answers_nan(mr::stats::poisson{support::not_a_number});
  support::answers_nan(mr::stats::poisson{support::infinite});
}

TEST_CASE("poisson: quantile and isf are the least count that reaches a tail") {
  support::whole_quantiles_invert(mr::stats::poisson{3.5}, 0, 30);
  support::whole_quantiles_invert(mr::stats::poisson{400}, 250, 600);
}

TEST_CASE("poisson: the probabilities sum to 1, and a mean of 0 is always 0") {
  double sum = 0;
  for (int k = 0; k <= 200; ++k) sum += mr::stats::poisson{42.5}.pmf(k);
  CHECK(sum == Approx(1).epsilon(1e-13));
  CHECK(mr::stats::poisson{0}.pmf(0) == 1);
  CHECK(mr::stats::poisson{0}.cdf(0) == 1);
  CHECK(mr::stats::poisson{0}.sf(0) == 0);
  CHECK(mr::stats::poisson{0}.quantile(0.9) == 0);
}

TEST_CASE("poisson: both tails are probabilities, the quantiles numbers in order, over the range of doubles") {
  for (const double mean : support::any_shape) {
    CAPTURE(mean);
    support::has_probabilities(mr::stats::poisson{mean});
    support::has_ordered_quantiles(mr::stats::poisson{mean});
  }
}
