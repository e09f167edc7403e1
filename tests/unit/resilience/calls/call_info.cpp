#include <millrace/resilience/calls/call_info.hpp>

#include <millrace/core/clock.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cstdint>

namespace mr = millrace;
namespace rs = millrace::resilience;
using namespace std::chrono_literals;

TEST_CASE("call_info: says how much time is left and whether the call is still wanted") {
  std::uint64_t now = 5'000;
  const mr::manual_clock clock(now);
  rs::stop_source stop;
  const rs::call_info call(clock, {.timeout = 2us, .stop = &stop});
  CHECK(call.attempt() == 1);
  CHECK(call.remaining() == mr::duration(2us));
  CHECK_FALSE(call.should_stop());
  now = 6'999;
  CHECK(call.remaining() == mr::duration(1));
  now = 7'000;
  CHECK(call.remaining() == mr::duration(0));
  CHECK(call.should_stop());
  CHECK_FALSE(call.is_cancelled());
  now = 9'000;
  CHECK(call.remaining() == mr::duration(0));
  now = 5'000;
  stop.request_stop();
  CHECK(call.should_stop());
  CHECK(call.is_cancelled());
}

TEST_CASE("call_info: a deadline only comes forward") {
  std::uint64_t now = 0;
  const mr::manual_clock clock(now);
  const rs::call_info free(clock);
  CHECK_FALSE(free.has_deadline());
  CHECK(free.remaining().nanoseconds > 1'000'000'000'000'000'000);
  CHECK_FALSE(free.should_stop());
  const auto held = free.until(100);
  CHECK(held.remaining() == mr::duration(100));
  CHECK(held.until(200).remaining() == mr::duration(100));
  CHECK(held.until(50).remaining() == mr::duration(50));
  CHECK(held.as_attempt(3).attempt() == 3);
  CHECK(held.as_attempt(3).deadline() == 100);
}
