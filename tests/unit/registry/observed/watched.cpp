#include <millrace/registry/observed/watched.hpp>

#include <millrace/observe/export/prometheus.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace mo = millrace::observe;
namespace ms = millrace::store;

TEST_CASE("hooks change and veto what a registry is asked to do") {
  STATIC_REQUIRE(mg::watcher<mg::watched>);
  ms::memory_storage storage;
  mg::registry_hooks hooks;
  mg::registry_events events;
  const auto tagged = hooks.before<mg::version_draft>(
      "tag", [](mg::version_draft& draft) { draft.tags.push_back({"checked", "yes"}); });
  const auto floor =
      hooks.before<mg::version_draft>("accuracy floor", [](mg::version_draft& draft) -> mr::result<void> {
        for (const auto& each : draft.metrics)
          if (each.key == "auc" && each.value < .5) return mr::error(mr::errc::invalid_argument, "auc below 0.5");
        return {};
      });
  std::vector<std::string> after;
  const auto seen = hooks.after<mg::transition>(
      "tell", [&](const mg::transition& asked, const mr::result<mg::stage_change>& outcome) {
        after.push_back(asked.model + (outcome ? " moved" : " stayed"));
      });
  auto models =
      mg::open_registry(storage, support::at_a_millisecond(), mg::watched{.hooks = &hooks, .events = &events}).value();
  const auto refused = models.register_version({.model = "m", .metrics = {{"auc", .4}}, .actor = "ada"});
  CHECK(support::failure(refused, mr::errc::vetoed).find("auc below 0.5") != std::string::npos);
  CHECK_FALSE(models.find_model("m"));
  CHECK(events.history<mg::model_registered>().empty());
  CHECK(support::register_one(models, "m").tags == std::vector<mg::tag>{{"checked", "yes"}});
  CHECK_FALSE(models.move({.model = "m", .version = 1, .to = mg::stage::production, .actor = "ada"}));
  CHECK(models.move({.model = "m", .version = 1, .to = mg::stage::staging, .actor = "ada"}));
  CHECK(after == std::vector<std::string>{"m stayed", "m moved"});
}

TEST_CASE("events and metrics tell what was done, and nothing that was not") {
  ms::memory_storage storage;
  mg::registry_events events;
  mo::metrics_registry shown;
  const auto metrics = mg::registry_metrics::make(shown);
  REQUIRE(metrics);
  std::vector<std::string> lines;
  const auto promoted = events.subscribe<mg::model_promoted>("promoted", [&](const mg::model_promoted& event) {
    lines.push_back(event.change.model + " " + std::string(to_string(event.change.to)));
  });
  auto models =
      mg::open_registry(storage, support::at_a_millisecond(), mg::watched{.events = &events, .metrics = &*metrics})
          .value();
  support::register_one(models, "m");
  support::register_one(models, "m");
  for (const std::uint64_t version : {std::uint64_t{1}, std::uint64_t{2}}) {
    REQUIRE(models.move({.model = "m", .version = version, .to = mg::stage::staging, .actor = "ada"}));
    REQUIRE(models.move({.model = "m", .version = version, .actor = "ada"}));
  }
  CHECK_FALSE(models.move({.model = "m", .version = 7, .actor = "ada"}));
  CHECK(lines == std::vector<std::string>{"m staging", "m production", "m staging", "m production"});
  const auto text = to_prometheus(shown.snapshot());
  CHECK(text.find("models_registered_total 2\n") != std::string::npos);
  CHECK(text.find("models_promoted_total 4\n") != std::string::npos);
  CHECK(text.find("models_archived_total 1\n") != std::string::npos);
  CHECK(text.find("artifacts_stored_total 2\n") != std::string::npos);
  CHECK(events.history<mg::artifact_stored>().size() == 2);
}
