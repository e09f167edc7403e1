#ifndef MILLRACE_OBSERVE_DASHBOARDS_HPP
#define MILLRACE_OBSERVE_DASHBOARDS_HPP

/// dashboards: what people look at, and what wakes them, made from the metrics that a registry has.
///
/// - `metric_row`, `alert_row`: a line of the table that says which panel shows a metric, and when an alert is due
/// - `standard_metrics`, `standard_alerts`: the table of this library's own metrics; a program's own rows go beside
/// them
/// - `grafana_dashboard`: a dashboard as JSON, which Grafana imports
/// - `prometheus_alerts`: alert rules as YAML, which a Prometheus server loads and `promtool check rules` accepts
/// - `alert_rules`, `left_out_alert`, `alert_options`: what it returns, which alerts lack a metric, and what it is
/// asked
///
/// Both take the names of metrics and labels from a snapshot, so they never ask for what the program does not export.

#include <millrace/observe/dashboards/alert_rules.hpp>
#include <millrace/observe/dashboards/grafana.hpp>
#include <millrace/observe/dashboards/metric_table.hpp>

#endif  // MILLRACE_OBSERVE_DASHBOARDS_HPP
