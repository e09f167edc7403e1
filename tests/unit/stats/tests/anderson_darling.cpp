#include <millrace/stats/tests/anderson_darling.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("anderson-darling: the statistic is SciPy's, with ties too, and p is near what its table says") {
  const std::vector<mr::stats::sorted_sample> three{*mr::stats::sorted_sample::make(support::reference("sample_a")),
                                                    *mr::stats::sorted_sample::make(support::reference("sample_b")),
                                                    *mr::stats::sorted_sample::make(support::reference("sample_c"))};
  const auto r = mr::stats::anderson_darling_test(three);
  CHECK(support::agrees(r->statistic, support::reference("anderson")[0], 1e-11));
  CHECK(r->p == Approx(support::reference("anderson")[1]).epsilon(0.1).margin(1e-3));
  const std::vector<mr::stats::sorted_sample> two{*mr::stats::sorted_sample::make(support::reference("sample_d")),
                                                  *mr::stats::sorted_sample::make(support::reference("sample_e"))};
  CHECK(
      support::agrees(mr::stats::anderson_darling_test(two)->statistic, support::reference("anderson_two")[0], 1e-11));
}

TEST_CASE("anderson-darling: the law has the percentage points of Scholz and Stephens' table") {
  using mr::stats::detail::anderson_darling_sf;
  // Table 1 there: m = 1; upper 25, 10, 5, 2.5, 1 %.
  CHECK(anderson_darling_sf(1, 0.326) == Approx(0.25).margin(5e-4));
  CHECK(anderson_darling_sf(1, 1.225) == Approx(0.10).margin(5e-4));
  CHECK(anderson_darling_sf(1, 1.960) == Approx(0.05).margin(5e-4));
  CHECK(anderson_darling_sf(1, 3.752) == Approx(0.01).margin(1e-3));
  CHECK(anderson_darling_sf(1, -1.3) == Approx(1).margin(0.01));
  // Anderson and Darling's own: P(A2 > 2.492) = 0.05; the mean is 1 and the variance 2 (pi^2 / 3 - 3).
  CHECK(anderson_darling_sf(1, 1.492 / 0.76139) == Approx(0.05).margin(2e-4));
}

TEST_CASE("anderson-darling: the law's tail goes on at its rate, without a floor") {
  // Far out the survival falls like exp(-x) in A2: the largest weight is 1/2.
  using mr::stats::detail::anderson_darling_sf;
  const double sigma = 0.761393;
  const double ratio = anderson_darling_sf(1, (100 - 1) / sigma) / anderson_darling_sf(1, (110 - 1) / sigma);
  CHECK(std::log(ratio) == Approx(10 + 0.5 * std::log(1.1)).epsilon(2e-3));
  CHECK(anderson_darling_sf(1, 300 / sigma) > 0);
  CHECK(std::isnan(anderson_darling_sf(1, support::not_a_number)));
}

TEST_CASE("anderson-darling: too little to compare is an error") {
  const auto s = *mr::stats::sorted_sample::make(std::vector<double>{1, 2, 3});
  const auto same = *mr::stats::sorted_sample::make(std::vector<double>{2, 2, 2});
  CHECK_FALSE(mr::stats::anderson_darling_test(std::vector<mr::stats::sorted_sample>{s}));
  CHECK(mr::stats::anderson_darling_test(std::vector<mr::stats::sorted_sample>{s, {}}).error().message() ==
        "sample 1 is empty");
  CHECK(mr::stats::anderson_darling_test(std::vector<mr::stats::sorted_sample>{same, same}).error().message() ==
        "all observations are equal");
  CHECK(mr::stats::anderson_darling_test(std::vector<mr::stats::sorted_sample>{s, same})
            ->failed.contains(mr::stats::assumption::large_sample));
}
