#include <millrace/connect/rest/dashboard/audit_panel.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace mo = millrace::observe;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;

TEST_CASE("a panel of an audit trail has its last events, newest first") {
  const support::temp_dir dir;
  auto trail = mo::audit_trail<ms::shared>::open(dir.path().string() + "/audit");
  REQUIRE(trail);
  rest::audit_panel panel(*trail, 3);
  const auto look = [&] {
    rest::panel_writer to;
    REQUIRE(panel.show(to));
    return nlohmann::json::parse("{" + to.members() + "}");
  };
  CHECK(look()["states"][0]["value"] == "works");
  for (int i = 0; i < 5; ++i) {
    const std::string object = "model/<b>" + std::to_string(i);
    mo::audit_event event;
    event.kind = mo::audit_kinds::model_deployed;
    event.actor = "ada";
    event.object = object;
    event.reason = "\"better\"";
    REQUIRE(trail->append_durable(event));
  }
  const auto rows = look()["tables"][0]["rows"];
  REQUIRE(rows.size() == 3);
  CHECK(rows[0][1] == "model_deployed");
  CHECK(rows[0][3] == "ada");
  CHECK(rows[0][4] == "model/<b>4");
  CHECK(rows[2][4] == "model/<b>2");
  CHECK(rows[0][5] == "\"better\"");
  CHECK(rows[0][0].get<std::string>().size() == 19);

  // The files are read again only if there are new events.
  std::filesystem::rename(dir.path() / "audit", dir.path() / "away");
  CHECK(look()["tables"][0]["rows"] == rows);
}
