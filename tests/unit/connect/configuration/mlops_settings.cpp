#include <millrace/connect/configuration/mlops_settings.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

#include <millrace/connect/yaml.hpp>

#include <string>

namespace mr = millrace;
namespace mc = millrace::connect::configuration;
namespace my = millrace::connect::yaml;

TEST_CASE("settings of runs and models take a number of seconds, and the variables of others") {
  const auto made =
      my::load_text<mc::mlops_file>("mlops: {cache: {default_ttl: 300}}\n", "m.yaml", {.prefix = "MILLRACE"},
                                    support::made_variables{{{"TAURO_MLOPS_BACKEND", "databricks"},
                                                             {"TAURO_MLOPS_PATH", "data"},
                                                             {"TAURO_MLOPS_CATALOG", "main"},
                                                             {"MILLRACE_MLOPS_SCHEMA", "mlops"}}});
  REQUIRE(made);
  CHECK(made->value.mlops.cache.default_ttl == mr::seconds(300));
  CHECK(made->value.mlops.backend == mc::mlops_backend::databricks);
  CHECK(made->value.mlops.path == "data");
  CHECK(made->value.mlops.catalog == "main");
  CHECK(made->value.mlops.schema == "mlops");
  const auto wrong = my::load_text<mc::mlops_file>("mlops:\n  tracking:\n    auto_flush_metrics: false\n", "m.yaml");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().describe().starts_with(
      "m.yaml:3:25: mlops.tracking.auto_flush_metrics: points are always written"));
}
