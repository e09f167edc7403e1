#include <millrace/store/settings/changes.hpp>

#include <support/catch.hpp>
#include <support/service_settings.hpp>

#include <string>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("a reload tells which settings changed, and which of them may while the program runs") {
  support::made_service before;
  support::made_service after;
  CHECK(ms::compare_settings(before, after).empty());
  CHECK(ms::compare_settings(before, after).may_reload());

  after.cache.max_size = 2000;
  after.version = "2.0";
  after.variants.push_back({"a", 100, {}});
  const auto running = ms::compare_settings(before, after);
  CHECK(running.may_reload());
  CHECK(running.report() ==
        "cache.max_size: 1000 -> 2000\nversion: 1.0 -> 2.0\nvariants[0].name: (none) -> a\nvariants[0].weight: (none) "
        "-> 100\n");

  after.brokers = {"a:1", "b:2"};
  after.cache.default_ttl = mr::seconds(60);
  after.threshold = 0.5;
  const auto all = ms::compare_settings(before, after);
  CHECK_FALSE(all.may_reload());
  CHECK(all.report().find("cache.default_ttl: 5m -> 1m (needs a start)\n") != std::string::npos);
  CHECK(all.report().find("threshold: (none) -> 0.5 (needs a start)\n") != std::string::npos);
  CHECK(all.report().find("brokers[0]: localhost:9092 -> a:1 (needs a start)\n") != std::string::npos);
  CHECK(ms::compare_settings(after, before).all().size() == all.all().size());
}

TEST_CASE("a secret that changed is told of, and not shown") {
  const std::string canary = "canary-77a0";
  support::made_service before;
  support::made_service after;
  after.token = ms::secret<std::string>(std::string(canary));
  const auto changed = ms::compare_settings(before, after);
  CHECK(changed.report() == "token: (secret) -> (secret) (needs a start)\n");
  before.token = ms::secret<std::string>(std::string(canary));
  CHECK(ms::compare_settings(before, after).empty());
}
