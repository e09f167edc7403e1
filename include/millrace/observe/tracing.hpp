#ifndef MILLRACE_OBSERVE_TRACING_HPP
#define MILLRACE_OBSERVE_TRACING_HPP

/// tracing: where the time of one request went, in this process and in the others that it came to.
///
/// - `basic_tracer`: makes spans and keeps those that ended until they are fetched
/// - `span`: one step of a trace; ends with its scope. `span_scope`: makes it the parent of spans that begin meanwhile
/// - `sample_all`, `sample_none`, `sample_ratio`, `parent_based`: which traces are recorded
/// - `span_context`, `trace_state`: what is sent to other processes, as W3C's headers `traceparent` and `tracestate`
/// - `to_otlp`: spans in OpenTelemetry's format
///
/// `mr::tracing` (middleware) makes spans of a chain's runs and events, `infer::traced` of a batcher's requests.

#include <millrace/observe/tracing/otlp_spans.hpp>
#include <millrace/observe/tracing/sampler.hpp>
#include <millrace/observe/tracing/span.hpp>
#include <millrace/observe/tracing/span_context.hpp>
#include <millrace/observe/tracing/span_record.hpp>
#include <millrace/observe/tracing/trace_state.hpp>
#include <millrace/observe/tracing/tracer.hpp>

#endif  // MILLRACE_OBSERVE_TRACING_HPP
