#include <millrace/deliver/split/split_random.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <string>

namespace md = millrace::deliver;

static_assert(md::split_policy<md::split_random<md::weights<50, 50>>, std::string>);

TEST_CASE("split_random: variants are drawn with their shares, and again from the same seed") {
  md::split_random<md::weights<90, 10>> split(7);
  md::split_random<md::weights<90, 10>> again(7);
  md::split_random other(8, md::any_weights::make({0.9, 0.1}).value());
  std::uint32_t second = 0;
  std::uint32_t differ = 0;
  bool same = true;
  for (int i = 0; i < 10'000; ++i) {
    const md::assignment given = split.assign("one user");
    same = same && given == again.assign(i);
    differ += given.variant != other.assign(i).variant;
    second += given.variant;
    REQUIRE(given.propensity == (given.variant == 1 ? 0.1 : 0.9));
  }
  CHECK(same);
  CHECK(second > 880);
  CHECK(second < 1120);
  CHECK(differ > 1500);  // 2 * .9 * .1 of them
  CHECK(support::allocations_of([&] { second += split.assign(1).variant; }) == 0);
}
