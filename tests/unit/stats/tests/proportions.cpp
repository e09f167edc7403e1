#include <millrace/stats/tests/proportions.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <support/stats_reference.hpp>

namespace mr = millrace;

namespace {
mr::stats::proportion arm(double successes, double trials) {
  return {static_cast<std::int64_t>(successes), static_cast<std::int64_t>(trials)};
}

double choose(double n, double k) {
  double product = 1;
  for (double i = 1; i <= k; i += 1) product *= (n - k + i) / i;
  return product;
}
}  // namespace

TEST_CASE("proportions: the z test agrees with statsmodels, Fisher's with SciPy, to its digits") {
  for (const auto& row : support::reference_rows("tests", "two_proportions")) {
    CAPTURE(row);
    const auto a = arm(row[0], row[1]);
    const auto b = arm(row[2], row[3]);
    const auto z = mr::stats::two_proportion_z_test(a, b);
    CHECK(support::agrees(z->statistic, row[4]));
    CHECK(support::agrees(z->p, row[5]));
    CHECK(support::agrees(z->interval.lower, row[9], 1e-11));
    CHECK(support::agrees(mr::stats::fisher_exact_test(a, b)->p, row[6], 1e-10));
    CHECK(support::agrees(mr::stats::fisher_exact_test(a, b, {mr::stats::alternative::less})->p, row[7], 1e-10));
    CHECK(support::agrees(mr::stats::fisher_exact_test(a, b, {mr::stats::alternative::greater})->p, row[8], 1e-10));
  }
}

TEST_CASE("proportions: Fisher's test of large tables agrees with mpmath's sums of binomials to 1e-12") {
  // mpmath 1.3.0, 40 digits; SciPy 1.17.1 has 11 of them.
  const mr::stats::proportion a{1000, 100'000};
  const mr::stats::proportion b{1130, 99'000};
  CHECK(support::agrees(mr::stats::fisher_exact_test(a, b)->p, 0.002282577780658859421736938414135670388569));
  CHECK(support::agrees(mr::stats::fisher_exact_test(a, b, {mr::stats::alternative::less})->p,
                        0.001166988782335682073721129588043025388663));
}

TEST_CASE("proportions: Fisher's odds ratio has R's exact interval") {
  for (const auto& row : support::reference_rows("tests", "ratios")) {
    CAPTURE(row);
    const auto r = mr::stats::fisher_exact_test(arm(row[0], row[1]), arm(row[2], row[3]));
    CHECK(support::agrees(r->interval.lower, row[8], 1e-8));
    CHECK(support::agrees(r->interval.upper, row[9], 1e-8));
  }
}

TEST_CASE("proportions: Fisher's test equals the enumeration of all tables") {
  for (int n1 : {3, 8})
    for (int n2 : {4, 11})
      for (int total = 0; total <= n1 + n2; ++total) {
        const int low = std::max(0, total - n2);
        const int high = std::min(n1, total);
        for (int k = low; k <= high; ++k) {
          const auto weight = [&](int j) { return choose(n1, j) * choose(n2, total - j); };
          double all = 0;
          double lower = 0;
          double upper = 0;
          double unlikely = 0;
          for (int j = low; j <= high; ++j) {
            all += weight(j);
            if (j <= k) lower += weight(j);
            if (j >= k) upper += weight(j);
            if (weight(j) <= weight(k) * (1 + 1e-7)) unlikely += weight(j);
          }
          CAPTURE(n1, n2, total, k);
          const mr::stats::proportion a{k, n1};
          const mr::stats::proportion b{total - k, n2};
          CHECK(support::relative_error(mr::stats::fisher_exact_test(a, b)->p, unlikely / all) < 1e-12);
          CHECK(support::relative_error(mr::stats::fisher_exact_test(a, b, {mr::stats::alternative::less})->p,
                                        lower / all) < 1e-12);
          CHECK(support::relative_error(mr::stats::fisher_exact_test(a, b, {mr::stats::alternative::greater})->p,
                                        upper / all) < 1e-12);
        }
      }
}

TEST_CASE("proportions: p-values keep their digits far out, where 2 (1 - cdf) is 0") {
  const auto z = mr::stats::two_proportion_z_test({100'000, 1'000'000}, {90'000, 1'000'000});
  CHECK(z->p > 0);
  CHECK(z->p < 1e-120);
  const auto exact = mr::stats::fisher_exact_test({100'000, 1'000'000}, {90'000, 1'000'000});
  CHECK(std::log(exact->p) == Approx(std::log(z->p)).epsilon(1e-2));
}

TEST_CASE("proportions: the unpooled z test and one-sided answers") {
  const auto r = mr::stats::two_proportion_z_test({45, 300}, {30, 310}, {mr::stats::alternative::greater},
                                                  mr::stats::z_variance::unpooled);
  // By hand: 0.15, 0.0967741935...; z = difference / sqrt(p1 q1 / n1 + p2 q2 / n2).
  CHECK(r->statistic == Approx(2.0018129422620046).epsilon(1e-14));
  CHECK(r->p == Approx(mr::stats::normal{}.sf(2.0018129422620046)).epsilon(1e-12));
  CHECK(r->interval.upper == 1);
  CHECK(mr::stats::two_proportion_z_test({45, 300}, {30, 310}, {mr::stats::alternative::less})->p > 0.9);
}

TEST_CASE("proportions: the score test without a margin is the z test, but for n / (n - 1)") {
  const auto score = mr::stats::score_test({45, 300}, {30, 310});
  const auto z = mr::stats::two_proportion_z_test({45, 300}, {30, 310});
  CHECK(score->statistic == Approx(z->statistic * std::sqrt(609.0 / 610)).epsilon(1e-13));
  CHECK(mr::stats::score_test({45, 300}, {30, 310}, -0.02, {mr::stats::alternative::greater})->p < score->p);
}

TEST_CASE("proportions: identical, empty and impossible arms have defined answers") {
  const auto same = mr::stats::two_proportion_z_test({0, 10}, {0, 20});
  CHECK(same->p == 1);
  CHECK(same->statistic == 0);
  CHECK(same->failed.contains(mr::stats::assumption::variation));
  CHECK(mr::stats::fisher_exact_test({0, 10}, {0, 20})->p == 1);
  CHECK(mr::stats::fisher_exact_test({10, 10}, {20, 20})->p == 1);
  CHECK(mr::stats::score_test({0, 10}, {0, 20})->p == 1);
  CHECK(mr::stats::fisher_exact_test({10, 10}, {0, 10})->effect == support::infinite);
  CHECK(mr::stats::fisher_exact_test({0, 10}, {5, 10})->interval.lower == 0);
  CHECK(mr::stats::two_proportion_z_test({3, 10}, {1, 9})->failed.contains(mr::stats::assumption::expected_counts));
  CHECK(mr::stats::two_proportion_z_test({10, 10}, {0, 10}, {}, mr::stats::z_variance::unpooled)->statistic ==
        support::infinite);

  CHECK(mr::stats::two_proportion_z_test({-1, 10}, {1, 10}).error().message() ==
        "the first arm: -1 successes of 10 trials");
  CHECK(mr::stats::two_proportion_z_test({1, 10}, {11, 10}).error().message() ==
        "the second arm: 11 successes of 10 trials");
  CHECK(mr::stats::two_proportion_z_test({0, 0}, {1, 10}).error().message() == "the first arm has no trials");
  CHECK(mr::stats::fisher_exact_test({1, 10}, {0, 0}).error().message() == "the second arm has no trials");
  CHECK(mr::stats::two_proportion_z_test({1, 10}, {1, 10}, {mr::stats::alternative::two_sided, 1}).error().code() ==
        mr::errc::out_of_range);
  CHECK(mr::stats::score_test({1, 10}, {1, 10}, 1).error().code() == mr::errc::out_of_range);
  CHECK(mr::stats::score_test({1, 10}, {1, 10}, support::not_a_number).error().code() == mr::errc::out_of_range);
}

TEST_CASE("proportions: where the standard error is 0, p is 1 for the side that the data speak against") {
  using enum mr::stats::alternative;
  const mr::stats::proportion none{0, 10};
  const mr::stats::proportion all{10, 10};
  const auto unpooled = [](const mr::stats::proportion& a, const mr::stats::proportion& b,
                           mr::stats::alternative side) {
    return mr::stats::two_proportion_z_test(a, b, {side}, mr::stats::z_variance::unpooled);
  };
  CHECK(unpooled(none, all, greater)->statistic == -support::infinite);
  CHECK(unpooled(none, all, greater)->p == 1);
  CHECK(unpooled(none, all, less)->p == 0);
  CHECK(unpooled(none, all, two_sided)->p == 0);
  CHECK(unpooled(all, none, greater)->p == 0);
  CHECK(unpooled(all, none, less)->p == 1);
  CHECK(unpooled(all, none, two_sided)->p == 0);
  for (const auto side : {less, greater, two_sided}) {
    CHECK(unpooled(none, none, side)->p == 1);
    CHECK(mr::stats::two_proportion_z_test(all, all, {side})->p == 1);
  }
  CHECK(mr::stats::two_proportion_z_test(none, all, {greater})->p > 0.99);
  CHECK(mr::stats::score_test(none, all, 0.5, {greater})->p > 0.99);
  CHECK(mr::stats::score_test(all, none, 0.5, {less})->p > 0.99);
  CHECK(mr::stats::fisher_exact_test(none, all, {greater})->p == 1);
}

TEST_CASE("proportions: four numbers are two proportions") {
  const auto four = mr::stats::two_proportion_z_test(120, 1000, 100, 1000);
  const auto two = mr::stats::two_proportion_z_test({120, 1000}, {100, 1000});
  REQUIRE(four);
  // 0.02 / sqrt(0.11 0.89 2 / 1000).
  CHECK(four->statistic == Approx(1.42930084980).epsilon(1e-9));
  CHECK(four->p == two->p);
  CHECK(mr::stats::two_proportion_z_test(120, 1000, 100, 1000, {mr::stats::alternative::greater})->p ==
        Approx(two->p / 2).epsilon(1e-12));
  CHECK(mr::stats::fisher_exact_test(120, 1000, 100, 1000)->p ==
        mr::stats::fisher_exact_test({120, 1000}, {100, 1000})->p);
  CHECK_FALSE(mr::stats::two_proportion_z_test(1200, 1000, 100, 1000));
}

TEST_CASE("proportions: Fisher's interval where p is below the least double is SciPy's") {
  // SciPy 1.17.1's odds_ratio().confidence_interval(), refined by mpmath 1.3.0 to the roots of the exact tails.
  struct {
    std::int64_t successes1, trials1, successes2, trials2;
    double lower, upper;
  } const cases[] = {
      {900, 1000, 100, 1000, 59.865059156441423, 109.68405565265055},
      {990, 1000, 10, 1000, 3795.7876240498559, 26173.900222039472},
      {1000, 1000, 0, 1000, 135499.75481089401, support::infinite},
      {0, 1000, 1000, 1000, 0, 7.3800871551068023e-6},
      {1, 1000, 999, 1000, 2.5478602849324045e-8, 1.880635517494348e-5},
  };
  for (const auto& c : cases) {
    const auto r = mr::stats::fisher_exact_test(c.successes1, c.trials1, c.successes2, c.trials2);
    REQUIRE(r);
    CAPTURE(c.successes1, c.successes2, r->interval.lower, r->interval.upper);
    CHECK(r->p < 1e-300);
    CHECK((r->interval.lower == c.lower || support::relative_error(r->interval.lower, c.lower) < 1e-8));
    CHECK((r->interval.upper == c.upper || support::relative_error(r->interval.upper, c.upper) < 1e-8));
  }
  // The ends belong to odds under which nothing overflows, however many tables are likelier at odds of 1.
  const auto swapped = mr::stats::fisher_exact_test(100'000'000, 1'000'000'000, 900'000'000, 1'000'000'000);
  REQUIRE(swapped);
  CHECK(swapped->p == 0);
  const double wald = std::exp(1.959963984540054 * std::sqrt(2 / 1e8 + 2 / 9e8));  // as good for so many
  CHECK(swapped->interval.upper == Approx(1 / 81.0 * wald).epsilon(1e-6));
  CHECK(swapped->interval.lower == Approx(1 / 81.0 / wald).epsilon(1e-6));
}
