#ifndef MILLRACE_OBSERVE_METRICS_HPP
#define MILLRACE_OBSERVE_METRICS_HPP

/// metrics: numbers that a running program keeps.
///
/// - `metrics_registry`: makes instruments, and snapshots of their values
/// - `counter`, `gauge`, `histogram`, `timer`: the instruments
/// - `label_set`: the labels that tell a metric's series apart
/// - `metrics_snapshot`: all values at one moment, from which exporters work

#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/label_set.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/observe/metrics/metrics_snapshot.hpp>

#endif  // MILLRACE_OBSERVE_METRICS_HPP
