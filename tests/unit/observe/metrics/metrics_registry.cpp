#include <millrace/observe/metrics/metrics_registry.hpp>

#include <support/catch.hpp>

#include <millrace/observe/export/prometheus.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

template <class T>
void check_refused(const mr::result<T>& made, mr::errc code, const std::string& message) {
  REQUIRE(!made);
  CHECK(made.error().code() == code);
  CHECK(made.error().describe() == message);
}

std::uint64_t count_of(const mr::observe::metrics_snapshot& snapshot, const std::string& name) {
  const auto* family = snapshot.find(name);
  REQUIRE(family != nullptr);
  std::uint64_t total = 0;
  for (const auto& sample : family->samples) total += sample.count;
  return total;
}

}  // namespace

TEST_CASE("one of each instrument is on the page for Prometheus") {
  using namespace std::chrono_literals;
  // [instruments]
  mr::observe::metrics_registry registry;
  const auto orders = registry.counter({"orders_total", "Orders taken."}, {{"shop", "de"}}).value();
  const auto queue = registry.gauge({"queue_length", "Orders that wait."}).value();
  const auto basket = registry.histogram({"basket_euros", "What an order costs."}, {10, 50, 200}).value();
  const auto latency = registry.timer({"order_latency_seconds", "From the click to the answer."}).value();

  orders.add();             // whole numbers that only grow
  queue.set(3);             // goes up and down
  basket.update(24.5);      // counted by the bounds above: 10, 50, 200 and more
  latency.update(1'250us);  // any std::chrono::duration, or mr::seconds(0.00125)

  const std::string page = mr::observe::to_prometheus(registry.snapshot());
  // [/instruments]
  CAPTURE(page);
  for (const char* line :
       {"orders_total{shop=\"de\"} 1\n", "queue_length 3\n", "basket_euros_bucket{le=\"50.0\"} 1\n",
        "basket_euros_sum 24.5\n", "order_latency_seconds_sum 0.00125\n", "order_latency_seconds_count 1\n"})
    CHECK(page.find(line) != std::string::npos);
}

TEST_CASE("asking again for a name and labels answers the same series") {
  mr::observe::metrics_registry registry;
  const auto a = registry.counter({"rows_total", "Rows."}, {{"x", "1"}, {"y", "2"}}).value();
  const auto b = registry.counter({"rows", "Rows."}, {{"y", "2"}, {"x", "1"}}).value();
  const auto c = registry.counter({"rows", "Rows."}, {{"y", "3"}, {"x", "1"}}).value();
  a.add(2);
  b.add(3);
  c.add(10);
  CHECK(registry.total(a) == 5);
  CHECK(registry.total(c) == 10);
  // A byte that is no UTF-8, and text that reads like its escaped form, are two label values, hence two series.
  const auto raw = registry.counter({"raw", ""}, {{"x", "\xff"}}).value();
  const auto text = registry.counter({"raw", ""}, {{"x", "\\xff"}}).value();
  registry.counter({"raw", ""}, {{"x", "\xff"}}).value().add(2);
  text.add();
  CHECK(registry.total(raw) == 2);
  CHECK(registry.total(text) == 1);
  CHECK(registry.histogram({"h", ""}, {1, 2}).has_value());
  CHECK(registry.histogram({"h", ""}, {1, 2}).has_value());
  CHECK(registry.timer({"t_seconds", ""}).has_value());
  CHECK(registry.timer({"t_seconds", ""}).has_value());
  CHECK(registry.snapshot().find("t_seconds")->samples.size() == 1);
}

TEST_CASE("names, labels, units and bounds that collectors would refuse are errors that say why") {
  mr::observe::metrics_registry registry;
  using enum mr::errc;
  check_refused(registry.counter({"", ""}), invalid_argument,
                "metric \"\": a name is letters, digits, '_' and ':', with no digit first");
  check_refused(registry.gauge({"9x", ""}), invalid_argument,
                "metric \"9x\": a name is letters, digits, '_' and ':', with no digit first");
  check_refused(registry.counter({"_total", ""}), invalid_argument,
                "metric \"_total\": a name is letters, digits, '_' and ':', with no digit first");
  check_refused(registry.gauge({"a b\xff", ""}), invalid_argument,
                "metric \"a b\\xff\": a name is letters, digits, '_' and ':', with no digit first");
  check_refused(registry.gauge({"x", ""}, {{"a-b", "1"}}), invalid_argument,
                "metric \"x\": label \"a-b\": a name is letters, digits and '_', no digit first and no \"__\"");
  check_refused(registry.histogram({"x", ""}, {1}, {{"le", "1"}}), invalid_argument,
                "metric \"x\": label \"le\" is the histogram's own");
  CHECK(registry.snapshot().families().empty());  // a refused series leaves no empty family behind
  check_refused(registry.gauge({"x", "", "bytes"}), invalid_argument,
                "metric \"x\": the name does not end in its unit, \"_bytes\"");
  CHECK(registry.gauge({"x_bytes", "", "bytes"}).has_value());
  CHECK(registry.counter({"y_bytes_total", "", "bytes"}).has_value());
  check_refused(registry.timer({"x_ms", ""}), invalid_argument,
                "metric \"x_ms\": the name does not end in its unit, \"_seconds\"");
  check_refused(registry.histogram({"h", ""}, {}), invalid_argument,
                "metric \"h\": a histogram has between 1 and 1000 bounds");
  CHECK(!registry.histogram({"h", ""}, std::vector<double>(1001, 1.0)));
  check_refused(registry.histogram({"h", ""}, {1, 3, 2}), invalid_argument,
                "metric \"h\": bounds ascend, and 2.0 does not");
  CHECK(!registry.histogram({"h", ""}, {0.0, -0.0}));
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    check_refused(registry.histogram({"h", ""}, {1, bad}), invalid_argument,
                  "metric \"h\": bounds are finite; the last bucket, +Inf, is always there");
  for (const double bad : {0.0, -1.0, 1e-10, 1e8})
    check_refused(registry.timer({"t_seconds", ""}, {bad}), invalid_argument,
                  "metric \"t_seconds\": a timer's bounds lie between a nanosecond and 104 days");
  CHECK(!registry.timer({"t_seconds", ""}, {1e-9, 1.2e-9}));
}

TEST_CASE("a name that is taken in another sense is refused and says by what") {
  mr::observe::metrics_registry registry;
  using enum mr::errc;
  REQUIRE(registry.counter({"rows", "Rows."}, {{"a", "1"}}));
  REQUIRE(registry.histogram({"size", ""}, {1, 2}));
  check_refused(registry.gauge({"rows", "Rows."}), already_exists, "metric \"rows\": there already, as a counter");
  check_refused(registry.counter({"rows", "Other."}, {{"a", "1"}}), already_exists,
                "metric \"rows\": there already, with the help \"Rows.\"");
  check_refused(registry.counter({"rows", "Rows."}, {{"b", "1"}}), already_exists,
                "metric \"rows\": its series have other label names than {b=\"1\"}");
  check_refused(registry.counter({"rows", "Rows."}), already_exists,
                "metric \"rows\": its series have other label names than {}");
  check_refused(registry.histogram({"size", ""}, {1, 3}), already_exists,
                "metric \"size\": there already, with other bounds");
  check_refused(registry.gauge({"rows_total", ""}), already_exists,
                "metric \"rows_total\": its samples would be taken for those of the counter \"rows\"");
  check_refused(registry.counter({"size_count", ""}), already_exists,
                "metric \"size_count\": its samples would be taken for those of the histogram \"size\"");
  check_refused(registry.gauge({"size_bucket", ""}), already_exists,
                "metric \"size_bucket\": its samples would be taken for those of the histogram \"size\"");
  REQUIRE(registry.gauge({"late_sum", ""}));
  check_refused(registry.histogram({"late", ""}, {1}), already_exists,
                "metric \"late\": its samples would be taken for those of the gauge \"late_sum\"");
  REQUIRE(registry.timer({"t_seconds", ""}));
  const std::vector<double> bounds(std::begin(mr::observe::latency_buckets), std::end(mr::observe::latency_buckets));
  check_refused(registry.histogram({"t_seconds", "", "seconds"}, bounds), already_exists,
                "metric \"t_seconds\": there already, as a timer");
}

TEST_CASE("the number of series of a family is bounded") {
  mr::observe::metrics_registry registry({.max_series_per_family = 3});
  for (int i = 0; i < 3; ++i) REQUIRE(registry.counter({"c", ""}, {{"i", std::to_string(i)}}));
  check_refused(registry.counter({"c", ""}, {{"i", "3"}}), mr::errc::out_of_range,
                "metric \"c\": more than 3 series; the next would be {i=\"3\"}");
  CHECK(registry.counter({"c", ""}, {{"i", "2"}}).has_value());
  CHECK(registry.counter({"d", ""}).has_value());
}

TEST_CASE("a snapshot has every value, in the order of creation") {
  mr::observe::metrics_registry registry;
  registry.gauge({"z", "Last letter."}).value().set(1.5);
  const auto c = registry.counter({"a", "First letter."}, {{"k", "v"}}).value();
  registry.counter({"a", "First letter."}, {{"k", "w"}}).value().add(9);
  c.add(2);
  auto snapshot = registry.snapshot();
  REQUIRE(snapshot.families().size() == 2);
  CHECK(snapshot.families()[0].family->name == "z");
  CHECK(snapshot.families()[0].family->help == "Last letter.");
  CHECK(snapshot.families()[0].samples[0].value == 1.5);
  CHECK(snapshot.find("a")->samples[0].count == 2);
  CHECK(snapshot.find("a")->samples[1].count == 9);
  CHECK(snapshot.find("a")->samples[1].labels()["k"] == "w");
  CHECK(snapshot.find("a")->family->type == mr::observe::metric_type::counter);
  CHECK(snapshot.find("none") == nullptr);
  c.add();
  CHECK(snapshot.find("a")->samples[0].count == 2);  // a moment, not a view
  registry.snapshot(snapshot);                       // and used again
  CHECK(snapshot.find("a")->samples[0].count == 3);
  CHECK(snapshot.families().size() == 2);
}

TEST_CASE("a series that shows no zero is in snapshots from its first count on") {
  mr::observe::metrics_registry registry;
  const auto seldom = registry.counter({"c", "", {}, false}, {{"k", "seldom"}}).value();
  REQUIRE(registry.counter({"c", ""}, {{"k", "often"}}));
  const auto timer = registry.timer({"t_seconds", "", "seconds", false}).value();
  REQUIRE(registry.timer({"u_seconds", "", "seconds"}));
  const auto histogram = registry.histogram({"h", "", {}, false}, {1, 2}).value();
  REQUIRE(registry.gauge({"g", "", {}, false}));
  auto snapshot = registry.snapshot();
  REQUIRE(snapshot.families().size() == 5);
  REQUIRE(snapshot.find("c")->samples.size() == 1);
  CHECK(snapshot.find("c")->samples[0].labels()["k"] == "often");
  CHECK(snapshot.find("t_seconds")->samples.empty());
  CHECK(snapshot.find("u_seconds")->samples.size() == 1);
  CHECK(snapshot.find("h")->samples.empty());
  CHECK(snapshot.find("g")->samples.size() == 1);
  seldom.add(3);
  timer.update(mr::seconds(1));
  histogram.update(1.5);
  registry.snapshot(snapshot);
  REQUIRE(snapshot.find("c")->samples.size() == 2);
  CHECK(snapshot.find("c")->samples[0].count == 3);
  CHECK(snapshot.find("t_seconds")->samples[0].count == 1);
  CHECK(snapshot.find("u_seconds")->samples[0].count == 0);
  REQUIRE(snapshot.find("h")->samples[0].buckets.size() == 3);
  CHECK(snapshot.find("h")->samples[0].buckets[1] == 1);
}

TEST_CASE("a snapshot outlives its registry and moves") {
  auto registry = std::make_unique<mr::observe::metrics_registry>();
  registry->counter({"a", "Help."}, {{"k", "v"}}).value().add(2);
  registry->timer({"t_seconds", ""}).value().update(150);
  mr::observe::metrics_snapshot snapshot = registry->snapshot();
  registry.reset();
  const mr::observe::metrics_snapshot moved = std::move(snapshot);
  CHECK(moved.find("a")->samples[0].count == 2);
  CHECK(moved.find("a")->samples[0].labels()["k"] == "v");
  CHECK(moved.find("t_seconds")->samples[0].buckets[1] == 1);
}

TEST_CASE("registries come and go without sharing values or running out of room") {
  const auto keeper_registry = std::make_unique<mr::observe::metrics_registry>();
  const auto keeper = keeper_registry->counter({"kept", ""}).value();
  std::uint64_t last = 0;
  for (int round = 0; round < 200; ++round) {
    mr::observe::metrics_registry one;
    auto two = std::make_unique<mr::observe::metrics_registry>();
    const auto a = one.counter({"a", ""}).value();
    const auto b = two->counter({"a", ""}).value();
    const auto h = two->histogram({"h", ""}, {1, 2, 3}).value();
    const auto t = one.timer({"t_seconds", ""}).value();
    a.add(1);
    b.add(10);
    h.update(2.5);
    t.update(7);
    std::thread([&] {
      a.add(2);
      b.add(20);
      h.update(0.5);
      t.update(9);
      keeper.add();
    }).join();
    CHECK(one.total(a) == 3);
    CHECK(two->total(b) == 30);
    const auto snapshot = two->snapshot();
    CHECK(snapshot.find("h")->samples[0].count == 2);
    CHECK(snapshot.find("h")->samples[0].value == 3.0);
    CHECK(one.snapshot().find("t_seconds")->samples[0].least == 7e-9);
    CHECK(one.snapshot().registry_id != snapshot.registry_id);
    two.reset();
    CHECK(one.total(a) == 3);
    last = keeper_registry->total(keeper);
  }
  CHECK(last == 200);
}

TEST_CASE("a metric made after a thread began counting is counted by that thread too") {
  mr::observe::metrics_registry registry;
  const auto first = registry.counter({"first", ""}).value();
  first.add();
  std::vector<mr::observe::counter> many;
  for (int i = 0; i < 5000; ++i) many.push_back(registry.counter({"many", ""}, {{"i", std::to_string(i)}}).value());
  for (const auto& c : many) c.add(2);
  first.add();
  CHECK(registry.total(first) == 2);
  CHECK(count_of(registry.snapshot(), "many") == 10000);
}

TEST_CASE("nothing is lost or counted twice while threads start, end and grow, and scrapes only rise") {
  mr::observe::metrics_registry registry;
  const auto counted = registry.counter({"counted", ""}).value();
  const auto timed = registry.timer({"timed_seconds", ""}).value();
  const auto observed = registry.histogram({"observed", ""}, {0.5, 1.5}).value();
  constexpr int generations = 30;
  constexpr int threads = 4;
  constexpr std::uint64_t adds = 500;
  std::atomic<bool> stop{false};
  std::atomic<int> scrapes{0};
  std::thread scraper([&] {
    mr::observe::metrics_snapshot snapshot;
    std::uint64_t last = 0, last_timed = 0;
    while (!stop) {
      registry.snapshot(snapshot);
      const std::uint64_t now = count_of(snapshot, "counted");
      const auto& sample = snapshot.find("timed_seconds")->samples[0];
      std::uint64_t in_buckets = 0;
      for (const auto n : sample.buckets) in_buckets += n;
      if (now < last || sample.count < last_timed || sample.count != in_buckets) FAIL_CHECK("a scrape went back");
      last = now;
      last_timed = sample.count;
      ++scrapes;
    }
  });
  std::thread registrar([&] {
    for (int i = 0; !stop && i < 300; ++i) {
      const auto made = registry.counter({"late", ""}, {{"i", std::to_string(i)}});
      if (made) made->add();
      mr::observe::metrics_registry brief;
      brief.counter({"brief", ""}).value().add();
    }
  });
  for (int g = 0; g < generations; ++g) {
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
      workers.emplace_back([&] {
        for (std::uint64_t i = 0; i < adds; ++i) {
          counted.add();
          timed.update(i);
          observed.update(1.0);
        }
      });
    for (auto& w : workers) w.join();
  }
  stop = true;
  scraper.join();
  registrar.join();
  const auto snapshot = registry.snapshot();
  constexpr std::uint64_t expected = adds * threads * generations;
  CHECK(count_of(snapshot, "counted") == expected);
  CHECK(count_of(snapshot, "timed_seconds") == expected);
  CHECK(count_of(snapshot, "observed") == expected);
  CHECK(snapshot.find("observed")->samples[0].value == static_cast<double>(expected));
  CHECK(snapshot.find("timed_seconds")->samples[0].value ==
        Approx(static_cast<double>(threads * generations * (adds * (adds - 1) / 2)) / 1e9));
  CHECK(scrapes > 0);
}

namespace {
// Made before the thread's first count, so it is destroyed after the thread's cells are folded.
struct counts_last {
  std::optional<mr::observe::counter> counter;
  std::optional<mr::observe::timer> timer;
  ~counts_last() {
    if (counter) counter->add(5);
    if (timer) timer->update(123);
  }
};
thread_local counts_last last_words;
}  // namespace

TEST_CASE("what a thread counts while it is being torn down is not lost either") {
  mr::observe::metrics_registry registry;
  const auto counter = registry.counter({"c", ""}).value();
  const auto timer = registry.timer({"t_seconds", ""}).value();
  std::thread([&] {
    last_words.counter = counter;
    last_words.timer = timer;
    counter.add(1);
    timer.update(500);
  }).join();
  CHECK(registry.total(counter) == 6);
  const auto snapshot = registry.snapshot();
  const auto& sample = snapshot.find("t_seconds")->samples[0];
  CHECK(sample.count == 2);
  CHECK(sample.value == 623e-9);
  CHECK(sample.least == 123e-9);
  CHECK(sample.greatest == 500e-9);
}

TEST_CASE("ended threads leave no slab behind") {
  mr::observe::metrics_registry registry;
  const auto counter = registry.counter({"c", ""}).value();
  counter.add();
  const std::size_t before = mr::observe::detail::cell_store::instance().slab_count();
  for (int i = 0; i < 100; ++i) std::thread([&] { counter.add(); }).join();
  CHECK(mr::observe::detail::cell_store::instance().slab_count() == before);
  CHECK(registry.total(counter) == 101);
}
