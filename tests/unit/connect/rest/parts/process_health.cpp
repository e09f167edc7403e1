#include <millrace/connect/rest/parts/process_health.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/observe/health.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

TEST_CASE("who runs a process asks for its health and its metrics without a token") {
  mo::health_monitor monitor;
  bool is_well = true;
  REQUIRE(monitor.add(mo::function_check("queue",
                                         [&]() -> mr::result<void> {
                                           if (is_well) return {};
                                           return mr::error(mr::errc::unavailable, "full");
                                         }),
                      {.timeout = mr::duration(0), .max_age = mr::duration(0)}));
  mo::metrics_registry metrics;
  const auto count = metrics.counter({"seen", "What was seen.", {}, false});
  count->add(7);
  rest::api_options options;
  options.users.push_back({"ada", ms::secret<std::string>(std::string("t"))});
  const rest::api api(std::move(options), rest::process_health(monitor), rest::metrics_page(metrics));
  for (const char* path : {"/health", "/live", "/ready"}) {
    const auto got = ask(api, "GET", path);
    CHECK(got.status() == 200);
    CHECK(got.header("Content-Type") == "application/health+json");
    CHECK(got.json["status"] == "pass");
  }
  is_well = false;
  const auto unready = ask(api, "GET", "/ready");
  CHECK(unready.status() == 503);
  CHECK(unready.json["checks"]["queue"][0]["output"].get<std::string>().find("full") != std::string::npos);
  CHECK(ask(api, "GET", "/live").status() == 200);
  const auto page = ask(api, "GET", "/metrics");
  CHECK(page.header("Content-Type").find("text/plain") == 0);
  CHECK(page.response.body.find("seen_total 7\n") != std::string::npos);
  CHECK(ask(api, "GET", "/metrics", {}, {{"Accept", "application/openmetrics-text; version=1.0.0"}})
            .response.body.find("# EOF\n") != std::string::npos);
  const auto described = ask(api, "GET", "/openapi.json").json["paths"];
  CHECK(described["/ready"]["get"]["responses"]["503"]["content"].contains("application/health+json"));
  CHECK(described["/metrics"]["get"]["responses"]["200"]["content"].size() == 3);
  CHECK_FALSE(described["/ready"]["get"].contains("security"));
}
