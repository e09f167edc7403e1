#include <millrace/stats/tests/quantiles.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <initializer_list>
#include <millrace/core/seed.hpp>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {
mr::stats::sorted_sample latencies(std::uint64_t seed, std::size_t n, double factor = 1) {
  mr::random_engine engine(seed);
  std::vector<double> values(n);
  for (double& v : values) v = factor * std::exp(engine.normal());
  return *mr::stats::sorted_sample::make(values);
}
}  // namespace

TEST_CASE("quantile: the interval between order statistics covers at least as often as it says") {
  const double truth = std::exp(mr::stats::normal{}.quantile(0.9));
  int covered = 0;
  for (std::uint64_t i = 0; i < 500; ++i)
    covered += mr::stats::quantile_interval(latencies(i, 60), 0.9)->interval.contains(truth);
  CHECK(covered >= 475 - 6 * std::sqrt(500 * 0.05 * 0.95));
}

TEST_CASE("quantile: the interval's ranks are those of the binomial table") {
  std::vector<double> ranks(20);
  for (std::size_t i = 0; i < 20; ++i) ranks[i] = static_cast<double>(i + 1);
  // Median of 20: the 6th and 15th observation hold it with 95.86 % (Conover, table A3).
  const auto q = mr::stats::quantile_interval(*mr::stats::sorted_sample::make(ranks), 0.5);
  CHECK(q->interval.lower == 6);
  CHECK(q->interval.upper == 15);
  CHECK(q->value == 10.5);
  CHECK(mr::stats::quantile_interval(*mr::stats::sorted_sample::make(ranks), 0.99)->interval.upper ==
        support::infinite);
}

TEST_CASE("quantile: without a difference the test keeps its level, with one it finds it") {
  int rejected = 0;
  for (std::uint64_t i = 0; i < 400; ++i)
    rejected += mr::stats::quantile_test(latencies(2 * i + 1, 400), latencies(2 * i + 2, 400), 0.9)->significant();
  CHECK(rejected <= 20 + 6 * std::sqrt(400 * 0.05 * 0.95));
  const auto r = mr::stats::quantile_test(latencies(1, 5000, 1.3), latencies(2, 5000), 0.95);
  CHECK(r->p < 1e-6);
  CHECK(r->interval.contains(0.3 * std::exp(mr::stats::normal{}.quantile(0.95))));
}

TEST_CASE("quantile: samples too small, and nonsense, are errors that name it") {
  const auto few = *mr::stats::sorted_sample::make(std::vector<double>{1, 2, 3});
  CHECK(mr::stats::quantile_test(few, latencies(1, 500), 0.5).error().message() ==
        "the first sample is too small for this quantile");
  CHECK(mr::stats::quantile_test(latencies(1, 500), few, 0.5).error().message() ==
        "the second sample is too small for this quantile");
  for (const double p : {0.0, 1.0, -0.5, support::not_a_number}) {
    CHECK_FALSE(mr::stats::quantile_test(latencies(1, 50), latencies(2, 50), p));
    CHECK_FALSE(mr::stats::quantile_interval(few, p));
  }
  CHECK_FALSE(mr::stats::quantile_interval({}, 0.5));
  CHECK_FALSE(mr::stats::quantile_interval(few, 0.5, 1));
  const auto same = *mr::stats::sorted_sample::make(std::vector<double>(100, 2.0));
  CHECK(mr::stats::quantile_test(same, same, 0.5)->p == 1);
  CHECK(mr::stats::quantile_test(same, same, 0.5)->failed.contains(mr::stats::assumption::variation));
}
