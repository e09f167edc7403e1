// What a batcher costs when its model is idle, and what requests wait for it under load. The load is open: requests are
// planned at a fixed rate, at random moments, and each one's latency counts from the moment that was planned for it, so
// that a server which stops for a while is charged for all that it kept waiting. Beside it in the same run: the usual
// way, a thread that collects a batch and wakes the callers by condition variables.
//
// The goals are 100 ns above the model for an idle call, and p99 <= max_delay + one batch + 50 us.
#include <millrace/core/seed.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/observe/metrics.hpp>

#include <benchmark/benchmark.h>

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
  each_row(state, [&](auto row, auto out) { serve(row, out); });
}
void idle_batcher_of_a_swappable(benchmark::State& state) {
  const mi::swappable live{weighted_sum()};
  mi::batcher serve{live, mi::max_rows<100>};
  each_row(state, [&](auto row, auto out) { serve(row, out); });
}
void idle_batcher_with_metrics(benchmark::State& state) {
  const weighted_sum model;
  mr::observe::metrics_registry registry;
  const auto watch = mi::serving_metrics<>::make(registry, "sum");
  mi::batcher serve{model, mi::max_rows<100>, *watch};
  each_row(state, [&](auto row, auto out) { serve(row, out); });
}
void idle_with_fallback(benchmark::State& state) {
  const weighted_sum model;
  mi::batcher serve{model, mi::max_rows<100>};
  auto guarded = mi::fallback<decltype(serve)>::make(serve, mi::fallback_values{{0}});
  each_row(state, [&](auto row, auto out) { (*guarded)(row, out); });
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

/// Sends `rate` requests a second, at random moments, from 16 threads, and shows how their latencies lie.
template <class Call>
void under_load(benchmark::State& state, double rate, const Call& call) {
  const std::vector<float> rows = table();
  constexpr double seconds = 1;
  std::vector<double> all;
  std::atomic<std::uint64_t> unserved{0};
  for (auto _ : state) {
    std::vector<std::vector<double>> latencies(callers);
    std::vector<std::thread> threads;
    const std::uint64_t begin = now() + 20'000'000;
    for (int t = 0; t < callers; ++t)
      threads.emplace_back([&, t] {
        mr::random_engine random(static_cast<std::uint64_t>(t) + 1);
        std::vector<double>& mine = latencies[static_cast<std::size_t>(t)];
        mine.reserve(static_cast<std::size_t>(2 * rate * seconds / callers) + 100);
        std::array<double, 1> out{};
        double planned = 0;
        for (std::size_t i = static_cast<std::size_t>(t) * 64;; ++i) {
          planned -= std::log(1 - random.uniform()) * callers / rate;
          if (planned > seconds) break;
          const std::uint64_t at = begin + static_cast<std::uint64_t>(planned * 1e9);
          for (std::uint64_t time = now(); time < at; time = now())
            if (at - time > 100'000)
              std::this_thread::sleep_for(std::chrono::nanoseconds(at - time - 60'000));
            else
              std::this_thread::yield();
          if (!call(std::span(rows).subspan(i % 1024 * weighted_sum::columns, weighted_sum::columns),
                    std::span<double>(out)))
            ++unserved;
          mine.push_back(static_cast<double>(now() - at));
        }
      });
    for (std::thread& one : threads) one.join();
    for (const auto& part : latencies) all.insert(all.end(), part.begin(), part.end());
  }
  std::sort(all.begin(), all.end());
  const auto quantile = [&](double q) {
    return all.empty()
               ? 0
               : all[std::min(all.size() - 1, static_cast<std::size_t>(q * static_cast<double>(all.size())))] / 1000;
  };
  state.counters["p50_us"] = quantile(0.5);
  state.counters["p99_us"] = quantile(0.99);
  state.counters["p99.9_us"] = quantile(0.999);
  state.counters["p99.99_us"] = quantile(0.9999);
  state.counters["requests"] = static_cast<double>(all.size());
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
  each_row(state, [&](auto row, auto out) { (*guarded)(row, out); });
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
        serve.submit(*ring[i]);
        ++sent;
      }
    });
  under_load(state, 2000, [&](auto row, auto out) { return bool(serve(row, out, {mi::serving_priority::high})); });
  stops = true;
  for (std::thread& one : flood) one.join();
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

}  // namespace

BENCHMARK_MAIN();
