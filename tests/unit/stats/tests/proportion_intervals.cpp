#include <millrace/stats/tests/proportion_intervals.hpp>

#include <support/catch.hpp>

#include <millrace/stats/tests/detail/score.hpp>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
mr::stats::proportion arm(double successes, double trials) {
  return {static_cast<std::int64_t>(successes), static_cast<std::int64_t>(trials)};
}
}  // namespace

TEST_CASE("proportion intervals: Newcombe's and Wald's differences agree with statsmodels") {
  for (const auto& row : support::reference_rows("tests", "two_proportions")) {
    CAPTURE(row);
    const auto newcombe = mr::stats::newcombe_interval(arm(row[0], row[1]), arm(row[2], row[3]));
    CHECK(support::agrees(newcombe->lower, row[9], 1e-11));
    CHECK(support::agrees(newcombe->upper, row[10], 1e-11));
    const auto wald = mr::stats::wald_difference_interval(arm(row[0], row[1]), arm(row[2], row[3]));
    CHECK(support::agrees(wald->lower, row[11], 1e-11));
    CHECK(support::agrees(wald->upper, row[12], 1e-11));
  }
}

TEST_CASE("proportion intervals: ratios agree with statsmodels, whose search stops at 1e-6 or so") {
  for (const auto& row : support::reference_rows("tests", "ratios")) {
    CAPTURE(row);
    const auto score = mr::stats::score_ratio_interval(arm(row[0], row[1]), arm(row[2], row[3]));
    CHECK(support::agrees(score->lower, row[4], 1e-6));
    CHECK(support::agrees(score->upper, row[5], 1e-6));
    const auto katz = mr::stats::katz_ratio_interval(arm(row[0], row[1]), arm(row[2], row[3]));
    CHECK(support::agrees(katz->lower, row[6], 1e-11));
    CHECK(support::agrees(katz->upper, row[7], 1e-11));
  }
}

TEST_CASE("proportion intervals: the score statistic is that of the likelihood's maximum under the difference") {
  const auto rows = support::reference_rows("tests", "score");
  REQUIRE(rows.size() >= 4);
  for (const auto& row : rows) {
    CAPTURE(row);
    CHECK(support::agrees(mr::stats::detail::score_of_difference(arm(row[0], row[1]), arm(row[2], row[3]), row[4]),
                          row[5], 1e-9));
  }
}

TEST_CASE("proportion intervals: at the ends of a score interval its statistic is the critical value") {
  const mr::stats::proportion a{45, 300};
  const mr::stats::proportion b{30, 310};
  const auto difference = mr::stats::score_difference_interval(a, b);
  CHECK(mr::stats::detail::score_of_difference(a, b, difference->lower) == Approx(1.959963984540054).epsilon(1e-9));
  CHECK(mr::stats::detail::score_of_difference(a, b, difference->upper) == Approx(-1.959963984540054).epsilon(1e-9));
  const auto ratio = mr::stats::score_ratio_interval(a, b);
  CHECK(mr::stats::detail::score_of_ratio(a, b, ratio->lower) == Approx(1.959963984540054).epsilon(1e-9));
  CHECK(mr::stats::detail::score_of_ratio(a, b, ratio->upper) == Approx(-1.959963984540054).epsilon(1e-9));
}

TEST_CASE("proportion intervals: arms without successes, or with nothing else, have defined ends") {
  CHECK(mr::stats::score_ratio_interval({0, 10}, {5, 10})->lower == 0);
  CHECK(mr::stats::score_ratio_interval({5, 10}, {0, 10})->upper == support::infinite);
  CHECK(mr::stats::katz_ratio_interval({0, 10}, {5, 10})->upper == support::infinite);
  const auto nothing = mr::stats::newcombe_interval({0, 10}, {0, 10});
  CHECK(nothing->lower == -nothing->upper);
  CHECK(mr::stats::score_difference_interval({10, 10}, {0, 10})->upper == 1);
  CHECK(mr::stats::score_difference_interval({0, 10}, {10, 10})->lower == -1);
  CHECK_FALSE(mr::stats::newcombe_interval({1, 0}, {1, 10}));
  CHECK_FALSE(mr::stats::score_difference_interval({1, 10}, {12, 10}));
  CHECK_FALSE(mr::stats::wald_difference_interval({1, 10}, {1, 10}, 0));
  CHECK_FALSE(mr::stats::score_ratio_interval({1, 10}, {-1, 10}));
  CHECK_FALSE(mr::stats::katz_ratio_interval({1, 10}, {1, 10}, 1));
}
