#include <millrace/observe/dashboards/alert_rules.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <string>

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
                            {"Other", "{nothing} > 1", "warning", "1m", "", ""},
                            {"Broken", "{errors", "warning", "1m", "", ""}};
  CHECK(prometheus_alerts(registry.snapshot(), rows, "a \"group\"") == R"(groups:
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
}

TEST_CASE("alert_rules: a rule of two programs in one registry is there for each") {
  metrics_registry registry;
  registry.gauge({"shop_queue_depth", ""}).value();
  registry.gauge({"bank_queue_depth", ""}).value();
  const std::string text = prometheus_alerts(registry.snapshot());
  CHECK(text.find("expr: \"shop_queue_depth > 1000\"") != text.npos);
  CHECK(text.find("expr: \"bank_queue_depth > 1000\"") != text.npos);
  CHECK(text.find("ModelErrors") == text.npos);
}

TEST_CASE("alert_rules: a program without metrics has rules, and none of them") {
  CHECK(prometheus_alerts(metrics_registry().snapshot()) == "groups:\n  - name: \"millrace\"\n    rules: []\n");
}
