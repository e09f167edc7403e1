#include <millrace/detect/anomaly/bands.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <type_traits>

namespace mr = millrace;

namespace {
double share_flagged(auto d, auto& draw, int n) {
  int flagged = 0;
  for (int i = 0; i < n; ++i) flagged += d.update(draw()).flagged;
  return static_cast<double>(flagged) / n;
}
}  // namespace

TEST_CASE("z-scores flag normal observations as often as promised, from the first ones on") {
  support::normal_source normal(91);
  // 400,000 at 1/200: a binomial standard error of 0.00011; four of them.
  CHECK(share_flagged(mr::detect::z_score<mr::detect::arl<200>>(), normal, 400'000) == Approx(0.005).margin(0.00045));
  int flagged = 0;
  for (int i = 0; i < 20'000; ++i) {
    mr::detect::z_score<mr::detect::arl<200>> d;
    for (int k = 0; k < 20; ++k) flagged += d.update(3 * normal() - 7).flagged;
  }
  CHECK(flagged / (20'000. * 17) == Approx(0.005).epsilon(0.1));
}

TEST_CASE("the band a z-score names is where its flag begins") {
  support::normal_source normal(92);
  mr::detect::z_score<mr::detect::arl<100>> d;
  for (int i = 0; i < 50; ++i) d.update(normal());
  auto copy = d;
  const mr::detect::anomaly probe = copy.update(0);
  auto inside = d;
  auto outside = d;
  CHECK_FALSE(inside.update(probe.upper - 1e-9).flagged);
  CHECK(outside.update(probe.upper + 1e-9).flagged);
}

TEST_CASE("observations whose squares could not be summed for long are flagged, and not learnt from") {
  const auto learns_nothing = [](auto scores) {
    for (int i = 0; i < 100; ++i) scores.update(i % 7);
    const auto before = scores.save();
    for (const double x : {1.1e140, -1e141, 1e300, HUGE_VAL, std::nan("")}) CHECK(scores.update(x).flagged);
    CHECK(scores.save() == before);
  };
  learns_nothing(mr::detect::z_score<>());
  learns_nothing(mr::detect::ewma_bands<>());
}

TEST_CASE("a limit may be given in the unit of the score") {
  support::normal_source normal(97);
  mr::detect::z_score outlier(3.0);
  STATIC_REQUIRE(std::is_same_v<decltype(outlier), mr::detect::z_score<mr::detect::given_limit>>);
  STATIC_REQUIRE(mr::detect::anomaly_detector<decltype(outlier)>);
  STATIC_REQUIRE(std::is_same_v<decltype(mr::detect::z_score()), mr::detect::z_score<>>);
  // P(|Z| > 3) = 0.0026998: SciPy 1.17.1.
  CHECK(share_flagged(outlier, normal, 400'000) == Approx(0.0026998).margin(0.00033));
  for (int i = 0; i < 1000; ++i) outlier.update(normal());
  const mr::detect::anomaly band = mr::detect::z_score(outlier).update(0);
  CHECK(band.upper - band.lower == Approx(6).epsilon(0.1));

  auto loaded = mr::detect::z_score<mr::detect::given_limit>::load(outlier.save());
  REQUIRE(loaded);
  CHECK(loaded->save() == outlier.save());
  const mr::detect::anomaly a = loaded->update(2.9);
  const mr::detect::anomaly b = outlier.update(2.9);
  CHECK(a.upper == b.upper);
  CHECK_FALSE(mr::detect::z_score<>::load(outlier.save()));
  // A limit that is none flags all that can be told from the mean.
  mr::detect::z_score none(std::nan(""));
  for (int i = 0; i < 10; ++i) none.update(normal());
  CHECK(none.update(normal()).flagged);
}

TEST_CASE("weighted bands follow a wandering stream and flag about as often as promised") {
  support::normal_source normal(93);
  CHECK(share_flagged(mr::detect::ewma_bands<mr::detect::arl<200>>(), normal, 400'000) == Approx(0.005).epsilon(0.3));
  double level = 0;
  const auto wander = [&] {
    level += 0.01 * normal();
    return level + normal();
  };
  CHECK(share_flagged(mr::detect::ewma_bands<mr::detect::arl<200>>(), wander, 400'000) == Approx(0.005).epsilon(0.3));
  mr::detect::ewma_bands<> d;
  for (int i = 0; i < 200; ++i) d.update(normal());
  const mr::detect::anomaly spike = d.update(100);
  CHECK(spike.flagged);
  CHECK(spike.score > 20);
  CHECK(d.update(9).flagged);  // one spike does not blind it
}

TEST_CASE("quantile bands flag as often as promised, whatever the shape") {
  support::normal_source normal(94);
  const auto skewed = [&] { return std::exp(normal()); };
  CHECK(share_flagged(mr::detect::quantile_bands<mr::detect::arl<100>>(), normal, 200'000) ==
        Approx(0.01).epsilon(0.2));
  CHECK(share_flagged(mr::detect::quantile_bands<mr::detect::arl<100>>(), skewed, 200'000) ==
        Approx(0.01).epsilon(0.3));
}

// Jain and Chlamtac's own example, CACM 28(10), table I: twenty observations, the estimate of the median is 4.44.
TEST_CASE("the P2 algorithm answers its authors' example") {
  mr::detect::detail::p2_quantile median(0.5);
  for (const double x : {0.02,  0.15,  0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
                         34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,  0.42,  0.09,  11.37})
    median.update(x);
  CHECK(median.value() == Approx(4.44063).epsilon(1e-5));
}

TEST_CASE("quantile bands of numbers that lie further apart than a double holds stay finite, and are saved") {
  mr::detect::quantile_bands<mr::detect::arl<100>> bands;
  mr::random_engine engine(5);
  for (int i = 0; i < 2000; ++i) {
    const double size = 1.7e308 * (0.5 + 0.5 * engine.uniform());
    const mr::detect::anomaly found = bands.update(engine.uniform() < 0.5 ? -size : size);
    if (i < 200) continue;
    REQUIRE(std::isfinite(found.lower));
    REQUIRE(std::isfinite(found.upper));
  }
  const auto loaded = decltype(bands)::load(bands.save());
  REQUIRE(loaded);
  CHECK(loaded->save() == bands.save());
}
