#include <millrace/track/observed/watched.hpp>

#include <millrace/observe/export/prometheus.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

TEST_CASE("hooks change and veto what a tracker is asked, events and metrics say what it did") {
  ms::memory_storage storage;
  mr::observe::metrics_registry registry;
  const auto metrics = *mt::tracker_metrics::make(registry);
  mt::tracker_hooks hooks;
  mt::tracker_events events;
  mt::watched watch{&hooks, &events, &metrics};
  auto tracks = *mt::tracker<ms::memory_storage>::open(storage, {.watcher = watch});

  const auto named = hooks.before<mt::run_draft>("named", [](mt::run_draft& asked) -> mr::result<void> {
    if (asked.name.empty()) return mr::error(mr::errc::invalid_argument, "a run needs a name");
    asked.tags.push_back({"checked", "yes"});
    return {};
  });
  int after = 0;
  const auto counted = hooks.after<mt::run_draft>(
      "counted", [&](const mt::run_draft&, const mr::result<mt::run_info>& made) { after += made ? 1 : 100; });

  const std::string experiment = tracks.create_experiment("e")->id;
  const auto refused = tracks.start_run(experiment);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::vetoed);
  auto first = tracks.start_run(experiment, {.name = "first"});
  auto second = tracks.start_run(experiment, {.name = "second"});
  CHECK(*tracks.get_run(first->id())->tag("checked") == "yes");
  REQUIRE(first->log_artifact("a/b", {}));
  REQUIRE(first->end());
  CHECK(after == 102);

  CHECK(events.history<mt::experiment_created>().size() == 1);
  CHECK(events.history<mt::run_started>().size() == 2);
  const auto ended = events.history<mt::run_ended>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].event.run.id == first->id());
  CHECK(events.history<mt::artifact_stored>().at(0).event.file.path == "a/b");
  const std::string shown = mr::observe::to_prometheus(registry.snapshot());
  CHECK(shown.find("experiments_created_total 1\n") != std::string::npos);
  CHECK(shown.find("active_runs 1\n") != std::string::npos);
  CHECK(shown.find("artifacts_stored_total 1\n") != std::string::npos);
}
