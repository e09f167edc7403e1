#include <millrace/aggregate/members/sketch_members.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/histograms/ddsketch.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/pairs.hpp>
#include <millrace/aggregate/sketches/req.hpp>
#include <millrace/aggregate/sketches/tdigest.hpp>
#include <millrace/aggregate/sketches/theta.hpp>
#include <millrace/aggregate/windows/decayed.hpp>
#include <millrace/aggregate/windows/sliding_panes.hpp>

#include <support/aggregate.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

using latency = mr::aggregate<mr::count, mr::mean, mr::stddev, mr::quantiles<mr::kll<200>>, mr::median>;

std::vector<double> stream(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<double> made(size);
  for (double& x : made) x = std::exp(random.normal());
  return made;
}

}  // namespace

TEST_CASE("members that name the same sketch share it") {
  using both = mr::detail::resolved<double, mr::quantiles<>, mr::median, mr::interquartile_range>;
  STATIC_REQUIRE(std::is_same_v<both, mr::members<mr::kll<200>>>);
  using two = mr::detail::resolved<double, mr::quantiles<mr::kll<400>>, mr::median>;
  STATIC_REQUIRE(std::is_same_v<two, mr::members<mr::kll<400>, mr::kll<200>>>);
}

TEST_CASE("a sketch inside an aggregate answers what it does alone, to the bit") {
  const auto x = stream(100'000, 1);
  latency a;
  a.update(std::span<const double>(x).first(60'000));
  for (std::size_t i = 60'000; i < 60'100; ++i) a.update(x[i]);
  a.update(std::span<const double>(x).subspan(60'100));
  mr::kll<200> alone;
  alone.update(std::span<const double>(x));
  CHECK(a.get<mr::kll<200>>().save() == alone.save());
  for (const double p : {0.0, 0.25, 0.5, 0.99, 1.0}) CHECK(a.get<mr::quantiles>()(p) == alone.quantile(p));
  CHECK(a.get<mr::median>() == alone.median());
  CHECK(a.get<mr::interquartile_range>() == alone.interquartile_range());
  CHECK(a.get<mr::quantiles>().rank(1.0) == alone.rank(1.0));
  CHECK(a.get<mr::quantiles>().sketch().rank_error() == alone.rank_error());
  CHECK(a.get<mr::quantiles>().view().count() == 100'000);
  const std::vector<double> points{0.5, 1, 2};
  CHECK(a.get<mr::quantiles>().cdf(points) == alone.cdf(points));
  CHECK(a.get<mr::quantiles>().pmf(points).value() == alone.pmf(points).value());
}

TEST_CASE("a sketch set up with a seed of its own is an argument of the constructor") {
  const auto x = stream(50'000, 2);
  latency seeded{mr::kll<200>(17)};
  latency other{mr::kll<200>(18)};
  seeded.update(std::span<const double>(x));
  other.update(std::span<const double>(x));
  mr::kll<200> alone(17);
  alone.update(std::span<const double>(x));
  CHECK(seeded.get<mr::kll<200>>().save() == alone.save());
  CHECK(seeded.save() != other.save());
}

TEST_CASE("NaN never reaches a sketch, infinities do") {
  auto x = stream(5000, 3);
  x[100] = std::nan("");
  x[200] = std::numeric_limits<double>::infinity();
  latency a;
  a.update(std::span<const double>(x));
  CHECK(a.get<mr::kll<200>>().count() == 4999);
  CHECK(a.skipped() == 1);
  CHECK(a.get<mr::quantiles>()(1) == std::numeric_limits<double>::infinity());
}

TEST_CASE("up to K items quantiles are exact, also merged and loaded") {
  latency a, b;
  for (int i = 1; i <= 101; ++i) (i % 2 == 0 ? a : b).update(static_cast<double>(i));
  a.merge(b);
  auto back = latency::load(a.save());
  REQUIRE(back.has_value());
  CHECK(back->get<mr::median>() == 51);
  CHECK(back->get<mr::quantiles>()(0.9) == 91);
  CHECK(back->get<mr::interquartile_range>() == 50);
  CHECK(back->get<mr::mean>() == 51);
  CHECK(back->save() == a.save());
}

TEST_CASE("quantiles may be asked in the call that gets them") {
  mr::aggregate<mr::count, mr::quantiles<>, mr::quantiles<mr::tdigest<>>> a;
  mr::aggregate<mr::quantiles<>> one;
  mr::windowed<mr::sliding<5min, 1min>, mr::aggregate<mr::quantiles<>>> window;
  mr::decayed<mr::half_life<1min>, mr::aggregate<mr::quantiles<mr::ddsketch<>>>> faded;
  for (int i = 1; i <= 100; ++i) {
    a.update(i);
    one.update(i);
    window.update(i, mr::time_point(1s));
    faded.update(i, mr::time_point(1s));
  }
  CHECK(a.get<mr::quantiles<>>(0.5) == a.get<mr::quantiles<>>()(0.5));
  CHECK(a.get<mr::quantiles<mr::tdigest<>>>(0.9) == a.get<mr::quantiles<mr::tdigest<>>>()(0.9));
  CHECK(one.get<mr::quantiles>(0.9) == 90);
  CHECK(window.get<mr::quantiles>(0.9) == 90);
  CHECK(window.get<mr::quantiles<>>(0.9) == 90);
  CHECK(window.value().get<mr::quantiles>(0.9) == 90);
  CHECK(faded.value(mr::time_point(1s)).get<mr::quantiles>(0.9) == Approx(90).epsilon(0.011));
  CHECK(std::isnan(one.get<mr::quantiles>(99)));
}

TEST_CASE("aggregates with sketches merge within the sketch's bound, and weigh") {
  const auto x = stream(70'000, 4);
  latency merged{mr::kll<200>(100)};
  for (std::size_t i = 0; i < 7; ++i) {
    latency part{mr::kll<200>(i)};
    part.update(std::span<const double>(x).subspan(10'000 * i, 10'000));
    merged.merge(part);
  }
  CHECK(merged.get<mr::count>() == 70'000);
  CHECK(std::fabs(merged.get<mr::quantiles>().rank(1.0) - 0.5) < 0.02);
  latency heavy;
  heavy.update(1.0, mr::weight(3));
  heavy.update(2.0, mr::weight(1));
  CHECK(heavy.get<mr::quantiles>()(0.75) == 1);
  CHECK(heavy.get<mr::quantiles>()(0.76) == 2);
}

TEST_CASE("a span with weights feeds sketches what its items do one by one, to the bit") {
  using both =
      mr::aggregate<mr::mean, mr::median, mr::ddsketch<>, mr::quantiles<mr::tdigest<>>, mr::quantiles<mr::req<>>>;
  const auto x = stream(5000, 12);
  const auto weights = stream(5000, 13);
  both singles, span;
  for (std::size_t i = 0; i < x.size(); ++i) singles.update(x[i], mr::weight(weights[i]));
  span.update(x, weights);
  CHECK(span.get<mr::kll<200>>().save() == singles.get<mr::kll<200>>().save());
  CHECK(span.get<mr::ddsketch<>>().save() == singles.get<mr::ddsketch<>>().save());
  CHECK(span.get<mr::tdigest<>>().save() == singles.get<mr::tdigest<>>().save());
  CHECK(span.get<mr::req<>>().save() == singles.get<mr::req<>>().save());
  CHECK(span.get<mr::mean>() == Approx(singles.get<mr::mean>()).epsilon(1e-14));
}

TEST_CASE("distinct items are counted by the sketch that is asked for") {
  mr::aggregate<mr::count, mr::distinct<>, mr::distinct<mr::theta<>>, mr::distinct<mr::hll<10, 8>>> a, b;
  mr::random_engine random(11);
  std::vector<double> x(20'000);
  for (double& v : x) v = static_cast<double>(random.below(1000));
  a.update(std::span<const double>(x).first(10'000));
  b.update(std::span<const double>(x).subspan(10'000));
  (void)a.merge(b);
  CHECK(a.get<mr::distinct<>>() == Approx(1000).epsilon(0.05));
  CHECK(a.get<mr::distinct<mr::theta<>>>() == 1000);
  CHECK(a.get<mr::distinct<mr::hll<10, 8>>>() == Approx(1000).epsilon(0.1));
  CHECK(a.get<mr::hll<12>>().relative_error() > 0);
  auto back = decltype(a)::load(a.save());
  REQUIRE(back.has_value());
  CHECK(back->get<mr::distinct<>>() == a.get<mr::distinct<>>());
}

TEST_CASE("sketches of one side of pairs") {
  mr::aggregate<mr::correlation, mr::of_x<mr::median>, mr::of_y<mr::quantiles<>>> a;
  for (int i = 1; i <= 99; ++i) a.update({static_cast<double>(i), static_cast<double>(-i)});
  CHECK(a.get<mr::of_x>() == 50);
  CHECK(a.get<mr::of_y>()(0.5) == -50);
  CHECK(a.get<mr::correlation>() == -1);
}

TEST_CASE("hostile bytes of an aggregate with a sketch answer an error or one that works") {
  latency a;
  a.update(std::span<const double>(stream(1000, 5)));
  laws::hostile_payload(a, support::reseal, support::use<latency>, 6, 2000);
  latency few;
  few.update(std::span<const double>(stream(20, 5)));
  laws::hostile_bytes(few, support::use<latency>);
}

TEST_CASE("frequent items are a member, of aggregates of whole numbers and of texts") {
  using numbers = mr::aggregate<mr::count, mr::distinct<>, mr::frequent<mr::frequent_items<std::int64_t>>>;
  STATIC_REQUIRE(std::is_same_v<numbers::sample, std::int64_t>);
  STATIC_REQUIRE(mr::span_aggregator_of<numbers, std::int64_t>);
  numbers a, b;
  std::vector<std::int64_t> items;
  for (std::int64_t i = 1; i <= 100; ++i) items.insert(items.end(), static_cast<std::size_t>(i), i);
  a.update(std::span<const std::int64_t>(items).first(3000));
  for (std::size_t i = 3000; i < items.size(); ++i) b.update(items[i]);
  (void)a.merge(b);
  CHECK(a.get<mr::count>() == 5050);
  CHECK(a.get<mr::distinct<>>() == Approx(100).epsilon(0.01));
  const auto top = a.get<mr::frequent>().top(3);
  REQUIRE(top.size() == 3);
  CHECK(top[0].item == 100);
  CHECK(top[0].lower == 100);
  CHECK(top[0].upper == 100);
  CHECK(a.get<mr::frequent>().max_error() == 0);
  mr::aggregate<mr::count, mr::frequent<mr::frequent_items<std::int64_t>>> weighed;
  weighed.update(7, mr::weight(1000));
  const std::vector<double> weights{300, 200};
  weighed.update(std::vector<std::int64_t>{7, 8}, weights);
  CHECK(weighed.get<mr::frequent>().lower(7) == 1300);
  CHECK(weighed.get<mr::frequent>().lower(8) == 200);

  using texts = mr::aggregate<mr::count, mr::distinct<>, mr::frequent<>>;
  STATIC_REQUIRE(std::is_same_v<texts::sample, std::string_view>);
  texts t;
  for (int i = 0; i < 1000; ++i) t.update("/page/" + std::to_string(i % 10 == 0 ? 0 : i));
  CHECK(t.get<mr::count>() == 1000);
  CHECK(t.get<mr::frequent>().top(1).at(0).item == "/page/0");
  CHECK(t.get<mr::frequent>().lower("/page/0") <= 100);
  CHECK(t.get<mr::frequent>().upper("/page/0") >= 100);
  auto back = texts::load(t.save());
  REQUIRE(back.has_value());
  CHECK(back->save() == t.save());
  CHECK_FALSE(mr::aggregate<mr::count, mr::distinct<>, mr::frequent<mr::frequent_items<std::int64_t>>>::load(t.save())
                  .has_value());
  texts few;
  for (const char* item : {"a", "b", "a"}) few.update(item);
  const auto use = [](texts& some) {
    some.update("x");
    texts other = some;
    (void)other.merge(some);
    CHECK(texts::load(other.save()).has_value());
  };
  laws::hostile_bytes(few, use);
  laws::hostile_payload(few, support::reseal, use, 14, 1000);
}

TEST_CASE("aggregates with sketches keep their saved form: golden bytes give the same answers and the same bytes") {
  mr::aggregate<mr::count, mr::mean, mr::median, mr::quantiles<mr::ddsketch<>>, mr::distinct<>> a;
  a.update(std::span<const double>(support::golden_stream()).first(150));
  const auto back = support::from_golden("aggregate/sketch_members.bin", a);
  CHECK(back.get<mr::median>() == a.get<mr::median>());
  CHECK(back.get<mr::quantiles>()(0.9) == a.get<mr::quantiles>()(0.9));
  CHECK(back.get<mr::distinct<>>() == a.get<mr::distinct<>>());
  mr::aggregate<mr::count, mr::frequent<>> texts;
  for (int i = 0; i < 30; ++i) texts.update("item " + std::to_string(i * i % 11));
  CHECK(support::from_golden("aggregate/frequent_texts.bin", texts).get<mr::frequent>().top(1).at(0).item ==
        texts.get<mr::frequent>().top(1).at(0).item);
}
