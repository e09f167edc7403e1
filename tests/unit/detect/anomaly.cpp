#include <millrace/detect/anomaly.hpp>

#include <support/catch.hpp>

#include <millrace/detect.hpp>

#include <cmath>
#include <limits>

namespace mr = millrace;

TEMPLATE_TEST_CASE("every anomaly detector keeps the laws of its concept", "", mr::z_score<>, mr::ewma_bands<>,
                   mr::quantile_bands<>, mr::robust_z<>, mr::iqr_fence<>, mr::seasonal<12>) {
  STATIC_REQUIRE(mr::anomaly_detector<TestType>);
  TestType d;
  TestType other;
  for (int i = 0; i < 3000; ++i) {
    const double x = std::sin(0.7 * i) + 0.3 * std::sin(2.3 * i);
    if (i % 5 == 0) {
      const mr::anomaly found = d.update(std::nan(""));
      REQUIRE(found.flagged);
      REQUIRE(std::isnan(found.score));
      REQUIRE(d.update(std::numeric_limits<double>::infinity()).flagged);
      REQUIRE(d.update(-std::numeric_limits<double>::infinity()).flagged);
    }
    const mr::anomaly a = d.update(x);
    const mr::anomaly b = other.update(x);
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

TEMPLATE_TEST_CASE("constant and huge streams have a defined answer", "", mr::z_score<>, mr::ewma_bands<>,
                   mr::robust_z<>, mr::iqr_fence<>, mr::seasonal<12>) {
  for (const double size : {0.0, 7.0, 1e300, -1e149, 1e-320}) {
    TestType d;
    for (int i = 0; i < 500; ++i) REQUIRE_FALSE(std::isnan(d.update(size).score));
  }
}
