#include <millrace/observe/event_metrics.hpp>

#include <support/catch.hpp>

#include <millrace/observe/metrics.hpp>

namespace mr = millrace;

TEST_CASE("a summary adds up the middleware's families and takes no others for them") {
  mr::observe::metrics_registry registry;
  const mr::observe::label_set a{{mr::observe::event_label, "a"}};
  const mr::observe::label_set b{{mr::observe::event_label, "b"}};
  registry.counter(mr::observe::event_count_info, a).value().add(3);
  registry.counter(mr::observe::event_count_info, b).value().add(1);
  registry.counter(mr::observe::event_failures_info, b).value().add(1);
  const auto timer = registry.timer(mr::observe::event_duration_info, a).value();
  for (const std::uint64_t ns : {2U, 4U, 6U}) timer.record(ns);
  registry.timer(mr::observe::event_duration_info, b).value().record(0);
  registry.gauge(mr::observe::event_field_info, {{mr::observe::field_label, "loss"}}).value().set(0.5);
  registry.counter({"other_total", ""}, a).value().add(100);

  const mr::observe::metrics_summary summary = summarize(registry.snapshot());
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
    const mr::observe::label_set labels{{mr::observe::event_label, "a"}, {"chain", chain}};
    registry.counter(mr::observe::event_count_info, labels).value().add(2);
    registry.timer(mr::observe::event_duration_info, labels).value().record(chain == "one" ? 10 : 30);
    registry.gauge(mr::observe::event_field_info, {{mr::observe::field_label, "loss"}, {"chain", chain}})
        .value()
        .set(chain == "one");
  }
  const mr::observe::metrics_summary summary = summarize(registry.snapshot());
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
  CHECK(summarize(registry.snapshot()).events.empty());
  registry.counter(mr::observe::event_count_info, {{mr::observe::event_label, "a"}}).value();
  const mr::observe::metrics_summary summary = summarize(registry.snapshot());
  CHECK(summary.events[0].avg_seconds() == 0);
  CHECK(summary.events[0].min_seconds == 0);
}
