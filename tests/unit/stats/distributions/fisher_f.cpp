#include <millrace/stats/distributions/fisher_f.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
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
