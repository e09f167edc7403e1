#include <millrace/connect/rest/parts/watched_requests.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/connect/rest/parts/predictions.hpp>
#include <millrace/observe/export.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>
#include <thread>
#include <vector>

namespace mo = millrace::observe;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

TEST_CASE("requests are counted by their route, whatever their path says") {
  mo::metrics_registry metrics;
  rest::served_models models;
  const rest::api api({}, rest::predictions(models), rest::watched_requests(metrics));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        ask(api, "GET", "/pipeline/ml/models");
        ask(api, "POST", "/pipeline/ml/predict", "{}");
        ask(api, "GET", "/none/" + std::to_string(k));
      }
    });
  for (std::thread& each : threads) each.join();
  const std::string page = mo::to_prometheus(metrics.snapshot());
  const auto has = [&](const char* line) { return page.find(line) != std::string::npos; };
  CHECK(has("millrace_http_requests_total{method=\"GET\",route=\"/pipeline/ml/models\",status=\"2xx\"} 200\n"));
  CHECK(has("millrace_http_requests_total{method=\"POST\",route=\"/pipeline/ml/predict\",status=\"4xx\"} 200\n"));
  CHECK(has("millrace_http_requests_total{method=\"none\",route=\"none\",status=\"4xx\"} 200\n"));
  CHECK(has("millrace_http_request_seconds_count{method=\"GET\",route=\"/pipeline/ml/models\"} 200\n"));
}
