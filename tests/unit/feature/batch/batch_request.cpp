#include <millrace/feature/batch/batch_request.hpp>

#include <support/catch.hpp>

#include <string>

namespace mf = millrace::feature;
namespace mr = millrace;

namespace {
std::string answer(const std::string& json) {
  const auto made = mf::run_batch_request(json);
  return made ? mf::to_json(*made) : std::string(mr::to_string(made.error().code())) + ": " + made.error().describe();
}
}  // namespace

TEST_CASE("batch requests: statistics") {
  CHECK(answer(R"({"operation": "statistics", "events": [{"value": 1}, {"value": 2}, {"value": 6}]})") ==
        R"({"operation":"statistics","events":3,"refused":0,"rows":[{"column":"value","count":3,"missing":0,"sum":9,)"
        R"("mean":3,"variance":7,"stddev":2.6457513110645907,"min":1,"max":6,"p50":1.9807201947471054,)"
        R"("p90":6,"p95":6,"p99":6}]})");
  const std::string two = answer(
      R"({"operation": "statistics", "value": ["cpu", "memory"], "group_by": "host",
          "events": [{"cpu": 1, "memory": 2, "host": "b"}, {"cpu": 3, "memory": 4, "host": "a"}]})");
  CHECK(two.find(R"({"group":{"host":"a"},"column":"cpu","count":1,)") <
        two.find(R"({"group":{"host":"a"},"column":"memory",)"));
  CHECK(two.find(R"({"group":{"host":"b"},"column":"memory","count":1,)") != std::string::npos);
}

TEST_CASE("batch requests: windows of time") {
  const std::string events = R"("events": [{"timestamp": "2024-12-07T06:13:00Z", "value": 100.0},
      {"timestamp": "2024-12-07T06:59:59.999Z", "value": 200.0}, {"timestamp": "2024-12-07T07:00:00Z", "value": 1},
      {"timestamp": null, "value": 7}])";
  const std::string found = answer(R"({"operation": "time_window_metrics", "window_minutes": 60, )" + events + "}");
  CHECK(found.find(R"({"operation":"time_window_metrics","events":4,"refused":1,"rows":[)"
                   R"({"window_begin":"2024-12-07T06:00:00.000000Z","window_end":"2024-12-07T07:00:00.000000Z",)"
                   R"("column":"value","count":2,"missing":0,"sum":300,"mean":150,)") == 0);
  CHECK(found == answer(R"({"operation": "time_window_metrics", )" + events + "}"));
  CHECK(answer(R"({"operation": "time_window_metrics", "time": "t", "window_minutes": 1,
                   "events": [{"t": 119.5, "value": 1}]})")
            .find(R"("window_begin":"1970-01-01T00:01:00.000000Z")") != std::string::npos);
}

TEST_CASE("batch requests: anomalies and joins") {
  std::string events;
  for (int i = 0; i < 30; ++i) events += "{\"value\": " + std::to_string(i % 2) + "}, ";
  events = "\"events\": [" + events + "{\"value\": 50}]";
  CHECK(answer(R"({"operation": "detect_anomalies", )" + events + "}").find(R"("rows":[{"row":30,"value":50,)") !=
        std::string::npos);
  CHECK(answer(R"({"operation": "detect_anomalies", "threshold_std": 6, )" + events + "}").find(R"("rows":[])") !=
        std::string::npos);
  const std::string sides = R"("left_events": [{"user": 7, "timestamp": 10, "page": "x"}],
                               "right_events": [{"user": 7, "timestamp": 14, "paid": 2}, {"user": 8, "timestamp": 10, "paid": 3}])";
  CHECK(answer(R"({"operation": "join_event_streams", "join_key": "user", )" + sides + "}") ==
        R"({"operation":"join_event_streams","events":3,"refused":0,"rows":[{"user":7,"timestamp":10,"page":"x",)"
        R"("right_timestamp":14,"right_paid":2}]})");
  CHECK(answer(R"({"operation": "join_event_streams", "join_key": "user", "within_seconds": 3, )" + sides + "}")
            .find(R"("rows":[])") != std::string::npos);
}

TEST_CASE("empty batches are no error") {
  CHECK(answer(R"({"operation": "statistics", "events": []})") ==
        R"({"operation":"statistics","events":0,"refused":0,"rows":[]})");
  CHECK(answer(R"({"operation": "detect_anomalies", "events": []})").find(R"("rows":[])") != std::string::npos);
  CHECK(answer(R"({"operation": "join_event_streams", "left_events": [], "right_events": [], "join_key": "k"})")
            .find(R"("rows":[])") != std::string::npos);
}

TEST_CASE("wrong batch requests are refused by name") {
  CHECK(answer("") == "invalid_data: batch request: is no JSON object");
  CHECK(answer("{}") ==
        "invalid_argument: batch request: \"\" is no operation; there are statistics, time_window_metrics, "
        "join_event_streams and detect_anomalies");
  CHECK(answer(R"({"operation": "statistics"})") == "invalid_argument: batch request: \"statistics\" needs \"events\"");
  CHECK(answer(R"({"operation": "statistics", "event": []})").find("\"event\" is unknown; there are operation") !=
        std::string::npos);
  CHECK(answer(R"({"operation": "statistics", "events": [{"value": 1}, {"value": "much"}]})") ==
        "type_mismatch: row 1, column \"value\": \"much\" is no number");
  CHECK(answer(R"({"operation": "statistics", "events": [{"x": 1}]})") ==
        "not_found: the batch has no column \"value\"");
  CHECK(answer(R"({"operation": "statistics", "events": {}})") ==
        "invalid_data: batch request, \"events\": JSON rows, byte 1: no array of objects");
  CHECK(answer(R"({"operation": "time_window_metrics", "events": [{"value": 1}]})") ==
        "not_found: the batch has no column \"timestamp\"");
  CHECK(answer(R"({"operation": "time_window_metrics", "events": [{"value": 1, "timestamp": "now"}]})") ==
        "type_mismatch: row 0, column \"timestamp\": \"now\" is no time");
  CHECK(answer(R"({"operation": "time_window_metrics", "window_minutes": 0, "events": []})") ==
        "invalid_argument: batch request: \"window_minutes\" is not above zero");
  CHECK(answer(R"({"operation": "detect_anomalies", "value": ["a", "b"], "events": []})") ==
        "invalid_argument: batch request: anomalies are found of one \"value\"");
  CHECK(answer(R"({"operation": "join_event_streams", "left_events": [], "right_events": []})") ==
        "invalid_argument: batch request: \"join_event_streams\" needs \"join_key\"");
  CHECK(answer(R"({"operation": "detect_anomalies", "threshold_std": -1, "events": [{"value": 1}]})")
            .find("invalid_argument") == 0);
}
