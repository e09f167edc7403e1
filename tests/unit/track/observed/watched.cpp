#include <millrace/track/observed/watched.hpp>

#include <millrace/observe/export/prometheus.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <string>
#include <thread>
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

TEST_CASE("metrics count the runs that are active here, however they begin and end, and the points in memory") {
  ms::memory_storage storage;
  mr::observe::metrics_registry registry;
  const auto metrics = *mt::tracker_metrics::make(registry, "ml_");
  mt::watched watch{.metrics = &metrics};
  const auto value = [&](const std::string& name) {
    const std::string shown = mr::observe::to_prometheus(registry.snapshot());
    const std::size_t at = shown.find("\nml_" + name + ' ');
    REQUIRE(at != shown.npos);
    return std::stoi(shown.substr(at + name.size() + 5));
  };
  std::string left;
  {
    auto other = *mt::tracker<ms::memory_storage>::open(storage);
    left = other.start_run(other.create_experiment("e")->id)->id();
  }
  auto tracks = *mt::tracker<ms::memory_storage>::open(storage, {.window_of_key = 1024, .watcher = watch});
  REQUIRE(tracks.end_run(left));  // not one of this tracker's
  CHECK(value("active_runs") == 0);
  auto run = *tracks.start_run("1");
  auto resumed = *tracks.resume_run(left);
  CHECK(value("active_runs") == 2);
  REQUIRE(tracks.end_run(run.id()));
  REQUIRE(tracks.end_run(run.id()));  // twice
  CHECK(value("active_runs") == 1);

  for (int i = 0; i < 3000; ++i) resumed.log_metric("m", {i, i, 1});
  run.log_metric("m", {1, 1, 1});
  run.log_metric("n", {1, 1, 1});
  REQUIRE(tracks.flush());
  // The thread tells of it right behind `flush`, and has when it has told of what comes next.
  run.log_metric("n", {2, 2, 2});
  REQUIRE(tracks.flush());
  for (int tries = 0; tries < 10'000 && (value("points_stored_total") != 3003 || value("cached_items") != 1027);
       ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(value("points_stored_total") == 3003);
  CHECK(value("cached_items") == 1024 + 3);
  REQUIRE(resumed.end());
  CHECK(value("cached_items") == 3);
  CHECK(value("active_runs") == 0);
}
