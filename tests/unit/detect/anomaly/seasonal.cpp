#include <millrace/detect/anomaly/seasonal.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>

namespace mr = millrace;

namespace {
double wave(int i) { return 100 + 0.05 * i + 20 * std::sin(6.283185307179586 * i / 24); }
}  // namespace

TEST_CASE("a season with a trend is forecast exactly") {
  mr::detect::seasonal<24> d;
  CHECK(std::isnan(d.forecast(1)));
  for (int i = 0; i < 240; ++i) d.update(wave(i));
  for (int steps = 1; steps <= 48; ++steps)
    CHECK(d.forecast(static_cast<std::uint64_t>(steps)) == Approx(wave(239 + steps)).margin(0.01));
  CHECK(d.trend() == Approx(0.05).margin(1e-4));
}

TEST_CASE("what is usual at noon is flagged at midnight; one spike leaves no trace a season later") {
  support::normal_source normal(111);
  mr::detect::seasonal<24> d;
  int i = 0;
  for (; i < 24 * 30; ++i) d.update(wave(i) + normal());
  REQUIRE(i % 24 == 0);
  for (; i % 24 != 18; ++i) d.update(wave(i) + normal());
  const mr::detect::anomaly found = d.update(wave(i) + 30);  // the height of the peak, in the trough
  CHECK(found.flagged);
  CHECK(found.score > 15);
  ++i;
  int flagged = 0;
  for (int k = 0; k < 48; ++k, ++i) flagged += d.update(wave(i) + normal()).flagged;
  CHECK(flagged == 0);
}

TEST_CASE("normal residuals are flagged about as often as promised") {
  support::normal_source normal(112);
  mr::detect::seasonal<24, mr::detect::arl<200>> d;
  int flagged = 0;
  for (int i = 0; i < 200'000; ++i) flagged += d.update(wave(i % 24) + normal()).flagged;
  CHECK(flagged / 200'000. == Approx(0.005).epsilon(0.35));
}

TEST_CASE("nothing is flagged before three seasons, however wild") {
  mr::detect::seasonal<10> d;
  mr::random_engine engine(113);
  for (int i = 0; i < 30; ++i) REQUIRE_FALSE(d.update(1e6 * engine.uniform()).flagged);
}
