#ifndef MILLRACE_CONNECT_CONFIGURATION_MLOPS_CONTEXT_HPP
#define MILLRACE_CONNECT_CONFIGURATION_MLOPS_CONTEXT_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/connect/configuration/mlops_settings.hpp>
#include <millrace/core/result.hpp>
#include <millrace/mlops/settings.hpp>
#include <millrace/mlops/stored_backend.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/health/disk_check.hpp>
#include <millrace/observe/health/memory_check.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/track/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

namespace detail {

/// `main.ml_models`, or `otherwise` where neither is said.
inline std::string folder_of(const std::string& catalog, const std::string& schema, std::string_view otherwise) {
  if (catalog.empty() && schema.empty()) return std::string(otherwise);
  return catalog.empty() || schema.empty() ? catalog + schema : catalog + '.' + schema;
}

}  // namespace detail

/// What `mlops::context::open` opens, as settings say. The token is in the variable that `credentials.token_env_var`
/// names. Errors: not_found: that variable is not set.
template <mlops::variable_source Source = mlops::process_environment>
result<mlops::context_settings> context_of(const mlops_settings& by, const Source& environment = {}) {
  mlops::context_settings made;
  for (const store::setting_choice& each : mlops_settings::backends)
    if (each.value == store::setting_choice("", by.backend).value) made.backend = each.name;
  made.said_by = "mlops.backend";
  made.path = by.path;
  made.catalog = by.model_registry.catalog.empty() ? by.catalog : by.model_registry.catalog;
  made.schema = by.model_registry.schema.empty() ? by.schema : by.model_registry.schema;
  if (!by.credentials.token_env_var.empty()) {
    const char* const value = environment.find(by.credentials.token_env_var.c_str());
    if (value == nullptr || *value == '\0')
      return error(errc::not_found, "the environment variable " + by.credentials.token_env_var +
                                        ", which mlops.credentials.token_env_var names, is not set, or empty");
    made.token = store::secret<std::string>(std::string(value));
  }
  return made;
}

/// How its tracker and registry work: keys begin with catalog and schema, `main.ml_experiments`; as many points wait as
/// settings say, and so many of a metric are held in memory, while all are kept.
inline mlops::context_options tracking_of(const mlops_settings& by) {
  mlops::context_options made;
  made.tracking.folder = detail::folder_of(by.tracking.catalog, by.tracking.schema, made.tracking.folder);
  made.models.folder = detail::folder_of(by.model_registry.catalog, by.model_registry.schema, made.models.folder);
  constexpr std::size_t bytes_of_a_point = 64;
  constexpr std::size_t least = std::size_t{64} << 10;
  const std::size_t wanted = by.tracking.metric_buffer_size * bytes_of_a_point;
  made.tracking.queue_bytes = wanted < least ? least : wanted;
  made.tracking.window_of_key = by.tracking.max_metrics_per_key;
  return made;
}

/// Finds the experiment that settings name, or creates it. Returns its id.
template <class Tracker>
result<std::string> experiment_of(const mlops_settings& by, Tracker& tracker) {
  if (by.experiment.name.empty()) {
    auto found = tracker.default_experiment();
    if (!found) return std::move(found).error();
    return found->id;
  }
  auto found = tracker.find_experiment(by.experiment.name);
  if (found) return found->id;
  if (found.error().code() != errc::not_found) return std::move(found).error();
  auto made = tracker.create_experiment(by.experiment.name, {.description = by.experiment.description});
  if (!made) return std::move(made).error();
  return made->id;
}

inline resilience::cache_options caching(const cache_settings& by) {
  resilience::cache_options made;
  made.max_weight = by.enabled ? by.max_size : 0;
  made.ttl = by.default_ttl;
  return made;
}
namespace detail {
template <class Thresholds>
Thresholds degraded_from(double fraction) {
  Thresholds made;
  made.degraded_at = fraction;
  if (made.unhealthy_at < fraction) made.unhealthy_at = fraction;
  return made;
}
}  // namespace detail
inline observe::memory_thresholds memory_limits(const health_settings& by) {
  return detail::degraded_from<observe::memory_thresholds>(by.memory_threshold);
}
inline observe::disk_thresholds disk_limits(const health_settings& by) {
  return detail::degraded_from<observe::disk_thresholds>(by.disk_threshold);
}
/// Of an emitter that remembers as many events of each type as settings say.
inline observe::event_emitter_options event_history(const event_settings& by) {
  observe::event_emitter_options made;
  made.history = by.max_history_per_type;
  return made;
}

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_MLOPS_CONTEXT_HPP
