#include <millrace/connect/rest/dashboard/drift_panel.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace mo = millrace::observe;
namespace rest = millrace::connect::rest;

TEST_CASE("a panel of drift says which features and detectors are over their limits") {
  mo::metrics_registry metrics;
  rest::drift_panel panel(metrics);
  const auto look = [&] {
    rest::panel_writer to;
    REQUIRE(panel.show(to));
    CHECK(to.figures().size() <= 1);
    return nlohmann::json::parse("{" + to.members() + "}");
  };
  CHECK(look()["states"].empty());
  const auto drifted = metrics.gauge({"millrace_ml_features_drifted", "Drifted."});
  const auto greatest = metrics.gauge({"millrace_ml_table_drift_score", "Greatest."});
  const auto amount = metrics.gauge({"millrace_ml_feature_drift_score", "Score."}, {{"feature", "<amount>"}});
  const auto adwin = metrics.gauge({"millrace_ml_detector_score", "Score."}, {{"detector", "latency"}});
  const auto loss = metrics.gauge({"millrace_ml_model_drift_score", "Score."}, {{"model", "fraud"}});
  drifted->set(0);
  greatest->set(0.25);
  amount->set(0.25);
  adwin->set(0.5);
  loss->set(0.5);
  auto got = look();
  CHECK(got["states"][0]["value"] == "0");
  CHECK(got["states"][0]["level"] == "good");
  CHECK(got["states"][1]["value"] == "none");
  CHECK(got["tables"][0]["rows"] ==
        nlohmann::json::parse(R"([["feature","feature <amount>",0.25],["detector","detector latency",0.5],)"
                              R"(["model","model fraud",0.5]])"));
  drifted->set(2);
  adwin->set(1.5);
  got = look();
  CHECK(got["states"][0]["value"] == "2");
  CHECK(got["states"][0]["level"] == "bad");
  CHECK(got["states"][1]["value"] == "detector latency");
  CHECK(got["states"][1]["level"] == "bad");
  CHECK(got["states"][2]["value"] == "none");
}
