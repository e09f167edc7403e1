#ifndef MILLRACE_CONNECT_CONFIGURATION_DATA_PIPELINE_SETTINGS_HPP
#define MILLRACE_CONNECT_CONFIGURATION_DATA_PIPELINE_SETTINGS_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/store/settings/table.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

struct kafka_settings {
  std::vector<std::string> brokers = {"localhost:9092"};
  std::string consumer_group = "millrace";

  static constexpr auto settings = store::settings_table(
      store::setting<&kafka_settings::brokers>("brokers", "hosts and ports; none: the local queue",
                                               {.variable = "KAFKA_BROKERS"}),
      store::setting<&kafka_settings::consumer_group>("consumer_group", "what consumers share partitions by"));
};

struct redis_settings {
  std::string url = {};

  static constexpr auto settings = store::settings_table(store::setting<&redis_settings::url>(
      "url", "redis://host:port; empty: no second level of caches", {.variable = "REDIS_URL"}));

  void examine(store::settings_faults& faults) const {
    if (url.empty()) return;
    if (!url.starts_with("redis://")) faults.add("url", "it does not begin with redis://");
    if (url.find('@') != url.npos)
      faults.add("url", "a password is not written here: give it to the server's client as a secret");
  }
};

struct spark_settings {
  bool fallback_mode = true;
  std::uint32_t window_minutes = 60;

  static constexpr auto settings = store::settings_table(
      store::setting<&spark_settings::fallback_mode>("fallback_mode",
                                                     "whether batches are processed here where there is no Spark"),
      store::setting<&spark_settings::window_minutes>("window_minutes", "how long the windows of a batch are",
                                                      {.least = 1, .most = 527'040}));
};

struct aggregation_settings {
  double window_size_seconds = 300;
  std::size_t max_metric_streams = 10'000;

  static constexpr auto settings =
      store::settings_table(store::setting<&aggregation_settings::window_size_seconds>(
                                "window_size_seconds", "over how long statistics are", {.least = 0.001, .most = 1e9}),
                            store::setting<&aggregation_settings::max_metric_streams>(
                                "max_metric_streams", "how many metrics are told apart; what comes beyond shares one",
                                {.least = 1, .most = 10'000'000}));
};

/// What is trained where a request does not say.
enum class regression_model : std::uint8_t { random_forest, linear_regression };

struct ml_pipeline_settings {
  std::string model_persistence_path = "/models";
  regression_model default_model_type = regression_model::random_forest;

  static constexpr store::setting_choice types[] = {{"random_forest", regression_model::random_forest},
                                                    {"linear_regression", regression_model::linear_regression}};
  static constexpr auto settings = store::settings_table(
      store::setting<&ml_pipeline_settings::model_persistence_path>("model_persistence_path",
                                                                    "the folder of models that were trained"),
      store::setting<&ml_pipeline_settings::default_model_type>(
          "default_model_type", "what is trained where a request does not say", {.choices = types}));
};

/// What a pipeline of events consists of: where they come from, and what is made of them.
struct data_pipeline_settings {
  kafka_settings kafka = {};
  redis_settings redis = {};
  spark_settings spark = {};
  aggregation_settings aggregation = {};
  ml_pipeline_settings ml_pipeline = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&data_pipeline_settings::kafka>("kafka", "where events come from"),
      store::setting<&data_pipeline_settings::redis>("redis", "what several processes share"),
      store::setting<&data_pipeline_settings::spark>("spark", "how batches are processed"),
      store::setting<&data_pipeline_settings::aggregation>("aggregation", "statistics of the stream"),
      store::setting<&data_pipeline_settings::ml_pipeline>("ml_pipeline", "models that are trained on request"),
      store::refused_setting("rabbitmq", "jobs are run by this process, in a queue with a bound"));
};

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_DATA_PIPELINE_SETTINGS_HPP
