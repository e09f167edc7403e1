#include <millrace/core/clock.hpp>

#include <support/catch.hpp>

namespace mr = millrace;

TEST_CASE("every clock models the policy") {
  STATIC_REQUIRE(mr::clock_policy<mr::steady_clock>);
  STATIC_REQUIRE(mr::clock_policy<mr::tsc_clock>);
  STATIC_REQUIRE(mr::clock_policy<mr::manual_clock>);
}

TEST_CASE("the cycle counter and the monotonic clock tell one time") {
  const mr::tsc_clock cycles;
  const mr::steady_clock steady;
  const auto distance = [&] {
    // The smallest of a few tries, because the machine may be elsewhere between two readings.
    std::int64_t best = INT64_MAX;
    for (int i = 0; i < 50; ++i) {
      const auto a = static_cast<std::int64_t>(steady.ticks());
      const auto b = static_cast<std::int64_t>(cycles.nanoseconds(cycles.ticks()));
      best = std::min(best, b > a ? b - a : a - b);
    }
    return best;
  };
  CHECK(distance() < 100'000);
  const std::uint64_t start = steady.ticks();
  while (steady.ticks() - start < 50'000'000) {
  }
  CHECK(distance() < 100'000);  // 50 ms later: two parts in a thousand would show
}

TEST_CASE("a reading taken before the calibration lies before it") {
  const mr::tsc_clock clock;
  const std::uint64_t now = clock.ticks();
  if (clock.counts_cycles()) {
    const auto past = static_cast<std::int64_t>(clock.nanoseconds(now)) -
                      static_cast<std::int64_t>(clock.nanoseconds(now - 1'000'000'000));
    CHECK(past > 0);
    CHECK(past < 10'000'000'000);
  }
}

TEST_CASE("a manual clock goes where it is told, and its copies with it") {
  std::uint64_t now = 100;
  const mr::manual_clock clock(now, 3);
  const mr::manual_clock copy = clock;
  CHECK(clock.ticks() == 100);
  CHECK(copy.ticks() == 103);
  now = 500;
  CHECK(clock.ticks() == 500);
}

TEST_CASE("a span is as long as its clock went on, and no longer than nothing where that went back") {
  STATIC_REQUIRE(mr::time_span{3, 10}.nanoseconds() == 7);
  STATIC_REQUIRE(mr::time_span{10, 3}.nanoseconds() == 0);
}
