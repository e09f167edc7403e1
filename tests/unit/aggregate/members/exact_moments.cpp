#include <millrace/aggregate/members/exact_moments.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/core/seed.hpp>

#include <laws/aggregator.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

using exact = mr::aggregate<mr::count, mr::exact_sum, mr::exact_mean, mr::exact_variance, mr::exact_stddev>;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The streams of tests/oracle/exact_moments.py.
std::vector<double> stream(int which, std::size_t size = 1000) {
  std::vector<double> made;
  auto state = static_cast<std::uint64_t>(which);
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const double mantissa = static_cast<double>(state >> 11) - 0x1p52;
    const int wide = static_cast<int>((state >> 3) % 600) - 300;
    const int exponents[] = {-52, 0, wide, -1074, 960, -52};
    const double value = std::ldexp(mantissa, exponents[which]);
    made.push_back(which == 5 ? value + 1e15 : value);
  }
  return made;
}
exact of(std::span<const double> items) {
  exact made;
  made.update(items);
  return made;
}

struct row {
  int which;
  double sum, mean, variance, stddev;
};
// As tests/oracle/exact_moments.py prints them.
constexpr row rows[] = {
    {0, -0x1.8ecca65779589p+3, -0x1.985edf94f7236p-7, 0x1.4ee8dc751b5b4p-2, 0x1.24cefeb90fcfdp-1},
    {1, 0x1.fc8a01aff5a55p+55, 0x1.045f3c4183ea2p+46, 0x1.57667e831d2efp+102, 0x1.287f3df4252b3p+51},
    {2, -0x1.7491c944ab5d3p+348, -0x1.7d82da62fd4d0p+338, 0x1.88c8ca3e65fe5p+688, 0x1.3d19c0de8d028p+344},
    {3, 0x1.099ba8df69d07p-1018, 0x0.043fee38d296dp-1022, 0x0.0p+0, 0x0.9428ca6c938f9p-1022},
    {4, -0x1.10b9031cdeb09p+1016, -0x1.17449ed5e1fc8p+1006, infinity, 0x1.2d12e28d87793p+1011},
    {5, 0x1.bc16d674ec800p+59, 0x1.c6bf526340000p+49, 0x1.58003ded8ba29p-2, 0x1.28c1964956d81p-1},
};

}  // namespace

TEST_CASE("exact moments are those of rational arithmetic") {
  for (const row& one : rows) {
    CAPTURE(one.which);
    const exact a = of(stream(one.which));
    CHECK(a.get<mr::exact_sum>() == one.sum);
    CHECK(laws::close(a.get<mr::exact_mean>(), one.mean, 2.3e-16));
    CHECK(laws::close(a.get<mr::exact_variance>(), one.variance, 5e-16));
    CHECK(laws::close(a.get<mr::exact_stddev>(), one.stddev, 5e-16));
  }
}

TEST_CASE("a stream cut in any way and merged in any order leaves the same bytes") {
  mr::random_engine random(16);
  for (int which = 0; which < 6; ++which) {
    std::vector<double> items = stream(which, 700);
    const auto whole = of(items).save();
    for (int round = 0; round < 20; ++round) {
      random.shuffle(items);
      std::vector<exact> parts(1 + random.below(12));
      for (const double x : items) parts[static_cast<std::size_t>(random.below(parts.size()))].update(x);
      random.shuffle(parts);
      exact all;
      for (const exact& part : parts) all.merge(part);
      REQUIRE(all.save() == whole);
    }
  }
}

TEST_CASE("what is removed from exact moments leaves nothing") {
  const auto items = stream(2), more = stream(4);
  exact both = of(items);
  both.update(std::span<const double>(more));
  both.unmerge(of(more));
  CHECK(both.save() == of(items).save());
  both.unmerge(of(items));
  CHECK(both.save() == exact().save());
  STATIC_REQUIRE(exact::exactly_invertible);
}

TEST_CASE("exact moments of few, equal, infinite and cancelling items") {
  CHECK(exact().get<mr::exact_sum>() == 0);
  CHECK(std::isnan(exact().get<mr::exact_mean>()));
  CHECK(std::isnan(of(std::vector<double>{3}).get<mr::exact_variance>()));
  CHECK(of(std::vector<double>{0.1, 0.1, 0.1}).get<mr::exact_variance>() == 0);
  CHECK(of(std::vector<double>{1e300, 1, -1e300}).get<mr::exact_sum>() == 1);
  CHECK(of(std::vector<double>{1e308, 1e308, -1e308}).get<mr::exact_sum>() == 1e308);
  CHECK(of(std::vector<double>{1e308, 1e308}).get<mr::exact_sum>() == infinity);
  CHECK(of(std::vector<double>{1e308, 1e308}).get<mr::exact_mean>() == 1e308);
  CHECK(of(std::vector<double>{-0.0, 0.0}).save() == of(std::vector<double>{0.0, 0.0}).save());
  CHECK(of(std::vector<double>{1, infinity}).get<mr::exact_sum>() == infinity);
  CHECK(std::isnan(of(std::vector<double>{-infinity, infinity}).get<mr::exact_mean>()));
  CHECK(std::isnan(of(std::vector<double>{1, 2, infinity}).get<mr::exact_stddev>()));
  // Ties to even, with and without a bit far below the tie.
  CHECK(of(std::vector<double>{1, 0x1p-53}).get<mr::exact_sum>() == 1);
  CHECK(of(std::vector<double>{1, 0x1p-53, 0x1p-1074}).get<mr::exact_sum>() == 1 + 0x1p-52);
  CHECK(of(std::vector<double>{0x1.fffffffffffffp0, 0x1p-53}).get<mr::exact_sum>() == 2);
}

TEST_CASE("carries of exact sums do not run over") {
  // 2^17 merges of a sum with itself: places as full as they can be, carried in between.
  exact one = of(std::vector<double>{-0x1.fffffffffffffp1000, 0x1.fffffffffffffp-1000, -1.5});
  for (int i = 0; i < 60; ++i) one.merge(exact(one));
  CHECK(one.get<mr::count>() == std::uint64_t{3} << 60);
  const auto saved = one.save();
  for (int i = 0; i < 60; ++i) {
    exact half;
    half.merge(one);
    one = half;
  }
  CHECK(one.save() == saved);
  CHECK(one.get<mr::exact_mean>() == -0x1.fffffffffffffp1000 / 3);
}

TEST_CASE("exact moments keep the laws of aggregators") {
  for (int which = 0; which < 6; ++which) {
    std::vector<double> items = stream(which, 300);
    if (which == 2) items.insert(items.end(), {infinity, -1e308, std::nan("")});
    laws::all([] { return exact(); }, items, laws::same_bytes, 7);
  }
  laws::hostile_bytes(of(stream(2, 20)), [](exact& a) {
    a.update(1.5);
    (void)a.get<mr::exact_stddev>();
    a.merge(exact(a));
  });
}

TEST_CASE("the saved form of exact moments is stable") {
  using kept = mr::aggregate<mr::exact_moments, mr::min, mr::max>;
  kept made;
  made.update(std::span<const double>(support::golden_stream()));
  const kept back = support::from_golden("aggregate/exact_moments.bin", made);
  CHECK(back.get<mr::exact_sum>() == made.get<mr::exact_sum>());
}

TEST_CASE("impossible exact moments are refused") {
  // One item whose square is 4 while its sum is 3; a leading zero limb; squares below zero.
  const auto saved = [](std::uint64_t count, std::uint8_t negative, std::uint32_t sum, std::uint8_t below,
                        std::uint32_t squares) {
    mr::envelope_writer to("x");
    to.u64(count);
    for (const auto& [sign, limb] : {std::pair(negative, sum), std::pair(below, squares)}) {
      to.u8(sign);
      to.u32(68);
      to.u64(1);
      to.u32(limb);
    }
    return std::move(to).finish();
  };
  const auto loads = [](const std::vector<std::byte>& bytes) {
    auto from = mr::envelope_reader::open(bytes, "x");
    REQUIRE(from);
    mr::exact_sums made;
    return made.load(*from) && from->finish(true).has_value();
  };
  CHECK(loads(saved(1, 1, 3, 0, 9)));
  CHECK_FALSE(loads(saved(1, 0, 3, 0, 4)));
  CHECK_FALSE(loads(saved(0, 0, 3, 0, 9)));
  CHECK_FALSE(loads(saved(1, 0, 0, 0, 9)));
  CHECK_FALSE(loads(saved(1, 0, 3, 1, 9)));
  CHECK_FALSE(loads(saved(1, 2, 3, 0, 9)));
}
