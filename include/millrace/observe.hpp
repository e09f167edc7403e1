#ifndef MILLRACE_OBSERVE_HPP
#define MILLRACE_OBSERVE_HPP

/// observe: what a running program tells about itself.
///
/// - `metrics_registry` makes `counter`, `gauge`, `histogram`, `timer`: handles that cost a nanosecond
///   and do not slow each other across threads
/// - `metrics_snapshot`: all values at one moment; every exporter is written from it
/// - `to_prometheus`, `to_openmetrics`, `to_json`, `statsd_writer` with `udp_sender`
///
/// A page becomes a file by `mr::store::write_file(path, mr::observe::to_prometheus(registry.snapshot()))`.
/// Standard library and POSIX alone.

#include <millrace/observe/fwd.hpp>
#include <millrace/observe/instruments.hpp>
#include <millrace/observe/json_export.hpp>
#include <millrace/observe/label_set.hpp>
#include <millrace/observe/metrics.hpp>
#include <millrace/observe/metrics_snapshot.hpp>
#include <millrace/observe/openmetrics.hpp>
#include <millrace/observe/prometheus.hpp>
#include <millrace/observe/statsd.hpp>
#include <millrace/observe/udp_sender.hpp>

#endif  // MILLRACE_OBSERVE_HPP
