#ifndef MILLRACE_CONNECT_CONFIGURATION_MLOPS_SETTINGS_HPP
#define MILLRACE_CONNECT_CONFIGURATION_MLOPS_SETTINGS_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/store/settings/table.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

/// Where runs and models are kept.
enum class mlops_backend : std::uint8_t { local, sqlite, folders, memory, databricks };

struct experiment_settings {
  std::string name = {};
  std::string description = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&experiment_settings::name>("name", "the experiment that runs belong to; empty: the default one"),
      store::setting<&experiment_settings::description>("description", "what it is about"));
};

struct catalog_settings {
  std::string catalog = {};
  std::string schema = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&catalog_settings::catalog>("catalog", "of Unity Catalog; elsewhere the first part of the keys"),
      store::setting<&catalog_settings::schema>("schema", "in that catalog; elsewhere the second part"));
};

struct tracking_settings {
  std::string catalog = {};
  std::string schema = {};
  std::size_t metric_buffer_size = 100;
  bool auto_flush_metrics = true;
  std::uint64_t max_metrics_per_key = 10'000;

  static constexpr auto settings = store::settings_table(
      store::setting<&tracking_settings::catalog>("catalog", "the first part of the keys of experiments and runs"),
      store::setting<&tracking_settings::schema>("schema", "the second part"),
      store::setting<&tracking_settings::metric_buffer_size>(
          "metric_buffer_size", "how many points may wait to be written", {.least = 1, .most = 100'000'000}),
      store::setting<&tracking_settings::auto_flush_metrics>("auto_flush_metrics",
                                                             "true: points are written without being asked"),
      store::setting<&tracking_settings::max_metrics_per_key>(
          "max_metrics_per_key", "how many points of a metric are held in memory; all are kept in the storage",
          {.least = 1}));

  void examine(store::settings_faults& faults) const {
    if (!auto_flush_metrics)
      faults.add("auto_flush_metrics", "points are always written as they come: take it out, or set it to true");
  }
};

struct cache_settings {
  bool enabled = true;
  std::size_t max_size = 1000;
  duration default_ttl = seconds(300);

  static constexpr auto settings = store::settings_table(
      store::setting<&cache_settings::enabled>("enabled", "whether what was read is kept"),
      store::setting<&cache_settings::max_size>("max_size", "entries", {.least = 1}),
      store::setting<&cache_settings::default_ttl>("default_ttl", "how long one is kept; a bare number is of seconds",
                                                   {.least = duration(1), .bare_unit = seconds(1), .reload = true}));
};

struct health_settings {
  bool enabled = true;
  double memory_threshold = 0.85;
  double disk_threshold = 0.9;

  static constexpr auto settings = store::settings_table(
      store::setting<&health_settings::enabled>("enabled", "whether memory and disk are checked"),
      store::setting<&health_settings::memory_threshold>("memory_threshold",
                                                         "the part in use from which memory is degraded",
                                                         {.least = 0.0, .most = 1.0, .reload = true}),
      store::setting<&health_settings::disk_threshold>("disk_threshold",
                                                       "the part in use from which the disk is degraded",
                                                       {.least = 0.0, .most = 1.0, .reload = true}));
};

struct event_settings {
  std::size_t max_history_per_type = 10'000;

  static constexpr auto settings = store::settings_table(store::setting<&event_settings::max_history_per_type>(
      "max_history_per_type", "how many events of each type are remembered", {.most = 100'000'000}));
};

struct credential_settings {
  std::string token_env_var = {};

  static constexpr auto settings = store::settings_table(store::setting<&credential_settings::token_env_var>(
      "token_env_var", "the variable of the environment that holds the token"));
};

/// Where runs, models and events are kept, and how the program looks after itself.
struct mlops_settings {
  bool enabled = true;
  mlops_backend backend = mlops_backend::local;
  std::string path = {};
  std::string catalog = {};
  std::string schema = {};
  experiment_settings experiment = {};
  catalog_settings model_registry = {};
  tracking_settings tracking = {};
  bool auto_log = true;
  cache_settings cache = {};
  health_settings health = {};
  event_settings events = {};
  credential_settings credentials = {};

  static constexpr store::setting_choice backends[] = {{"local", mlops_backend::local},
                                                       {"sqlite", mlops_backend::sqlite},
                                                       {"folders", mlops_backend::folders},
                                                       {"memory", mlops_backend::memory},
                                                       {"databricks", mlops_backend::databricks}};
  static constexpr auto settings = store::settings_table(
      store::setting<&mlops_settings::enabled>("enabled", "whether runs and models are kept at all"),
      store::setting<&mlops_settings::backend>("backend", "where",
                                               {.choices = backends, .variable = "TAURO_MLOPS_BACKEND"}),
      store::setting<&mlops_settings::path>("path", "the file or the folder", {.variable = "TAURO_MLOPS_PATH"}),
      store::setting<&mlops_settings::catalog>("catalog", "that of model_registry, where it says none",
                                               {.variable = "TAURO_MLOPS_CATALOG"}),
      store::setting<&mlops_settings::schema>("schema", "that of model_registry, where it says none",
                                              {.variable = "TAURO_MLOPS_SCHEMA"}),
      store::setting<&mlops_settings::experiment>("experiment", "what runs belong to"),
      store::setting<&mlops_settings::model_registry>("model_registry", "where in the storage models are"),
      store::setting<&mlops_settings::tracking>("tracking", "where runs are, and how points are written"),
      store::setting<&mlops_settings::auto_log>("auto_log", "whether nodes that learn are given a run"),
      store::setting<&mlops_settings::cache>("cache", "what was read from the storage"),
      store::setting<&mlops_settings::health>("health", "the checks of the process"),
      store::setting<&mlops_settings::events>("events", "what is remembered of events"),
      store::setting<&mlops_settings::credentials>("credentials", "of Databricks"));
};

/// A step of a pipeline: a function of the program, by its name.
struct node_settings {
  std::string function = {};
  std::optional<std::vector<std::string>> inputs = {};
  store::setting_place at = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&node_settings::function>("function", "which function it calls", {.required = true}),
      store::setting<&node_settings::inputs>(
          "inputs", "the nodes whose results it is given; not said: that of the node before it"),
      store::setting_place_in<&node_settings::at>());
};

/// A file of them: `mlops:` and `nodes:`.
struct mlops_file {
  mlops_settings mlops = {};
  std::vector<std::pair<std::string, node_settings>> nodes = {};

  static constexpr auto settings =
      store::settings_table(store::setting<&mlops_file::mlops>("mlops", "runs, models and health"),
                            store::setting<&mlops_file::nodes>("nodes", "the steps of a pipeline, in their order"));
};

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_MLOPS_SETTINGS_HPP
