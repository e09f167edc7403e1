// What linear models, naive Bayes and principal components cost: learning from a sample, asking about a row, and fits
// on 100,000 x 30. Rows are rotated, so that no branch learns them. Peers: benchmarks/linear_models_peers.py, on the
// same machine; the goal is 40 ns for a sample of 10 to 30 features.
#include <millrace/core/seed.hpp>
#include <millrace/model/bayes.hpp>
#include <millrace/model/decomposition.hpp>
#include <millrace/model/linear.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

struct data_set {
  std::size_t columns;
  std::vector<float> numbers;
  std::vector<float> labels;
  std::vector<float> targets;

  data_set(std::size_t rows, std::size_t width) : columns(width), numbers(rows * width), labels(rows), targets(rows) {
    mr::random_engine random(1);
    for (std::size_t i = 0; i < rows; ++i) {
      double score = 0;
      for (std::size_t j = 0; j < width; ++j) {
        numbers[i * width + j] = static_cast<float>(random.normal());
        score += static_cast<double>(numbers[i * width + j]) * (static_cast<double>(j) - 10) / 20;
      }
      labels[i] = random.uniform() < 1 / (1 + std::exp(-score)) ? 1.0F : 0.0F;
      targets[i] = static_cast<float>(score + random.normal());
    }
  }
  mr::model::matrix_view rows() const { return {numbers, columns}; }
};

template <class Model>
void learn_one(benchmark::State& state) {
  const data_set data(10'000, static_cast<std::size_t>(state.range(0)));
  auto model = Model::make(data.columns, {.rate = 0.05});
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(model->partial_fit(data.rows().row(i), data.labels[i]));
    if (++i == data.labels.size()) i = 0;
  }
}
BENCHMARK(learn_one<mr::model::sgd_logistic>)->Arg(10)->Arg(30);
BENCHMARK(learn_one<mr::model::sgd_linear>)->Arg(10)->Arg(30);

template <class Model>
void ask_one(benchmark::State& state) {
  const data_set data(10'000, 30);
  const auto model = Model::fit(data.rows(), data.labels);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize((*model)(data.rows().row(i)));
    if (++i == data.labels.size()) i = 0;
  }
}
BENCHMARK(ask_one<mr::model::linear_regression>);
BENCHMARK(ask_one<mr::model::logistic_regression>);
BENCHMARK(ask_one<mr::model::gaussian_naive_bayes>);

template <class Model>
void fit_to_targets(benchmark::State& state) {
  const data_set data(100'000, 30);
  for (auto _ : state) benchmark::DoNotOptimize(Model::fit(data.rows(), data.targets));
}
BENCHMARK(fit_to_targets<mr::model::linear_regression>)->Unit(benchmark::kMillisecond);
BENCHMARK(fit_to_targets<mr::model::ridge>)->Unit(benchmark::kMillisecond);

template <class Model>
void fit_to_labels(benchmark::State& state) {
  const data_set data(100'000, 30);
  for (auto _ : state) benchmark::DoNotOptimize(Model::fit(data.rows(), data.labels));
}
BENCHMARK(fit_to_labels<mr::model::logistic_regression>)->Unit(benchmark::kMillisecond);
BENCHMARK(fit_to_labels<mr::model::gaussian_naive_bayes>)->Unit(benchmark::kMillisecond);

void fit_elastic_net(benchmark::State& state) {
  const data_set data(100'000, 30);
  for (auto _ : state)
    benchmark::DoNotOptimize(mr::model::logistic_regression::fit(data.rows(), data.labels, {.l2 = 50, .l1 = 50}));
}
BENCHMARK(fit_elastic_net)->Unit(benchmark::kMillisecond);

void fit_components(benchmark::State& state) {
  const data_set data(10'000, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(mr::model::pca::fit(data.rows(), {.components = 10}));
}
BENCHMARK(fit_components)->Arg(30)->Arg(300)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
