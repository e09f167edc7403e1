#include <millrace/connect/redis/observed.hpp>

#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>
#include <support/redis_server.hpp>

#include <chrono>
#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;
namespace redis = mr::connect::redis;
using namespace std::chrono_literals;
using redis::effect;

TEST_CASE("redis metrics: what a client asked, what failed, and how its server is") {
  if (!support::has_redis()) return;
  mo::metrics_registry registry;
  const auto says = [&](const std::string& line) {
    const std::string text = mo::to_prometheus(registry.snapshot());
    INFO(text);
    CHECK(text.find('\n' + line + '\n') != text.npos);
  };
  support::redis_server server;
  redis::client client({.server = server.address(),
                        .retry = {.attempts = 2, .base = 1ms, .cap = 1ms},
                        .breaker = {.calls = 2, .min_calls = 2, .open_for = mr::seconds(60)}});
  auto shown = redis::redis_metrics::make(registry, client);
  REQUIRE(shown);
  const std::string label = "{server=\"" + redis::to_string(server.address().at) + "\"} ";
  redis::commands two(effect::repeatable);
  two.update("SET", "a", "1").update("SET", "b", "2");
  REQUIRE(client.exchange(two));
  REQUIRE(client.call(effect::reads, "GET", "a"));
  REQUIRE(shown->update());
  says("redis_exchanges_total 2");
  says("redis_commands_total 3");
  says("redis_exchange_failures_total 0");
  says("redis_connections_opened_total" + label + '1');
  says("redis_connections_idle" + label + '1');
  says("redis_circuit_breaker_state" + label + '0');
  const std::string text = mo::to_prometheus(registry.snapshot());
  const double took = std::stod(text.substr(text.find("\nredis_exchange_seconds ") + 24));
  CHECK(took > 0);
  CHECK(took < 5);

  server.kill();
  CHECK_FALSE(client.call(effect::reads, "GET", "a"));
  REQUIRE(shown->update());
  REQUIRE(shown->update());  // nothing new
  says("redis_exchange_failures_total 2");
  says("redis_retries_total 1");
  says("redis_circuit_breaker_state" + label + '2');
  says("redis_connections_idle" + label + '0');
}
