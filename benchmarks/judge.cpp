// What a judge costs a request (goal: 20 ns), and a look.

#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

struct empty_answers {
  static constexpr std::string_view name = "empty_answers";
  static double badness(const md::measurement& taken) noexcept { return taken.failed ? 1 : 0; }
};
using one = md::judge<md::error_rate<>>;
using three = md::judge<md::error_rate<>, md::latency<.99>, empty_answers>;
using four = md::judge<md::error_rate<>, md::latency<.99>, md::slower_than<250>, empty_answers>;
using users = md::judge<md::error_rate<>, md::latency<.99>, empty_answers, md::per_user<>>;

struct request {
  md::arm which;
  md::measurement taken;
  std::uint64_t user;
};

/// Requests in an order that no branch predictor learns: one in a hundred fails, latencies are log-normal.
const std::vector<request>& traffic() {
  static const std::vector<request> made = [] {
    mr::random_engine engine(1);
    std::vector<request> all(1U << 16);
    for (request& one : all) {
      one.which = engine.uniform() < 0.05 ? md::arm::candidate : md::arm::stable;
      one.taken = {.failed = engine.uniform() < 0.01, .latency = 1e6 * __builtin_exp(0.5 * engine.normal())};
      one.user = engine.below(20'000) * 0x9e3779b97f4a7c15U;
    }
    return all;
  }();
  return made;
}

template <class Judge>
Judge& shared_judge() {
  static Judge judge = [] {
    Judge made;
    for (std::size_t s = 0; s < 5; ++s) static_cast<void>(made.begin_step(s, 0.05));
    for (const request& one : traffic()) made.update(one.which, one.taken, 4, one.user);
    return made;
  }();
  return judge;
}

template <class Judge>
void update(benchmark::State& state) {
  Judge& judge = shared_judge<Judge>();
  const auto& all = traffic();
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 977;
  for (auto _ : state) {
    const request& now = all[i++ & (all.size() - 1)];
    judge.assign(now.which, 4);
    judge.update(now.which, now.taken, 4, now.user);
  }
}
BENCHMARK_TEMPLATE(update, one);
BENCHMARK_TEMPLATE(update, three);
BENCHMARK_TEMPLATE(update, four);
BENCHMARK_TEMPLATE(update, users);
BENCHMARK_TEMPLATE(update, three)->Threads(8)->UseRealTime();
BENCHMARK_TEMPLATE(update, three)->Threads(64)->UseRealTime();

/// As the loop alone, to be subtracted.
void loop_alone(benchmark::State& state) {
  const auto& all = traffic();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(all[i++ & (all.size() - 1)]);
}
BENCHMARK(loop_alone);

template <class Judge>
void look(benchmark::State& state) {
  Judge& judge = shared_judge<Judge>();
  for (auto _ : state) benchmark::DoNotOptimize(judge.look().log_e);
}
BENCHMARK_TEMPLATE(look, one);
BENCHMARK_TEMPLATE(look, four);
BENCHMARK_TEMPLATE(look, users);

template <class Judge>
void report(benchmark::State& state) {
  Judge& judge = shared_judge<Judge>();
  for (auto _ : state) benchmark::DoNotOptimize(judge.report().log_e);
}
BENCHMARK_TEMPLATE(report, four);

template <class Judge>
void save_and_merge(benchmark::State& state) {
  Judge& judge = shared_judge<Judge>();
  for (auto _ : state) {
    Judge all = Judge::load(judge.save()).value();
    benchmark::DoNotOptimize(all.merge(judge));
  }
}
BENCHMARK_TEMPLATE(save_and_merge, four);
BENCHMARK_TEMPLATE(save_and_merge, users);

}  // namespace

BENCHMARK_MAIN();
