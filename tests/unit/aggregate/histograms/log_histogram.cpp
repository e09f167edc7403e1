#include <millrace/aggregate/histograms/log_histogram.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/keyed/grouped.hpp>
#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/aggregate/windows/tumbling.hpp>
#include <millrace/core/seed.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace mr = millrace;

namespace {

/// The definition, on all values kept: the value of rank ceil(p n).
std::uint64_t exact_quantile(const std::vector<std::uint64_t>& sorted, double p) {
  const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(sorted.size())));
  return sorted[std::min(sorted.size(), std::max<std::size_t>(rank, 1)) - 1];
}

void check_quantiles(std::vector<std::uint64_t> values) {
  auto histogram = std::make_unique<mr::log_histogram>();
  for (const auto v : values) histogram->update(v);
  std::sort(values.begin(), values.end());
  for (const double p : {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    const auto expected = static_cast<double>(exact_quantile(values, p));
    CAPTURE(p, expected);
    // The rounding of values beyond 2^53 comes on top of the bucket's width.
    CHECK(std::fabs(static_cast<double>(histogram->quantile(p)) - expected) <=
          expected * mr::log_histogram::relative_error * (1 + 1e-12));
  }
  CHECK(histogram->quantile(0) == values.front());
  CHECK(histogram->quantile(1) == values.back());
}

}  // namespace

TEST_CASE("an empty histogram answers zero") {
  const auto h = std::make_unique<mr::log_histogram>();
  CHECK(h->count() == 0);
  CHECK(h->sum() == 0);
  CHECK(h->mean() == 0);
  CHECK(h->min() == 0);
  CHECK(h->max() == 0);
  for (const double p : {0.0, 0.5, 1.0}) CHECK(h->quantile(p) == 0);
}

TEST_CASE("count, sum, mean and extremes are exact") {
  auto h = std::make_unique<mr::log_histogram>();
  mr::random_engine random(7);
  std::uint64_t sum = 0;
  std::uint64_t low = ~std::uint64_t{0};
  std::uint64_t high = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t v = random() >> (20 + random.below(40));
    h->update(v);
    sum += v;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  CHECK(h->count() == 10000);
  CHECK(h->sum() == sum);
  CHECK(h->mean() == Approx(static_cast<double>(sum) / 10000));
  CHECK(h->min() == low);
  CHECK(h->max() == high);
}

TEST_CASE("quantiles keep the stated relative error whatever the distribution") {
  mr::random_engine random(11);
  std::vector<std::uint64_t> uniform, lognormal, wide, constant(1000, 123'456'789), two;
  for (int i = 0; i < 20000; ++i) {
    uniform.push_back(random.below(1'000'000));
    lognormal.push_back(static_cast<std::uint64_t>(std::exp(11 + 2 * random.normal())));
    wide.push_back(random() >> (1 + random.below(63)));
    two.push_back(i % 10 == 0 ? 5'000'000 : 300);
  }
  check_quantiles(uniform);
  check_quantiles(lognormal);
  check_quantiles(wide);
  check_quantiles(constant);
  check_quantiles(two);
  check_quantiles({1});
  check_quantiles({0, 0, 0});
  check_quantiles({0, 1});
}

TEST_CASE("values below 128 are exact") {
  for (std::uint64_t v = 0; v < 128; ++v) {
    auto h = std::make_unique<mr::log_histogram>();
    h->update(0);
    h->update(v);
    h->update(1000);
    CHECK(h->quantile(0.5) == v);
  }
}

TEST_CASE("every power of two and its neighbours stay within the error") {
  for (unsigned shift = 1; shift < 63; ++shift) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::uint64_t v = (std::uint64_t{1} << shift) + static_cast<std::uint64_t>(off);
      auto h = std::make_unique<mr::log_histogram>();
      h->update(0);
      h->update(v);
      h->update(std::numeric_limits<std::uint64_t>::max());
      const auto exact = static_cast<double>(v);
      CHECK(std::fabs(static_cast<double>(h->quantile(0.5)) - exact) <= exact / 128 * (1 + 1e-12));
    }
  }
}

TEST_CASE("the largest values and an overflowing sum stay in bounds") {
  auto h = std::make_unique<mr::log_histogram>();
  constexpr auto top = std::numeric_limits<std::uint64_t>::max();
  for (const auto v : {top, top, top - 1, std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1}) h->update(v);
  CHECK(h->sum() == top);
  CHECK(h->max() == top);
  CHECK(h->min() == (std::uint64_t{1} << 63) - 1);
  CHECK(h->mean() == Approx((3.0 * 18446744073709551615.0 + 2.0 * 9223372036854775808.0) / 5));
  CHECK(h->quantile(1) == top);
  CHECK(h->quantile(0.5) >= h->min());
}

TEST_CASE("quantiles never decrease as p grows") {
  mr::random_engine random(5);
  for (int round = 0; round < 20; ++round) {
    auto h = std::make_unique<mr::log_histogram>();
    for (std::uint64_t i = random.below(200); i > 0; --i) h->update(random() >> random.below(64));
    std::uint64_t before = h->quantile(0);
    for (int i = 0; i <= 1000; ++i) {
      const std::uint64_t now = h->quantile(i / 1000.0);
      REQUIRE(now >= before);
      before = now;
    }
    REQUIRE(h->quantile(1) >= before);
    CHECK(h->quantile(-3) == 0);
    CHECK(h->quantile(99) == 0);
    CHECK(h->quantile(std::numeric_limits<double>::quiet_NaN()) == 0);
  }
}

TEST_CASE("merging any split of a stream gives the stream's own histogram") {
  mr::random_engine random(3);
  auto whole = std::make_unique<mr::log_histogram>();
  std::vector<mr::log_histogram> parts(3);
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t v = random() >> random.below(64);
    whole->update(v);
    parts[static_cast<std::size_t>(random.below(3))].update(v);
  }
  parts[1].merge(parts[2]);
  parts[0].merge(parts[1]);
  parts[0].merge(mr::log_histogram());
  CHECK(parts[0].count() == whole->count());
  CHECK(parts[0].sum() == whole->sum());
  CHECK(parts[0].mean() == whole->mean());
  CHECK(parts[0].min() == whole->min());
  CHECK(parts[0].max() == whole->max());
  for (int i = 0; i <= 100; ++i) CHECK(parts[0].quantile(i / 100.0) == whole->quantile(i / 100.0));
}

TEST_CASE("a number below zero is refused and counted, whatever its type") {
  auto h = std::make_unique<mr::log_histogram>();
  h->update(7);
  h->update(-5);
  h->update(-5LL);
  h->update(static_cast<signed char>(-1));
  h->update(std::chrono::nanoseconds(-3).count());
  CHECK(h->count() == 1);
  CHECK(h->sum() == 7);
  CHECK(h->max() == 7);
  CHECK(h->quantile(0.99) == 7);
  CHECK(h->refused() == 4);
  const std::vector<std::int64_t> some{3, -1, 5};
  h->update(some);
  CHECK(h->count() == 3);
  CHECK(h->refused() == 5);

  // A stream of nothing else leaves an empty histogram, which remembers them.
  mr::log_histogram none;
  none.update(-1);
  CHECK(none.count() == 0);
  CHECK(none.min() == 0);
  h->merge(none);
  CHECK(h->refused() == 6);
  for (const mr::log_histogram* each : {h.get(), &none}) {
    const auto back = mr::log_histogram::load(each->save());
    REQUIRE(back.has_value());
    CHECK(back->refused() == each->refused());
    CHECK(back->count() == each->count());
    CHECK(back->save() == each->save());
  }
}

TEST_CASE("a number below zero is refused in an aggregate, a window and a group too") {
  mr::aggregate<mr::count, mr::log_histogram> all;
  all.update(-5);
  all.update(7);
  CHECK(all.get<mr::count>() == 2);
  CHECK(all.get<mr::log_histogram>().count() == 1);
  CHECK(all.get<mr::log_histogram>().refused() == 1);
  mr::windowed<mr::tumbling<std::chrono::minutes(1)>, mr::log_histogram> minutes;
  (void)minutes.update(-5, mr::time_point(std::chrono::seconds(1)));
  (void)minutes.update(7, mr::time_point(std::chrono::seconds(2)));
  minutes.finish([](const mr::time_range&, const mr::log_histogram& window) {
    CHECK(window.max() == 7);
    CHECK(window.refused() == 1);
  });
  mr::grouped<std::string, mr::log_histogram> routes;
  routes.update("a", -5);
  CHECK(routes.find("a")->refused() == 1);
}

TEST_CASE("a log_histogram keeps the laws of an aggregator") {
  const auto same = [](const mr::log_histogram& a, const mr::log_histogram& b) {
    CHECK(a.count() == b.count());
    CHECK(a.sum() == b.sum());
    CHECK(a.min() == b.min());
    CHECK(a.max() == b.max());
    for (const double p : {0.01, 0.5, 0.99}) CHECK(a.quantile(p) == b.quantile(p));
    CHECK(a.interquartile_range() == b.interquartile_range());
  };
  mr::random_engine random(21);
  for (const std::size_t size : {0U, 1U, 2000U}) {
    std::vector<std::uint64_t> values(size);
    for (auto& v : values) v = random() >> random.below(64);
    laws::all([] { return mr::log_histogram(); }, values, same, 22);
  }
}

TEST_CASE("hostile saved log_histograms answer an error or one that works") {
  mr::log_histogram h;
  for (const int v : {0, 1, 7, 1000, -1000}) h.update(v);
  const auto use = [](mr::log_histogram& a) {
    a.update(5);
    auto other = std::make_unique<mr::log_histogram>(a);
    other->merge(a);
    (void)other->quantile(0.5);
    (void)other->save();
  };
  laws::hostile_bytes(h, use);
  laws::hostile_payload(h, support::reseal, use, 23, 1000);
}

TEST_CASE("log_histograms keep their saved form: golden bytes give the same answers and the same bytes") {
  mr::log_histogram h;
  for (std::uint64_t i = 0; i < 300; ++i) h.update(i * i * i);
  const auto back = std::make_unique<mr::log_histogram>(support::from_golden("aggregate/log_histogram.bin", h));
  for (const double p : {0.0, 0.5, 0.99, 1.0}) CHECK(back->quantile(p) == h.quantile(p));
}

TEST_CASE("a log_histogram that was merged with itself too often keeps its count, and loads again") {
  auto h = std::make_unique<mr::log_histogram>();
  h->update(7);
  for (int i = 0; i < 62; ++i) h->merge(*h);
  CHECK(h->count() == std::uint64_t{1} << 62);
  const auto before = h->save();
  for (int i = 0; i < 5; ++i) h->merge(*h);  // two more would be 2^64 items: a count of 0
  CHECK(h->save() == before);
  CHECK(h->median() == 7);
  h->update(8);
  CHECK(h->count() == (std::uint64_t{1} << 62) + 1);
  const auto back = mr::log_histogram::load(h->save());
  REQUIRE(back);
  CHECK(back->count() == h->count());
  CHECK(back->sum() == h->sum());
}
