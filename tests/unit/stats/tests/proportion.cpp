#include <millrace/stats/tests/proportion.hpp>

#include <support/catch.hpp>

#include <initializer_list>
#include <support/stats_reference.hpp>

namespace mr = millrace;

TEST_CASE("proportion: the intervals agree with statsmodels, at 80, 95 and 99 %, at the edges too") {
  for (const auto& row : support::reference_rows("tests", "proportion")) {
    const mr::stats::proportion p{static_cast<std::int64_t>(row[0]), static_cast<std::int64_t>(row[1])};
    const auto agrees = [&](const mr::result<mr::stats::interval>& got, std::size_t at) {
      REQUIRE(got);
      CAPTURE(row, at, got->lower, got->upper);
      CHECK(support::agrees(got->lower, row[at], 1e-11));
      CHECK(support::agrees(got->upper, row[at + 1], 1e-11));
      CHECK(got->level == row[2]);
    };
    agrees(mr::stats::wilson_interval(p, row[2]), 3);
    agrees(mr::stats::clopper_pearson_interval(p, row[2]), 5);
    agrees(mr::stats::agresti_coull_interval(p, row[2]), 7);
    agrees(mr::stats::wald_interval(p, row[2]), 9);
  }
}

TEST_CASE("proportion: counts that make no sense are errors that name them") {
  for (const mr::stats::proportion bad :
       {mr::stats::proportion{-1, 10}, {11, 10}, {0, 0}, {0, -3}, {1, std::int64_t{1} << 60}}) {
    CHECK_FALSE(mr::stats::wilson_interval(bad));
    CHECK_FALSE(mr::stats::clopper_pearson_interval(bad));
    CHECK_FALSE(mr::stats::agresti_coull_interval(bad));
    CHECK_FALSE(mr::stats::wald_interval(bad));
  }
  CHECK(mr::stats::wilson_interval({-1, 10}).error().message() == "the proportion: -1 successes of 10 trials");
  CHECK(mr::stats::wilson_interval({0, 0}).error().message() == "the proportion has no trials");
  CHECK(mr::stats::wilson_interval({1, 10}, 1.0).error().code() == mr::errc::out_of_range);
}
