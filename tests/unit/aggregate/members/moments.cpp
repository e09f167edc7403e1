#include <millrace/aggregate/members/moments.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>

#include <support/aggregate.hpp>
#include <support/aggregate_reference.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

using four = mr::aggregate<mr::count, mr::total_weight, mr::mean, mr::variance, mr::population_variance, mr::stddev,
                           mr::population_stddev, mr::skewness, mr::kurtosis>;
using two = mr::aggregate<mr::mean, mr::variance>;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

double greatest(const std::vector<double>& x) {
  double most = 0;
  for (const double v : x) most = std::fmax(most, std::fabs(v));
  return most;
}

void check_against(const four& a, const reference::stream& r, double weight) {
  CAPTURE(r.name);
  const double noise = 4e-16 * greatest(r.x);  // what one rounding of the largest item may do
  CHECK(a.get<mr::total_weight>() == Approx(weight).epsilon(1e-14));
  CHECK(support::within(a.get<mr::mean>(), r.mean, noise));
  CHECK(support::within(a.get<mr::population_variance>(), r.population_variance,
                        1e-12 * r.population_variance + noise * noise));
  CHECK(a.get<mr::population_stddev>() == std::sqrt(a.get<mr::population_variance>()));
  CHECK(a.get<mr::stddev>() == std::sqrt(a.get<mr::variance>()));
  if (r.population_variance > 1e-20 * greatest(r.x) * greatest(r.x)) {
    CHECK(support::within(a.get<mr::skewness>(), r.skewness, 1e-8));
    CHECK(support::within(a.get<mr::kurtosis>(), r.kurtosis, 1e-8));
  }
}

}  // namespace

TEST_CASE("mean, variance, skewness and kurtosis are those of an exact computation") {
  for (const auto& r : reference::streams) {
    four a;
    for (std::size_t i = 0; i < r.x.size(); ++i) a.update(r.x[i], mr::weight(r.w[i]));
    double weight = 0;
    for (const double w : r.w) weight += w;
    check_against(a, r, weight);
    CHECK(support::within(a.get<mr::variance>(), r.variance, 1e-12 * r.variance + 1e-31 * std::pow(greatest(r.x), 2)));
    CHECK(a.get<mr::count>() == r.x.size());

    // The stream fifty times over, in blocks: the population's moments do not change.
    if (r.w != std::vector<double>(r.x.size(), 1.0)) continue;
    std::vector<double> repeated;
    for (int i = 0; i < 200; ++i) repeated.insert(repeated.end(), r.x.begin(), r.x.end());
    four b;
    b.update(std::span<const double>(repeated));
    check_against(b, r, 200 * weight);
  }
}

TEST_CASE("NIST's univariate sets come out to all digits that are certified") {
  // NIST StRD, NumAcc1 to NumAcc4: mean and standard deviation are certified exactly.
  struct set {
    std::vector<double> x;
    double mean, stddev;
  };
  std::vector<set> sets{{{10000001, 10000003, 10000002}, 10000002, 1}};
  for (const double offset : {1.0, 1000000.0, 10000000.0}) {
    set s{{offset + 0.2}, offset + 0.2, 0.1};
    for (int i = 0; i < 500; ++i) {
      s.x.push_back(offset + 0.1);
      s.x.push_back(offset + 0.3);
    }
    sets.push_back(s);
  }
  const double digits[] = {15, 14, 9, 8};  // the data, as doubles, hold no more of the deviation
  for (std::size_t i = 0; i < sets.size(); ++i) {
    two singles;
    for (const double x : sets[i].x) singles.update(x);
    two span;
    span.update(std::span<const double>(sets[i].x));
    for (const two& a : {singles, span}) {
      CAPTURE(i);
      CHECK(laws::close(a.get<mr::mean>(), sets[i].mean, 4e-16));
      CHECK(laws::close(a.get<mr::stddev>(), sets[i].stddev, std::pow(10, -digits[i])));
    }
  }
}

TEST_CASE("a mean of 1e7 leaves ten digits of a deviation of 0.1, in any order, and merged from seven parts") {
  // Multiples of 2^-20 around 1e7: their variance is a quotient of integers.
  const std::size_t n = 1'000'000;
  mr::random_engine random(1);
  std::vector<double> x(n);
  mr::detail::int128 sum = 0;
  mr::detail::int128 squares = 0;
  for (double& v : x) {
    const auto k = static_cast<std::int64_t>(0.1 * 0x1p20 * random.normal());
    v = 1e7 + static_cast<double>(k) * 0x1p-20;
    sum += k;
    squares += static_cast<mr::detail::int128>(k) * k;
  }
  const auto nn = static_cast<mr::detail::int128>(n);
  const long double exact = static_cast<long double>(squares * nn - sum * sum) /
                            (static_cast<long double>(n) * static_cast<long double>(n - 1)) * 0x1p-40L;
  const long double mean = 1e7L + static_cast<long double>(sum) / static_cast<long double>(n) * 0x1p-20L;
  const auto check = [&](const two& a) {
    CHECK(std::fabs(static_cast<long double>(a.get<mr::variance>()) / exact - 1) < 1e-10L);
    CHECK(std::fabs(static_cast<long double>(a.get<mr::mean>()) - mean) < 1e-8L);
  };
  const auto all_ways = [&] {
    two singles;
    for (const double v : x) singles.update(v);
    check(singles);
    two span;
    span.update(std::span<const double>(x));
    check(span);
    two merged;
    for (std::size_t i = 0; i < 7; ++i) {
      two part;
      for (std::size_t k = n * i / 7; k < n * (i + 1) / 7; ++k) part.update(x[k]);
      merged.merge(part);
    }
    check(merged);
  };
  all_ways();
  std::sort(x.begin(), x.end());
  all_ways();
  std::reverse(x.begin(), x.end());
  all_ways();
}

TEST_CASE("an outlier costs no digits of what is around it") {
  // First, in the middle and last in a block, far away from a thousand items of small spread.
  mr::random_engine random(3);
  for (const std::size_t at : {0U, 10U, 500U, 999U}) {
    std::vector<double> x(1000);
    for (double& v : x) v = 5 + static_cast<double>(random.below(1024)) * 0x1p-10;
    x[at] = 1e8;
    long double mean = 0;
    for (const double v : x) mean += v / 1000.0L;
    long double squares = 0;
    for (const double v : x) squares += (v - mean) * (v - mean);
    two span;
    span.update(std::span<const double>(x));
    two singles;
    for (const double v : x) singles.update(v);
    CHECK(laws::close(span.get<mr::variance>(), static_cast<double>(squares / 999), 1e-13));
    CHECK(laws::close(singles.get<mr::variance>(), static_cast<double>(squares / 999), 1e-13));
  }
}

TEST_CASE("few items, and none") {
  four a;
  CHECK(std::isnan(a.get<mr::mean>()));
  CHECK(std::isnan(a.get<mr::variance>()));
  CHECK(std::isnan(a.get<mr::population_variance>()));
  CHECK(std::isnan(a.get<mr::skewness>()));
  CHECK(std::isnan(a.get<mr::kurtosis>()));
  CHECK(a.get<mr::total_weight>() == 0);
  a.update(3.5);
  CHECK(a.get<mr::mean>() == 3.5);
  CHECK(std::isnan(a.get<mr::variance>()));
  CHECK(a.get<mr::population_variance>() == 0);
  CHECK(std::isnan(a.get<mr::skewness>()));
  a.update(3.5);
  CHECK(a.get<mr::variance>() == 0);
  CHECK(std::isnan(a.get<mr::kurtosis>()));
}

TEST_CASE("infinite items make the mean infinite and the spread undefined") {
  four a;
  for (int i = 0; i < 100; ++i) a.update(static_cast<double>(i));
  a.update(infinity);
  CHECK(a.get<mr::mean>() == infinity);
  CHECK(std::isnan(a.get<mr::variance>()));
  CHECK(std::isnan(a.get<mr::population_stddev>()));
  CHECK(std::isnan(a.get<mr::skewness>()));
  CHECK(std::isnan(a.get<mr::kurtosis>()));
  CHECK(a.get<mr::count>() == 101);
  a.update(-infinity);
  CHECK(std::isnan(a.get<mr::mean>()));
}

TEST_CASE("means of the largest numbers do not overflow") {
  const double most = std::numeric_limits<double>::max();
  two a;
  a.update(most);
  a.update(-most);
  CHECK(std::fabs(a.get<mr::mean>()) < 1e294);
  std::vector<double> x(1000, most);
  for (std::size_t i = 0; i < 500; ++i) x[i] = -most;
  two b;
  b.update(std::span<const double>(x));
  CHECK(std::fabs(b.get<mr::mean>()) < 1e295);
  CHECK(b.get<mr::variance>() == infinity);
}

TEST_CASE("moment_sums unmerge what was merged") {
  mr::random_engine random(5);
  for (int round = 0; round < 200; ++round) {
    mr::moment_sums<4> a;
    mr::moment_sums<4> b;
    const auto items_a = 1 + random.below(20);
    const auto items_b = 1 + random.below(20);
    for (std::uint64_t i = 0; i < items_a; ++i) a.merge(mr::moment_sums<4>(10 + random.normal(), 1));
    for (std::uint64_t i = 0; i < items_b; ++i) {
      const double w = 1 + static_cast<double>(random.below(16)) / 16;  // so that sums of weights are exact
      b.merge(mr::moment_sums<4>(7 + random.normal(), w));
    }
    mr::moment_sums<4> both = a;
    both.merge(b);
    both.unmerge(b);
    CHECK(both.weight() == Approx(a.weight()));
    CHECK(both.mean() == Approx(a.mean()));
    for (const unsigned k : {2U, 3U, 4U})
      CHECK(support::within(both.central(k), a.central(k), 1e-9 * b.weight() * 1e3));
    both.unmerge(a);
    CHECK(both.weight() == 0);
    CHECK(std::isnan(both.mean()));
  }
}

TEST_CASE("scaling all weights leaves means and population moments") {
  four a;
  mr::random_engine random(6);
  for (int i = 0; i < 300; ++i) a.update(random.normal());
  four b = a;
  b.scale(0.125);
  CHECK(b.get<mr::total_weight>() == 300 * 0.125);
  CHECK(b.get<mr::mean>() == Approx(a.get<mr::mean>()));
  CHECK(b.get<mr::population_variance>() == Approx(a.get<mr::population_variance>()));
  CHECK(b.get<mr::kurtosis>() == Approx(a.get<mr::kurtosis>()));
  CHECK(b.get<mr::count>() == 300);
}

TEST_CASE("the answer nan is not a number of the stream") {
  two a;
  a.update(not_a_number);
  CHECK(std::isnan(a.get<mr::mean>()));
  CHECK(a.items() == 0);
  CHECK(a.skipped() == 1);
}
