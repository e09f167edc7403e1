#include "production.hpp"

#include "../stop.hpp"

#include <millrace/observe/dashboards/alert_rules.hpp>
#include <millrace/observe/dashboards/grafana.hpp>
#include <millrace/observe/export/json_export.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/observe/health/disk_check.hpp>
#include <millrace/observe/health/health_monitor.hpp>
#include <millrace/observe/health/memory_check.hpp>
#include <millrace/observe/health/process_collector.hpp>

namespace lifecycle {

production::production(std::string audit_path, metadata about)
    : audit_(or_stop(mr::audit_log<>::open(std::move(audit_path), {.metadata = std::move(about), .on_loss = nullptr}),
                     exit_code::no_output)) {}

void production::tell(const holdout_findings& found) {
  if (found.binary) tell(*found.binary);
  if (found.classes) {
    show("log_loss", found.classes->log_loss);
    show("accuracy", found.classes->confusion.accuracy());
    show("macro_f1", found.classes->confusion.macro_f1());
  }
  if (found.number) {
    show("rmse", found.number->rmse);
    show("mae", found.number->mae);
    show("r2", found.number->r2);
  }
}

mr::observe::health_report production::examine(const std::string& folder, const run_trail& trail) {
  mr::observe::health_monitor<> monitor;
  const auto add = [&](auto check, bool critical) {
    or_stop(monitor.add(std::move(check), {.is_critical = critical}), exit_code::internal);
  };
  add(mr::observe::disk_check("disk", folder), false);
  add(mr::observe::memory_check("memory"), false);
  add(mr::observe::function_check("audit_log", [&] { return audit_.status(); }), true);
  add(mr::observe::function_check("audit_trail", [&] { return trail.status(); }), true);
  or_stop(monitor.expose(registry_), exit_code::internal);
  or_stop(mr::observe::process_collector::make(registry_), exit_code::internal);
  return monitor.report();
}

void production::close() { or_stop(audit_.close(), exit_code::no_output); }

std::string production::prometheus() const { return mr::observe::to_prometheus(registry_.snapshot()); }
std::string production::json() const { return mr::observe::to_json(registry_.snapshot()); }
std::string production::dashboard() const {
  return mr::observe::grafana_dashboard(registry_.snapshot(), {.title = "Lifecycle of a model", .uid = "lifecycle"});
}
std::string production::alerts() const {
  return or_stop(mr::observe::prometheus_alerts(registry_.snapshot()), exit_code::internal).yaml;
}

void production::show(std::string_view figure, double value) {
  or_stop(registry_.gauge({"lifecycle_holdout", "How the model did on the holdout."}, {{"figure", figure}}),
          exit_code::internal)
      .set(value);
}

void production::tell(const judgement& holdout) {
  show("auc", holdout.auc);
  show("average_precision", holdout.average_precision);
  show("log_loss", holdout.log_loss);
  show("brier", holdout.brier);
  show("calibration_error", holdout.calibration_error);
  show("accuracy", holdout.confusion.accuracy());
  show("precision", holdout.confusion.precision());
  show("recall", holdout.confusion.recall());
  show("f1", holdout.confusion.f1());
}

}  // namespace lifecycle
