#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace mr = millrace;

TEST_CASE("SplitMix64 gives its published numbers") {
  // Rosetta Code, "Pseudo-random numbers/Splitmix64", seed 1234567.
  std::uint64_t state = 1234567;
  CHECK(mr::splitmix64(state) == 6457827717110365317U);
  CHECK(mr::splitmix64(state) == 3203168211198807973U);
  CHECK(mr::splitmix64(state) == 9817491932198370423U);
}

TEST_CASE("xoshiro256++ gives its published numbers") {
  // The reference implementation's outputs from state {1, 2, 3, 4}, as in rand_xoshiro's tests.
  auto engine = mr::random_engine::from_state({1, 2, 3, 4});
  CHECK(engine() == 41943041U);
  CHECK(engine() == 58720359U);
  CHECK(engine() == 3588806011781223U);
  CHECK(engine() == 3591011842654386U);
}

TEST_CASE("a saved state goes on where it was") {
  mr::random_engine engine(42);
  engine();
  auto again = mr::random_engine::from_state(engine.state());
  CHECK(engine() == again());
  CHECK(mr::random_engine(42)() == mr::random_engine(42)());
  CHECK(mr::random_engine(42)() != mr::random_engine(43)());
}

TEST_CASE("uniform numbers fill [0, 1) and bounded ones their range, evenly") {
  mr::random_engine engine(7);
  constexpr int draws = 70'000;
  std::vector<int> counts(7);
  double sum = 0;
  for (int i = 0; i < draws; ++i) {
    const double u = engine.uniform();
    REQUIRE((u >= 0 && u < 1));
    sum += u;
    ++counts[static_cast<std::size_t>(engine.below(7))];
  }
  // Six standard errors either way.
  CHECK(std::abs(sum / draws - 0.5) < 6 * std::sqrt(1.0 / 12 / draws));
  for (const int count : counts) CHECK(std::abs(count - draws / 7.0) < 6 * std::sqrt(draws * 6.0 / 49));
}

TEST_CASE("normal numbers have mean 0 and variance 1") {
  mr::random_engine engine(11);
  constexpr int draws = 100'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double z = engine.normal();
    sum += z;
    squares += z * z;
  }
  CHECK(std::abs(sum / draws) < 6 / std::sqrt(draws));
  CHECK(std::abs(squares / draws - 1) < 6 * std::sqrt(2.0 / draws));
}

TEST_CASE("a shuffle keeps every element and depends on the seed alone") {
  std::vector<int> a(100);
  std::iota(a.begin(), a.end(), 0);
  std::vector<int> b = a;
  mr::random_engine(3).shuffle(a);
  mr::random_engine(3).shuffle(b);
  CHECK(a == b);
  CHECK_FALSE(std::is_sorted(a.begin(), a.end()));
  std::sort(a.begin(), a.end());
  for (int i = 0; i < 100; ++i) CHECK(a[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("the state of zeros is none") {
  STATIC_REQUIRE_FALSE(mr::random_engine::is_state({0, 0, 0, 0}));
  STATIC_REQUIRE(mr::random_engine::is_state({0, 0, 0, 1}));
  STATIC_REQUIRE(mr::random_engine::is_state({std::uint64_t{1} << 63, 0, 0, 0}));
  CHECK(mr::random_engine::is_state(mr::random_engine(0).state()));
}
