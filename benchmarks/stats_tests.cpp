// What a test costs. Peers: SciPy and statsmodels, called by stats_tests.py in the same run.
#include <millrace/core/seed.hpp>
#include <millrace/stats/resampling/bootstrap.hpp>
#include <millrace/stats/tests/kolmogorov_smirnov.hpp>
#include <millrace/stats/tests/mann_whitney.hpp>
#include <millrace/stats/tests/proportions.hpp>

#include <benchmark/benchmark.h>

#include <vector>

namespace mr = millrace;

namespace {

std::vector<double> normals(std::size_t n, std::uint64_t seed) {
  mr::random_engine engine(seed);
  std::vector<double> values(n);
  for (double& v : values) v = engine.normal();
  return values;
}

void two_proportion_z(benchmark::State& state) {
  std::vector<mr::stats::proportion> arms;
  mr::random_engine engine(1);
  for (int i = 0; i < 4096; ++i) arms.push_back({static_cast<std::int64_t>(900 + engine.below(200)), 10'000});
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(mr::stats::two_proportion_z_test(arms[i], arms[i + 1])->p);
    i = (i + 2) % arms.size();
  }
}
BENCHMARK(two_proportion_z);

void ks_with_cached_reference(benchmark::State& state) {
  const auto reference = *mr::stats::sorted_sample::make(normals(10'000, 1));
  std::vector<std::vector<double>> windows;
  for (std::uint64_t seed = 2; seed < 18; ++seed) windows.push_back(normals(10'000, seed));
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(mr::stats::ks_test(reference, *mr::stats::sorted_sample::make(windows[i]))->p);
    i = (i + 1) % windows.size();
  }
}
BENCHMARK(ks_with_cached_reference)->Unit(benchmark::kMicrosecond);

void mann_whitney(benchmark::State& state) {
  std::vector<std::vector<double>> samples;
  for (std::uint64_t seed = 1; seed < 7; ++seed) samples.push_back(normals(100'000, seed));
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(mr::stats::mann_whitney_test(*mr::stats::sorted_sample::make(samples[i]),
                                                          *mr::stats::sorted_sample::make(samples[i + 1]))
                                 ->p);
    i = (i + 2) % samples.size();
  }
}
BENCHMARK(mann_whitney)->Unit(benchmark::kMillisecond);

void bootstrap_of_a_mean(benchmark::State& state) {
  const auto sample = normals(10'000, 1);
  mr::stats::bootstrap_options options;
  for (auto _ : state) {
    ++options.seed;
    benchmark::DoNotOptimize(mr::stats::bootstrap_mean(sample, options)->interval);
  }
}
BENCHMARK(bootstrap_of_a_mean)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
