#include <millrace/aggregate/decayed.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/aggregate.hpp>
#include <millrace/aggregate/ddsketch.hpp>
#include <millrace/aggregate/extremes.hpp>
#include <millrace/aggregate/moments.hpp>
#include <millrace/aggregate/sketch_members.hpp>
#include <millrace/aggregate/sums.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <chrono>
#include <cmath>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

using fading = mr::decayed<mr::half_life<60s>, mr::aggregate<mr::count, mr::sum, mr::mean, mr::variance, mr::max>>;

mr::at seconds(double s) { return mr::at(static_cast<std::int64_t>(s * 1e9)); }

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
  f.update(1.0, mr::at(mr::detail::beginning_of_time));
  f.update(2.0, mr::at(mr::detail::end_of_time));
  f.update(3.0, mr::at(0));
  CHECK(f.value(mr::at(mr::detail::end_of_time)).get<mr::mean>() == 2);
}

TEST_CASE("decayed aggregates keep their saved form: golden bytes give the same answers and the same bytes") {
  fading f;
  const auto stream = support::golden_stream();
  for (std::size_t i = 0; i < 100; ++i)
    f.update(stream[i], mr::at(std::chrono::seconds(60 * (i / 9))));  // powers of two
  const auto back = support::from_golden("aggregate/decayed.bin", f);
  CHECK(back.value(seconds(660)).get<mr::sum>() == f.value(seconds(660)).get<mr::sum>());
  CHECK(back.value(seconds(660)).get<mr::variance>() == f.value(seconds(660)).get<mr::variance>());
}
