#include <millrace/stats/distributions/binomial.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double* p) { return mr::stats::binomial{p[0], p[1]}; };
}  // namespace

TEST_CASE("binomial: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("binomial", 2, make);
}

TEST_CASE("binomial: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::binomial{10, 0.3}, 0, 10);
  support::answers_nan(mr::stats::binomial{-1, 0.5});
  support::answers_nan(mr::stats::binomial{2.5, 0.5});
  support::answers_nan(mr::stats::binomial{5, 1.5});
  support::answers_nan(mr::stats::binomial{5, -0.1});
  support::answers_nan(mr::stats::binomial{support::not_a_number, 0.5});
}

TEST_CASE("binomial: quantile and isf are the least count that reaches a tail") {
  support::whole_quantiles_invert(mr::stats::binomial{20, 0.3}, 0, 18);
  support::whole_quantiles_invert(mr::stats::binomial{1000, 0.01}, 0, 60);
  CHECK(mr::stats::binomial{2, 0.5}.quantile(0.25) == 0);
  CHECK(mr::stats::binomial{2, 0.5}.quantile(0.2500001) == 1);
  CHECK(mr::stats::binomial{1e9, 0.2}.quantile(0.5) == 2e8);
}

TEST_CASE("binomial: the probabilities are those counted by hand, and sum to 1") {
  const mr::stats::binomial b{4, 0.5};
  for (int k = 0; k <= 4; ++k)
    CHECK(b.pmf(k) == Approx(std::initializer_list<double>{1, 4, 6, 4, 1}.begin()[k] / 16).epsilon(1e-14));
  double sum = 0;
  for (int k = 0; k <= 300; ++k) sum += mr::stats::binomial{300, 0.37}.pmf(k);
  CHECK(sum == Approx(1).epsilon(1e-13));
  CHECK(b.pmf(1.5) == 0);
  CHECK(b.pmf(-1) == 0);
}

TEST_CASE("binomial: certain and impossible successes") {
  CHECK(mr::stats::binomial{5, 0}.cdf(0) == 1);
  CHECK(mr::stats::binomial{5, 1}.cdf(4) == 0);
  CHECK(mr::stats::binomial{5, 1}.sf(4) == 1);
  CHECK(mr::stats::binomial{0, 0.3}.cdf(0) == 1);
  CHECK(mr::stats::binomial{5, 1}.quantile(0.5) == 5);
  CHECK(mr::stats::binomial{5, 0}.isf(0.5) == 0);
}

TEST_CASE("binomial: both tails are probabilities, the quantiles numbers in order, up to 1e100 trials") {
  for (const double n : {0.0, 1.0, 5.0, 1000.0, 1e6, 1e9, 1e15, 1e100})
    for (const double p : {0.0, 1e-300, 1e-10, 0.1, 0.5, 0.9, 1 - 1e-10, 1.0}) {
      CAPTURE(n, p);
      support::has_probabilities(mr::stats::binomial{n, p});
      support::has_ordered_quantiles(mr::stats::binomial{n, p});
    }
}
