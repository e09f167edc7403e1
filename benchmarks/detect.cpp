// What an update of each detector and of the sequential tests costs. Inputs are made beforehand and rotated over a
// million, so that no branch predictor learns them. Peers in Python: benchmarks/detect_peers.py, run beside this.

#include <millrace/core/seed.hpp>
#include <millrace/detect.hpp>
#include <millrace/stats/sequential/group_sequential.hpp>
#include <millrace/stats/sequential/two_arm_e_process.hpp>

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

constexpr std::size_t length = 1 << 20;

const std::vector<double>& normal_stream() {
  static const std::vector<double> made = [] {
    mr::random_engine engine(1);
    std::vector<double> x;
    for (std::size_t i = 0; i < length; ++i)
      x.push_back(std::sqrt(-2 * std::log(1 - engine.uniform())) * std::cos(6.283185307179586 * engine.uniform()));
    return x;
  }();
  return made;
}
const std::vector<double>& error_stream() {
  static const std::vector<double> made = [] {
    mr::random_engine engine(2);
    std::vector<double> x;
    for (std::size_t i = 0; i < length; ++i) x.push_back(engine.uniform() < 0.5 ? 1 : 0);
    return x;
  }();
  return made;
}

template <class D>
D fresh() {
  if constexpr (requires { D(); })
    return D();
  else
    return D(mr::detect::in_control{0, 1});
}

template <class D>
void update(benchmark::State& state, const std::vector<double>& stream) {
  D detector = fresh<D>();
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(detector.update(stream[i]));
    i = (i + 1) % length;
  }
}

template <class D>
void of_normal(benchmark::State& state) {
  update<D>(state, normal_stream());
}
template <class D>
void of_errors(benchmark::State& state) {
  update<D>(state, error_stream());
}

void two_arms(benchmark::State& state) {
  mr::stats::two_arm_e_process test;
  const auto& stream = error_stream();
  const auto& arms = normal_stream();
  std::size_t i = 0;
  for (auto _ : state) {
    test.update(arms[i] > 0, stream[i]);
    i = (i + 1) % length;
  }
  benchmark::DoNotOptimize(test.e_value());
}

void hundred_looks(benchmark::State& state) {
  for (auto _ : state) {
    auto test = mr::stats::group_sequential::make(mr::stats::spending::obrien_fleming).value();
    for (int k = 1; k <= 100; ++k) benchmark::DoNotOptimize(test.look(k / 100.0, 0));
  }
}

void compare_windows(benchmark::State& state) {
  const auto& x = normal_stream();
  const auto reference = mr::detect::drift_reference::make(std::span(x).first(10'000)).value();
  std::size_t at = 0;
  for (auto _ : state) {
    at = (at + 10'000) % (length - 10'000);
    benchmark::DoNotOptimize(reference.compare(std::span(x).subspan(at, 10'000)));
  }
}

void threshold(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(mr::detect::cusum<>({0, 1}));
}

}  // namespace

BENCHMARK(of_errors<mr::detect::adwin<>>)->Name("adwin/errors");
BENCHMARK(of_normal<mr::detect::adwin<>>)->Name("adwin/normal");
BENCHMARK(of_normal<mr::detect::page_hinkley<>>)->Name("page_hinkley");
BENCHMARK(of_normal<mr::detect::cusum<>>)->Name("cusum");
BENCHMARK(of_normal<mr::detect::ewma_chart<>>)->Name("ewma_chart");
BENCHMARK(of_errors<mr::detect::ddm<>>)->Name("ddm");
BENCHMARK(of_errors<mr::detect::eddm<>>)->Name("eddm");
BENCHMARK(of_errors<mr::detect::hddm_a<>>)->Name("hddm_a");
BENCHMARK(of_errors<mr::detect::hddm_w<>>)->Name("hddm_w");
BENCHMARK(of_normal<mr::detect::kswin<>>)->Name("kswin");
BENCHMARK(of_normal<mr::detect::bocpd<>>)->Name("bocpd");
BENCHMARK(of_normal<mr::detect::z_score<>>)->Name("z_score");
BENCHMARK(of_normal<mr::detect::ewma_bands<>>)->Name("ewma_bands");
BENCHMARK(of_normal<mr::detect::quantile_bands<>>)->Name("quantile_bands");
BENCHMARK(of_normal<mr::detect::robust_z<>>)->Name("robust_z");
BENCHMARK(of_normal<mr::detect::iqr_fence<>>)->Name("iqr_fence");
BENCHMARK(of_normal<mr::detect::seasonal<48>>)->Name("seasonal");
BENCHMARK(two_arms)->Name("two_arm_e_process");
BENCHMARK(hundred_looks)->Name("group_sequential/100 looks")->Unit(benchmark::kMillisecond);
BENCHMARK(compare_windows)->Name("drift_reference/compare 10,000")->Unit(benchmark::kMicrosecond);
BENCHMARK(threshold)->Name("cusum/threshold by the integral equation")->Unit(benchmark::kMicrosecond);

BENCHMARK_MAIN();
