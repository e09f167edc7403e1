#include <millrace/detect/table_drift.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

std::vector<double> draw(mr::random_engine& engine, int n, double shift, bool coarse) {
  std::vector<double> made;
  for (int i = 0; i < n; ++i) {
    const double x = engine.uniform() + engine.uniform() + shift;
    made.push_back(coarse ? std::floor(4 * x) : x);
  }
  return made;
}

}  // namespace

TEST_CASE("without drift no feature of a wide table is called drifted more often than alpha, coarse ones included") {
  mr::random_engine engine(1);
  int called = 0;
  const int tables = 120;
  for (int t = 0; t < tables; ++t) {
    mr::table_drift<mr::holm> watch(0.05, 0);
    std::vector<mr::value_window> windows;
    for (int f = 0; f < 20; ++f) {
      watch.add("f" + std::to_string(f), mr::drift_reference::of(draw(engine, 600, 0, f % 4 == 0)).value());
      windows.push_back(mr::value_window::of(draw(engine, 300, 0, f % 4 == 0)).value());
    }
    called += watch.compare(windows)->drifted > 0;
  }
  CHECK(called <= tables * 0.05 + 3 * std::sqrt(tables * 0.05 * 0.95));
}

TEST_CASE("the features that drifted are named, and the largest score is the table's") {
  mr::random_engine engine(2);
  mr::table_drift<> watch;
  std::vector<mr::value_window> windows;
  for (int f = 0; f < 8; ++f) {
    watch.add("f" + std::to_string(f), mr::drift_reference::of(draw(engine, 2000, 0, f == 5)).value());
    windows.push_back(mr::value_window::of(draw(engine, 1000, f == 3 || f == 5 ? 0.3 : 0, f == 5)).value());
  }
  const auto report = watch.compare(windows);
  REQUIRE(report);
  CHECK(report->drifted == 2);
  CHECK(report->summary() == "2 of 8 features drifted: f3, f5.");
  CHECK(report->features[3].drifted);
  CHECK(report->features[5].drifted);
  CHECK(report->score == std::fmax(report->features[3].measures.score, report->features[5].measures.score));
  CHECK(report->features[3].adjusted_p >= report->features[3].measures.ks_p);
}

TEST_CASE("a difference that is significant and too little to matter is not called drift") {
  mr::random_engine engine(3);
  mr::table_drift<> watch(0.01, 0.1);
  watch.add("x", mr::drift_reference::of(draw(engine, 200'000, 0, false)).value());
  const std::vector<mr::value_window> windows{mr::value_window::of(draw(engine, 200'000, 0.02, false)).value()};
  const auto report = watch.compare(windows);
  CHECK(report->features[0].adjusted_p < 1e-6);
  CHECK_FALSE(report->features[0].drifted);
}

TEST_CASE("another number of windows than features is refused, and so is a table without any") {
  mr::table_drift<> watch;
  CHECK_FALSE(watch.compare({}));
  watch.add("x", mr::drift_reference::of(std::vector<double>{1, 2, 3}).value());
  const auto refused = watch.compare({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::shape_mismatch);
}
