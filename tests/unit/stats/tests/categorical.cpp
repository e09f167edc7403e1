#include <millrace/stats/tests/categorical.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <string>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

using counts_of = std::vector<std::int64_t>;
using shares_of = std::vector<double>;

TEST_CASE("categorical: fit and independence agree with SciPy, by chi-squared and by G") {
  const counts_of counts{16, 18, 16, 14, 12, 12};
  const shares_of shares{16, 16, 16, 16, 16, 8};
  const counts_of table{10, 10, 20, 20, 20, 25};
  for (const auto kind : {mr::stats::count_statistic::chi_squared, mr::stats::count_statistic::g}) {
    const std::string name = kind == mr::stats::count_statistic::g ? "g" : "chi";
    const auto fit = mr::stats::goodness_of_fit_test(counts, shares, kind);
    CHECK(support::agrees(fit->statistic, support::reference("fit_" + name)[0]));
    CHECK(support::agrees(fit->p, support::reference("fit_" + name)[1]));
    const auto r = mr::stats::independence_test(table, 3, kind);
    CHECK(support::agrees(r->statistic, support::reference("independence_" + name)[0], 1e-11));
    CHECK(support::agrees(r->p, support::reference("independence_" + name)[1]));
  }
  const auto yates =
      mr::stats::independence_test(counts_of{10, 20, 30, 25}, 2, mr::stats::count_statistic::chi_squared, true);
  CHECK(support::agrees(yates->statistic, support::reference("independence_yates")[0]));
  CHECK(support::agrees(yates->p, support::reference("independence_yates")[1]));
}

TEST_CASE("categorical: categories of share 0, empty rows and columns take no degree of freedom") {
  const auto with = mr::stats::goodness_of_fit_test(counts_of{30, 50, 0}, shares_of{1, 1, 0});
  const auto without = mr::stats::goodness_of_fit_test(counts_of{30, 50}, shares_of{1, 1});
  CHECK(with->df == 1);
  CHECK(with->p == without->p);
  CHECK(mr::stats::goodness_of_fit_test(counts_of{30, 50, 1}, shares_of{1, 1, 0})->p == 0);
  const auto table = mr::stats::independence_test(counts_of{10, 0, 20, 0, 0, 0, 30, 0, 5}, 3);
  CHECK(table->df == 1);
  CHECK(table->p == Approx(mr::stats::independence_test(counts_of{10, 20, 30, 5}, 2)->p).epsilon(1e-13));
}

TEST_CASE("categorical: small expected counts are reported") {
  CHECK(mr::stats::goodness_of_fit_test(counts_of{3, 4}, shares_of{1, 1})
            ->failed.contains(mr::stats::assumption::expected_counts));
  CHECK_FALSE(mr::stats::goodness_of_fit_test(counts_of{30, 40}, shares_of{1, 1})
                  ->failed.contains(mr::stats::assumption::expected_counts));
}

TEST_CASE("categorical: G loses no digits where counts are close to what was expected") {
  const std::int64_t n = std::int64_t{1} << 50;
  const auto r =
      mr::stats::goodness_of_fit_test(counts_of{n + 1000, n - 1000}, shares_of{1, 1}, mr::stats::count_statistic::g);
  CHECK(r->statistic == Approx(2e6 / std::ldexp(1.0, 50)).epsilon(1e-9));
}

TEST_CASE("categorical: nonsense is an error that names it") {
  CHECK(mr::stats::goodness_of_fit_test(counts_of{-1, 2}, shares_of{1, 1}).error().message() ==
        "count 0 is negative: -1");
  CHECK(mr::stats::goodness_of_fit_test(counts_of{0, 0}, shares_of{1, 1}).error().message() == "all counts are 0");
  CHECK(mr::stats::goodness_of_fit_test(counts_of{1, 2}, shares_of{1}).error().code() == mr::errc::shape_mismatch);
  CHECK(mr::stats::goodness_of_fit_test(counts_of{1, 2}, shares_of{1, -1}).error().message() ==
        "share 1 is not a number >= 0");
  CHECK_FALSE(mr::stats::goodness_of_fit_test(counts_of{1, 2}, shares_of{1, support::not_a_number}));
  CHECK_FALSE(mr::stats::goodness_of_fit_test(counts_of{1, 2}, shares_of{0, 0}));
  CHECK_FALSE(mr::stats::goodness_of_fit_test(counts_of{5, 0}, shares_of{1, 0}));
  CHECK_FALSE(
      mr::stats::goodness_of_fit_test(counts_of{5, 3}, shares_of{1, 1}, mr::stats::count_statistic::chi_squared, 1));
  CHECK_FALSE(mr::stats::goodness_of_fit_test(counts_of{}, shares_of{}));
  CHECK_FALSE(mr::stats::independence_test(counts_of{1, 2, 3}, 2));
  CHECK_FALSE(mr::stats::independence_test(counts_of{1, 2, 3}, 0));
  CHECK_FALSE(mr::stats::independence_test(counts_of{1, 2, 0, 0}, 2));
  CHECK_FALSE(mr::stats::independence_test(counts_of{1, -2, 3, 4}, 2));
}
