#include <millrace/connect/configuration/ml_settings.hpp>

#include <support/catch.hpp>

#include <millrace/connect/yaml.hpp>

#include <string>

namespace mc = millrace::connect::configuration;
namespace my = millrace::connect::yaml;

namespace {

std::string refused(const std::string& text) {
  const auto made = my::load_text<mc::ml_file>(text, "ml.yaml");
  return made ? "loaded" : made.error().describe();
}

}  // namespace

TEST_CASE("settings of models that contradict each other are refused where they stand") {
  CHECK(refused("ml: {}\n") == "loaded");
  CHECK(refused("ml:\n  model_registry: {type: s3}\n") ==
        "ml.yaml:2:3: ml.model_registry.s3_bucket: a registry in a bucket has to say which\n"
        "ml.yaml:2:3: ml.model_registry.s3_region: a registry on S3 has to say in which region");
  CHECK(refused("ml:\n  model_registry: {type: gcs, s3_bucket: models}\n") == "loaded");
  CHECK(refused("ml:\n  inference: {enable_gpu: true, gpu_device_ids: [0, 1]}\n") ==
        "ml.yaml:2:27: ml.inference.enable_gpu: graphs run on the CPU here: take it out, or set it to false\n"
        "ml.yaml:2:33: ml.inference.gpu_device_ids: graphs run on the CPU here: take it out");
  CHECK(refused("ml:\n  inference: {default_batch_timeout: 200ms}\n")
            .find("ml.inference.default_batch_timeout: a batch would wait") != std::string::npos);
  CHECK(refused("ml:\n  models:\n  - {name: a, version: v1, path: p}\n  - {name: a, version: v1, path: q}\n") ==
        "ml.yaml:4:24: ml.models[1].version: this version of the model stands here twice");
  CHECK(refused("ml:\n  models:\n  - {name: a}\n").find("ml.models[0].version: is required") != std::string::npos);
  CHECK(refused("ml:\n  online_learning: {validation_split: 0.9}\n").find("is above 0.5") != std::string::npos);
}

TEST_CASE("experiments whose variants do not share everybody are refused") {
  const auto experiment = [](const char* first, const char* second, const char* name = "b") {
    return std::string("ml:\n  ab_testing:\n    experiments:\n    - name: e\n      variants:\n") +
           "      - {name: a, model_name: m, model_version: v1, weight: " + first + "}\n      - {name: " + name +
           ", model_name: m, model_version: v2, weight: " + second + "}\n";
  };
  CHECK(refused(experiment("70", "30")) == "loaded");
  CHECK(refused(experiment("70", "20")) ==
        "ml.yaml:5:7: ml.ab_testing.experiments[0].variants: the weights do not sum to 100");
  CHECK(refused(experiment("70", "30", "a")).find("variants[1].name: two variants have this name") !=
        std::string::npos);
  CHECK(
      refused(experiment("70, enabled: false", "30, enabled: false")).find("no variant that is enabled has a weight") !=
      std::string::npos);
  CHECK(refused(experiment("170", "-70")).find("is above 100") != std::string::npos);
}
