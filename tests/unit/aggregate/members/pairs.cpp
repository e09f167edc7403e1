#include <millrace/aggregate/members/pairs.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/moments.hpp>

#include <laws/aggregator.hpp>
#include <support/aggregate.hpp>
#include <support/aggregate_reference.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

using pairs = mr::aggregate<mr::count, mr::covariance, mr::population_covariance, mr::correlation, mr::linear_trend,
                            mr::of_x<mr::mean>, mr::of_y<mr::mean, mr::stddev>>;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

void same(const pairs& a, const pairs& b) {
  CHECK(a.items() == b.items());
  CHECK(a.skipped() == b.skipped());
  const double size = std::fabs(a.get<mr::covariance>()) + 1;
  CHECK(support::within(a.get<mr::covariance>(), b.get<mr::covariance>(), 1e-11 * size));
  CHECK(support::within(a.get<mr::correlation>(), b.get<mr::correlation>(), 1e-9));
  CHECK(support::within(a.get<mr::linear_trend>().slope, b.get<mr::linear_trend>().slope,
                        1e-9 * (1 + std::fabs(b.get<mr::linear_trend>().slope))));
  CHECK(laws::close(a.get<mr::of_x<mr::mean>>(), b.get<mr::of_x<mr::mean>>(), 1e-12));
  CHECK(laws::close(a.get<mr::of_y>().get<mr::stddev>(), b.get<mr::of_y>().get<mr::stddev>(), 1e-11));
}

std::vector<mr::xy> some(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<mr::xy> made(size);
  for (auto& p : made) {
    p.x = 1000 + random.normal();
    p.y = -2 * p.x + 0.25 * random.normal();
  }
  return made;
}

std::vector<double> weights_for(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<double> made(size);
  for (double& w : made) w = std::exp(3 * (2 * random.uniform() - 1));
  return made;
}

}  // namespace

TEST_CASE("covariance, correlation and trend are those of an exact computation") {
  for (const auto& r : reference::pair_streams) {
    CAPTURE(r.name);
    const auto check = [&](const pairs& a, bool sample) {
      if (sample) CHECK(laws::close(a.get<mr::covariance>(), r.covariance, 1e-12));
      CHECK(laws::close(a.get<mr::population_covariance>(), r.population_covariance, 1e-12));
      CHECK(laws::close(a.get<mr::correlation>(), r.correlation, 1e-12));
      CHECK(laws::close(a.get<mr::linear_trend>().slope, r.slope, 1e-12));
      CHECK(laws::close(a.get<mr::linear_trend>().intercept, r.intercept, 1e-11));
      CHECK(laws::close(a.get<mr::linear_trend>().r_squared, r.r_squared, 1e-12));
    };
    pairs a;
    for (std::size_t i = 0; i < r.x.size(); ++i) a.update({r.x[i], r.y[i]}, mr::weight(r.w[i]));
    check(a, true);
    if (r.w != std::vector<double>(r.x.size(), 1.0)) continue;
    std::vector<mr::xy> repeated;
    for (int k = 0; k < 99; ++k)
      for (std::size_t i = 0; i < r.x.size(); ++i) repeated.push_back({r.x[i], r.y[i]});
    pairs b;
    b.update(std::span<const mr::xy>(repeated));
    check(b, false);
  }
}

TEST_CASE("aggregates of pairs keep the laws") {
  for (const std::size_t size : {0U, 1U, 50U, 3000U}) laws::all([] { return pairs(); }, some(size, 1 + size), same, 9);
  pairs a;
  a.update(std::span<const mr::xy>(some(70, 3)));
  const auto use = [](pairs& p) {
    p.update({1, 2});
    p.merge(p);
    CHECK(pairs::load(p.save()).has_value());
  };
  laws::hostile_bytes(a, use);
  laws::hostile_payload(a, support::reseal, use, 4, 500);
}

TEST_CASE("every instruction set adds pairs to the same bits") {
  const auto x = some(2000, 5);
  mr::detail::pair_lanes a;
  mr::detail::pair_lanes b;
  mr::detail::pairs_baseline<false>(x.data(), nullptr, x.size(), x[0], a);
  if (mr::detail::cpu_has_avx2()) {
    mr::detail::pairs_avx2<false>(x.data(), nullptr, x.size(), x[0], b);
    CHECK(std::memcmp(&a, &b, sizeof a) == 0);
  }
  const auto weights = weights_for(x.size(), 6);
  mr::detail::pairs_baseline<true>(x.data(), weights.data(), x.size(), x[0], a);
  if (mr::detail::cpu_has_avx2()) {
    mr::detail::pairs_avx2<true>(x.data(), weights.data(), x.size(), x[0], b);
    CHECK(std::memcmp(&a, &b, sizeof a) == 0);
  }
}

TEST_CASE("a span of pairs with weights is its pairs one by one") {
  for (const std::size_t size : {1U, 50U, 255U, 3000U})
    for (const bool unusual : {false, true}) {
      auto x = some(size, size + 20);
      auto weights = weights_for(size, size + 21);
      if (unusual) {
        x[size / 2].y = not_a_number;
        weights[size / 3] = 0;
        weights[size / 4] = -1;
      }
      pairs singles, span;
      for (std::size_t i = 0; i < size; ++i) singles.update(x[i], mr::weight(weights[i]));
      span.update(x, weights);
      same(singles, span);
      CHECK(laws::close(singles.get<mr::of_y>().get<mr::total_weight>(), span.get<mr::of_y>().get<mr::total_weight>(),
                        1e-14));
    }
  // A first pair far away that weighs next to nothing costs no digits.
  auto x = some(500, 30);
  std::vector<double> weights(500, 1.0);
  mr::aggregate<mr::covariance> without, with;
  without.update(std::span<const mr::xy>(x).subspan(1));
  x[0] = {-1e9, 1e9};
  weights[0] = 1e-30;
  with.update(x, weights);
  CHECK(laws::close(with.get<mr::covariance>(), without.get<mr::covariance>(), 1e-9));
}

TEST_CASE("pairs without spread have no correlation, and x without spread no trend") {
  pairs a;
  CHECK(std::isnan(a.get<mr::covariance>()));
  CHECK(std::isnan(a.get<mr::population_covariance>()));
  a.update({1, 1});
  CHECK(std::isnan(a.get<mr::covariance>()));
  CHECK(a.get<mr::population_covariance>() == 0);
  a.update({1, 2});
  CHECK(a.get<mr::covariance>() == 0);
  CHECK(std::isnan(a.get<mr::correlation>()));
  CHECK(std::isnan(a.get<mr::linear_trend>().slope));
  pairs b;
  b.update({1, 4});
  b.update({2, 4});
  CHECK(b.get<mr::linear_trend>().slope == 0);
  CHECK(b.get<mr::linear_trend>()(17) == 4);
  CHECK(std::isnan(b.get<mr::linear_trend>().r_squared));
}

TEST_CASE("a pair with a NaN is skipped whole, one with an infinity leaves nothing defined") {
  auto x = some(300, 6);
  pairs clean;
  clean.update(std::span<const mr::xy>(x));
  x.insert(x.begin() + 100, {not_a_number, 1});
  x.insert(x.begin() + 200, {1, not_a_number});
  pairs a;
  a.update(std::span<const mr::xy>(x));
  CHECK(a.skipped() == 2);
  CHECK(a.get<mr::count>() == 300);
  CHECK(laws::close(a.get<mr::covariance>(), clean.get<mr::covariance>(), 1e-12));
  a.update({infinity, 0});
  CHECK(std::isnan(a.get<mr::covariance>()));
  CHECK(std::isnan(a.get<mr::correlation>()));
  CHECK(std::isnan(a.get<mr::linear_trend>().slope));
  CHECK(a.get<mr::of_x<mr::mean>>() == infinity);
  CHECK(std::isfinite(a.get<mr::of_y>().get<mr::stddev>()));
}

TEST_CASE("comoment_sums unmerge what was merged") {
  const auto x = some(200, 7);
  mr::aggregate<mr::covariance> a, b, both;
  a.update(std::span<const mr::xy>(x).first(100));
  b.update(std::span<const mr::xy>(x).subspan(100));
  both.update(std::span<const mr::xy>(x));
  both.unmerge(b);
  CHECK(both.get<mr::covariance>() == Approx(a.get<mr::covariance>()).epsilon(1e-9));
  both.unmerge(a);
  CHECK(std::isnan(both.get<mr::covariance>()));
}

TEST_CASE("aggregates of pairs keep their saved form: golden bytes give the same answers and the same bytes") {
  pairs a;
  const auto stream = support::golden_stream();
  std::vector<mr::xy> some_pairs;
  for (std::size_t i = 0; i < 300; ++i) some_pairs.push_back({stream[i], stream[i + 1]});
  a.update(some_pairs);
  for (std::size_t i = 0; i < 10; ++i) a.update({stream[i], 2}, mr::weight(0.5));
  same(support::from_golden("aggregate/pairs.bin", a), a);
}

TEST_CASE("correlation and trend are right where squares of deviations or weights leave double's range") {
  using lines = mr::aggregate<mr::population_covariance, mr::correlation, mr::linear_trend>;
  std::vector<mr::xy> pairs;
  for (int i = 0; i < 600; ++i) pairs.push_back({static_cast<double>(i % 17), 2.0 * (i % 17) + i % 3});
  lines plain;
  plain.update(std::span<const mr::xy>(pairs));
  const auto wanted = plain.get<mr::linear_trend>();
  for (const int x : {-1000, -600, 0, 600, 1000})
    for (const int y : {-1000, -300, 0, 700})
      for (const double weight : {1e-300, 1.0, 1e306}) {
        CAPTURE(x, y, weight);
        std::vector<mr::xy> scaled;
        for (const mr::xy& p : pairs) scaled.push_back({std::ldexp(p.x, x), std::ldexp(p.y, y)});
        const std::vector<double> weights(scaled.size(), weight);
        lines one_by_one;
        for (const mr::xy& p : scaled) one_by_one.update(p, mr::weight(weight));
        lines at_once;
        at_once.update(std::span<const mr::xy>(scaled), std::span<const double>(weights));
        lines merged;
        for (std::size_t i = 0; i < scaled.size(); i += 100) {
          lines part;
          part.update(std::span<const mr::xy>(scaled).subspan(i, 100),
                      std::span<const double>(weights).subspan(i, 100));
          merged.merge(part);
        }
        auto loaded = lines::load(merged.save());
        REQUIRE(loaded);
        CHECK(loaded->save() == merged.save());
        for (const lines* const a : {&one_by_one, &at_once, &merged, &*loaded}) {
          const auto found = a->get<mr::linear_trend>();
          CHECK(a->get<mr::correlation>() == Approx(plain.get<mr::correlation>()).epsilon(1e-12));
          CHECK(found.r_squared == Approx(wanted.r_squared).epsilon(1e-12));
          CHECK(std::ldexp(found.intercept, -y) == Approx(wanted.intercept).epsilon(1e-10));
          if (y - x > -1000 && y - x < 1000)
            CHECK(std::ldexp(found.slope, x - y) == Approx(wanted.slope).epsilon(1e-12));
          if (x + y > -1000 && x + y < 1000)
            CHECK(std::ldexp(a->get<mr::population_covariance>(), -x - y) ==
                  Approx(plain.get<mr::population_covariance>()).epsilon(1e-12));
        }
      }
}

TEST_CASE("far pairs can be taken away again") {
  using lines = mr::aggregate<mr::correlation, mr::linear_trend>;
  lines a, b;
  for (int i = 0; i < 9; ++i) a.update({1e200 * i, 3e-200 * i});
  for (int i = 0; i < 9; ++i) b.update({2e200 * i, 1e-200 * (i % 4)});
  lines both = a;
  both.merge(b);
  CHECK(both.get<mr::correlation>() < 0.9);
  both.unmerge(b);
  CHECK(both.get<mr::correlation>() == Approx(1).epsilon(1e-9));
  CHECK(both.get<mr::linear_trend>().intercept == Approx(0).margin(1e-206));
}
