#include <millrace/aggregate/windows/decayed.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/pairs.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>

#include <laws/aggregator.hpp>
#include <support/clocks.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <chrono>
#include <cmath>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

using fading = mr::decayed<mr::half_life<60s>, mr::aggregate<mr::count, mr::sum, mr::mean, mr::variance, mr::max>>;

using support::seconds;

struct event {
  double x, t;
};
std::vector<event> events(std::size_t count, double span, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<event> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back({5 + random.normal(), span * random.uniform()});
  return made;
}

}  // namespace

TEST_CASE("an item's weight halves with every half-life") {
  fading f;
  CHECK(f.value(seconds(5)).items() == 0);
  f.update(10.0, seconds(0));
  CHECK(f.value(seconds(0)).get<mr::total_weight>() == 1);
  CHECK(f.value(seconds(60)).get<mr::total_weight>() == 0.5);
  CHECK(f.value(seconds(180)).get<mr::sum>() == 1.25);
  f.update(40.0, seconds(60));
  CHECK(f.value(seconds(60)).get<mr::mean>() == Approx((0.5 * 10 + 40) / 1.5));
  CHECK(f.value(seconds(1e5)).get<mr::mean>() == Approx((0.5 * 10 + 40) / 1.5));
  CHECK(f.value(seconds(60)).get<mr::max>() == 40);
  CHECK(f.value(seconds(60)).get<mr::count>() == 2);
}

TEST_CASE("answers are those of the weights written out, for any order and over many half-lives") {
  for (const double span : {1.0, 600.0, 100'000.0}) {
    const auto items = events(500, span, 1);
    fading f;
    for (const event& e : items) f.update(e.x, seconds(e.t));
    const double now = span + 10;
    double weight = 0, sum = 0;
    for (const event& e : items) {
      const double w = std::exp2(-(now - std::floor(e.t * 1e9) / 1e9) / 60);
      weight += w;
      sum += w * e.x;
    }
    const auto value = f.value(seconds(now));
    CHECK(value.get<mr::total_weight>() == Approx(weight).epsilon(1e-9));
    CHECK(value.get<mr::mean>() == Approx(sum / weight).epsilon(1e-9));
    fading a, b;
    for (std::size_t i = 0; i < items.size(); ++i) (i % 3 == 0 ? a : b).update(items[i].x, seconds(items[i].t));
    fading ab = a;
    ab.merge(b);
    b.merge(a);
    for (const fading* merged : {&ab, &b}) {
      CHECK(merged->value(seconds(now)).get<mr::total_weight>() == Approx(weight).epsilon(1e-9));
      CHECK(merged->value(seconds(now)).get<mr::mean>() == Approx(sum / weight).epsilon(1e-9));
      CHECK(merged->value(seconds(now)).get<mr::variance>() == Approx(value.get<mr::variance>()).epsilon(1e-6));
    }
  }
}

TEST_CASE("a spread does not change by fading alone") {
  mr::decayed<mr::half_life<60s>, mr::aggregate<mr::mean, mr::stddev, mr::skewness, mr::kurtosis>> load;
  for (const double x : {1.0, 2.0, 3.0, 5.0}) load.update(x, seconds(0));
  const auto fresh = load.value(seconds(0));
  CHECK(fresh.get<mr::variance>() == Approx(35.0 / 12));  // of 1, 2, 3, 5, as of a sample
  CHECK(fresh.effective_items() == 4);
  for (const double now : {60.0, 90.0, 119.0, 121.0, 1e4, 1e9}) {
    const auto later = load.value(seconds(now));
    CHECK(later.get<mr::stddev>() == Approx(fresh.get<mr::stddev>()).epsilon(1e-12));
    CHECK(later.get<mr::skewness>() == Approx(fresh.get<mr::skewness>()).epsilon(1e-12));
    CHECK(later.get<mr::kurtosis>() == Approx(fresh.get<mr::kurtosis>()).epsilon(1e-12));
    CHECK(later.effective_items() == 4);
  }
  load.update(4.0, seconds(1e6));  // outweighs all that was: there is no spread of one item
  CHECK(std::isnan(load.value(seconds(1e6)).get<mr::stddev>()));
  load.update(6.0, seconds(1e6));
  CHECK(load.value(seconds(1e6 + 600)).get<mr::stddev>() == Approx(std::sqrt(2.0)));
}

TEST_CASE("the variance of items that fade is that of reliability weights, and without bias") {
  // W - V2 / W as in the GNU Scientific Library's manual, "Weighted samples".
  mr::random_engine random(9);
  double sum_of_variances = 0;
  for (int run = 0; run < 2000; ++run) {
    mr::decayed<mr::half_life<60s>, mr::aggregate<mr::variance>> f;
    std::vector<double> x, w;
    for (int i = 0; i < 20; ++i) {
      const double t = 30.0 * i;
      x.push_back(7 + random.normal());
      w.push_back(std::exp2(-(570 - t) / 60));
      f.update(x.back(), seconds(t));
    }
    double all = 0, squares = 0, mean = 0, spread = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      all += w[i];
      squares += w[i] * w[i];
      mean += w[i] * x[i];
    }
    mean /= all;
    for (std::size_t i = 0; i < x.size(); ++i) spread += w[i] * (x[i] - mean) * (x[i] - mean);
    const auto value = f.value(seconds(570));
    REQUIRE(value.get<mr::variance>() == Approx(spread / (all - squares / all)).epsilon(1e-9));
    REQUIRE(value.effective_items() == Approx(all * all / squares).epsilon(1e-12));
    sum_of_variances += value.get<mr::variance>();
  }
  CHECK(sum_of_variances / 2000 == Approx(1).margin(0.05));  // 0.013 is one standard error
}

TEST_CASE("weights of items that fade are repetitions; merged and loaded, a spread stays what it is") {
  using load = mr::decayed<mr::half_life<60s>, mr::aggregate<mr::stddev>>;
  load repeated, weighted, early, late;
  for (int i = 0; i < 30; ++i) {
    const double t = 20.0 * i;
    const double x = i % 7;
    for (int k = 0; k < i % 4; ++k) repeated.update(x, seconds(t));
    weighted.update(x, mr::weight(i % 4), seconds(t));
    (i % 2 == 0 ? early : late).update(x, mr::weight(i % 4), seconds(t));
  }
  weighted.update(std::nan(""), seconds(0));
  weighted.update(1.0, mr::weight(-2), seconds(0));
  const double expected = repeated.value(seconds(600)).get<mr::stddev>();
  CHECK(weighted.value(seconds(600)).get<mr::stddev>() == Approx(expected).epsilon(1e-12));
  late.merge(early);
  CHECK(late.value(seconds(700)).get<mr::stddev>() == Approx(expected).epsilon(1e-12));
  auto loaded = load::load(late.save());
  REQUIRE(loaded.has_value());
  CHECK(loaded->value(seconds(9000)).get<mr::stddev>() == Approx(expected).epsilon(1e-12));
}

TEST_CASE("covariance and the spread of one side of pairs do not change by fading alone") {
  mr::decayed<mr::half_life<60s>, mr::aggregate<mr::covariance, mr::of_y<mr::stddev>, mr::of_x<mr::mean, mr::variance>>>
      f;
  for (int i = 0; i < 5; ++i) f.update(mr::xy{1.0 * i, 2.0 * i + i % 2}, seconds(0));
  for (const double now : {0.0, 100.0, 1e5}) {
    const auto value = f.value(seconds(now));
    CHECK(value.get<mr::covariance>() == Approx(5));
    CHECK(value.get<mr::of_x>().get<mr::variance>() == Approx(2.5));
    CHECK(value.get<mr::of_y>() == Approx(std::sqrt(10.3)));
  }
}

TEST_CASE("percentiles fade too, by a sketch of values") {
  mr::decayed<mr::half_life<1s>, mr::aggregate<mr::quantiles<mr::ddsketch<>>>> f;
  for (int i = 0; i < 100; ++i) f.update(1.0, seconds(0));
  for (int i = 0; i < 100; ++i) f.update(100.0, seconds(10));
  CHECK(f.value(seconds(10)).get<mr::quantiles>()(0.5) == Approx(100).epsilon(0.01));
  CHECK(f.value(seconds(10)).get<mr::quantiles>()(0) == 1);
}

TEST_CASE("decayed aggregates save, load, and refuse another half-life's bytes") {
  fading f;
  for (const event& e : events(50, 300, 2)) f.update(e.x, seconds(e.t));
  laws::save_and_load(f, [](const fading& a, const fading& b) {
    CHECK(a.value(seconds(400)).get<mr::mean>() == b.value(seconds(400)).get<mr::mean>());
  });
  using other = mr::decayed<mr::half_life<30s>, mr::aggregate<mr::count, mr::sum, mr::mean, mr::variance, mr::max>>;
  auto loaded = other::load(f.save());
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().message() == "saved decayed: its half-life is 60000000000 ns, expected 30000000000");
  const auto use = [](fading& a) {
    a.update(1.0, seconds(1e6));
    fading both = a;
    both.merge(a);
    (void)both.value(seconds(1e7)).get<mr::variance>();
    (void)both.save();
  };
  laws::hostile_bytes(f, use);
  laws::hostile_payload(f, support::reseal, use, 3, 1000);
}

TEST_CASE("times at the ends of time do no harm") {
  fading f;
  f.update(1.0, mr::time_point(mr::detail::beginning_of_time));
  f.update(2.0, mr::time_point(mr::detail::end_of_time));
  f.update(3.0, mr::time_point(0));
  CHECK(f.value(mr::time_point(mr::detail::end_of_time)).get<mr::mean>() == 2);
}

TEST_CASE("decayed aggregates keep their saved form: golden bytes give the same answers and the same bytes") {
  fading f;
  const auto stream = support::golden_stream();
  for (std::size_t i = 0; i < 100; ++i)
    f.update(stream[i], mr::time_point(std::chrono::seconds(60 * (i / 9))));  // powers of two
  const auto back = support::from_golden("aggregate/decayed.bin", f);
  CHECK(back.value(seconds(660)).get<mr::sum>() == f.value(seconds(660)).get<mr::sum>());
  CHECK(back.value(seconds(660)).get<mr::variance>() == f.value(seconds(660)).get<mr::variance>());
}

TEST_CASE("a great weight does not vanish for being late") {
  mr::decayed<mr::half_life<60s>, mr::aggregate<mr::mean, mr::total_weight>> a;
  a.update(1, mr::weight(1), seconds(0));
  a.update(3, mr::weight(1e300), seconds(60 * 40));  // as of the landmark it would weigh 2^40 times as much
  a.update(5, mr::weight(1e300), seconds(60 * 63));
  CHECK(a.value(seconds(60 * 63)).get<mr::mean>() == Approx(5 - 2 / (1 + 0x1p23)));
  CHECK(a.value(seconds(60 * 63)).skipped() == 0);
}
