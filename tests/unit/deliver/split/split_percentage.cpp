#include <millrace/deliver/split/split_percentage.hpp>

#include <millrace/core/seed.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

using one_candidate = md::split_percentage<"model-2026", 100>;
using three = md::split_percentage<"three", 30, 50, 20>;
static_assert(md::split_policy<one_candidate> && md::split_policy<const three>);

}  // namespace

TEST_CASE("split_percentage: the candidate has the units whose point is less than its share") {
  one_candidate split;
  CHECK(split.variants() == 2);
  CHECK(split.share(0) == 1);
  std::uint32_t before = 0;
  for (const double share : {0.0, 0.05, 0.1, 0.25, 0.5, 1.0}) {
    REQUIRE(split.set_share(1, share));
    CHECK(split.share(1) == share);
    std::uint32_t in = 0;
    for (std::uint32_t user = 0; user < 10'000; ++user) {
      const md::assignment given = split.assign(user);
      REQUIRE((given.variant == 1) == (md::unit_point(md::unit_hash("model-2026", user)) < share));
      REQUIRE(given.propensity == split.share(given.variant));
      in += given.variant;
    }
    CHECK(std::fabs(in - 10'000 * share) <= 4 * std::sqrt(10'000 * share * (1 - share)));
    CHECK((in > before || share == 0));
    before = in;
  }
}

TEST_CASE("split_percentage: a share that grows takes units from variant 0 alone, one that shrinks gives to it alone") {
  constexpr std::array ceilings{0.3, 0.5, 0.2};
  mr::random_engine random(3);
  three split;
  std::vector<std::uint32_t> before(1000, 0);
  for (int round = 0; round < 100; ++round) {
    const std::size_t which = random.below(3);
    const std::uint64_t kind = random.below(4);
    const double share = kind == 0 ? ceilings[which] : kind == 1 ? 0 : random.uniform() * ceilings[which];
    const bool grows = share > split.share(which + 1);
    REQUIRE(split.set_share(which + 1, share));
    CHECK(std::fabs(split.share(which + 1) - share) < 1e-15);
    for (std::size_t unit = 0; unit < before.size(); ++unit) {
      const std::uint32_t now = split.assign(unit).variant;
      if (now == before[unit]) continue;
      REQUIRE(now == (grows ? which + 1 : 0));
      REQUIRE(before[unit] == (grows ? 0 : which + 1));
      before[unit] = now;
    }
  }
}

TEST_CASE("split_percentage: with every share at its ceiling, nobody is left") {
  three split;
  REQUIRE(split.set_share(1, 0.3));
  REQUIRE(split.set_share(2, 0.5));
  REQUIRE(split.set_share(3, 0.2));
  for (std::uint32_t unit = 0; unit < 10'000; ++unit) REQUIRE(split.assign(unit).variant != 0);
  CHECK(split.place(0).variant == 1);
  CHECK(split.assign("").how == md::placement::no_unit);
  CHECK(split.place(~std::uint64_t{0}).variant == 3);
  const three copy = split;
  CHECK(copy.share(2) == split.share(2));
}

TEST_CASE("split_percentage: shares that make no sense are refused, and nothing changes") {
  three split;
  REQUIRE(split.set_share(2, 0.25));
  CHECK(split.set_share(0, 0.1).error().message() == "variant 0 has no share of its own; those from 1 to 3 have one");
  CHECK(split.set_share(4, 0.1).error().code() == mr::errc::out_of_range);
  CHECK(split.set_share(2, 0.6).error().message() == "a share of 0.6 for variant 2, whose place is from 0 to 0.5");
  CHECK(split.set_share(2, -0.1).error().code() == mr::errc::out_of_range);
  CHECK(split.set_share(2, std::numeric_limits<double>::quiet_NaN()).error().code() == mr::errc::not_finite);
  CHECK(split.set_share(2, std::numeric_limits<double>::infinity()).error().code() == mr::errc::not_finite);
  CHECK(std::fabs(split.share(2) - 0.25) < 1e-15);
  std::uint32_t sum = 0;
  CHECK(support::allocations_of([&] { sum += split.assign(1).variant; }) == 0);
}

TEST_CASE("split_percentage: shares are set while other threads assign") {
  one_candidate split;
  std::uint32_t in = 0;
  std::thread reader([&] {
    for (std::uint32_t unit = 0; unit < 20'000; ++unit) in += split.assign(unit).variant;
  });
  for (int i = 0; i <= 100; ++i) CHECK(split.set_share(1, i / 100.0));
  reader.join();
  CHECK(in <= 20'000);
}
