#include <millrace/detect/change/ddm.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>

namespace mr = millrace;

TEST_CASE("at most 63 % of unchanging streams alarm a DDM within the run length") {
  for (const double p : {0.05, 0.2, 0.5}) {
    support::coin_source coin(51, p);
    // 400 streams: a binomial standard error of 2.4 %; four of them.
    CHECK(support::share_alarmed(mr::detect::ddm<mr::detect::arl<3'000>>(), coin, 400, 3000) < 0.632 + 0.1);
  }
  support::coin_source coin(52, 0.2);
  CHECK(support::share_alarmed(mr::detect::ddm<mr::detect::arl<3'000>>(), coin, 400, 3000) > 0.3);
}

TEST_CASE("DDM's statistic is that of its definition, worked out from scratch") {
  auto d = mr::detect::ddm<>({1e300, 1e300});
  double errors = 0;
  double lowest = 2;
  double rate_there = 1;
  double deviation_there = 1;
  for (int n = 1; n <= 500; ++n) {
    const bool wrong = n % (n < 250 ? 7 : 3) == 0;
    d.update(wrong ? 1 : 0);
    errors += wrong ? 1 : 0;
    const double rate = (errors + 0.5) / (n + 1);
    const double deviation = std::sqrt(rate * (1 - rate) / n);
    if (n < 30 || errors < 5) continue;
    if (rate + deviation < lowest) {
      lowest = rate + deviation;
      rate_there = rate;
      deviation_there = deviation;
    }
    REQUIRE(d.statistic() == Approx((rate + deviation - rate_there) / deviation_there).epsilon(1e-12));
  }
  CHECK(d.statistic() > 3);
}

TEST_CASE("a model that becomes worse is found by DDM and by EDDM") {
  support::coin_source good(53, 0.05);
  support::coin_source bad(54, 0.3);
  mr::detect::ddm<> d;
  mr::detect::eddm<> e;
  for (int i = 0; i < 2000; ++i) {
    const double x = good();
    d.update(x);
    e.update(x);
  }
  int taken = 0;
  while (d.update(bad()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 400);
  taken = 0;
  while (e.update(bad()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 2000);
}

TEST_CASE("at most 63 % of unchanging streams alarm an EDDM within that many errors") {
  for (const double p : {0.05, 0.5}) {
    support::coin_source coin(55, p);
    CHECK(support::share_alarmed(mr::detect::eddm<mr::detect::arl<1'000>>(), coin, 400,
                                 static_cast<std::uint64_t>(1000 / p)) < 0.632 + 0.1);
  }
}

TEST_CASE("a stream without any error alarms nobody, and its first error does not either") {
  mr::detect::ddm<> d;
  mr::detect::eddm<> e;
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(d.update(0) == mr::detect::signal::none);
    REQUIRE(e.update(0) == mr::detect::signal::none);
  }
  CHECK(d.update(1) != mr::detect::signal::drift);
  CHECK(e.update(1) == mr::detect::signal::none);
  CHECK(e.errors() == 1);
}
