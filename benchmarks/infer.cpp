// A forest of 5 MB from its file to the first answer (forest_ready), as TreeEnsemble in doubles and
// TreeEnsembleRegressor in floats, read and mapped: the goal is 10 ms. `bench_infer --write-forest FILE` writes the
// second.
//
// What a graph costs to ask: a network of 30-64-32-1 with relu as Gemm and Relu, beside our own mlp of the same
// weights. The rows are rotated. The goals are 60 ns for one row, and 45 ns for each of 32 and more. ONNX Runtime on
// the same graph: benchmarks/infer_peers.py, for which `bench_infer --write FILE` writes it.
#include <millrace/core/seed.hpp>
#include <millrace/infer/graph_engine.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/network.hpp>
#include <millrace/model/to_graph/trees.hpp>
#include <millrace/store/atomic_file.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

constexpr std::size_t widths[] = {30, 64, 32, 1};
constexpr std::size_t inputs = widths[0];
constexpr std::size_t table_rows = 1024;

struct layer {
  std::vector<float> weights;
  std::vector<float> bias;
};

std::vector<float> drawn(mr::random_engine& random, std::size_t size, double spread) {
  std::vector<float> made(size);
  for (float& x : made) x = static_cast<float>(spread * random.normal());
  return made;
}

std::vector<layer> layers() {
  mr::random_engine random(1);
  std::vector<layer> made;
  for (std::size_t l = 1; l < std::size(widths); ++l) {
    auto weights = drawn(random, widths[l - 1] * widths[l], 0.2);
    made.push_back({std::move(weights), drawn(random, widths[l], 0.2)});
  }
  return made;
}

std::vector<float> table() {
  mr::random_engine random(2);
  return drawn(random, table_rows * inputs, 1);
}

mr::model::graph_tensor tensor_of(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  mr::model::graph_tensor made;
  made.shape = std::move(shape);
  made.bytes.resize(values.size() * sizeof(float));
  std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
  return made;
}

mr::model::graph graph() {
  const auto rows_of = [](std::size_t columns) {
    mr::model::graph_type made;
    made.shape.emplace(
        {mr::model::graph_dimension{-1, "rows"}, mr::model::graph_dimension{static_cast<std::int64_t>(columns), ""}});
    return made;
  };
  mr::model::graph made;
  made.name = "network";
  made.opsets.push_back({"", 21});
  std::uint32_t value = made.add_input("x", rows_of(inputs));
  const auto all = layers();
  for (std::size_t l = 0; l < all.size(); ++l) {
    const std::string name = std::to_string(l);
    const auto in = static_cast<std::int64_t>(widths[l]);
    const auto out = static_cast<std::int64_t>(widths[l + 1]);
    const auto w = made.add_constant("w" + name, tensor_of({in, out}, all[l].weights));
    const auto b = made.add_constant("b" + name, tensor_of({out}, all[l].bias));
    const bool is_last = l + 1 == all.size();
    const auto sums = made.add_value(is_last ? "y" : "sums" + name, rows_of(widths[l + 1]));
    made.nodes.push_back({"gemm" + name, "", "Gemm", {value, w, b}, {sums}, {}});
    value = sums;
    if (is_last) break;
    value = made.add_value("values" + name);
    made.nodes.push_back({"relu" + name, "", "Relu", {sums}, {value}, {}});
  }
  made.outputs.push_back(value);
  return made;
}

void per_row(benchmark::State& state, std::size_t rows) {
  state.counters["row"] = benchmark::Counter(
      static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// Rows are copied into the run's input, as a caller must.
void engine(benchmark::State& state) {
  const auto made = mr::infer::graph_engine::make(graph()).value();
  const auto count = static_cast<std::size_t>(state.range(0));
  auto run = made.prepare({{state.range(0), static_cast<std::int64_t>(inputs)}}).value();
  const auto rows = table();
  std::size_t i = 0;
  for (auto _ : state) {
    std::copy_n(rows.data() + i * inputs, count * inputs, run.input<float>(0).data());
    run.run();
    benchmark::DoNotOptimize(run.output<float>(0).data());
    if ((i += count) + count > table_rows) i = 0;
  }
  per_row(state, count);
}
BENCHMARK(engine)->Arg(1)->Arg(32)->Arg(100)->Arg(1024);

void own_mlp(benchmark::State& state) {
  using mr::model::activation;
  const auto all = layers();
  std::vector<mr::model::mlp_layer> given;
  for (std::size_t l = 0; l < all.size(); ++l)
    given.push_back({all[l].weights, all[l].bias, l + 1 < all.size() ? activation::relu : activation::identity});
  const auto model = mr::model::mlp<mr::model::squared_loss>::make(inputs, given).value();
  const auto count = static_cast<std::size_t>(state.range(0));
  const auto rows = table();
  std::vector<double> out(count);
  std::size_t i = 0;
  for (auto _ : state) {
    model.predict(mr::model::matrix_view(rows.data() + i * inputs, count, inputs), std::span(out));
    benchmark::DoNotOptimize(out.data());
    if ((i += count) + count > table_rows) i = 0;
  }
  per_row(state, count);
}
BENCHMARK(own_mlp)->Arg(1)->Arg(32)->Arg(100)->Arg(1024);

/// A forest's file of 5 MB.
mr::model::graph forest(mr::tensor::dtype element) {
  constexpr std::size_t rows = 20'000;
  mr::random_engine random(3);
  const auto numbers = drawn(random, rows * inputs, 1);
  auto targets = drawn(random, rows, 1);
  for (std::size_t i = 0; i < rows; ++i) {
    const float* const x = numbers.data() + i * inputs;
    targets[i] += 2 * x[0] + std::sin(3 * x[1]) + x[2] * x[3];
  }
  const std::size_t trees = element == mr::tensor::dtype::f64 ? 385 : 211;
  const auto made = mr::model::random_forest::fit({numbers, inputs}, targets, {.trees = trees, .depth = 10}).value();
  return mr::model::to_graph(made, {.element = element}).value();
}

/// From the file to the first answer.
void forest_ready(benchmark::State& state, mr::tensor::dtype element, mr::store::file_access how) {
  const std::string path = "/tmp/millrace-bench-forest-" + std::to_string(static_cast<int>(element)) + ".onnx";
  const auto bytes = mr::model::write_onnx(forest(element)).value();
  if (auto written = mr::store::write_file(path, bytes); !written)
    return state.SkipWithError(written.error().describe().c_str());
  const auto rows = table();
  for (auto _ : state) {
    auto loaded = mr::model::load_onnx(path, {}, how).value();
    const auto made = mr::infer::graph_engine::make(std::move(loaded)).value();
    auto run = made.prepare({{1, static_cast<std::int64_t>(inputs)}}).value();
    std::copy_n(rows.data(), inputs, run.input<float>(0).data());
    run.run();
    benchmark::DoNotOptimize(run.memory());
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
  std::remove(path.c_str());
}
BENCHMARK_CAPTURE(forest_ready, floats_read, mr::tensor::dtype::f32, mr::store::file_access::read)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forest_ready, floats_mapped, mr::tensor::dtype::f32, mr::store::file_access::map)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forest_ready, doubles_read, mr::tensor::dtype::f64, mr::store::file_access::read)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(forest_ready, doubles_mapped, mr::tensor::dtype::f64, mr::store::file_access::map)
    ->Unit(benchmark::kMillisecond);

int write(const mr::model::graph& made, const char* path) {
  const auto bytes = mr::model::write_onnx(made);
  if (!bytes) return std::fprintf(stderr, "%s\n", bytes.error().describe().c_str()), 1;
  std::ofstream to(path, std::ios::binary);
  to.write(reinterpret_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
  return to.flush() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3 && std::string_view(arguments[1]) == "--write") return write(graph(), arguments[2]);
  if (count == 3 && std::string_view(arguments[1]) == "--write-forest")
    return write(forest(mr::tensor::dtype::f32), arguments[2]);
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
