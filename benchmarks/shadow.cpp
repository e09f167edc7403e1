// What a shadow costs its callers, beside the stable model alone, a queue under a mutex, and a candidate that is called
// there and then; what it costs to log a prediction, to join a million of them with their labels, and to read them
// again.
#include <millrace/deliver/outcomes.hpp>
#include <millrace/deliver/shadow.hpp>

#include <benchmark/benchmark.h>
#include <support/temp_dir.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace md = millrace::deliver;
namespace mr = millrace;

/// A request that is cheap to copy.
struct request {
  double amount = 0;
  std::uint64_t customer = 0;
  float features[8] = {};
};
double stable(const request& r) { return r.amount / (r.amount + 400); }
double candidate(const request& r) { return r.amount / (r.amount + 399); }

std::vector<request> requests() {
  std::vector<request> made(1024);
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = {1.0 * static_cast<double>(i), i, {}};
  return made;
}
constexpr std::int64_t calls = 200'000;
constexpr std::size_t room = std::size_t{1} << 18;

void stable_alone(benchmark::State& state) {
  const auto all = requests();
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stable(all[at++ & 1023]));
}
BENCHMARK(stable_alone)->Iterations(calls);

/// What the caller pays: there is room for all copies, and nobody takes them out.
void shadow_call(benchmark::State& state) {
  const auto all = requests();
  md::shadow scored{stable, candidate, md::shadow_options{.capacity = room, .threads = 0}};
  for (const request& each : all) scored(each);
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(scored(all[at++ & 1023]));
  state.counters["dropped"] = static_cast<double>(scored.report().drops());
}
BENCHMARK(shadow_call)->Iterations(calls);

/// The same by the CPU's counter.
void shadow_call_tsc(benchmark::State& state) {
  const auto all = requests();
  md::shadow scored{stable, candidate, md::shadow_options{.capacity = room, .threads = 0}, mr::tsc_clock()};
  for (const request& each : all) scored(each);
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(scored(all[at++ & 1023]));
}
BENCHMARK(shadow_call_tsc)->Iterations(calls);

/// A full queue: the candidate hangs.
void shadow_call_full(benchmark::State& state) {
  const auto all = requests();
  md::shadow scored{stable, candidate, md::shadow_options{.capacity = 64, .threads = 0}};
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(scored(all[at++ & 1023]));
}
BENCHMARK(shadow_call_full)->Iterations(calls);

/// With a thread that compares meanwhile, on another core where there is one.
void shadow_call_compared(benchmark::State& state) {
  const auto all = requests();
  md::shadow scored{stable, candidate, md::shadow_options{.capacity = room}};
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(scored(all[at++ & 1023]));
  (void)scored.drain(mr::seconds(30));
  state.counters["compared"] = static_cast<double>(scored.report().all.comparisons);
}
BENCHMARK(shadow_call_compared)->Iterations(calls);

void shadow_share_of_users(benchmark::State& state) {
  const auto all = requests();
  md::shadow scored{stable, candidate, md::shadow_options{.capacity = room, .threads = 0, .share = 0.1},
                    md::unit_by([](const request& r) { return r.customer; })};
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(scored(all[at++ & 1023]));
}
BENCHMARK(shadow_share_of_users)->Iterations(calls);

/// The queue that one would write first: a lock, an allocation now and then, and a wake-up for each request.
void locked_queue(benchmark::State& state) {
  const auto all = requests();
  struct copy {
    request asked;
    double made;
  };
  std::mutex mutex;
  std::condition_variable waits;
  std::deque<copy> queue;
  bool ends = false;
  double sum = 0;
  std::thread worker([&] {
    std::unique_lock held(mutex);
    for (;;) {
      waits.wait(held, [&] { return ends || !queue.empty(); });
      if (queue.empty()) return;
      const copy next = queue.front();
      queue.pop_front();
      held.unlock();
      sum += candidate(next.asked) - next.made;
      held.lock();
    }
  });
  std::size_t at = 0;
  for (auto _ : state) {
    const request& asked = all[at++ & 1023];
    const double made = stable(asked);
    {
      const std::lock_guard held(mutex);
      if (queue.size() < room) queue.push_back({asked, made});
    }
    waits.notify_one();
    benchmark::DoNotOptimize(made);
  }
  {
    const std::lock_guard held(mutex);
    ends = true;
  }
  waits.notify_one();
  worker.join();
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(locked_queue)->Iterations(calls);

/// What the shadow's thread does for a request.
void compare(benchmark::State& state) {
  const auto all = requests();
  md::shadow scored{stable, candidate, md::shadow_options{.capacity = 1024, .threads = 0},
                    md::segment_by([](const request& r) { return r.customer & 7; })};
  for (auto _ : state) {
    state.PauseTiming();
    for (const request& each : all) scored(each);
    state.ResumeTiming();
    scored.compare_waiting();
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}
BENCHMARK(compare)->Iterations(200);

/// Numbers as texts without an allocation, such as ids have.
std::string id_of(std::size_t i) { return "request-" + std::to_string(i); }

void log_prediction(benchmark::State& state) {
  support::temp_dir dir;
  auto log = md::prediction_log::open(dir / "log", {.ring_bytes = std::size_t{64} << 20});
  if (!log) std::abort();
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 4096; ++i) ids.push_back(id_of(i));
  const double score = 0.25;
  const float features[8] = {1, 2, 3, 4.5F, 5, 6, 7, 8};
  std::size_t at = 0;
  for (auto _ : state)
    log->append({.id = ids[at++ & 4095],
                 .time = 1,
                 .model = "fraud",
                 .version = "7",
                 .outputs = {&score, 1},
                 .features = features});
  (void)log->close();
  state.counters["dropped"] = static_cast<double>(log->statistics().dropped);
}
BENCHMARK(log_prediction)->Iterations(calls);

/// A million predictions, by whom they are logged, and their labels in another order.
constexpr std::size_t million = 1'000'000;
struct logged {
  support::temp_dir dir;
  std::string folder = dir / "log";
  logged() {
    auto log = md::prediction_log::open(folder);
    if (!log) std::abort();
    const double score = 0.25;
    const float features[8] = {1, 2, 3, 4.5F, 5, 6, 7, 8};
    for (std::size_t i = 0; i < million; ++i) {
      const std::string id = id_of(i);
      while (!log->append({.id = id, .model = "fraud", .version = "7", .outputs = {&score, 1}, .features = features}))
        std::this_thread::yield();
    }
    if (!log->close()) std::abort();
  }
};

void join_a_million(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const logged made;
    auto join = md::outcome_join::open(made.folder);
    if (!join) std::abort();
    state.ResumeTiming();
    std::size_t rows = 0;
    for (std::size_t i = 0; i < million; ++i) {
      const std::size_t at = i * 387'911 % million;  // in another order
      if (!join->update({.id = id_of(at), .label = 1}, [&](const md::joined_row&) { ++rows; })) std::abort();
    }
    if (!join->flush()) std::abort();
    state.PauseTiming();
    state.counters["rows"] = static_cast<double>(rows);
    state.counters["index_MB"] = static_cast<double>(join->statistics().index_bytes) / 1e6;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(million) * state.iterations());
}
BENCHMARK(join_a_million)->Iterations(1)->Unit(benchmark::kMillisecond);

/// After a restart: both logs are read, and then all rows.
void open_and_rows(benchmark::State& state) {
  const logged made;
  {
    auto join = md::outcome_join::open(made.folder);
    if (!join) std::abort();
    for (std::size_t i = 0; i < million; ++i)
      if (!join->update({.id = id_of(i), .label = 1}, [](const md::joined_row&) {})) std::abort();
    if (!join->flush()) std::abort();
  }
  for (auto _ : state) {
    auto join = md::outcome_join::open(made.folder);
    if (!join) std::abort();
    std::size_t rows = 0;
    if (!join->rows([&](const md::joined_row&) { ++rows; })) std::abort();
    if (rows != million) std::abort();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(million) * state.iterations());
}
BENCHMARK(open_and_rows)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
