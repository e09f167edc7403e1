#include <millrace/aggregate/members/moment_sums.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>

#include <support/aggregate.hpp>

#include <cmath>
#include <cstdint>

namespace mr = millrace;

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

TEST_CASE("the sums of two parts are those of all, to the bit where numbers are whole") {
  mr::moment_sums<4> a(2, 1);
  a.merge(mr::moment_sums<4>(4, 1));  // mean 3, deviations -1, 1
  mr::moment_sums<4> b(7, 1);
  b.merge(mr::moment_sums<4>(11, 1));  // mean 9, deviations -2, 2
  a.merge(b);                          // mean 6: -4, -2, 1, 5
  CHECK(a.mean() == 6);
  CHECK(a.central(2) == 16 + 4 + 1 + 25);
  CHECK(a.central(3) == -64 - 8 + 1 + 125);
  CHECK(a.central(4) == 256 + 16 + 1 + 625);
  a.unmerge(b);
  CHECK(a.mean() == 3);
  CHECK(a.central(2) == 2);
  CHECK(a.central(3) == 0);
  CHECK(a.central(4) == 2);
}

TEST_CASE("sums around a shift become sums around the mean") {
  const double items[] = {2, 4, 7, 11};
  double powers[4] = {};
  for (const double x : items)
    for (int k = 0; k < 4; ++k) powers[k] += std::pow(x - 4, k + 1);
  const mr::moment_sums<4> a(4, 4, powers);
  CHECK(a.mean() == 6);
  CHECK(a.central(2) == 46);
  CHECK(a.central(3) == 54);
  CHECK(a.central(4) == 898);
}
