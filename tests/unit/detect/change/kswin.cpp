#include <millrace/detect/change/kswin.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>

namespace mr = millrace;

// tests/oracle/run_length.py: SciPy 1.17.1's exact two-sample method.
TEST_CASE("the exact level of the two-sample test is the one of enumeration") {
  // Sizes 2 and 2: of 6 orders 2 have D = 1, and all have D >= 1/2.
  CHECK(mr::detect::detail::ks_share_outside<2>(2, 2, 4) == Approx(1.0 / 3));
  CHECK(mr::detect::detail::ks_share_outside<2>(2, 2, 2) == Approx(1));
  // Sizes 3 and 2: of 10 orders 2 have D = 1; 4 more have D = 2/3.
  CHECK(mr::detect::detail::ks_share_outside<2>(3, 2, 6) == Approx(0.2));
  CHECK(mr::detect::detail::ks_share_outside<2>(3, 2, 4) == Approx(0.6));
  CHECK(mr::detect::detail::ks_share_outside<8>(24, 8, 96) == Approx(0.08252892577697918).epsilon(1e-13));
  CHECK(mr::detect::detail::ks_share_outside<8>(24, 8, 128) == Approx(0.005836304345759296).epsilon(1e-13));
}

TEST_CASE("KSWIN keeps the run length it promises for any continuous distribution") {
  support::normal_source normal(71);
  // The promise may be exceeded by the step of the exact distribution.
  const double length = support::mean_run_length(mr::detect::kswin<mr::detect::arl<2'000>>(), normal, 300, 2000);
  CHECK(length > 2000 * 0.77);
  CHECK(length < 2000 * 1.35);
  const auto skewed = [&] { return std::exp(2 * normal()); };
  const double other = support::mean_run_length(mr::detect::kswin<mr::detect::arl<2'000>>(), skewed, 300, 2000);
  CHECK(other > 2000 * 0.77);
  CHECK(other < 2000 * 1.35);
}

TEST_CASE("a change of spread alone is found") {
  support::normal_source normal(72);
  mr::detect::kswin<> d;
  for (int i = 0; i < 1000; ++i) d.update(normal());
  int taken = 0;
  while (taken < 2000 && d.update(5 * normal()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 400);
}

TEST_CASE("a constant stream is no drift, a jump of it is the largest") {
  mr::detect::kswin<> d;
  for (int i = 0; i < 2000; ++i) REQUIRE(d.update(3) == mr::detect::signal::none);
  int taken = 0;
  while (d.update(4) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 64);
  CHECK(d.statistic() <= 1);
}
