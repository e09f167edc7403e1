// What learning online costs: FTRL-proximal on sparse rows of 39 features in 2^20 hashed columns, as in the Criteo
// data, hashing the names alone, and an online learner around the model. Rows are rotated, and their indices skewed, so
// that some coefficients stay in the cache and most do not.
#include <millrace/core/seed.hpp>
#include <millrace/feature/hashed_row.hpp>
#include <millrace/infer/online.hpp>
#include <millrace/model/linear.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mi = millrace::infer;
namespace mm = millrace::model;

namespace {

constexpr std::size_t features = 39;
constexpr std::size_t rows = 20'000;
constexpr std::size_t columns = std::size_t{1} << 20;

struct clicks {
  std::vector<std::uint32_t> indices = std::vector<std::uint32_t>(rows * features);
  std::vector<float> values = std::vector<float>(rows * features, 1.0F);
  std::vector<float> labels = std::vector<float>(rows);

  clicks() {
    mr::random_engine random(1);
    for (std::size_t i = 0; i < rows; ++i) {
      int liked = 0;
      for (std::size_t j = 0; j < features; ++j) {
        const double x = random.uniform();
        indices[i * features + j] = static_cast<std::uint32_t>(x * x * x * static_cast<double>(columns));
        liked += indices[i * features + j] % 7 == 0 ? 1 : 0;
      }
      labels[i] = random.below(8) < static_cast<unsigned>(liked) ? 1.0F : 0.0F;
    }
  }
  mm::sparse_view row(std::size_t i) const noexcept {
    return {std::span(indices).subspan(i * features, features), std::span(values).subspan(i * features, features)};
  }
};
const clicks& data() {
  static const clicks once;
  return once;
}
std::size_t next(std::size_t i) noexcept { return i + 1 == rows ? 0 : i + 1; }

void ftrl_learn(benchmark::State& state) {
  const clicks& all = data();
  auto model = mm::ftrl_logistic::make(columns, {.l1 = 0.1});
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(model->partial_fit(all.row(i), all.labels[i]));
    i = next(i);
  }
}
BENCHMARK(ftrl_learn);

void ftrl_ask(benchmark::State& state) {
  const clicks& all = data();
  auto model = mm::ftrl_logistic::make(columns, {.l1 = 0.1});
  for (std::size_t i = 0; i < rows; ++i) model->partial_fit(all.row(i), all.labels[i]);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize((*model)(all.row(i)));
    i = next(i);
  }
}
BENCHMARK(ftrl_ask);

void hash_row(benchmark::State& state) {
  auto row = mr::feature::hashed_row::make(20, features);
  std::vector<std::string> names, texts;
  for (std::size_t j = 0; j < features; ++j) names.push_back("c" + std::to_string(j));
  for (std::size_t i = 0; i < 4096; ++i) texts.push_back(std::to_string(i * 2'654'435'761U));
  std::size_t i = 0;
  for (auto _ : state) {
    row->reset();
    for (std::size_t j = 0; j < features; ++j) row->update(names[j], texts[(i + j * 97) % texts.size()]);
    benchmark::DoNotOptimize(row->indices().data());
    i = next(i);
  }
}
BENCHMARK(hash_row);

/// Argument: samples of a mini-batch. Beside `ftrl_learn`: what predicting first, measuring, watching and keeping cost.
void learner_update(benchmark::State& state) {
  const clicks& all = data();
  auto made = mi::online_learner<mm::ftrl_logistic>::make(mm::ftrl_logistic::make(columns, {.l1 = 0.1}).value(),
                                                          {.batch = static_cast<std::size_t>(state.range(0))});
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(made->update(all.row(i), all.labels[i]));
    i = next(i);
  }
}
BENCHMARK(learner_update)->Arg(1)->Arg(32)->Arg(1024);

/// A cheap model of ten dense columns, so that the learner's own part shows.
void learner_of_sgd(benchmark::State& state) {
  mr::random_engine random(2);
  std::vector<float> numbers(10 * rows);
  for (float& x : numbers) x = static_cast<float>(random.normal());
  auto made = mi::online_learner<mm::sgd_logistic>::make(mm::sgd_logistic::make(10).value(),
                                                         {.batch = static_cast<std::size_t>(state.range(0))});
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(made->update(std::span(numbers).subspan(10 * i, 10), data().labels[i]));
    i = next(i);
  }
}
BENCHMARK(learner_of_sgd)->Arg(1)->Arg(32);

void save_learner(benchmark::State& state) {
  const clicks& all = data();
  auto made =
      mi::online_learner<mm::ftrl_logistic>::make(mm::ftrl_logistic::make(columns, {.l1 = 0.1}).value(), {.batch = 32});
  for (std::size_t i = 0; i < rows; ++i) benchmark::DoNotOptimize(made->update(all.row(i), all.labels[i]));
  for (auto _ : state) benchmark::DoNotOptimize(made->save());
}
BENCHMARK(save_learner);

}  // namespace

BENCHMARK_MAIN();
