#include <millrace/stats/distributions/studentized_range.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <millrace/stats/distributions/student_t.hpp>
#include <support/probabilities.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

TEST_CASE("studentized range: both tails agree with mpmath's quadrature to 1e-11") {
  support::agrees_with_reference(
      "studentized_range", 2, [](const double* p) { return mr::stats::studentized_range{p[0], p[1]}; }, 1e-11,
      "integrals");
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

TEST_CASE("studentized range: far into either tail it agrees with mpmath to 1e-12") {
  const auto rows = support::reference_rows("far_ranges", "studentized_range");
  REQUIRE(rows.size() >= 25);
  for (const auto& row : rows) {
    REQUIRE(row.size() == 5);
    const mr::stats::studentized_range r{row[0], row[1]};
    CAPTURE(row);
    if (row[3] == row[3]) {
      CHECK(support::relative_error(r.cdf(row[2]), row[3]) <= 1e-12);
      CHECK(support::relative_error(r.quantile(row[3]), row[2]) <= 1e-12);
    } else {
      CHECK(support::relative_error(r.sf(row[2]), row[4]) <= 1e-12);
      // A tail that is a power of q less than 1 magnifies what rounding did to it.
      CHECK(support::relative_error(r.isf(row[4]), row[2]) <= 1e-12 / std::fmin(1.0, row[1]));
    }
  }
}

TEST_CASE("studentized range: of two groups it is Student's t far out too, and so is its quantile") {
  for (const double df : {0.5, 1.0, 4.0, 40.0})
    for (const double t : {150.0, 1e5, 1e12}) {
      const double sf = 2 * mr::stats::student_t{df}.sf(t);
      if (sf < 1e-300) continue;
      const mr::stats::studentized_range r{2, df};
      CAPTURE(df, t, sf);
      CHECK(support::relative_error(r.sf(t * std::sqrt(2.0)), sf) <= 1e-12);
      CHECK(support::relative_error(r.isf(sf), t * std::sqrt(2.0)) <= 4e-12);
    }
}

TEST_CASE("studentized range: both tails are probabilities") {
  for (const double groups : {2.0, 3.0, 1e3})
    for (const double df : {0.3, 10.0, 1e5, 1e30, support::infinite}) {
      CAPTURE(groups, df);
      for (const double q : {1e-310, 1e-9, 0.3, 3.0, 60.0, 1e9, 1e200})
        support::has_probabilities(mr::stats::studentized_range{groups, df}, q);
    }
}

TEST_CASE("studentized range: the quantiles give back any probability") {
  for (const double groups : {2.0, 3.0, 12.0, 1e3})
    for (const double df : {1.0, 10.0, 1e5, support::infinite})
      for (const double p : {1e-250, 1e-9, 0.05, 0.8}) {
        const mr::stats::studentized_range r{groups, df};
        CAPTURE(groups, df, p, r.isf(p), r.quantile(p));
        if (r.isf(p) < 1e300) CHECK(support::relative_error(r.sf(r.isf(p)), p) <= 1e-11);
        CHECK(support::relative_error(r.cdf(r.quantile(p)), p) <= 1e-11);
      }
}
