#include <millrace/stats/sequential/sprt.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <cstddef>
#include <support/saved_objects.hpp>

namespace mr = millrace;

TEST_CASE("Wald's limits and steps are those of his formulas") {
  auto made = mr::stats::sprt::of_rates(0.1, 0.3, 0.05, 0.1);
  REQUIRE(made);
  mr::stats::sprt test = *made;
  CHECK(test.upper() == Approx(std::log(0.9 / 0.05)));
  CHECK(test.lower() == Approx(std::log(0.1 / 0.95)));
  test.update(1);
  CHECK(test.log_ratio() == Approx(std::log(3.)));
  test.update(0);
  CHECK(test.log_ratio() == Approx(std::log(3.) + std::log(0.7 / 0.9)));
  auto mean = mr::stats::sprt::of_means(1, 2, 2);
  REQUIRE(mean);
  mean->update(1.5);
  CHECK(mean->log_ratio() == Approx(0).margin(1e-15));
  mean->update(3.5);
  CHECK(mean->log_ratio() == Approx((3.5 - 1.5) / 4));
}

TEST_CASE("both errors stay within what was asked, and samples are about as many as Wald expects") {
  const double bound = 3 * std::sqrt(0.05 * 0.95 / 2000);
  for (const bool null : {true, false}) {
    support::coin_source coin(null ? 1 : 2, null ? 0.1 : 0.15);
    int wrong = 0;
    double total = 0;
    for (int i = 0; i < 2000; ++i) {
      mr::stats::sprt test = mr::stats::sprt::of_rates(0.1, 0.15, 0.05, 0.05).value();
      while (test.verdict() == mr::stats::sprt_verdict::undecided) test.update(coin());
      wrong += (test.verdict() == mr::stats::sprt_verdict::null) != null;
      total += static_cast<double>(test.count());
    }
    CHECK(wrong / 2000. < 0.05 / 0.95 + bound);
    // Wald's (3:57): about 219 under the null, 195 under the alternative, before overshoot.
    CHECK(total / 2000 < 260);
    CHECK(total / 2000 > 170);
  }
}

TEST_CASE("a verdict stands, and nonsense is refused") {
  mr::stats::sprt test = mr::stats::sprt::of_means(0, 1, 0.1).value();
  CHECK(test.update(5) == mr::stats::sprt_verdict::alternative);
  CHECK(test.update(-100) == mr::stats::sprt_verdict::alternative);
  CHECK(test.count() == 1);
  mr::stats::sprt other = mr::stats::sprt::of_means(0, 1, 1).value();
  CHECK(other.update(std::nan("")) == mr::stats::sprt_verdict::undecided);
  CHECK(other.count() == 0);
  CHECK_FALSE(mr::stats::sprt::of_rates(0.1, 0.1));
  CHECK_FALSE(mr::stats::sprt::of_rates(0, 0.1));
  CHECK_FALSE(mr::stats::sprt::of_rates(0.1, 0.2, 0.6, 0.5));
  CHECK_FALSE(mr::stats::sprt::of_rates(0.1, 0.2, std::nan(""), 0.5));
  CHECK_FALSE(mr::stats::sprt::of_means(0, 1, 0));
  CHECK_FALSE(mr::stats::sprt::of_means(0, HUGE_VAL, 1));
}

TEST_CASE("a saved sprt goes on, the first release's bytes load, damaged ones are refused") {
  support::saves_and_loads(
      mr::stats::sprt::of_means(0.45, 0.46, 0.3).value(), "stats/sprt.bin", 200,
      [](mr::stats::sprt& t, double x) { t.update(x); },
      [](const mr::stats::sprt& a, const mr::stats::sprt& b, double off) {
        CHECK(a.count() == b.count());
        CHECK(a.log_ratio() == Approx(b.log_ratio()).epsilon(off));
        CHECK(a.verdict() == b.verdict());
      });
  // A verdict is saved too.
  auto decided = mr::stats::sprt::of_rates(0.1, 0.9).value();
  while (decided.update(1) == mr::stats::sprt_verdict::undecided) {
  }
  CHECK(mr::stats::sprt::load(decided.save())->verdict() == mr::stats::sprt_verdict::alternative);
}

TEST_CASE("an sprt's numbers are finite, and saved ones that are not are refused") {
  const auto bytes = mr::stats::sprt::of_rates(0.1, 0.2)->save();
  // Slope, offset, and the lower limit.
  for (const std::size_t field : {0U, 1U, 2U}) {
    CAPTURE(field);
    CHECK(mr::stats::sprt::load(support::with_field(bytes, field, -2.5)));
    CHECK_FALSE(mr::stats::sprt::load(support::with_field(bytes, field, -HUGE_VAL)));
  }
  CHECK_FALSE(mr::stats::sprt::of_means(0, 1e200, 1e-200));
  CHECK_FALSE(mr::stats::sprt::of_means(1e300, 1e300 + 1e290, 1e-10));
}
