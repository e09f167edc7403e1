#include <millrace/detect/change/hddm.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <cstdint>

namespace mr = millrace;

TEMPLATE_TEST_CASE("at most 63 % of unchanging streams alarm within the run length", "",
                   mr::detect::hddm_a<mr::detect::arl<3'000>>, mr::detect::hddm_w<mr::detect::arl<3'000>>) {
  support::coin_source fair(61, 0.5);
  // 400 streams: a binomial standard error of 2.4 %; four of them. The worst streams come near.
  const double share = support::share_alarmed(TestType(), fair, 400, 3000);
  CHECK(share < 0.632 + 0.1);
  CHECK(share > 0.632 - 0.1);
  support::coin_source rare(62, 0.05);
  CHECK(support::share_alarmed(TestType(), rare, 200, 3000) < 0.5);
}

TEST_CASE("HDDM keeps its promise at the other run lengths of its table too") {
  const auto check = [](const auto& detector, std::uint64_t length, int streams) {
    support::coin_source fair(67, 0.5);
    const double share = support::share_alarmed(detector, fair, streams, length);
    const double off = 4.2 * std::sqrt(0.24 / streams);
    CAPTURE(length, share);
    CHECK(share < 0.632 + off);
    CHECK(share > 0.57 - off);
  };
  check(mr::detect::hddm_a<mr::detect::arl<300>>(), 300, 2000);
  check(mr::detect::hddm_w<mr::detect::arl<300>>(), 300, 2000);
  check(mr::detect::hddm_a<mr::detect::arl<1'000>>(), 1'000, 2000);
  check(mr::detect::hddm_w<mr::detect::arl<1'000>>(), 1'000, 2000);
  check(mr::detect::hddm_a<mr::detect::arl<10'000>>(), 10'000, 600);
  check(mr::detect::hddm_w<mr::detect::arl<10'000>>(), 10'000, 600);
  check(mr::detect::hddm_a<mr::detect::arl<30'000>>(), 30'000, 300);
  check(mr::detect::hddm_w<mr::detect::arl<30'000>>(), 30'000, 300);
}

TEMPLATE_TEST_CASE("a rise is found soon after a long quiet time", "", mr::detect::hddm_a<>, mr::detect::hddm_w<>) {
  support::coin_source before(63, 0.2);
  support::coin_source after(64, 0.6);
  TestType d;
  for (int i = 0; i < 1000; ++i) d.update(before());
  int taken = 0;
  while (d.update(after()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 120);
  CHECK(d.count() == 0);
}

TEST_CASE("values outside [0, 1] are brought into it") {
  mr::detect::hddm_a<> a;
  mr::detect::hddm_a<> b;
  support::coin_source coin(65, 0.4);
  for (int i = 0; i < 3000; ++i) {
    const double x = coin();
    REQUIRE(a.update(x) == b.update(x > 0 ? 17 : -3));
  }
}
