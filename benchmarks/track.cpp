// What a tracker costs: log_metric on the caller's side, on 1 and 4 threads; points until they are durable in one
// SQLite file; the best runs by a metric, a filter of two metrics and a page in the middle, of RUNS runs (20,000, or
// what the environment says: a million takes minutes to make).
//
//     RUNS=1000000 bench_track
#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/sqlite.hpp>
#include <millrace/track.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;

namespace {

/// One tracker in memory with one run, which all threads log to.
struct memory_run {
  ms::memory_storage storage{{.max_bytes = std::size_t{8} << 30, .max_objects = 100'000'000}};
  mt::tracker<ms::memory_storage> tracks =
      *mt::tracker<ms::memory_storage>::open(storage, {.queue_bytes = std::size_t{256} << 20, .window_of_key = 1024});
  mt::run<ms::memory_storage> run = *tracks.start_run(tracks.create_experiment("e")->id);

  static memory_run& shared() {
    static memory_run one;
    return one;
  }
};

void log_metric(benchmark::State& state) {
  mt::run<ms::memory_storage>& run = memory_run::shared().run;
  const std::string key = "train/loss" + std::to_string(state.thread_index());
  std::int64_t step = 0;
  for (auto _ : state) benchmark::DoNotOptimize(run.log_metric(key, 0.5, step++));
  if (!run.flush()) state.SkipWithError("points were lost");
}
BENCHMARK(log_metric)->Iterations(1'000'000)->Threads(1)->Threads(4)->UseRealTime();

/// A million points of eight metrics, logged and durable.
void durable_points(benchmark::State& state) {
  const std::string folder = std::filesystem::temp_directory_path() / "millrace-bench-track";
  constexpr std::int64_t points = 1'000'000;
  for (auto _ : state) {
    state.PauseTiming();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    {
      auto storage = *ms::sqlite_storage<>::open(folder + "/runs.db");
      auto tracks = *mt::tracker<ms::sqlite_storage<>>::open(storage, {.window_of_key = 1024});
      auto run = *tracks.start_run(tracks.create_experiment("e")->id);
      std::vector<std::string> keys;
      for (int i = 0; i < 8; ++i) keys.push_back("train/metric" + std::to_string(i));
      state.ResumeTiming();
      for (std::int64_t i = 0; i < points; ++i)
        run.log_metric(keys[static_cast<std::size_t>(i % 8)], {i / 8, i / 8, static_cast<double>(i % 1013)});
      if (!run.flush()) state.SkipWithError("points were lost");
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
  std::filesystem::remove_all(folder);
  state.SetItemsProcessed(state.iterations() * points);
}
BENCHMARK(durable_points)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

/// Runs with two metrics each, in a file.
struct many_runs {
  std::string folder = std::filesystem::temp_directory_path() / "millrace-bench-track-runs";
  ms::sqlite_storage<ms::durable::os> storage = [this] {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return *ms::sqlite_storage<ms::durable::os>::open(folder + "/runs.db");
  }();
  mt::tracker<ms::sqlite_storage<ms::durable::os>> tracks =
      *mt::tracker<ms::sqlite_storage<ms::durable::os>>::open(storage);
  std::string experiment = tracks.create_experiment("e")->id;

  many_runs() {
    const char* const wanted = std::getenv("RUNS");
    const int runs = wanted != nullptr ? std::atoi(wanted) : 20'000;
    mr::random_engine random(1);
    for (int i = 0; i < runs; ++i) {
      const auto run = tracks.create_run(experiment, {.parameters = {{"lr", std::to_string(random.uniform())}}});
      static_cast<void>(tracks.log_batch(
          run->id, {.metrics = {{"loss", {0, 0, random.uniform()}}, {"accuracy", {0, 0, random.uniform()}}}}));
    }
  }
  ~many_runs() { std::filesystem::remove_all(folder); }
  static many_runs& shared() {
    static many_runs one;
    return one;
  }
};

void best_100_by_metric(benchmark::State& state) {
  const many_runs& in = many_runs::shared();
  for (auto _ : state) benchmark::DoNotOptimize(mt::rank_runs(in.tracks, in.experiment, "loss", 100));
}
BENCHMARK(best_100_by_metric)->Unit(benchmark::kMicrosecond);

void search(benchmark::State& state, const mt::search_options& options) {
  const many_runs& in = many_runs::shared();
  for (auto _ : state) {
    const auto page = mt::search_runs(in.tracks, {in.experiment}, options);
    if (!page) state.SkipWithError(page.error().describe().c_str());
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(search, best_100_whole, mt::search_options{.order_by = {"metrics.loss"}, .max_results = 100})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search, two_metrics_few_match,
                  mt::search_options{.filter = "metrics.loss < 0.001 AND metrics.accuracy > 0.5", .max_results = 100})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search, two_metrics_many_match,
                  mt::search_options{.filter = "metrics.loss < 0.5 AND metrics.accuracy > 0.5", .max_results = 100})
    ->Unit(benchmark::kMicrosecond);

void page_in_the_middle(benchmark::State& state) {
  const many_runs& in = many_runs::shared();
  mt::search_options options{.order_by = {"metrics.loss DESC"}, .max_results = 100};
  for (int i = 0; i < 50; ++i)
    options.page_token = mt::search_runs(in.tracks, {in.experiment}, options)->next_page_token;
  for (auto _ : state) benchmark::DoNotOptimize(mt::search_runs(in.tracks, {in.experiment}, options));
}
BENCHMARK(page_in_the_middle)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
