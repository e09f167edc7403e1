#include <millrace/core/duration.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cstdint>
#include <limits>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("durations come from chrono, exactly") {
  STATIC_REQUIRE(mr::duration(5min).nanoseconds == 300'000'000'000);
  STATIC_REQUIRE(mr::duration(1ns) < mr::duration(1us));
  STATIC_REQUIRE(mr::duration(std::chrono::duration<double>(0.25)).nanoseconds == 250'000'000);
  STATIC_REQUIRE(mr::duration(90s).seconds() == 90);
}

TEST_CASE("seconds as a number make a length of time") {
  STATIC_REQUIRE(mr::seconds(60) == mr::duration(60'000'000'000));
  STATIC_REQUIRE(mr::seconds(0.5) == mr::duration(500'000'000));
  STATIC_REQUIRE(mr::seconds(-2).nanoseconds == -2'000'000'000);
  STATIC_REQUIRE(mr::seconds(300'000'000).nanoseconds == 300'000'000'000'000'000);
  CHECK(mr::seconds(1e300).nanoseconds == std::numeric_limits<std::int64_t>::max());
  CHECK(mr::seconds(-1e300).nanoseconds == std::numeric_limits<std::int64_t>::min());
  CHECK(mr::seconds(std::numeric_limits<double>::quiet_NaN()).nanoseconds == 0);
}
