#include <millrace/stats/distributions/student_t.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
constexpr auto make = [](const double* p) { return mr::stats::student_t{p[0]}; };
}  // namespace

TEST_CASE("student t: both tails agree with mpmath to 1e-12, down to 1e-300") {
  support::agrees_with_reference("student_t", 1, make);
}

TEST_CASE("student t: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::student_t{3}, -support::infinite, support::infinite);
  support::answers_nan(mr::stats::student_t{0});
  support::answers_nan(mr::stats::student_t{-1});
  support::answers_nan(mr::stats::student_t{support::not_a_number});
}

TEST_CASE("student t: the quantile of either tail gives back its argument") {
  support::quantiles_invert("student_t", 1, make);
}

TEST_CASE("student t: infinite degrees of freedom are the normal, one is Cauchy's") {
  CHECK(mr::stats::student_t{support::infinite}.sf(2) == mr::stats::normal{}.sf(2));
  CHECK(mr::stats::student_t{support::infinite}.isf(0.01) == mr::stats::normal{}.isf(0.01));
  CHECK(mr::stats::student_t{1}.sf(1) == Approx(0.25).epsilon(1e-15));
  CHECK(mr::stats::student_t{1}.pdf(0) == Approx(1 / 3.14159265358979323846).epsilon(1e-15));
  // The Cauchy tail is 1 / (pi t) this far out; t itself squares to infinity.
  CHECK(mr::stats::student_t{1}.sf(1e200) == Approx(1e-200 / 3.14159265358979323846).epsilon(1e-13));
  CHECK(mr::stats::student_t{1}.isf(1e-300) == Approx(1e300 / 3.14159265358979323846).epsilon(1e-12));
}

TEST_CASE("student t: both tails are probabilities, the quantiles numbers in order, over the range of doubles") {
  for (const double df : support::any_shape) {
    CAPTURE(df);
    support::has_probabilities(mr::stats::student_t{df});
    support::has_ordered_quantiles(mr::stats::student_t{df});
  }
}

TEST_CASE("student t: beyond the largest double times the root of df, where t / sqrt(df) is infinite") {
  // mpmath 1.3.0: betainc at 50 digits.
  CHECK(support::relative_error(mr::stats::student_t{0.05}.sf(4.1e307), 1.8671721298933672e-16) < 1e-12);
  CHECK(support::relative_error(mr::stats::student_t{0.05}.cdf(-4.1e307), 1.8671721298933672e-16) < 1e-12);
  CHECK(support::relative_error(mr::stats::student_t{0.5}.sf(1.3e308), 2.812733622866306e-155) < 1e-12);
  CHECK(support::relative_error(mr::stats::student_t{0.5}.cdf(-1.3e308), 2.812733622866306e-155) < 1e-12);
  CHECK(mr::stats::student_t{0.05}.cdf(4.1e307) == Approx(1).epsilon(1e-15));
  // No double is exceeded as rarely.
  CHECK(mr::stats::student_t{0.05}.isf(1e-100) == support::infinite);
  CHECK(mr::stats::student_t{0.05}.quantile(1e-100) == -support::infinite);
  CHECK(mr::stats::student_t{0.5}.isf(1e-200) == support::infinite);
  CHECK(mr::stats::student_t{0.05}.isf(mr::stats::student_t{0.05}.sf(1.5e308)) == Approx(1.5e308).epsilon(1e-9));
}

TEST_CASE("student t: the density where t squares to infinity") {
  // mpmath 1.3.0, at 50 digits.
  CHECK(support::relative_error(mr::stats::student_t{0.05}.pdf(1e200), 2.2428155240317413e-212) < 1e-12);
  CHECK(support::relative_error(mr::stats::student_t{0.05}.pdf(-1e200), 2.2428155240317413e-212) < 1e-12);
  CHECK(support::relative_error(mr::stats::student_t{0.5}.pdf(1e170), 1.6035048770711144e-256) < 1e-12);
  CHECK(mr::stats::student_t{0.5}.pdf(support::infinite) == 0);
}
