#include <millrace/aggregate/keyed/streaming_aggregator.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/sketches/count_min.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/core/seed.hpp>

#include <laws/aggregator.hpp>
#include <support/clocks.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

using support::hand_clock;
using support::second;
using support::seconds;

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
  CHECK(latency.rate == Approx(10));  // as old as it is: ten seconds
  mr::streaming_aggregator old = events;
  CHECK(old.stats("latency", seconds(1000)).rate == 0);
  for (int i = 0; i < 50; ++i) old.update("latency", i, seconds(1000));
  CHECK(old.stats("latency", seconds(1000)).rate == Approx(50 / 300.0));  // silent before, but not young
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
  const std::string json = mr::to_json(events, seconds(1));
  CHECK(mr::is_json(json));
  CHECK(json.find("{\"metric\":\"a \\\"quoted\\\" name\",\"count\":1,") != std::string::npos);
  CHECK(json.find("\"group\":\"g\"") != std::string::npos);
  CHECK(json.find("\"variance\":\"NaN\"") != std::string::npos);
  events.reset();
  CHECK(events.metrics() == 0);
  CHECK(events.events() == 0);
  CHECK(mr::to_json(events, seconds(2)) == "[]");
}

namespace {

struct event {
  std::string metric;
  std::string group;  // empty: none
  double x;
  mr::time_point time;
};

void feed(mr::streaming_aggregator& into, const std::vector<event>& events) {
  for (const event& e : events) {
    if (e.group.empty())
      into.update(e.metric, e.x, e.time);
    else
      into.update(e.metric, e.group, e.x, e.time);
  }
}

/// Whole numbers, so that sums are exact in any order; some events late, some pauses as long as the window.
std::vector<event> some_events(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<event> made;
  double now = -30;
  for (std::size_t i = 0; i < size; ++i) {
    now += random.below(500) == 0 ? 40 : 0.05;
    const std::string metric = "metric " + std::to_string(random.below(3));
    const std::string group = random.below(2) == 0 ? "" : "group " + std::to_string(random.below(4));
    const double x = static_cast<double>(random.below(1000)) - 300;
    made.push_back({metric, group, x, seconds(now - static_cast<double>(random.below(5)))});
  }
  return made;
}

using table = std::map<std::pair<std::string, std::string>, std::vector<double>>;
/// Everything it answers, in the order of the names.
table all_of(mr::streaming_aggregator from, mr::time_point time) {
  table made;
  for (const mr::metric_stats& s : from.all_stats(time))
    if (s.count != 0)
      made[{s.metric, s.group}] = {static_cast<double>(s.count), s.sum, s.min, s.max, s.p50, s.p90, s.p95, s.p99};
  return made;
}

mr::streaming_aggregator small() { return mr::streaming_aggregator({mr::duration(20 * second), 4, 8, 8}); }

}  // namespace

TEST_CASE("streaming aggregators over parts of a stream merge to one over all of it, in any order") {
  const auto events = some_events(6000, 1);
  const auto end = events.back().time;
  mr::streaming_aggregator all = small();
  feed(all, events);
  std::vector<mr::streaming_aggregator> parts(3, small());
  mr::random_engine random(2);
  for (const event& e : events) feed(parts[random.below(3)], {e});
  const auto joined = [](mr::streaming_aggregator into, const mr::streaming_aggregator& other) {
    REQUIRE(into.merge(other).has_value());
    return into;
  };
  const table expected = all_of(all, end);
  CHECK(expected.size() > 6);
  CHECK(all_of(joined(joined(parts[0], parts[1]), parts[2]), end) == expected);
  CHECK(all_of(joined(parts[0], joined(parts[1], parts[2])), end) == expected);
  CHECK(all_of(joined(parts[2], joined(parts[1], parts[0])), end) == expected);
  CHECK(all_of(joined(all, small()), end) == expected);
  CHECK(all_of(joined(small(), all), end) == expected);
  CHECK(joined(joined(parts[0], parts[1]), parts[2]).events() == events.size());
  const auto twice = all_of(joined(all, all), end);
  CHECK(twice.at({"metric 1", ""})[0] == 2 * expected.at({"metric 1", ""})[0]);
  mr::streaming_aggregator self = all;
  REQUIRE(self.merge(self).has_value());
  CHECK(all_of(self, end) == twice);
  // The other's time is this one's too: what was open is over.
  auto early = small();
  auto later = small();
  early.update("m", 1.0, seconds(5));
  later.update("m", 2.0, seconds(500));
  REQUIRE(early.merge(later).has_value());
  early.update("m", 4.0, seconds(5.5));
  CHECK(early.late() == 1);
  CHECK(early.stats("m", seconds(500)).sum == 2);
  // What was merged goes on as one stream.
  auto merged = joined(joined(parts[0], parts[1]), parts[2]);
  auto more = some_events(2000, 3);
  for (event& e : more) e.time = mr::time_point(e.time.nanoseconds + end.nanoseconds + 30 * second);
  for (std::size_t i = 0; i < more.size(); ++i) {
    feed(all, {more[i]});
    feed(merged, {more[i]});
    if (i % 100 == 0) CHECK(all_of(merged, more[i].time) == all_of(all, more[i].time));
  }
}

TEST_CASE("merging holds the bounds on metrics and groups, and refuses another window") {
  mr::streaming_aggregator a({mr::duration(60 * second), 6, 3, 2});
  mr::streaming_aggregator b({mr::duration(60 * second), 6, 3, 2});
  for (int i = 0; i < 10; ++i) {
    a.update("a" + std::to_string(i), 1.0, seconds(1));
    b.update("b" + std::to_string(i), 1.0, seconds(1));
    b.update("a0", std::to_string(i), 1.0, seconds(1));
  }
  REQUIRE(a.merge(b).has_value());
  CHECK(a.metrics() == 4);
  CHECK(a.stats(a.overflow_name, seconds(1)).count == 7 + 10);  // 8 of b's, and b0 and b1
  CHECK(a.stats("a0", seconds(1)).count == 11);
  CHECK(a.stats("a0", a.overflow_name, seconds(1)).count == 8);
  std::uint64_t count = 0;
  for (const auto& one : a.all_stats(seconds(1))) count += one.group.empty() ? one.count : 0;
  CHECK(count == 30);
  CHECK(a.events() == 30);
  auto refused = a.merge(mr::streaming_aggregator({mr::duration(61 * second), 6, 3, 2}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == mr::errc::type_mismatch);
  CHECK_FALSE(a.merge(mr::streaming_aggregator({mr::duration(60 * second), 7, 3, 2})).has_value());

  // An aggregate whose merging can fail.
  using careful =
      mr::basic_streaming_aggregator<mr::steady_clock,
                                     mr::aggregate<mr::count, mr::sum, mr::mean, mr::variance, mr::min, mr::max,
                                                   mr::quantiles<mr::ddsketch<>>, mr::count_min<8, 1>>>;
  careful c, d;
  c.update("m", 1.0, seconds(1));
  d.update("m", 2.0, seconds(1));
  REQUIRE(c.merge(d).has_value());
  CHECK(c.stats("m", seconds(1)).count == 2);
}

TEST_CASE("a copy of a streaming aggregator shares nothing with it") {
  mr::streaming_aggregator a;
  a.update("m", 1.0, seconds(1));
  mr::streaming_aggregator b = a;
  for (int i = 0; i < 5; ++i) b.update("m", 2.0, seconds(1));
  a.update("m", 3.0, seconds(1));
  CHECK(a.stats("m", seconds(1)).sum == 4);
  CHECK(b.stats("m", seconds(1)).sum == 11);
  a = b;
  a.update("m", 1.0, seconds(0.5));
  CHECK(a.stats("m", seconds(1)).sum == 12);
  CHECK(b.stats("m", seconds(1)).sum == 11);
}

TEST_CASE("streaming aggregators are saved with all metrics and groups, and go on the same") {
  STATIC_REQUIRE(mr::aggregator<mr::streaming_aggregator>);
  const auto same = [](const mr::streaming_aggregator& a, const mr::streaming_aggregator& b) {
    CHECK(all_of(a, seconds(200)) == all_of(b, seconds(200)));
    CHECK(a.events() == b.events());
    CHECK(a.late() == b.late());
    CHECK(a.metrics() == b.metrics());
    CHECK(a.options().most_groups == b.options().most_groups);
  };
  laws::save_and_load(small(), same);
  auto a = small();
  const auto events = some_events(3000, 4);
  feed(a, events);
  laws::save_and_load(a, same);
  auto back = mr::streaming_aggregator::load(a.save());
  REQUIRE(back.has_value());
  auto more = some_events(1000, 5);
  for (event& e : more) e.time = mr::time_point(e.time.nanoseconds + events.back().time.nanoseconds);
  for (const event& e : more) {
    feed(a, {e});
    feed(*back, {e});
  }
  CHECK(back->save() == a.save());
  same(a, *back);

  // A clock is brought along, not saved.
  std::uint64_t time = 5 * second;
  using by_hand = mr::basic_streaming_aggregator<hand_clock>;
  by_hand stamped({}, hand_clock{&time});
  stamped.update("m", 1.0);
  auto again = by_hand::load(stamped.save(), hand_clock{&time});
  REQUIRE(again.has_value());
  again->update("m", 2.0);
  CHECK(again->stats("m").sum == 3);
}

TEST_CASE("streaming aggregators keep their saved form: golden bytes give the same answers and the same bytes") {
  auto a = small();
  feed(a, some_events(200, 6));
  const auto back = support::from_golden("aggregate/streaming_aggregator.bin", a);
  CHECK(all_of(back, seconds(0)) == all_of(a, seconds(0)));
}

TEST_CASE("hostile saved streaming aggregators answer an error or one that works") {
  mr::streaming_aggregator a({mr::duration(20 * second), 2, 2, 1});
  for (int i = 0; i < 4; ++i) {
    a.update("m" + std::to_string(i), i, seconds(3 * i));
    a.update("m0", std::to_string(i), i, seconds(3 * i));
  }
  const auto use = [](mr::streaming_aggregator& s) {
    if (s.options().panes > 1000) return;  // a metric would take that many aggregates
    s.update("m0", 1.5, seconds(8));
    s.update("new", "group", 2.5, seconds(9));
    (void)mr::to_json(s, seconds(9));
    mr::streaming_aggregator other = s;
    CHECK(other.merge(s).has_value());
    CHECK(mr::streaming_aggregator::load(other.save()).has_value());
  };
  laws::hostile_bytes(a, use);
  laws::hostile_payload(a, support::reseal, use, 7, 3000);
  // More names than the bound, and a name twice.
  mr::streaming_aggregator b({mr::duration(20 * second), 2, 4, 1});
  for (const char* name : {"mm", "mn", "mo"}) b.update(name, 1.0, seconds(1));
  const auto bytes = b.save();
  const auto payload = std::search(bytes.begin(), bytes.end(), reinterpret_cast<const std::byte*>("mn"),
                                   reinterpret_cast<const std::byte*>("mn") + 2);
  REQUIRE(payload != bytes.end());
  auto twice = bytes;
  twice[static_cast<std::size_t>(payload - bytes.begin()) + 1] = std::byte{'m'};
  support::reseal(twice);
  auto refused = mr::streaming_aggregator::load(twice);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().describe().find("a name comes twice") != std::string::npos);
  auto fewer = bytes;
  fewer[16 + 20 + 16] = std::byte{1};  // most_metrics, behind the name, the window and the panes
  support::reseal(fewer);
  auto too_many = mr::streaming_aggregator::load(fewer);
  REQUIRE_FALSE(too_many.has_value());
  CHECK(too_many.error().describe().find("more names than its bounds allow") != std::string::npos);
}

TEST_CASE("asking for statistics does not move the clock; advance does, and expire makes room") {
  mr::streaming_aggregator events({mr::duration(60 * second), 6, 3, 3});
  events.update("a", 1.0, seconds(1));
  events.update("a", "g", 2.0, seconds(2));
  events.update("b", "h", 3.0, seconds(50));
  const mr::streaming_aggregator& asked = events;
  CHECK(asked.stats("a", seconds(1e6)).count == 0);
  CHECK(asked.stats("a", "g", seconds(1e6)).count == 0);
  CHECK(asked.window("a", seconds(1e6)).get<mr::count>() == 0);
  CHECK(asked.all_stats(seconds(1e6))[0].count == 0);
  CHECK(mr::is_json(mr::to_json(asked, seconds(1e6))));
  CHECK(asked.stats("a", seconds(2)).count == 2);
  events.update("a", 4.0, seconds(3));
  CHECK(events.late() == 0);
  CHECK(asked.stats("a", seconds(3)).count == 3);
  CHECK(events.expire() == 0);
  events.advance(seconds(90));
  CHECK(asked.stats("a", seconds(3)).count == 0);
  CHECK(asked.stats("b", seconds(3)).count == 1);
  CHECK(asked.metrics() == 2);
  CHECK(events.expire() == 2);  // "a" and its group
  CHECK(asked.metrics() == 1);
  CHECK(asked.stats("b", "h", seconds(90)).count == 1);
  for (const char* const name : {"c", "d"}) events.update(name, 1.0, seconds(91));
  CHECK(asked.stats(events.overflow_name, seconds(91)).count == 0);  // there was room
  events.advance(seconds(1000));
  CHECK(events.expire() == 4);
  CHECK(asked.metrics() == 0);
}

TEST_CASE("statistics asked often are those asked once, with events out of order") {
  const auto events = some_events(4000, 7);
  auto often = small();
  auto once = small();
  for (std::size_t i = 0; i < events.size(); ++i) {
    feed(often, {events[i]});
    feed(once, {events[i]});
    (void)often.stats(events[i].metric, events[i].time);
    if (i % 97 == 0) CHECK(all_of(often, events[i].time) == all_of(once, events[i].time));
  }
}

TEST_CASE("one wrong time stamp makes nothing late where a jump has a limit") {
  mr::streaming_options options;
  options.jump = mr::seconds(3600);
  mr::streaming_aggregator events(options);
  events.update("a", 1.0, seconds(100));
  events.update("a", 1.0, seconds(10 * 365 * 86400.0));
  events.update("b", 1.0, seconds(10 * 365 * 86400.0));  // a metric's first event has no clock of its own
  events.update("a", 1.0, seconds(101));
  CHECK(events.refused() == 2);
  CHECK(events.late() == 0);
  CHECK(events.stats("a", seconds(101)).count == 2);
  auto loaded = mr::streaming_aggregator::load(events.save());
  REQUIRE(loaded);
  CHECK(loaded->refused() == 2);
  CHECK(loaded->options().jump.nanoseconds == options.jump.nanoseconds);
  loaded->update("a", 1.0, seconds(10 * 365 * 86400.0));
  CHECK(loaded->refused() == 3);
  events.advance(seconds(10 * 365 * 86400.0));
  events.update("a", 1.0, seconds(10 * 365 * 86400.0 + 1));
  CHECK(events.refused() == 2);
  events.reset();
  CHECK(events.refused() == 0);
  events.update("a", 1.0, seconds(5));
  CHECK(events.late() == 0);
}

TEST_CASE("windows and panes that there cannot be are errors, and count nothing") {
  for (const auto& [window, panes] :
       std::vector<std::pair<double, std::size_t>>{{0, 30}, {-1, 30}, {60, 0}, {60, 1'000'001}, {1e-9, 2}}) {
    mr::streaming_options options;
    options.window = mr::seconds(window);
    options.panes = panes;
    auto made = mr::streaming_aggregator::make(options);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == mr::errc::invalid_argument);
    mr::streaming_aggregator events(options);
    events.update("a", 1.0, seconds(1));
    CHECK(events.refused() == 1);
    CHECK(events.stats("a", seconds(1)).count == 0);
  }
  CHECK(mr::streaming_aggregator::make({}).has_value());
}

TEST_CASE("a streaming aggregator that was moved from is as freshly made") {
  laws::moving([] { return small(); },
               [](mr::streaming_aggregator& events, int items) {
                 for (int i = 0; i < items; ++i) {
                   events.update("m", 0.5 * i, seconds(0.01 * i));
                   events.update("m", "g", 0.5 * i, seconds(0.01 * i));
                 }
               });
}
