#ifndef MILLRACE_OBSERVE_TRACING_SPAN_RECORD_HPP
#define MILLRACE_OBSERVE_TRACING_SPAN_RECORD_HPP

#include <millrace/observe/attribute.hpp>
#include <millrace/observe/tracing/span_context.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What part a span plays: a step within the process, or one side of a call or a message between two. The numbers are
/// OTLP's.
enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

/// How a span's work ended. The numbers are OTLP's.
enum class span_status : std::uint8_t { unset = 0, ok = 1, error = 2 };

/// Something that happened at a moment within a span.
struct span_event {
  std::string name;
  std::uint64_t unix_nanoseconds = 0;
  std::vector<attribute> attributes;
};

/// Another span, often of another trace, that a span has to do with: of a batch, say, those of its requests.
struct span_link {
  span_context to;
  std::vector<attribute> attributes;
};

/// A span that ended: what exporters are given.
struct span_record {
  span_context context;
  span_id parent;              // zero for the first span of a trace
  bool remote_parent = false;  // whether the parent is another process's
  std::string trace_state;     // the header `tracestate`
  std::string name;
  span_kind kind = span_kind::internal;
  span_status status = span_status::unset;
  std::string message;      // of an error
  std::uint64_t start = 0;  // nanoseconds since 1970
  std::uint64_t end = 0;
  std::vector<attribute> attributes;
  std::vector<span_event> events;
  std::vector<span_link> links;
  // What was beyond the tracer's limits.
  std::uint32_t dropped_attributes = 0;
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACING_SPAN_RECORD_HPP
