#include <millrace/connect/configuration/data_pipeline_settings.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

#include <millrace/connect/yaml.hpp>

#include <string>
#include <vector>

namespace mc = millrace::connect::configuration;
namespace my = millrace::connect::yaml;

TEST_CASE("brokers and Redis may be named by the variables of others, and a password in an address is refused unseen") {
  const auto load = [](const std::string& text, support::made_variables variables = {}) {
    return my::load_text<mc::data_pipeline_settings>(text, "p.yaml", {}, variables);
  };
  const auto made = load("", {{{"KAFKA_BROKERS", "kafka:9092,other:9092"}, {"REDIS_URL", "redis://redis:6379"}}});
  REQUIRE(made);
  CHECK(made->value.kafka.brokers == std::vector<std::string>{"kafka:9092", "other:9092"});
  CHECK(made->value.redis.url == "redis://redis:6379");
  const auto secret = load("", {{{"REDIS_URL", "redis://user:canary-8f@redis:6379"}}});
  REQUIRE_FALSE(secret);
  CHECK(secret.error().describe().find("canary-8f") == std::string::npos);
  CHECK(secret.error().describe().starts_with("environment REDIS_URL: redis.url: a password is not written here"));
  CHECK_FALSE(load("redis: {url: 'http://redis'}\n"));
  const auto refused = load("rabbitmq: {url: x}\n");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().describe() ==
        "p.yaml:1:1: rabbitmq: is not used here: jobs are run by this process, in a queue with a bound");
}
