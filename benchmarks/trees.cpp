// What trees cost once they are fitted: the outputs of 1, 100, 1024 and 60,000 rows, and why a row has its score. Rows
// are rotated, so that no branch learns them. Peers: benchmarks/trees_peers.py, on the same machine.
//     boosted trees, 100 of depth 6, 30 features     goals: 700, 350, 250 and 220 ns a row, 20 us to explain one
//     the same, 63 leaves leaf by leaf               goal: 60 us to explain one
//     random forest, 100 of depth 10                 goals: 1600, 800, 650 ns a row
//     isolation forest, 100 trees                    goals: 2000 ns a row alone, 400 in a batch
#include <millrace/core/seed.hpp>
#include <millrace/model/trees.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

constexpr std::size_t columns = 30;
constexpr std::size_t training_rows = 20'000;
constexpr std::size_t asked_rows = 60'000;

struct data_set {
  std::vector<float> numbers;
  std::vector<float> labels;

  explicit data_set(std::size_t rows) : numbers(rows * columns), labels(rows) {
    mr::random_engine random(1);
    for (std::size_t i = 0; i < rows; ++i) {
      float* const x = numbers.data() + i * columns;
      for (std::size_t k = 0; k < columns; ++k) x[k] = static_cast<float>(random.normal());
      double score = 0;
      for (std::size_t k = 0; k + 1 < columns; ++k)
        score += static_cast<double>(x[k] * x[k + 1]) * 0.3 + std::sin(static_cast<double>(x[k])) * 0.2;
      labels[i] = random.uniform() < 1 / (1 + std::exp(-score)) ? 1.0F : 0.0F;
    }
  }
  mr::model::matrix_view rows(std::size_t first, std::size_t count) const {
    return {numbers.data() + first * columns, count, columns};
  }
};

const data_set& data() {
  static const data_set made(asked_rows);
  return made;
}
auto boosted(unsigned depth, std::size_t leaves) {
  mr::model::boosting_options with{.rounds = 100, .leaves = leaves};
  if (depth > 0) with.depth = depth;
  return mr::model::boosted_trees<>::fit(data().rows(0, training_rows), std::span(data().labels).first(training_rows),
                                         with)
      .value();
}

struct boosted_by_level {
  static const auto& model() {
    static const auto fitted = boosted(6, 64);
    return fitted;
  }
};
struct boosted_by_leaf {
  static const auto& model() {
    static const auto fitted = boosted(0, 63);
    return fitted;
  }
};
struct forest {
  static const auto& model() {
    static const auto fitted =
        mr::model::random_forest::fit(data().rows(0, training_rows), std::span(data().labels).first(training_rows))
            .value();
    return fitted;
  }
};
struct isolation {
  static const auto& model() {
    static const auto fitted = mr::model::isolation_forest::fit(data().rows(0, training_rows)).value();
    return fitted;
  }
};

template <class Kind>
void predict(benchmark::State& state) {
  const auto& model = Kind::model();
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<double> out(count);
  std::size_t first = 0;
  for (auto _ : state) {
    if (count == 1)
      benchmark::DoNotOptimize(out[0] = model(data().rows(first, 1).row(0)));
    else
      model.predict(data().rows(first, count), out);
    benchmark::ClobberMemory();
    first = first + 2 * count <= asked_rows ? first + count : 0;
  }
  state.counters["row"] = benchmark::Counter(static_cast<double>(count) * static_cast<double>(state.iterations()),
                                             benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(predict<boosted_by_level>)->Arg(1)->Arg(100)->Arg(1'024)->Arg(60'000);
BENCHMARK(predict<boosted_by_leaf>)->Arg(1)->Arg(100)->Arg(1'024)->Arg(60'000);
BENCHMARK(predict<forest>)->Arg(1)->Arg(100)->Arg(1'024)->Arg(60'000);
BENCHMARK(predict<isolation>)->Arg(1)->Arg(1'024)->Arg(60'000);

template <class Kind>
void explain(benchmark::State& state) {
  const auto& model = Kind::model();
  mr::model::tree_explainer why(model.trees(), columns);
  std::vector<double> adds(columns);
  std::size_t row = 0;
  for (auto _ : state) {
    why.contributions(data().rows(row, 1).row(0), adds);
    benchmark::DoNotOptimize(adds.data());
    row = row + 1 < asked_rows ? row + 1 : 0;
  }
}
BENCHMARK(explain<boosted_by_level>);
BENCHMARK(explain<boosted_by_leaf>);
BENCHMARK(explain<forest>);

}  // namespace

BENCHMARK_MAIN();
