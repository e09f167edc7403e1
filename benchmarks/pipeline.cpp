// Events a second from a raw event to its score, on one thread: features and a model as one type. Events are rotated,
// so that no branch learns them; peers of the models alone stand in models_peers.py. The goal is 5 million a second
// with a small model.
#include <millrace/core/seed.hpp>
#include <millrace/feature.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace {

namespace mf = millrace::feature;
namespace mm = millrace::model;

struct payment {
  double amount = 0;
  std::string country;
  std::chrono::sys_seconds at;
  bool is_fraud = false;
};

std::vector<payment> payments(std::size_t count) {
  millrace::random_engine random(1);
  std::vector<payment> made(count);
  const char* const countries[] = {"DE", "FR", "US", "BR"};
  for (payment& one : made) {
    one.amount = 1 + 1000 * random.uniform() * random.uniform();
    one.country = countries[random.below(4)];
    one.at = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000 + random.below(10'000'000)));
    one.is_fraud = random.uniform() < 0.1 + one.amount / 2000;
  }
  return made;
}
auto features() {
  return mf::features<payment>(mf::log<"amount_log">(&payment::amount), mf::standardize<"amount_z">(&payment::amount),
                               mf::one_hot<"country", "DE", "FR", "US">(&payment::country),
                               mf::temporal<"at", mf::hour, mf::weekday>(&payment::at));
}
const auto linear = mm::trained_by<mm::logistic_regression>({.l2 = 1});
const auto trees = mm::trained_by<mm::boosted_trees<>>({.rounds = 20, .leaves = 8});
const auto many_trees = mm::trained_by<mm::boosted_trees<>>({.rounds = 100, .leaves = 63});

template <class Step>
auto fitted(const Step& step) {
  return mm::pipeline_of(features(), step).fit(payments(20'000), &payment::is_fraud).value();
}

/// One event a call.
template <const auto& Step>
void one_by_one(benchmark::State& state) {
  const auto fraud = fitted(Step);
  const auto events = payments(4096);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fraud(events[i]));
    if (++i == events.size()) i = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
/// Batches of 256.
template <const auto& Step>
void in_batches(benchmark::State& state) {
  const auto fraud = fitted(Step);
  const auto events = payments(4096);
  std::vector<double> out(256);
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(fraud(std::span(events).subspan(at, out.size()), out).has_value());
    at = (at + out.size()) % events.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * out.size()));
}
/// The features alone.
void features_alone(benchmark::State& state) {
  auto made = features();
  const auto events = payments(4096);
  if (!made.fit(events)) std::abort();
  float row[decltype(made)::width];
  std::size_t i = 0;
  for (auto _ : state) {
    made(events[i], row);
    benchmark::DoNotOptimize(row);
    if (++i == events.size()) i = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(features_alone);
BENCHMARK(one_by_one<linear>)->Name("logistic_regression/one_by_one");
BENCHMARK(in_batches<linear>)->Name("logistic_regression/in_batches");
BENCHMARK(one_by_one<trees>)->Name("trees_20_of_8/one_by_one");
BENCHMARK(in_batches<trees>)->Name("trees_20_of_8/in_batches");
BENCHMARK(one_by_one<many_trees>)->Name("trees_100_of_63/one_by_one");
BENCHMARK(in_batches<many_trees>)->Name("trees_100_of_63/in_batches");

}  // namespace

BENCHMARK_MAIN();
