#include <millrace/detect/anomaly/anomaly.hpp>

#include <support/catch.hpp>

#include <millrace/detect.hpp>

#include <support/saved_objects.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace mr = millrace;

TEMPLATE_TEST_CASE("every anomaly detector keeps the laws of its concept", "", mr::detect::z_score<>,
                   mr::detect::ewma_bands<>, mr::detect::quantile_bands<>, mr::detect::robust_z<>,
                   mr::detect::iqr_fence<>, mr::detect::seasonal<12>) {
  STATIC_REQUIRE(mr::detect::anomaly_detector<TestType>);
  TestType d;
  TestType other;
  for (int i = 0; i < 3000; ++i) {
    const double x = std::sin(0.7 * i) + 0.3 * std::sin(2.3 * i);
    if (i % 5 == 0) {
      const mr::detect::anomaly found = d.update(std::nan(""));
      REQUIRE(found.flagged);
      REQUIRE(std::isnan(found.score));
      REQUIRE(d.update(std::numeric_limits<double>::infinity()).flagged);
      REQUIRE(d.update(-std::numeric_limits<double>::infinity()).flagged);
    }
    const mr::detect::anomaly a = d.update(x);
    const mr::detect::anomaly b = other.update(x);
    REQUIRE(a.score == b.score);
    REQUIRE(a.lower == b.lower);
    REQUIRE(a.upper == b.upper);
    REQUIRE(a.flagged == b.flagged);
    if (a.flagged != !(x >= a.lower && x <= a.upper)) REQUIRE(std::fabs(x - (x < a.lower ? a.lower : a.upper)) < 1e-9);
  }
  d.reset();
  CHECK(d.count() == 0);
  CHECK_FALSE(d.update(1e9).flagged);
}

TEMPLATE_TEST_CASE("constant and huge streams have a defined answer", "", mr::detect::z_score<>,
                   mr::detect::ewma_bands<>, mr::detect::robust_z<>, mr::detect::iqr_fence<>,
                   mr::detect::seasonal<12>) {
  for (const double size : {0.0, 7.0, 1e300, -1e149, 1e-320}) {
    TestType d;
    for (int i = 0; i < 500; ++i) REQUIRE_FALSE(std::isnan(d.update(size).score));
  }
}

namespace {

template <class D, class Step>
void saved_anomaly_detector(const D& fresh, const char* name, Step step, std::size_t rounds = 3000) {
  support::saves_and_loads(
      fresh, std::string("detect/") + name + ".bin", 300, step,
      [&](D a, D b, double off) {
        const mr::detect::anomaly x = step(a, 0.7);
        const mr::detect::anomaly y = step(b, 0.7);
        CHECK(x.score == Approx(y.score).epsilon(off).margin(off));
        CHECK(x.lower == Approx(y.lower).epsilon(off).margin(off));
        CHECK(x.upper == Approx(y.upper).epsilon(off).margin(off));
        CHECK(a.count() == b.count());
      },
      rounds);
}

}  // namespace

TEST_CASE("every anomaly detector is saved and goes on, loads what was saved before, and refuses damaged bytes") {
  const auto step = [](auto& d, double x) { return d.update(x); };
  saved_anomaly_detector(mr::detect::z_score<>(), "z_score", step);
  saved_anomaly_detector(mr::detect::ewma_bands<>(0.1), "ewma_bands", step);
  saved_anomaly_detector(mr::detect::quantile_bands<mr::detect::arl<100>>(), "quantile_bands", step);
  saved_anomaly_detector(mr::detect::robust_z<mr::detect::arl<10'000>, 32>(), "robust_z", step);
  saved_anomaly_detector(mr::detect::iqr_fence<mr::detect::arl<10'000>, 32>(), "iqr_fence", step);
  saved_anomaly_detector(mr::detect::seasonal<24>({0.3, 0.05, 0.1}), "seasonal", step);
  const auto row = [](auto& d, double x) {
    const double both[2] = {x, 1 - x * x};
    return d.update(both);
  };
  saved_anomaly_detector(mr::detect::half_space_trees<2, mr::detect::arl<100>, 3, 4, 25>(9), "half_space_trees", row);
}
