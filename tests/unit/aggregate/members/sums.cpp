#include <millrace/aggregate/members/sums.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>

#include <support/aggregate.hpp>
#include <support/aggregate_reference.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

using sums = mr::aggregate<mr::count, mr::sum, mr::geometric_mean, mr::harmonic_mean>;

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("sum, geometric and harmonic mean are those of an exact computation") {
  for (const auto& r : reference::streams) {
    CAPTURE(r.name);
    sums a;
    for (std::size_t i = 0; i < r.x.size(); ++i) a.update(r.x[i], mr::weight(r.w[i]));
    CHECK(laws::close(a.get<mr::sum>(), r.sum, 4e-16));
    if (!std::isnan(r.geometric_mean)) {
      CHECK(laws::close(a.get<mr::geometric_mean>(), r.geometric_mean, 1e-13));
      CHECK(laws::close(a.get<mr::harmonic_mean>(), r.harmonic_mean, 1e-14));
    }
    if (r.w != std::vector<double>(r.x.size(), 1.0)) continue;
    std::vector<double> repeated;
    for (int i = 0; i < 128; ++i) repeated.insert(repeated.end(), r.x.begin(), r.x.end());
    sums b;
    b.update(std::span<const double>(repeated));
    CHECK(laws::close(b.get<mr::sum>(), 128 * r.sum, 4e-16));
    if (!std::isnan(r.geometric_mean)) {
      CHECK(laws::close(b.get<mr::geometric_mean>(), r.geometric_mean, 1e-13));
      CHECK(laws::close(b.get<mr::harmonic_mean>(), r.harmonic_mean, 1e-14));
    }
  }
}

TEST_CASE("a sum keeps what plain addition loses") {
  std::vector<double> x;
  for (int i = 0; i < 10000; ++i) {
    x.push_back(1e16);
    x.push_back(1.0);
    x.push_back(-1e16);
  }
  sums span;
  span.update(std::span<const double>(x));
  CHECK(span.get<mr::sum>() == 10000);
  sums singles;
  sums merged;
  for (std::size_t i = 0; i < x.size(); ++i) {
    singles.update(x[i]);
    sums one;
    one.update(x[i]);
    merged.merge(one);
  }
  CHECK(singles.get<mr::sum>() == 10000);
  CHECK(merged.get<mr::sum>() == 10000);
}

TEST_CASE("compensated_sum stays infinite once it left the range") {
  mr::compensated_sum s;
  s.add(1e308);
  s.add(1e308);
  CHECK(s.value() == infinity);
  s.add(-1e308);
  CHECK(s.value() == infinity);
}

TEST_CASE("empty sums and means") {
  const sums a;
  CHECK(a.get<mr::count>() == 0);
  CHECK(a.get<mr::sum>() == 0);
  CHECK(std::isnan(a.get<mr::geometric_mean>()));
  CHECK(std::isnan(a.get<mr::harmonic_mean>()));
}

TEST_CASE("zero and negative items") {
  for (const bool span : {false, true}) {
    std::vector<double> x(100, 2.0);
    const auto of = [&] {
      sums a;
      if (span)
        a.update(std::span<const double>(x));
      else
        laws::feed(a, std::span<const double>(x));
      return a;
    };
    CHECK(of().get<mr::geometric_mean>() == 2);
    CHECK(of().get<mr::harmonic_mean>() == 2);
    x[50] = -0.0;
    CHECK(of().get<mr::geometric_mean>() == 0);
    CHECK(of().get<mr::harmonic_mean>() == 0);
    x[60] = -1;
    CHECK(std::isnan(of().get<mr::geometric_mean>()));
    CHECK(std::isnan(of().get<mr::harmonic_mean>()));
  }
}

TEST_CASE("the geometric mean of products far beyond the range of double, and of subnormal numbers") {
  std::vector<double> x(100000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 2 == 0 ? 1e300 : 1e280;
  sums a;
  a.update(std::span<const double>(x));
  CHECK(laws::close(a.get<mr::geometric_mean>(), 1e290, 1e-12));
  for (double& v : x) v = 3 * std::numeric_limits<double>::denorm_min();
  sums b;
  b.update(std::span<const double>(x));
  CHECK(b.get<mr::geometric_mean>() == 3 * std::numeric_limits<double>::denorm_min());
  sums c;
  c.update(4.0, mr::weight(0.5));
  c.update(1.0, mr::weight(1.5));
  CHECK(c.get<mr::geometric_mean>() == Approx(std::sqrt(2)));
}

TEST_CASE("infinite items in sums and means") {
  sums a;
  a.update(2.0);
  a.update(infinity);
  CHECK(a.get<mr::sum>() == infinity);
  CHECK(a.get<mr::geometric_mean>() == infinity);
  CHECK(a.get<mr::harmonic_mean>() == 4);
  a.update(0.0);
  CHECK(std::isnan(a.get<mr::geometric_mean>()));
  a.update(-infinity);
  CHECK(std::isnan(a.get<mr::sum>()));
}

TEST_CASE("a sum's memory is what its comment says") {
  STATIC_REQUIRE(sizeof(mr::compensated_sum) == 16);
  STATIC_REQUIRE(sizeof(mr::geometric_mean::state<double>) <= 48);
  STATIC_REQUIRE(sizeof(mr::harmonic_mean::state<double>) <= 32);
  STATIC_REQUIRE(sizeof(mr::aggregate<mr::count>) == 32 + 8);
}

TEST_CASE("harmonic and geometric means are right where their sums leave double's range") {
  using means = mr::aggregate<mr::harmonic_mean, mr::geometric_mean>;
  const auto check = [](double x, std::size_t count) {
    CAPTURE(x, count);
    const std::vector<double> items(count, x);
    means one_by_one;
    for (const double one : items) one_by_one.update(one);
    means at_once;
    at_once.update(std::span<const double>(items));
    means weighted;
    for (const double one : items) weighted.update(one, mr::weight(1e306));
    means light;
    for (const double one : items) light.update(one, mr::weight(1e-306));
    means merged = one_by_one;
    merged.merge(at_once);
    for (const means* const a : {&one_by_one, &at_once, &weighted, &light, &merged}) {
      CHECK(a->get<mr::harmonic_mean>() == Approx(x).epsilon(1e-12));
      CHECK(a->get<mr::geometric_mean>() == Approx(x).epsilon(1e-10));
      auto loaded = means::load(a->save());
      REQUIRE(loaded);
      CHECK(loaded->get<mr::harmonic_mean>() == a->get<mr::harmonic_mean>());
      CHECK(loaded->get<mr::geometric_mean>() == a->get<mr::geometric_mean>());
      CHECK(loaded->save() == a->save());
    }
  };
  check(1e-306, 3000);
  check(4.9406564584124654e-324, 3000);
  check(2.3e-308, 100);
  check(1.7e308, 3000);
  check(1, 3000);

  means two;
  two.update(1, mr::weight(1e308));
  two.update(4, mr::weight(1e308));
  CHECK(two.get<mr::harmonic_mean>() == Approx(1.6));
  CHECK(two.get<mr::geometric_mean>() == Approx(2));
  two.update(16, mr::weight(1e308));
  CHECK(two.get<mr::harmonic_mean>() == Approx(3 / 1.3125));
  CHECK(two.get<mr::geometric_mean>() == Approx(4));
  two.update(1e-320, mr::weight(1));  // weighs nothing beside the others in one mean, and everything in the other
  CHECK(two.get<mr::geometric_mean>() == Approx(4));
  CHECK(two.get<mr::harmonic_mean>() == Approx(3e-12).epsilon(1e-3));  // 3e308 / 1e320, whose digits are few

  mr::aggregate<mr::harmonic_mean> scaled;
  for (int i = 0; i < 3000; ++i) scaled.update(1e-306);
  scaled.scale(0x1p-400);
  CHECK(scaled.get<mr::harmonic_mean>() == Approx(1e-306));
  scaled.scale(0x1p400);
  CHECK(scaled.get<mr::harmonic_mean>() == Approx(1e-306));
}

TEST_CASE("the geometric mean of the largest doubles is finite") {
  constexpr double largest = std::numeric_limits<double>::max();
  using mean = mr::aggregate<mr::geometric_mean>;
  for (const std::size_t size : {1U, 3U, 3000U}) {
    const std::vector<double> x(size, largest);
    mean block;
    block.update(std::span<const double>(x));
    mean singles;
    for (const double v : x) singles.update(v);
    mean weighted;
    for (const double v : x) weighted.update(v, mr::weight(2.5));
    for (const mean* each : {&block, &singles, &weighted}) {
      CHECK(each->get<mr::geometric_mean>() <= largest);
      CHECK(each->get<mr::geometric_mean>() == Approx(largest).epsilon(1e-12));
    }
  }
}
