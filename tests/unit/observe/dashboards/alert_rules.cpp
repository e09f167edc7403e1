#include <millrace/observe/dashboards/alert_rules.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <iterator>
#include <string>
#include <string_view>

namespace mr = millrace;
using namespace mr::observe;

// Whole files of rules are judged by promtool and a Prometheus server in tests/observe/dashboards.py.
TEST_CASE("alert_rules: a rule has the names that the program's metrics have") {
  metrics_registry registry;
  registry.counter({"shop_errors_total", ""}).value();
  registry.counter({"shop_calls_total", ""}).value();
  registry.counter({"bank_errors_total", ""}).value();
  const alert_row rows[] = {{"Errors", "rate({errors}[5m]) / rate({calls}[5m]) > 0.1", "critical", "5m",
                             "It \"fails\": {{ $value }}", "a\nb"},
                            {"Full", "{queue_depth} > 1", "warning", "1m", "", ""}};
  const auto made = prometheus_alerts(registry.snapshot(), {.group = "a \"group\""}, rows);
  REQUIRE(made);
  CHECK(made->yaml == R"(groups:
  - name: "a \"group\""
    rules:
      - alert: "Errors"
        expr: "rate(shop_errors_total[5m]) / rate(shop_calls_total[5m]) > 0.1"
        for: "5m"
        labels:
          severity: "critical"
        annotations:
          summary: "It \"fails\": {{ $value }}"
          description: "a\nb"
)");
  // What is not there is said: of one of two programs, and of a metric that no program here has.
  REQUIRE(made->left_out.size() == 2);
  CHECK(made->left_out[0].alert == "Errors");
  CHECK(made->left_out[0].metric == "bank_calls");
  CHECK(made->left_out[1].alert == "Full");
  CHECK(made->left_out[1].metric == "queue_depth");
}

TEST_CASE("alert_rules: a name that is misspelt is an error, wherever it stands") {
  metrics_registry registry;
  registry.counter({"shop_errors_total", ""}).value();
  const auto snapshot = registry.snapshot();
  const auto refused = [&](std::string_view condition, const alert_options& options = {}) {
    const alert_row row[] = {{"Mine", condition, "warning", "1m", "", ""}};
    const auto made = prometheus_alerts(snapshot, options, row);
    if (made) return std::string();
    CHECK(made.error().code() == mr::errc::invalid_argument);
    return made.error().message();
  };
  const std::string unknown = "alert \"Mine\": neither the snapshot nor the table has a metric ";
  CHECK(refused("{errrors} > 1") == unknown + "{errrors}");
  CHECK(refused("{errors} / {cals} > 1") == unknown + "{cals}");
  CHECK(refused("{predictions} / {errrors} > 1") == unknown + "{errrors}");  // also behind one that is not here
  CHECK(refused("{errors}[5m] > {") == "alert \"Mine\": its condition has a { without a }");
  CHECK(refused("{errors") == "alert \"Mine\": its condition has a { without a }");
  // A table of the program's own says what it may have.
  CHECK(refused("{orders} > 1") == unknown + "{orders}");
  const metric_row own[] = {{"orders", "Shop", "Orders"}};
  CHECK(refused("{orders} > 1", {.metrics = own}).empty());
  CHECK(refused("{predictions} > 1", {.metrics = own}) == unknown + "{predictions}");
}

TEST_CASE("alert_rules: PromQL's own braces stay, and a condition may name nothing of the table") {
  metrics_registry registry;
  registry.gauge({"shop_queue_depth", ""}).value();
  const alert_row rows[] = {{"A", "{queue_depth}{model=\"a\"} > 1", "warning", "1m", "", ""},
                            {"B", "{queue_depth}{model=~\"a{2}\"} + foo{} > 1", "warning", "1m", "", ""},
                            {"C", "up{job=\"x\"} == 0", "warning", "1m", "", ""}};
  const auto made = prometheus_alerts(registry.snapshot(), {}, rows);
  REQUIRE(made);
  CHECK(made->left_out.empty());
  CHECK(made->yaml.find(R"(expr: "shop_queue_depth{model=\"a\"} > 1")") != std::string::npos);
  CHECK(made->yaml.find(R"(expr: "shop_queue_depth{model=~\"a{2}\"} + foo{} > 1")") != std::string::npos);
  CHECK(made->yaml.find(R"(expr: "up{job=\"x\"} == 0")") != std::string::npos);
}

TEST_CASE("alert_rules: the library's own rows name metrics of its own table") {
  const auto made = prometheus_alerts(metrics_registry().snapshot());
  REQUIRE(made);
  CHECK(made->yaml == "groups:\n  - name: \"millrace\"\n    rules: []\n");
  CHECK(made->left_out.size() == std::size(standard_alerts));
}

TEST_CASE("alert_rules: a rule of two programs in one registry is there for each") {
  metrics_registry registry;
  registry.gauge({"shop_queue_depth", ""}).value();
  registry.gauge({"bank_queue_depth", ""}).value();
  const std::string text = prometheus_alerts(registry.snapshot())->yaml;
  CHECK(text.find("expr: \"shop_queue_depth > 1000\"") != text.npos);
  CHECK(text.find("expr: \"bank_queue_depth > 1000\"") != text.npos);
  CHECK(text.find("ModelErrors") == text.npos);
}
