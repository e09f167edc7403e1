// The settings of a service: from a file, the environment and the program, loaded anew while it runs.
#include <millrace/connect/yaml.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/settings.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace mr = millrace;

// [struct]
struct inference_settings {
  std::size_t max_rows = 128;
  mr::duration max_delay = mr::seconds(0.002);

  static constexpr auto settings = mr::store::settings_table(
      mr::store::setting<&inference_settings::max_rows>("max_rows", "the most rows that a model is given at once",
                                                        {.least = 1, .reload = true}),
      mr::store::setting<&inference_settings::max_delay>("max_delay", "how long a batch waits for company",
                                                         {.least = mr::seconds(0), .reload = true}));
};

struct service_settings {
  std::string model = {};
  std::vector<std::string> brokers = {"localhost:9092"};
  inference_settings inference = {};
  mr::store::secret<std::string> token = {};

  static constexpr auto settings = mr::store::settings_table(
      mr::store::setting<&service_settings::model>("model", "the file of the model", {.required = true}),
      mr::store::setting<&service_settings::brokers>("brokers", "of Kafka", {.variable = "KAFKA_BROKERS"}),
      mr::store::setting<&service_settings::inference>("inference", "how models are asked"),
      mr::store::setting<&service_settings::token>("token", "what clients have to show"));
};
// [/struct]

// [load]
auto load(const std::string& path) { return mr::connect::yaml::load<service_settings>(path, {.prefix = "PAYMENTS"}); }
// [/load]

volatile std::sig_atomic_t is_reload_asked = 0;

int main() {
  // What a deployment brings.
  ::setenv("PAYMENTS_INFERENCE_MAX_ROWS", "256", 1);
  ::setenv("REGISTRY_TOKEN", "a secret that nobody sees", 1);
  const auto write = [](const char* text) { return mr::store::write_file("service.yaml", std::string(text)); };

  if (!write("modle: fraud.onnx\ninference: {max_delay: 5}\ntoken: hunter2\n")) return 1;
  if (const auto wrong = load("service.yaml"); !wrong)
    std::printf("refused:\n%s\n\n", wrong.error().describe().c_str());

  if (!write("model: fraud.onnx\ninference: {max_delay: 5ms}\ntoken: env:REGISTRY_TOKEN\n")) return 1;
  auto current = load("service.yaml");
  if (!current) return std::puts(current.error().describe().c_str()), 1;
  std::printf("running with:\n%s\n", describe(*current).c_str());

  std::signal(SIGHUP, [](int) { is_reload_asked = 1; });
  if (!write("model: fraud.onnx\ninference: {max_delay: 10ms}\ntoken: env:REGISTRY_TOKEN\n")) return 1;
  std::raise(SIGHUP);

  // [reload]
  if (is_reload_asked != 0) {
    auto fresh = load("service.yaml");
    if (!fresh) {
      std::printf("kept as it was: %s\n", fresh.error().describe().c_str());
    } else if (const auto changes = mr::store::compare_settings(current->value, fresh->value); changes.may_reload()) {
      std::printf("changed:\n%s", changes.report().c_str());
      current = std::move(fresh);
    } else {
      std::printf("kept as it was, since this needs a start:\n%s", changes.report().c_str());
    }
  }
  // [/reload]
  return current->value.inference.max_delay == mr::seconds(0.01) ? 0 : 1;
}
