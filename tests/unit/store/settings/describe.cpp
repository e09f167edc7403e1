#include <millrace/store/settings/describe.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

#include <nlohmann/json.hpp>
#include <string>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

const std::string canary = "canary-9d1f-of-a-secret-that-nothing-shows";

ms::loaded_settings<support::made_service> made_settings() {
  support::node_maker make;
  auto file =
      make.names({{"token", make.scalar("env:TOKEN")},
                  {"version", make.scalar("no")},
                  {"tags", make.names({{"team", make.quoted("a \"b\"\n$${c}")}})},
                  {"caches", make.names({{"first", make.names({{"default_ttl", make.scalar("90")}})}})},
                  {"variants", make.list({make.names({{"name", make.scalar("a")}, {"weight", make.scalar("100")}})})}});
  auto made =
      ms::load_settings<support::made_service>(file, "service.yaml", {}, support::made_variables{{{"TOKEN", canary}}});
  REQUIRE(made);
  return *std::move(made);
}

}  // namespace

TEST_CASE("what settings are, and where they come from, is a line each, without secrets") {
  const std::string text = describe(made_settings());
  CHECK(text.find("cache.max_size = 1000 (default)\n") != text.npos);
  CHECK(text.find("version = \"no\" (service.yaml:2:9)\n") != text.npos);
  CHECK(text.find("caches.first.default_ttl = 90s (service.yaml:5:9)\n") != text.npos);
  CHECK(text.find("token = (secret) (service.yaml:1:9, env:TOKEN)\n") != text.npos);
  CHECK(text.find(canary) == text.npos);
}

TEST_CASE("settings as YAML and JSON have references in the places of secrets") {
  const auto settings = made_settings();
  const std::string yaml = to_yaml(settings);
  CHECK(yaml.find("token: \"env:TOKEN\"\n") != yaml.npos);
  CHECK(yaml.find("version: \"no\"\n") != yaml.npos);
  CHECK(yaml.find("  \"team\": \"a \\\"b\\\"\\n$${c}\"\n") != yaml.npos);
  CHECK(yaml.find(canary) == yaml.npos);
  const std::string text = to_json(settings);
  CHECK(text.find(canary) == text.npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["token"] == "env:TOKEN");
  CHECK(json["cache"]["default_ttl"] == "5m");
  CHECK(json["memory"] == "64MiB");
  CHECK(json["variants"][0]["weight"] == 100);
  CHECK_FALSE(json.contains("threshold"));
  CHECK(json["tags"]["team"] == "a \"b\"\n${c}");
  const auto none = ms::load_settings<support::made_service>({}, "", {}, support::made_variables{});
  CHECK(to_yaml(*none).find("token") == std::string::npos);
}
