#include <millrace/registry/search.hpp>

#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

namespace {

using memory_registry = mg::model_registry<ms::memory_storage>;

memory_registry filled(ms::memory_storage& storage) {
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  for (int i = 1; i <= 6; ++i) {
    mg::version_draft draft{.model = i % 2 == 0 ? "fraud" : "churn", .actor = "ada"};
    draft.metrics = {{"auc", i / 10.0}};
    draft.hyperparameters = {{"depth", std::to_string(i)}};
    if (i != 3) draft.tags = {{"team a/b", "it's"}};
    draft.data_sets = {{.name = "d" + std::to_string(i), .role = "training"}, {.name = "all", .role = "test"}};
    draft.run_id = "r" + std::to_string(i);
    support::registry_now += 1'000'000;
    REQUIRE(models.register_version(draft));
  }
  support::registry_now += 1'000'000;
  REQUIRE(models.move({.model = "fraud", .version = 2, .to = mg::stage::staging, .actor = "ada"}));
  REQUIRE(models.remove({.model = "churn", .version = 3, .actor = "ada"}));  // the fifth
  return models;
}
std::string found(const memory_registry& models, const std::string& filter,
                  std::vector<std::string> order = {"run_id"}) {
  const auto page = mg::search_versions(models, {.filter = filter, .order_by = std::move(order)});
  if (!page) return page.error().message();
  std::string text;
  for (const auto& each : page->items) text += each.run_id;
  return text;
}

}  // namespace

TEST_CASE("versions are found by name, stage, figures, tags and data") {
  ms::memory_storage storage;
  const auto models = filled(storage);
  CHECK(found(models, "") == "r1r2r3r4r6");
  CHECK(found(models, "name = 'fraud'") == "r2r4r6");
  CHECK(found(models, "name LIKE 'ch%' AND version_number > 1") == "r3");
  CHECK(found(models, "metrics.auc >= 0.4 OR run_id IN ('r1')") == "r1r4r6");
  CHECK(found(models, "metrics.auc BETWEEN 0.2 AND 0.3", {"metrics.auc DESC"}) == "r3r2");
  CHECK(found(models, "stage = 'staging'") == "r4");
  CHECK(found(models, "tags.`team a/b` IS NULL") == "r3");
  CHECK(found(models, "tags.`team a/b` = 'it''s' AND params.depth < 3") == "r1r2");
  CHECK(found(models, "datasets.name = 'd2'") == "r2");
  CHECK(found(models, "datasets.name = 'all' AND datasets.role = 'training'") == "r1r2r3r4r6");
  CHECK(found(models, "creation_timestamp = 3") == "r2");
  CHECK(found(models, "name = 'x'; DROP TABLE models").find("byte") != std::string::npos);
}

TEST_CASE("a search goes on from page to page, and a token is of its query") {
  ms::memory_storage storage;
  const auto models = filled(storage);
  mg::search_options options{.order_by = {"metrics.auc DESC"}, .max_results = 2};
  std::string seen;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = mg::search_versions(models, options).value();
    for (const auto& each : page.items) seen += each.run_id;
    options.page_token = page.next_page_token;
    if (options.page_token.empty()) break;
    auto other = options;
    other.filter = "name = 'fraud'";
    CHECK(mg::search_versions(models, other).error().code() == mr::errc::invalid_argument);
  }
  CHECK(seen == "r6r4r3r2r1");
  CHECK_FALSE(mg::search_versions(models, {.max_results = 0}));
}

TEST_CASE("MLflow's grammar takes what MLflow takes") {
  ms::memory_storage storage;
  const auto models = filled(storage);
  const auto of = [&](const char* filter) {
    return mg::search_versions(models, {.filter = filter, .grammar = ms::search_grammar::mlflow});
  };
  CHECK(of("name='fraud'")->items.size() == 3);
  CHECK(of("name='fraud'")->items.front().version == 2);  // the one that was changed last
  CHECK_FALSE(of("metrics.auc > 0.5"));
  CHECK_FALSE(of("name = 'a' OR name = 'b'"));
  const auto found = mg::search_models(models, {.filter = "name ILIKE 'FR%'"});
  REQUIRE(found);
  CHECK(found->items.size() == 1);
  CHECK(mg::search_models(models)->items.front().name == "churn");
}
