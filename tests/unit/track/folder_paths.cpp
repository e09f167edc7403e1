#include <millrace/track/folder_paths.hpp>

#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>
#include <support/temp_document_folder.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

// [readable]
/// A store of runs that a colleague can read with an editor, with DuckDB, or with jq.
mr::result<ms::document_folder<>> open_runs(const std::string& folder) {
  ms::document_folder_options options;
  for (const ms::path_rule& each : mt::folder_paths) options.paths.push_back(each);
  return ms::document_folder<>::open(folder, options);
}

/// Logs settings that belong together, and waits for the disk once.
mr::result<void> log_all(ms::document_folder<>& runs, std::span<const std::string> settings) {
  ms::commit_ticket last;
  for (const std::string& each : settings) {
    auto done = runs.transact(
        [&](auto& t) { return t.write("settings/" + ms::text_key_part(each), std::as_bytes(std::span(each))); }, last);
    if (!done) return done;
  }
  return last.wait();  // of the last one, and so of all before it
}
// [/readable]

}  // namespace

TEST_CASE("settings are logged with one wait for the disk, and are there when the folder is opened again") {
  const support::temp_dir folder;
  const std::vector<std::string> settings = {"lr = 0.1", "batch = 32", "seed = 7"};
  {
    auto runs = open_runs(folder / "runs");
    REQUIRE(runs);
    REQUIRE(log_all(*runs, settings));
  }
  CHECK(open_runs(folder / "runs")->list("settings/", "", 9)->size() == 3);
}

TEST_CASE("a tracker in a folder has the files that people know, with an index of experiments and of runs") {
  support::temp_document_folder storage;
  auto tracks = *mt::tracker<support::temp_document_folder>::open(storage);
  const auto experiment = tracks.create_experiment("tuning");
  REQUIRE(experiment);
  std::string id;
  {
    auto run = tracks.start_run(experiment->id, {.name = "first", .parameters = {{"lr", "0.1"}}});
    REQUIRE(run);
    id = run->id();
    for (int step = 0; step < 10; ++step) run->log_metric("loss", 1.0 / (step + 1), step);
    REQUIRE(tracks.log_artifact(id, "model/weights.bin", {}));
  }
  REQUIRE(storage.checkpoint());
  const fs::path root = fs::path(storage.folder()) / "experiment_tracking";
  for (const std::string& each : {std::string("experiments/1.json"), std::string("experiments/index.parquet"),
                                  "runs/1/" + id + ".json", std::string("runs/1/index.parquet"),
                                  "metrics/" + id + "/summary.json", "artifacts/" + id + "/model/weights.bin.json"}) {
    INFO(each);
    CHECK(fs::exists(root / each));
  }
  CHECK_FALSE(fs::exists(root / "index"));
  const auto runs = ms::open_parquet((root / "runs/1/index.parquet").string());
  REQUIRE(runs);
  CHECK(runs->rows() == 1);
  CHECK((*runs->read(0, "id")->values<std::string_view>())[0] == id);
  CHECK((*runs->read(0, "status")->values<std::string_view>())[0] == "FINISHED");
}
