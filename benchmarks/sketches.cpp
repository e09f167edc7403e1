// Sketches: updates, merges, queries and images, beside hand-written baselines. What DataSketches takes for the same,
// its Python package tells in the same run: benchmarks/sketches.py.
// Times are per item, per merge or per call. Inputs are a million items long and taken in turns of 8192.
#include <millrace/aggregate/sketches/count_min.hpp>
#include <millrace/aggregate/sketches/frequent_items.hpp>
#include <millrace/aggregate/sketches/hll.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/sketches/req.hpp>
#include <millrace/aggregate/sketches/tdigest.hpp>
#include <millrace/aggregate/sketches/theta.hpp>
#include <millrace/core/seed.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mr = millrace;

namespace {

constexpr std::size_t turn = 8192;
constexpr std::size_t length = turn * 128;

const std::vector<double>& log_normal() {
  static const std::vector<double> values = [] {
    mr::random_engine random(1);
    std::vector<double> made(length);
    for (double& x : made) x = std::exp(2 * random.normal());
    return made;
  }();
  return values;
}

const std::vector<std::int64_t>& different() {
  static const std::vector<std::int64_t> items = [] {
    mr::random_engine random(2);
    std::vector<std::int64_t> made(length);
    for (auto& x : made) x = static_cast<std::int64_t>(random());
    return made;
  }();
  return items;
}

/// Zipf: of 100,000 items, item i comes up as often as i^-exponent says.
std::vector<std::int64_t> zipf(double exponent) {
  mr::random_engine random(3);
  std::vector<double> up_to;
  double sum = 0;
  for (int i = 1; i <= 100'000; ++i) up_to.push_back(sum += std::pow(i, -exponent));
  std::vector<std::int64_t> made(length);
  for (auto& x : made) x = std::lower_bound(up_to.begin(), up_to.end(), random.uniform() * sum) - up_to.begin();
  return made;
}
const std::vector<std::int64_t>& skewed() {
  static const std::vector<std::int64_t> items = zipf(1.1);
  return items;
}
const std::vector<std::int64_t>& strongly_skewed() {
  static const std::vector<std::int64_t> items = zipf(1.5);
  return items;
}
const std::vector<std::int64_t>& hardly_skewed() {
  static const std::vector<std::int64_t> items = zipf(0.8);
  return items;
}

const std::vector<std::string>& skewed_text() {
  static const std::vector<std::string> items = [] {
    std::vector<std::string> made;
    for (const auto x : skewed()) made.push_back("/orders/" + std::to_string(x));
    return made;
  }();
  return items;
}

template <class T>
class turns {
 public:
  explicit turns(const std::vector<T>& items) : items_(items) {}
  std::span<const T> next() {
    const std::size_t at = at_;
    at_ = at_ + turn == items_.size() ? 0 : at_ + turn;
    return std::span<const T>(items_).subspan(at, turn);
  }

 private:
  const std::vector<T>& items_;
  std::size_t at_ = 0;
};

void per_item(benchmark::State& state, std::size_t items) {
  state.counters["per_item"] = benchmark::Counter(
      static_cast<double>(items), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <class S, class T>
void singles(benchmark::State& state, const std::vector<T>& items) {
  turns<T> next(items);
  S sketch;
  for (auto _ : state) {
    for (const T& x : next.next()) sketch.update(x);
    benchmark::ClobberMemory();
  }
  benchmark::DoNotOptimize(sketch);
  per_item(state, turn);
}

template <class S, class T>
void spans(benchmark::State& state, const std::vector<T>& items) {
  turns<T> next(items);
  S sketch;
  for (auto _ : state) {
    sketch.update(next.next());
    benchmark::ClobberMemory();
  }
  benchmark::DoNotOptimize(sketch);
  per_item(state, turn);
}

/// Two sketches of half a million items each into one.
template <class S, class T>
void merging(benchmark::State& state, const std::vector<T>& items) {
  S a, b;
  a.update(std::span<const T>(items).first(length / 2));
  b.update(std::span<const T>(items).subspan(length / 2));
  for (auto _ : state) {
    S both = a;
    (void)both.merge(b);
    benchmark::DoNotOptimize(both);
  }
}

template <class S, class T>
void saving(benchmark::State& state, const std::vector<T>& items) {
  S sketch;
  sketch.update(std::span<const T>(items));
  std::size_t size = 0;
  for (auto _ : state) {
    const auto bytes = sketch.save();
    size = bytes.size();
    benchmark::DoNotOptimize(bytes.data());
  }
  state.counters["bytes"] = static_cast<double>(size);
}

template <class S>
void quantile(benchmark::State& state) {
  S sketch;
  sketch.update(std::span<const double>(log_normal()));
  for (auto _ : state) benchmark::DoNotOptimize(sketch.quantile(0.99));
}

template <class S>
void quantile_of_view(benchmark::State& state) {
  S sketch;
  sketch.update(std::span<const double>(log_normal()));
  const auto view = sketch.view();
  double p = 0;
  for (auto _ : state) {
    p = p > 0.99 ? 0.0 : p + 0.00137;
    benchmark::DoNotOptimize(view.quantile(p));
  }
}

#define MILLRACE_BENCH(function, name, items)                                                         \
  const int function##_##name##_##items [[maybe_unused]] =                                            \
      (benchmark::RegisterBenchmark(#name "/" #function "/" #items,                                   \
                                    [](benchmark::State& state) { function<name>(state, items()); }), \
       0)

using kll_200 = mr::kll<200>;
using tdigest_100 = mr::tdigest<100>;
using req_12 = mr::req<12>;
using hll_12 = mr::hll<12, 8>;
using hll_12_4_bit = mr::hll<12, 4>;
using theta_12 = mr::theta<12>;
using frequent_numbers = mr::frequent_items<std::int64_t, 10>;
using frequent_texts = mr::frequent_items<std::string, 10>;
using count_min_1024 = mr::count_min<1024, 4>;

MILLRACE_BENCH(singles, kll_200, log_normal);
MILLRACE_BENCH(spans, kll_200, log_normal);
MILLRACE_BENCH(merging, kll_200, log_normal);
MILLRACE_BENCH(saving, kll_200, log_normal);
MILLRACE_BENCH(singles, tdigest_100, log_normal);
MILLRACE_BENCH(merging, tdigest_100, log_normal);
MILLRACE_BENCH(saving, tdigest_100, log_normal);
MILLRACE_BENCH(singles, req_12, log_normal);
MILLRACE_BENCH(merging, req_12, log_normal);
MILLRACE_BENCH(saving, req_12, log_normal);
BENCHMARK_TEMPLATE(quantile, kll_200);
BENCHMARK_TEMPLATE(quantile_of_view, kll_200);
BENCHMARK_TEMPLATE(quantile, tdigest_100);
BENCHMARK_TEMPLATE(quantile_of_view, tdigest_100);
MILLRACE_BENCH(singles, hll_12, different);
MILLRACE_BENCH(singles, hll_12_4_bit, different);
MILLRACE_BENCH(spans, hll_12, different);
MILLRACE_BENCH(merging, hll_12, different);
MILLRACE_BENCH(saving, hll_12, different);
MILLRACE_BENCH(singles, theta_12, different);
MILLRACE_BENCH(merging, theta_12, different);
MILLRACE_BENCH(saving, theta_12, different);
MILLRACE_BENCH(singles, frequent_numbers, skewed);
MILLRACE_BENCH(singles, frequent_numbers, strongly_skewed);
MILLRACE_BENCH(singles, frequent_numbers, hardly_skewed);
MILLRACE_BENCH(singles, frequent_texts, skewed_text);
MILLRACE_BENCH(merging, frequent_numbers, skewed);
MILLRACE_BENCH(saving, frequent_numbers, skewed);
MILLRACE_BENCH(singles, count_min_1024, skewed);
MILLRACE_BENCH(merging, count_min_1024, skewed);

// ---- baselines ----

/// What exact quantiles cost: all values kept, sorted when asked.
void all_values_sorted(benchmark::State& state) {
  for (auto _ : state) {
    auto values = log_normal();
    std::sort(values.begin(), values.end());
    benchmark::DoNotOptimize(values[values.size() * 99 / 100]);
  }
  per_item(state, length);
}
BENCHMARK(all_values_sorted)->Unit(benchmark::kMillisecond);

void set_of_all_items(benchmark::State& state) {
  for (auto _ : state) {
    std::unordered_set<std::int64_t> seen;
    for (const auto x : different()) seen.insert(x);
    benchmark::DoNotOptimize(seen.size());
  }
  per_item(state, length);
}
BENCHMARK(set_of_all_items)->Unit(benchmark::kMillisecond);

/// The least that a register update can be: a multiplicative hash, no estimate kept.
void bare_registers(benchmark::State& state) {
  turns<std::int64_t> next(different());
  std::vector<std::uint8_t> registers(4096);
  for (auto _ : state) {
    for (const std::int64_t x : next.next()) {
      std::uint64_t h = static_cast<std::uint64_t>(x) * 0x9e3779b97f4a7c15U;
      h = (h ^ h >> 32) * 0xd6e8feb86659fd93U;
      auto& place = registers[h & 4095];
      const auto value = static_cast<std::uint8_t>(__builtin_clzll(h | 1) + 1);
      if (value > place) place = value;
    }
    benchmark::ClobberMemory();
  }
  per_item(state, turn);
}
BENCHMARK(bare_registers);

void map_of_all_numbers(benchmark::State& state) {
  turns<std::int64_t> next(skewed());
  std::unordered_map<std::int64_t, std::uint64_t> counts;
  for (auto _ : state) {
    for (const auto x : next.next()) ++counts[x];
    benchmark::ClobberMemory();
  }
  per_item(state, turn);
}
BENCHMARK(map_of_all_numbers);

void map_of_all_texts(benchmark::State& state) {
  turns<std::string> next(skewed_text());
  std::unordered_map<std::string, std::uint64_t> counts;
  for (auto _ : state) {
    for (const auto& x : next.next()) ++counts[x];
    benchmark::ClobberMemory();
  }
  per_item(state, turn);
}
BENCHMARK(map_of_all_texts);

}  // namespace

BENCHMARK_MAIN();
