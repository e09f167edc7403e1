// A request through a release, beside a direct call and a router as programs write it by hand: a mutex around two
// std::functions, a random number, the clock and counts. The model multiplies, so that what is measured is all else.
#include <benchmark/benchmark.h>

#include <millrace/deliver.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

struct request {
  std::uint64_t user = 0;
  double value = 0;
};
struct scale {
  double factor = 1;
  double operator()(const request& asked) const noexcept { return factor * asked.value; }
};

template <class Ask>
void asks(benchmark::State& state, Ask&& ask) {
  request one{1, 1};
  for (auto _ : state) {
    one.user += 7919;
    benchmark::DoNotOptimize(ask(one));
  }
}

class hand_written {
 public:
  double operator()(const request& asked) {
    const std::lock_guard held(mutex_);
    const bool is_candidates = share_(random_) < 0.05;
    const auto start = std::chrono::steady_clock::now();
    const double answer = is_candidates ? candidate_(asked) : stable_(asked);
    nanoseconds_[is_candidates] += (std::chrono::steady_clock::now() - start).count();
    ++counts_[is_candidates];
    return answer;
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 random_{1};
  std::uniform_real_distribution<> share_{0, 1};
  std::function<double(const request&)> stable_ = scale{1};
  std::function<double(const request&)> candidate_ = scale{2};
  std::uint64_t counts_[2] = {};
  std::int64_t nanoseconds_[2] = {};
};

void direct_call(benchmark::State& state) { asks(state, scale{1}); }
void hand_written_router(benchmark::State& state) {
  static hand_written router;
  asks(state, router);
}
using errors = md::error_rate<md::max_ratio<2>>;

void release_of_a_draft(benchmark::State& state) {
  static md::rollout release{scale{1}, scale{2}, md::canary<5, 100>(), md::judge<errors>(),
                             md::unit_of{&request::user}};
  asks(state, release);
}
void release_at_5_percent(benchmark::State& state) {
  static md::rollout release{scale{1}, scale{2}, md::canary<5, 100>(), md::judge<errors>(),
                             md::unit_of{&request::user}};
  if (state.thread_index() == 0 && release.state().phase == md::rollout_phase::draft)
    static_cast<void>(release.start());
  asks(state, release);
}
void release_at_50_percent(benchmark::State& state) {
  static md::rollout release{scale{1}, scale{2}, md::canary<50, 100>(), md::judge<errors>(),
                             md::unit_of{&request::user}};
  if (state.thread_index() == 0 && release.state().phase == md::rollout_phase::draft)
    static_cast<void>(release.start());
  asks(state, release);
}

BENCHMARK(direct_call);
BENCHMARK(hand_written_router)->Threads(1)->Threads(2);
BENCHMARK(release_of_a_draft);
BENCHMARK(release_at_5_percent)->Threads(1)->Threads(2);
BENCHMARK(release_at_50_percent)->Threads(1)->Threads(2);

}  // namespace
