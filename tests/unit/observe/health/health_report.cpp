#include <millrace/observe/health/health_report.hpp>

#include <millrace/core/json_check.hpp>
#include <support/catch.hpp>

#include <limits>
#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;
using mo::health_status;

TEST_CASE("a report is JSON in the shape of the draft on health, with an HTTP status") {
  mo::health_report report;
  report.status = health_status::degraded;
  report.probe = mo::health_probe::readiness;
  report.unix_nanoseconds = 1'737'469'822'123'456'000U;  // 2025-01-21T14:30:22.123456Z
  report.checks = {
      {"disk",
       {health_status::degraded, "2 % of \"/data\" are free", {{"free", 1.5e9, "bytes"}, {"used", 0.98}}},
       true,
       false,
       mr::duration(1'000'000),
       mr::duration(500'000'000)},
      {"queue", {health_status::unhealthy, "no result within 100 ms"}, false, true, mr::duration(250'000'000)},
      {"plain", {}},
  };
  CHECK(report.http_status() == 200);
  CHECK(
      to_json(report) ==
      R"({"status":"warn","description":"readiness","checks":{"disk:free":[{"observedValue":1.5e+09,)"
      R"("observedUnit":"bytes","status":"warn","time":"2025-01-21T14:30:21.623456Z","output":"2 % of \"/data\" are free",)"
      R"("critical":true,"tookSeconds":0.001,"ageSeconds":0.5}],"disk:used":[{"observedValue":0.98,"status":"warn",)"
      R"("time":"2025-01-21T14:30:21.623456Z","output":"2 % of \"/data\" are free","critical":true,"tookSeconds":0.001,)"
      R"("ageSeconds":0.5}],"queue":[{"status":"fail","time":"2025-01-21T14:30:22.123456Z","output":)"
      R"("no result within 100 ms","critical":false,"late":true,"tookSeconds":0.25,"ageSeconds":0}],"plain":[{"status":"pass",)"
      R"("time":"2025-01-21T14:30:22.123456Z","critical":true,"tookSeconds":0,"ageSeconds":0}]}})");
  report.status = health_status::unhealthy;
  CHECK(report.http_status() == 503);
  CHECK(report.find("queue") == &report.checks[1]);
  CHECK(report.find("none") == nullptr);
}

TEST_CASE("whatever a check says, its report is JSON, and a key stands once") {
  mo::health_report report;
  report.checks = {{"odd",
                    {health_status::unhealthy,
                     std::string("\0\xff\"\\\n", 5),
                     {{"a", std::numeric_limits<double>::quiet_NaN()},
                      {"b", std::numeric_limits<double>::infinity(), "\xc3("},
                      {"a", -1}}},
                    true,
                    false,
                    {},
                    mr::duration(std::numeric_limits<std::int64_t>::max())}};
  const std::string text = to_json(report);
  INFO(text);
  CHECK(mr::is_json_object(text));
  const auto first = text.find("\"odd:a\":[");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("\"odd:a\":[", first + 1) == std::string::npos);
  CHECK(text.find("-1") != std::string::npos);
  CHECK(mr::is_json_object(to_json(mo::health_report{})));
}

TEST_CASE("probes have names") {
  CHECK(to_string(mo::health_probe::all) == "all");
  CHECK(to_string(mo::health_probe::liveness) == "liveness");
  CHECK(to_string(mo::health_probe::readiness) == "readiness");
}
