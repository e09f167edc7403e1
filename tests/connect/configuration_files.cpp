// Files with the keys of the services that millrace takes the place of: they load and build what they describe, or are
// refused by name; and docs/guide/configuration.md says of each key which of the two it is.
#include <millrace/connect/configuration/data_pipeline.hpp>
#include <millrace/connect/configuration/experiments.hpp>
#include <millrace/connect/configuration/mlops_context.hpp>
#include <millrace/connect/configuration/nodes.hpp>
#include <millrace/connect/configuration/serving.hpp>
#include <millrace/connect/yaml.hpp>
#include <millrace/store/settings/settings_schema.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

#include <millrace/store/file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mc = millrace::connect::configuration;
namespace my = millrace::connect::yaml;

namespace {

const std::string tests = std::string(MILLRACE_GOLDEN_DIR) + "/..";

template <class T>
mr::result<ms::loaded_settings<T>> load(const std::string& name, const support::made_variables& variables = {}) {
  return my::load<T>(tests + "/connect/files/" + name, {}, variables);
}
template <class T>
std::string refused(const std::string& name) {
  const auto made = load<T>(name);
  if (made) return "loaded";
  const std::string text = made.error().describe();
  return text.substr(text.find(name));
}

const char* const files[] = {"ml.yaml",
                             "ml_quick.yaml",
                             "ml_gpu.yaml",
                             "mlops.yaml",
                             "mlops_production.yaml",
                             "mlops_tracking.yaml",
                             "mlops_credentials.yaml",
                             "nodes.yaml",
                             "data_pipeline.yaml",
                             "prometheus.yaml",
                             "alerts_critical.yaml",
                             "alerts_warning.yaml",
                             "compose.yaml"};

/// The keys of all scalars: items of lists as [].
void gather(const ms::settings_node& node, const std::string& key, std::set<std::string>& keys) {
  if (node.kind == ms::settings_node::kinds::scalar || node.kind == ms::settings_node::kinds::none) keys.insert(key);
  for (const ms::settings_node& each : node.items)
    gather(each,
           node.kind == ms::settings_node::kinds::list ? key + "[]"
           : key.empty()                               ? each.name
                                                       : key + '.' + each.name,
           keys);
}

struct table_row {
  std::string key;
  std::string is;
  std::string why;
};
std::vector<table_row> rows_of_guide() {
  const auto page = ms::read_file(tests + "/../docs/guide/configuration.md");
  REQUIRE(page);
  std::vector<table_row> made;
  for (std::size_t at = 0; at < page->size();) {
    const std::size_t end = std::min(page->find('\n', at), page->size());
    const std::string line = page->substr(at, end - at);
    at = end + 1;
    const std::size_t first = line.find("` | ");
    const std::size_t second = first == line.npos ? line.npos : line.find(" | ", first + 4);
    if (!line.starts_with("| `") || second == line.npos) continue;
    table_row row{line.substr(3, first - 3), line.substr(first + 4, second - first - 4), line.substr(second + 3)};
    if (row.is == "used" || row.is == "refused") made.push_back(row);
  }
  return made;
}
/// `*` stands for one name.
bool matches(std::string_view pattern, std::string_view key) {
  while (!pattern.empty() && !key.empty()) {
    if (pattern[0] == '*') {
      pattern.remove_prefix(1);
      key.remove_prefix(std::min(key.find_first_of(".["), key.size()));
    } else if (pattern[0] != key[0]) {
      return false;
    } else {
      pattern.remove_prefix(1);
      key.remove_prefix(1);
    }
  }
  return pattern.empty() && (key.empty() || key == "[]");  // a list of scalars is one setting
}

}  // namespace

TEST_CASE("files of models load, and build inference, online learning and experiments") {
  const auto made = load<mc::ml_file>("ml.yaml");
  REQUIRE(made);
  const mc::ml_settings& ml = made->value.ml;
  CHECK(ml.model_registry.base_path == "./models");
  REQUIRE(ml.models.size() == 2);
  CHECK(ml.models[0].tags.at("environment") == "production");
  CHECK(ml.models[1].type == mc::model_format::tensorflow);
  CHECK(ml.models[1].at == ms::setting_place{21, 7});
  CHECK(ml.feature_store.backend == mc::feature_backend::redis);
  CHECK(mc::feature_caching(ml.feature_store).ttl == mr::seconds(300));
  CHECK(mc::batching(ml.inference).max_delay == mr::seconds(0.05));
  CHECK(ml.inference.max_latency == mr::seconds(0.1));
  CHECK(mc::learning(ml.online_learning).holdout_every == 5);
  CHECK(mc::checkpoints(ml.online_learning).interval == mr::seconds(300));
  auto tests_of = mc::make_experiments(ml.ab_testing, 1);
  REQUIRE(tests_of);
  REQUIRE(tests_of->size() == 1);
  CHECK(tests_of->front().is_shadow());
  CHECK(tests_of->front().variant(tests_of->front().assign("ada").variant).model_version == "v1.0");

  const auto quick = load<mc::ml_file>("ml_quick.yaml");
  REQUIRE(quick);
  CHECK(quick->value.ml.models.at(0).warmup_on_load);
  CHECK_FALSE(quick->value.ml.ab_testing.enabled);
  CHECK(refused<mc::ml_file>("ml_gpu.yaml") == "ml_gpu.yaml:1:1: inference: unknown key; there are ml");
  CHECK_FALSE(load<mc::inference_settings>("ml_gpu.yaml"));
}

TEST_CASE("files of runs and models load, and build a context, caches, health checks and pipelines") {
  const auto made = load<mc::mlops_file>("mlops.yaml");
  REQUIRE(made);
  const mc::mlops_settings& by = made->value.mlops;
  const auto where = mc::context_of(by, support::made_variables{});
  REQUIRE(where);
  CHECK(where->backend == "databricks");
  CHECK(where->schema == "ml_models");
  CHECK(mc::tracking_of(by).tracking.folder == "main.ml_experiments");
  CHECK(mc::caching(by.cache).ttl == mr::seconds(300));
  CHECK(mc::memory_limits(by.health).degraded_at == 0.85);
  CHECK(by.auto_log);

  CHECK(load<mc::mlops_file>("mlops_production.yaml")->value.mlops.experiment.name == "production-models");
  const auto tracking = load<mc::mlops_file>("mlops_tracking.yaml");
  REQUIRE(tracking);
  CHECK(mc::tracking_of(tracking->value.mlops).tracking.window_of_key == 5000);
  CHECK(mc::event_history(tracking->value.mlops.events).history == 5000);
  CHECK(refused<mc::mlops_file>("mlops_tracking_twice.yaml") ==
        "mlops_tracking_twice.yaml:6:5: mlops.tracking.metric_buffer_size: stands here twice; first in line 3\n" +
            tests +
            "/connect/files/mlops_tracking_twice.yaml:7:5: mlops.tracking.max_metrics_per_key: stands here twice; "
            "first in line 5");
  const auto secret = load<mc::mlops_file>("mlops_credentials.yaml");
  REQUIRE(secret);
  CHECK(mc::context_of(secret->value.mlops, support::made_variables{{{"DATABRICKS_TOKEN", "abc"}}})->token.expose() ==
        "abc");
  CHECK_FALSE(mc::context_of(secret->value.mlops, support::made_variables{}));

  const auto nodes = load<mc::mlops_file>("nodes.yaml");
  REQUIRE(nodes);
  mc::node_functions<int> functions;
  functions.add("etl.load_csv", [](auto) -> mr::result<int> { return 1; });
  CHECK(mc::node_pipeline<int>::make(nodes->value.nodes, functions, "nodes.yaml").error().describe() ==
        "nodes.yaml:4:3: nodes.transform: there is no function \"etl.clean_data\"");
  functions.add("etl.clean_data", [](auto inputs) -> mr::result<int> { return *inputs[0] + 1; });
  auto pipeline = mc::node_pipeline<int>::make(nodes->value.nodes, functions, "nodes.yaml");
  REQUIRE(pipeline);
  CHECK_FALSE(pipeline->learns());
  CHECK(*pipeline->run() == 2);
}

TEST_CASE("a file of a pipeline of events loads, and files of other programs are refused by name") {
  const auto made = load<mc::data_pipeline_settings>("data_pipeline.yaml", {{{"KAFKA_BROKERS", "kafka:9092"}}});
  REQUIRE(made);
  CHECK(made->value.kafka.brokers == std::vector<std::string>{"kafka:9092"});
  CHECK(made->value.kafka.consumer_group == "autus-v4.7");
  CHECK(mc::streaming(made->value.aggregation).most_metrics == 10'000);
  CHECK(mc::batch_window(made->value.spark) == mr::seconds(3600));
  CHECK(made->value.spark.fallback_mode);
  CHECK(made->value.ml_pipeline.default_model_type == mc::regression_model::random_forest);
  for (const char* const other : {"prometheus.yaml", "alerts_critical.yaml", "alerts_warning.yaml", "compose.yaml"}) {
    CHECK(refused<mc::data_pipeline_settings>(other) != "loaded");
    CHECK(refused<mc::ml_file>(other) != "loaded");
    CHECK(refused<mc::mlops_file>(other) != "loaded");
  }
}

TEST_CASE("the guide says of every key of the files whether it is used or refused, and why") {
  const auto rows = rows_of_guide();
  CHECK(rows.size() > 80);
  std::set<std::string> keys = {"KAFKA_BROKERS", "REDIS_URL", "RABBITMQ_URL", "ml.inference.gpu_device_ids[]"};
  for (const char* const name : files) {
    const auto text = ms::read_file(tests + "/connect/files/" + name);
    REQUIRE(text);
    const auto parsed = my::parse(*text, name);
    REQUIRE(parsed);
    gather(*parsed, "", keys);
  }
  CHECK(keys.size() > 80);
  for (const std::string& key : keys) {
    INFO(key);
    CHECK(std::count_if(rows.begin(), rows.end(), [&](const table_row& row) { return matches(row.key, key); }) == 1);
  }
  for (const table_row& row : rows) {
    INFO(row.key);
    CHECK(row.why.size() > 5);
    CHECK(std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return matches(row.key, key); }));
  }
}

TEST_CASE("what the guide says is used, the structs have") {
  const std::string schemas[] = {ms::settings_schema<mc::ml_file>("ml"), ms::settings_schema<mc::mlops_file>("mlops"),
                                 ms::settings_schema<mc::data_pipeline_settings>("pipeline")};
  for (const table_row& row : rows_of_guide()) {
    if (row.is != "used" || std::isupper(static_cast<unsigned char>(row.key[0])) != 0) continue;
    INFO(row.key);
    bool is_found = false;
    for (const std::string& schema : schemas) {
      nlohmann::json at = nlohmann::json::parse(schema);
      std::string_view rest = row.key;
      while (!rest.empty() && !at.is_null()) {
        std::string_view name = rest.substr(0, rest.find('.'));
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        const bool is_list = name.ends_with("[]");
        if (is_list) name.remove_suffix(2);
        at = name == "*" ? at.value("additionalProperties", nlohmann::json())
                         : at.value("properties", nlohmann::json::object()).value(std::string(name), nlohmann::json());
        if (is_list && !at.is_null()) at = at.value("items", nlohmann::json());
      }
      is_found = is_found || !at.is_null();
    }
    CHECK(is_found);
  }
}
