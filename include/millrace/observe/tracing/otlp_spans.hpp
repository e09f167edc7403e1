#ifndef MILLRACE_OBSERVE_TRACING_OTLP_SPANS_HPP
#define MILLRACE_OBSERVE_TRACING_OTLP_SPANS_HPP

#include <millrace/observe/export/otlp_source.hpp>
#include <millrace/observe/tracing/span_record.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace observe {

namespace detail {

template <class = void>
void put_span_link(otlp_json& to, const span_link& one) {
  to.json().begin_object();
  to.id("traceId", one.to.trace).id("spanId", one.to.span);
  to.put_attributes(one.attributes);
  to.json().member("flags", std::uint32_t{one.to.flags}).end_object();
}

template <class = void>
void put_span(otlp_json& to, const span_record& one) {
  // Bits 8 and 9 of the flags: it is known, and then whether, the parent is another process's.
  constexpr std::uint32_t knows_remote = 0x100;
  constexpr std::uint32_t is_remote = 0x200;
  json_writer& json = to.json();
  json.begin_object();
  to.id("traceId", one.context.trace).id("spanId", one.context.span);
  if (!one.trace_state.empty()) json.member("traceState", std::string_view(one.trace_state));
  if (one.parent) to.id("parentSpanId", one.parent);
  json.member("flags", std::uint32_t{one.context.flags} | knows_remote | (one.remote_parent ? is_remote : 0));
  json.member("name", std::string_view(one.name)).member("kind", static_cast<unsigned>(one.kind));
  to.whole("startTimeUnixNano", one.start).whole("endTimeUnixNano", one.end);
  to.put_attributes(one.attributes);
  if (one.dropped_attributes != 0) json.member("droppedAttributesCount", one.dropped_attributes);
  json.key("events").begin_array();
  for (const span_event& each : one.events) {
    json.begin_object();
    to.whole("timeUnixNano", each.unix_nanoseconds);
    json.member("name", std::string_view(each.name));
    to.put_attributes(each.attributes);
    json.end_object();
  }
  json.end_array();
  if (one.dropped_events != 0) json.member("droppedEventsCount", one.dropped_events);
  json.key("links").begin_array();
  for (const span_link& each : one.links) put_span_link(to, each);
  json.end_array();
  if (one.dropped_links != 0) json.member("droppedLinksCount", one.dropped_links);
  json.key("status").begin_object();
  if (one.status != span_status::unset) json.member("code", static_cast<unsigned>(one.status));
  if (!one.message.empty()) json.member("message", std::string_view(one.message));
  json.end_object().end_object();
}

}  // namespace detail

/// Appends spans as OTLP's JSON: the body of an HTTP request to a collector's `otlp_traces_path`. Whoever has a client
/// sends it; nothing here does.
/// Source: opentelemetry-proto v1, trace.proto and examples/trace.json.
template <class = void>
void append_otlp(std::string& out, std::span<const span_record> spans, const otlp_source& source = {}) {
  detail::otlp_json to(out);
  to.message(source, "resourceSpans", "scopeSpans", "spans", [&] {
    for (const span_record& each : spans) detail::put_span(to, each);
  });
}

/// Returns spans as OTLP's JSON: see `append_otlp`.
template <class = void>
std::string to_otlp(std::span<const span_record> spans, const otlp_source& source = {}) {
  std::string text;
  append_otlp(text, spans, source);
  return text;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACING_OTLP_SPANS_HPP
