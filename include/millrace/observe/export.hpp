#ifndef MILLRACE_OBSERVE_EXPORT_HPP
#define MILLRACE_OBSERVE_EXPORT_HPP

/// export: a snapshot of metrics in other programs' formats.
///
/// - `to_prometheus`, `to_openmetrics`, `to_prometheus_protobuf`: pages that a Prometheus server scrapes, and
///   `negotiate`, which chooses among them by what the server asks for
/// - `to_json`: one JSON object
/// - `statsd_writer`: what changed since the last time, for a StatsD server; `udp_sender` sends it

#include <millrace/observe/export/json_export.hpp>
#include <millrace/observe/export/negotiate.hpp>
#include <millrace/observe/export/openmetrics.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/export/prometheus_protobuf.hpp>
#include <millrace/observe/export/statsd.hpp>
#include <millrace/observe/export/udp_sender.hpp>

#endif  // MILLRACE_OBSERVE_EXPORT_HPP
