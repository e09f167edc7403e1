#include <millrace/connect/rest/parts/batches.hpp>

#include <millrace/connect/rest/api.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>
#include <string_view>

namespace mr = millrace;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

namespace {

struct broken_cluster {
  mr::result<mr::feature::batch_answer> run(std::string_view) const {
    return mr::error(mr::errc::io, "node 7 is gone");
  }
  static std::string_view mode() { return "cluster"; }
};

}  // namespace

TEST_CASE("batches of events are processed, and counted") {
  const rest::api api({}, rest::batches());
  const auto post = [&](const char* body) { return ask(api, "POST", "/pipeline/spark/process", body); };
  CHECK(ask(api, "GET", "/pipeline/spark/status").response.body ==
        R"({"status":"active_fallback_mode","mode":"local","events_processed":0})");
  const auto windows = post(R"({"operation":"time_window_metrics","window_minutes":60,"events":[)"
                            R"({"timestamp":"2024-12-07T06:13:00Z","value":100},)"
                            R"({"timestamp":"2024-12-07T06:20:00Z","value":200},)"
                            R"({"timestamp":"2024-12-07T07:20:00Z","value":5}]})");
  CHECK(windows.status() == 200);
  CHECK(windows.json["rows"].size() == 2);
  const auto statistics = post(R"({"operation":"statistics","events":[{"value":1},{"value":3}]})");
  CHECK(statistics.json["rows"][0]["mean"] == 2.0);
  const auto joined = post(R"({"operation":"join_event_streams","left_events":[{"user":"a","x":1}],)"
                           R"("right_events":[{"user":"a","y":2}],"join_key":"user"})");
  CHECK(joined.json["rows"].size() == 1);
  CHECK(ask(api, "GET", "/pipeline/spark/status").json["events_processed"] == 7);
  for (const char* body : {R"({"operation":"drop"})", R"({"operation":"statistics"})",
                           R"({"operation":"statistics","events":[{"value":"x"}]})",
                           R"({"operation":"join_event_streams","left_events":[],"right_events":[]})",
                           R"({"operation":"statistics","events":[{"value":1}],"value":7})",
                           R"({"operation":"statistics","events":[{"value":1}],"windows":7})"}) {
    INFO(body);
    CHECK(post(body).status() == 422);
  }
}

TEST_CASE("another engine of batches says where it is, and its failures are no fault of who asks") {
  const rest::api api({}, rest::batches(broken_cluster()));
  CHECK(ask(api, "GET", "/pipeline/spark/status").json["status"] == "active");
  const auto failed = ask(api, "POST", "/pipeline/spark/process", R"({"operation":"statistics"})");
  CHECK(failed.status() == 500);
  CHECK(failed.response.body.find("node 7") == std::string::npos);
}
