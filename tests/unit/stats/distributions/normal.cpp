#include <millrace/stats/distributions/normal.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double*) { return mr::stats::normal{}; };
}  // namespace

TEST_CASE("normal: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("normal", 0, make);
}

TEST_CASE("normal: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::normal{}, -support::infinite, support::infinite);
  support::answers_nan(mr::stats::normal{0, 0});
  support::answers_nan(mr::stats::normal{0, -1});
  support::answers_nan(mr::stats::normal{0, support::not_a_number});
}

TEST_CASE("normal: the quantile of either tail gives back its argument") {
  support::quantiles_invert("normal", 0, make);
}

TEST_CASE("normal: the logarithm of the tail goes on where the tail underflows") {
  CHECK(mr::stats::normal{}.log_sf(10) == Approx(std::log(mr::stats::normal{}.sf(10))).epsilon(1e-14));
  CHECK(mr::stats::normal{}.log_sf(37.1) == Approx(std::log(mr::stats::normal{}.sf(37.1))).epsilon(1e-14));
  // mpmath 1.3.0: log(erfc(100 / sqrt 2) / 2), log(erfc(1e4 / sqrt 2) / 2).
  CHECK(mr::stats::normal{}.log_sf(100) == Approx(-5005.5242086942050886).epsilon(1e-15));
  CHECK(mr::stats::normal{}.log_cdf(-1e4) == Approx(-50000010.129278915).epsilon(1e-14));
  CHECK(mr::stats::normal{}.log_sf(-8) == Approx(-mr::stats::normal{}.sf(8)).epsilon(1e-14));
}

TEST_CASE("normal: mean and deviation shift and scale") {
  const mr::stats::normal n{10, 2};
  CHECK(n.sf(14) == mr::stats::normal{}.sf(2));
  CHECK(n.cdf(6) == mr::stats::normal{}.sf(2));
  CHECK(n.pdf(10) == Approx(0.3989422804014327 / 2).epsilon(1e-15));
  CHECK(n.isf(0.025) == Approx(10 + 2 * 1.9599639845400545).epsilon(1e-15));
}

TEST_CASE("normal: 2 (1 - cdf) is 0 where the survival function has all its digits") {
  CHECK(2 * (1 - mr::stats::normal{}.cdf(9)) == 0);
  CHECK(2 * mr::stats::normal{}.sf(9) == Approx(2.2571768119076831e-19).epsilon(1e-13));
}

TEST_CASE("normal: both tails are probabilities, the quantiles numbers in order") {
  for (const double sd : support::any_shape) {
    CAPTURE(sd);
    support::has_probabilities(mr::stats::normal{0.3, sd});
    support::has_ordered_quantiles(mr::stats::normal{0.3, sd});
  }
}
