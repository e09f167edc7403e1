#include <millrace/core/duration.hpp>

#include <support/catch.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace mr = millrace;
using namespace std::chrono_literals;

TEST_CASE("durations come from chrono, exactly") {
  STATIC_REQUIRE(mr::duration(5min).nanoseconds == 300'000'000'000);
  STATIC_REQUIRE(mr::duration(1ns) < mr::duration(1us));
  STATIC_REQUIRE(mr::duration(std::chrono::duration<double>(0.25)).nanoseconds == 250'000'000);
  STATIC_REQUIRE(mr::duration(90s).seconds() == 90);
}

TEST_CASE("a number is nanoseconds where a duration is made of it, and nothing where one is expected") {
  static_assert(mr::duration(1000) == mr::duration(std::int64_t{1000}) && mr::duration(7U).nanoseconds == 7);
  static_assert(mr::duration(-2.9).nanoseconds == -2);
  static_assert(std::is_constructible_v<mr::duration, int> && !std::is_convertible_v<int, mr::duration>);
  static_assert(!std::is_convertible_v<std::int64_t, mr::duration> && !std::is_convertible_v<double, mr::duration>);
  static_assert(std::is_convertible_v<std::chrono::hours, mr::duration>);
  CHECK(mr::duration{5} > mr::duration());
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
