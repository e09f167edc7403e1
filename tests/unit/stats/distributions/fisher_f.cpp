#include <millrace/stats/distributions/fisher_f.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <millrace/stats/distributions/chi_squared.hpp>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double* p) { return mr::stats::fisher_f{p[0], p[1]}; };
}  // namespace

TEST_CASE("fisher f: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("fisher_f", 2, make);
}

TEST_CASE("fisher f: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::fisher_f{3, 7}, 0, support::infinite);
  support::answers_nan(mr::stats::fisher_f{0, 1});
  support::answers_nan(mr::stats::fisher_f{1, -1});
  support::answers_nan(mr::stats::fisher_f{support::not_a_number, 1});
}

TEST_CASE("fisher f: the quantile of either tail gives back its argument") {
  support::quantiles_invert("fisher_f", 2, make);
}

TEST_CASE("fisher f: the density is the slope of the cdf") {
  const mr::stats::fisher_f f{5, 8};
  CHECK(f.pdf(1.3) == Approx((f.cdf(1.301) - f.cdf(1.299)) / 0.002).epsilon(1e-6));
}

TEST_CASE("fisher f: both tails are probabilities, the quantiles numbers in order, over the range of doubles") {
  for (const double a : support::any_shape)
    for (const double b : support::any_shape) {
      CAPTURE(a, b);
      support::has_probabilities(mr::stats::fisher_f{a, b});
      support::has_ordered_quantiles(mr::stats::fisher_f{a, b});
    }
}

TEST_CASE("fisher f: degrees of freedom times x beyond what a double holds") {
  // mpmath 1.3.0, the series of the incomplete beta function in 60 digits.
  CHECK(mr::stats::fisher_f{625245.46, .17641718641213028}.sf(5.0723113538877086e301) ==
        Approx(2.057969685190724e-27).epsilon(1e-12));
  CHECK(mr::stats::fisher_f{2e5, .2}.sf(1e304) == Approx(3.323985576407678e-31).epsilon(1e-12));
  CHECK(mr::stats::fisher_f{.38864455611652521, 236852760.24335247}.cdf(3.39e-300) ==
        Approx(5.063445900496322e-59).epsilon(1e-12));
  // About 1e3950.
  CHECK(mr::stats::fisher_f{7949.8288, .1043129}.isf(4.36e-206) == support::infinite);
  CHECK(mr::stats::fisher_f{.1043129, 7949.8288}.quantile(4.36e-206) == 0);
  CHECK(mr::stats::fisher_f{2e5, .2}.isf(3.323985576407678e-31) == Approx(1e304).epsilon(1e-11));
  CHECK(mr::stats::fisher_f{.38864455611652521, 236852760.24335247}.quantile(5.063445900496322e-59) ==
        Approx(3.39e-300).epsilon(1e-11));
}

TEST_CASE("fisher f: infinite degrees of freedom are a known variance") {
  const double known = support::infinite;
  for (const double df : {0.3, 5.0, 80.0})
    for (const double x : {1e-250, 0.01, 0.8, 2.3, 400.0}) {
      CAPTURE(df, x);
      const mr::stats::chi_squared spread{df};
      CHECK(support::agrees(mr::stats::fisher_f{df, known}.sf(x), spread.sf(df * x)));
      CHECK(support::agrees(mr::stats::fisher_f{df, known}.cdf(x), spread.cdf(df * x)));
      CHECK(support::agrees(mr::stats::fisher_f{known, df}.sf(x), spread.cdf(df / x)));
      CHECK(support::agrees(mr::stats::fisher_f{known, df}.cdf(x), spread.sf(df / x)));
      CHECK(support::agrees(mr::stats::fisher_f{df, known}.pdf(x), df * spread.pdf(df * x)));
    }
  // SciPy 1.17.1: stats.chi2.isf(1e-250, 5) / 5 and stats.chi2.isf(.01, 5) / 5.
  CHECK(mr::stats::fisher_f{5, known}.isf(1e-250) == Approx(mr::stats::chi_squared{5}.isf(1e-250) / 5).epsilon(1e-12));
  CHECK(mr::stats::fisher_f{5, known}.isf(0.01) == Approx(3.017254493877798).epsilon(1e-12));
  CHECK(mr::stats::fisher_f{known, 5}.isf(0.01) == Approx(5 / mr::stats::chi_squared{5}.quantile(0.01)).epsilon(1e-12));
  const mr::stats::fisher_f both{known, known};
  CHECK(both.cdf(0.999) == 0);
  CHECK(both.sf(0.999) == 1);
  CHECK(both.cdf(1) == 1);
  CHECK(both.isf(0.3) == 1);
}
