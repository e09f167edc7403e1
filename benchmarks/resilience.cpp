// Wrappers around a call that succeeds, beside the bare call: what they cost when nothing is wrong. The call is not
// inlined, as one that goes anywhere is not. Debian has no peer of these in C++.
#include <millrace/core/clock.hpp>
#include <millrace/resilience/calls.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

namespace {

[[gnu::noinline]] mr::result<int> call(int row) {
  benchmark::DoNotOptimize(row);
  return row;
}

/// Makes the call through a wrapper that all threads of a run share.
template <class Wrapper>
void run(benchmark::State& state, Wrapper& wrapper) {
  int row = 0;
  for (auto _ : state) {
    auto got = wrapper([&] { return call(row); });
    benchmark::DoNotOptimize(got);
    ++row;
  }
}
template <class Wrapper>
void succeeds(benchmark::State& state) {
  static Wrapper wrapper;
  for (int i = 0; i < 1'000; ++i) (void)wrapper([&] { return call(i); });  // so that windows are full
  run(state, wrapper);
}

void bare(benchmark::State& state) {
  int row = 0;
  for (auto _ : state) {
    auto got = call(row);
    benchmark::DoNotOptimize(got);
    ++row;
  }
}

/// Each hundredth call fails, so that the window is never clean.
void breaker_with_failures(benchmark::State& state) {
  static rs::circuit_breaker<rs::last_calls<100>> breaker;
  const auto fails = [] { return mr::result<int>(mr::error(mr::errc::io, "")); };
  int row = 0;
  for (auto _ : state) {
    if (++row % 100 == 0) (void)breaker(fails);
    auto got = breaker([&] { return call(row); });
    benchmark::DoNotOptimize(got);
  }
}

void open_breaker(benchmark::State& state) {
  rs::circuit_breaker<rs::named<"features">> breaker;
  breaker.force_open();
  run(state, breaker);
}
void open_breaker_asked(benchmark::State& state) {
  rs::circuit_breaker<rs::last_calls<1>, rs::min_calls<1>, rs::open_for<1h>> breaker;
  breaker.failed();
  for (auto _ : state) benchmark::DoNotOptimize(breaker.allows());
}

void retry_with_a_budget(benchmark::State& state) {
  static rs::retry_budget budget;
  static rs::retry again{mr::borrow(budget)};
  run(state, again);
}
void with_metrics(benchmark::State& state) {
  static mr::observe::metrics_registry registry;
  static auto watch = rs::call_metrics<>::make(registry, "features");
  static rs::resilient guarded{rs::retry{mr::borrow(*watch)}, rs::circuit_breaker{mr::borrow(*watch)}};
  for (int i = 0; i < 1'000; ++i) (void)guarded([&] { return call(i); });
  run(state, guarded);
}

using mr::tsc_clock;
using stack = rs::resilient<rs::retry<>, rs::circuit_breaker<>>;
using timed_stack = rs::resilient<rs::retry<rs::within<1s>, tsc_clock>, rs::circuit_breaker<tsc_clock>,
                                  rs::timeout<rs::limit<50ms>, tsc_clock>>;

BENCHMARK(bare)->ThreadRange(1, 2);
BENCHMARK(succeeds<rs::retry<>>)->Name("retry")->ThreadRange(1, 2);
BENCHMARK(retry_with_a_budget)->ThreadRange(1, 2);
BENCHMARK(succeeds<rs::retry<rs::within<1s>>>)->Name("retry_within/steady_clock");
BENCHMARK(succeeds<rs::retry<rs::within<1s>, tsc_clock>>)->Name("retry_within/tsc_clock");
BENCHMARK(succeeds<rs::circuit_breaker<>>)->Name("breaker")->ThreadRange(1, 2);
BENCHMARK(breaker_with_failures)->ThreadRange(1, 2);
BENCHMARK(succeeds<rs::circuit_breaker<rs::slow_calls<1s>, tsc_clock>>)->Name("breaker_timed/tsc_clock");
BENCHMARK(succeeds<rs::circuit_breaker<rs::last_time<1s>, tsc_clock>>)->Name("breaker_of_time/tsc_clock");
BENCHMARK(open_breaker);
BENCHMARK(open_breaker_asked);
BENCHMARK(succeeds<stack>)->Name("retry_and_breaker")->ThreadRange(1, 2);
BENCHMARK(with_metrics)->ThreadRange(1, 2);
BENCHMARK(succeeds<rs::bulkhead<>>)->Name("bulkhead")->ThreadRange(1, 2);
BENCHMARK(succeeds<rs::rate_limiter<rs::rate<1'000'000'000, 1s>, tsc_clock>>)
    ->Name("rate_limiter/tsc_clock")
    ->ThreadRange(1, 2);
BENCHMARK(succeeds<rs::timeout<rs::limit<50ms>, tsc_clock>>)->Name("timeout/tsc_clock");
BENCHMARK(succeeds<timed_stack>)->Name("retry_breaker_and_timeout/tsc_clock");

}  // namespace

BENCHMARK_MAIN();
