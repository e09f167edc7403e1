#include <millrace/stats/sequential/mixture_sprt.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <support/saved_objects.hpp>

namespace mr = millrace;

TEST_CASE("the mixture's ratio is the integral over normal effects") {
  // Simpson's rule over 16 deviations of the effects.
  const double estimate = 0.7, variance = 0.09, spread = 0.25;
  double sum = 0;
  const int steps = 4000;
  for (int i = 0; i <= steps; ++i) {
    const double effect = 0.5 * (-8 + 16. * i / steps);
    const double ratio = std::exp((estimate * effect - effect * effect / 2) / variance);
    const double density = std::exp(-effect * effect / (2 * spread)) / std::sqrt(2 * 3.14159265358979323846 * spread);
    sum += (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2) * ratio * density;
  }
  sum *= 0.5 * 16. / steps / 3;
  CHECK(mr::stats::log_mixture_ratio(estimate, variance, spread) == Approx(std::log(sum)).epsilon(1e-10));
}

TEST_CASE("an estimate at the reach has an e-value of 1/alpha, and the spread chosen makes the reach shortest") {
  for (const double alpha : {0.05, 0.001}) {
    const double reach = mr::stats::mixture_reach(0.01, 0.2, alpha);
    CHECK(mr::stats::log_mixture_ratio(reach, 0.01, 0.2) == Approx(-std::log(alpha)));
    const double best = mr::stats::shortest_spread(0.01, alpha);
    const double least = mr::stats::mixture_reach(0.01, best, alpha);
    CHECK(least < mr::stats::mixture_reach(0.01, 0.7 * best, alpha));
    CHECK(least < mr::stats::mixture_reach(0.01, 1.4 * best, alpha));
  }
}

TEST_CASE("looking after every observation keeps alpha; merging is exact") {
  support::normal_source normal(1);
  int rejected = 0;
  for (int i = 0; i < 2000; ++i) {
    mr::stats::mixture_sprt test(3, 2, 0.3);
    bool out = false;
    for (int n = 0; n < 1000 && !out; ++n) {
      test.update(3 + 2 * normal());
      out = test.rejects(0.05);
    }
    rejected += out;
  }
  CHECK(rejected <= 100 + 3 * std::sqrt(2000 * 0.05 * 0.95));
  mr::stats::mixture_sprt a(0, 1, 1), b(0, 1, 1), all(0, 1, 1);
  for (int i = 0; i < 100; ++i) {
    const double x = normal() + 0.5;
    (i < 50 ? a : b).update(x);
    all.update(x);
  }
  a.merge(b);
  CHECK(a.log_e_value() == Approx(all.log_e_value()));
  CHECK(a.p() < 0.01);
}

TEST_CASE("without observations, with NaN or without a deviation the answer is defined") {
  mr::stats::mixture_sprt test(0, 1, 1);
  CHECK(test.p() == 1);
  CHECK_FALSE(test.update(std::nan("")));
  CHECK_FALSE(test.update(1e300));
  CHECK(test.count() == 0);
  mr::stats::mixture_sprt none(0, 0, 1);
  none.update(5);
  CHECK(std::isnan(none.p()));
  CHECK_FALSE(none.rejects(0.5));
}

TEST_CASE("a saved mixture test goes on, the first release's bytes load, damaged ones are refused") {
  support::saves_and_loads(
      mr::stats::mixture_sprt(0.45, 0.3, 0.1), "stats/mixture_sprt.bin", 200,
      [](mr::stats::mixture_sprt& t, double x) { t.update(x); },
      [](const mr::stats::mixture_sprt& a, const mr::stats::mixture_sprt& b, double off) {
        CHECK(a.count() == b.count());
        CHECK(a.log_e_value() == Approx(b.log_e_value()).epsilon(off));
      });
}
