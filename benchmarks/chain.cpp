// What a chain costs: an event bare, in a chain, under middleware that does nothing, and under the
// five of production, on both clocks. Peers, in the same run: the same nesting by virtual call and
// by std::function, as event systems are usually written.
#include <millrace/chain.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <memory>
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

template <int>
struct pass {
  void before(const auto&, auto&) {}
  mr::result<void> around(const auto&, auto&, auto& next) { return next(); }
  void after(const auto&, auto&, const mr::result<void>&) {}
};

template <class Chain>
void run(benchmark::State& state, Chain chain) {
  auto ctx = chain.context(work = 1U);
  for (auto _ : state) {
    auto done = chain(ctx);
    benchmark::DoNotOptimize(done);
    benchmark::ClobberMemory();
  }
}

void bare_event(benchmark::State& state) {
  auto ctx = mr::context(work = 1U, loss = 0.0);
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
