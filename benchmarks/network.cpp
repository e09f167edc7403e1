// What a network of 30-64-32-1 with relu costs to ask and to fit, beside fixed-size Eigen in the same run, built by
// hand for these shapes, with a tile of 32 rows. The rows are rotated. scikit-learn: benchmarks/models_peers.py. The
// goals are 60 ns for one row, 45 ns for each of 32 and more, and 12 ms for an epoch of 20,000 rows; Eigen took 88 and
// 63 ns where they were set, with -march=native.
#include <millrace/core/seed.hpp>
#include <millrace/model/network.hpp>

#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

constexpr int inputs = 30;
constexpr int first_units = 64;
constexpr int second_units = 32;
constexpr std::size_t table_rows = 1024;

/// The same weights for both.
struct weights {
  Eigen::Matrix<float, inputs, first_units, Eigen::RowMajor> first;
  Eigen::Matrix<float, 1, first_units> first_bias;
  Eigen::Matrix<float, first_units, second_units, Eigen::RowMajor> second;
  Eigen::Matrix<float, 1, second_units> second_bias;
  Eigen::Matrix<float, second_units, 1> last;
  Eigen::Matrix<float, 1, 1> last_bias;
  std::vector<float> rows = std::vector<float>(table_rows * inputs);

  weights() {
    mr::random_engine random(1);
    const auto fill = [&](auto& numbers, double size) {
      for (Eigen::Index i = 0; i < numbers.size(); ++i) numbers.data()[i] = static_cast<float>(size * random.normal());
    };
    fill(first, 0.2);
    fill(first_bias, 0.2);
    fill(second, 0.2);
    fill(second_bias, 0.2);
    fill(last, 0.2);
    fill(last_bias, 0.2);
    for (float& x : rows) x = static_cast<float>(random.normal());
  }

  mr::model::mlp<> model() const {
    using mr::model::activation;
    const auto all = [](const auto& numbers) {
      return std::span<const float>(numbers.data(), static_cast<std::size_t>(numbers.size()));
    };
    const mr::model::mlp_layer layers[] = {{all(first), all(first_bias), activation::relu},
                                           {all(second), all(second_bias), activation::relu},
                                           {all(last), all(last_bias), activation::identity}};
    return mr::model::mlp<>::make(inputs, layers).value();
  }

  template <int Rows>
  [[gnu::noinline]] void eigen(const float* from, float* to) const {
    constexpr int order = Eigen::RowMajor;
    const Eigen::Map<const Eigen::Matrix<float, Rows, inputs, order>> x(from);
    Eigen::Matrix<float, Rows, first_units, order> one;
    Eigen::Matrix<float, Rows, second_units, order> two;
    one.noalias() = x * first;
    one = (one.rowwise() + first_bias).cwiseMax(0.0F).eval();
    two.noalias() = one * second;
    two = (two.rowwise() + second_bias).cwiseMax(0.0F).eval();
    Eigen::Map<Eigen::Matrix<float, Rows, 1>> out(to);
    out.noalias() = two * last;
    out.array() += last_bias(0);
  }
};

void one_row(benchmark::State& state) {
  const weights of;
  const auto model = of.model();
  double score = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    model.score(std::span(of.rows).subspan(i * inputs, inputs), std::span(&score, 1));
    benchmark::DoNotOptimize(score);
    if (++i == table_rows) i = 0;
  }
}
BENCHMARK(one_row);

void one_row_probability(benchmark::State& state) {
  const weights of;
  const auto model = of.model();
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(model(std::span(of.rows).subspan(i * inputs, inputs)));
    if (++i == table_rows) i = 0;
  }
}
BENCHMARK(one_row_probability);

void one_row_eigen(benchmark::State& state) {
  const weights of;
  float score = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    of.eigen<1>(of.rows.data() + i * inputs, &score);
    benchmark::DoNotOptimize(score);
    if (++i == table_rows) i = 0;
  }
}
BENCHMARK(one_row_eigen);

void per_row(benchmark::State& state, std::size_t rows) {
  state.counters["row"] = benchmark::Counter(
      static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void rows(benchmark::State& state) {
  const weights of;
  const auto model = of.model();
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<double> scores(count);
  std::size_t i = 0;
  for (auto _ : state) {
    model.score(mr::model::matrix_view(of.rows.data() + i * inputs, count, inputs), scores);
    benchmark::DoNotOptimize(scores.data());
    if ((i += count) + count > table_rows) i = 0;
  }
  per_row(state, count);
}
BENCHMARK(rows)->Arg(32)->Arg(100)->Arg(1024);

void rows_eigen(benchmark::State& state) {
  const weights of;
  std::vector<float> scores(32);
  std::size_t i = 0;
  for (auto _ : state) {
    of.eigen<32>(of.rows.data() + i * inputs, scores.data());
    benchmark::DoNotOptimize(scores.data());
    if ((i += 32) + 32 > table_rows) i = 0;
  }
  per_row(state, 32);
}
BENCHMARK(rows_eigen);

void epoch(benchmark::State& state) {
  mr::random_engine random(1);
  std::vector<float> numbers(20'000 * inputs);
  for (float& x : numbers) x = static_cast<float>(random.normal());
  std::vector<float> labels(20'000);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = numbers[i * inputs] * numbers[i * inputs + 1] > 0 ? 1 : 0;
  const mr::model::matrix_view table(numbers, inputs);
  for (auto _ : state) benchmark::DoNotOptimize(mr::model::mlp<>::fit(table, labels, {.epochs = 10, .batch = 200}));
  state.counters["epoch"] =
      benchmark::Counter(10, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(epoch)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
