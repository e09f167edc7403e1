#ifndef MILLRACE_OBSERVE_HPP
#define MILLRACE_OBSERVE_HPP

/// observe: what a running program shows of itself.
///
/// - `metrics_registry` makes `counter`, `gauge`, `histogram`, `timer`: handles whose update takes about a nanosecond;
///   threads that update the same one do not slow each other down, gauges apart
/// - `metrics_snapshot`: all values at one moment, from which every exporter works
/// - `to_prometheus`, `to_openmetrics`, `to_json`, `to_otlp` and others: exporters that return text or bytes;
///   `statsd_writer` sends to a StatsD server through `udp_sender`
/// - `exemplar`: the trace that an update happened in, `native_histogram`: quantiles without bounds chosen beforehand
/// - `stderr_diagnostics`, `diagnostics_file`, `diagnostics_fan_out`, `repeat_limiter`: where the library's parts tell
///   what goes wrong, if the program says so
/// - rooms that are included by name: tracing.hpp (spans), dashboards.hpp (Grafana, alert rules), and those that its
///   folder has besides
///
/// Rooms that are included by name: `observe/events.hpp` (event emitter, hooks), `observe/health.hpp` (health checks,
/// components, what the process uses), `observe/audit.hpp`, `observe/tracing.hpp`.
///
/// `mr::store::write_file(path, mr::observe::to_prometheus(registry.snapshot()))` writes a page to a file.
/// Standard library and POSIX alone.

#include <millrace/observe/attribute.hpp>
#include <millrace/observe/diagnostics.hpp>
#include <millrace/observe/export.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/observe/metrics.hpp>
#include <millrace/observe/trace_id.hpp>

#endif  // MILLRACE_OBSERVE_HPP
