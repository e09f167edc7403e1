#include <millrace/registry/folder_paths.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>
#include <support/temp_dir.hpp>
#include <support/temp_document_folder.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;
namespace mg = millrace::registry;
namespace ms = millrace::store;

TEST_CASE("a registry in a folder has the files that people know, with an index of models and of versions") {
  support::temp_document_folder storage;
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  support::register_one(models, "fraud");
  support::register_one(models, "fraud", .95);
  support::register_one(models, "churn");
  REQUIRE(models.move({.model = "fraud", .version = 2, .to = mg::stage::staging, .actor = "ada"}));
  REQUIRE(storage.checkpoint());
  const fs::path root = fs::path(storage.folder()) / "model_registry";
  std::vector<std::string> found;
  for (const auto& each : fs::recursive_directory_iterator(root))
    if (!each.is_directory()) found.push_back(fs::relative(each.path(), root).string());
  std::sort(found.begin(), found.end());
  std::vector<std::string> expected = {"history/1/1.json",     "history/1/index.parquet", "metadata/1/index.parquet",
                                       "metadata/1/v1.json",   "metadata/1/v2.json",      "metadata/2/index.parquet",
                                       "metadata/2/v1.json",   "models/1.json",           "models/2.json",
                                       "models/index.parquet", "outbox/index.parquet",    "state.json",
                                       "index.parquet"};
  for (int i = 1; i <= 6; ++i) expected.push_back("outbox/" + std::to_string(i) + ".json");
  std::sort(expected.begin(), expected.end());
  CHECK(found == expected);
  const auto versions = ms::open_parquet((root / "metadata/1/index.parquet").string());
  REQUIRE(versions);
  CHECK((*versions->read(0, "version")->values<std::int64_t>())[1] == 2);
  CHECK((*versions->read(0, "stage")->values<std::string_view>())[1] == "staging");
  const auto names = ms::open_parquet((root / "models/index.parquet").string());
  REQUIRE(names);
  CHECK((*names->read(0, "name")->values<std::string_view>())[1] == "churn");
}
