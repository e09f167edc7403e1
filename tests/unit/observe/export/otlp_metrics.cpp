#include <millrace/observe/export/otlp_metrics.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>
#include <support/observe_registry.hpp>

#include <string>

namespace mr = millrace;

namespace {

/// The message with its times as T.
std::string without_times(std::string text) {
  for (std::string name : {"startTimeUnixNano", "timeUnixNano"})
    for (std::size_t at = 0; (at = text.find("\"" + name + "\":\"", at)) != text.npos;) {
      at += name.size() + 4;
      text.replace(at, text.find('"', at) - at, "T");
    }
  return text;
}

}  // namespace

// The shape is that of opentelemetry-proto's examples/metrics.json; that the names and types are those of metrics.proto
// was checked by google.protobuf's json_format, which refuses unknown ones.
TEST_CASE("otlp_metrics: each instrument as JSON") {
  mr::observe::metrics_registry registry;
  registry.counter({"rows_total", "Rows."}, {{"split", "train"}})
      .value()
      .add(9007199254740993, mr::observe::exemplar({1, 2}, {3}));
  registry.gauge({"loss", ""}).value().set(0.25);
  registry.histogram({"size", "."}, {1, 2.5}).value().update(2);
  const auto timed = registry.timer({"step_seconds", "."}, {0.001, 1}).value();
  timed.update(mr::seconds(0.5), mr::observe::exemplar::make({}, {}, {{"k", "v"}}).value());
  const auto native = registry.native_histogram({"sent_bytes", ".", "bytes"}, {.schema = 0, .least = 1}).value();
  for (const double x : {0.0, 3.0, 4.0, 20.0}) native.update(x);
  CHECK(without_times(to_otlp(registry.snapshot(), {{{"service.name", "s"}}, "lib", "1"})) ==
        R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},)"
        R"("scopeMetrics":[{"scope":{"name":"lib","version":"1"},"metrics":[)"
        R"({"name":"rows","description":"Rows.","unit":"","sum":{"aggregationTemporality":2,"isMonotonic":true,)"
        R"("dataPoints":[{"attributes":[{"key":"split","value":{"stringValue":"train"}}],"startTimeUnixNano":"T",)"
        R"("timeUnixNano":"T","asInt":"9007199254740993","exemplars":[{"timeUnixNano":"T","asInt":"9007199254740992",)"
        R"("traceId":"00000000000000010000000000000002","spanId":"0000000000000003","filteredAttributes":[]}]}]}},)"
        R"({"name":"loss","description":"","unit":"","gauge":{"dataPoints":[{"attributes":[],)"
        R"("startTimeUnixNano":"T","timeUnixNano":"T","asDouble":0.25}]}},)"
        R"({"name":"size","description":".","unit":"","histogram":{"aggregationTemporality":2,"dataPoints":[)"
        R"({"attributes":[],"startTimeUnixNano":"T","timeUnixNano":"T","count":"1","sum":2,)"
        R"("bucketCounts":["0","1","0"],"explicitBounds":[1,2.5]}]}},)"
        R"({"name":"step_seconds","description":".","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[)"
        R"({"attributes":[],"startTimeUnixNano":"T","timeUnixNano":"T","count":"1","sum":0.5,"min":0.5,"max":0.5,)"
        R"("bucketCounts":["0","1","0"],"explicitBounds":[0.001,1],"exemplars":[{"timeUnixNano":"T","asDouble":0.5,)"
        R"("filteredAttributes":[{"key":"k","value":{"stringValue":"v"}}]}]}]}},)"
        R"({"name":"sent_bytes","description":".","unit":"By","exponentialHistogram":{"aggregationTemporality":2,)"
        R"("dataPoints":[{"attributes":[],"startTimeUnixNano":"T","timeUnixNano":"T","count":"4","sum":27,"scale":0,)"
        R"("zeroCount":"1","zeroThreshold":1,"positive":{"offset":1,"bucketCounts":["2","0","0","1"]},)"
        R"("negative":{"offset":0,"bucketCounts":[]}}]}}]}]}]})");
}

TEST_CASE("otlp_metrics: what was counted since an earlier snapshot") {
  mr::observe::metrics_registry registry;
  const auto rows = registry.counter({"rows_total", "."}).value();
  const auto timed = registry.timer({"step_seconds", "."}, {0.001, 1}).value();
  const auto native = registry.native_histogram({"size", "."}, {.schema = 0, .least = 1}).value();
  rows.add(5, mr::observe::exemplar({1, 1}));
  timed.update(mr::seconds(0.5));
  native.update(3);
  const auto before = registry.snapshot();
  rows.add(2);
  timed.update(mr::seconds(0.25));
  native.update(17);
  registry.counter({"late_total", "."}).value().add(1);
  const auto now = registry.snapshot();
  std::string text;
  REQUIRE(append_otlp(text, now, before));
  CHECK(mr::is_json(text));
  CHECK(text.find(R"("asInt":"2"})") != text.npos);
  CHECK(text.find(R"("asInt":"1"})") != text.npos);  // of the counter that was not there before
  CHECK(text.find(R"("count":"1","sum":0.25,"bucketCounts":["0","1","0"])") != text.npos);
  CHECK(text.find(R"("positive":{"offset":4,"bucketCounts":["1"]})") != text.npos);
  CHECK(text.find(R"("aggregationTemporality":2)") == text.npos);
  CHECK(text.find("exemplars") == text.npos);  // it was given before
  CHECK(append_otlp(text, before, now).error().code() == mr::errc::invalid_argument);
  CHECK(append_otlp(text, now, mr::observe::metrics_registry().snapshot()).error().code() ==
        mr::errc::invalid_argument);
}

TEST_CASE("otlp_metrics: everything that has tripped an exporter is JSON") {
  mr::observe::metrics_registry registry;
  support::fill_with_trouble(registry);
  const std::string text = to_otlp(registry.snapshot());
  CHECK(mr::is_json(text));
  CHECK(text.find(R"("asDouble":"NaN")") != text.npos);
  CHECK(text.find(R"("asDouble":"-Infinity")") != text.npos);
  CHECK(mr::is_json(to_otlp(mr::observe::metrics_registry().snapshot())));
}

TEST_CASE("otlp_metrics: counts beyond a signed number, and a clock that was set to 1970, stay within their types") {
  mr::observe::metrics_registry registry;
  const auto counter = registry.counter({"rows_total", ""}).value();
  counter.add((std::uint64_t{1} << 63) - 1);
  auto before = registry.snapshot();
  CHECK(to_otlp(before).find(R"("asInt":"9223372036854775807")") != std::string::npos);
  counter.add((std::uint64_t{1} << 63) + 1, mr::observe::exemplar({1, 2}, {3}));  // wraps to 0
  counter.add(std::uint64_t{1} << 63);
  auto now = registry.snapshot();
  now.unix_nanoseconds = before.unix_nanoseconds = 1;
  now.uptime_nanoseconds += 100;
  for (const bool delta : {false, true}) {
    std::string text = delta ? "" : to_otlp(now);
    if (delta) REQUIRE(append_otlp(text, now, before));
    INFO(text);
    CHECK(mr::is_json(text));
    CHECK(text.find(R"("startTimeUnixNano":"0","timeUnixNano":"1")") != std::string::npos);
    CHECK(text.find(delta ? R"("asInt":"1")" : R"("asDouble":9223372036854775808)") != std::string::npos);
    CHECK(text.find(R"("asDouble":9223372036854775808,"traceId")") != std::string::npos);
  }
}
