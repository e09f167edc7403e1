#include <millrace/observe/metrics/instruments.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace mr = millrace;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// By definition: how many bounds are less.
template <class T>
std::size_t bucket_by_hand(const std::vector<T>& bounds, T value) {
  std::size_t i = 0;
  while (i < bounds.size() && bounds[i] < value) ++i;
  return i;
}

const mr::observe::metric_sample& only_sample(const mr::observe::metrics_snapshot& snapshot, std::string_view name) {
  const auto* family = snapshot.find(name);
  REQUIRE(family != nullptr);
  REQUIRE(family->samples.size() == 1);
  return family->samples.front();
}

}  // namespace

TEST_CASE("handles are small, copy freely, and count into nothing when no registry made them") {
  static_assert(sizeof(mr::observe::counter) == 4 && sizeof(mr::observe::gauge) == 8);
  static_assert(sizeof(mr::observe::histogram) == 16 && sizeof(mr::observe::timer) == 16);
  static_assert(std::is_trivially_copyable_v<mr::observe::counter> && std::is_trivially_copyable_v<mr::observe::gauge>);
  static_assert(std::is_trivially_copyable_v<mr::observe::histogram> &&
                std::is_trivially_copyable_v<mr::observe::timer>);
  static constinit mr::observe::counter counter;
  static constinit mr::observe::histogram histogram;
  static constinit mr::observe::timer timer;
  const mr::observe::gauge gauge;
  std::thread([&] {
    counter.add();
    histogram.update(1);
    timer.update(1);
    gauge.set(1);
    gauge.add(1);
  }).join();
  mr::observe::metrics_registry registry;
  const auto real = registry.counter({"real", ""}).value();
  counter.add(7);
  CHECK(registry.total(real) == 0);
}

TEST_CASE("a histogram's buckets are the definition's for every kind of bounds") {
  std::vector<std::vector<double>> all = {
      {std::begin(mr::observe::latency_buckets), std::end(mr::observe::latency_buckets)},
      {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
      {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0},
      {-1, -0.5, 0, 0.5, 1},
      {-3, -2},
      {0},
      {-0.0, 1},
      {1},
      {1, 1.0000001, 1.0000002},
      {1e-300, 1, 1e300},
      {5e-324, 1e-310},
      {1, 2, 4, 8, 16, 4294967296.0},
      {1, 4294967297.0, 1e12},
      {-1.7e308, 1.7e308},
  };
  std::vector<double> hundred;
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  all.push_back(hundred);
  mr::random_engine random(1);
  for (std::size_t which = 0; which < all.size(); ++which) {
    const auto& bounds = all[which];
    CAPTURE(which);
    std::vector<double> values = {0.0, -0.0, 1, -1, infinity, -infinity, 5e-324, 1e-310, 2.2250738585072014e-308};
    if (which % 2 == 0) values.insert(values.end(), {1.7976931348623157e308, -1.7976931348623157e308});
    for (const double b : bounds) {
      values.push_back(b);
      values.push_back(std::nextafter(b, infinity));
      values.push_back(std::nextafter(b, -infinity));
      values.push_back(b * 1.3);
      values.push_back(-b);
    }
    for (int i = 0; i < 300; ++i) values.push_back(std::exp(random.normal() * 4) * (i % 9 == 0 ? -1 : 1));

    mr::observe::metrics_registry registry;
    const auto histogram = registry.histogram({"h", ""}, bounds).value();
    std::vector<std::uint64_t> expected(bounds.size() + 1);
    long double sum = 0;
    bool all_moderate = true;  // else the sum overflows or cancels, and only the counts can be told
    for (const double v : values) {
      if (std::isfinite(v) && std::fabs(v) > 1e15) all_moderate = false;
      histogram.update(v);
      ++expected[bucket_by_hand(bounds, v)];
      if (std::isfinite(v)) sum += static_cast<long double>(v);
    }
    const auto snapshot = registry.snapshot();
    const auto& sample = only_sample(snapshot, "h");
    CHECK(std::vector<std::uint64_t>(sample.buckets.begin(), sample.buckets.end()) == expected);
    CHECK(sample.count == values.size());
    if (all_moderate) CHECK(sample.value == Approx(static_cast<double>(sum)));
  }
}

TEST_CASE("a value that is not finite is counted and left out of the sum") {
  mr::observe::metrics_registry registry;
  const auto histogram = registry.histogram({"h", ""}, {1, 2}).value();
  for (const double v : {not_a_number, -not_a_number, infinity, -infinity, 1.5}) histogram.update(v);
  const auto snapshot = registry.snapshot();
  const auto& sample = only_sample(snapshot, "h");
  CHECK(sample.count == 5);
  CHECK(sample.buckets[0] == 1);
  CHECK(sample.buckets[1] == 1);
  CHECK(sample.buckets[2] == 3);
  CHECK(sample.value == 1.5);
}

TEST_CASE("a timer's buckets are the definition's, and sum and extremes are exact") {
  const std::vector<std::vector<double>> all = {
      {std::begin(mr::observe::latency_buckets), std::end(mr::observe::latency_buckets)},
      {1e-9, 2e-9, 3e-9, 4e-9},
      {0.005, 0.0051},
      {1.0},
      {1e-9, 9007199.254740992},
  };
  mr::random_engine random(2);
  for (std::size_t which = 0; which < all.size(); ++which) {
    CAPTURE(which);
    std::vector<std::uint64_t> bounds;
    for (const double b : all[which]) bounds.push_back(static_cast<std::uint64_t>(std::llround(b * 1e9)));
    std::vector<std::uint64_t> values = {1, 0, 2, 3, 63, 64, 65};
    for (const auto b : bounds) {
      values.push_back(b);
      values.push_back(b + 1);
      values.push_back(b - 1);
    }
    for (int i = 0; i < 300; ++i) values.push_back(random() >> (10 + random.below(50)));

    mr::observe::metrics_registry registry;
    const auto timer = registry.timer({"t_seconds", ""}, all[which]).value();
    std::vector<std::uint64_t> expected(bounds.size() + 1);
    std::uint64_t sum = 0;
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t greatest = 0;
    for (const auto v : values) {
      timer.update(v);
      ++expected[bucket_by_hand(bounds, v)];
      sum += v;
      least = std::min(least, v);
      greatest = std::max(greatest, v);
      // Exact at every moment, not only at the end.
      const auto now = registry.snapshot();
      REQUIRE(only_sample(now, "t_seconds").least == static_cast<double>(least) / 1e9);
      REQUIRE(only_sample(now, "t_seconds").greatest == static_cast<double>(greatest) / 1e9);
    }
    const auto snapshot = registry.snapshot();
    const auto& sample = only_sample(snapshot, "t_seconds");
    CHECK(std::vector<std::uint64_t>(sample.buckets.begin(), sample.buckets.end()) == expected);
    CHECK(sample.value == static_cast<double>(sum) / 1e9);
  }
}

TEST_CASE("a timer takes the longest durations there are") {
  mr::observe::metrics_registry registry;
  const auto timer = registry.timer({"t_seconds", ""}).value();
  constexpr auto top = std::numeric_limits<std::uint64_t>::max();
  timer.update(top - 1);
  timer.update(std::uint64_t{1} << 63);
  const auto snapshot = registry.snapshot();
  const auto& sample = only_sample(snapshot, "t_seconds");
  CHECK(sample.buckets.back() == 2);
  CHECK(sample.greatest == static_cast<double>(top - 1) / 1e9);
  CHECK(sample.least == static_cast<double>(std::uint64_t{1} << 63) / 1e9);
}

TEST_CASE("a timer takes durations of every unit, and whole nanoseconds; none is negative") {
  mr::observe::metrics_registry registry;
  const auto timer = registry.timer({"t_seconds", ""}).value();
  timer.update(std::chrono::milliseconds(250));
  timer.update(std::chrono::duration<double>(0.5));
  timer.update(mr::seconds(0.125));
  timer.update(mr::duration(1000));
  timer.update(2000);
  timer.update(std::int64_t{3000});
  timer.update(std::uint8_t{200});
  auto snapshot = registry.snapshot();
  CHECK(only_sample(snapshot, "t_seconds").nanoseconds == 875'006'200);
  CHECK(only_sample(snapshot, "t_seconds").count == 7);
  timer.update(-1);
  timer.update(std::chrono::seconds(-1));
  snapshot = registry.snapshot();
  CHECK(only_sample(snapshot, "t_seconds").nanoseconds == 875'006'200);
  CHECK(only_sample(snapshot, "t_seconds").count == 9);
  CHECK(only_sample(snapshot, "t_seconds").least == 0);
}

TEST_CASE("a counter takes whole numbers of every type, and counts nothing for negative ones") {
  mr::observe::metrics_registry registry;
  const auto counter = registry.counter({"c", ""}).value();
  counter.add();
  counter.add(2);
  counter.add(std::int64_t{3});
  counter.add(std::uint16_t{4});
  counter.add(true);
  counter.add(std::uint64_t{1} << 63);
  CHECK(registry.total(counter) == (std::uint64_t{1} << 63) + 11);
  counter.add(-1);
  counter.add(std::numeric_limits<std::int64_t>::min());
  CHECK(registry.total(counter) == (std::uint64_t{1} << 63) + 11);
}

TEST_CASE("extremes of threads that ended and of threads that go on are merged") {
  mr::observe::metrics_registry registry;
  const auto timer = registry.timer({"t_seconds", ""}).value();
  timer.update(500);
  std::thread([&] { timer.update(100); }).join();
  std::thread([&] { timer.update(900); }).join();
  timer.update(501);
  const auto snapshot = registry.snapshot();
  const auto& sample = only_sample(snapshot, "t_seconds");
  CHECK(sample.least == 1e-7);
  CHECK(sample.greatest == 9e-7);
  CHECK(sample.count == 4);
}

TEST_CASE("a gauge keeps the last value that any thread set, and adds lose nothing") {
  mr::observe::metrics_registry registry;
  const auto gauge = registry.gauge({"g", ""}).value();
  CHECK(gauge.value() == 0);
  gauge.set(3);
  std::thread([&] { gauge.set(4); }).join();
  CHECK(gauge.value() == 4);
  gauge.set(not_a_number);
  CHECK(std::isnan(gauge.value()));
  gauge.set(0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) gauge.add(0.5);
    });
  for (auto& t : threads) t.join();
  CHECK(gauge.value() == 2000);
}
