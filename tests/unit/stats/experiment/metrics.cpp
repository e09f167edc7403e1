#include <millrace/stats/experiment/metrics.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>
#include <support/envelope.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;

using spend = mr::stats::cuped_mean<"spend">;
using share = mr::stats::ratio<"revenue", "clicks">;
using slow = mr::stats::quantile_of<"latency", .9>;

TEST_CASE("metrics say their names and inputs, and their states are trivially copyable") {
  CHECK(share::name == "revenue/clicks");
  CHECK(mr::stats::conversion<"ctr">::name == "ctr");
  STATIC_REQUIRE(share::inputs == 2);
  STATIC_REQUIRE(std::is_trivially_copyable_v<share::state>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<slow::state>);
}

TEST_CASE("metrics answer what the tests of this module do on the same units") {
  support::normal_source normal(1);
  std::vector<double> x[2], y[2];
  mr::stats::mean_of<"x">::state mean;
  spend::state cuped;
  share::state ratio;
  mr::stats::conversion<"c">::state rate;
  std::int64_t hits[2]{};
  for (int i = 0; i < 600; ++i) {
    const bool treated = i % 3 == 0;
    const double c = 5 + normal();
    const double v = 2 * c + normal() + (treated ? 0.3 : 0);
    const double in[2]{v, c};
    x[treated].push_back(v);
    y[treated].push_back(c);
    mean.update(treated, in);
    cuped.update(treated, in);
    ratio.update(treated, in);
    const double hit = v > 10 ? 1 : 0;
    hits[treated] += v > 10;
    rate.update(treated, &hit);
  }
  const mr::stats::test_options options;
  CHECK(
      mean.test(options)->p ==
      Approx(mr::stats::welch_t_test(mr::stats::sample_moments::make(x[1]), mr::stats::sample_moments::make(x[0]))->p));
  const auto a = mr::stats::pair_moments::make(x[1], y[1]);
  const auto b = mr::stats::pair_moments::make(x[0], y[0]);
  CHECK(cuped.test(options)->effect == Approx(mr::stats::cuped_test(a, b)->test.effect));
  CHECK(cuped.test(options)->p == Approx(mr::stats::cuped_test(a, b)->test.p));
  CHECK(ratio.test(options)->p == Approx(mr::stats::ratio_test(a, b)->p));
  CHECK(rate.test(options)->p == mr::stats::two_proportion_z_test({hits[1], 200}, {hits[0], 400})->p);
  // The covariate takes out most of the variance.
  CHECK(cuped.variance_of_effect() < 0.3 * mean.variance_of_effect());
}

TEST_CASE("a score depends on the units before and never on the arm") {
  support::normal_source normal(2);
  spend::state a, b;
  share::state c, d;
  for (int i = 0; i < 200; ++i) {
    const double in[2]{3 + normal(), 4 + 0.1 * normal()};
    CHECK(a.score(in) == Approx(b.score(in)));
    CHECK(c.score(in) == Approx(d.score(in)));
    a.update(i % 2 == 0, in);
    b.update(i % 2 == 0, in);
    c.update(i % 2 == 0, in);
    d.update(i % 2 == 0, in);
  }
  const double in[2]{6, 8};
  CHECK(c.score(in) == Approx(6 - 0.75 * 8).margin(0.2));
}

TEST_CASE("quantiles of the bins are within 1 % of the true ones, merged or not, and found from summaries") {
  mr::random_engine engine(3);
  slow::state whole, left, right;
  std::vector<double> control;
  for (int i = 0; i < 50'000; ++i) {
    const bool treated = engine.uniform() < 0.5;
    const double x = -std::log(1 - engine.uniform()) * (treated ? 30 : 20);
    whole.update(treated, &x);
    (i % 2 == 0 ? left : right).update(treated, &x);
  }
  left.merge(right);
  const auto found = whole.test({});
  REQUIRE(found);
  // The exponential law's 0.9-quantile is ln 10 times its mean: 69.08 and 46.05.
  CHECK(found->effect == Approx(10 * std::log(10.)).margin(2.8));
  // Standard error 0.7, four of them.
  CHECK(found->p < 1e-20);
  CHECK(left.test({})->effect == found->effect);
  slow::state summed;
  const std::array values{1., 2., 3., 4.};
  const std::array<std::uint64_t, 4> cumulative{10, 20, 30, 40};
  summed.merge(true, values, cumulative);
  summed.merge(false, values, cumulative);
  CHECK(summed.count(true) == 40);
  CHECK(summed.test({})->effect == 0);
  CHECK(summed.test({})->p == 1);
  CHECK_FALSE(slow::state().test({}));
}

TEST_CASE("a quantile's threshold cannot be renewed later than an eighth more units from now") {
  slow::state state;
  for (int i = 0; i < 100; ++i) {
    const double x = 1 + i;
    state.update(i % 2 == 0, &x);
  }
  const auto loads = [&](double next) {
    mr::envelope_writer to("state");
    state.save(to);
    auto bytes = std::move(to).finish();
    const auto bits = std::bit_cast<std::array<std::byte, 8>>(next);
    for (std::size_t b = 0; b < 8; ++b) bytes[bytes.size() - 12 + b] = bits[b];
    support::reseal(bytes);
    auto from = mr::envelope_reader::open(bytes, "state");
    REQUIRE(from);
    slow::state read;
    return read.load(*from) && from->finish(true).has_value();
  };
  CHECK(loads(0));
  CHECK(loads(112));
  CHECK_FALSE(loads(HUGE_VAL));
  CHECK_FALSE(loads(1e300));
  CHECK_FALSE(loads(200));
  CHECK_FALSE(loads(std::nan("")));
}
