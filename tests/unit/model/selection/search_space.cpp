#include <millrace/model/selection/search_space.hpp>

#include <millrace/model/trees/boosting_options.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;
using namespace mr::model;
using mr::errc;

namespace {

struct some_options {
  double rate = 0.5;
  float share = 1;
  std::size_t leaves = 31;
  std::int8_t small_one = 0;
  bool flag = false;
  std::string kind = "none";
  std::size_t rounds = 100;
};

}  // namespace

TEST_CASE("drawn options lie in their ranges, are spread over them, and come from a seed") {
  const search_space space(some_options{.share = 0.25F}, vary(&some_options::rate, log_uniform(1e-3, 1e3)),
                           vary(&some_options::leaves, whole_numbers(7, 9)),
                           vary(&some_options::flag, one_of(true, false)),
                           vary(&some_options::kind, one_of<std::string>("a", "b", "c")), spend(&some_options::rounds));
  REQUIRE(space.usable());
  int small_rates = 0, flags = 0, kinds = 0;
  int leaves[3] = {};
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const auto drawn = space.draw(seed);
    REQUIRE((drawn.rate >= 1e-3 && drawn.rate <= 1e3));
    REQUIRE((drawn.leaves >= 7 && drawn.leaves <= 9));
    CHECK(drawn.share == 0.25F);
    CHECK(drawn.rounds == 100);
    small_rates += drawn.rate < 1 ? 1 : 0;
    ++leaves[drawn.leaves - 7];
    flags += drawn.flag ? 1 : 0;
    kinds += drawn.kind == "c" ? 1 : 0;
  }
  // Within five standard deviations of what is expected.
  CHECK(std::abs(small_rates - 1500) < 140);
  for (const int count : leaves) CHECK(std::abs(count - 1000) < 130);
  CHECK(std::abs(flags - 1500) < 140);
  CHECK(std::abs(kinds - 1000) < 130);
  CHECK(space.draw(5).rate == space.draw(5).rate);
  some_options options;
  space.spend(options, 12);
  CHECK(options.rounds == 12);
}

TEST_CASE("fractions are drawn from all of their range, and whole numbers from the widest") {
  mr::random_engine random(1);
  double low = 1, high = 0;
  for (int i = 0; i < 1000; ++i) {
    const double x = uniform(0.2, 0.4).draw(random);
    REQUIRE((x >= 0.2 && x <= 0.4));
    low = std::fmin(low, x);
    high = std::fmax(high, x);
  }
  CHECK(low < 0.202);
  CHECK(high > 0.398);
  const whole_numbers all(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
  CHECK(all.draw(random) != all.draw(random));
  CHECK(whole_numbers(-3, -3).draw(random) == -3);
}

TEST_CASE("a space with nothing to draw from, or what a member cannot hold, is refused with its item") {
  const auto code = [](const auto& from, auto member) {
    const search_space space(some_options{}, vary(&some_options::share, uniform(0, 1)), vary(member, from));
    const auto found = space.usable();
    if (found) return std::string();
    CHECK(found.error().code() == errc::invalid_argument);
    return found.error().message();
  };
  CHECK_THAT(code(uniform(1, 1), &some_options::rate), ContainsSubstring("item 1"));
  CHECK_FALSE(code(uniform(0, std::numeric_limits<double>::infinity()), &some_options::rate).empty());
  CHECK_FALSE(code(log_uniform(0, 1), &some_options::rate).empty());
  CHECK_FALSE(code(whole_numbers(3, 2), &some_options::leaves).empty());
  CHECK_FALSE(code(whole_numbers(-1, 2), &some_options::leaves).empty());
  CHECK_FALSE(code(whole_numbers(0, 200), &some_options::small_one).empty());
  CHECK(code(whole_numbers(-100, 100), &some_options::small_one).empty());
  CHECK(code(whole_numbers(1, 3), &some_options::rate).empty());
  CHECK_FALSE(code(one_of(31, -1), &some_options::leaves).empty());
  CHECK_FALSE(code(one_of(1, 128), &some_options::small_one).empty());
  CHECK(code(one_of(-128, 127), &some_options::small_one).empty());
  const search_space counted(some_options{}, spend(&some_options::small_one));
  CHECK(counted.usable(127));
  CHECK(counted.usable(128).error().code() == errc::invalid_argument);
}

TEST_CASE("values of several types are drawn as what all of them convert to") {
  const search_space space(some_options{}, vary(&some_options::rate, one_of(0, 0.5, 2.5F)));
  int halves = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const double rate = space.draw(seed).rate;
    REQUIRE((rate == 0 || rate == 0.5 || rate == 2.5));
    halves += rate == 0 ? 0 : 1;
  }
  CHECK(halves > 150);
}
