#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_RECORDS_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_RECORDS_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What a registry has, as the messages of MLflow's API: RegisteredModel and ModelVersion of its model_registry.proto.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

constexpr std::string_view stage_name(registry::stage which) noexcept {
  constexpr std::string_view names[registry::stages] = {"None", "Staging", "Production", "Archived"};
  return names[static_cast<std::size_t>(which)];
}
constexpr std::uint64_t in_milliseconds(std::uint64_t time) noexcept { return time / 1'000'000U; }

/// Who sends a request and does not say who it is.
inline constexpr std::string_view unknown_user = "unknown";
inline void put_user(json_writer& out, std::string_view user) {
  if (!user.empty() && user != unknown_user) out.member("user_id", user);
}

inline void put_tags(json_writer& out, const std::vector<registry::tag>& tags) {
  if (tags.empty()) return;
  out.key("tags").begin_array();
  for (const registry::tag& each : tags)
    out.begin_object().member("key", each.key).member("value", each.value).end_object();
  out.end_array();
}

/// The members of a ModelVersion.
inline void put_version_members(json_writer& out, const registry::model_version& of) {
  out.member("name", of.model).member("version", std::to_string(of.version));
  out.member("creation_timestamp", in_milliseconds(of.created));
  out.member("last_updated_timestamp", in_milliseconds(of.updated));
  put_user(out, of.created_by);
  out.member("current_stage", stage_name(of.stage)).member("description", of.description);
  out.member("source", of.source).member("run_id", of.run_id).member("status", "READY");
  put_tags(out, of.tags);
  out.member("run_link", of.run_link);
  if (of.aliases.empty()) return;
  out.key("aliases").begin_array();
  for (const std::string& each : of.aliases) out.value(each);
  out.end_array();
}
inline void put_versions(json_writer& out, std::string_view name, const std::vector<registry::model_version>& all) {
  if (all.empty()) return;
  out.key(name).begin_array();
  for (const registry::model_version& each : all) {
    out.begin_object();
    put_version_members(out, each);
    out.end_object();
  }
  out.end_array();
}

/// The members of a RegisteredModel; `latest`: the last version of each stage.
inline void put_model_members(json_writer& out, const registry::model& of,
                              const std::vector<registry::model_version>& latest) {
  out.member("name", of.name).member("creation_timestamp", in_milliseconds(of.created));
  out.member("last_updated_timestamp", in_milliseconds(of.updated));
  put_user(out, of.created_by);
  if (!of.description.empty()) out.member("description", of.description);
  put_versions(out, "latest_versions", latest);
  put_tags(out, of.tags);
  if (of.aliases.empty()) return;
  out.key("aliases").begin_array();
  for (const registry::alias& each : of.aliases)
    out.begin_object().member("alias", each.name).member("version", std::to_string(each.version)).end_object();
  out.end_array();
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_MODEL_RECORDS_HPP
