// What a tracker costs: log_metric on the caller's side, on 1 and 4 threads, and how its calls are spread; points until
// they are durable in one SQLite file; the best runs by a metric, filters of one and two metrics, of a parameter and of
// text, pages near the beginning and in the middle, of RUNS runs (20,000, or what the environment says: a million takes
// four minutes to make).
//
//     RUNS=1000000 bench_track
#include <millrace/core/clock.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/sqlite.hpp>
#include <millrace/track.hpp>
#include <millrace/track/search.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
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

/// Each call's time by the CPU's counter, without what a reading costs, which `clock_ns` says: of 4 threads that log a
/// hundred thousand points each, to what the queue has room for, so that the figures are those of the caller's side.
void log_metric_latency(benchmark::State& state) {
  constexpr std::size_t calls = 100'000;
  constexpr std::size_t threads = 4;
  static std::vector<double> times[threads];  // of the last round, in nanoseconds
  static const mr::tsc_clock clock;
  const auto ns = [](std::uint64_t from, std::uint64_t to) {
    return static_cast<double>(clock.nanoseconds(to)) - static_cast<double>(clock.nanoseconds(from));
  };
  double reading = 1e9;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t before = clock.ticks();
    const double one = ns(before, clock.ticks());
    if (one < reading) reading = one;
  }
  mt::run<ms::memory_storage>& run = memory_run::shared().run;
  const auto own = static_cast<std::size_t>(state.thread_index());
  const std::string key = "train/latency" + std::to_string(own);
  std::vector<double>& all = times[own];
  all.assign(calls, 0);
  std::int64_t step = 0;
  for (auto _ : state)
    for (double& each : all) {
      const std::uint64_t before = clock.ticks();
      benchmark::DoNotOptimize(run.log_metric(key, 0.5, step++));
      each = ns(before, clock.ticks()) - reading;
    }
  if (!run.flush()) state.SkipWithError("points were lost");
  if (own != 0) return;  // the first thread comes here when all have left the loop
  std::vector<double> merged;
  for (const auto& each : times) merged.insert(merged.end(), each.begin(), each.end());
  std::sort(merged.begin(), merged.end());
  const auto at = [&](double share) {
    return merged[static_cast<std::size_t>(share * static_cast<double>(merged.size() - 1))];
  };
  state.counters["p50_ns"] = at(0.5);
  state.counters["p90_ns"] = at(0.9);
  state.counters["p99_ns"] = at(0.99);
  state.counters["p99.9_ns"] = at(0.999);
  state.counters["clock_ns"] = reading;
}
BENCHMARK(log_metric_latency)->Iterations(1)->Repetitions(5)->Threads(4)->UseRealTime()->Unit(benchmark::kMillisecond);

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

/// Runs with two metrics, a parameter and a tag each, in a file. They are logged into memory, 250,000 at a time, and
/// copied in the order of their keys: one by one, each would touch twenty pages of a file of gigabytes.
struct many_runs {
  using file = ms::sqlite_storage<ms::durable::os>;

  many_runs() {
    mr::random_engine random(1);
    constexpr std::size_t most = 250'000;
    const mr::steady_clock clock;
    const std::uint64_t since = clock.ticks();
    for (std::size_t begin = 0; begin < runs(); begin += most) fill(begin, std::min(runs(), begin + most), random);
    filled_in = 1e-9 * static_cast<double>(clock.ticks() - since);
    // The allocator puts together what was freed at the next large request, which no query shall pay for.
    static_cast<void>(mt::search_runs(tracks, {experiment}, {.max_results = 1000}));
  }
  ~many_runs() { std::filesystem::remove_all(folder); }

  std::string folder = std::filesystem::temp_directory_path() / "millrace-bench-track-runs";
  file storage = [this] {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return *file::open(folder + "/runs.db");
  }();
  mt::tracker<file> tracks = *mt::tracker<file>::open(storage);
  std::string experiment;
  std::string parameter;  // that one run has
  double filled_in = 0;   // seconds

  static std::size_t runs() {
    const char* const wanted = std::getenv("RUNS");
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 20'000;
  }
  static many_runs& shared() {
    static many_runs one;
    return one;
  }

 private:
  void fill(std::size_t begin, std::size_t end, mr::random_engine& random) {
    ms::memory_storage memory({.max_bytes = std::size_t{8} << 30, .max_objects = 100'000'000});
    auto there = *mt::tracker<ms::memory_storage>::open(memory);
    experiment = there.create_experiment("e")->id;  // of the same id each time
    for (std::size_t i = begin; i < end; ++i) {
      const auto run = there.create_run(experiment, {.tags = {{"team", "team " + std::to_string(i % 5)}},
                                                     .parameters = {{"lr", std::to_string(random.uniform())}},
                                                     .start = 1'700'000'000'000 + static_cast<std::int64_t>(i)});
      static_cast<void>(there.log_batch(
          run->id, {.metrics = {{"loss", {0, 0, random.uniform()}}, {"accuracy", {0, 0, random.uniform()}}}}));
      if (i == runs() / 2) parameter = run->parameters[0].value;
    }
    const auto copied = storage.transact([&](file::transaction& to) -> mr::result<int> {
      const auto walked = ms::for_each_object(memory, "", [&](const ms::storage_entry& each) -> mr::result<void> {
        const auto bytes = memory.read(each.key);
        return bytes ? to.write(each.key, *bytes) : mr::result<void>(bytes.error());
      });
      return walked ? mr::result<int>(0) : mr::result<int>(walked.error());
    });
    if (!copied) std::abort();
  }
};

void best_100_by_metric(benchmark::State& state) {
  const many_runs& in = many_runs::shared();
  for (auto _ : state) benchmark::DoNotOptimize(mt::rank_runs(in.tracks, in.experiment, "loss", 100));
  state.counters["fill_s"] = in.filled_in;
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

BENCHMARK_CAPTURE(search, one_tag_many_match, mt::search_options{.filter = "tags.team = 'team 3'", .max_results = 100})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(search, latest_100, mt::search_options{.max_results = 100})->Unit(benchmark::kMicrosecond);

void one_run_by_its_parameter(benchmark::State& state) {
  const many_runs& in = many_runs::shared();
  const mt::search_options options{.filter = "params.lr = '" + in.parameter + "'"};
  for (auto _ : state) benchmark::DoNotOptimize(mt::search_runs(in.tracks, {in.experiment}, options));
}
BENCHMARK(one_run_by_its_parameter)->Unit(benchmark::kMicrosecond);

/// The page behind half of all runs.
void page_in_the_middle(benchmark::State& state, const std::string& order) {
  const many_runs& in = many_runs::shared();
  mt::search_options options{.order_by = {order}, .max_results = 50'000};
  const std::size_t runs = in.runs();
  for (std::size_t seen = 0; seen < runs / 2;) {
    options.max_results = runs / 2 - seen < 50'000 ? runs / 2 - seen : 50'000;
    const auto page = mt::search_runs(in.tracks, {in.experiment}, options);
    seen += page->items.size();
    options.page_token = page->next_page_token;
  }
  options.max_results = 100;
  for (auto _ : state) {
    const auto page = mt::search_runs(in.tracks, {in.experiment}, options);
    if (!page || page->items.size() != 100) state.SkipWithError("no page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK_CAPTURE(page_in_the_middle, by_metric, "metrics.loss DESC")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(page_in_the_middle, by_start, "start_time DESC")->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
