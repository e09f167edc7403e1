#include <millrace/aggregate/streaming_aggregator.hpp>

#include <support/catch.hpp>

#include <millrace/core/json_check.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

constexpr std::int64_t second = 1'000'000'000;
mr::at seconds(double s) { return mr::at(static_cast<std::int64_t>(s * 1e9)); }

/// A clock that stands where it is put.
struct hand_clock {
  std::uint64_t* time;
  std::uint64_t ticks() const noexcept { return *time; }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

}  // namespace

TEST_CASE("a metric's statistics are those of its events in the window") {
  mr::streaming_aggregator events;
  for (int i = 1; i <= 100; ++i) events.update("latency", i, seconds(i * 0.1));
  events.update("cpu", 75.5, seconds(1));
  events.update("cpu", 82.3, seconds(2));
  const mr::metric_stats latency = events.stats("latency", seconds(10));
  CHECK(latency.metric == "latency");
  CHECK(latency.count == 100);
  CHECK(latency.sum == 5050);
  CHECK(latency.mean == 50.5);
  CHECK(latency.min == 1);
  CHECK(latency.max == 100);
  CHECK(latency.variance == Approx(100 * 101 / 12.0));
  CHECK(latency.stddev == Approx(std::sqrt(100 * 101 / 12.0)));
  CHECK(latency.p50 == Approx(50).epsilon(0.01));
  CHECK(latency.p90 == Approx(90).epsilon(0.01));
  CHECK(latency.p95 == Approx(95).epsilon(0.01));
  CHECK(latency.p99 == Approx(99).epsilon(0.01));
  CHECK(latency.rate == Approx(100 / 300.0));
  const mr::metric_stats cpu = events.stats("cpu", seconds(10));
  CHECK(cpu.count == 2);
  CHECK(cpu.mean == Approx(78.9));
  CHECK(events.metrics() == 2);
  CHECK(events.events() == 102);
  const mr::metric_stats none = events.stats("unheard of", seconds(10));
  CHECK(none.count == 0);
  CHECK(std::isnan(none.mean));
  CHECK(events.metrics() == 2);
  CHECK(events.window("latency", seconds(10)).get<mr::count>() == 100);
}

TEST_CASE("events leave the window pane by pane, late ones go to their panes or are counted") {
  mr::basic_streaming_aggregator<> events({mr::duration(60 * second), 60, 10, 10});
  std::vector<std::pair<double, double>> all;
  double now = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += i % 1000 == 0 ? 10.0 : 0.01;
    const double t = i % 5 == 0 ? now - 7 : now;
    all.push_back({t, i});
    events.update("m", i, seconds(t));
    if (i % 97 != 0) continue;
    // The panes of one second that overlap the last minute.
    double sum = 0;
    std::uint64_t count = 0;
    for (const auto& [time, x] : all)
      if (std::floor(time) >= std::floor(now) - 60) {
        sum += x;
        ++count;
      }
    const auto stats = events.stats("m", seconds(now));
    CHECK(stats.count == count);
    CHECK(stats.sum == sum);
  }
  CHECK(events.late() == 0);
  events.update("m", 1, seconds(now - 100));
  CHECK(events.late() == 1);
  CHECK(events.stats("m", seconds(now + 1000)).count == 0);
}

TEST_CASE("groups have statistics of their own, the metric those of all") {
  mr::streaming_aggregator events;
  for (int i = 0; i < 30; ++i) {
    events.update("latency", i % 2 == 0 ? "eu" : "us", i, seconds(i));
    events.update("latency", 100 + i, seconds(i));
  }
  CHECK(events.stats("latency", "eu", seconds(30)).count == 15);
  CHECK(events.stats("latency", "eu", seconds(30)).max == 28);
  CHECK(events.stats("latency", "us", seconds(30)).min == 1);
  CHECK(events.stats("latency", "asia", seconds(30)).count == 0);
  CHECK(events.stats("latency", seconds(30)).count == 60);
  CHECK(events.stats("latency", seconds(30)).max == 129);
  const auto all = events.all_stats(seconds(30));
  REQUIRE(all.size() == 3);
  CHECK(all[0].group.empty());
  CHECK(all[1].group == "eu");
  CHECK(all[2].group == "us");
}

TEST_CASE("metrics and groups beyond their bounds share one, and nothing is lost") {
  mr::basic_streaming_aggregator<> events({mr::duration(60 * second), 6, 5, 3});
  for (int i = 0; i < 100; ++i) events.update("metric " + std::to_string(i), 1.0, seconds(1));
  CHECK(events.metrics() == 6);
  CHECK(events.stats(events.overflow_name, seconds(1)).count == 95);
  for (int i = 0; i < 100; ++i) events.update("metric 0", std::to_string(i), 1.0, seconds(1));
  CHECK(events.stats("metric 0", seconds(1)).count == 101);
  CHECK(events.stats("metric 0", events.overflow_name, seconds(1)).count == 97);
  CHECK(events.all_stats(seconds(1)).size() == 6 + 4);
}

TEST_CASE("events are stamped by the clock when they bring no time; a metric is updated without its name") {
  std::uint64_t time = 5 * second;
  mr::basic_streaming_aggregator<hand_clock> events({}, hand_clock{&time});
  const auto id = events.metric("m");
  events.update(id, 1.0);
  events.update("m", 2.0);
  events.update("m", "g", 3.0);
  CHECK(events.stats("m").count == 3);
  time += 400 * static_cast<std::uint64_t>(second);
  CHECK(events.stats("m").count == 0);
  CHECK(events.stats("m", "g").count == 0);
  events.update(id, 4.0);
  CHECK(events.all_stats()[0].mean == 4);
  CHECK(events.window("m").get<mr::max>() == 4);
}

TEST_CASE("statistics are written as JSON, and reset forgets them") {
  mr::streaming_aggregator events;
  events.update("a \"quoted\" name", 1.5, seconds(1));
  events.update("b", "g", 2.5, seconds(1));
  const std::string json = events.json(seconds(1));
  CHECK(mr::is_json(json));
  CHECK(json.find("{\"metric\":\"a \\\"quoted\\\" name\",\"count\":1,") != std::string::npos);
  CHECK(json.find("\"group\":\"g\"") != std::string::npos);
  CHECK(json.find("\"variance\":\"NaN\"") != std::string::npos);
  events.reset();
  CHECK(events.metrics() == 0);
  CHECK(events.events() == 0);
  CHECK(events.json(seconds(2)) == "[]");
}
