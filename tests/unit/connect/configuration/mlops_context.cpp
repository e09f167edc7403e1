#include <millrace/connect/configuration/mlops_context.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

#include <millrace/mlops/context.hpp>

#include <string>

namespace mr = millrace;
namespace mc = millrace::connect::configuration;
namespace ml = millrace::mlops;

TEST_CASE("a context is opened, and an experiment found or made, as settings say") {
  mc::mlops_settings by;
  by.backend = mc::mlops_backend::memory;
  by.experiment = {"churn", "who leaves"};
  by.model_registry = {"main", "ml_models"};
  by.tracking.catalog = "main";
  by.tracking.schema = "ml_experiments";
  by.tracking.max_metrics_per_key = 500;
  by.credentials.token_env_var = "TOKEN";
  CHECK_FALSE(mc::context_of(by, support::made_variables{}));
  auto where = mc::context_of(by, support::made_variables{{{"TOKEN", "abc"}}});
  REQUIRE(where);
  CHECK(where->backend == "memory");
  CHECK(where->catalog == "main");
  CHECK(where->schema == "ml_models");
  CHECK(where->token.expose() == "abc");
  const auto options = mc::tracking_of(by);
  CHECK(options.tracking.folder == "main.ml_experiments");
  CHECK(options.models.folder == "main.ml_models");
  CHECK(options.tracking.window_of_key == 500);
  auto opened = ml::context<ml::in_memory>::open(*std::move(where), options);
  REQUIRE(opened);
  const auto first = mc::experiment_of(by, opened->tracker());
  REQUIRE(first);
  CHECK(*mc::experiment_of(by, opened->tracker()) == *first);
  bool is_described = false;
  const auto churn = opened->tracker().find_experiment("churn");
  REQUIRE(churn);
  for (const auto& tag : churn->tags) is_described |= tag.value == "who leaves";
  CHECK(is_described);
  by.experiment.name.clear();
  CHECK(mc::experiment_of(by, opened->tracker()));
  CHECK(mc::tracking_of({}).tracking.folder == mr::track::tracker_options().folder);
}

TEST_CASE("caches, health and events are as their settings say") {
  CHECK(mc::caching({}).max_weight == 1000);
  CHECK(mc::caching({}).ttl == mr::seconds(300));
  CHECK(mc::caching({.enabled = false}).max_weight == 0);
  CHECK(mc::memory_limits({.memory_threshold = 0.8}).degraded_at == 0.8);
  CHECK(mc::disk_limits({}).degraded_at == 0.9);
  CHECK(mc::disk_limits({.disk_threshold = 0.99}).unhealthy_at == 0.99);
  CHECK(mc::event_history({.max_history_per_type = 5}).history == 5);
}
