#include <millrace/stats/distributions/beta.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double* p) { return mr::stats::beta{p[0], p[1]}; };
}  // namespace

TEST_CASE("beta: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("beta", 2, make);
}

TEST_CASE("beta: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::beta{2, 3}, 0, 1);
  support::answers_nan(mr::stats::beta{0, 1});
  support::answers_nan(mr::stats::beta{1, -1});
  support::answers_nan(mr::stats::beta{support::not_a_number, 1});
}

TEST_CASE("beta: the quantile of either tail gives back its argument") { support::quantiles_invert("beta", 2, make); }

TEST_CASE("beta: density, mean and variance") {
  const mr::stats::beta b{2, 3};
  CHECK(b.pdf(0.25) == Approx(12 * 0.25 * 0.75 * 0.75).epsilon(1e-14));
  CHECK(b.mean() == 0.4);
  CHECK(b.variance() == Approx(0.04));
  CHECK(mr::stats::beta{1, 4}.pdf(0) == 4);
  CHECK(mr::stats::beta{4, 1}.pdf(1) == 4);
  CHECK(b.pdf(1.5) == 0);
}

TEST_CASE("beta: both tails are probabilities, the quantiles numbers in order, over the range of doubles") {
  for (const double a : support::any_shape)
    for (const double b : support::any_shape) {
      CAPTURE(a, b);
      support::has_probabilities(mr::stats::beta{a, b});
      support::has_ordered_quantiles(mr::stats::beta{a, b});
    }
}
