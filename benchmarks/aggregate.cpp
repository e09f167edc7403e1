// Statistics in one pass, histograms, groups, shards and named metrics of millrace::aggregate beside
// Boost.Accumulators, Boost.Histogram, and kernels written by hand for the same set. Inputs: log-normal
// numbers that no predictor learns; "in cache" is a block of 32 KiB taken over and over, "80 MB" comes from memory.
#include <benchmark/benchmark.h>

#include <millrace/aggregate.hpp>

#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>
#include <boost/histogram.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ba = boost::accumulators;
namespace bh = boost::histogram;

namespace {

constexpr std::size_t in_cache = 4096;
constexpr std::size_t in_memory = 10'000'000;

const std::vector<double>& numbers() {
  static const std::vector<double> values = [] {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> shape(2, 1);
    std::vector<double> made(in_memory);
    for (double& v : made) v = shape(random);
    return made;
  }();
  return values;
}
std::span<const double> items(std::size_t count) { return std::span<const double>(numbers()).first(count); }
const std::vector<std::uint8_t>& keys() {
  static const std::vector<std::uint8_t> values = [] {
    std::mt19937_64 random(2);
    std::vector<std::uint8_t> made(in_memory);
    for (auto& v : made) v = static_cast<std::uint8_t>(random() % 64);
    return made;
  }();
  return values;
}
void per_item(benchmark::State& state, std::size_t count) {
  state.counters["ns/item"] = benchmark::Counter(
      static_cast<double>(count) * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

using five = mr::aggregate<mr::count, mr::min, mr::max, mr::mean, mr::variance>;

template <class Aggregate>
void spans(benchmark::State& state) {
  const auto x = items(static_cast<std::size_t>(state.range(0)));
  Aggregate a;
  for (auto _ : state) {
    a.update(x);
    benchmark::DoNotOptimize(a);
  }
  per_item(state, x.size());
}
template <class Aggregate>
void singles(benchmark::State& state) {
  const auto x = items(in_cache);
  Aggregate a;
  for (auto _ : state) {
    for (const double v : x) a.update(v);
    benchmark::DoNotOptimize(a);
  }
  per_item(state, x.size());
}
/// With weights, item by item and as a span.
template <class Aggregate>
void weighted_singles(benchmark::State& state) {
  const auto x = items(in_cache);
  const auto w = items(2 * in_cache).last(in_cache);
  Aggregate a;
  for (auto _ : state) {
    for (std::size_t i = 0; i < x.size(); ++i) a.update(x[i], mr::weight(w[i]));
    benchmark::DoNotOptimize(a);
  }
  per_item(state, x.size());
}
template <class Aggregate>
void weighted_spans(benchmark::State& state) {
  const auto x = items(in_cache);
  const auto w = items(2 * in_cache).last(in_cache);
  Aggregate a;
  for (auto _ : state) {
    a.update(x, w);
    benchmark::DoNotOptimize(a);
  }
  per_item(state, x.size());
}
#define MILLRACE_SPANS(...) BENCHMARK_TEMPLATE(spans, __VA_ARGS__)->Arg(in_cache)->Arg(in_memory)

/// The best one pass for these five by hand: eight-wide lanes, shifted squares, a block at a time merged by Chan's
/// formula. It checks nothing and keeps no count of what is not a number.
[[gnu::target("avx2")]] void hand_block(const double* x, std::size_t count, double& low, double& high, double& mean,
                                        double& squares, double& weight) {
  typedef double v __attribute__((vector_size(32)));
  const double shift = x[0];
  v lo[4], hi[4], s1[4], s2[4];
  for (int k = 0; k < 4; ++k) {
    __builtin_memcpy(&lo[k], x + 4 * k, 32);
    hi[k] = lo[k];
    s1[k] = s2[k] = v{};
  }
  const v around = v{} + shift;
  for (std::size_t i = 0; i + 16 <= count; i += 16)
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) {
      v one;
      __builtin_memcpy(&one, x + i + 4 * k, 32);
      lo[k] = one < lo[k] ? one : lo[k];
      hi[k] = one > hi[k] ? one : hi[k];
      const v d = one - around;
      s1[k] += d;
      s2[k] += d * d;
    }
  double sum = 0, square = 0;
  for (int k = 0; k < 4; ++k)
    for (int i = 0; i < 4; ++i) {
      low = lo[k][i] < low ? lo[k][i] : low;
      high = hi[k][i] > high ? hi[k][i] : high;
      sum += s1[k][i];
      square += s2[k][i];
    }
  const auto n = static_cast<double>(count);
  const double here = shift + sum / n;
  const double all = weight + n;
  const double d = here - mean;
  squares += square - sum * sum / n + d * d * weight * n / all;
  mean += d * n / all;
  weight = all;
}
void by_hand(benchmark::State& state) {
  const auto x = items(static_cast<std::size_t>(state.range(0)));
  double low = 1e300, high = -1e300, mean = 0, squares = 0, weight = 0;
  for (auto _ : state) {
    for (std::size_t at = 0; at + 2048 <= x.size(); at += 2048)
      hand_block(x.data() + at, 2048, low, high, mean, squares, weight);
    benchmark::DoNotOptimize(low + high + mean + squares);
  }
  per_item(state, x.size());
}
BENCHMARK(by_hand)->Arg(in_cache)->Arg(in_memory);

MILLRACE_SPANS(five);
MILLRACE_SPANS(mr::aggregate<mr::count, mr::mean>);
MILLRACE_SPANS(mr::aggregate<mr::sum, mr::min, mr::max>);
MILLRACE_SPANS(mr::aggregate<mr::kurtosis, mr::min, mr::max>);
MILLRACE_SPANS(mr::aggregate<mr::geometric_mean>);
MILLRACE_SPANS(mr::aggregate<mr::count, mr::mean, mr::stddev, mr::quantiles<mr::kll<200>>>);
BENCHMARK_TEMPLATE(singles, five);
using powers = mr::aggregate<mr::kurtosis, mr::sum>;
using harmonic = mr::aggregate<mr::harmonic_mean, mr::mean>;
BENCHMARK_TEMPLATE(weighted_singles, five);
BENCHMARK_TEMPLATE(weighted_spans, five);
BENCHMARK_TEMPLATE(weighted_singles, powers);
BENCHMARK_TEMPLATE(weighted_spans, powers);
BENCHMARK_TEMPLATE(weighted_singles, harmonic);
BENCHMARK_TEMPLATE(weighted_spans, harmonic);

template <class Variance>
void boost_accumulators(benchmark::State& state) {
  const auto x = items(static_cast<std::size_t>(state.range(0)));
  ba::accumulator_set<double, ba::stats<ba::tag::count, ba::tag::min, ba::tag::max, ba::tag::mean, Variance>> a;
  for (auto _ : state) {
    for (const double v : x) a(v);
    benchmark::DoNotOptimize(a);
  }
  per_item(state, x.size());
}
BENCHMARK_TEMPLATE(boost_accumulators, ba::tag::variance)->Arg(in_cache);       // Welford
BENCHMARK_TEMPLATE(boost_accumulators, ba::tag::lazy_variance)->Arg(in_cache);  // sums of squares: unstable

MILLRACE_SPANS(mr::ddsketch<>);
BENCHMARK_TEMPLATE(singles, mr::ddsketch<>);
BENCHMARK_TEMPLATE(singles, mr::exponential_histogram<>);
void ddsketch_merge(benchmark::State& state) {
  mr::ddsketch<> a, b;
  a.update(items(in_cache));
  b.update(items(2 * in_cache).subspan(in_cache));
  for (auto _ : state) {
    a.merge(b);
    benchmark::DoNotOptimize(a);
  }
  state.counters["bytes"] = static_cast<double>(8 * a.buckets());
}
BENCHMARK(ddsketch_merge);

void log_histogram_single(benchmark::State& state) {
  std::vector<std::uint64_t> x(in_cache);
  for (std::size_t i = 0; i < in_cache; ++i) x[i] = static_cast<std::uint64_t>(1000 * numbers()[i]);
  static mr::log_histogram h;
  for (auto _ : state) {
    for (const auto v : x) h.update(v);
    benchmark::DoNotOptimize(h);
  }
  per_item(state, in_cache);
}
BENCHMARK(log_histogram_single);

void regular_bins(benchmark::State& state) {
  auto h = mr::regular_histogram::make(100U, 0.0, 100.0).value();
  const auto x = items(in_cache);
  for (auto _ : state) {
    h.update(x);
    benchmark::DoNotOptimize(h);
  }
  per_item(state, in_cache);
}
BENCHMARK(regular_bins);
void boost_regular_bins(benchmark::State& state) {
  auto h = bh::make_histogram_with(std::vector<double>(), bh::axis::regular<>(100, 0.0, 100.0));
  const auto x = items(in_cache);
  for (auto _ : state) {
    h.fill(x);
    benchmark::DoNotOptimize(h);
  }
  per_item(state, in_cache);
}
BENCHMARK(boost_regular_bins);

void groups_of_64(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  mr::grouped<int, five> groups(64);
  const std::span<const std::uint8_t> by(keys().data(), count);
  for (auto _ : state) {
    groups.update(by, items(count));
    benchmark::DoNotOptimize(groups);
  }
  per_item(state, count);
}
BENCHMARK(groups_of_64)->Arg(1 << 15)->Arg(in_memory);
void boost_profile_of_64(benchmark::State& state) {  // count, mean, variance
  const auto count = static_cast<std::size_t>(state.range(0));
  auto h = bh::make_profile(bh::axis::integer<int, bh::use_default, bh::axis::option::none_t>(0, 64));
  const std::vector<int> by(keys().begin(), keys().begin() + static_cast<std::ptrdiff_t>(count));
  const std::vector<double> x(numbers().begin(), numbers().begin() + static_cast<std::ptrdiff_t>(count));
  for (auto _ : state) {
    h.fill(by, bh::sample(x));
    benchmark::DoNotOptimize(h);
  }
  per_item(state, count);
}
BENCHMARK(boost_profile_of_64)->Arg(1 << 15);

mr::sharded<five> shared;
void two_writers(benchmark::State& state) {
  double x = 1;
  for (auto _ : state) shared.update(x += 0.001);
}
BENCHMARK(two_writers)->Threads(1)->UseRealTime();
BENCHMARK(two_writers)->Threads(2)->UseRealTime();

// Events by name into a sliding window of five minutes with percentiles; a query after each `range` of them.
template <class Clock>
void named_events(benchmark::State& state) {
  mr::basic_streaming_aggregator<Clock> events;
  std::vector<std::string> names;
  for (int i = 0; i < 61; ++i) names.push_back("service.latency." + std::to_string(i));
  const auto between = static_cast<std::size_t>(state.range(0));
  std::size_t i = 0;
  for (auto _ : state) {
    events.update(names[i % 61], numbers()[i % in_cache]);
    if (++i % between == 0) benchmark::DoNotOptimize(events.stats(names[3]).p99);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_TEMPLATE(named_events, mr::steady_clock)->Arg(1000)->Arg(1'000'000);
BENCHMARK_TEMPLATE(named_events, mr::tsc_clock)->Arg(1'000'000);

}  // namespace

BENCHMARK_MAIN();
