#include <millrace/aggregate/histograms/percentile_tracker.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/histograms/binned_histogram.hpp>
#include <millrace/aggregate/histograms/exponential_histogram.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/sketches/req.hpp>
#include <millrace/aggregate/sketches/tdigest.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

TEST_CASE("the usual percentiles, or those asked for, within one percent of the value") {
  mr::percentile_tracker t;
  CHECK(std::isnan(t.percentile(50)));
  for (int i = 1; i <= 10'000; ++i) t.update(i);
  const auto rows = t.percentiles();
  REQUIRE(rows.size() == 4);
  const double expected[] = {50, 90, 95, 99};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(rows[i].percentile == expected[i]);
    CHECK(rows[i].value == Approx(100 * expected[i]).epsilon(0.01));
  }
  CHECK(t.percentile(0) == 1);
  CHECK(t.percentile(100) == 10'000);
  CHECK(t.percentile(mr::percent(99.9)) == Approx(9990).epsilon(0.01));
  CHECK(t.quantile(0.999) == t.percentile(mr::percent(99.9)));
  CHECK(t.count() == 10'000);
  t.reset();
  CHECK(t.count() == 0);
  mr::percentile_tracker own({25, 75});
  own.update(1.0, mr::weight(3));
  own.update(10.0);
  CHECK(own.percentiles()[1].value == Approx(1).epsilon(0.01));
  CHECK(own.percentile(76) == Approx(10).epsilon(0.01));
}

TEST_CASE("a percentile and a quantile cannot be mixed: fractions of one say of what") {
  STATIC_REQUIRE(std::is_convertible_v<int, mr::percent>);
  STATIC_REQUIRE(std::is_convertible_v<unsigned long, mr::percent>);
  STATIC_REQUIRE(!std::is_convertible_v<double, mr::percent>);
  STATIC_REQUIRE(!std::is_convertible_v<float, mr::percent>);
  STATIC_REQUIRE(!std::is_convertible_v<bool, mr::percent>);
  STATIC_REQUIRE(std::is_constructible_v<mr::percent, double>);
  STATIC_REQUIRE(!std::is_constructible_v<mr::percentile_tracker, std::vector<double>>);
}

TEST_CASE("percentile trackers keep the laws of an aggregator") {
  const auto same = [](const mr::percentile_tracker& a, const mr::percentile_tracker& b) {
    CHECK(a.count() == b.count());
    for (std::size_t i = 0; i < 4; ++i) CHECK(laws::close(a.percentiles()[i].value, b.percentiles()[i].value, 0));
  };
  for (const auto& stream : laws::streams(300, 1)) laws::all([] { return mr::percentile_tracker(); }, stream, same, 2);
  mr::percentile_tracker t;
  for (int i = 0; i < 10; ++i) t.update(i);
  const auto use = [](mr::percentile_tracker& p) {
    p.update(1.0);
    (void)p.percentiles();
    auto other = p;
    other.merge(p);
    other.reset();
    CHECK(mr::percentile_tracker::load(other.save()).has_value());
  };
  laws::hostile_bytes(t, use);
  laws::hostile_payload(t, support::reseal, use, 3, 1000);
}

TEST_CASE("another sketch keeps the distribution where it is asked for") {
  mr::basic_percentile_tracker<mr::kll<200>> t({50}, mr::kll<200>(7));
  std::vector<double> x(1001);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  t.update(std::span<const double>(x));
  CHECK(t.percentiles()[0].value == Approx(500).margin(20));
  CHECK(t.sketch().rank_error() < 0.02);
}

TEST_CASE("percentile trackers keep their saved form: golden bytes give the same answers and the same bytes") {
  mr::percentile_tracker t({50, 99});
  const auto stream = support::golden_stream();
  t.update(std::span<const double>(stream).first(200));
  const auto back = support::from_golden("aggregate/percentile_tracker.bin", t);
  REQUIRE(back.percentiles().size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(back.percentiles()[i].value == t.percentiles()[i].value);
}

TEST_CASE("a percentile tracker returns the error of its sketch's merge") {
  using tracker = mr::basic_percentile_tracker<mr::req<12>>;
  tracker low({50});
  mr::req<14> other_k;
  other_k.update(2);
  tracker other({50}, mr::req<12>::load(other_k.save()).value());
  low.update(1);
  const mr::result<void> merged = low.merge(other);
  REQUIRE_FALSE(merged.has_value());
  CHECK(low.percentile(50) == 1);
  CHECK(low.merge(low).has_value());
}

TEST_CASE("what is no rank has no quantile, in every sketch: 99 for 0.99 is not the maximum") {
  const auto check = [](auto sketch) {
    for (double x = 0; x < 1000; ++x) sketch.update(x);
    for (const double p : {-0.1, 1.0001, 99.0, std::nan(""), std::numeric_limits<double>::infinity()})
      CHECK(std::isnan(sketch.quantile(p)));
    CHECK(sketch.quantile(0) == 0);
    CHECK(sketch.quantile(1) == 999);
  };
  check(mr::kll<200>());
  check(mr::req<12>());
  check(mr::tdigest<100>());
  check(mr::ddsketch<>());
  check(mr::exponential_histogram<>());
  auto bins = mr::regular_histogram::make(std::size_t{10}, 0.0, 999.0);
  REQUIRE(bins.has_value());
  check(*bins);
  CHECK(std::isnan(mr::kll<200>().bounds(99).upper));

  mr::percentile_tracker tracker;
  mr::aggregate<mr::quantiles<>> kept;
  for (int i = 0; i < 1000; ++i) {
    tracker.update(i);
    kept.update(i);
  }
  CHECK(std::isnan(tracker.percentile(400)));
  CHECK(std::isnan(tracker.percentile(-1)));
  CHECK(tracker.percentile(100) == 999);
  CHECK(std::isnan(kept.get<mr::quantiles>()(99)));
}
