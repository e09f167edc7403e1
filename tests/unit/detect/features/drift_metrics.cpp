#include <millrace/detect/features/drift_metrics.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/detect/change/adwin.hpp>
#include <millrace/detect/change/cusum.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::detect;

namespace {

std::vector<double> sample(std::uint64_t seed, double mean) {
  mr::random_engine random(seed);
  std::vector<double> made(500);
  for (double& x : made) x = mean + random.normal();
  return made;
}

}  // namespace

TEST_CASE("drift_metrics: what a comparison and a detector found, as gauges") {
  md::table_drift<> table;
  table.add("amount", md::drift_reference::make(sample(1, 0)).value());
  table.add("age", md::drift_reference::make(sample(2, 0)).value());
  const std::vector<md::feature_window> windows{{"amount", md::value_window::make(sample(3, 3)).value()},
                                                {"age", md::value_window::make(sample(4, 0)).value()}};
  const auto report = table.compare(windows);
  REQUIRE(report);

  mr::observe::metrics_registry registry;
  md::drift_metrics shown(registry, {{"model", "fraud"}});
  REQUIRE(shown.update(*report));
  REQUIRE(shown.update(*report));
  md::adwin<> detector;
  for (int i = 0; i < 300; ++i) (void)detector.update(i < 200 ? 0.0 : 1.0);
  REQUIRE(shown.update("loss", detector));
  REQUIRE(shown.update("alone", report->features[0].measures));

  const auto snapshot = registry.snapshot();
  const auto& features = snapshot.find("millrace_ml_feature_drift_score")->samples;
  REQUIRE(features.size() == 3);
  CHECK(features[0].labels()["feature"] == "amount");
  CHECK(features[0].labels()["model"] == "fraud");
  CHECK(features[0].value == report->features[0].measures.score);
  CHECK(features[0].value > 0.5);
  CHECK(features[1].value < 0.2);
  CHECK(snapshot.find("millrace_ml_table_drift_score")->samples[0].value == report->score);
  CHECK(snapshot.find("millrace_ml_features_drifted")->samples[0].value == 1);
  const auto& detectors = snapshot.find("millrace_ml_detector_score")->samples;
  REQUIRE(detectors.size() == 1);
  CHECK(detectors[0].labels()["detector"] == "loss");
  CHECK(detectors[0].value == detector.statistic() / detector.threshold());
}

TEST_CASE("drift_metrics: what the registry refuses is said") {
  mr::observe::metrics_registry registry({.max_series_per_family = 1});
  md::drift_metrics shown(registry);
  md::adwin<> detector;
  CHECK(shown.update("a", detector));
  CHECK(shown.update("b", detector).error().code() == mr::errc::out_of_range);
  md::drift_metrics wrong(registry, {{"a-b", "x"}});
  CHECK(wrong.update("c", detector).error().code() == mr::errc::invalid_argument);
}
