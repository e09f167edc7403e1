#ifndef MILLRACE_OBSERVE_HEALTH_HPP
#define MILLRACE_OBSERVE_HEALTH_HPP

/// health: whether a process works and can be given work, what it consists of, and what it uses. observe.hpp leaves
/// this room out.
///
/// - `health_monitor` runs checks, each with a timeout, and reports for liveness and readiness; `health_report` is JSON
///   and an HTTP status
/// - `disk_check`, `memory_check`, `storage_check`, `component_check`, `function_check`: the checks, and
/// `health_check`:
///   what one of your own has
/// - `component_group` starts components in order and stops them in reverse; `function_component` makes one of
/// functions
/// - `process_collector` shows in metrics what a process uses; `read_memory_usage`: what it uses of the limit of its
///   control group or machine

#include <millrace/observe/health/component.hpp>
#include <millrace/observe/health/disk_check.hpp>
#include <millrace/observe/health/health_monitor.hpp>
#include <millrace/observe/health/health_report.hpp>
#include <millrace/observe/health/health_result.hpp>
#include <millrace/observe/health/memory_check.hpp>
#include <millrace/observe/health/memory_usage.hpp>
#include <millrace/observe/health/process_collector.hpp>
#include <millrace/observe/health/storage_check.hpp>

#endif  // MILLRACE_OBSERVE_HEALTH_HPP
