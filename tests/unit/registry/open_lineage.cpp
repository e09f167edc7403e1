#include <millrace/registry/open_lineage.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>

namespace mg = millrace::registry;

TEST_CASE("a version's lineage is a run event of OpenLineage") {
  mg::model_version of;
  of.model = "fraud";
  of.version = 3;
  of.created = 1'737'460'800'000'000'000U;
  of.run_id = "run 7";
  of.parents = {{"base", 2, 1}};
  of.data_sets = {{"payments", "abc", "s3://lake", "training"}, {"plain", "", "", ""}};
  const auto read = nlohmann::json::parse(to_open_lineage(of));
  CHECK(read["eventType"] == "COMPLETE");
  CHECK(read["eventTime"] == "2025-01-21T12:00:00.000000Z");
  CHECK(read["schemaURL"] == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
  CHECK(read["job"]["name"] == "train fraud");
  REQUIRE(read["inputs"].size() == 3);
  CHECK(read["inputs"][0]["namespace"] == "s3://lake");
  CHECK(read["inputs"][0]["facets"]["version"]["datasetVersion"] == "abc");
  CHECK(read["inputs"][1].contains("facets") == false);
  CHECK(read["inputs"][2]["name"] == "models/base");
  CHECK(read["outputs"][0]["facets"]["version"]["datasetVersion"] == "3");
  // The UUID of another run differs; the same run's is the same; one that is a UUID stays.
  const std::string uuid = read["run"]["runId"];
  CHECK(uuid.size() == 36);
  CHECK(uuid[14] == '8');
  CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
  CHECK(nlohmann::json::parse(to_open_lineage(of))["run"]["runId"] == uuid);
  of.run_id = "0f0e0d0c-0b0a-4908-8706-050403020100";
  CHECK(nlohmann::json::parse(to_open_lineage(of))["run"]["runId"] == of.run_id);
}
