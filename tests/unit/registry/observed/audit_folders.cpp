#include <millrace/registry/observed/audit_folders.hpp>

#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace mo = millrace::observe;
namespace ms = millrace::store;

TEST_CASE("an audit trail is written as a file for each record, by days") {
  const support::temp_dir folder;
  const std::string trail = folder / "audit";
  {
    auto opened = mo::audit_trail<>::open(trail).value();
    for (const std::uint64_t seconds : {1'735'689'599U, 1'735'689'600U}) {  // the last of 2024, the first of 2025
      const std::vector<mo::audit_field> fields{{"version", "3"}};
      REQUIRE(opened.append({.kind = *mo::audit_name::make("model_promoted"),
                             .actor = "ada@example.org",
                             .actor_pii = mo::pii_type::email,
                             .object = "model/fraud/3",
                             .unix_nanoseconds = seconds * std::uint64_t{1'000'000'000},
                             .fields = fields}) != 0);
    }
    REQUIRE(opened.close());
  }
  ms::memory_storage target;
  CHECK(mg::export_audit_folders(trail, target, "out/").value() == 2);
  std::vector<std::string> keys;
  REQUIRE(ms::for_each_object(target, "", [&](const ms::storage_entry& each) { keys.push_back(each.key); }));
  REQUIRE(keys.size() == 2);
  CHECK(keys[0].starts_with("out/audit_logs/events/2024/12/31/"));
  CHECK(keys[1].starts_with("out/audit_logs/events/2025/01/01/"));
  const auto bytes = target.read(keys[1]).value();
  const auto record = nlohmann::json::parse(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  CHECK(record["kind"] == "model_promoted");
  CHECK(record["object"] == "model/fraud/3");
  CHECK(record["fields"]["version"] == "3");
  CHECK(record["time"] == "2025-01-01T00:00:00.000000Z");
  CHECK(record["actor"] != "ada@example.org");  // masked

  ms::memory_storage shown;
  REQUIRE(mg::export_audit_folders(trail, shown, "", mo::unmasked()));
  CHECK(shown.read(keys[1].substr(4)).has_value());
  CHECK(mg::export_audit_folders(folder / "none", target).error().code() == mr::errc::not_found);

  ms::memory_storage small({.max_bytes = 1});
  CHECK_FALSE(mg::export_audit_folders(trail, small));
}
