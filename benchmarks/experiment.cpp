// What an experiment costs a request: which variant a unit gets, its exposure, and two outcomes; with a log and
// without; new units and units that come again; one thread and four. And what a look at 100,000 units takes.
#include <millrace/core/seed.hpp>
#include <millrace/deliver/experiment.hpp>

#include <support/temp_dir.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

namespace md = millrace::deliver;
namespace mr = millrace;
using namespace millrace::stats;

namespace {

using shop =
    md::experiment<md::experiment_layer<"shop">, md::variants<md::variant<"control", 80>, md::variant<"new", 20>>,
                   outcomes<conversion<"bought">, ratio<"revenue", "clicks">>, decision<always_valid, alpha<.05>>,
                   md::guardrails<md::guardrail<mean_of<"latency">, md::harm::above>>>;

std::uint64_t the_time = 1'700'000'000'000'000'000U;
std::uint64_t standing_clock() noexcept { return the_time; }

shop made(const md::experiment_options& options) {
  auto test = shop::make({.id = "e", .window = mr::seconds(3600), .max_units = std::size_t{1} << 20}, options);
  if (!test || !test->start("ada")) std::abort();
  return *std::move(test);
}
void one_request(shop& test, std::uint64_t unit) {
  benchmark::DoNotOptimize(test.expose(unit).variant);
  test.update<"revenue/clicks">(unit, 1.5, 1);
  test.update<"latency">(unit, 12.5);
}

/// The variant alone: nothing is counted.
void assign(benchmark::State& state) {
  const shop test = made({.wall_clock = standing_clock});
  std::uint64_t unit = 0;
  for (auto _ : state) benchmark::DoNotOptimize(test.assign(unit++).variant);
}
BENCHMARK(assign);

/// Users who come again, `range` of them in turn; the system's clock is read.
void request_of_known_units(benchmark::State& state) {
  shop test = made({});
  const auto units = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t unit = 0;
  for (auto _ : state) {
    one_request(test, unit);
    unit = unit + 1 == units ? 0 : unit + 1;
  }
}
BENCHMARK(request_of_known_units)->Arg(1'000)->Arg(1'000'000);

void request_with_a_log(benchmark::State& state) {
  const support::temp_dir folder;
  shop test = made({.log = folder / "log"});
  std::uint64_t unit = 0;
  for (auto _ : state) one_request(test, unit++ % 1000);
}
BENCHMARK(request_with_a_log);

void request_on_four_threads(benchmark::State& state) {
  static shop* shared = nullptr;
  if (state.thread_index() == 0) shared = new shop(made({}));
  std::uint64_t unit = static_cast<std::uint64_t>(state.thread_index()) * 1000;
  for (auto _ : state) one_request(*shared, unit++ % 4000);
  if (state.thread_index() == 0) delete shared;
}
BENCHMARK(request_on_four_threads)->Threads(4)->UseRealTime();

void look_at_100000_units(benchmark::State& state) {
  shop test = made({.wall_clock = standing_clock});
  mr::random_engine random(1);
  for (std::uint64_t unit = 0; unit < 100'000; ++unit) {
    the_time += 1000;
    one_request(test, unit);
    test.update<"bought">(unit, random.uniform() < 0.1);
  }
  the_time += 3'700'000'000'000U;
  for (auto _ : state) benchmark::DoNotOptimize(test.peek()->any_significant());
}
BENCHMARK(look_at_100000_units)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
