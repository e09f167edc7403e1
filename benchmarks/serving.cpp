// What a batcher costs when its model is idle, and what requests wait for it under load. The load is open: requests are
// planned at a fixed rate, at random moments, and each one's latency counts from the moment that was planned for it, so
// that a server which stops for a while is charged for all that it kept waiting. Beside it in the same run: the usual
// way, a thread that collects a batch and wakes the callers by condition variables.
//
// A part of that is the load's own fault: how late a sender was that had nothing else to do (late), because it slept
// too long or had no core. The rest is the server's (served): the call, and what a call that took long kept waiting.
// The `jitter` benchmarks have one sender, which never sleeps: it calls the batcher (`leader`), or it submits to a
// thread of the pool, which sleeps or polls, on a core of its own or not (`pooled`). `jitter_of_the_machine` is how
// long a thread that only reads the clock is kept from it. For these alone:
//
//     bench_serving --benchmark_filter='load|jitter'
//
// The goals are 100 ns above the model for an idle call, and p99 <= max_delay + one batch + 50 us.
#include <millrace/core/seed.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/observe/metrics.hpp>

#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mi = millrace::infer;
namespace mm = millrace::model;
namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

std::uint64_t now() { return mr::steady_clock().ticks(); }

/// A weighted sum of 30 numbers, that takes so much longer than it has to: a stand-in for models of any size.
struct weighted_sum {
  std::uint64_t nanoseconds_a_batch = 0;
  std::uint64_t nanoseconds_a_row = 0;

  static constexpr std::size_t columns = 30;
  static constexpr std::size_t inputs() noexcept { return columns; }
  static constexpr std::size_t outputs() noexcept { return 1; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    predict(mm::matrix_view(row.data(), 1, columns), out);
  }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    const std::uint64_t time = nanoseconds_a_batch + nanoseconds_a_row * rows.rows();
    const std::uint64_t until = time != 0 ? now() + time : 0;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      float sum = 0;
      for (std::size_t j = 0; j < columns; ++j) sum += rows(i, j) * static_cast<float>(j);
      out[i] = static_cast<double>(sum);
    }
    while (time != 0 && now() < until) {
    }
  }
};

std::vector<float> table() {
  mr::random_engine random(1);
  std::vector<float> rows(1024 * weighted_sum::columns);
  for (float& x : rows) x = static_cast<float>(random.normal());
  return rows;
}

template <class Call>
void each_row(benchmark::State& state, const Call& call) {
  const std::vector<float> rows = table();
  std::array<double, 1> out{};
  std::size_t i = 0;
  for (auto _ : state) {
    call(std::span(rows).subspan(i * weighted_sum::columns, weighted_sum::columns), std::span<double>(out));
    benchmark::DoNotOptimize(out[0]);
    i = (i + 1) % 1024;
  }
}

void idle_model_alone(benchmark::State& state) {
  const weighted_sum model;
  each_row(state, [&](auto row, auto out) { model.predict(row, out); });
}
void idle_batcher(benchmark::State& state) {
  const weighted_sum model;
  mi::batcher serve{model, mi::max_rows<100>, mi::max_delay<2ms>};
  each_row(state, [&](auto row, auto out) { (void)serve(row, out); });
}
void idle_batcher_of_a_swappable(benchmark::State& state) {
  const mi::swappable live{weighted_sum()};
  mi::batcher serve{live, mi::max_rows<100>};
  each_row(state, [&](auto row, auto out) { (void)serve(row, out); });
}
void idle_batcher_with_metrics(benchmark::State& state) {
  const weighted_sum model;
  mr::observe::metrics_registry registry;
  const auto watch = mi::serving_metrics<>::make(registry, "sum");
  mi::batcher serve{model, mi::max_rows<100>, *watch};
  each_row(state, [&](auto row, auto out) { (void)serve(row, out); });
}
void idle_with_fallback(benchmark::State& state) {
  const weighted_sum model;
  mi::batcher serve{model, mi::max_rows<100>};
  auto guarded = mi::fallback<decltype(serve)>::make(serve, mi::fallback_values{{0}});
  each_row(state, [&](auto row, auto out) { (void)(*guarded)(row, out); });
}
struct open_breaker {
  static constexpr bool allows() noexcept { return false; }
  static constexpr void succeeded() noexcept {}
  static constexpr void failed() noexcept {}
  static constexpr void ignored() noexcept {}
};

BENCHMARK(idle_model_alone);
BENCHMARK(idle_batcher);
BENCHMARK(idle_batcher_of_a_swappable);
BENCHMARK(idle_batcher_with_metrics);
BENCHMARK(idle_with_fallback);

/// The usual way: callers hand their rows to a thread, which waits for company, and wakes them.
class handed_over {
 public:
  handed_over(const weighted_sum& model, std::size_t max_rows, std::chrono::nanoseconds max_delay)
      : model_(model), max_rows_(max_rows), max_delay_(max_delay), worker_([this] { work(); }) {}
  ~handed_over() {
    {
      const std::lock_guard locked(mutex_);
      stops_ = true;
    }
    came_.notify_all();
    worker_.join();
  }
  bool operator()(std::span<const float> row, std::span<double> out) {
    waiting self{row, out, {}, false};
    std::unique_lock locked(mutex_);
    queue_.push_back(&self);
    came_.notify_one();
    self.changed.wait(locked, [&] { return self.is_done; });
    return true;
  }

 private:
  struct waiting {
    std::span<const float> row;
    std::span<double> out;
    std::condition_variable changed;
    bool is_done;
  };
  void work() {
    std::vector<float> rows(max_rows_ * weighted_sum::columns);
    std::vector<double> out(max_rows_);
    std::unique_lock locked(mutex_);
    for (;;) {
      came_.wait(locked, [&] { return stops_ || !queue_.empty(); });
      if (stops_) return;
      if (max_delay_ > 0ns) came_.wait_for(locked, max_delay_, [&] { return queue_.size() >= max_rows_; });
      const std::size_t count = std::min(queue_.size(), max_rows_);
      const std::vector<waiting*> batch(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
      locked.unlock();
      for (std::size_t i = 0; i < count; ++i)
        std::copy(batch[i]->row.begin(), batch[i]->row.end(),
                  rows.begin() + static_cast<std::ptrdiff_t>(i * weighted_sum::columns));
      model_.predict(mm::matrix_view(rows.data(), count, weighted_sum::columns), out);
      locked.lock();
      for (std::size_t i = 0; i < count; ++i) {
        batch[i]->out[0] = out[i];
        batch[i]->is_done = true;
        batch[i]->changed.notify_one();
      }
    }
  }

  const weighted_sum& model_;
  std::size_t max_rows_;
  std::chrono::nanoseconds max_delay_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<waiting*> queue_;
  bool stops_ = false;
  std::thread worker_;
};

constexpr int callers = 16;

/// Quantiles of nanoseconds, in microseconds.
class latencies {
 public:
  explicit latencies(std::vector<std::uint64_t> nanoseconds) : sorted_(std::move(nanoseconds)) {
    std::sort(sorted_.begin(), sorted_.end());
  }
  double quantile(double q) const {
    if (sorted_.empty()) return 0;
    const auto at = static_cast<std::size_t>(q * static_cast<double>(sorted_.size()));
    return static_cast<double>(sorted_[std::min(sorted_.size() - 1, at)]) / 1000;
  }
  std::size_t size() const { return sorted_.size(); }
  void show(benchmark::State& state) const {
    state.counters["p50_us"] = quantile(0.5);
    state.counters["p99_us"] = quantile(0.99);
    state.counters["p99.9_us"] = quantile(0.999);
    state.counters["p99.99_us"] = quantile(0.9999);
    state.counters["requests"] = static_cast<double>(size());
  }

 private:
  std::vector<std::uint64_t> sorted_;
};

/// Sends `rate` requests a second, at random moments, from 16 threads, and shows how their latencies lie.
template <class Call>
void under_load(benchmark::State& state, double rate, const Call& call) {
  const std::vector<float> rows = table();
  constexpr double seconds = 1;
  struct sent {
    std::uint64_t late;
    std::uint64_t served;
  };
  std::vector<sent> all;
  std::atomic<std::uint64_t> unserved{0};
  for (auto _ : state) {
    std::vector<std::vector<sent>> by_caller(callers);
    std::vector<std::thread> threads;
    const std::uint64_t begin = now() + 20'000'000;
    for (int t = 0; t < callers; ++t)
      threads.emplace_back([&, t] {
        mr::random_engine random(static_cast<std::uint64_t>(t) + 1);
        std::vector<sent>& mine = by_caller[static_cast<std::size_t>(t)];
        mine.reserve(static_cast<std::size_t>(2 * rate * seconds / callers) + 100);
        std::array<double, 1> out{};
        double planned = 0;
        std::uint64_t free_since = 0;
        for (std::size_t i = static_cast<std::size_t>(t) * 64;; ++i) {
          planned -= std::log(1 - random.uniform()) * callers / rate;
          if (planned > seconds) break;
          const std::uint64_t at = begin + static_cast<std::uint64_t>(planned * 1e9);
          for (std::uint64_t time = now(); time < at; time = now())
            if (at - time > 100'000)
              std::this_thread::sleep_for(std::chrono::nanoseconds(at - time - 60'000));
            else
              std::this_thread::yield();
          const std::uint64_t called = now();
          if (!call(std::span(rows).subspan(i % 1024 * weighted_sum::columns, weighted_sum::columns),
                    std::span<double>(out)))
            ++unserved;
          const std::uint64_t late = called - std::max(at, free_since);
          free_since = now();
          mine.push_back({late, free_since - at - late});
        }
      });
    for (std::thread& one : threads) one.join();
    for (const auto& part : by_caller) all.insert(all.end(), part.begin(), part.end());
  }
  const auto of = [&](auto part) {
    std::vector<std::uint64_t> made;
    for (const sent& one : all) made.push_back(part(one));
    return latencies(std::move(made));
  };
  of([](const sent& one) { return one.late + one.served; }).show(state);
  state.counters["late_p99_us"] = of([](const sent& one) { return one.late; }).quantile(0.99);
  const latencies served = of([](const sent& one) { return one.served; });
  state.counters["served_p99_us"] = served.quantile(0.99);
  state.counters["served_p99.9_us"] = served.quantile(0.999);
  state.counters["unserved"] = static_cast<double>(unserved.load());
}

constexpr weighted_sum runtime_call{20'000, 1'000};  // 20 us a call and 1 us a row, as a vendor's runtime takes
constexpr std::size_t most_rows = 64;

template <mi::batching Policy>
void load_batcher(benchmark::State& state) {
  mi::batcher serve{runtime_call, mi::batcher_options{.policy = Policy, .max_rows = most_rows, .max_delay = 200us}};
  under_load(state, static_cast<double>(state.range(0)), [&](auto row, auto out) { return bool(serve(row, out)); });
}
void load_pooled(benchmark::State& state) {
  mi::batcher serve{runtime_call, mi::batcher_options{.policy = mi::batching::pooled, .max_rows = most_rows}};
  mi::serving_threads pool(serve, {.polls = state.range(1) != 0, .is_pinned = state.range(1) != 0});
  under_load(state, static_cast<double>(state.range(0)), [&](auto row, auto out) { return bool(serve(row, out)); });
}
void load_handed_over(benchmark::State& state) {
  handed_over serve(runtime_call, most_rows, 0ns);
  under_load(state, static_cast<double>(state.range(0)), [&](auto row, auto out) { return serve(row, out); });
}
void load_fallback_open(benchmark::State& state) {
  mi::batcher serve{runtime_call};
  open_breaker breaker;
  auto guarded = mi::fallback<decltype(serve), mi::fallback_values, open_breaker>::make(serve, mi::fallback_values{{0}},
                                                                                        {}, breaker);
  each_row(state, [&](auto row, auto out) { (void)(*guarded)(row, out); });
}

/// Latencies of high priority alone, with as much low priority beside it as twice what the model can do.
void load_high_beside_low(benchmark::State& state) {
  mi::batcher serve{runtime_call, mi::batcher_options{.max_rows = 16, .max_waiting = 256}};
  std::atomic<bool> stops{false};
  std::vector<std::thread> flood;
  std::atomic<std::uint64_t> sent{0};
  const double rate = 2 * 16 / 36e-6;  // rows a second: batches of 16 rows take 36 us
  if (state.range(0) != 0)
    flood.emplace_back([&] {
      const std::vector<float> rows(16 * weighted_sum::columns);
      std::vector<std::array<double, 16>> outs(64);
      std::vector<std::unique_ptr<mi::request>> ring(64);
      const std::uint64_t begin = now();
      for (std::size_t i = 0; !stops; i = (i + 1) % ring.size()) {
        while (!stops && static_cast<double>(sent.load()) * 16 > rate * static_cast<double>(now() - begin) / 1e9)
          std::this_thread::yield();
        ring[i] = std::make_unique<mi::request>(mm::matrix_view(rows, weighted_sum::columns), outs[i],
                                                mi::request_options{mi::serving_priority::low});
        (void)serve.submit(*ring[i]);
        ++sent;
      }
    });
  under_load(state, 2000, [&](auto row, auto out) { return bool(serve(row, out, {mi::serving_priority::high})); });
  stops = true;
  for (std::thread& one : flood) one.join();
}

void stay_on(std::size_t cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ::sched_setaffinity(0, sizeof one, &one);
}

/// One sender that never sleeps, on the first core, and calls the batcher itself at the planned moments.
void jitter_leader(benchmark::State& state) {
  const auto rate = static_cast<double>(state.range(0));
  const std::vector<float> rows = table();
  mi::batcher serve{runtime_call, mi::batcher_options{.max_rows = most_rows}};
  std::vector<std::uint64_t> whole;
  for (auto _ : state) {
    std::thread sender([&] {
      stay_on(0);
      mr::random_engine random(1);
      std::array<double, 1> out{};
      const std::uint64_t begin = now() + 1'000'000;
      double planned = 0;
      for (std::size_t i = 0; i < 50'000; ++i) {
        planned -= std::log(1 - random.uniform()) / rate;
        const std::uint64_t at = begin + static_cast<std::uint64_t>(planned * 1e9);
        while (now() < at) {
        }
        (void)serve(std::span(rows).subspan(i % 1024 * weighted_sum::columns, weighted_sum::columns),
                    std::span<double>(out));
        whole.push_back(now() - at);
      }
    });
    sender.join();
  }
  latencies(std::move(whole)).show(state);
}

/// When the model was given each request, and when it was done. One thread serves, in the order in which they came.
struct noted_times {
  std::vector<std::uint64_t>* began_at;
  std::vector<std::uint64_t>* ended_at;

  static void waiting(std::ptrdiff_t) noexcept {}
  void began(std::size_t rows) const noexcept { began_at->insert(began_at->end(), rows, now()); }
  static void ran(mi::served, std::size_t) noexcept {}
  void ended(mi::served, std::size_t, std::uint64_t) const noexcept { ended_at->push_back(now()); }
  static void replaced(std::size_t) noexcept {}
};

/// A sender that never sleeps, on the first core, and one thread of the pool. Arguments: requests a second, whether the
/// pool's thread polls, whether it has the second core to itself.
void jitter_pooled(benchmark::State& state) {
  const auto rate = static_cast<double>(state.range(0));
  constexpr std::size_t count = 100'000;
  const std::vector<float> rows = table();
  std::vector<std::uint64_t> whole;
  std::vector<std::uint64_t> late;
  std::vector<std::uint64_t> queued;
  std::vector<std::uint64_t> ran;
  std::uint64_t blocked = 0;
  for (auto _ : state) {
    std::vector<std::uint64_t> began_at;
    std::vector<std::uint64_t> ended_at;
    std::vector<std::uint64_t> planned_at(count);
    std::vector<std::uint64_t> sent_at(count);
    began_at.reserve(count);
    ended_at.reserve(count);
    const noted_times watch{&began_at, &ended_at};
    mi::batcher serve{runtime_call, mi::batcher_options{.policy = mi::batching::pooled, .max_rows = most_rows}, watch};
    mi::serving_threads pool(serve, {.polls = state.range(1) != 0, .is_pinned = state.range(2) != 0, .first_cpu = 1});
    std::thread sender([&] {
      stay_on(0);
      mr::random_engine random(1);
      constexpr std::size_t room = 4096;
      std::vector<std::array<double, 1>> outs(room);
      std::vector<std::unique_ptr<mi::request>> ring(room);
      for (std::size_t i = 0; i < room; ++i)
        ring[i] = std::make_unique<mi::request>(
            std::span(rows).subspan(i % 1024 * weighted_sum::columns, weighted_sum::columns), std::span(outs[i]));
      const std::uint64_t begin = now() + 1'000'000;
      double planned = 0;
      for (std::size_t i = 0; i < count; ++i) {
        planned -= std::log(1 - random.uniform()) / rate;
        planned_at[i] = begin + static_cast<std::uint64_t>(planned * 1e9);
        mi::request& next = *ring[i % room];
        if (!next.done()) ++blocked;
        while (!next.done() || now() < planned_at[i]) {
        }
        sent_at[i] = now();
        (void)serve.submit(next);
      }
      for (auto& one : ring) (void)serve.wait(*one);
    });
    sender.join();
    for (std::size_t i = 0; i < std::min(count, ended_at.size()); ++i) {
      whole.push_back(ended_at[i] - planned_at[i]);
      late.push_back(sent_at[i] - planned_at[i]);
      queued.push_back(began_at[i] - std::min(began_at[i], sent_at[i]));
      ran.push_back(ended_at[i] - began_at[i]);
    }
  }
  latencies(std::move(whole)).show(state);
  state.counters["late_p99_us"] = latencies(std::move(late)).quantile(0.99);
  state.counters["queue_p99_us"] = latencies(std::move(queued)).quantile(0.99);
  state.counters["run_p99_us"] = latencies(std::move(ran)).quantile(0.99);
  state.counters["blocked"] = static_cast<double>(blocked);
}

/// For how long a thread on this core that does nothing but read the clock does not get to it: of all moments of five
/// seconds, so that p99.99 is what an event at a random moment finds.
void jitter_of_the_machine(benchmark::State& state) {
  std::vector<std::uint64_t> waits;
  for (auto _ : state) {
    std::thread reader([&] {
      stay_on(static_cast<std::size_t>(state.range(0)));
      constexpr std::uint64_t step = 5'000;
      std::uint64_t last = now();
      for (const std::uint64_t until = last + 5'000'000'000; last < until;) {
        const std::uint64_t next = now();
        // A moment in each 5 us, and how long it would have waited for the thread.
        for (std::uint64_t at = last - last % step + step; at <= next; at += step) waits.push_back(next - at);
        last = next;
      }
    });
    reader.join();
  }
  latencies(std::move(waits)).show(state);
}

void rates(benchmark::internal::Benchmark* of) {
  of->Arg(2'000)->Arg(10'000)->Arg(50'000)->Iterations(3)->UseRealTime();
}

BENCHMARK(load_batcher<mi::batching::leader>)->Apply(rates);
BENCHMARK(load_batcher<mi::batching::alone>)->Apply(rates);
BENCHMARK(load_batcher<mi::batching::by_deadline>)->Apply(rates);
BENCHMARK(load_pooled)->ArgsProduct({{2'000, 10'000, 50'000}, {0, 1}})->Iterations(3)->UseRealTime();
BENCHMARK(load_handed_over)->Apply(rates);
BENCHMARK(load_high_beside_low)->Arg(0)->Arg(1)->Iterations(3)->UseRealTime();
BENCHMARK(load_fallback_open);
BENCHMARK(jitter_of_the_machine)->Arg(0)->Arg(1)->Iterations(1)->Repetitions(1)->UseRealTime();
BENCHMARK(jitter_leader)->Arg(2'000)->Arg(10'000)->Iterations(1)->Repetitions(1)->UseRealTime();
BENCHMARK(jitter_pooled)
    ->ArgsProduct({{10'000, 50'000}, {0, 1}, {0, 1}})
    ->ArgNames({"rate", "polls", "pinned"})
    ->Iterations(1)
    ->Repetitions(1)
    ->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
