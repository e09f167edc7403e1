// What a chain costs: an event bare, in a chain, under middleware that does nothing, and under the
// five of production, on both clocks. Peers, in the same run: the same nesting by virtual call and
// by std::function, as event systems are usually written.
#include <millrace/chain.hpp>
#include <millrace/middleware.hpp>
#include <millrace/observe.hpp>
#include <millrace/tensor/deflate.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"work", std::uint64_t> work;
inline constexpr mr::field<"loss", double> loss;

/// A step of a linear congruential generator: what an event does when it does next to nothing.
constexpr std::uint64_t step(std::uint64_t x) noexcept { return x * 6364136223846793005U + 1; }

struct forward {
  using reads = mr::fields<work>;
  using writes = mr::fields<work, loss>;
  static constexpr bool thread_safe = true;
  mr::result<void> operator()(auto& ctx) const {
    ctx[work] = step(ctx[work]);
    ctx[loss] = static_cast<double>(ctx[work] >> 11) * 0x1p-53;
    return {};
  }
};

/// The same with about a microsecond of work, which gives the stores of an audit record, whose cache
/// lines the log's thread has had, time to finish beside it, as any real event does.
struct busy_forward : forward {
  static constexpr std::string_view name = "busy_forward";
  mr::result<void> operator()(auto& ctx) const {
    std::uint64_t x = ctx[work];
    for (int i = 0; i < 600; ++i) {
      x = step(x);
      benchmark::DoNotOptimize(x);  // or the compiler finds the closed form
    }
    ctx[work] = x;
    ctx[loss] = static_cast<double>(x >> 11) * 0x1p-53;
    return {};
  }
};

template <int>
struct pass {
  void before(const auto&, auto&) {}
  [[gnu::always_inline]] mr::result<void> around(const auto&, auto&, auto& next) { return next(); }
  void after(const auto&, auto&, const mr::result<void>&) {}
};

/// Events in bursts of a thousand, between which, off the clock, an audit log may write what it has:
/// a loop that does nothing else outruns every writer, and would measure the disk.
template <bool audited = false, class Chain>
void run(benchmark::State& state, Chain chain) {
  auto ctx = chain.context(work = 1U);
  benchmark::DoNotOptimize(&ctx);  // it is known elsewhere: what an event writes has to be written
  std::uint64_t runs = 0;
  if (auto first = chain(ctx); !first) return state.SkipWithError(first.error().describe().c_str());
  for (auto _ : state) {
    auto done = chain(ctx);
    benchmark::DoNotOptimize(done);
    benchmark::ClobberMemory();
    if constexpr (audited) {
      if (++runs % 1000 == 0) {
        state.PauseTiming();
        if (auto written = chain.template get<"audit_log">().flush(); !written)
          state.SkipWithError(written.error().describe().c_str());
        state.ResumeTiming();
      }
    }
  }
  if constexpr (audited)
    state.counters["lost"] = static_cast<double>(chain.template get<"audit_log">().statistics().dropped);
}

/// A log that never waits for its writer, on a file of its own that is gone once it is closed.
auto quiet_log() {
  const std::string path = "bench_chain_audit.jsonl";
  auto log = mr::audit_log<mr::store::drop_and_count>{
      path, {.log = {.sync = mr::store::sync_policy::on_request, .when_moved = mr::store::moved_policy::keep}}};
  std::remove(path.c_str());
  return log;
}

void bare_event(benchmark::State& state) {
  auto ctx = mr::context(work = 1U, loss = 0.0);
  benchmark::DoNotOptimize(&ctx);
  const forward event;
  for (auto _ : state) {
    auto done = event(ctx);
    benchmark::DoNotOptimize(done);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(bare_event);

void chain_alone(benchmark::State& state) { run(state, mr::chain(forward{})); }
BENCHMARK(chain_alone);

void chain_five_pass_through(benchmark::State& state) {
  run(state, mr::chain(forward{}).use(pass<0>{}).use(pass<1>{}).use(pass<2>{}).use(pass<3>{}).use(pass<4>{}));
}
BENCHMARK(chain_five_pass_through);

/// The five of production around one event without tensors, in the order of the documents.
template <class Clock, class Event>
void five_middlewares(benchmark::State& state) {
  mr::observe::metrics_registry registry;
  run<true>(state, mr::chain<Clock>(Event{})
                       .use(mr::profiler{})
                       .use(quiet_log())
                       .use(mr::validation<mr::strict>{})
                       .use(mr::metrics{registry})
                       .use(mr::compression<>{}));
}
BENCHMARK(five_middlewares<mr::tsc_clock, forward>);
BENCHMARK(five_middlewares<mr::steady_clock, forward>);
// Their cost around a microsecond's work is the difference of these to the first.
void chain_alone_busy(benchmark::State& state) { run(state, mr::chain(busy_forward{})); }
BENCHMARK(chain_alone_busy);
BENCHMARK(five_middlewares<mr::tsc_clock, busy_forward>);
BENCHMARK(five_middlewares<mr::steady_clock, busy_forward>);

/// Each of them alone, on the cycle counter.
void only_profiler(benchmark::State& state) { run(state, mr::chain<mr::tsc_clock>(forward{}).use(mr::profiler{})); }
BENCHMARK(only_profiler);
void only_audit_log(benchmark::State& state) { run<true>(state, mr::chain<mr::tsc_clock>(forward{}).use(quiet_log())); }
BENCHMARK(only_audit_log);
void only_validation(benchmark::State& state) { run(state, mr::chain(forward{}).use(mr::validation<mr::strict>{})); }
BENCHMARK(only_validation);
void only_metrics(benchmark::State& state) {
  mr::observe::metrics_registry registry;
  run(state, mr::chain<mr::tsc_clock>(forward{}).use(mr::metrics{registry}));
}
BENCHMARK(only_metrics);

/// What a reading of each clock costs; a span takes two.
template <class Clock>
void clock_reading(benchmark::State& state) {
  const Clock clock;
  for (auto _ : state) benchmark::DoNotOptimize(clock.ticks());
}
BENCHMARK(clock_reading<mr::tsc_clock>);
BENCHMARK(clock_reading<mr::steady_clock>);

// Peers.

struct plain_context {
  std::uint64_t work = 1;
  double loss = 0;
};
bool plain_event(plain_context& ctx) {
  ctx.work = step(ctx.work);
  ctx.loss = static_cast<double>(ctx.work >> 11) * 0x1p-53;
  return true;
}

struct virtual_middleware {
  virtual ~virtual_middleware() = default;
  virtual bool around(plain_context& ctx, virtual_middleware* const* next) = 0;
};
struct virtual_pass : virtual_middleware {
  bool around(plain_context& ctx, virtual_middleware* const* next) override { return (*next)->around(ctx, next + 1); }
};
struct virtual_event : virtual_middleware {
  bool around(plain_context& ctx, virtual_middleware* const*) override { return plain_event(ctx); }
};
void virtual_five_pass_through(benchmark::State& state) {
  std::vector<std::unique_ptr<virtual_middleware>> owned;
  for (int i = 0; i < 5; ++i) owned.push_back(std::make_unique<virtual_pass>());
  owned.push_back(std::make_unique<virtual_event>());
  std::vector<virtual_middleware*> stack;
  for (const auto& one : owned) stack.push_back(one.get());
  plain_context ctx;
  for (auto _ : state) {
    bool done = stack[0]->around(ctx, stack.data() + 1);
    benchmark::DoNotOptimize(done);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(virtual_five_pass_through);

void function_five_pass_through(benchmark::State& state) {
  std::function<bool(plain_context&)> stack = plain_event;
  for (int i = 0; i < 5; ++i) stack = [next = std::move(stack)](plain_context& ctx) { return next(ctx); };
  plain_context ctx;
  for (auto _ : state) {
    bool done = stack(ctx);
    benchmark::DoNotOptimize(done);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(function_five_pass_through);

}  // namespace

BENCHMARK_MAIN();
