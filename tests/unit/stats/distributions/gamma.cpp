#include <millrace/stats/distributions/gamma.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double* p) { return mr::stats::gamma{p[0]}; };
}  // namespace

TEST_CASE("gamma: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("gamma", 1, make);
}

TEST_CASE("gamma: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::gamma{2.5}, 0, support::infinite);
  support::answers_nan(mr::stats::gamma{0});
  support::answers_nan(mr::stats::gamma{-1});
  support::answers_nan(mr::stats::gamma{support::not_a_number});
  support::answers_nan(mr::stats::gamma{support::infinite});
  support::answers_nan(mr::stats::gamma{1, 0});
}

TEST_CASE("gamma: the quantile of either tail gives back its argument") { support::quantiles_invert("gamma", 1, make); }

TEST_CASE("gamma: the density is the slope of the cdf") {
  const mr::stats::gamma g{2.5, 3};
  CHECK(g.pdf(4) == Approx((g.cdf(4.001) - g.cdf(3.999)) / 0.002).epsilon(1e-6));
  CHECK(mr::stats::gamma{1, 2}.pdf(0) == 0.5);
  CHECK(mr::stats::gamma{2}.pdf(0) == 0);
  CHECK(std::isinf(mr::stats::gamma{0.5}.pdf(0)));
  CHECK(g.pdf(-1) == 0);
}
