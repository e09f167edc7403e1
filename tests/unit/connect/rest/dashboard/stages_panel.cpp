#include <millrace/connect/rest/dashboard/stages_panel.hpp>

#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;
using mr::registry::stage;

TEST_CASE("a panel of a registry has the newest version of each stage") {
  ms::memory_storage storage;
  auto models = mr::registry::open_registry(storage);
  REQUIRE(models);
  for (int i = 0; i < 2; ++i)
    REQUIRE(models->register_version({.model = "churn", .semantic = "1." + std::to_string(i) + ".0", .actor = "ada"}));
  for (const stage to : {stage::staging, stage::production})
    REQUIRE(models->move({.model = "churn", .version = 1, .to = to, .actor = "ada"}));
  REQUIRE(models->set_alias("churn", "champion", 1, "ada"));
  rest::stages_panel panel(*models, 1);
  const auto look = [&] {
    rest::panel_writer to;
    REQUIRE(panel.show(to));
    return nlohmann::json::parse("{" + to.members() + "}");
  };
  auto got = look();
  CHECK(got["states"][0]["name"] == "churn in production");
  CHECK(got["states"][0]["value"] == "version 1");
  REQUIRE(got["tables"][0]["rows"].size() == 2);
  bool has_champion = false;
  for (const auto& row : got["tables"][0]["rows"])
    has_champion = has_champion || (row[1] == 1 && row[2] == "1.0.0" && row[3] == "production" && row[4] == "champion");
  CHECK(has_champion);
  CHECK(got["tables"][0]["left_out"] == 0);
  REQUIRE(models->register_version({.model = "fraud", .actor = "ada"}));
  got = look();
  CHECK(got["tables"][0]["rows"].size() == 2);
  CHECK(got["tables"][0]["left_out"] == 1);
}
