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

// Both ends of double's range. The right values are those of the same items times a power of two, which changes nothing
// but the answers' exponents, and what exact arithmetic says of a few items.

TEST_CASE("moments are as right where powers of deviations leave double's range") {
  std::vector<double> items;
  for (int i = 0; i < 1000; ++i) items.push_back(1 + i * i % 17);
  const std::span<const double> all(items);
  four plain;
  plain.update(all);
  for (const int scale : {-1015, -1000, -700, -540, -350, -270, 250, 350, 540, 700, 1000, 1018}) {
    CAPTURE(scale);
    std::vector<double> scaled;
    for (const double x : items) scaled.push_back(std::ldexp(x, scale));
    four one_by_one;
    for (const double x : scaled) one_by_one.update(x);
    four at_once;
    at_once.update(std::span<const double>(scaled));
    four merged;
    for (std::size_t i = 0; i < scaled.size(); i += 100) {
      four part;
      part.update(std::span<const double>(scaled).subspan(i, 100));
      merged.merge(part);
    }
    auto loaded = four::load(merged.save());
    REQUIRE(loaded);
    CHECK(loaded->save() == merged.save());
    for (const four* const a : {&one_by_one, &at_once, &merged, &*loaded}) {
      // Times the scale again, of which an exponent of double may hold only half: in two steps.
      const auto back = [&](double x) { return std::ldexp(std::ldexp(x, -scale / 2), -scale + scale / 2); };
      CHECK(back(a->get<mr::mean>()) == Approx(plain.get<mr::mean>()).epsilon(1e-13));
      CHECK(back(a->get<mr::stddev>()) == Approx(plain.get<mr::stddev>()).epsilon(1e-13));
      CHECK(back(a->get<mr::population_stddev>()) == Approx(plain.get<mr::population_stddev>()).epsilon(1e-13));
      CHECK(a->get<mr::skewness>() == Approx(plain.get<mr::skewness>()).epsilon(1e-12));
      CHECK(a->get<mr::kurtosis>() == Approx(plain.get<mr::kurtosis>()).epsilon(1e-12));
    }
  }
}

TEST_CASE("moments are as right where weights leave double's range") {
  std::vector<double> items;
  for (int i = 0; i < 1000; ++i) items.push_back(1 + i * i % 17);
  four plain;
  plain.update(std::span<const double>(items));
  for (const double weight : {4.9406564584124654e-324, 1e-310, 1e-200, 1e-40, 1e40, 1e250, 1e305, 1.7e308})
    for (const int scale : {-700, 0, 700}) {
      CAPTURE(weight, scale);
      std::vector<double> scaled;
      for (const double x : items) scaled.push_back(std::ldexp(x, scale));
      const std::vector<double> weights(scaled.size(), weight);
      four one_by_one;
      for (const double x : scaled) one_by_one.update(x, mr::weight(weight));
      four at_once;
      at_once.update(std::span<const double>(scaled), std::span<const double>(weights));
      for (const four* const a : {&one_by_one, &at_once}) {
        CHECK(std::ldexp(a->get<mr::mean>(), -scale) == Approx(plain.get<mr::mean>()).epsilon(1e-12));
        CHECK(std::ldexp(a->get<mr::population_stddev>(), -scale) ==
              Approx(plain.get<mr::population_stddev>()).epsilon(1e-11));
        CHECK(a->get<mr::skewness>() == Approx(plain.get<mr::skewness>()).epsilon(1e-10));
        CHECK(a->get<mr::kurtosis>() == Approx(plain.get<mr::kurtosis>()).epsilon(1e-10));
        if (weight > 1)  // as repetitions, of which one less does not matter
          CHECK(std::ldexp(a->get<mr::stddev>(), -scale) == Approx(plain.get<mr::population_stddev>()).epsilon(1e-12));
        else if (weight < 1e-3)
          CHECK(a->get<mr::stddev>() != a->get<mr::stddev>());
      }
    }
}

TEST_CASE("means and deviations of a few items at the ends of double's range") {
  four weighty;
  weighty.update(1, mr::weight(1e308));
  weighty.update(3, mr::weight(1e308));
  CHECK(weighty.get<mr::mean>() == 2);
  CHECK(weighty.get<mr::population_variance>() == 1);
  CHECK(weighty.get<mr::total_weight>() == infinity);  // 2e308
  weighty.update(5, mr::weight(1e308));
  CHECK(weighty.get<mr::mean>() == 3);
  CHECK(weighty.get<mr::variance>() == Approx(8.0 / 3));

  four light;
  for (const double x : {1.0, 3.0, 11.0}) light.update(x, mr::weight(5e-324));
  CHECK(light.get<mr::mean>() == 5);
  CHECK(light.get<mr::population_variance>() == Approx(56.0 / 3));

  four ends;
  for (const double x : {1e308, -1e308, 1.7e308}) ends.update(x);
  CHECK(ends.get<mr::mean>() == Approx(1.7e308 / 3));
  CHECK(ends.get<mr::variance>() == infinity);
  CHECK(ends.get<mr::stddev>() == Approx(1.4011899704655802e308));  // mpmath 1.3

  four outlier;  // 1e155 squared is beyond double's range, its share in the variance is not
  for (int i = 0; i < 200; ++i) outlier.update(i % 100);
  outlier.update(1e155);
  for (int i = 0; i < 200; ++i) outlier.update(i % 100);
  CHECK(outlier.get<mr::mean>() == Approx(1e155 / 401));
  CHECK(outlier.get<mr::variance>() == Approx(1e155 / 401 * 1e155));
  CHECK(outlier.get<mr::kurtosis>() == Approx(401 - 2 + 1.0 / 400 - 3));

  four mixed;  // a far block and near ones forget nothing of each other
  for (int i = 0; i < 600; ++i) mixed.update(i % 2 == 0 ? 1e-200 : -1e-200);
  CHECK(mixed.get<mr::population_stddev>() == Approx(1e-200));
  for (int i = 0; i < 600; ++i) mixed.update(i % 2 == 0 ? 1 : -1);
  CHECK(mixed.get<mr::population_stddev>() == Approx(std::sqrt(0.5)));
  CHECK(mixed.get<mr::kurtosis>() == Approx(-1));

  four unmerged = mixed;
  four far;
  for (const double x : {1e200, 3e200}) far.update(x);
  unmerged.merge(far);
  CHECK(unmerged.get<mr::population_stddev>() > 1e198);
  unmerged = far;
  four more;
  for (const double x : {5e200, 9e200}) more.update(x);
  unmerged.merge(more);
  unmerged.unmerge(more);
  CHECK(unmerged.get<mr::mean>() == Approx(2e200));
  CHECK(unmerged.get<mr::population_stddev>() == Approx(1e200).epsilon(1e-9));
}

TEST_CASE("saved moments with exponents that cannot be are refused") {
  four far;
  for (const double x : {1e200, 3e200}) far.update(x);
  const auto bytes = far.save();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const unsigned flip : {1U, 0x80U}) {
      auto broken = bytes;
      broken[i] ^= static_cast<std::byte>(flip);
      (void)four::load(broken);  // an error or not: the checksum finds all
      CHECK_FALSE(four::load(broken));
    }
}
