#include <millrace/middleware/event_metrics.hpp>

#include <support/catch.hpp>

#include <millrace/observe/metrics.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace mr = millrace;

TEST_CASE("a summary adds up the middleware's families and takes no others for them") {
  mr::observe::metrics_registry registry;
  const mr::observe::label_set a{{mr::event_label, "a"}};
  const mr::observe::label_set b{{mr::event_label, "b"}};
  registry.counter(mr::event_count_info, a).value().add(3);
  registry.counter(mr::event_count_info, b).value().add(1);
  registry.counter(mr::event_failures_info, b).value().add(1);
  const auto timer = registry.timer(mr::event_duration_info, a).value();
  for (const std::uint64_t ns : {2U, 4U, 6U}) timer.update(ns);
  registry.timer(mr::event_duration_info, b).value().update(0);
  registry.gauge(mr::event_field_info, {{mr::field_label, "loss"}}).value().set(0.5);
  registry.counter({"other_total", ""}, a).value().add(100);

  const mr::metrics_summary summary = mr::summarize_events(registry.snapshot());
  CHECK(summary.total_events == 4);
  CHECK(summary.total_failures == 1);
  REQUIRE(summary.events.size() == 2);
  CHECK(summary.find("a")->count == 3);
  CHECK(summary.find("a")->avg_seconds() == Approx(4e-9));
  CHECK(summary.find("a")->min_seconds == 2e-9);
  CHECK(summary.find("a")->max_seconds == 6e-9);
  CHECK(summary.find("b")->failures == 1);
  CHECK(summary.find("b")->min_seconds == 0);
  CHECK(summary.find("c") == nullptr);
  REQUIRE(summary.fields.size() == 1);
  CHECK(summary.fields[0].first == "loss");
  CHECK(summary.fields[0].second == 0.5);
}

TEST_CASE("series of one event under further labels are added up") {
  mr::observe::metrics_registry registry;
  for (const std::string_view chain : {"one", "two"}) {
    const mr::observe::label_set labels{{mr::event_label, "a"}, {"chain", chain}};
    registry.counter(mr::event_count_info, labels).value().add(2);
    registry.timer(mr::event_duration_info, labels).value().update(chain == "one" ? 10 : 30);
    registry.gauge(mr::event_field_info, {{mr::field_label, "loss"}, {"chain", chain}}).value().set(chain == "one");
  }
  const mr::metrics_summary summary = mr::summarize_events(registry.snapshot());
  REQUIRE(summary.events.size() == 1);
  CHECK(summary.events[0].count == 4);
  CHECK(summary.events[0].total_seconds == 4e-8);
  CHECK(summary.events[0].min_seconds == 1e-8);
  CHECK(summary.events[0].max_seconds == 3e-8);
  REQUIRE(summary.fields.size() == 1);
  CHECK(summary.fields[0].second == 0);
}

TEST_CASE("an empty registry has an empty summary, and an event that never ran no average") {
  mr::observe::metrics_registry registry;
  CHECK(mr::summarize_events(registry.snapshot()).events.empty());
  registry.counter(mr::event_count_info, {{mr::event_label, "a"}}).value();
  const mr::metrics_summary summary = mr::summarize_events(registry.snapshot());
  CHECK(summary.events[0].avg_seconds() == 0);
  CHECK(summary.events[0].min_seconds == 0);
}

TEST_CASE("a summary's JSON: timestamp, uptime, events and custom metrics") {
  mr::observe::metrics_registry registry;
  const auto event = [&](std::string_view name, std::uint64_t failures, std::initializer_list<std::uint64_t> ms) {
    const mr::observe::label_set labels{{mr::event_label, name}};
    registry.counter(mr::event_count_info, labels).value().add(ms.size());
    registry.counter(mr::event_failures_info, labels).value().add(failures);
    for (const auto d : ms) registry.timer(mr::event_duration_info, labels).value().update(d * 1'000'000);
  };
  event("forward_pass", 1, {5, 7, 12});
  event("never \"timed\"", 0, {});
  registry.gauge(mr::event_field_info, {{mr::field_label, "loss"}}).value().set(0.234);
  auto snapshot = registry.snapshot();
  snapshot.unix_nanoseconds = 1'705'843'822'123'456'789;
  snapshot.uptime_nanoseconds = 120'500'000'000;

  const auto json = nlohmann::json::parse(mr::to_json(mr::summarize_events(snapshot)));
  CHECK(json["timestamp"] == 1705843822.123);
  CHECK(json["uptime_seconds"] == 120.5);
  const auto& forward = json["events"]["forward_pass"];
  CHECK(forward["count"] == 3);
  CHECK(forward["failures"] == 1);
  CHECK(forward["avg_duration_seconds"] == Approx(0.008));
  CHECK(forward["min_duration_seconds"] == 0.005);
  CHECK(forward["max_duration_seconds"] == 0.012);
  CHECK(json["events"]["never \"timed\""]["min_duration_seconds"] == 0);
  CHECK(json["custom_metrics"]["loss"] == 0.234);
  CHECK(json.size() == 4);
}
