#include <millrace/mlops/stored_backend.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/observe/export/prometheus.hpp>
#include <millrace/store/documents.hpp>
#include <millrace/store/sqlite.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace mr = millrace;
namespace ml = millrace::mlops;
namespace ms = millrace::store;
using in_sqlite = ml::in_file<ms::sqlite_storage<>>;

TEST_CASE("a backend's file is the one that is named, or stands in the folder that is") {
  const support::temp_dir scratch;
  const std::string folder = scratch.path().string();
  CHECK(in_sqlite::path_of({}) == "millrace.db");
  CHECK(in_sqlite::path_of({.path = "runs.db"}) == "runs.db");
  CHECK(in_sqlite::path_of({.path = folder}) == folder + "/millrace.db");
  CHECK(in_sqlite::path_of({.path = folder + "/"}) == folder + "/millrace.db");
  CHECK(in_sqlite::path_of({.path = folder + "/none"}) == folder + "/none");
  CHECK(in_sqlite::path_of({.path = "none/"}) == "none/millrace.db");
}

TEST_CASE("a backend counts what is done under the operational metrics' names, and asks hooks before") {
  mr::observe::metrics_registry shown;
  mr::track::tracker_hooks hooks;
  const auto named = hooks.before<mr::track::run_draft>("named", [](mr::track::run_draft& asked) -> mr::result<void> {
    if (asked.name.empty()) return mr::error(mr::errc::invalid_argument, "a run needs a name");
    return {};
  });
  ml::context_settings settings;
  auto opened = ml::in_memory::open(settings, {.metrics = &shown, .run_hooks = &hooks});
  REQUIRE(opened);
  ml::in_memory at = *std::move(opened);  // its parts stay where they are
  const auto experiment = at.tracker().create_experiment("e");
  REQUIRE(experiment);
  CHECK_FALSE(at.tracker().start_run(experiment->id));
  auto run = at.tracker().start_run(experiment->id, {.name = "first"});
  REQUIRE(run);
  REQUIRE(run->log_artifact("report.html", {}));
  const auto file = at.registry().put_artifact("model.bin", {});
  REQUIRE(file);
  REQUIRE(at.registry().register_version({.model = "m", .run_id = run->id(), .artifacts = {*file}, .actor = "ada"}));
  const std::string text = mr::observe::to_prometheus(shown.snapshot());
  for (const char* line : {"experiments_created_total 1\n", "active_runs 1\n", "models_registered_total 1\n",
                           "artifacts_stored_total 2\n"}) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(std::as_const(at.storage()).list("", "", 1)->size() == 1);
}

TEST_CASE("two backends of one file see each other's runs and models") {
  const support::temp_dir scratch;
  const std::string folder = scratch.path().string();
  ml::context_settings settings{.path = folder};
  auto one = in_sqlite::open(settings, {});
  auto other = in_sqlite::open(settings, {});
  REQUIRE(one);
  REQUIRE(other);
  REQUIRE(one->tracker().create_experiment("e"));
  CHECK(other->tracker().find_experiment("e"));
  REQUIRE(other->registry().create_model({.name = "m", .actor = "ada"}));
  CHECK(one->registry().find_model("m"));
  ml::context_settings nowhere{.path = folder + "/none/"};
  const auto refused = in_sqlite::open(nowhere, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::not_found);
}

TEST_CASE("a backend in folders has the files that people know, and is there when it is opened again") {
  using in_folders = ml::in_folders<ms::document_folder<>>;
  const support::temp_dir scratch;
  const std::string folder = scratch / "store";
  ml::context_settings settings{.path = folder};
  {
    auto opened = in_folders::open(settings, {});
    REQUIRE(opened);
    REQUIRE(opened->tracker().create_experiment("e"));
    REQUIRE(opened->registry().create_model({.name = "m", .actor = "ada"}));
  }
  for (const char* each : {"experiment_tracking/experiments/1.json", "experiment_tracking/experiments/index.parquet",
                           "model_registry/models/1.json", "model_registry/models/index.parquet"}) {
    INFO(each);
    CHECK(std::filesystem::exists(folder + '/' + each));
  }
  auto again = in_folders::open(settings, {});
  REQUIRE(again);
  CHECK(again->tracker().find_experiment("e"));
  CHECK(again->registry().find_model("m"));
}
