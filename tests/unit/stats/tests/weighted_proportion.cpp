#include <millrace/stats/tests/weighted_proportion.hpp>

#include <support/catch.hpp>

#include <support/stats_reference.hpp>

#include <limits>

namespace mr = millrace;
using mr::errc;
using mr::stats::weighted_proportion;

TEST_CASE("weighted proportions: intervals agree with statsmodels at Kish's effective number of trials") {
  const auto rows = support::reference_rows("tests", "weighted");
  REQUIRE(rows.size() == 3);
  for (const auto& row : rows) {
    CAPTURE(row);
    const weighted_proportion a(row[0], row[1], row[2]);
    const weighted_proportion b(row[3], row[4], row[5]);
    const auto wilson = mr::stats::wilson_interval(a);
    CHECK(support::agrees(wilson->lower, row[6], 1e-11));
    CHECK(support::agrees(wilson->upper, row[7], 1e-11));
    const auto newcombe = mr::stats::newcombe_interval(a, b);
    CHECK(support::agrees(newcombe->lower, row[8], 1e-11));
    CHECK(support::agrees(newcombe->upper, row[9], 1e-11));
    const auto ratio = mr::stats::score_ratio_interval(a, b);
    CHECK(support::agrees(ratio->lower, row[10], 1e-6));
    CHECK(support::agrees(ratio->upper, row[11], 1e-6));
  }
}

TEST_CASE("weighted proportions of equal weight are proportions, whatever the unit of the weights") {
  for (const double unit : {1.0, 0.25, 1024.0}) {
    const weighted_proportion a(3 * unit, 11 * unit, 11 * unit * unit);
    const weighted_proportion b(5 * unit, 9 * unit, 9 * unit * unit);
    CHECK(a.trials == 11);
    CHECK(mr::stats::wilson_interval(a, 0.9)->lower == mr::stats::wilson_interval({3, 11}, 0.9)->lower);
    CHECK(mr::stats::newcombe_interval(a, b)->upper == mr::stats::newcombe_interval({3, 11}, {5, 9})->upper);
    CHECK(mr::stats::score_ratio_interval(a, b)->upper == mr::stats::score_ratio_interval({3, 11}, {5, 9})->upper);
  }
  CHECK(mr::stats::wilson_interval(weighted_proportion(0, 3.7, 2.9))->lower == 0);
  CHECK(mr::stats::wilson_interval(weighted_proportion(3.7, 3.7, 2.9))->upper == 1);
}

TEST_CASE("weighted proportions refuse no weight, negative ones, too much success, and no confidence") {
  using namespace mr::stats;
  const weighted_proportion right(1, 2, 3);
  CHECK(wilson_interval(weighted_proportion(0, 0, 0)).error().code() == errc::invalid_data);
  CHECK(wilson_interval(weighted_proportion(-1, 2, 3)).error().code() == errc::invalid_argument);
  CHECK(wilson_interval(weighted_proportion(3, 2, 3)).error().code() == errc::invalid_argument);
  CHECK(wilson_interval(weighted_proportion(std::numeric_limits<double>::quiet_NaN(), 2, 3)).error().code() ==
        errc::invalid_argument);
  CHECK(newcombe_interval(right, weighted_proportion(0, 0, 0)).error().code() == errc::invalid_data);
  CHECK(score_ratio_interval(weighted_proportion(3, 2, 3), right).error().code() == errc::invalid_argument);
  CHECK(wilson_interval(right, 1).error().code() == errc::out_of_range);
}
