// An assignment by each split, for whole numbers and for texts of 16 bytes, beside the two that programs write by hand:
// std::hash modulo 100, and a std::discrete_distribution over std::mt19937. Ids are rotated.
#include <benchmark/benchmark.h>

#include <millrace/deliver/split.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

constexpr std::size_t ids = 4096;

const std::vector<std::uint64_t>& numbers() {
  static const std::vector<std::uint64_t> made = [] {
    mr::random_engine random(1);
    std::vector<std::uint64_t> all(ids);
    for (std::uint64_t& one : all) one = random();
    return all;
  }();
  return made;
}
const std::vector<std::string>& texts() {
  static const std::vector<std::string> made = [] {
    std::vector<std::string> all;
    for (const std::uint64_t number : numbers())
      all.push_back("user-" + std::to_string(10'000'000'000 + number % 1'000'000'000));
    return all;
  }();
  return made;
}

/// Assigns units one after the other; their variants do not wait for each other, as those of requests do not.
template <class Ids, class Assign>
void assigns(benchmark::State& state, const Ids& all, Assign&& assign) {
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(assign(all[at]));
    at = (at + 1) % ids;
  }
}

template <class Split>
void numbers_by(benchmark::State& state, Split split) {
  assigns(state, numbers(), [&](std::uint64_t id) { return split.assign(id).variant; });
}
template <class Split>
void texts_by(benchmark::State& state, Split split) {
  assigns(state, texts(), [&](const std::string& id) { return split.assign(id).variant; });
}

using two = md::split_hashed<"model-2026", md::weights<80, 20>>;
using eight = md::split_hashed<"model-2026", md::weights<30, 10, 10, 10, 10, 10, 10, 10>>;
using plan = md::layers<md::holdout<"nobody", 5>,
                        md::layer<"checkout", md::slice<"button", 60, md::weights<50, 50>>, md::slice<"banner", 40>>>;

md::split_percentage<"model-2026", 100> candidate() {
  md::split_percentage<"model-2026", 100> made;
  (void)made.set_share(1, 0.2);
  return made;
}
md::with_overrides<two> overridden() {
  md::with_overrides<two> made;
  for (int i = 0; i < 20; ++i) (void)made.set_override(i, 1);
  return made;
}

void baseline(benchmark::State& state) {
  assigns(state, numbers(), [](std::uint64_t id) { return static_cast<std::uint32_t>(id); });
}
void layers(benchmark::State& state) {
  const plan all;
  assigns(state, numbers(), [&](std::uint64_t id) { return all.assign<"button">(id).variant; });
}
void layers_covered(benchmark::State& state) {
  plan all;
  (void)all.get<"button">().set_coverage(0.5);
  assigns(state, numbers(), [&](std::uint64_t id) { return all.assign<"button">(id).variant; });
}
void shared_bandit(benchmark::State& state) {
  const md::shared_bandit<md::bandit<"arms", 3>> shared;
  assigns(state, numbers(), [&](std::uint64_t id) { return shared.assign(id).variant; });
}
void updates_a_shared_bandit(benchmark::State& state) {
  md::shared_bandit<md::bandit<"arms", 3, md::epsilon_greedy>> shared;
  std::size_t at = 0;
  for (auto _ : state) {
    shared.update(at % 3, numbers()[at] % 8 == 0);
    at = (at + 1) % ids;
  }
}
void updates_a_bandit(benchmark::State& state) {
  auto bandit = md::bandit<"arms", 3, md::thompson>::make({}, {.refresh_every = 0}).value();
  std::size_t at = 0;
  for (auto _ : state) {
    bandit.update(at % 3, numbers()[at] % 8 == 0);
    at = (at + 1) % ids;
  }
  benchmark::DoNotOptimize(bandit);
}
template <class Policy>
void refreshes(benchmark::State& state) {
  md::bandit<"arms", 3, Policy> bandit;
  for (std::size_t i = 0; i < 3000; ++i) bandit.update(i % 3, i * 7919 % 11 < i % 3);
  for (auto _ : state) benchmark::DoNotOptimize(bandit.refresh().has_value());
}
void estimates(benchmark::State& state) {
  std::vector<md::logged_choice> log;
  for (std::uint32_t i = 0; i < 100'000; ++i) log.push_back({i % 3, i % 3 == 2 ? 0.2 : 0.4, i % 7 / 7.0, i / 10});
  const auto third = [](std::size_t, std::size_t action) { return action == 2 ? 1.0 : 0.0; };
  const auto model = [](std::size_t, std::size_t action) { return 0.1 * static_cast<double>(action); };
  for (auto _ : state)
    benchmark::DoNotOptimize(md::off_policy_value(log, 3, third, model, {.by_unit = state.range(0) != 0}).has_value());
  state.SetItemsProcessed(static_cast<std::int64_t>(log.size()) * state.iterations());
}

// [peers]
void peer_hash_modulo(benchmark::State& state) {
  assigns(state, numbers(), [](std::uint64_t id) { return std::hash<std::uint64_t>()(id) % 100 < 20 ? 1U : 0U; });
}
void peer_hash_modulo_text(benchmark::State& state) {
  assigns(state, texts(), [](const std::string& id) { return std::hash<std::string>()(id) % 100 < 20 ? 1U : 0U; });
}
void peer_mersenne_twister(benchmark::State& state) {
  std::mt19937 random(1);
  std::discrete_distribution<std::uint32_t> weights{80, 20};
  assigns(state, numbers(), [&](std::uint64_t) { return weights(random); });
}
// [/peers]

BENCHMARK(baseline)->Name("number/nothing");
BENCHMARK_CAPTURE(numbers_by, two, two())->Name("number/split_hashed/2");
BENCHMARK_CAPTURE(numbers_by, eight, eight())->Name("number/split_hashed/8");
BENCHMARK_CAPTURE(numbers_by, salted,
                  md::salted_split(md::salt("model-2026"), md::any_weights::make({0.8, 0.2}).value()))
    ->Name("number/salted_split/2");
BENCHMARK_CAPTURE(numbers_by, percentage, candidate())->Name("number/split_percentage");
BENCHMARK_CAPTURE(numbers_by, overridden, overridden())->Name("number/with_overrides");
BENCHMARK_CAPTURE(numbers_by, random, md::split_random<md::weights<80, 20>>(1))->Name("number/split_random");
BENCHMARK_CAPTURE(numbers_by, bandit, md::bandit<"arms", 3, md::thompson>())->Name("number/bandit/3");
BENCHMARK(shared_bandit)->Name("number/shared_bandit/3");
BENCHMARK(layers)->Name("number/layers");
BENCHMARK(layers_covered)->Name("number/layers_covered");
BENCHMARK(peer_hash_modulo)->Name("number/peer/std_hash_modulo");
BENCHMARK(peer_mersenne_twister)->Name("number/peer/mt19937_discrete_distribution");
BENCHMARK_CAPTURE(texts_by, two, two())->Name("text/split_hashed/2");
BENCHMARK(peer_hash_modulo_text)->Name("text/peer/std_hash_modulo");
BENCHMARK(updates_a_bandit)->Name("bandit/update");
BENCHMARK(updates_a_shared_bandit)->Name("shared_bandit/update_and_refresh/epsilon_greedy");
BENCHMARK(refreshes<md::thompson>)->Name("bandit/refresh/thompson");
BENCHMARK(refreshes<md::epsilon_greedy>)->Name("bandit/refresh/epsilon_greedy");
BENCHMARK(refreshes<md::ucb1>)->Name("bandit/refresh/ucb1");
BENCHMARK(estimates)->Arg(0)->Arg(1)->Name("off_policy_value/100000")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
