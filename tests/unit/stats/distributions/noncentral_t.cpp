#include <millrace/stats/distributions/noncentral_t.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <millrace/stats/distributions/student_t.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

TEST_CASE("noncentral t: both tails agree with mpmath's quadrature to 1e-12") {
  support::agrees_with_reference(
      "noncentral_t", 2,
      [](const double* p) {
        return mr::stats::noncentral_t{p[0], p[1]};
      },
      1e-12, "integrals");
}

TEST_CASE("noncentral t: without an effect it is Student's, far into the tail too") {
  for (const double df : {0.5, 3.0, 40.0, 1e9})
    for (const double t : {-20.0, -1.0, 0.0, 0.5, 4.0, 35.0}) {
      CAPTURE(df, t);
      CHECK(support::relative_error(mr::stats::noncentral_t{df, 0}.sf(t), mr::stats::student_t{df}.sf(t)) <= 1e-12);
    }
}

TEST_CASE("noncentral t: quantiles invert both tails") {
  for (const double d : {-3.0, 0.0, 2.5, 12.0})
    for (const double p : {1e-8, 0.05, 0.5, 0.8, 0.999}) {
      const mr::stats::noncentral_t t{9, d};
      CAPTURE(d, p);
      CHECK(t.sf(t.isf(p)) == Approx(p).epsilon(1e-10));
      CHECK(t.cdf(t.quantile(p)) == Approx(p).epsilon(1e-10));
    }
}

TEST_CASE("noncentral t: ends and nonsense have defined answers") {
  support::has_defined_ends(mr::stats::noncentral_t{5, 1}, -support::infinite, support::infinite);
  support::answers_nan(mr::stats::noncentral_t{0, 1});
  support::answers_nan(mr::stats::noncentral_t{3, support::not_a_number});
  support::answers_nan(mr::stats::noncentral_t{3, support::infinite});
  CHECK(mr::stats::noncentral_t{support::infinite, 1}.sf(3) == Approx(mr::stats::normal{}.sf(2)).epsilon(1e-15));
}
