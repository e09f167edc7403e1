#include <millrace/detect/change/adwin.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <cmath>
#include <deque>

namespace mr = millrace;

namespace {

/// ADWIN by its definition: a list of buckets, every boundary looked at, moments from scratch.
struct plain_adwin {
  struct bucket {
    double size, sum, spread;
  };
  std::deque<bucket> buckets;
  double threshold;
  int ticks = 0;

  bool update(double x) {
    buckets.push_back({1, x, 0});
    for (double size = 1;; size *= 2) {
      std::size_t first = buckets.size(), count = 0;
      for (std::size_t i = buckets.size(); i-- > 0;)
        if (buckets[i].size == size) first = i, ++count;
      if (count <= 5) break;
      const bucket a = buckets[first], b = buckets[first + 1];
      const double d = a.sum / size - b.sum / size;
      buckets[first] = {2 * size, a.sum + b.sum, a.spread + b.spread + d * d * size / 2};
      buckets.erase(buckets.begin() + static_cast<std::ptrdiff_t>(first) + 1);
    }
    if (++ticks % 32 != 0) return false;
    bool drift = false;
    while (widest() > threshold) {
      drift = true;
      buckets.pop_front();
    }
    return drift;
  }
  double width() const {
    double n = 0;
    for (const bucket& b : buckets) n += b.size;
    return n;
  }
  double widest() const {
    double n = 0, sum = 0, squares = 0;
    for (const bucket& b : buckets) n += b.size, sum += b.sum;
    for (const bucket& b : buckets)
      squares += b.spread + b.size * (b.sum / b.size - sum / n) * (b.sum / b.size - sum / n);
    double n0 = 0, s0 = 0, most = 0;
    for (const bucket& b : buckets) {
      n0 += b.size, s0 += b.sum;
      const double n1 = n - n0;
      if (n0 < 32 || n1 < 32) continue;
      const double d = s0 / n0 - (sum - s0) / n1;
      most = std::max(most, d * d / (2 * squares / n * (1 / n0 + 1 / n1)));
    }
    return squares > 0 ? most : 0;
  }
};

}  // namespace

TEST_CASE("ADWIN answers what its definition does, worked out from scratch") {
  support::normal_source normal(41);
  mr::random_engine engine(42);
  mr::detect::adwin<mr::detect::arl<1'000>> d;
  plain_adwin plain{{}, d.threshold()};
  double level = 0;
  int drifts = 0;
  for (int i = 0; i < 30'000; ++i) {
    if (engine.below(3000) == 0) level = 3 * normal();
    const double x = level + normal();
    const bool drift = plain.update(x);
    REQUIRE((d.update(x) == mr::detect::signal::drift) == drift);
    REQUIRE(static_cast<double>(d.width()) == plain.width());
    if (i % 32 == 31 && !drift) REQUIRE(d.statistic() == Approx(plain.widest()).epsilon(1e-6).margin(1e-9));
    drifts += drift;
  }
  CHECK(drifts > 5);
}

TEST_CASE("ADWIN keeps the run length it promises, whatever the scale and the shape") {
  support::normal_source normal(43);
  // The standard deviation of a mean of 400 run lengths is 5 %: 0.2 is four of them.
  CHECK(support::mean_run_length(mr::detect::adwin<mr::detect::arl<1'000>>(), normal, 400, 1000) ==
        Approx(1000).epsilon(0.2));
  const auto moved = [&] { return 1e9 + 1e-3 * normal(); };
  CHECK(support::mean_run_length(mr::detect::adwin<mr::detect::arl<1'000>>(), moved, 400, 1000) ==
        Approx(1000).epsilon(0.2));
  support::coin_source coin(44, 0.5);
  CHECK(support::mean_run_length(mr::detect::adwin<mr::detect::arl<1'000>>(), coin, 400, 1000) ==
        Approx(1000).epsilon(0.2));
  CHECK(support::mean_run_length(mr::detect::adwin<mr::detect::arl<10'000>>(), normal, 150, 10'000) ==
        Approx(10'000).epsilon(0.3));
}

TEST_CASE("after a change ADWIN's window holds what came after it") {
  support::normal_source normal(45);
  mr::detect::adwin<> d;
  for (int i = 0; i < 20'000; ++i) d.update(normal());
  CHECK(d.mean() == Approx(0).margin(0.1));
  int taken = 0;
  while (d.update(2 + normal()) != mr::detect::signal::drift) ++taken;
  CHECK(taken < 70);
  for (int i = 0; i < 2000; ++i) d.update(2 + normal());
  CHECK(d.mean() == Approx(2).margin(0.15));
  CHECK(d.variance() == Approx(1).epsilon(0.2));
  CHECK(d.width() > 1900);
  CHECK(d.width() < 2600);
}

TEST_CASE("thresholds rise with the run length, between and beyond the calibrated ones") {
  double last = 0;
  const auto above = [&](double t) {
    const bool rises = t > last;
    last = t;
    return rises;
  };
  CHECK(above(mr::detect::adwin<mr::detect::arl<100>>().threshold()));
  CHECK(above(mr::detect::adwin<mr::detect::arl<150>>().threshold()));
  CHECK(above(mr::detect::adwin<mr::detect::arl<1'000>>().threshold()));
  CHECK(above(mr::detect::adwin<mr::detect::arl<5'000>>().threshold()));
  CHECK(above(mr::detect::adwin<mr::detect::arl<1'000'000>>().threshold()));
}
