#include <millrace/observe/dashboards/metric_table.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

std::vector<std::string> meant(const metrics_snapshot& snapshot, std::string_view row) {
  std::vector<std::string> made;
  detail::for_each_meant(snapshot, row, [&](std::string_view prefix, const metric_family_samples& each) {
    made.push_back(std::string(prefix) + "|" + each.family->name);
  });
  return made;
}

}  // namespace

// That each row is a metric of the library's is what tests/observe/dashboards.py sees.
TEST_CASE("metric_table: a row means the metrics that end in it, whatever is in front") {
  metrics_registry registry;
  registry.gauge({"shop_ml_active_predictions", ""}).value();
  registry.counter({"shop_ml_predictions_total", ""}).value();
  registry.counter({"bank_predictions_total", ""}).value();
  registry.counter({"mispredictions_total", ""}).value();
  const auto snapshot = registry.snapshot();
  CHECK(meant(snapshot, "predictions") ==
        std::vector<std::string>{"shop_ml_|shop_ml_predictions", "bank_|bank_predictions"});
  CHECK(meant(snapshot, "active_predictions") == std::vector<std::string>{"shop_ml_|shop_ml_active_predictions"});
  CHECK(meant(snapshot, "bank_predictions") == std::vector<std::string>{"|bank_predictions"});
  CHECK(meant(snapshot, "other").empty());
  CHECK(meant(metrics_registry().snapshot(), "predictions").empty());
}

TEST_CASE("metric_table: no metric and no alert stands in the table twice") {
  std::set<std::string_view> metrics;
  for (const metric_row& row : standard_metrics) {
    CHECK(metrics.insert(row.metric).second);
    CHECK((row.panel == panel_kind::share) == !row.part_of.empty());
  }
  std::set<std::string_view> alerts;
  for (const alert_row& row : standard_alerts) CHECK(alerts.insert(row.name).second);
}
