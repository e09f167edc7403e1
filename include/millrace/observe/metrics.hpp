#ifndef MILLRACE_OBSERVE_METRICS_HPP
#define MILLRACE_OBSERVE_METRICS_HPP

/// metrics: numbers that a running program keeps.
///
/// - `metrics_registry`: makes instruments, and snapshots of their values
/// - `counter`, `time_counter`, `gauge`, `histogram`, `timer`, `native_histogram`: the instruments
/// - `exemplar`: what an update was about, such as a trace
/// - `native_options`: how fine the buckets of a native histogram are, and how far they reach
/// - `label_set`: the labels that tell a metric's series apart
/// - `metrics_snapshot`: all values at one moment, from which exporters work

#include <millrace/observe/metrics/exemplar.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>
#include <millrace/observe/metrics/native_layout.hpp>

#endif  // MILLRACE_OBSERVE_METRICS_HPP
