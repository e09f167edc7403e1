#include <millrace/connect/rest/parts/aggregates.hpp>

#include <millrace/connect/rest/api.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

TEST_CASE("events that are posted are in a metric's statistics") {
  rest::shared_metrics metrics;
  const rest::api api({}, rest::aggregates(metrics));
  const auto post = [&](const char* body) { return ask(api, "POST", "/pipeline/aggregate", body); };
  const auto first = post(R"({"metric_name":"latency","value":100})");
  CHECK(first.status() == 200);
  CHECK(first.response.body == R"({"status":"aggregated","metric_name":"latency","total_events":1})");
  const auto one = ask(api, "GET", "/pipeline/stats/latency");
  CHECK(one.json["stats"]["count"] == 1);
  CHECK(one.json["stats"]["stddev"].is_null());
  CHECK(post(R"({"metric_name":"latency","value":200,"group_by":"eu/west"})").json["total_events"] == 2);
  CHECK(post(R"({"metric_name":"cpu usage","value":0.5})").status() == 200);
  const auto stats = ask(api, "GET", "/pipeline/stats/latency").json;
  CHECK(stats["stats"]["count"] == 2);
  CHECK(stats["stats"]["mean"] == 150.0);
  CHECK(stats["stats"]["min"] == 100.0);
  CHECK(stats["stats"]["max"] == 200.0);
  CHECK(stats["total_events"] == 2);
  CHECK(stats["timestamp"].get<std::string>().size() > 19);
  CHECK(ask(api, "GET", "/pipeline/stats/latency?group_by=eu%2Fwest").json["stats"]["mean"] == 200.0);
  CHECK(ask(api, "GET", "/pipeline/stats/cpu%20usage").json["stats"]["mean"] == 0.5);
  const auto all = ask(api, "GET", "/pipeline/all-stats").json;
  CHECK(all.size() == 2);
  CHECK(all["latency"]["count"] == 2);
  CHECK(all["latency"]["groups"]["eu/west"]["count"] == 1);
  CHECK(all["cpu usage"]["sum"] == 0.5);
  CHECK_FALSE(all["cpu usage"].contains("groups"));

  CHECK(ask(api, "GET", "/pipeline/stats/none").status() == 404);
  CHECK(ask(api, "GET", "/pipeline/stats/latency?group_by=none").status() == 404);
  CHECK(post(R"({"metric_name":"","value":1})").status() == 422);
  CHECK(post(R"({"metric_name":"a","value":null})").status() == 422);
  CHECK(post(R"({"metric_name":"a","value":1e999})").status() == 422);
  CHECK(post(R"({"metric_name":"a"})").status() == 422);
  CHECK(metrics.with([](auto& events) { return events.events(); }) == 3);
}

TEST_CASE("threads share metrics, and no event is lost") {
  rest::shared_metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 500; ++k) {
        metrics.update("a", 1);
        metrics.update("a", "g", 2);
        static_cast<void>(metrics.with([](auto& events) { return events.stats("a").sum; }));
      }
    });
  for (std::thread& each : threads) each.join();
  CHECK(metrics.with([](auto& events) { return events.stats("a").sum; }) == 6000);
}

namespace {

/// Metrics whose events are kept somewhere first, which may have no room.
struct kept_metrics {
  mr::errc refuses = mr::errc::unavailable;
  std::string last = {};

  struct view {
    kept_metrics* of;
    mr::result<void> update(std::string_view metric, double) const { return update(metric, "", 0); }
    mr::result<void> update(std::string_view metric, std::string_view group, double) const {
      if (metric == "full") return mr::error(of->refuses, "no room");
      of->last = std::string(metric).append("/").append(group);
      return {};
    }
    std::uint64_t events() const { return 7; }
    mr::metric_stats stats(std::string_view) const { return {}; }
    mr::metric_stats stats(std::string_view, std::string_view) const { return {}; }
    std::vector<mr::metric_stats> all_stats() const { return {}; }
  };
  template <class Use>
  decltype(auto) with(const Use& use) {
    view all{this};
    return use(all);
  }
};

}  // namespace

TEST_CASE("a client is told why an event of a metric was not taken") {
  kept_metrics metrics;
  const rest::api api({}, rest::aggregates(metrics));
  const auto post = [&](const char* body) { return ask(api, "POST", "/pipeline/aggregate", body); };
  const auto taken = post(R"({"metric_name":"latency","value":1,"group_by":"eu"})");
  CHECK(taken.status() == 200);
  CHECK(taken.json["total_events"] == 7);
  CHECK(metrics.last == "latency/eu");
  CHECK(post(R"({"metric_name":"full","value":1})").status() == 429);
  metrics.refuses = mr::errc::io;
  CHECK(post(R"({"metric_name":"full","value":1})").status() == 500);
}
