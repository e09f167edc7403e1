#include <millrace/observe/dashboards/grafana.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/observe/dashboards/alert_rules.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>
#include <support/observe_registry.hpp>

#include <iterator>
#include <string>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

std::vector<std::string> expressions(const std::string& dashboard) {
  std::vector<std::string> made;
  const std::string key = "\"expr\":\"";
  for (std::size_t at = 0; (at = dashboard.find(key, at)) != dashboard.npos;) {
    at += key.size();
    made.push_back(dashboard.substr(at, dashboard.find('"', at) - at));
  }
  return made;
}

}  // namespace

// Whole dashboards are asked of a Prometheus server in tests/observe/dashboards.py.
TEST_CASE("grafana: each metric is asked for by its type, or as its row says") {
  metrics_registry registry;
  registry.counter({"shop_errors_total", "Errors."}, {{"model", "a"}, {"kind", "x"}}).value();
  registry.counter({"shop_calls_total", "Calls."}, {{"model", "a"}}).value();
  registry.gauge({"depth", "."}).value();
  registry.timer({"step_seconds", "."}, {{"event", "e"}}).value();
  registry.native_histogram({"sent_bytes", ".", "bytes"}).value();
  registry.histogram({"size", "."}, {1, 2}).value();
  const metric_row rows[] = {{"errors", "First", "Errors", panel_kind::share, "calls"},
                             {"size", "First", "Size", panel_kind::mean},
                             {"nothing", "First", "Nothing"}};
  const std::string dashboard = grafana_dashboard(registry.snapshot(), {}, rows);
  CHECK(mr::is_json_object(dashboard));
  CHECK(expressions(dashboard) ==
        std::vector<std::string>{
            "sum by (model) (rate(shop_errors_total[$__rate_interval])) / "
            "sum by (model) (rate(shop_calls_total[$__rate_interval]))",
            "sum(rate(size_sum[$__rate_interval])) / sum(rate(size_count[$__rate_interval]))",
            "sum by (model) (rate(shop_calls_total[$__rate_interval]))", "depth",
            "histogram_quantile(0.5, sum by (event, le) (rate(step_seconds_bucket[$__rate_interval])))",
            "histogram_quantile(0.95, sum by (event, le) (rate(step_seconds_bucket[$__rate_interval])))",
            "histogram_quantile(0.99, sum by (event, le) (rate(step_seconds_bucket[$__rate_interval])))",
            "histogram_quantile(0.5, sum(rate(sent_bytes[$__rate_interval])))",
            "histogram_quantile(0.95, sum(rate(sent_bytes[$__rate_interval])))",
            "histogram_quantile(0.99, sum(rate(sent_bytes[$__rate_interval])))"});
  CHECK(dashboard.find("\"legendFormat\":\"p50 {{event}}\"") != dashboard.npos);
  CHECK(dashboard.find("\"legendFormat\":\"p99 {{event}}\"") != dashboard.npos);
  CHECK(dashboard.find("\"unit\":\"percentunit\"") != dashboard.npos);
  CHECK(dashboard.find("Nothing") == dashboard.npos);
}

TEST_CASE("grafana: a program's own metrics beside the library's") {
  metrics_registry registry;
  registry.counter({"shop_orders_total", "Orders."}, {{"country", "de"}}).value();
  // [dashboard]
  std::vector<mr::observe::metric_row> metrics(std::begin(standard_metrics), std::end(standard_metrics));
  metrics.push_back({"shop_orders", "Shop", "Orders a second"});
  std::vector<mr::observe::alert_row> alerts(std::begin(standard_alerts), std::end(standard_alerts));
  alerts.push_back(
      {"NoOrders", "sum(rate({shop_orders}[1h])) == 0", "critical", "1h", "Nobody orders", "Is the shop up?"});

  const auto snapshot = registry.snapshot();  // at the start will do: it has the names already
  const std::string dashboard = grafana_dashboard(snapshot, {.title = "Shop", .uid = "shop"}, metrics);
  const auto rules = prometheus_alerts(snapshot, {.metrics = metrics}, alerts);  // an error: a name is misspelt
  // [/dashboard]
  CHECK(dashboard.find("sum by (country) (rate(shop_orders_total[$__rate_interval]))") != std::string::npos);
  REQUIRE(rules);
  CHECK(rules->yaml.find("sum(rate(shop_orders_total[1h])) == 0") != std::string::npos);
}

TEST_CASE("grafana: hostile texts leave JSON whole, and no metrics are a dashboard, too") {
  metrics_registry registry;
  support::fill_with_trouble(registry);
  CHECK(mr::is_json_object(grafana_dashboard(registry.snapshot(), {.title = "\"\\\xff\n", .uid = "\""})));
  CHECK(mr::is_json_object(grafana_dashboard(metrics_registry().snapshot())));
}
