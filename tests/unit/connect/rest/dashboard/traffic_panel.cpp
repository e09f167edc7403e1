#include <millrace/connect/rest/dashboard/traffic_panel.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace mo = millrace::observe;
namespace rest = millrace::connect::rest;

namespace {

/// A figure of what a panel shows now; -1 if it does not show it.
double figure_of(const rest::panel_writer& of, const std::string& name) {
  for (const rest::panel_figure& each : of.figures())
    if (each.name == name) return each.value;
  return -1;
}

}  // namespace

TEST_CASE("a traffic panel shows rates, faults and quantiles of the time since the last look") {
  mo::metrics_registry metrics;
  rest::traffic_panel panel(metrics);
  const mo::metric_info counted{"millrace_http_requests_total", "Requests.", {}, false};
  const mo::metric_info timed{"millrace_http_request_seconds", "Time.", {}, false};
  const auto fine = metrics.counter(counted, {{"route", "/a"}, {"method", "GET"}, {"status", "2xx"}});
  const auto faulty = metrics.counter(counted, {{"route", "/a"}, {"method", "GET"}, {"status", "5xx"}});
  const auto time = metrics.timer(timed, {{"route", "/a"}, {"method", "GET"}});
  fine->add(1000);
  for (int i = 0; i < 1000; ++i) time->update(std::uint64_t{9'000'000'000});
  {
    rest::panel_writer to;
    REQUIRE(panel.show(to));
    CHECK(std::isnan(figure_of(to, "Requests")));  // there was no look before
    CHECK(std::isnan(figure_of(to, "Time of requests, median")));
  }
  fine->add(75);
  faulty->add(25);
  for (int i = 0; i < 100; ++i) time->update(std::uint64_t{1'500'000});  // between 1 and 2 ms
  rest::panel_writer to;
  REQUIRE(panel.show(to));
  CHECK(figure_of(to, "Requests") > 0);
  CHECK(figure_of(to, "Requests that failed (5xx)") == Approx(25));
  CHECK(figure_of(to, "Time of requests, median") == Approx(0.0015));
  CHECK(figure_of(to, "Time of requests, 99th percentile") == Approx(0.00199));
  const auto got = nlohmann::json::parse("{" + to.members() + "}")["tables"][0]["rows"];
  REQUIRE(got.size() == 1);
  CHECK(got[0][0] == "/a");
  CHECK(got[0][2] == 1100);
  CHECK(got[0][4] == 25);
}

TEST_CASE("a traffic panel shows rows, batches and what waits, by model and version") {
  mo::metrics_registry metrics;
  rest::traffic_panel panel(metrics);
  rest::panel_writer nothing;
  REQUIRE(panel.show(nothing));
  CHECK(nothing.figures().empty());
  const mo::label_set of_one{{"model", "fraud"}, {"version", "1"}}, of_two{{"model", "fraud"}, {"version", "2"}};
  const auto rows =
      metrics.counter({"millrace_ml_predictions_total", "Rows."}, mo::label_set(of_two).add("status", "ok"));
  const auto errors = metrics.counter({"millrace_ml_inference_errors_total", "Errors."}, of_two);
  const auto latency = metrics.timer({"millrace_ml_inference_latency_seconds", "Latency.", "seconds"}, of_two);
  const auto sizes = metrics.histogram({"millrace_ml_batch_size", "Rows."}, {1, 2, 4, 8}, of_two);
  const auto waiting = metrics.gauge({"millrace_ml_queue_depth", "Rows."});
  static_cast<void>(metrics.gauge({"millrace_ml_active_predictions", "Rows."}));  // no counter
  static_cast<void>(metrics.timer({"millrace_ml_inference_latency_seconds", "Latency.", "seconds"}, of_one));
  rows->add(40);
  errors->add(4);
  for (int i = 0; i < 10; ++i) {
    latency->update(std::uint64_t{150'000});
    sizes->update(4.0);
  }
  waiting->set(7);
  rest::panel_writer to;
  REQUIRE(panel.show(to));
  CHECK(figure_of(to, "Rows without outputs") == Approx(10));
  CHECK(figure_of(to, "Rows in a batch, mean") == Approx(4));
  CHECK(figure_of(to, "Rows that wait") == 7);
  CHECK(figure_of(to, "Latency of models, median") == Approx(0.00015));
  const auto got = nlohmann::json::parse("{" + to.members() + "}")["tables"][0]["rows"];
  REQUIRE(got.size() == 2);
  CHECK(got[0][1] == "2");
  CHECK(got[0][2] == 40);
  CHECK(got[0][3] == 4);
  CHECK(got[1][2] == 0);
}

// Source: Prometheus' documentation of histogram_quantile: linear in a bucket, the greatest bound beyond it.
TEST_CASE("a quantile of buckets is linear in its bucket") {
  rest::detail::bucket_counts of;
  of.bounds = {1, 2, 4};
  of.counts = {0, 4, 4, 2};
  of.total = 10;
  CHECK(of.quantile(0.2) == Approx(1.5));
  CHECK(of.quantile(0.4) == Approx(2));
  CHECK(of.quantile(0.6) == Approx(3));
  CHECK(of.quantile(1) == Approx(4));
  CHECK(std::isnan(rest::detail::bucket_counts().quantile(0.5)));
  CHECK(std::isnan(rest::detail::bucket_counts().mean()));
  auto later = of;
  later.counts[0] += 3;
  later.total += 3;
  CHECK(later.since(of).counts == std::vector<std::uint64_t>{3, 0, 0, 0});
  CHECK(of.since(later).total == 10);  // the process was another one then
}
