// What a lock costs when nobody waits, and among threads that mostly read: read_write_lock beside std::shared_mutex and
// std::mutex; versioned beside a std::atomic of std::shared_ptr. `writer_among_readers` says how many readers enter
// while one writer waits: std::shared_mutex promises nothing, so its figure is whatever the system's is.
//
//     bench_locks
#include <millrace/resilience/locks.hpp>

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

namespace res = millrace::resilience;

namespace {

struct ours {
  res::read_write_lock lock;
  auto read() { return lock.lock_shared(); }
  auto write() { return lock.lock(); }
};
struct std_shared {
  std::shared_mutex lock;
  auto read() { return std::shared_lock(lock); }
  auto write() { return std::unique_lock(lock); }
};
struct std_exclusive {
  std::mutex lock;
  auto read() { return std::unique_lock(lock); }
  auto write() { return std::unique_lock(lock); }
};

template <class Lock>
void read_alone(benchmark::State& state) {
  Lock lock;
  for (auto _ : state) {
    const auto held = lock.read();
    benchmark::DoNotOptimize(&held);
  }
}
template <class Lock>
void write_alone(benchmark::State& state) {
  Lock lock;
  for (auto _ : state) {
    const auto held = lock.write();
    benchmark::DoNotOptimize(&held);
  }
}
BENCHMARK_TEMPLATE(read_alone, ours);
BENCHMARK_TEMPLATE(read_alone, std_shared);
BENCHMARK_TEMPLATE(read_alone, std_exclusive);
BENCHMARK_TEMPLATE(write_alone, ours);
BENCHMARK_TEMPLATE(write_alone, std_shared);
BENCHMARK_TEMPLATE(write_alone, std_exclusive);

/// Threads that look something up in a table of 64 numbers, and change it now and then: one time in `state.range(0)`.
template <class Lock>
void mixed(benchmark::State& state) {
  static Lock lock;
  static std::vector<std::uint64_t> table(64, 1);
  const auto every = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t random = 88172645463325252ULL + static_cast<std::uint64_t>(state.thread_index());
  for (auto _ : state) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    if (random % every == 0) {
      const auto held = lock.write();
      ++table[random % 64];
    } else {
      const auto held = lock.read();
      benchmark::DoNotOptimize(table[random % 64]);
    }
  }
}
BENCHMARK_TEMPLATE(mixed, ours)->Arg(10)->Arg(1000)->ThreadRange(1, 4)->UseRealTime();
BENCHMARK_TEMPLATE(mixed, std_shared)->Arg(10)->Arg(1000)->ThreadRange(1, 4)->UseRealTime();
BENCHMARK_TEMPLATE(mixed, std_exclusive)->Arg(10)->Arg(1000)->ThreadRange(1, 4)->UseRealTime();

/// One writer beside two readers that come again and again: how long the writer waits, and how many readers pass it.
template <class Lock>
void writer_among_readers(benchmark::State& state) {
  Lock lock;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> reads{0};
  const auto read = [&] {
    while (!stop.load(std::memory_order_relaxed)) {
      const auto held = lock.read();
      reads.fetch_add(1, std::memory_order_relaxed);
    }
  };
  std::thread one(read);
  std::thread two(read);
  std::uint64_t passed = 0;
  for (auto _ : state) {
    const std::uint64_t busy = reads.load(std::memory_order_relaxed) + 50;
    while (reads.load(std::memory_order_relaxed) < busy) std::this_thread::yield();  // until they are at it again
    const std::uint64_t before = reads.load(std::memory_order_relaxed);
    const std::uint64_t began = millrace::steady_clock().ticks();
    const auto held = lock.write();
    state.SetIterationTime(static_cast<double>(millrace::steady_clock().ticks() - began) * 1e-9);
    passed += reads.load(std::memory_order_relaxed) - before;
  }
  stop = true;
  one.join();
  two.join();
  state.counters["readers_before_it"] =
      benchmark::Counter(static_cast<double>(passed), benchmark::Counter::kAvgIterations);
}
BENCHMARK_TEMPLATE(writer_among_readers, ours)->UseManualTime()->Iterations(200);
BENCHMARK_TEMPLATE(writer_among_readers, std_shared)->UseManualTime()->Iterations(200);

struct config {
  std::string name = "a name that is too long to stand in the object itself";
  std::uint64_t limit = 7;
};

void read_versioned(benchmark::State& state) {
  static res::versioned<config> value{config()};
  for (auto _ : state) benchmark::DoNotOptimize(value.read()->limit);
}
BENCHMARK(read_versioned)->ThreadRange(1, 4)->UseRealTime();

void read_atomic_shared_pointer(benchmark::State& state) {
  static std::atomic<std::shared_ptr<const config>> value{std::make_shared<const config>()};
  for (auto _ : state) benchmark::DoNotOptimize(value.load()->limit);
}
BENCHMARK(read_atomic_shared_pointer)->ThreadRange(1, 4)->UseRealTime();

void read_under_shared_mutex(benchmark::State& state) {
  static std::shared_mutex lock;
  static config value;
  for (auto _ : state) {
    const std::shared_lock held(lock);
    benchmark::DoNotOptimize(value.limit);
  }
}
BENCHMARK(read_under_shared_mutex)->ThreadRange(1, 4)->UseRealTime();

void update_versioned(benchmark::State& state) {
  res::versioned<config> value{config()};
  for (auto _ : state) {
    auto done = res::update_with_retry(value, [](const config& now) {
      config next = now;
      ++next.limit;
      return next;
    });
    benchmark::DoNotOptimize(done);
  }
}
BENCHMARK(update_versioned);

void file_lock_and_release(benchmark::State& state) {
  const res::file_lock lock("/tmp/bench_locks." + std::to_string(::getpid()) + ".lock");
  for (auto _ : state) {
    const auto held = lock.try_lock();
    if (!held) return state.SkipWithError(held.error().describe().c_str());
  }
  ::unlink(lock.path().c_str());
}
BENCHMARK(file_lock_and_release);

}  // namespace

BENCHMARK_MAIN();
