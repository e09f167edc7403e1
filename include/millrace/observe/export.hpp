#ifndef MILLRACE_OBSERVE_EXPORT_HPP
#define MILLRACE_OBSERVE_EXPORT_HPP

/// export: a snapshot of metrics in other programs' formats.
///
/// - `to_prometheus`, `to_openmetrics`, `to_prometheus_protobuf`: pages that a Prometheus server scrapes, and
///   `negotiate`, which chooses among them by what the server asks for
/// - `to_json`: one JSON object; `to_otlp`: OpenTelemetry's JSON, for whoever has an HTTP client
/// - `emf_writer`: what changed since the last time, in CloudWatch's embedded metric format
/// - `statsd_writer`: what changed since the last time, for a StatsD server; `udp_sender` sends it

#include <millrace/observe/export/emf.hpp>
#include <millrace/observe/export/json_export.hpp>
#include <millrace/observe/export/negotiate.hpp>
#include <millrace/observe/export/openmetrics.hpp>
#include <millrace/observe/export/otlp_metrics.hpp>
#include <millrace/observe/export/otlp_source.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/export/prometheus_protobuf.hpp>
#include <millrace/observe/export/statsd.hpp>
#include <millrace/observe/export/udp_sender.hpp>

#endif  // MILLRACE_OBSERVE_EXPORT_HPP
