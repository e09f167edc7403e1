#include <millrace/store/settings/settings_schema.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/service_settings.hpp>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ms = millrace::store;

TEST_CASE("the schema of settings has types, limits, choices, defaults and words, and no value of a secret") {
  const std::string text = ms::settings_schema<support::made_service>("A service");
  const auto schema = nlohmann::json::parse(text);
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["title"] == "A service");
  CHECK(schema["additionalProperties"] == false);
  const auto& all = schema["properties"];
  CHECK(all.size() == 10);
  CHECK_FALSE(all.contains("enable_gpu"));
  const auto& size = all["cache"]["properties"]["max_size"];
  CHECK(size["anyOf"][0] == nlohmann::json{{"type", "integer"}, {"minimum", 1}, {"maximum", 4294967295U}});
  CHECK(size["default"] == 1000);
  CHECK(size["description"] == "entries");
  CHECK(all["strategy"]["anyOf"][0]["enum"] == nlohmann::json{"hash", "random"});
  CHECK(all["brokers"]["default"] == nlohmann::json{"localhost:9092"});
  CHECK(all["variants"]["items"]["required"] == nlohmann::json{"name"});
  CHECK(all["token"] == nlohmann::json{{"$ref", "#/$defs/secret"}, {"description", "of the registry"}});
  CHECK(all["threshold"]["anyOf"][0]["type"] == "null");
}

TEST_CASE("the schema of a service is the bytes that it was") {
  const std::vector<std::byte> bytes = support::golden("store/settings_schema.json");
  const std::string kept(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  CHECK(ms::settings_schema<support::made_service>("A service") + '\n' == kept);
}
