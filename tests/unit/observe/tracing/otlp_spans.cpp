#include <millrace/observe/tracing/otlp_spans.hpp>

#include <millrace/core/json_check.hpp>
#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

// The shape is that of opentelemetry-proto's examples/trace.json; that the names and types are those of trace.proto was
// checked by google.protobuf's json_format, which refuses unknown ones.
TEST_CASE("otlp_spans: a span as JSON") {
  span_record one;
  one.context = {{0x5b8efff798038103, 0xd269b633813fc60c}, {0xeee19b7ec3c1b174}, 3};
  one.parent = {0xeee19b7ec3c1b173};
  one.remote_parent = true;
  one.trace_state = "rojo=1";
  one.name = "I'm a server span";
  one.kind = span_kind::server;
  one.start = 1'544'712'660'000'000'000;
  one.end = 1'544'712'661'000'000'000;
  one.attributes = {{"my.span.attr", "some value"}, {"rows", 32}, {"ratio", 0.5}, {"cached", true}};
  one.events = {{"miss", 1'544'712'660'500'000'000, {{"key", "k"}}}};
  one.links = {{{{1, 2}, {3}, 1}, {}}};
  one.status = span_status::error;
  one.message = "late";
  one.dropped_links = 2;
  CHECK(to_otlp(std::vector<span_record>{one}, {{{"service.name", "my.service"}}, "my.library", "1.0.0"}) ==
        R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},)"
        R"("scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0"},"spans":[{)"
        R"("traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","traceState":"rojo=1",)"
        R"("parentSpanId":"eee19b7ec3c1b173","flags":771,"name":"I'm a server span","kind":2,)"
        R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000",)"
        R"("attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}},)"
        R"({"key":"rows","value":{"intValue":"32"}},{"key":"ratio","value":{"doubleValue":0.5}},)"
        R"({"key":"cached","value":{"boolValue":true}}],)"
        R"("events":[{"timeUnixNano":"1544712660500000000","name":"miss",)"
        R"("attributes":[{"key":"key","value":{"stringValue":"k"}}]}],)"
        R"("links":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000003","attributes":[],)"
        R"("flags":1}],"droppedLinksCount":2,"status":{"code":2,"message":"late"}}]}]}]})");
}

TEST_CASE("otlp_spans: hostile texts leave JSON whole, and no spans are a message, too") {
  span_record one;
  one.name = "a\"b\\c\nd\xff";
  one.attributes = {{"\x01\xfe", "\"}]"}, {"x", -1e308 * 10}};
  const std::string text = to_otlp(std::vector<span_record>{one, one}, {{{"\"", "\\"}}, "\n", ""});
  CHECK(mr::is_json(text));
  CHECK(mr::is_json(to_otlp(std::vector<span_record>())));
}
