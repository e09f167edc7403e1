// Emitting to 0, 1 and 4 subscribers, with and without a history, and an operation between hooks, beside
// boost::signals2 and a bare loop over std::function. Handlers add an event's number to a sum that is read afterwards.
#include <benchmark/benchmark.h>

#include <boost/signals2.hpp>
#include <millrace/observe/events.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

struct rolled {
  std::uint64_t number = 0;
  double value = 0;
};
struct promote {
  using outcome = std::uint64_t;
  std::uint64_t number = 0;
};

using emitter = mo::event_emitter<rolled>;

void emit_to(benchmark::State& state, std::size_t history) {
  emitter events({.history = history});
  std::uint64_t sum = 0;
  std::vector<mo::subscription> kept;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    kept.push_back(events.subscribe<rolled>("sum", [&sum](const rolled& e) { sum += e.number; }));
  rolled next;
  for (auto _ : state) {
    ++next.number;
    events.emit(next);
  }
  benchmark::DoNotOptimize(sum);
}
void emits(benchmark::State& state) { emit_to(state, 0); }
void emits_with_history(benchmark::State& state) { emit_to(state, 10'000); }

void queues(benchmark::State& state) {
  emitter events({.history = 0});
  std::uint64_t sum = 0;
  std::vector<mo::subscription> kept;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    kept.push_back(events.subscribe<rolled>("sum", [&sum](const rolled& e) { sum += e.number; }));
  mo::event_queue later(events, 1024);
  rolled next;
  for (auto _ : state) {
    ++next.number;
    if (!later.emit(next)) later.deliver();
  }
  later.deliver();
  benchmark::DoNotOptimize(sum);
}

void runs_between_hooks(benchmark::State& state) {
  mo::hooks<promote> hooks;
  std::vector<mo::subscription> kept;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    kept.push_back(hooks.before<promote>("add", [](promote& asked) { asked.number += 1; }));
  std::uint64_t sum = 0;
  promote asked;
  for (auto _ : state) {
    const auto made = hooks.run(asked, [](const promote& of) { return of.number; });
    sum += *made;
  }
  benchmark::DoNotOptimize(sum);
}

void peer_signals2(benchmark::State& state) {
  boost::signals2::signal<void(const rolled&)> signal;
  std::uint64_t sum = 0;
  std::vector<boost::signals2::scoped_connection> kept;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    kept.emplace_back(signal.connect([&sum](const rolled& e) { sum += e.number; }));
  rolled next;
  for (auto _ : state) {
    ++next.number;
    signal(next);
  }
  benchmark::DoNotOptimize(sum);
}

// Neither safe between threads nor when one leaves: what the calls themselves take.
void peer_bare_functions(benchmark::State& state) {
  std::uint64_t sum = 0;
  std::vector<std::function<void(const rolled&)>> all;
  for (std::int64_t i = 0; i < state.range(0); ++i) all.emplace_back([&sum](const rolled& e) { sum += e.number; });
  rolled next;
  for (auto _ : state) {
    ++next.number;
    for (const auto& each : all) each(next);
    benchmark::ClobberMemory();
  }
  benchmark::DoNotOptimize(sum);
}

BENCHMARK(emits)->Arg(0)->Arg(1)->Arg(4);
BENCHMARK(peer_signals2)->Arg(0)->Arg(1)->Arg(4);
BENCHMARK(peer_bare_functions)->Arg(0)->Arg(1)->Arg(4);
BENCHMARK(emits_with_history)->Arg(0)->Arg(4);
BENCHMARK(queues)->Arg(4);
BENCHMARK(runs_between_hooks)->Arg(0)->Arg(2);

}  // namespace

BENCHMARK_MAIN();
