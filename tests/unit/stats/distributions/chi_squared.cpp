#include <millrace/stats/distributions/chi_squared.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double* p) { return mr::stats::chi_squared{p[0]}; };
}  // namespace

TEST_CASE("chi squared: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("chi_squared", 1, make);
}

TEST_CASE("chi squared: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::chi_squared{3}, 0, support::infinite);
  support::answers_nan(mr::stats::chi_squared{0});
  support::answers_nan(mr::stats::chi_squared{-1});
  support::answers_nan(mr::stats::chi_squared{support::not_a_number});
}

TEST_CASE("chi squared: the quantile of either tail gives back its argument") {
  support::quantiles_invert("chi_squared", 1, make);
}

TEST_CASE("chi-squared: both tails are probabilities, the quantiles numbers in order, over the range of doubles") {
  for (const double df : support::any_shape) {
    CAPTURE(df);
    support::has_probabilities(mr::stats::chi_squared{df});
    support::has_ordered_quantiles(mr::stats::chi_squared{df});
  }
}
