#include <millrace/stats/distributions/studentized_range.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <millrace/stats/distributions/student_t.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

TEST_CASE("studentized range: both tails agree with mpmath's quadrature to 1e-11") {
  support::agrees_with_reference(
      "studentized_range", 2,
      [](const double* p) {
        return mr::stats::studentized_range{p[0], p[1]};
      },
      1e-11, "integrals");
}

TEST_CASE("studentized range: of two groups it is Student's t times root 2") {
  for (const double df : {1.0, 5.0, 30.0, 1e6})
    for (const double t : {0.1, 1.0, 3.0, 9.0}) {
      CAPTURE(df, t);
      CHECK(support::relative_error(mr::stats::studentized_range{2, df}.sf(t * std::sqrt(2.0)),
                                    2 * mr::stats::student_t{df}.sf(t)) <= 1e-12);
    }
}

TEST_CASE("studentized range: the critical values of the tables") {
  // H. Harter's tables as printed in textbooks: q(0.05; 3, 10) = 3.877, q(0.01; 5, 20) = 5.29.
  CHECK(mr::stats::studentized_range{3, 10}.isf(0.05) == Approx(3.877).margin(6e-4));
  CHECK(mr::stats::studentized_range{5, 20}.isf(0.01) == Approx(5.29).margin(6e-3));
  CHECK(mr::stats::studentized_range{3, 10}.quantile(0.95) ==
        Approx(mr::stats::studentized_range{3, 10}.isf(0.05)).epsilon(1e-12));
}

TEST_CASE("studentized range: ends and nonsense have defined answers") {
  const mr::stats::studentized_range r{4, 12};
  CHECK(r.sf(0) == 1);
  CHECK(r.sf(-1) == 1);
  CHECK(r.cdf(-1) == 0);
  CHECK(r.sf(support::infinite) == 0);
  CHECK(r.cdf(support::infinite) == 1);
  CHECK(r.isf(0) == support::infinite);
  CHECK(r.isf(1) == 0);
  support::answers_nan(mr::stats::studentized_range{1, 10});
  support::answers_nan(mr::stats::studentized_range{3, 0});
  CHECK(std::isnan(r.sf(support::not_a_number)));
  CHECK(std::isnan(r.isf(1.5)));
}
