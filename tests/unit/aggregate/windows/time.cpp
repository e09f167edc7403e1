#include <millrace/aggregate/windows/time.hpp>

#include <support/catch.hpp>

#include <chrono>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("durations and times come from chrono, exactly") {
  STATIC_REQUIRE(mr::duration(5min).nanoseconds == 300'000'000'000);
  STATIC_REQUIRE(mr::duration(1ns) < mr::duration(1us));
  STATIC_REQUIRE(mr::duration(std::chrono::duration<double>(0.25)).nanoseconds == 250'000'000);
  STATIC_REQUIRE(mr::duration(90s).seconds() == 90);
  STATIC_REQUIRE(mr::time_point(-3ms).nanoseconds == -3'000'000);
  const std::chrono::sys_seconds moment(1'700'000'000s);
  CHECK(mr::time_point(moment).nanoseconds == 1'700'000'000'000'000'000);
}

TEST_CASE("times stop at the ends of time instead of wrapping round") {
  using mr::detail::beginning_of_time;
  using mr::detail::end_of_time;
  STATIC_REQUIRE(mr::detail::later_by(end_of_time - 1, 5) == end_of_time);
  STATIC_REQUIRE(mr::detail::earlier_by(beginning_of_time + 1, 5) == beginning_of_time);
  STATIC_REQUIRE(mr::detail::earlier_by(5, 7) == -2);
  STATIC_REQUIRE(mr::detail::earlier_by(end_of_time, -1) == end_of_time);
}

TEST_CASE("alignment goes down, also before zero") {
  STATIC_REQUIRE(mr::detail::aligned(17, 5) == 15);
  STATIC_REQUIRE(mr::detail::aligned(15, 5) == 15);
  STATIC_REQUIRE(mr::detail::aligned(-1, 5) == -5);
  STATIC_REQUIRE(mr::detail::aligned(-5, 5) == -5);
  STATIC_REQUIRE(mr::detail::aligned(mr::detail::beginning_of_time, 7) <= mr::detail::beginning_of_time + 7);
}

TEST_CASE("seconds as a number make a length of time") {
  STATIC_REQUIRE(mr::seconds(60) == mr::duration(60'000'000'000));
  STATIC_REQUIRE(mr::seconds(0.5) == mr::duration(500'000'000));
  STATIC_REQUIRE(mr::seconds(-2).nanoseconds == -2'000'000'000);
  STATIC_REQUIRE(mr::seconds(300'000'000).nanoseconds == 300'000'000'000'000'000);
  CHECK(mr::seconds(1e300).nanoseconds == mr::detail::end_of_time);
  CHECK(mr::seconds(-1e300).nanoseconds == mr::detail::beginning_of_time);
  CHECK(mr::seconds(std::numeric_limits<double>::quiet_NaN()).nanoseconds == 0);
}
