#include <millrace/resilience/calls/sleeper.hpp>

#include <millrace/core/clock.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cstdint>
#include <utility>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

TEST_CASE("sleeper: a thread sleeps for as long as it is told at least, and not at all for nothing") {
  static_assert(rs::sleeper_policy<rs::thread_sleeper>);
  const mr::steady_clock clock;
  const rs::thread_sleeper sleeper;
  rs::stop_source stop;
  for (const rs::stop_source* const source : {static_cast<const rs::stop_source*>(nullptr), &std::as_const(stop)}) {
    const std::uint64_t before = clock.ticks();
    sleeper.sleep(2ms, source);
    CHECK(clock.ticks() - before >= 2'000'000);
    sleeper.sleep(mr::duration(-5), source);
    sleeper.sleep(mr::duration(0), source);
  }
  stop.request_stop();
  sleeper.sleep(1h, &stop);  // returns
}

TEST_CASE("sleeper: for tests, time moves on") {
  static_assert(rs::sleeper_policy<rs::manual_sleeper>);
  std::uint64_t now = 10;
  const rs::manual_sleeper sleeper(now);
  sleeper.sleep(mr::duration(5));
  sleeper.sleep(mr::duration(-5));
  CHECK(now == 15);
}
