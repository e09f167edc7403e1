#include <millrace/aggregate/windows/time.hpp>

#include <support/catch.hpp>

#include <chrono>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("times come from chrono, exactly") {
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
