// What a cache costs: reads that hit on one and two threads, by value and by pin, with and without lifetimes, a mix of
// reads and writes, and get_or_load. Beside it in the same run the usual way: a mutex, an unordered_map and a list
// (LRU). Keys come from a Zipf law over 100,000 keys of which the cache holds what each benchmark says, made beforehand
// and rotated over. Hit rates are in bench_cache_hit_rates.
//
//     bench_cache
//
// The goals are 25 ns a get on one thread, 30 ns on two.
#include <millrace/resilience/caches/cache.hpp>

#include <support/cache_traces.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mz = millrace::resilience;

namespace {

constexpr std::size_t keys = 100'000;
constexpr std::size_t asked = 1U << 16U;

const std::vector<std::uint64_t>& popular() {
  static const std::vector<std::uint64_t> made = [] {
    mr::random_engine random(1);
    const support::zipf_numbers zipf(keys, 0.9);
    std::vector<std::uint64_t> all(asked);
    for (auto& each : all) each = zipf(random) * 0x9e3779b97f4a7c15U;
    return all;
  }();
  return made;
}
const std::vector<std::string>& popular_texts() {
  static const std::vector<std::string> made = [] {
    std::vector<std::string> all;
    for (const std::uint64_t each : popular()) all.push_back("customer:" + std::to_string(each));
    return all;
  }();
  return made;
}

struct row {
  double numbers[8];
};

/// The usual way.
template <class Key, class Value>
class locked_lru {
 public:
  explicit locked_lru(std::size_t room) : room_(room) {}
  std::optional<Value> get(const Key& key) {
    const std::lock_guard locked(mutex_);
    const auto found = at_.find(key);
    if (found == at_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->second;
  }
  void insert(const Key& key, const Value& value) {
    const std::lock_guard locked(mutex_);
    if (const auto found = at_.find(key); found != at_.end()) {
      found->second->second = value;
      return;
    }
    if (at_.size() == room_) {
      at_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(key, value);
    at_.emplace(key, order_.begin());
  }

 private:
  std::mutex mutex_;
  std::size_t room_;
  std::list<std::pair<Key, Value>> order_;
  std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator> at_;
};

/// All threads of a benchmark use one cache, in which all keys are.
template <class Cache, class Keys, class Value>
Cache& filled(Cache& cache, const Keys& all, const Value& value) {
  for (const auto& each : all) cache.insert(each, value);
  return cache;
}

template <class Policy>
void get_number(benchmark::State& state) {
  static mz::cache<std::uint64_t, std::uint64_t, Policy> cache({.max_weight = 2 * keys, .seed = 1});
  static auto& all = filled(cache, popular(), std::uint64_t{7});
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 31'337;
  for (auto _ : state) benchmark::DoNotOptimize(all.get(popular()[at++ % asked]));
}
BENCHMARK_TEMPLATE(get_number, mz::adaptive_eviction)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(get_number, mz::s3_fifo)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(get_number, mz::lru)->Threads(1)->Threads(2)->UseRealTime();

void get_row(benchmark::State& state) {
  static mz::cache<std::uint64_t, row> cache({.max_weight = 2 * keys, .seed = 1});
  static auto& all = filled(cache, popular(), row{});
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 31'337;
  for (auto _ : state) benchmark::DoNotOptimize(all.get(popular()[at++ % asked]));
}
BENCHMARK(get_row)->Threads(1)->Threads(2)->UseRealTime();

void get_number_with_lifetimes(benchmark::State& state) {
  static mz::cache<std::uint64_t, std::uint64_t> cache(
      {.max_weight = 2 * keys, .ttl = mr::seconds(3600), .idle = mr::seconds(600), .seed = 1});
  static auto& all = filled(cache, popular(), std::uint64_t{7});
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 31'337;
  for (auto _ : state) benchmark::DoNotOptimize(all.get(popular()[at++ % asked]));
}
BENCHMARK(get_number_with_lifetimes)->Threads(1)->Threads(2)->UseRealTime();

void find_text(benchmark::State& state) {
  static mz::cache<std::string, std::string> cache({.max_weight = 2 * keys, .seed = 1});
  static auto& all = filled(cache, popular_texts(), std::string(100, 'v'));
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 31'337;
  for (auto _ : state) benchmark::DoNotOptimize(all.find(popular_texts()[at++ % asked])->size());
}
BENCHMARK(find_text)->Threads(1)->Threads(2)->UseRealTime();

void get_or_load_of_what_is_there(benchmark::State& state) {
  static mz::cache<std::uint64_t, std::uint64_t> cache({.max_weight = 2 * keys, .seed = 1});
  static auto& all = filled(cache, popular(), std::uint64_t{7});
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 31'337;
  for (auto _ : state)
    benchmark::DoNotOptimize(all.get_or_load(popular()[at++ % asked], [] { return std::uint64_t{7}; }));
}
BENCHMARK(get_or_load_of_what_is_there)->Threads(1)->Threads(2)->UseRealTime();

/// A tenth of the keys fit: reads, and a write for each miss.
template <class Cache>
void mix(benchmark::State& state, Cache& cache) {
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 31'337;
  std::size_t hits = 0;
  for (auto _ : state) {
    const std::uint64_t key = popular()[at++ % asked];
    if (const auto found = cache.get(key))
      ++hits;
    else
      cache.insert(key, key);
  }
  state.counters["hits"] = benchmark::Counter(static_cast<double>(hits) / static_cast<double>(state.iterations()),
                                              benchmark::Counter::kAvgThreads);
}
template <class Policy>
void mix_of_ours(benchmark::State& state) {
  static mz::cache<std::uint64_t, std::uint64_t, Policy> cache({.max_weight = keys / 10, .seed = 1});
  mix(state, cache);
}
BENCHMARK_TEMPLATE(mix_of_ours, mz::adaptive_eviction)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(mix_of_ours, mz::s3_fifo)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK_TEMPLATE(mix_of_ours, mz::lru)->Threads(1)->Threads(2)->UseRealTime();

void mix_of_mutex_and_list(benchmark::State& state) {
  static locked_lru<std::uint64_t, std::uint64_t> cache(keys / 10);
  mix(state, cache);
}
BENCHMARK(mix_of_mutex_and_list)->Threads(1)->Threads(2)->UseRealTime();

void get_number_of_mutex_and_list(benchmark::State& state) {
  static locked_lru<std::uint64_t, std::uint64_t> cache(2 * keys);
  static auto& all = filled(cache, popular(), std::uint64_t{7});
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 31'337;
  for (auto _ : state) benchmark::DoNotOptimize(all.get(popular()[at++ % asked]));
}
BENCHMARK(get_number_of_mutex_and_list)->Threads(1)->Threads(2)->UseRealTime();

/// A load is what a miss costs above the loader.
void get_or_load_of_what_is_not(benchmark::State& state) {
  mz::cache<std::uint64_t, std::uint64_t> cache({.max_weight = 1'000, .seed = 1});
  std::uint64_t key = 0;
  for (auto _ : state) benchmark::DoNotOptimize(cache.get_or_load(key++, [] { return std::uint64_t{7}; }));
}
BENCHMARK(get_or_load_of_what_is_not);

}  // namespace

BENCHMARK_MAIN();
