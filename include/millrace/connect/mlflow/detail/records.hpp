#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_RECORDS_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_RECORDS_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/track/logged_model.hpp>
#include <millrace/track/records.hpp>

#include <string>
#include <string_view>
#include <vector>

// What a tracker has, as the messages of MLflow's API: Experiment, Run and Metric of its service.proto. As there,
// members without a value are left out, integers are numbers and enums are names.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

inline void put_pairs(json_writer& out, std::string_view name, const std::vector<track::key_value>& pairs) {
  if (pairs.empty()) return;
  out.key(name).begin_array();
  for (const track::key_value& each : pairs)
    out.begin_object().member("key", each.key).member("value", each.value).end_object();
  out.end_array();
}

inline void put_experiment(json_writer& out, const track::experiment& of) {
  out.begin_object().member("experiment_id", of.id).member("name", of.name);
  out.member("artifact_location", of.artifact_location).member("lifecycle_stage", to_string(of.stage));
  out.member("last_update_time", of.updated).member("creation_time", of.created);
  put_pairs(out, "tags", of.tags);
  out.end_object();
}

/// The members of a Metric.
inline void put_point(json_writer& out, std::string_view key, const track::metric_point& point) {
  out.member("key", key).key("value");
  if (point.value == 0 && __builtin_signbit(point.value))
    out.raw("-0.0");  // Python reads -0 as the integer, which has no sign
  else
    out.value(point.value);
  out.member("timestamp", point.time).member("step", point.step);
}
/// `run`: of which it is, where the message has that.
inline void put_metric(json_writer& out, std::string_view key, const track::metric_point& point,
                       std::string_view run = {}) {
  out.begin_object();
  put_point(out, key, point);
  if (!run.empty()) out.member("run_id", run);
  out.end_object();
}

/// Where a run's artifacts are, for clients.
inline std::string artifact_uri(const track::experiment& of, const track::run_info& run) {
  return of.artifact_location + '/' + run.id + "/artifacts";
}

inline void put_run_info(json_writer& out, const track::experiment& of, const track::run_info& run) {
  out.begin_object().member("run_uuid", run.id).member("experiment_id", run.experiment_id);
  out.member("run_name", run.name).member("user_id", run.user).member("status", to_string(run.status));
  out.member("start_time", run.start);
  if (run.end != 0) out.member("end_time", run.end);
  out.member("artifact_uri", artifact_uri(of, run)).member("lifecycle_stage", to_string(run.stage));
  out.member("run_id", run.id).end_object();
}

inline void put_lineage(json_writer& out, const track::run_lineage& lineage) {
  out.key("inputs").begin_object();
  if (!lineage.data_sets.empty()) {
    out.key("dataset_inputs").begin_array();
    for (const track::used_data_set& each : lineage.data_sets) {
      out.begin_object();
      put_pairs(out, "tags", each.tags);
      out.key("dataset").begin_object().member("name", each.name).member("digest", each.digest);
      out.member("source_type", each.source_type).member("source", each.source);
      if (!each.schema.empty()) out.member("schema", each.schema);
      if (!each.profile.empty()) out.member("profile", each.profile);
      out.end_object().end_object();
    }
    out.end_array();
  }
  if (!lineage.used_models.empty()) {
    out.key("model_inputs").begin_array();
    for (const std::string& each : lineage.used_models) out.begin_object().member("model_id", each).end_object();
    out.end_array();
  }
  out.end_object().key("outputs").begin_object();
  if (!lineage.made_models.empty()) {
    out.key("model_outputs").begin_array();
    for (const track::made_model& each : lineage.made_models)
      out.begin_object().member("model_id", each.id).member("step", each.step).end_object();
    out.end_array();
  }
  out.end_object();
}
/// `lineage`: null in the response that made the run, where MLflow's server leaves out what a new run has not.
inline void put_run(json_writer& out, const track::experiment& of, const track::run_record& run,
                    const track::run_lineage* lineage) {
  out.begin_object().key("info");
  put_run_info(out, of, run.info);
  out.key("data").begin_object();
  if (!run.metrics.empty()) {
    out.key("metrics").begin_array();
    for (const track::metric_summary& each : run.metrics) put_metric(out, each.key, each.last);
    out.end_array();
  }
  put_pairs(out, "params", run.info.parameters);
  put_pairs(out, "tags", run.info.tags);
  out.end_object();
  if (lineage != nullptr)
    put_lineage(out, *lineage);
  else
    out.key("inputs").begin_object().end_object();
  out.end_object();
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_RECORDS_HPP
