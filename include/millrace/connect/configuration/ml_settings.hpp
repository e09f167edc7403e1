#ifndef MILLRACE_CONNECT_CONFIGURATION_ML_SETTINGS_HPP
#define MILLRACE_CONNECT_CONFIGURATION_ML_SETTINGS_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/store/settings/table.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

/// Where models are kept.
enum class model_place : std::uint8_t { local, s3, gcs };

struct model_registry_settings {
  model_place type = model_place::local;
  std::string base_path = "./models";
  std::string s3_bucket = {};
  std::string s3_region = {};
  store::setting_place at = {};

  static constexpr store::setting_choice types[] = {
      {"local", model_place::local}, {"s3", model_place::s3}, {"gcs", model_place::gcs}};
  static constexpr auto settings = store::settings_table(
      store::setting<&model_registry_settings::type>("type", "where models are kept", {.choices = types}),
      store::setting<&model_registry_settings::base_path>("base_path",
                                                          "the folder of a local registry, or the prefix in a bucket"),
      store::setting<&model_registry_settings::s3_bucket>("s3_bucket", "the bucket, also of type gcs"),
      store::setting<&model_registry_settings::s3_region>("s3_region", "the bucket's region"),
      store::setting_place_in<&model_registry_settings::at>());

  void examine(store::settings_faults& faults) const {
    if (type == model_place::local) return;
    if (s3_bucket.empty()) faults.add("s3_bucket", "a registry in a bucket has to say which");
    if (type == model_place::s3 && s3_region.empty())
      faults.add("s3_region", "a registry on S3 has to say in which region");
  }
};

/// What a model's file is.
enum class model_format : std::uint8_t { onnx, tensorflow };

struct model_settings {
  std::string name = {};
  std::string version = {};
  model_format type = model_format::onnx;
  std::string path = {};
  bool enabled = true;
  bool warmup_on_load = false;
  std::map<std::string, std::string> tags = {};
  store::setting_place at = {};

  static constexpr store::setting_choice types[] = {{"onnx", model_format::onnx},
                                                    {"tensorflow", model_format::tensorflow}};
  static constexpr auto settings = store::settings_table(
      store::setting<&model_settings::name>("name", "what the model is called", {.required = true}),
      store::setting<&model_settings::version>("version", "its version, such as v2.0", {.required = true}),
      store::setting<&model_settings::type>("type", "what the file is; tensorflow: a file of TensorFlow Lite",
                                            {.choices = types}),
      store::setting<&model_settings::path>("path", "the file", {.required = true}),
      store::setting<&model_settings::enabled>("enabled", "whether it is loaded"),
      store::setting<&model_settings::warmup_on_load>("warmup_on_load", "whether it runs once before the first caller"),
      store::setting<&model_settings::tags>("tags", "tags of the version in the registry"),
      store::setting_place_in<&model_settings::at>());
};

enum class feature_backend : std::uint8_t { memory, redis };

struct feature_store_settings {
  bool enabled = false;
  feature_backend backend = feature_backend::memory;
  duration ttl = seconds(300);
  std::string redis_addr = "localhost:6379";

  static constexpr store::setting_choice backends[] = {{"memory", feature_backend::memory},
                                                       {"redis", feature_backend::redis}};
  static constexpr auto settings = store::settings_table(
      store::setting<&feature_store_settings::enabled>("enabled", "whether features are kept between requests"),
      store::setting<&feature_store_settings::backend>("backend", "where", {.choices = backends}),
      store::setting<&feature_store_settings::ttl>("ttl", "how long one is kept",
                                                   {.least = seconds(0.001), .reload = true}),
      store::setting<&feature_store_settings::redis_addr>("redis_addr", "host and port of a Redis server"));
};

struct inference_settings {
  std::size_t default_batch_size = 100;
  duration default_batch_timeout = seconds(0.05);
  std::size_t max_concurrency = 10;
  duration max_latency = seconds(0.1);
  bool enable_gpu = false;
  std::vector<std::uint32_t> gpu_device_ids = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&inference_settings::default_batch_size>(
          "default_batch_size", "the most rows that a model is given at once", {.least = 1, .most = 1'000'000}),
      store::setting<&inference_settings::default_batch_timeout>(
          "default_batch_timeout", "how long a batch waits for company", {.least = duration(0)}),
      store::setting<&inference_settings::max_concurrency>("max_concurrency", "how many batches run at a time",
                                                           {.least = 1, .most = 1024}),
      store::setting<&inference_settings::max_latency>("max_latency", "by when a request is answered, or fails",
                                                       {.least = duration(1), .reload = true}),
      store::setting<&inference_settings::enable_gpu>("enable_gpu", "false: graphs run on the CPU here"),
      store::setting<&inference_settings::gpu_device_ids>("gpu_device_ids", "none: graphs run on the CPU here"));

  void examine(store::settings_faults& faults) const {
    if (enable_gpu) faults.add("enable_gpu", "graphs run on the CPU here: take it out, or set it to false");
    if (!gpu_device_ids.empty()) faults.add("gpu_device_ids", "graphs run on the CPU here: take it out");
    if (default_batch_timeout > max_latency)
      faults.add("default_batch_timeout", "a batch would wait for longer than max_latency, and every request fail");
  }
};

struct online_learning_settings {
  bool enabled = false;
  std::size_t default_update_batch_size = 32;
  duration default_update_interval = seconds(5);
  duration default_checkpoint_interval = seconds(300);
  std::string checkpoint_dir = "./ml-checkpoints";
  double default_learning_rate = 0.001;
  bool enable_validation = true;
  double validation_split = 0.2;

  static constexpr auto settings = store::settings_table(
      store::setting<&online_learning_settings::enabled>("enabled", "whether models learn from the stream"),
      store::setting<&online_learning_settings::default_update_batch_size>(
          "default_update_batch_size", "samples of a mini-batch", {.least = 1, .most = 1'000'000}),
      store::setting<&online_learning_settings::default_update_interval>(
          "default_update_interval",
          "a batch is learnt at the latest so long after its first sample; 0: when it is full", {.least = duration(0)}),
      store::setting<&online_learning_settings::default_checkpoint_interval>(
          "default_checkpoint_interval", "how often a learner is written to its file; 0: never by time",
          {.least = duration(0)}),
      store::setting<&online_learning_settings::checkpoint_dir>("checkpoint_dir", "the folder of these files"),
      store::setting<&online_learning_settings::default_learning_rate>(
          "default_learning_rate", "of models that have one", {.least = 1e-12, .most = 1e3}),
      store::setting<&online_learning_settings::enable_validation>("enable_validation",
                                                                   "whether samples are held out of learning"),
      store::setting<&online_learning_settings::validation_split>(
          "validation_split", "the part of samples that is held out: each 1/split-th", {.least = 0.0, .most = 0.5}));
};

/// How units are given variants.
enum class ab_strategy : std::uint8_t { random, hash, percentage, user_id };

struct ab_variant_settings {
  std::string name = {};
  std::string model_name = {};
  std::string model_version = {};
  double weight = 0;
  bool enabled = true;
  store::setting_place at = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&ab_variant_settings::name>("name", "what the variant is called", {.required = true}),
      store::setting<&ab_variant_settings::model_name>("model_name", "its model", {.required = true}),
      store::setting<&ab_variant_settings::model_version>("model_version", "and the model's version",
                                                          {.required = true}),
      store::setting<&ab_variant_settings::weight>("weight", "its share, in percent", {.least = 0.0, .most = 100.0}),
      store::setting<&ab_variant_settings::enabled>("enabled",
                                                    "whether it takes part; the others share what it leaves"),
      store::setting_place_in<&ab_variant_settings::at>());
};

struct ab_experiment_settings {
  std::string name = {};
  ab_strategy strategy = ab_strategy::hash;
  std::string split_key = "user_id";
  bool enable_shadow_mode = false;
  std::vector<ab_variant_settings> variants = {};
  store::setting_place at = {};

  static constexpr store::setting_choice strategies[] = {{"random", ab_strategy::random},
                                                         {"hash", ab_strategy::hash},
                                                         {"percentage", ab_strategy::percentage},
                                                         {"user_id", ab_strategy::user_id}};
  static constexpr auto settings = store::settings_table(
      store::setting<&ab_experiment_settings::name>("name", "what the experiment is called, and salted by",
                                                    {.required = true}),
      store::setting<&ab_experiment_settings::strategy>("strategy", "how units are given variants",
                                                        {.choices = strategies}),
      store::setting<&ab_experiment_settings::split_key>("split_key", "the field of an event that says whose it is"),
      store::setting<&ab_experiment_settings::enable_shadow_mode>(
          "enable_shadow_mode", "whether all see the first variant, and the others copies of the requests"),
      store::setting<&ab_experiment_settings::variants>("variants", "of the experiment; the first is the control",
                                                        {.required = true}),
      store::setting_place_in<&ab_experiment_settings::at>());

  void examine(store::settings_faults& faults) const {
    double sum = 0;
    double taken = 0;
    for (std::size_t i = 0; i < variants.size(); ++i) {
      sum += variants[i].weight;
      taken += variants[i].enabled ? variants[i].weight : 0;
      for (std::size_t k = 0; k < i; ++k)
        if (variants[k].name == variants[i].name)
          faults.add("variants[" + std::to_string(i) + "].name", "two variants have this name");
    }
    if (!(sum > 100 - 1e-6 && sum < 100 + 1e-6))
      faults.add("variants", "the weights do not sum to 100");
    else if (!(taken > 0))
      faults.add("variants", "no variant that is enabled has a weight");
    if (variants.size() > 32) faults.add("variants", "more than 32 variants");
    if (strategy != ab_strategy::random && split_key.empty())
      faults.add("split_key", "this strategy needs the field that says whose an event is");
  }
};

struct ab_testing_settings {
  bool enabled = false;
  std::vector<ab_experiment_settings> experiments = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&ab_testing_settings::enabled>("enabled", "whether requests are split between versions"),
      store::setting<&ab_testing_settings::experiments>("experiments", "that run side by side"));

  void examine(store::settings_faults& faults) const {
    for (std::size_t i = 0; i < experiments.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (experiments[k].name == experiments[i].name)
          faults.add("experiments[" + std::to_string(i) + "].name", "two experiments have this name");
  }
};

/// What a program with models needs: which there are, and how they are asked, compared and taught.
struct ml_settings {
  bool enabled = true;
  model_registry_settings model_registry = {};
  std::vector<model_settings> models = {};
  feature_store_settings feature_store = {};
  inference_settings inference = {};
  online_learning_settings online_learning = {};
  ab_testing_settings ab_testing = {};

  static constexpr auto settings = store::settings_table(
      store::setting<&ml_settings::enabled>("enabled", "whether there are models at all"),
      store::setting<&ml_settings::model_registry>("model_registry", "where models are kept"),
      store::setting<&ml_settings::models>("models", "which are loaded"),
      store::setting<&ml_settings::feature_store>("feature_store", "features between requests"),
      store::setting<&ml_settings::inference>("inference", "how models are asked"),
      store::setting<&ml_settings::online_learning>("online_learning", "how models learn from the stream"),
      store::setting<&ml_settings::ab_testing>("ab_testing", "how versions are compared"));

  void examine(store::settings_faults& faults) const {
    for (std::size_t i = 0; i < models.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (models[k].name == models[i].name && models[k].version == models[i].version)
          faults.add("models[" + std::to_string(i) + "].version", "this version of the model stands here twice");
  }
};

/// A file of them: `ml:` and what it holds.
struct ml_file {
  ml_settings ml = {};

  static constexpr auto settings =
      store::settings_table(store::setting<&ml_file::ml>("ml", "models, and what is done with them"));
};

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_ML_SETTINGS_HPP
