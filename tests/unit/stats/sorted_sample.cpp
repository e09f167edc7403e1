#include <millrace/stats/sorted_sample.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <laws/moving.hpp>
#include <limits>
#include <millrace/core/seed.hpp>
#include <millrace/stats/tests/distance_tests.hpp>
#include <millrace/stats/tests/kolmogorov_smirnov.hpp>
#include <millrace/stats/tests/mann_whitney.hpp>
#include <millrace/stats/tests/quantiles.hpp>
#include <millrace/stats/tests/trimmed.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("sorted sample: any numbers in any order come out ascending, short and long") {
  mr::random_engine engine(5);
  for (const std::size_t n : {1U, 2U, 100U, 511U, 512U, 5000U}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i)
      values.push_back(std::ldexp(engine.normal(), static_cast<int>(engine.below(600)) - 300));
    values[0] = -0.0;
    if (n > 4) {
      values[1] = std::numeric_limits<double>::max();
      values[2] = -std::numeric_limits<double>::max();
      values[3] = std::numeric_limits<double>::denorm_min();
      values[4] = values[3];
    }
    const auto sorted = mr::stats::sorted_sample::make(values);
    REQUIRE(sorted);
    std::sort(values.begin(), values.end());
    CHECK(std::equal(values.begin(), values.end(), sorted->values().begin(), sorted->values().end()));
  }
}

TEST_CASE("sorted sample: numbers that crowd, repeat, descend or differ in their last bits come out ascending") {
  mr::random_engine engine(6);
  const auto check = [](std::vector<double> values) {
    const auto sorted = mr::stats::sorted_sample::make(values);
    REQUIRE(sorted);
    std::sort(values.begin(), values.end());
    CHECK(std::equal(values.begin(), values.end(), sorted->values().begin(), sorted->values().end()));
  };
  for (const std::size_t n : {512U, 3000U, 40'000U}) {
    const auto filled = [&](auto make) {
      std::vector<double> values(n);
      for (std::size_t i = 0; i < n; ++i) values[i] = make(i);
      return values;
    };
    CAPTURE(n);
    check(filled([&](std::size_t) { return engine.uniform(); }));
    check(filled([&](std::size_t) { return std::floor(10 * engine.uniform()); }));
    check(filled([&](std::size_t i) { return -static_cast<double>(i); }));
    check(filled([&](std::size_t) { return 3.0; }));
    // One number beyond all measure: the others share a place.
    check(filled([&](std::size_t i) { return i == 7 ? 1e250 : engine.normal(); }));
    check(filled([&](std::size_t i) { return i == 7 ? std::numeric_limits<double>::max() : -engine.normal(); }));
    check(filled(
        [&](std::size_t i) { return i % 2 == 0 ? -std::numeric_limits<double>::max() : 1e308 * engine.uniform(); }));
    // ... and their leading 33 bits as well.
    check(filled([&](std::size_t i) { return i == 7 ? 1e250 : 1e9 + 1e-3 * engine.uniform(); }));
    check(filled([&](std::size_t i) {
      return i == 7 ? 1e250 : i % 2 == 0 ? 1 + 1e-12 * engine.uniform() : -1 - 1e-12 * engine.uniform();
    }));
    check(filled([&](std::size_t) { return 1e-310 * engine.uniform(); }));
    check(filled([&](std::size_t) { return std::exp(20 * engine.normal()); }));
  }
}

TEST_CASE("sorted sample: quantiles are NumPy's default ones") {
  const auto s = mr::stats::sorted_sample::make(std::vector<double>{4, 1, 3, 2});
  CHECK(s->quantile(0) == 1);
  CHECK(s->quantile(1) == 4);
  CHECK(s->quantile(0.5) == 2.5);
  CHECK(s->quantile(0.25) == 1.75);
  CHECK((*s)[2] == 3);
}

TEST_CASE("sorted sample: NaN, infinities and nothing at all are refused") {
  CHECK(mr::stats::sorted_sample::make(std::vector<double>{1, std::nan("")}, "latency").error().message() ==
        "latency holds NaN at place 1");
  CHECK_FALSE(mr::stats::sorted_sample::make(std::vector<double>{1, -std::numeric_limits<double>::infinity()}));
  CHECK(mr::stats::sorted_sample::make(std::vector<double>{}).error().message() == "the sample is empty");
  CHECK(mr::stats::sorted_sample{}.empty());
}

TEST_CASE("sorted sample: tests of two samples take them unsorted too, and name the one with a NaN") {
  mr::random_engine engine(6);
  std::vector<double> a, b;
  for (int i = 0; i < 40; ++i) a.push_back(engine.normal());
  for (int i = 0; i < 60; ++i) b.push_back(engine.normal() + 0.7);
  const auto first = mr::stats::sorted_sample::make(a);
  const auto second = mr::stats::sorted_sample::make(b);
  REQUIRE(first);
  REQUIRE(second);
  const auto agree = [&](auto test) {
    const auto unsorted = test(a, b);
    const auto sorted = test(*first, *second);
    REQUIRE(unsorted);
    REQUIRE(sorted);
    if constexpr (requires { sorted->p; }) {
      CHECK(unsorted->p == sorted->p);
      CHECK(unsorted->effect == sorted->effect);
      CHECK(unsorted->interval.lower < unsorted->effect);
    } else {
      CHECK(*unsorted == *sorted);
    }
    std::vector<double> broken = b;
    broken[7] = std::nan("");
    const auto refused = test(a, broken);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().describe().find("the second sample") != std::string::npos);
    const auto other = test(broken, a);
    REQUIRE_FALSE(other);
    CHECK(other.error().describe().find("the first sample") != std::string::npos);
  };
  agree([](const auto& x, const auto& y) { return mr::stats::ks_test(x, y); });
  agree(
      [](const auto& x, const auto& y) { return mr::stats::mann_whitney_test(x, y, {}, mr::stats::p_method::exact); });
  agree([](const auto& x, const auto& y) { return mr::stats::yuen_test(x, y, 0.1); });
  agree([](const auto& x, const auto& y) { return mr::stats::quantile_test(x, y, 0.5); });
  agree([](const auto& x, const auto& y) { return mr::stats::wasserstein_test(x, y); });
  agree([](const auto& x, const auto& y) { return mr::stats::energy_test(x, y); });
  agree([](const auto& x, const auto& y) { return mr::stats::wasserstein_distance(x, y); });
  agree([](const auto& x, const auto& y) { return mr::stats::energy_distance(x, y); });
}

TEST_CASE("sorted sample: moved from, it is empty, and moving one to itself changes nothing") {
  const auto of = [](const std::vector<double>& values) { return *mr::stats::sorted_sample::make(values); };
  laws::moving_from(
      of({3, 1, 2}), of({7, 5, 6, 4}),
      [](const mr::stats::sorted_sample& sample) {
        return std::vector<double>(sample.values().begin(), sample.values().end());
      },
      [](const mr::stats::sorted_sample& left) { CHECK(left.empty()); });
}
