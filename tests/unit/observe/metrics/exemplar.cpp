#include <millrace/observe/metrics/exemplar.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
using mr::observe::exemplar;

namespace {

std::string labels_of(const exemplar& one) {
  std::string text;
  one.for_each_label(
      [&](std::string_view name, std::string_view value) { text.append(name).append("=").append(value).append(";"); });
  return text;
}

}  // namespace

TEST_CASE("exemplar: its labels are the trace, the span, and a few of the caller's") {
  const auto made = exemplar::make({1, 2}, {3}, {{"user", "u\xff"}, {"route", ""}});
  REQUIRE(made);
  CHECK(labels_of(*made) == "trace_id=00000000000000010000000000000002;span_id=0000000000000003;route=;user=u\\xff;");
  CHECK(labels_of(exemplar({1, 2})) == "trace_id=00000000000000010000000000000002;");
  CHECK(exemplar().empty());
  CHECK_FALSE(exemplar({0, 1}).empty());
}

TEST_CASE("exemplar: what collectors would refuse is refused") {
  using mr::errc;
  CHECK(exemplar::make({}, {}, {{"a-b", "x"}}).error().code() == errc::invalid_argument);
  CHECK(exemplar::make({}, {}, {{"trace_id", "x"}}).error().code() == errc::invalid_argument);
  CHECK(exemplar::make({}, {}, {{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}, {"e", ""}}).error().code() ==
        errc::out_of_range);
  CHECK(exemplar::make({}, {}, {{"a", std::string(127, 'x')}}));
  const auto refused = exemplar::make({}, {}, {{"a", std::string(128, 'x')}});
  CHECK(refused.error().code() == errc::out_of_range);
  CHECK(refused.error().message().find("\"a\"") != std::string::npos);
  // trace_id and span_id take 8 + 32 + 7 + 16 = 63 of the 128 bytes.
  CHECK(exemplar::make({1, 1}, {1}, {{"a", std::string(64, 'x')}}));
  CHECK_FALSE(exemplar::make({1, 1}, {1}, {{"a", std::string(65, 'x')}}));
}

TEST_CASE("exemplar: each bucket keeps the last one that it was given") {
  mr::observe::metrics_registry registry;
  const auto seen = registry.histogram({"seen", "."}, {1, 2}).value();
  const auto timed = registry.timer({"timed_seconds", "."}, {0.001, 0.1}).value();
  const auto counted = registry.counter({"counted_total", "."}).value();
  const auto plain = registry.histogram({"plain", "."}, {1, 2}).value();
  plain.update(0.5);
  seen.update(0.5, exemplar({1, 1}));
  seen.update(1.0, exemplar({1, 2}));  // a bound is in its bucket
  seen.update(7.0, exemplar({1, 3}));
  seen.update(std::numeric_limits<double>::quiet_NaN(), exemplar({1, 4}));  // counted, but no example of anything
  timed.update(mr::seconds(0.05), exemplar({2, 1}));
  counted.add(5, exemplar({3, 1}));
  mr::observe::counter().add(1, exemplar({9, 9}));  // of no registry
  mr::observe::histogram().update(1, exemplar({9, 9}));

  const auto snapshot = registry.snapshot();
  const auto& histogram = snapshot.find("seen")->samples[0];
  CHECK(histogram.count == 4);
  REQUIRE(histogram.exemplars.size() == 2);
  CHECK(histogram.exemplars[0].bucket == 0);
  CHECK(histogram.exemplars[0].exemplar.trace() == mr::observe::trace_id{1, 2});
  CHECK(histogram.exemplars[0].exemplar.value == 1.0);
  CHECK(histogram.exemplars[0].exemplar.unix_nanoseconds > 1'000'000'000'000'000'000);
  CHECK(histogram.exemplars[1].bucket == 2);
  CHECK(histogram.exemplars[1].exemplar.value == 7.0);
  const auto& timer = snapshot.find("timed_seconds")->samples[0];
  REQUIRE(timer.exemplars.size() == 1);
  CHECK(timer.exemplars[0].bucket == 1);
  CHECK(timer.exemplars[0].exemplar.value == 0.05);
  const auto& counter = snapshot.find("counted")->samples[0];
  REQUIRE(counter.exemplars.size() == 1);
  CHECK(counter.exemplars[0].exemplar.value == 5);
  CHECK(counter.count == 5);
  CHECK(snapshot.find("plain")->samples[0].exemplars.empty());
}

TEST_CASE("exemplar: a slow request is found from the metric") {
  using namespace std::chrono_literals;
  mr::observe::metrics_registry registry;
  const mr::observe::trace_id trace{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736};
  const mr::observe::span_id span{0x00f067aa0ba902b7};
  // [native]
  // Buckets 9 % apart over 19 orders of magnitude, without bounds chosen beforehand.
  const auto sizes = registry.native_histogram({"basket_euros", "What an order costs."}).value();
  sizes.update(24.5);

  // The trace of the request stands behind the bucket that it fell into.
  const auto latency = registry.timer({"order_latency_seconds", "How long orders took."}).value();
  latency.update(1'250us, mr::observe::exemplar(trace, span));
  // [/native]
  const auto snapshot = registry.snapshot();
  CHECK(snapshot.find("basket_euros")->samples[0].count == 1);
  CHECK(snapshot.find("order_latency_seconds")->samples[0].exemplars.size() == 1);
}

TEST_CASE("exemplar: a time of the caller's is kept") {
  mr::observe::metrics_registry registry;
  const auto counted = registry.counter({"counted_total", "."}).value();
  exemplar one({1, 1});
  one.unix_nanoseconds = 1'520'879'607'789'000'000;
  counted.add(1, one);
  CHECK(registry.snapshot().find("counted")->samples[0].exemplars[0].exemplar.unix_nanoseconds ==
        1'520'879'607'789'000'000);
}

TEST_CASE("exemplar: the cells of a registry that is gone leave none behind to the next one") {
  for (int round = 0; round < 3; ++round) {
    mr::observe::metrics_registry registry;
    const auto counted = registry.counter({"counted_total", "."}).value();
    CHECK(registry.snapshot().find("counted")->samples[0].exemplars.empty());
    counted.add(1, exemplar({1, 1}));
    CHECK(registry.snapshot().find("counted")->samples[0].exemplars.size() == 1);
  }
}

TEST_CASE("exemplar: what a snapshot reads while threads write is whole") {
  mr::observe::metrics_registry registry;
  const auto counted = registry.counter({"counted_total", "."}).value();
  bool ready = false;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 1; thread <= 2; ++thread)
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 1; i < 4000; ++i) {
        const std::uint64_t number = thread * 10'000 + i;
        const std::string text(1 + number % 40, static_cast<char>('a' + number % 26));
        counted.add(number, exemplar::make({number, number}, {number}, {{"n", text}}).value());
      }
    });
  mr::observe::metrics_snapshot snapshot;
  for (int i = 0; i < 500; ++i) {
    registry.snapshot(snapshot);
    for (const auto& each : snapshot.find("counted")->samples[0].exemplars) {
      const std::uint64_t number = each.exemplar.trace().high;
      ready = each.exemplar.trace().low == number && each.exemplar.span().value == number &&
              each.exemplar.value == static_cast<double>(number);
      each.exemplar.for_each_own_label([&](std::string_view name, std::string_view value) {
        ready = ready && name == "n" && value == std::string(1 + number % 40, static_cast<char>('a' + number % 26));
      });
      REQUIRE(ready);
    }
  }
  for (std::thread& each : threads) each.join();
  registry.snapshot(snapshot);
  CHECK(snapshot.find("counted")->samples[0].exemplars.size() == 1);
}
