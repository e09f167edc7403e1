#include <millrace/resilience/caches/cache_options.hpp>

#include <support/catch.hpp>

namespace mr = millrace;
namespace mz = millrace::resilience;

TEST_CASE("cache_statistics: the hit rate, and removals by cause") {
  mz::cache_statistics counted;
  CHECK(counted.hit_rate() == 0);
  counted.hits = 3;
  counted.misses = 1;
  counted.removals[0] = 5;
  counted.removals[1] = 6;
  CHECK(counted.hit_rate() == 0.75);
  CHECK(counted.evicted() == 5);
  CHECK(counted.expired() == 6);
  CHECK(counted.of_cause(mz::removal_cause::invalidated) == 0);
}

TEST_CASE("coarse_clock: behind the monotonic clock by its tick at most, and never ahead of it") {
  STATIC_REQUIRE(mr::clock_policy<mz::coarse_clock>);
  const mz::coarse_clock coarse;
  const mr::steady_clock fine;
  for (int i = 0; i < 1'000; ++i) {
    const std::uint64_t before = coarse.nanoseconds(coarse.ticks());
    const std::uint64_t after = fine.ticks();
    REQUIRE(before <= after);
  }
  CHECK(mz::never > mr::seconds(1e9));
}
