#include <millrace/stats/distributions/gamma.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/probabilities.hpp>
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

TEST_CASE("gamma: both tails are probabilities, the quantiles numbers in order, over the range of doubles") {
  for (const double shape : support::any_shape)
    for (const double scale : {1e-300, 1e-10, 1.0, 1e200}) {
      CAPTURE(shape, scale);
      support::has_probabilities(mr::stats::gamma{shape, scale});
      support::has_ordered_quantiles(mr::stats::gamma{shape, scale});
    }
}
