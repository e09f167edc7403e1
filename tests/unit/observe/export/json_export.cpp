#include <millrace/observe/export/json_export.hpp>

#include <support/catch.hpp>
#include <support/observe_registry.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace mr = millrace;

TEST_CASE("a document's own members: timestamp and uptime") {
  mr::observe::metrics_registry registry;
  auto snapshot = registry.snapshot();
  snapshot.unix_nanoseconds = 1'705'843'822'123'456'789;
  snapshot.uptime_nanoseconds = 120'500'000'000;
  CHECK(mr::observe::to_json(snapshot) == R"({"timestamp":1705843822.123,"uptime_seconds":120.5,"metrics":{}})");
}

TEST_CASE("every metric is there, and the text is strict JSON whatever the values") {
  mr::observe::metrics_registry registry;
  support::fill_with_trouble(registry);
  const auto json = nlohmann::json::parse(mr::observe::to_json(registry.snapshot()));
  const auto& metrics = json["metrics"];
  CHECK(metrics["rows"]["type"] == "counter");
  CHECK(metrics["rows"]["help"] == "Rows \"read\" from C:\\data\nand kept.");
  CHECK(metrics["rows"]["series"][0]["labels"]["file"] == "a \"b\"\\c\nd");
  CHECK(metrics["rows"]["series"][0]["value"] == 3);
  CHECK(metrics["rows"]["series"][1]["labels"]["file"] == "\\xff\x01 caf\xc3\xa9\t\r");
  CHECK(metrics["rows"]["series"][1]["value"] == 9007199254740991);
  CHECK(metrics["sent_bytes"]["unit"] == "bytes");
  CHECK(metrics["loss"]["series"][0]["value"] == "NaN");
  CHECK(metrics["loss"]["series"][1]["value"] == "Infinity");
  CHECK(metrics["loss"]["series"][2]["value"] == "-Infinity");
  CHECK(metrics["loss"]["series"][4]["value"] == 1.0 / 3);
  CHECK(metrics["score"]["bounds"] == nlohmann::json::parse("[-1, 0, 0.25, 1e6]"));
  CHECK(metrics["score"]["series"][0]["buckets"] == nlohmann::json::parse("[2, 2, 1, 1, 2]"));
  CHECK(metrics["score"]["series"][0]["count"] == 8);
  CHECK(metrics["score"]["series"][0]["sum"] == 2000003.7);
  CHECK(metrics["step_seconds"]["series"][0]["min"] == 9e-8);
  CHECK(metrics["step_seconds"]["series"][0]["max"] == 11.0);
}

TEST_CASE("random labels and help give strict JSON that reads back") {
  mr::random_engine random(9);
  for (int round = 0; round < 200; ++round) {
    mr::observe::metrics_registry registry;
    const mr::observe::label_set labels{{"a", support::random_bytes(random)}};
    registry.counter({"c", support::random_bytes(random, 30)}, labels).value();
    const auto snapshot = registry.snapshot();
    const auto json = nlohmann::json::parse(mr::observe::to_json(snapshot));
    REQUIRE(json["metrics"]["c"]["series"][0]["labels"]["a"] == labels["a"]);
    REQUIRE(json["metrics"]["c"]["help"] == snapshot.find("c")->family->help);
  }
}

TEST_CASE("no locale changes a byte of the JSON") {
  const auto text = [] {
    mr::observe::metrics_registry registry;
    support::fill_with_trouble(registry);
    auto snapshot = registry.snapshot();
    snapshot.unix_nanoseconds = snapshot.uptime_nanoseconds = 1'234'567'890'123;
    return mr::observe::to_json(snapshot);
  };
  const std::string expected = text();
  const support::comma_locale commas;
  CHECK(text() == expected);
}
