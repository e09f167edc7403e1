#include <millrace/stats/distributions/noncentral_t.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <millrace/stats/distributions/student_t.hpp>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

TEST_CASE("noncentral t: both tails agree with mpmath's quadrature to 1e-12") {
  support::agrees_with_reference(
      "noncentral_t", 2, [](const double* p) { return mr::stats::noncentral_t{p[0], p[1]}; }, 1e-12, "integrals");
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

TEST_CASE("noncentral t: quantiles far out, beyond 1e60") {
  // SciPy 1.17.1: stats.t.isf(1e-250, 3) is 2.22577e83; the tail is a power of t.
  CHECK(mr::stats::noncentral_t{3, 0}.isf(1e-250) == Approx(mr::stats::student_t{3}.isf(1e-250)).epsilon(1e-12));
  CHECK(mr::stats::noncentral_t{3, 0}.isf(1e-250) == Approx(2.2257698238224859e83).epsilon(1e-12));
  for (const double d : {-4.0, 0.5, 6.0}) {
    const mr::stats::noncentral_t t{3, d};
    for (const double q : {1e-30, 1e-150, 1e-290}) {
      CAPTURE(d, q, t.isf(q));
      CHECK(support::relative_error(t.sf(t.isf(q)), q) <= 1e-11);
      CHECK(support::relative_error(t.cdf(t.quantile(q)), q) <= 1e-11);
    }
  }
  CHECK(mr::stats::noncentral_t{0.5, 1}.isf(1e-290) == support::infinite);
  CHECK(mr::stats::noncentral_t{0.5, 1}.quantile(1e-290) == -support::infinite);
}

TEST_CASE("noncentral t: both tails are probabilities") {
  CHECK(mr::stats::noncentral_t{182.00237966428529, 1.6608791392079691}.sf(-105.80497714) == 1);
  for (const double df : {0.3, 2.0, 30.5, 1e5, 1e15, 1e300})
    for (const double d : {-37.0, 0.0, 2.0}) {
      CAPTURE(df, d);
      for (const double x : {0.0, 1e-310, 0.5, 3.0, 40.0, 1e16, 1e300})
        support::has_probabilities(mr::stats::noncentral_t{df, d}, x);
    }
}

TEST_CASE(
    "noncentral t: where t / sqrt(df) is infinite, tails are not 0; a quantile beyond double's range is infinite") {
  // mpmath 1.3.0 at 50 digits: betainc, and for an effect its tail times E[max(Z + 1, 0)^df] / E[max(Z, 0)^df].
  CHECK(support::relative_error(mr::stats::noncentral_t{0.05, 0}.sf(4.1e307), 1.8671721298933672e-16) < 1e-12);
  CHECK(support::relative_error(mr::stats::noncentral_t{0.05, 1}.sf(4.1e307), 3.2361252572812161e-16) < 1e-12);
  CHECK(support::relative_error(mr::stats::noncentral_t{0.05, -1}.cdf(-4.1e307), 3.2361252572812161e-16) < 1e-12);
  for (const double d : {-1.0, 0.0, 1.0}) {
    CAPTURE(d);
    CHECK(mr::stats::noncentral_t{0.05, d}.isf(1e-100) == support::infinite);
    CHECK(mr::stats::noncentral_t{0.05, d}.quantile(1e-100) == -support::infinite);
    CHECK(mr::stats::noncentral_t{0.05, d}.isf(mr::stats::noncentral_t{0.05, d}.sf(1e308)) ==
          Approx(1e308).epsilon(1e-8));
  }
}
