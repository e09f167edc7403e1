// What a dashboard costs: a snapshot of a board over a registry of many series, and what it costs who counts while one
// snapshot follows the other, beside the same without a board.
//
//     bench_dashboard
#include <millrace/connect/rest/dashboard/live_board.hpp>
#include <millrace/connect/rest/dashboard/traffic_panel.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
namespace rest = millrace::connect::rest;

namespace {

struct service {
  mo::metrics_registry metrics;
  std::vector<mo::counter> counters;
  std::vector<mo::timer> timers;

  explicit service(int routes) {
    for (int i = 0; i < routes; ++i) {
      const std::string route = "/route/" + std::to_string(i);
      for (const char* status : {"2xx", "4xx", "5xx"})
        counters.push_back(*metrics.counter({"millrace_http_requests_total", "Requests."},
                                            {{"route", route}, {"method", "GET"}, {"status", status}}));
      timers.push_back(
          *metrics.timer({"millrace_http_request_seconds", "Time."}, {{"route", route}, {"method", "GET"}}));
    }
  }
  void work(std::uint64_t i) const {
    counters[i % counters.size()].add();
    timers[i % timers.size()].update(i % 1'000'000);
  }
};
rest::board_options every(std::int64_t nanoseconds) {
  rest::board_options made;
  made.interval = mr::duration(nanoseconds);
  return made;
}

void snapshot(benchmark::State& state) {
  const service of(static_cast<int>(state.range(0)));
  rest::live_board board(every(0), rest::traffic_panel(of.metrics));
  std::uint64_t i = 0;
  for (auto _ : state) {
    of.work(++i);
    benchmark::DoNotOptimize(board.refresh());
  }
  state.counters["bytes"] = static_cast<double>(board.snapshot().size());
}
BENCHMARK(snapshot)->Arg(10)->Arg(50)->Arg(250)->Unit(benchmark::kMicrosecond);

void counted_without_board(benchmark::State& state) {
  const service of(50);
  std::uint64_t i = 0;
  for (auto _ : state) of.work(++i);
}
BENCHMARK(counted_without_board);

void counted_beside_board(benchmark::State& state) {
  const service of(50);
  const rest::live_board board(every(1'000'000), rest::traffic_panel(of.metrics));  // a thousand times as often
  std::uint64_t i = 0;
  for (auto _ : state) of.work(++i);
}
BENCHMARK(counted_beside_board);

}  // namespace

BENCHMARK_MAIN();
